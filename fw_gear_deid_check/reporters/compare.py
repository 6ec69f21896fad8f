"""Comparison of two reports: what is fixed, new, still there, and what can't be told because it was not checked.

Fingerprints are made anew for each run, so places are compared: a rule at a pointer of an item, and in how many
members. What is missing from the new report is fixed only where the new run looked at that place again; an item that
is gone, that could not be read, or that its checker did not run on, fixes nothing.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

from fw_gear_deid_check.errors import UsageError
from fw_gear_deid_check.findings import unnumbered
from fw_gear_deid_check.reporters.leaks import Finding
from fw_gear_deid_check.rules import Level

SCHEMA = "deid-check-comparison/1"
REPORT_SCHEMA = "deid-check-report/"
KINDS = {
    "new": "new: wasn't there before",
    "more": "more: in more members than before",
    "worse": "worse: at a higher level than before",
    "same": "still there: unchanged",
    "milder": "milder: at a lower level, or suppressed now",
    "fewer": "fewer: in fewer members than before",
    "fixed": "fixed: looked for again, and not there",
    "unknown": "can't be told: not looked for again",
    "gone": "gone: the item isn't there any more",
}
"""What can have become of a place, the most pressing first, in words."""

FORGOTTEN = "the identifier may not be known to this run any more: give it with --identifiers to be sure"
"""An identifier that was emptied where it was learned is not searched for elsewhere: not finding it proves nothing."""

Key = tuple[str, str, str, str]
"""Checker, rule, path, pointer without indices."""


class Change(NamedTuple):
    """What became of one place.

    Attributes
    ----------
    kind
        One of `KINDS`.
    finding
        The finding that stands for the place: the new one, where there is one.
    before, after
        Members it was and is in; 0 where it wasn't or isn't.
    reason
        Why it can't be told.
    """

    kind: str
    finding: Finding
    before: int
    after: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """An old report beside a new one.

    Attributes
    ----------
    verdicts
        Old and new.
    started
        When the two runs started.
    changes
        Of FAIL and REVIEW places, the most pressing first.
    unread, read
        What could be checked then and can't be now, and the other way round, as (path, member, checker).
    cautions
        Why the two are not quite comparable: another policy, profile, version or container.
    """

    verdicts: tuple[str, str]
    started: tuple[str, str]
    changes: tuple[Change, ...]
    unread: tuple[tuple[str, str | None, str], ...] = ()
    read: tuple[tuple[str, str | None, str], ...] = ()
    cautions: tuple[str, ...] = field(default=())

    @property
    def counts(self) -> dict[str, int]:
        """How many places of each of `KINDS`; those with none are left out."""
        found = Counter(change.kind for change in self.changes)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    def of(self, *kinds: str) -> list[Change]:
        """Return the changes of some kinds."""
        return [change for change in self.changes if change.kind in kinds]

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison for JSON; places without evidence, because fingerprints are per run."""
        return {
            "schema": SCHEMA,
            "verdict": {"before": self.verdicts[0], "after": self.verdicts[1]},
            "started": {"before": self.started[0], "after": self.started[1]},
            "cautions": list(self.cautions),
            "counts": self.counts,
            "changes": [
                {
                    "change": change.kind,
                    **{key: change.finding.get(key) for key in ("rule", "slug", "checker", "level", "path", "pointer")},
                    "members": {"before": change.before, "after": change.after},
                    "reason": change.reason or None,
                }
                for change in self.changes
            ],
            "not_checked": {"new": [list(key) for key in self.unread], "fixed": [list(key) for key in self.read]},
        }


def read(path: Path) -> Mapping[str, Any]:
    """Return an earlier report to compare with.

    Raises
    ------
    UsageError
        It can't be read, or isn't a report of this program.
    """
    try:
        report = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"the baseline can't be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise UsageError("the baseline isn't a report.json of deid-check") from None
    compare(report, report)
    return cast("Mapping[str, Any]", report)


def compare(old: Mapping[str, Any], new: Mapping[str, Any], *, listed: bool = False) -> Comparison:
    """Return what changed between two reports.

    Parameters
    ----------
    listed
        The new run was given a list of identifiers (``--identifiers``), so it searched for them wherever they were
        emptied; else a known identifier that isn't found any more may only be forgotten.

    Raises
    ------
    UsageError
        The old one isn't a report of this program, or is damaged.
    """
    try:
        if not str(old["schema"]).startswith(REPORT_SCHEMA):
            raise UsageError("the baseline isn't a report.json of deid-check")
        return compared(old, new, Watch(new, listed=listed))
    except (KeyError, TypeError, AttributeError, ValueError):
        raise UsageError("the baseline is damaged or isn't a report.json of deid-check") from None


