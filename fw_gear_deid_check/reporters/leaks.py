"""Leak: findings grouped by what leaks, not by file; and Shared: one identifier that stands in several places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from fw_gear_deid_check.findings import unnumbered
from fw_gear_deid_check.rules import Level

Finding = Mapping[str, Any]
"""A finding as report.json has it."""

PRESSING = ("direct-identifier", "known-identifier", "identifier-in-text", "age-over-89")
"""Slugs of what identifies a person by itself, the first the worst: they come before others of the same level."""

ALIKE = 50
"""Files of one folder that say the same are told as one from this number on."""


class Place(NamedTuple):
    """Where something leaks: a finding, and the number of files of one folder that it stands for."""

    finding: Finding
    files: int = 1


@dataclass(frozen=True)
class Leak:
    """Findings of one rule at one pointer, indices apart, over all items.

    Attributes
    ----------
    number
        One-based, in the order of urgency; names the leak in the page.
    findings
        The findings, at least one, worst path first.
    """

    number: int
    pointer: str
    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The finding that speaks for all: they share rule, level, category, message and remedy."""
        return self.findings[0]

    @cached_property
    def message(self) -> str:
        """What is wrong, without the name of the place where it only repeats the pointer."""
        message: str = unnumbered(self.first["message"])
        for name in (self.pointer, self.pointer.rpartition(".")[2]):
            if name and message.startswith(f"{name} "):
                return message[len(name) + 1 :]
        return message

    @cached_property
    def paths(self) -> frozenset[str]:
        """Paths of the items it is in."""
        return frozenset(finding["path"] for finding in self.findings)

    @cached_property
    def places(self) -> list[Place]:
        """The places, in the order of the findings; many files of a folder that hold the same are one."""
        alike: dict[tuple[str, ...] | int, list[Finding]] = {}
        for index, finding in enumerate(self.findings):
            alone = finding["member"] is not None or finding["box"] is not None
            folder = str(finding["path"]).rpartition("/")[0]
            key = index if alone else (folder, finding["pointer"], fingerprint(finding) or "")
            alike.setdefault(key, []).append(finding)
        places: list[Place] = []
        for found in alike.values():
            places += [Place(found[0], len(found))] if len(found) >= ALIKE else map(Place, found)
        return places

    @cached_property
    def members(self) -> int:
        """Instances or archive members it is in, as far as they were counted."""
        return sum(finding.get("members") or 0 for finding in self.findings)

    @cached_property
    def values(self) -> int:
        """Distinct values, as far as there is evidence of one."""
        return len({fingerprint(finding) for finding in self.findings} - {None})


@dataclass(frozen=True)
class Shared:
    """One identifier that stands under several pointers: one leak in twelve places.

    Attributes
    ----------
    number
        One-based, most places first: "identifier 1" in the page.
    findings
        The places where it stands.
    """

    number: int
    fingerprint: str
    findings: tuple[Finding, ...]

    @cached_property
    def paths(self) -> frozenset[str]:
        """Paths of the items it is in."""
        return frozenset(finding["path"] for finding in self.findings)


def fingerprint(finding: Finding) -> str | None:
    """Return the fingerprint of the value, where there is evidence of one."""
    evidence = finding.get("evidence")
    return evidence["fingerprint"] if evidence else None


def counting(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that the policy didn't suppress."""
    return [finding for finding in findings if not finding.get("suppressed")]


def leaks(findings: Iterable[Finding]) -> list[Leak]:
    """Group findings by what leaks, the most urgent first.

    Findings of one rule and pointer that differ in level, message or remedy are different leaks.
    """
    groups: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        pointer = unnumbered(finding["pointer"])
        fields = ("rule", "checker", "level", "category", "source", "remedy")
        same = (unnumbered(finding["message"]), *(str(finding.get(field)) for field in fields))
        groups[(pointer, *same)].append(finding)
    ordered = sorted(groups.items(), key=lambda group: urgency(group[0][0], group[1]))
    return [
        Leak(number, key[0], tuple(sorted(found, key=lambda finding: str(finding["path"]))))
        for number, (key, found) in enumerate(ordered, start=1)
    ]


def urgency(pointer: str, findings: list[Finding]) -> tuple[object, ...]:
    """Return what leaks are sorted by: level, nature, number of items, number of members, then names."""
    first = findings[0]
    return (
        -Level(first["level"]).rank,
        pressing(first["slug"]),
        -len({finding["path"] for finding in findings}),
        -sum(finding.get("members") or 0 for finding in findings),
        first["rule"],
        pointer,
        str(first.get("message")),
    )


def pressing(slug: str) -> int:
    """Return the rank of a nature in `PRESSING`; all others come after them.

    >>> pressing("direct-identifier") < pressing("known-identifier") < pressing("staff-name")
    True
    """
    return PRESSING.index(slug) if slug in PRESSING else len(PRESSING)


def shared_identifiers(findings: Iterable[Finding]) -> list[Shared]:
    """Return the identifiers that stand under at least two different pointers, most places first.

    INFO findings are left out: that all files name one institution is no leak.
    """
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        mark = fingerprint(finding)
        if mark is not None and finding["level"] != Level.INFO:
            groups[mark].append(finding)
    spread = [
        (mark, found)
        for mark, found in groups.items()
        if len({unnumbered(finding["pointer"]) for finding in found}) > 1
    ]
    spread.sort(key=lambda group: (-len(group[1]), group[1][0]["path"], group[1][0]["pointer"]))
    return [Shared(number, mark, tuple(found)) for number, (mark, found) in enumerate(spread, start=1)]
