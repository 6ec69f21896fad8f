"""Siemens CSA headers: the record format inside (0029,"SIEMENS CSA HEADER",10) and 20.

A count of tags, then for each a name, a VR and items. A tag is complete in itself, so a caller may remember tags by
their bytes: the same bytes are the same tag, in every instance.

Sizes in bytes: header 8 (16 with ``SV10``), tag 84 (name 64, then VM, VR, type, items, a check number), item 16 with
its length first or second, values padded to multiples of 4.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from fw_gear_deid_check.errors import Unreadable

MAGIC = b"SV10\x04\x03\x02\x01"
TAGS, ITEMS = 1000, 20_000
"""Tags of one header, items of one tag; real ones have about a hundred, and up to some hundred."""
_TAG_SIZE, _ITEM_SIZE, _NAME = 84, 16, 64

_counts = Struct("<II").unpack_from
_tag = Struct("<i4siii").unpack_from
_lengths = Struct("<ii").unpack_from


class Layout(NamedTuple):
    """How a CSA header is laid out: number of tags, where the first begins, and how item lengths are written."""

    tags: int
    position: int
    offset: int | None
    """None in ``SV10``; else what the first number of an item is greater by than its length."""


def layout(data: bytes) -> Layout:
    """Return the layout of a CSA header.

    Raises
    ------
    errors.Unreadable
        When the bytes are none.
    """
    start = 8 if data.startswith(MAGIC) else 0
    if len(data) < start + 8:
        raise Unreadable("no CSA header")
    tags, check = _counts(data, start)
    if not 0 < tags <= TAGS or check != 77 or len(data) < start + 8 + tags * _TAG_SIZE:
        raise Unreadable("no CSA header")
    offset = None if start else _tag(data, start + 8 + _NAME)[3]
    return Layout(tags, start + 8, offset)


def tag(data: bytes, position: int, offset: int | None) -> tuple[int, str, list[bytes]]:
    """Return where the tag ends that begins at a position, its name, and its values.

    Values are without padding, empty ones left out. What stands in the name's field after its end is memory that the
    scanner didn't clear; it is the last value where it holds text.

    Raises
    ------
    errors.Unreadable
        When a number in it can't be.
    """
    end, begin = len(data), position
    if position + _TAG_SIZE > end:
        raise Unreadable("truncated CSA header")
    items = _tag(data, position + _NAME)[3]
    if not 0 <= items <= ITEMS:
        raise Unreadable("damaged CSA header")
    position += _TAG_SIZE
    values: list[bytes] = []
    for _ in range(items):
        if position + _ITEM_SIZE > end:
            raise Unreadable("truncated CSA header")
        first, second = _lengths(data, position)
        length = second if offset is None else max(first - offset, 0)
        position += _ITEM_SIZE
        if not length:
            continue
        stop = position + length
        if length < 0 or stop > end:
            raise Unreadable("damaged CSA header")
        value = data[position:stop].rstrip(b"\0 ")
        if value:
            values.append(value)
        position = stop + -length % 4
    name, _, rest = data[begin : begin + _NAME].partition(b"\0")
    rest = rest.strip(b"\0")
    if len(rest) >= 4 and rest.isascii() and rest.replace(b" ", b"").isalnum():
        values.append(rest)
    return min(position, end), name.decode("latin-1"), values
