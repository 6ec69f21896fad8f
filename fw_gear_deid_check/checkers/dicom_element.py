"""Judges one data element, or one sequence with everything in it, under one policy.

What is judged here depends on nothing but the element's bytes, its private creator, the character set, the encoding and
the policy: so it can be remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from fw_gear_deid_check.checkers.ages import AGES, is_over_89
from fw_gear_deid_check.checkers.dicom_private import PERSONAL, Private
from fw_gear_deid_check.checkers.dicom_rules import ATTRIBUTES, CANT_BE_READ_THROUGH, NAME
from fw_gear_deid_check.checkers.dicom_tags import (
    BIRTH,
    CODING,
    KINDS,
    MACHINE,
    MAY_BE_SEQUENCE,
    METHOD,
    NOT_READ_THROUGH,
    NUMBERS,
    ORGANISATION,
    QUIET_BYTES,
    REPEATED,
    SPOKEN,
    TRAITS,
)  # fmt: skip
from fw_gear_deid_check.checkers.dicom_values import BYTES, PLAIN, TEXT, is_plain, numbers, texts
from fw_gear_deid_check.checkers.dicom_verdict import QUIET, Verdict
from fw_gear_deid_check.checkers.flow import Flow
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Fact, Finding, Location, Observation, Text, Unread
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.policy import Demand, Safe
from fw_gear_deid_check.policy.actions import breach
from fw_gear_deid_check.readers.dicom import PIXELS, Row, expand, pointer_name
from fw_gear_deid_check.readers.dictionary import keyword as keyword_of
from fw_gear_deid_check.readers.dictionary import vr as vr_of
from fw_gear_deid_check.rules import Level

DIRECT = ATTRIBUTES["direct-identifier"]


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
        self._private = private
        self._explicit = explicit
        self._character_set = character_set
        self._place = place
        self._populated = False
        self._dated = False

    def verdict(self, row: Row) -> Verdict:
        """Judge an element of the top level."""
        tag, _, creator, _, _, _ = row
        if self._is_number(row):
            return QUIET
        pointer = self._place + pointer_name(tag, creator)
        self._populated = self._dated = False
        observations: list[Observation] = []
        nested = self._sequence(row, pointer) if row[1] in MAY_BE_SEQUENCE else None
        if nested is not None:
            observations += nested
            value = "present" if self._populated else ""
        else:
            if tag in NOT_READ_THROUGH or tag >> 24 in REPEATED:
                observations += self._presence(self._place, row)
            observations += self.leaf(self._place, self._character_set, row)
            value = self._plain_value(row) if tag in TRAITS else ""
        traits = ((TRAITS[tag], value),) if tag in TRAITS and value else ()
        if tag == METHOD and value:
            observations += self._method(value, observations)
        elif tag == 0x00120062 and value in {"YES", "NO"}:
            observations.append(Fact("patient_identity_removed", value))
        direct = any(isinstance(each, Finding) and each.rule is DIRECT and _holds_value(each) for each in observations)
        if not (observations or traits or self._dated):
            return QUIET
        return Verdict(tuple(observations), traits, direct, self._dated)

    def _is_number(self, row: Row) -> bool:
        """Tell whether an element is one of numbers, and nothing else, of which nothing is asked: most are."""
        tag, vr, creator, raw, start, _ = row
        if vr not in NUMBERS or creator is not None or start < 0 or tag in TRAITS or keyword_of(tag) in AGES:
            return False
        return is_plain(raw[start:], vr.decode()) and self._judge.policy.attribute(tag, vr.decode()) is None

    def _plain_value(self, row: Row) -> str:
        vr = self._vr(row)
        values = texts(row[3][row[4] :], vr, self._character_set) if row[4] >= 0 else []
        return "\\".join(values)[:1024]

    def _method(self, value: str, observations: list[Observation]) -> Iterator[Fact]:
        """Yield the method as a fact, unless something was found in it."""
        if not any(isinstance(each, Finding) and each.level is not Level.INFO for each in observations):
            yield Fact("deidentification_method", value)

    def _vr(self, row: Row) -> str:
        """Return the VR; that of the dictionary where the file has none, or has UN for a public element."""
        vr = row[1].decode("latin-1")
        if vr in {"", "UN"} and not row[0] & 0x10000:
            return vr_of(row[0]) or "UN"
        return vr or ("LO" if 0x10 <= row[0] & 0xFFFF <= 0xFF else "UN")

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
            found.extend(flow.of(self.leaf(prefix, charset, each)))
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
            stack.append(_Open(_location(prefix, tag, creator, "SQ"), known, tag))

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
        level = breach(demand, populated, populated) if demand is not None else None
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

    # -- single elements

    def _presence(self, prefix: str, row: Row) -> Iterator[Observation]:
        """Tell of an element whose content can't be read through."""
        tag, _, creator, raw, start, length = row
        key = tag & 0xFF00FFFF if tag >> 24 in REPEATED else tag
        if key not in NOT_READ_THROUGH or not length or creator is not None:
            return
        if start < 0 or raw[start:].strip(b"\0 "):
            yield from self._not_read_through(key, _location(prefix, tag, creator, self._vr(row)))

    def leaf(self, prefix: str, charset: bytes, row: Row) -> Iterator[Observation]:
        """Judge an element that is no sequence."""
        tag, _, creator, raw, start, _ = row
        vr = self._vr(row)
        if start < 0:
            yield from self._not_held(row, vr)
            return
        value = raw[start:]
        location = _location(prefix, tag, creator, vr)
        if creator is not None:
            yield from self._private.element(location, tag, creator, value, charset)
        elif tag & 0x10000:
            if value.strip(b"\0 "):
                for text in texts(value, "LO", charset):  # a private creator, or what stands in its place
                    for observation in self._judge.text(NAME, text, location, "private"):
                        if isinstance(observation, Finding):
                            yield observation
                    yield Text(NAME, location, text, free=False)
        else:
            yield from self._public(location, tag, vr, value, charset)

    def _not_held(self, row: Row, vr: str) -> Iterator[Observation]:
        """Say of a value that wasn't read that it is not checked, unless it is of numbers."""
        tag, _, creator, _, _, length = row
        if tag in PIXELS or tag in QUIET_BYTES or tag >> 24 in {0x50, 0x60, 0x7F} or vr not in TEXT | BYTES:
            return
        if creator is not None:
            name = creator.decode("latin-1").strip(" \0")
            if isinstance(self._judge.policy.private(tag >> 16, name, tag & 0xFF), Safe):
                return
        limit = self._judge.policy.limits.element_text // MIB
        yield Unread(NAME, f"element {_tag(tag)} of {length} bytes is larger than {limit} MiB")

    def _public(self, location: Location, tag: int, vr: str, value: bytes, charset: bytes) -> Iterator[Observation]:
        keyword = keyword_of(tag)
        demand = self._judge.policy.attribute(tag, vr)
        is_text = vr in TEXT
        values = texts(value, vr, charset) if is_text else numbers(value, vr)
        if not values and not is_text and value.strip(b"\0 "):
            values = [f"{len(value)} bytes"]
        if vr in {"DA", "DT"} and tag != BIRTH:
            self._dated = self._dated or not all(self._judge.policy.is_dummy(each) for each in values)
        worst = -1
        if demand is not None:
            for observation in self._judge.attribute(ATTRIBUTES, NAME, demand, values, location, keyword=keyword):
                if isinstance(observation, Finding):
                    worst = max(worst, observation.level.rank)
                yield observation
            if demand.nature in PERSONAL:
                return
        elif keyword in AGES:
            yield from self._age(location, keyword, values)
        if is_text:
            yield from self._text(location, tag, vr, value, values, demand, worst)
        elif vr in BYTES and tag not in QUIET_BYTES and tag >> 24 not in {0x50, 0x60, 0x7F}:
            yield from self._private.opaque(location, value)

    def _age(self, location: Location, keyword: str, values: list[str]) -> Iterator[Observation]:
        """An age over 89 is told, whether or not the policy asks for anything of ages."""
        old = [value for value in values if is_over_89(value)]
        if old:
            message = f"{keyword} is over 89 years"
            yield from self._judge.finding(ATTRIBUTES["age-over-89"], NAME, location, message, value=old[0])

    def _text(
        self, location: Location, tag: int, vr: str, value: bytes, values: list[str], demand: Demand | None, worst: int
    ) -> Iterator[Observation]:
        """Judge text; what the demand on the attribute has said already isn't said again."""
        if is_plain(value, vr):
            kept = tag in SPOKEN or vr in {"DA", "DT"}
            for text in values:
                if kept or text in self._judge.originals:
                    yield Text(NAME, location, text, free=False)
            return
        indirect = demand is not None and demand.nature == "indirect-identifier" and vr not in PLAIN
        machine = indirect or vr in {"CS", "AE"} or tag in MACHINE
        meant = "B" if tag in ORGANISATION else demand.category if demand is not None and indirect else None
        for text in values:
            for observation in self._judge.text(NAME, text, location, "structured" if machine else "free"):
                # what the attribute is made for is told by the demand: an address in InstitutionAddress
                if not isinstance(observation, Finding) or (
                    observation.level.rank > worst and (meant is None or observation.category != meant)
                ):
                    yield observation


@lru_cache(maxsize=20_000)
def _location(prefix: str, tag: int, creator: bytes | None, vr: str) -> Location:
    return Location(prefix + pointer_name(tag, creator), _tag(tag), vr)


def _tag(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def _holds_value(finding: Finding) -> bool:
    """Tell whether a finding is of a value, not of an element that is there without one."""
    return finding.evidence is not None or finding.level is not Level.INFO
