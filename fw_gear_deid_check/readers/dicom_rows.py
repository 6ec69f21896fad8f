"""Rows: data elements as they stand in a file, and how a pointer names them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from struct import Struct
from typing import TypeVar

from fw_gear_deid_check.limits import KIB
from fw_gear_deid_check.readers.dicom_window import Unusual
from fw_gear_deid_check.readers.dictionary import keyword, tag_text
from fw_gear_deid_check.readers.dictionary import vr as dictionary_vr

Row = tuple[int, bytes, bytes | None, bytes, int, int]
"""(tag, VR, creator, raw, start, length) of one data element.

VR is ``b""`` in implicit VR. Creator is None for public elements and for private creators themselves, ``b""`` for
private elements without a creator. ``raw[:start]`` is the header and ``raw[start:]`` the value; where start is -1 the
value isn't held and raw is the header alone. Length is that of the value in bytes, delimiters included.
"""

ITEM_BYTES = b"\xfe\xff\x00\xe0"
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
PRIVATE = 0x10000
"""The bit that makes a tag private: its group is odd."""
CHARACTER_SET = 0x00080005
SHORT = 16 * KIB
"""Bytes of some data elements up to which a caller may remember what it made of them."""
SERIES = 64
"""Headers of which it is remembered."""
Made = TypeVar("Made")
LONGEST_CREATOR = 64
"""Characters of a private creator that a pointer shows; the VR LO has no more."""

_SHORT = "AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US"
_LONG = "OB OD OF OL OV OW SQ SV UC UN UR UT UV"
HEADER = {vr.encode(): 8 for vr in _SHORT.split()} | {vr.encode(): 12 for vr in _LONG.split()}
"""Bytes of the header of an element in explicit VR, by VR."""

_explicit = Struct("<HH2sH").unpack_from
_implicit = Struct("<HHL").unpack_from
_number = Struct("<L").unpack_from


def header(buffer: bytes, position: int, end: int, explicit: bool) -> tuple[int, bytes, int, int]:
    """Return (tag, VR, bytes of the header, length) of the element that begins at a position.

    Raises
    ------
    Unusual
        When no element can begin there: its VR is unknown, it is a delimiter, or the header isn't complete.
    """
    if position + 8 > end:
        raise Unusual("truncated data element")
    vr = b""
    if explicit:
        group, element, vr, length = _explicit(buffer, position)
        size = HEADER.get(vr, 0)
        if size == 12:
            if position + 12 > end:
                raise Unusual("truncated data element")
            (length,) = _number(buffer, position + 8)
    else:
        group, element, length = _implicit(buffer, position)
        size = 8
    if group == 0xFFFE:
        raise Unusual("delimiter where none has to be")
    if not size:
        raise Unusual("unknown VR")
    return group << 16 | element, vr, size, length


def creator_of(tag: int, creators: dict[int, bytes]) -> bytes | None:
    """Return the creator of an element as a row has it, of those of its data set."""
    if not tag & PRIVATE or tag & 0xFFFF <= 0xFF:
        return None
    return creators.get((tag & 0xFFFF0000) | (tag & 0xFFFF) >> 8, b"")


def is_creator(tag: int) -> bool:
    """Tell whether an element names a private creator."""
    return bool(tag & PRIVATE) and 0x10 <= tag & 0xFFFF <= 0xFF


def remembered(made: Callable[[tuple[Row, ...]], Made]) -> Callable[[tuple[Row, ...]], Made]:
    """Remember what a function makes of the rows of a few series; rows with large values aren't kept for that."""
    kept = lru_cache(maxsize=SERIES)(made)

    @wraps(made)
    def of(rows: tuple[Row, ...]) -> Made:
        return (kept if sum([len(row[3]) for row in rows]) <= SHORT else made)(rows)

    return of


def is_sequence(tag: int, vr: bytes) -> bool:
    """Tell whether an element is a sequence by its VR, or by the dictionary where it has none."""
    return vr == b"SQ" or (not vr and dictionary_vr(tag) == "SQ")


def has_undefined_length(raw: bytes, start: int) -> bool:
    """Tell whether the header says that a delimiter ends the value."""
    return raw[start - 4 : start] == b"\xff\xff\xff\xff"


def pointer_name(tag: int, creator: bytes | None) -> str:
    """Return how a pointer names an element: keyword, ``(gggg,"CREATOR",ee)``, or ``(gggg,eeee)``.

    >>> pointer_name(0x00100010, None), pointer_name(0x00291120, b"ACME 1 "), pointer_name(0x00291120, b"")
    ('PatientName', '(0029,"ACME 1",20)', '(0029,1120)')
    """
    if creator:
        name = creator[:LONGEST_CREATOR].decode("latin-1").strip(" \0")
        name = name if name.isprintable() else "".join(each if each.isprintable() else "·" for each in name)
        return f'({tag >> 16:04X},"{name}",{tag & 0xFF:02X})'
    return (keyword(tag) if creator is None else "") or tag_text(tag)
