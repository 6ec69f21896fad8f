"""Judges one data element, or one sequence with everything in it, under one policy.

What is judged here depends on nothing but the element's bytes, its private creator, the character set, the encoding and
the policy: so it can be remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fw_gear_deid_check.checkers.dicom_leaf import Leaves, location_of
from fw_gear_deid_check.checkers.dicom_private import PERSONAL, Private
from fw_gear_deid_check.checkers.dicom_rules import ATTRIBUTES, CANT_BE_READ_THROUGH, NAME
from fw_gear_deid_check.checkers.dicom_tags import (
    CODING,
    KINDS,
    MAY_BE_SEQUENCE,
    METHOD,
    NOT_READ_THROUGH,
    REPEATED,
    TRAITS,
)
from fw_gear_deid_check.checkers.dicom_values import TEXT, texts
from fw_gear_deid_check.checkers.dicom_verdict import QUIET, Verdict
from fw_gear_deid_check.checkers.flow import Flow
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Fact, Finding, Location, Observation, Unread
from fw_gear_deid_check.policy import Demand, Safe
from fw_gear_deid_check.policy.actions import breach
from fw_gear_deid_check.readers.dicom import Row, expand, pointer_name
from fw_gear_deid_check.readers.dictionary import keyword as keyword_of
from fw_gear_deid_check.rules import Level

DIRECT = ATTRIBUTES["direct-identifier"]
IDENTITY_REMOVED = 0x00120062


@dataclass(slots=True)
class _Open:
    """A sequence under a demand, while what is in it goes by."""

    location: Location
    demand: Demand | None
    tag: int
    populated: bool = False

    @property
    def personal(self) -> bool:
        """Whether it is about a person, and only what is in it can identify one."""
        return self.demand is not None and self.demand.nature in PERSONAL and not self.demand.strict


class Elements:
    """Judges elements of one encoding and character set under one policy."""

    def __init__(self, judge: Judge, private: Private, explicit: bool, character_set: bytes, place: str = "") -> None:
        self._judge = judge
        self._leaves = Leaves(judge, private)
        self._explicit = explicit
        self._character_set = character_set
        self._place = place
        self._populated = False

    def verdict(self, row: Row) -> Verdict:
        """Judge an element of the top level."""
        tag, vr, creator, raw, start, _ = row
        leaves = self._leaves
        if creator is None:
            number = leaves.known(tag, vr).number
            if number is not None and start >= 0 and number.fullmatch(raw[start:].rstrip(b" \0")) is not None:
                return QUIET
        self._populated = leaves.dated = False
        observations: list[Observation] = []
        nested = self._sequence(row, self._place + pointer_name(tag, creator)) if vr in MAY_BE_SEQUENCE else None
        trait = TRAITS.get(tag)
        if nested is not None:
            observations += nested
            value = "present" if self._populated else ""
        else:
            if tag in NOT_READ_THROUGH or tag >> 24 in REPEATED:
                observations += self._presence(self._place, row)
            observations += leaves.of(self._place, self._character_set, row)
            value = "" if trait is None else self._plain_value(row)
        if tag == METHOD and value:
            observations += self._method(value, observations)
        elif tag == IDENTITY_REMOVED and value in {"YES", "NO"}:
            observations.append(Fact("patient_identity_removed", value))
        traits = () if trait is None or not value else ((trait, value),)
        if not (observations or traits or leaves.dated):
            return QUIET
        return Verdict(tuple(observations), traits, any(map(_is_direct, observations)), leaves.dated)

    def _plain_value(self, row: Row) -> str:
        vr = self._vr(row)
        values = texts(row[3][row[4] :], vr, self._character_set) if row[4] >= 0 else []
        return "\\".join(values)[:1024]

    def _method(self, value: str, observations: list[Observation]) -> Iterator[Fact]:
        """Yield the method as a fact, unless something was found in it."""
        if not any(isinstance(each, Finding) and each.level is not Level.INFO for each in observations):
            yield Fact("deidentification_method", value)

    def _vr(self, row: Row) -> str:
        return self._leaves.known(row[0], row[1]).vr

    # -- sequences

    def _sequence(self, row: Row, pointer: str) -> list[Observation] | None:
        """Judge all that a sequence holds; None where the element is none."""
        found: list[Observation] = []
        flow = Flow(NAME, findings=200)
        stack: list[_Open] = []

        def close(prefix: str) -> None:
            while stack and not prefix.startswith(stack[-1].location.pointer + "["):
                found.extend(flow.of(self._of_sequence(stack.pop())))

        def visit(prefix: str, charset: bytes, each: Row) -> None:
            close(prefix)
            if each[1] == b"SQ" and each[4] < 0:
                self._open(prefix, each, stack)
                return
            if not (self._populated and all(one.populated for one in stack)) and self._is_populated(each, charset):
                self._populated = True
                tells = each[0] not in CODING and self._vr(each) not in KINDS
                for one in stack:
                    one.populated = one.populated or tells or not one.personal
            found.extend(flow.of(self._leaves.of(prefix, charset, each)))
            found.extend(flow.of(self._presence(prefix, each)))

        self._open(self._place, row, stack)
        try:
            if not expand(row, self._explicit, self._character_set, pointer, visit, self._judge.policy.limits):
                return None
        except Unreadable as unreadable:
            found.append(Unread(NAME, unreadable.reason))
        close("")
        found.extend(flow.close())
        return found

    def _open(self, prefix: str, row: Row, stack: list[_Open]) -> None:
        """Note a sequence on which the policy has a demand, or that can't be read through."""
        tag, _, creator, _, _, _ = row
        demand: Demand | Safe | None
        if creator is None:
            demand = self._judge.policy.attribute(tag, "SQ")
        else:
            demand = self._judge.policy.private(tag >> 16, creator.decode("latin-1").strip(" \0"), tag & 0xFF)
        known = demand if isinstance(demand, Demand) else None
        if known is not None or tag in NOT_READ_THROUGH:
            stack.append(_Open(location_of(prefix, tag, creator, "SQ"), known, tag))

    def _is_populated(self, row: Row, charset: bytes) -> bool:
        if row[4] < 0:
            return row[5] > 0
        value = row[3][row[4] :]
        if not value.strip(b"\0 "):
            return False
        vr = self._vr(row)
        return vr not in TEXT or not all(self._judge.policy.is_dummy(text) for text in texts(value, vr, charset))

    def _of_sequence(self, sequence: _Open) -> Iterator[Observation]:
        """Judge a sequence by whether anything in it has a value: a profile leaves empty items behind."""
        demand, populated = sequence.demand, ["items"] if sequence.populated else []
        if populated and sequence.tag in NOT_READ_THROUGH:
            yield from self._not_read_through(sequence.tag, sequence.location)
        level = breach(demand, populated) if demand is not None else None
        if demand is not None and level is not None:
            name = keyword_of(sequence.tag) or "this sequence"
            message = f"{name} holds items with values" if populated else f"{name} is there, without a value"
            yield from self._judge.finding(
                ATTRIBUTES[demand.nature],
                NAME,
                sequence.location,
                message,
                level=level,
                category=demand.category,
                source=demand.source,
            )

    def _not_read_through(self, key: int, location: Location) -> Iterator[Observation]:
        words, unread = NOT_READ_THROUGH[key]
        yield from self._judge.finding(CANT_BE_READ_THROUGH, NAME, location, f"the data set holds {words}")
        if unread:
            yield Unread(NAME, f"{words.removeprefix('an ').removeprefix('a ')}: content is not read")

    def _presence(self, prefix: str, row: Row) -> Iterator[Observation]:
        """Tell of an element whose content can't be read through."""
        tag, _, creator, raw, start, length = row
        key = tag & 0xFF00FFFF if tag >> 24 in REPEATED else tag
        if key not in NOT_READ_THROUGH or not length or creator is not None:
            return
        if start < 0 or raw[start:].strip(b"\0 "):
            yield from self._not_read_through(key, location_of(prefix, tag, creator, self._vr(row)))


def _is_direct(seen: Observation) -> bool:
    """Tell whether it is a direct identifier: a value, not an element that is there without one."""
    return (
        isinstance(seen, Finding)
        and seen.rule is DIRECT
        and (seen.evidence is not None or seen.level is not Level.INFO)
    )
