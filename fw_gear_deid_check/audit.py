"""Record and Audit: what was seen in each item, rolled up, and the verdict that follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast

from fw_gear_deid_check.findings import Fact, Finding, Shared, Text, Unread
from fw_gear_deid_check.items import Item
from fw_gear_deid_check.profile.profile import Profile
from fw_gear_deid_check.profile.suggestion import Suggestion
from fw_gear_deid_check.rules import VERDICT_OF_LEVEL, Level, Verdict

DISTINCT_VALUES = 16
"""Different values of one rule at one place of an item that are told apart; what is beyond shares one finding."""


FURTHER = 256
"""Sightings of further values after which no more are compared with those that are told apart."""
NAMED_UNREAD = 1000
"""Members of one item that are named when they can't be checked."""
MORE_UNREAD = "more members, for these or other reasons"

Seen = TypeVar("Seen", Finding, Text, Text | Shared)


@dataclass(slots=True)
class Sighting(Generic[Seen]):
    """A finding or text, with the first member it was seen in, the number of members that share it, and the last.

    Records share those of findings: what has settled isn't changed but replaced.
    """

    of: Seen
    member: str | None
    members: int = 1
    last: str | None = None


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
                yield from _each(observation, sighting)

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


def roll_up(sightings: Iterable[Sighting[Finding]]) -> Iterator[Sighting[Finding]]:
    """Merge findings that say the same of the same place.

    Different values at one place are told apart by fingerprint where they matter (FAIL and REVIEW), up to
    `DISTINCT_VALUES`; INFO findings are merged whatever the value.
    """
    places: dict[tuple[object, ...], Sighting[Finding]] = {}
    again: dict[tuple[object, ...], list[Sighting[Finding]]] = {}
    for sighting in sightings:
        first = places.setdefault(sighting.of.place, sighting)
        if first is not sighting:
            again.setdefault(sighting.of.place, [first]).append(sighting)
    for place, sighting in places.items():
        if place not in again:
            yield sighting
        elif sighting.of.level is Level.INFO:
            yield _merged(again[place])
        else:
            yield from _by_value(again[place])


def _each(shared: Shared, sighting: Sighting[Any]) -> Iterable[Sighting[Finding]]:
    """Return the findings of what is shared, each as it was seen; for a file by itself, the same objects each time."""
    member, members, last = sighting.member, sighting.members, sighting.last
    if member is not None or members > 1:
        return [Sighting(finding, member, members, last) for finding in shared.findings]
    if shared.alone is None:
        shared.alone = tuple(Sighting(finding, None) for finding in shared.findings)
    return cast("tuple[Sighting[Finding], ...]", shared.alone)


def _by_value(group: list[Sighting[Finding]]) -> Iterator[Sighting[Finding]]:
    """Merge findings of one place by the value's fingerprint; what is beyond `DISTINCT_VALUES` becomes one."""
    values: dict[str, list[Sighting[Finding]]] = {}
    beyond: list[Sighting[Finding]] = []
    for sighting in group:
        if len(beyond) > FURTHER:
            beyond.append(sighting)  # fingerprints of thousands of values tell nobody anything
            continue
        evidence = sighting.of.evidence
        fingerprint = evidence.fingerprint if evidence else ""
        if fingerprint in values or len(values) < DISTINCT_VALUES:
            values.setdefault(fingerprint, []).append(sighting)
        else:
            beyond.append(sighting)
    yield from map(_merged, values.values())
    if beyond:
        rest = _merged(beyond)
        yield Sighting(
            replace(rest.of, message=f"{rest.of.message}; one of many different values"), rest.member, rest.members
        )


def _merged(group: list[Sighting[Finding]]) -> Sighting[Finding]:
    """Return the first sighting with the members of all, and the last of them."""
    last = group[-1].last or group[-1].member
    return Sighting(group[0].of, group[0].member, sum(sighting.members for sighting in group), last)


@dataclass(slots=True)
class Container:
    """The Flywheel container that was checked; its path is made of labels."""

    type: str
    id: str
    path: str


@dataclass(slots=True)
class Audit:
    """What a run found: the records of all items, and where they came from.

    Attributes
    ----------
    records
        One for each item, in the source's order.
    policy, profile
        ``name``, ``sha256`` and, of a policy, ``standard``; profile is None where none was given.
    source
        ``folder`` or ``flywheel``.
    started, finished
        ISO 8601, UTC, to the second.
    mask, mask_pointer
        Return a path or label, or a pointer, with the parts masked in which an identifier was found.
    report
        The record that `reporters.json.build` made of it.
    notes
        Sentences about the run as a whole: what was switched off.
    given
        The profile itself, to be added to.
    suggestion
        The profile that `reporters.suggested_profile` suggests, and the work by hand beside it.
    preview
        What applying a profile did before the run, as report.json has it; None where nothing was previewed.
    """

    records: Sequence[Record]
    policy: dict[str, str]
    profile: dict[str, str] | None
    source: str
    started: str
    finished: str
    values_shown: bool
    container: Container | None = None
    mask: Callable[[str], str] = str
    mask_pointer: Callable[[str], str] = str
    notes: tuple[str, ...] = ()
    given: Profile | None = None
    suggestion: Suggestion | None = None
    preview: dict[str, Any] | None = None
    report: dict[str, Any] | None = None
    _told: list[tuple[Record, Sighting[Finding]]] | None = None

    def findings(self) -> Sequence[tuple[Record, Sighting[Finding]]]:
        """Return the findings with the record of each, items in the source's order.

        What is INFO and is shared by the loose files of a folder is told once, at the first of them, with the number
        of files: a thousand instances of a series have one date and one scanner, in an archive or beside each other.
        Made once for an audit.
        """
        if self._told is not None:
            return self._told
        shared: dict[tuple[object, ...], Sighting[Finding]] = {}
        self._told = told = []
        for record in self.records:
            folder = None if record.members or record.item.opener is None else record.item.path.rpartition("/")[0]
            for sighting in record.findings:
                finding = sighting.of
                if folder is None or finding.level is not Level.INFO:
                    told.append((record, sighting))
                    continue
                where = finding.location
                place = (folder, finding.rule.id, finding.checker, where.pointer, finding.message, finding.suppressed)
                same = shared.get(place)
                if same is None:
                    shared[place] = same = Sighting(finding, sighting.member, sighting.members)
                    told.append((record, same))
                else:
                    same.members += sighting.members
        return told

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all items; INCOMPLETE where nothing was read, be it because all is out of scope."""
        found = Verdict.worst(record.verdict for record in self.records)
        return found if any(record.read for record in self.records) else Verdict.worst([found, Verdict.INCOMPLETE])
