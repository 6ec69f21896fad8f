"""Audit: what a run found, and its verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fw_gear_deid_check.findings import Finding
from fw_gear_deid_check.profile.profile import Profile
from fw_gear_deid_check.profile.suggestion import Suggestion
from fw_gear_deid_check.records import Record
from fw_gear_deid_check.rules import Level, Verdict
from fw_gear_deid_check.sightings import Sighting


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