def compared(old: Mapping[str, Any], new: Mapping[str, Any], watch: Watch) -> Comparison:
    """Return what changed between two sound reports."""
    before, after = places(old["findings"]), places(new["findings"])
    changes = []
    for key in before.keys() | after.keys():
        change = became(before.get(key, []), after.get(key, []), watch)
        if change is not None:
            changes.append(change)
    order = list(KINDS)
    changes.sort(
        key=lambda change: (
            order.index(change.kind),
            -Level(change.finding["level"]).rank,
            str(change.finding["path"]),
            str(change.finding["pointer"]),
            str(change.finding["rule"]),
        )
    )
    then, now = unread(old), unread(new)
    return Comparison(
        verdicts=(str(old["verdict"]), str(new["verdict"])),
        started=(str(old["run"]["started"]), str(new["run"]["started"])),
        changes=tuple(changes),
        unread=tuple(sorted(now - then, key=str)),
        read=tuple(sorted({key for key in then - now if watch.has(key[0])}, key=str)),
        cautions=tuple(cautions(old, new)),
    )


class Watch:
    """What a run looked at: its items, the checkers that ran on each, and what they could not check."""

    def __init__(self, report: Mapping[str, Any], *, listed: bool) -> None:
        self._listed = listed
        self._checkers: dict[str, set[str]] = defaultdict(set)
        for item in report["items"]:
            self._checkers[item["path"]] |= item["checkers"].keys()
        self._unread: dict[str, dict[str, str]] = defaultdict(dict)
        for entry in report["coverage"]["not_checked"]:
            self._unread[entry["path"]].setdefault(entry["checker"], entry["reason"])

    def has(self, path: str) -> bool:
        """Say whether the item was there."""
        return path in self._checkers

    def gap(self, finding: Finding) -> str:
        """Return why not finding it again proves nothing about an item that was there; nothing where it does."""
        path, checker = finding["path"], finding["checker"]
        reasons = self._unread.get(path)
        if reasons:
            return reasons.get(checker) or next(iter(reasons.values()))
        if checker not in self._checkers[path]:
            return f"the checker {checker} did not run on it"
        return FORGOTTEN if finding["slug"] == "known-identifier" and not self._listed else ""


def places(findings: Iterable[Finding]) -> dict[Key, list[Finding]]:
    """Return the findings by place."""
    found: dict[Key, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[(finding["checker"], finding["rule"], finding["path"], unnumbered(finding["pointer"]))].append(finding)
    return found


def became(before: list[Finding], after: list[Finding], watch: Watch) -> Change | None:
    """Return what became of one place; None where it never counted for a verdict."""
    had, has = weight(before), weight(after)
    if not had and not has:
        return None
    finding = worst(after or before)
    was, now = members(before) if had else 0, members(after) if has else 0
    if not had:
        return Change("worse" if before else "new", finding, was, now)
    if has:
        kind = (
            "worse"
            if has > had
            else "milder"
            if has < had
            else "more"
            if now > was
            else "fewer"
            if now < was
            else "same"
        )
        reason = watch.gap(finding) if kind == "fewer" else ""
        return Change("unknown" if reason else kind, finding, was, now, reason)
    if after:
        return Change("milder", finding, was, now)
    if not watch.has(finding["path"]):
        return Change("gone", finding, was, now)
    reason = watch.gap(finding)
    return Change("unknown" if reason else "fixed", finding, was, now, reason)


def weight(findings: list[Finding]) -> int:
    """Return the rank of the worst level that counts: 0 for nothing, INFO or suppressed."""
    return max((Level(finding["level"]).rank for finding in findings if not finding.get("suppressed")), default=0)


def worst(findings: list[Finding]) -> Finding:
    """Return the finding that counts most."""
    return max(findings, key=lambda finding: (not finding.get("suppressed"), Level(finding["level"]).rank))


def members(findings: list[Finding]) -> int:
    """Return in how many members the findings that count are; those without members count as one."""
    return sum(finding.get("members") or 1 for finding in findings if not finding.get("suppressed"))


def unread(report: Mapping[str, Any]) -> set[tuple[str, str | None, str]]:
    """Return what was not checked."""
    return {(entry["path"], entry["member"], entry["checker"]) for entry in report["coverage"]["not_checked"]}


def cautions(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return why a difference between two reports may come from something else than the data."""
    questions: tuple[tuple[str, Callable[[Mapping[str, Any]], object]], ...] = (
        ("the policy is another one, so levels may differ", lambda report: report["policy"]["sha256"]),
        ("the profile is another one", lambda report: (report["profile"] or {}).get("sha256")),
        ("the program is another version", lambda report: report["tool"]["version"]),
        ("the container is another one", lambda report: (report["container"] or {}).get("id")),
        ("the data came from another kind of source, so paths may differ", lambda report: report["run"]["source"]),
    )
    return [words for words, ask in questions if ask(old) != ask(new)]
