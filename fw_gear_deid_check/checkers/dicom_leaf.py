"""Judges one data element that is no sequence, under one policy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from re import Pattern

from fw_gear_deid_check.checkers.ages import AGES, is_over_89
from fw_gear_deid_check.checkers.dicom_private import PERSONAL, Private
from fw_gear_deid_check.checkers.dicom_rules import ATTRIBUTES, NAME
from fw_gear_deid_check.checkers.dicom_tags import BIRTH, MACHINE, NUMBERS, ORGANISATION, QUIET_BYTES, SPOKEN, TRAITS
from fw_gear_deid_check.checkers.dicom_values import BYTES, PLAIN, SMALL, TEXT, WORDS, is_plain, numbers, texts
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.findings import Finding, Location, Observation, Text, Unread
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.policy import Demand, Safe
from fw_gear_deid_check.readers.dicom import PIXELS, Row, pointer_name
from fw_gear_deid_check.readers.dicom_rows import PRIVATE
from fw_gear_deid_check.readers.dictionary import keyword as keyword_of
from fw_gear_deid_check.readers.dictionary import tag_text
from fw_gear_deid_check.readers.dictionary import vr as vr_of

ATTRIBUTES_KNOWN = 20_000
"""Pairs of tag and VR of which it is remembered what is known; more come from hostile files."""


@dataclass(slots=True, eq=False)
class Known:
    """What is known of an element, whatever its value.

    Attributes
    ----------
    vr
        That of the dictionary where the file has none, or has UN for a public element.
    keyword, demand
        Of public elements.
    number
        What its value is in full where it is of numbers, and nothing is asked of them: most elements are such.
    """

    vr: str
    keyword: str
    demand: Demand | None
    number: Pattern[bytes] | None


class Leaves:
    """Judges elements under one policy; ``dated`` tells whether one of them held a date other than that of birth."""

    def __init__(self, judge: Judge, private: Private) -> None:
        self._judge = judge
        self._private = private
        self._known: dict[tuple[int, bytes], Known] = {}
        self.dated = False

    def known(self, tag: int, vr: bytes) -> Known:
        """Return what is known of an element with this tag and VR, ``b""`` where the file has none."""
        known = self._known.get((tag, vr))
        if known is None:
            if len(self._known) >= ATTRIBUTES_KNOWN:
                self._known.clear()
            known = self._known[tag, vr] = self._find_out(tag, vr)
        return known

    def _find_out(self, tag: int, written: bytes) -> Known:
        private = bool(tag & PRIVATE)
        vr = written.decode("latin-1")
        if vr in {"", "UN"} and not private:
            vr = vr_of(tag) or "UN"
        vr = vr or ("LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN")
        keyword = keyword_of(tag)
        demand = None if private else self._judge.policy.attribute(tag, vr)
        quiet = written in NUMBERS and demand is None and tag not in TRAITS and keyword not in AGES
        return Known(vr, keyword, demand, SMALL[vr] if quiet else None)

    def of(self, prefix: str, charset: bytes, row: Row) -> list[Observation]:
        """Judge an element; the prefix is that of its pointer."""
        tag, written, creator, raw, start, length = row
        known = self.known(tag, written)
        if start < 0:
            return self._not_held(tag, creator, known.vr, length)
        value = raw[start:]
        location = location_of(prefix, tag, creator, known.vr)
        if creator is not None:
            return list(self._private.element(location, tag, creator, value, charset))
        if tag & PRIVATE:
            return self._creator(location, value, charset) if value.strip(b"\0 ") else []
        return self._public(location, tag, known, value, charset)

    def _creator(self, location: Location, value: bytes, charset: bytes) -> list[Observation]:
        """Judge a private creator, or what stands in its place."""
        told: list[Observation] = []
        for text in texts(value, "LO", charset):
            told += (each for each in self._judge.text(NAME, text, location, "private") if isinstance(each, Finding))
            told.append(Text(NAME, location, text, free=False))
        return told

    def _not_held(self, tag: int, creator: bytes | None, vr: str, length: int) -> list[Observation]:
        """Say of a value that wasn't read that it is not checked, unless it is of numbers."""
        if tag in PIXELS or tag in QUIET_BYTES or tag >> 24 in {0x50, 0x60, 0x7F} or vr not in TEXT | BYTES | WORDS:
            return []
        if vr in WORDS and creator is None and vr_of(tag):
            return []
        if creator is not None:
            name = creator.decode("latin-1").strip(" \0")
            if isinstance(self._judge.policy.private(tag >> 16, name, tag & 0xFF), Safe):
                return []
        limit = self._judge.policy.limits.element_text // MIB
        return [Unread(NAME, f"element {tag_text(tag)} of {length} bytes is larger than {limit} MiB")]

    def _public(self, location: Location, tag: int, known: Known, value: bytes, charset: bytes) -> list[Observation]:
        vr, demand = known.vr, known.demand
        is_text = vr in TEXT
        values = texts(value, vr, charset) if is_text else numbers(value, vr)
        if not values and not is_text and value.strip(b"\0 "):
            values = [f"{len(value)} bytes"]
        if vr in {"DA", "DT"} and tag != BIRTH:
            self.dated = self.dated or not all(self._judge.policy.is_dummy(each) for each in values)
        told: list[Observation] = []
        if demand is not None:
            told += self._judge.attribute(ATTRIBUTES, NAME, demand, values, location, known.keyword)
            if demand.nature in PERSONAL:
                return told
        elif known.keyword in AGES:
            told += self._age(location, known.keyword, values)
        if is_text:
            told += self._text(location, tag, known, value, values, told)
        elif (
            (vr in BYTES or (vr in WORDS and not vr_of(tag)))
            and tag not in QUIET_BYTES
            and tag >> 24 not in {0x50, 0x60, 0x7F}
        ):
            told += self._private.opaque(location, value, charset)
        return told

    def _age(self, location: Location, keyword: str, values: list[str]) -> tuple[Finding, ...]:
        """An age over 89 is told, whether or not the policy asks for anything of ages."""
        old = [value for value in values if is_over_89(value)]
        message = f"{keyword} is over 89 years"
        return self._judge.finding(ATTRIBUTES["age-over-89"], NAME, location, message, value=old[0]) if old else ()

    def _text(
        self, location: Location, tag: int, known: Known, value: bytes, values: list[str], told: list[Observation]
    ) -> list[Observation]:
        """Judge text; what the demand on the attribute has told already isn't told again."""
        vr, demand = known.vr, known.demand
        if is_plain(value, vr):
            kept = tag in SPOKEN or vr in {"DA", "DT", "DS", "IS"}  # and numbers that are long
            return [Text(NAME, location, text, free=False) for text in values if kept or text in self._judge.originals]
        worst = max((each.level.rank for each in told if isinstance(each, Finding)), default=-1) if demand else -1
        indirect = demand is not None and demand.nature == "indirect-identifier" and vr not in PLAIN
        machine = indirect or vr in {"CS", "AE"} or tag in MACHINE
        meant = "B" if tag in ORGANISATION else demand.category if demand is not None and indirect else None
        # what the attribute is made for is told by the demand: an address in InstitutionAddress
        return [
            observation
            for text in values
            for observation in self._judge.text(NAME, text, location, "structured" if machine else "free")
            if not isinstance(observation, Finding)
            or (observation.level.rank > worst and (meant is None or observation.category != meant))
        ]


@lru_cache(maxsize=20_000)
def location_of(prefix: str, tag: int, creator: bytes | None, vr: str) -> Location:
    """Return the location of an element; the prefix is that of its pointer."""
    return Location(prefix + pointer_name(tag, creator), tag_text(tag), vr)
