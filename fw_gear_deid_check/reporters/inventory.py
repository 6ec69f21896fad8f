"""Inventory: the distinct values of each place, for a person to read through.

A person reads values, not files: one row for each distinct (pointer, VR, value) with counts, private and free-text
places first. Indices of sequence items are left out of the pointer, and a place whose values differ nearly everywhere
is summed up in one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fw_gear_deid_check.audit import Audit
from fw_gear_deid_check.evidence import SHAPE_LENGTH, shape
from fw_gear_deid_check.findings import Location, texts_of, unnumbered
from fw_gear_deid_check.sightings import Seen, Sighting

VALUES_PER_PLACE = 20
"""Distinct values of one place that get a row each; more are summed up."""
ATTRIBUTES = frozenset({"direct-identifier", "staff-name", "indirect-identifier", "attribute"})


@dataclass(slots=True)
class Place:
    """What stands at one pointer: a count for each distinct value, in members."""

    checker: str
    pointer: str
    vr: str | None
    free: bool
    values: dict[str, int] = field(default_factory=dict)

    def add(self, value: str, members: int) -> None:
        """Count a value, as often as it was seen."""
        self.values[value] = self.values.get(value, 0) + members

    @property
    def order(self) -> tuple[bool, bool, str]:
        """Private places first, then free text, then the rest."""
        return not self.pointer.startswith("("), not self.free, self.pointer


def places(audit: Audit) -> list[Place]:
    """Return the places of a run with their values, in the order in which a person should read them."""
    found: dict[tuple[str, str, str | None], Place] = {}
    for kept, members in _counts(sighting for record in audit.records for sighting in record.texts).items():
        for text in texts_of(kept):
            if text.listed:
                _place(found, text.checker, text.location, free=text.free).add(text.value, members)
    for finding, members in _counts(sighting for record in audit.records for sighting in record.findings).items():
        evidence = finding.evidence
        if evidence is not None and finding.rule.slug in ATTRIBUTES:
            value = evidence.value if evidence.value is not None else f"\0{evidence.shape}"
            _place(found, finding.checker, finding.location, free=False).add(value, members)
    return sorted(found.values(), key=lambda place: place.order)


def rows(audit: Audit) -> Iterator[dict[str, object]]:
    """Yield the rows of ``inventory.csv``; values as shapes unless the run shows values."""
    for place in places(audit):
        common = {
            "checker": place.checker,
            "pointer": audit.mask_pointer(place.pointer),
            "vr": place.vr,
            "private": place.pointer.startswith("("),
            "free_text": place.free,
        }
        told: dict[str, int] = {}
        for value, members in place.values.items():
            text = _tell(value, audit)
            told[text] = told.get(text, 0) + members
        if len(told) > VALUES_PER_PLACE:
            total = sum(place.values.values())
            first = next(iter(told))
            yield {**common, "value": first, "different_values": len(place.values), "count": total}
            continue
        for text, members in told.items():
            yield {**common, "value": text, "different_values": 1, "count": members}


def _counts(sightings: Iterable[Sighting[Seen]]) -> dict[Seen, int]:
    """Return members by observation: instances share most of theirs."""
    counts: dict[Seen, int] = {}
    for sighting in sightings:
        counts[sighting.of] = counts.get(sighting.of, 0) + sighting.members
    return counts


def _place(found: dict[tuple[str, str, str | None], Place], checker: str, location: Location, *, free: bool) -> Place:
    """Return the place of a location, without indices, made where it isn't there yet."""
    pointer = unnumbered(location.pointer)
    key = (checker, pointer, location.vr)
    place = found.get(key)
    if place is None:
        place = found[key] = Place(checker, pointer, location.vr, free)
    return place


def _tell(value: str, audit: Audit) -> str:
    """Return a value as a report may tell it; a leading NUL says that it is a shape already."""
    if value.startswith("\0"):
        return value[1:]
    return value[: SHAPE_LENGTH * 8] if audit.values_shown else shape(value)
