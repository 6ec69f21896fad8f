"""Headers for the engine: what the reader has read, put together anew, and the elements of a header by pointer."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.profile.opened import FIRST_PIXELS, opened
from fw_gear_deid_check.readers.dicom import EXPLICIT, HEADER, IMPLICIT, DataSet, Row, expand, pointer_name
from fw_gear_deid_check.readers.dictionary import vr as dictionary_vr

NUMBERS = frozenset({"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "AT"})
STAND_IN = b"11"
"""Value of an element that is too large to be held."""
_HEADER_ONLY = frozenset({0x00020000, 0x00020010})


class Leaf(NamedTuple):
    """An element of a header; ``value`` is without padding where it is text, None for a sequence."""

    pointer: str
    tag: int
    creator: bytes | None
    vr: bytes
    value: bytes | None
    character_set: bytes

    @property
    def is_creator(self) -> bool:
        """Tell whether it reserves a block of private elements."""
        return bool(self.tag & 0x10000) and 0x10 <= self.tag & 0xFFFF <= 0xFF


def build(rows: Iterable[Row], meta: Iterable[Row], explicit: bool, limits: Limits) -> bytes:
    """Return a DICOM file without pixel data.

    Parameters
    ----------
    rows, meta
        Of the data set, and of the file meta information (explicit VR little endian).
    explicit
        Whether the rows have a VR.
    """
    syntax = EXPLICIT if explicit else IMPLICIT
    syntax += b"\0" * (len(syntax) % 2)
    kept = [_raw(row, True, limits) for row in meta if row[1] and row[0] not in _HEADER_ONLY]
    head = b"".join([_short(0x00020010, b"UI", syntax), *kept])
    parts = [bytes(128), b"DICM", _short(0x00020000, b"UL", struct.pack("<L", len(head))), head]
    parts += [_raw(row, explicit, limits) for row in rows if row[0] < FIRST_PIXELS]
    return b"".join(parts)


def _short(tag: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def _raw(row: Row, explicit: bool, limits: Limits) -> bytes:
    tag, vr, _, _, start, _ = row
    if start >= 0:
        return opened(row, explicit, limits)
    group, element = tag >> 16, tag & 0xFFFF
    if not explicit:
        return struct.pack("<HHL", group, element, len(STAND_IN)) + STAND_IN
    if HEADER.get(vr) == 12:
        return struct.pack("<HH2sHL", group, element, vr, 0, len(STAND_IN)) + STAND_IN
    return struct.pack("<HH2sH", group, element, vr, len(STAND_IN)) + STAND_IN


def leaves(row: Row, data: DataSet, limits: Limits) -> dict[str, Leaf]:
    """Return an element, and what is in it where it is a sequence, by pointer.

    Raises
    ------
    errors.Unreadable
        Where a sequence can't be read through.
    """
    tag, vr, creator, _, _, _ = row
    name = pointer_name(tag, creator)
    found: dict[str, Leaf] = {}

    def visit(prefix: str, charset: bytes, each: Row) -> None:
        pointer = prefix + pointer_name(each[0], each[2])
        while pointer in found:
            pointer += "'"  # the element stands twice
        value = None if each[1] == b"SQ" and each[4] < 0 else _value(each)
        found[pointer] = Leaf(pointer, each[0], each[2], each[1], value, charset)

    if expand(row, data.explicit, data.character_set, name, visit, limits):
        return {name: Leaf(name, tag, creator, b"SQ", None, data.character_set), **found}
    return {name: Leaf(name, tag, creator, vr, _value(row), data.character_set)}


def _value(row: Row) -> bytes:
    tag, vr, _, raw, start, _ = row
    if start < 0:
        return STAND_IN
    if (vr.decode("latin-1") or dictionary_vr(tag)) in NUMBERS:
        return raw[start:]
    return raw[start:].strip(b"\0 ")
