"""Sighting: a finding or text as it was seen in an item, and how those that say the same become one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

from fw_gear_deid_check.findings import Finding, Shared, Text
from fw_gear_deid_check.rules import Level

DISTINCT_VALUES = 16
"""Different values of one rule at one place of an item that are told apart; what is beyond shares one finding."""
FURTHER = 256
"""Sightings of further values after which no more are compared with those that are told apart."""

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


def each_apart(shared: Shared, sighting: Sighting[Any]) -> Iterable[Sighting[Finding]]:
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
