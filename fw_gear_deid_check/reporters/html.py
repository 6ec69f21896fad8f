"""report.html: one page with no network, from the record to what a person has to do.

The page is complete without its script, which only filters; it may run nothing else, and load nothing at all: its
Content-Security-Policy names the one style sheet and the one script by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from jinja2 import BaseLoader, BytecodeCache, Environment, StrictUndefined, TemplateNotFound
from jinja2.bccache import Bucket
from markupsafe import Markup

from fw_gear_deid_check.reporters import words
from fw_gear_deid_check.reporters.compare import KINDS, Comparison
from fw_gear_deid_check.reporters.leaks import Leak, counting, fingerprint, leaks, shared_identifiers
from fw_gear_deid_check.reporters.outline import Outline
from fw_gear_deid_check.reporters.picture import picture, rows
from fw_gear_deid_check.reporters.plain import count, moment, plain, size
from fw_gear_deid_check.reporters.tasks import tasks
from fw_gear_deid_check.rules import Level

MOST_PLACES = 12_000
"""Places of findings on the page: about 10 MB of HTML. The others are counted, and stand in findings.csv."""
MOST_ROWS = 2_000
"""Rows of each other table; the same holds for them."""
MOST_LEAKS = 3_000
MOST_IDENTIFIERS = 200
AT_ONCE = 6
"""Things to do on the first screen, and fields of each; the others are folded away below them."""
SYMBOLS = {"PASS": "✓", "INFO": "i", "REVIEW": "?", "INCOMPLETE": "…", "FAIL": "✕"}


class Page(BaseLoader):
    """Loads templates from the package, wherever it is installed."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, None, None]:
        """Return the text of a template of the page."""
        try:
            return asset(template), None, None
        except FileNotFoundError:
            raise TemplateNotFound(template) from None


class Compiled(BytecodeCache):
    """Keeps compiled templates where Python keeps compiled modules, and under the same conditions.

    Compiling the page takes longer than filling it. What is kept is taken only where it was made from the same text.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.{sys.implementation.cache_tag}"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the compiled template, where there is one."""
        with suppress(OSError, EOFError, UnpicklingError):
            bucket.bytecode_from_string(self._path(bucket).read_bytes())

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a compiled template; where the folder can't be written, it is compiled each time."""
        if sys.dont_write_bytecode:
            return
        path = self._path(bucket)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        with suppress(OSError):
            path.parent.mkdir(exist_ok=True)
            unfinished.write_bytes(bucket.bytecode_to_string())
            unfinished.replace(path)


@cache
def asset(name: str) -> str:
    """Return the text of a file of the page."""
    return (resources.files(__package__) / "page" / name).read_text("utf-8")


def source_of(text: str) -> str:
    """Return the expression by which a Content-Security-Policy allows an inline text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def environment() -> Environment:
    """Return the environment of the templates: everything escaped, nothing undefined passed over."""
    made = Environment(
        loader=Page(),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=Compiled(Path(__file__).with_name("page") / "__pycache__"),
    )
    made.filters |= {
        "identity": id,
        "moment": moment,
        "count": count,
        "size": size,
        "category": words.category_words,
    }
    made.globals["symbol"] = lambda level: SYMBOLS.get(level, "·")
    return made


def shown(value: object) -> object:
    """Return what an expression of a template puts into the page: text from data made plain, before it is escaped."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def render(report: Mapping[str, Any], comparison: Comparison | None = None) -> str:
    """Return the page for a report, one self-contained HTML document.

    Parameters
    ----------
    report
        As report.json has it.
    comparison
        With an earlier report, shown below the verdict.
    """
    counted = counting(report["findings"])
    grouped = leaks(counted)
    pressing = [leak for leak in grouped if leak.first["level"] != Level.INFO]
    info = [leak for leak in grouped if leak.first["level"] == Level.INFO]
    shared = shared_identifiers(counted)
    style, script = asset("page.css"), asset("page.js")
    listed = rows(report["items"])
    template = environment().get_template("page.html")
    return template.render(
        report=report,
        comparison=comparison,
        kinds=KINDS,
        headline=words.headline(report),
        meaning=words.MEANING,
        coverage=words.coverage(report),
        unread=report["coverage"]["not_checked"],
        gaps=gaps(report["coverage"]["not_checked"]),
        unread_members=words.unread_members(report),
        out_of_scope=[item for item in report["items"] if item.get("out_of_scope")],
        notes=report["run"].get("notes", []),
        tasks=tasks(grouped, report["coverage"]["not_checked"], report.get("manual_work", ())),
        manual=report.get("manual_work", ()),
        preview=report["run"].get("preview"),
        at_once=AT_ONCE,
        leaks=list(zip(pressing, portions(pressing), strict=True)),
        places=sum(len(leak.findings) for leak in pressing),
        kept=[leak for leak in info if leak.first["slug"] == "indirect-identifier"],
        noted=[leak for leak in info if leak.first["slug"] != "indirect-identifier"],
        suppressed=[finding for finding in report["findings"] if finding.get("suppressed")],
        suggests=any(leak.first["level"] == Level.FAIL for leak in pressing),
        shared=shared,
        leak_of={id(finding): leak.number for leak in pressing for finding in leak.findings},
        identifier=partial(numbered, {group.fingerprint: group.number for group in shared}),
        picture=picture(report["items"], listed),
        rows=listed,
        checkers=sorted({finding["checker"] for leak in pressing for finding in leak.findings}),
        letters=sorted({leak.first["category"] for leak in pressing if leak.first["category"] in words.CATEGORIES}),
        outline=Outline.of,
        most=MOST_ROWS,
        most_leaks=MOST_LEAKS,
        most_identifiers=MOST_IDENTIFIERS,
        csp=Markup(  # noqa: S704 - made of hashes
            f"default-src 'none'; style-src {source_of(style)}; script-src {source_of(script)}; "
            "base-uri 'none'; form-action 'none'"
        ),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
    )


@dataclass(slots=True)
class Gap:
    """What of one item was not checked for one reason: the first member, and how many there are."""

    path: str
    member: str | None
    checker: str
    reason: str
    members: int = 0


def gaps(not_checked: Iterable[Mapping[str, Any]]) -> list[Gap]:
    """Return what was not checked, one row for what an item's members share."""
    found: dict[tuple[str, str, str], Gap] = {}
    for entry in not_checked:
        key = (entry["path"], entry["checker"], entry["reason"])
        gap = found.setdefault(key, Gap(entry["path"], entry["member"], entry["checker"], entry["reason"]))
        gap.members += entry["members"]
    return list(found.values())


def portions(pressing: list[Leak]) -> list[int]:
    """Return how many places of each leak the page shows: all, while there is room; then 20, then 1."""
    left, shown = MOST_PLACES, []
    for leak in pressing:
        shown.append(min(len(leak.places), max(left, 20 if left > -MOST_PLACES else 1)))
        left -= shown[-1]
    return shown


def numbered(numbers: Mapping[str, int], finding: Mapping[str, Any]) -> int | None:
    """Return the number of the identifier that a finding shares with others, where it does."""
    mark = fingerprint(finding)
    return numbers.get(mark) if mark is not None else None
