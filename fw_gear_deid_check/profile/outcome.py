"""Outcome: what applying a profile did to files, without any value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from fw_gear_deid_check.findings import unnumbered

MOST = 2_000
"""Fields that are told."""
DISTINCT = 20_000
"""Fields that are told apart: keys of JSON can be as many as there are bytes."""
OTHERS = "(other fields)"

Place = tuple[str, str | None, str]
"""Path, member and reason."""


@dataclass(slots=True)
class Outcome:
    """What applying a profile did.

    Attributes
    ----------
    changed
        Files or members by (pointer without indices, what was done): ``removed``, ``emptied``, ``replaced``,
        ``inserted``, ``inserted empty``.
    written, rewritten
        Files written; files or members that are other than they were.
    refused
        What was not written.
    untouched
        What was written as it is, though the profile means to change it.
    """

    changed: Counter[tuple[str, str]] = field(default_factory=Counter)
    written: int = 0
    rewritten: int = 0
    refused: list[Place] = field(default_factory=list)
    untouched: list[Place] = field(default_factory=list)

    def note(self, changes: Iterable[tuple[str, str]]) -> None:
        """Count the changes of one file or member, each field once."""
        distinct = {(unnumbered(pointer), what) for pointer, what in changes}
        self.rewritten += bool(distinct)
        self._count(dict.fromkeys(distinct, 1))

    def merge(self, other: Outcome) -> None:
        """Add what another holds."""
        self.written += other.written
        self.rewritten += other.rewritten
        self.refused += other.refused
        self.untouched += other.untouched
        self._count(other.changed)

    def _count(self, counts: dict[tuple[str, str], int]) -> None:
        for (pointer, what), count in counts.items():
            known = (pointer, what) in self.changed or len(self.changed) < DISTINCT
            self.changed[(pointer if known else OTHERS), what] += count

    def told(self, mask: Callable[[str], str], mask_pointer: Callable[[str], str]) -> dict[str, Any]:
        """Return it as report.json has it, most files first.

        Parameters
        ----------
        mask, mask_pointer
            As `audit.Audit` has them.
        """
        merged: Counter[tuple[str, str]] = Counter()
        for (pointer, what), count in self.changed.items():
            merged[mask_pointer(pointer), what] += count
        rows = sorted(merged.items(), key=lambda row: (-row[1], row[0]))
        return {
            "written": self.written,
            "rewritten": self.rewritten,
            "changed": [{"pointer": pointer, "action": what, "files": n} for (pointer, what), n in rows[:MOST]],
            "changed_more": max(len(rows) - MOST, 0),
            "not_imported": [_row(each, mask) for each in self.refused],
            "not_applied": [_row(each, mask) for each in self.untouched],
        }


def _row(place: Place, mask: Callable[[str], str]) -> dict[str, Any]:
    path, member, reason = place
    return {"path": mask(path), "member": None if member is None else mask(member), "reason": reason}
