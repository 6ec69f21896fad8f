"""Record: what was seen in one item, rolled up, and the verdict that follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from fw_gear_deid_check.findings import Fact, Finding, Shared, Text, Unread
from fw_gear_deid_check.items import Item
from fw_gear_deid_check.rules import VERDICT_OF_LEVEL, Verdict
from fw_gear_deid_check.sightings import DISTINCT_VALUES, Sighting, each_apart, roll_up

NAMED_UNREAD = 1000
"""Members of one item that are named when they can't be checked."""
MORE_UNREAD = "more members, for these or other reasons"


@dataclass(frozen=True, slots=True)
class NotChecked:
    """Something of an item that was not checked: by which checker, in which member, and why."""

    member: str | None
    checker: str
    reason: str
    members: int = 1


@dataclass(slots=True)
class Record:
    """All that was observed in one item.

    Attributes
    ----------
    item
        The item.
    kind
        What it holds: ``dicom`` for an archive of DICOM instances, else what its own bytes are.
    form
        What its own bytes are.
    ran
        Names of the checkers that looked at it.
    read
        Whether a checker took any of its content to read it through.
    members, bytes
        Files inside the item, zero where it is no archive; its size in bytes as it was read.
    """

    item: Item
    kind: str = "unknown"
    form: str = "unknown"
    ran: list[str] = field(default_factory=list)
    read: bool = False
    members: int = 0
    bytes: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    not_checked: list[NotChecked] = field(default_factory=list)
    findings: list[Sighting[Finding]] = field(default_factory=list)
    texts: list[Sighting[Text | Shared]] = field(default_factory=list)
    _open: dict[Finding | Text | Shared, Sighting[Any]] = field(default_factory=dict)
    _unnamed: dict[str, int] = field(default_factory=dict)
    _settled: int = 0
    _verdicts: dict[str, Verdict] | None = None

    def add(self, observation: Finding | Text | Shared, member: str | None) -> None:
        """Count a finding, a text or what is shared; again in another member is one more, in the same one none."""
        seen = self._open.get(observation)
        if seen is None:
            self._open[observation] = Sighting(observation, member, 1, member)
        elif seen.last != member:
            seen.members += 1
            seen.last = member

    def fact(self, fact: Fact) -> None:
        """Keep a fact: numbers are added up, of texts the distinct ones are joined."""
        if isinstance(fact.value, int):
            self.facts[fact.name] = self.facts.get(fact.name, 0) + fact.value
        else:
            known = self.facts.setdefault(fact.name, [])
            if fact.value not in known and len(known) < DISTINCT_VALUES:
                known.append(fact.value)

    def unread(self, unread: Unread, member: str | None) -> None:
        """Keep what was not checked; of a flood of members, the first `NAMED_UNREAD` are named and the rest counted."""
        self._verdicts = None
        if len(self.not_checked) < NAMED_UNREAD:
            self.not_checked.append(NotChecked(member, unread.checker, unread.reason))
            return
        rest = self._unnamed.get(unread.checker)
        if rest is None:
            self._unnamed[unread.checker] = len(self.not_checked)
            self.not_checked.append(NotChecked(None, unread.checker, MORE_UNREAD))
        else:
            self.not_checked[rest] = replace(self.not_checked[rest], members=self.not_checked[rest].members + 1)

    def texts_of(self, name: str) -> str | None:
        """Return the distinct texts of a fact, joined, or None."""
        found = self.facts.get(name)
        return "; ".join(found) if found else None

    def settle(self) -> None:
        """Roll up what was added since it was last done: equal findings are merged and the working state let go."""
        if not self._open and len(self.findings) == self._settled:
            return
        self.texts += [sighting for kept, sighting in self._open.items() if not isinstance(kept, Finding)]
        self.findings = list(roll_up([*self.findings, *self._added()]))
        self._open = {}
        self._settled = len(self.findings)
        self._verdicts = None

    def _added(self) -> Iterator[Sighting[Finding]]:
        """Yield the findings that were added since, those of what is shared one by one."""
        for observation, sighting in self._open.items():
            if isinstance(observation, Finding):
                yield sighting
            elif isinstance(observation, Shared):
                yield from each_apart(observation, sighting)

    def suppress(self, reason_of: Callable[[Finding], str | None]) -> None:
        """Mark the findings that there is a reason to suppress; nothing is ever taken away."""
        for index, sighting in enumerate(self.findings):
            reason = reason_of(sighting.of)
            if reason is not None:
                self.findings[index] = replace(sighting, of=replace(sighting.of, suppressed=reason))
        self._verdicts = None

    def verdicts(self) -> dict[str, Verdict]:
        """Return the verdict of each checker that looked at the item; worked out anew after each `settle`."""
        if self._verdicts is None:
            self._verdicts = worst = dict.fromkeys(self.ran, Verdict.PASS)
            said = [(each.checker, Verdict.INCOMPLETE) for each in self.not_checked]
            said += [
                (sighting.of.checker, VERDICT_OF_LEVEL[sighting.of.level])
                for sighting in self.findings
                if sighting.of.suppressed is None
            ]
            for checker, verdict in set(said):
                worst[checker] = Verdict.worst([worst.get(checker, Verdict.PASS), verdict])
        return self._verdicts

    @property
    def verdict(self) -> Verdict:
        """The worst of its checkers' verdicts; INCOMPLETE where none looked at it."""
        return Verdict.worst(self.verdicts().values())
