"""The summary on a terminal: verdict, counts, the five worst leaks in words, where the report is; one screen."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping
from typing import Any

from fw_gear_deid_check.reporters.compare import KINDS, Comparison
from fw_gear_deid_check.reporters.leaks import Leak, counting, leaks
from fw_gear_deid_check.reporters.plain import count, plain
from fw_gear_deid_check.reporters.tasks import tasks
from fw_gear_deid_check.reporters.words import MEANING, coverage_sentence, headline
from fw_gear_deid_check.rules import Level

WORST = 5
"""Leaks that are told."""
NARROW, WIDE = 40, 100
"""The summary is set to the terminal's width, between these columns."""
LINES = 24
"""Of the whole summary: on a narrow terminal fewer leaks are told."""
COLORS = {"PASS": "32", "REVIEW": "33", "INCOMPLETE": "35", "FAIL": "31"}


def summary(
    report: Mapping[str, Any],
    *,
    output: str | None = None,
    comparison: Comparison | None = None,
    color: bool = False,
    width: int | None = None,
) -> str:
    """Return the summary, at most 24 lines; the last is always ``verdict: …``, for people and for scripts.

    Parameters
    ----------
    output
        The folder with the reports.
    comparison
        With a baseline.
    color
        Colour the verdicts: only where standard output is a terminal.
    width
        Columns; those of the terminal where it isn't given.
    """
    columns = min(WIDE, max(NARROW, width or shutil.get_terminal_size((80, 24)).columns))
    verdict = plain(report["verdict"])
    first, *rest = wrapped(f"{verdict}  {MEANING.get(verdict, '')}", columns, most=2)
    above = [first.replace(verdict, painted(verdict, verdict, color=color), 1), *rest]
    for text in (headline(report), coverage_sentence(report), level_counts(report)):
        above += wrapped(text, columns, most=2)
    if comparison is not None:
        above += wrapped(since(comparison), columns, most=2)
    worst = [leak for leak in leaks(counting(report["findings"])) if leak.first["level"] != Level.INFO]
    below = todo(report, worst, columns)
    if output:
        below += ["", *wrapped(f"Reports in {plain(output)}, report.html first", columns, most=2)]
    below.append(f"verdict: {verdict}")
    for most in range(WORST, 0, -1):
        middle = worst_leaks(worst, most, columns, color=color)
        if len(above) + len(middle) + len(below) <= LINES:
            break
    return "\n".join([*above, *middle, *below])


def worst_leaks(worst: list[Leak], most: int, columns: int, *, color: bool) -> list[str]:
    """Return the worst leaks, at most so many, and how many more there are."""
    if not worst:
        return []
    lines = [""]
    for leak in worst[:most]:
        lines += told(leak, columns, color=color)
    if len(worst) > most:
        lines.append(f"  and {len(worst) - most:,} more")
    return lines


def told(leak: Leak, columns: int, *, color: bool) -> list[str]:
    """Return a leak in one line, or in two where it doesn't fit."""
    level = leak.first["level"]
    where = f"in {plain(leak.first['path'], 60)}" if len(leak.paths) == 1 else count(len(leak.paths), "item")
    if leak.members > len(leak.paths):
        where += f", {count(leak.members, 'member')}"
    text = f"{plain(leak.pointer, 60)}: {plain(leak.message, 90)} ({where})"
    first, *rest = wrapped(text, columns - 9, most=2)
    return [f"  {painted(f'{level:<6}', level, color=color)} {first}", *(f"         {line}" for line in rest)]


def todo(report: Mapping[str, Any], worst: list[Leak], columns: int) -> list[str]:
    """Return the most urgent thing to do, and what has to be done by hand, where there is some."""
    manual = report.get("manual_work", ())
    first = next(iter(tasks(worst, report["coverage"]["not_checked"], manual)), None)
    lines = wrapped(f"First: {plain(first.title)}", columns, most=2) if first else []
    if manual:
        one = manual[0]
        where = one["path"] if one["member"] is None else f"{one['path']} > {one['member']}"
        such = f"such as {plain(one['pointer'], 40)} in {plain(where, 60)}"
        told = f"By hand, no profile does it: {count(len(manual), 'place')}, {such}"
        lines += wrapped(told, columns, most=2)
    return ["", *lines] if lines else []


def level_counts(report: Mapping[str, Any]) -> str:
    """Return how many findings there are of each level."""
    findings = report["findings"]
    counted = counting(findings)
    words = [
        f"{sum(finding['level'] == level for finding in counted):,} {level}" for level in ("FAIL", "REVIEW", "INFO")
    ]
    hidden = len(findings) - len(counted)
    return f"Findings: {', '.join(words)}" + (f"; {hidden:,} suppressed by the policy" if hidden else "")


def since(comparison: Comparison) -> str:
    """Return a comparison in one sentence."""
    words = ", ".join(f"{number:,} {KINDS[kind].partition(':')[0]}" for kind, number in comparison.counts.items())
    caution = f" ({'; '.join(comparison.cautions)})" if comparison.cautions else ""
    before = plain(comparison.verdicts[0], 12)
    return f"Since the baseline ({before}): {words or 'nothing changed'}{caution}."


def wrapped(text: str, columns: int, most: int) -> list[str]:
    """Return a text in lines, at most so many."""
    return textwrap.wrap(plain(text, 2 * WIDE), columns, max_lines=most, placeholder=" …", break_on_hyphens=False)


def painted(text: str, verdict: str, *, color: bool) -> str:
    """Return the text in the colour of a verdict or level, bold."""
    return f"\033[1;{COLORS[verdict]}m{text}\033[0m" if color and verdict in COLORS else text
