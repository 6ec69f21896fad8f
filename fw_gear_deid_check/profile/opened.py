"""Sequences of undefined length: the same sequences, in the form that the engine doesn't damage.

fw-file-rs 0.9.1 writes the items of a sequence that it doesn't touch with undefined length, and the sequence with the
length that it had: a reader then finds nothing of what follows, the pixel data included. A sequence that says no length
comes out as it went in (PS3.5 7.5.1, 7.5.2: both forms mean the same).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers.dicom import Row
from fw_gear_deid_check.readers.dicom_rows import header, is_sequence
from fw_gear_deid_check.readers.dicom_sequence import Walk
from fw_gear_deid_check.readers.dicom_window import ITEM, SEQUENCE_END, UNDEFINED, Unusual

FIRST_PIXELS = 0x7FE00000
"""Tag from which on a file isn't given to the engine."""
_OPEN = b"\xff" * 4
_ITEM = struct.pack("<HHL", 0xFFFE, 0xE000, UNDEFINED)
_ITEM_END = struct.pack("<HHL", 0xFFFE, 0xE00D, 0)
_END = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
_pair = struct.Struct("<LL").unpack_from


def opened(row: Row, explicit: bool, limits: Limits) -> bytes:
    """Return a top-level element that is held, its sequences at every depth of undefined length."""
    tag, vr, _, raw, start, _ = row
    if vr == b"UN" or not is_sequence(tag, vr) or start < 8:
        return raw
    parts = [raw[: start - 4], _OPEN]
    try:
        _Opening(raw, limits, parts).sequence(start, len(raw), raw[start - 4 : start] == _OPEN, explicit, 1)
    except Unusual:
        return raw  # what the engine makes of it is looked at
    return b"".join([*parts, _END])


def opened_header(before: bytes, start: int, rows: Iterable[Row], explicit: bool, limits: Limits) -> bytes:
    """Return the bytes before the pixel data with the sequences opened.

    Parameters
    ----------
    start
        Where the first of the rows stands.
    """
    parts, at = [before[:start]], start
    for row in rows:
        if row[0] >= FIRST_PIXELS:
            break
        size = len(row[3]) + (row[5] if row[4] < 0 else 0)
        parts.append(before[at : at + size] if row[4] < 0 else opened(row, explicit, limits))
        at += size
    return b"".join([*parts, before[at:]])


class _Opening:
    """One pass through a sequence, which writes what it reads."""

    def __init__(self, buffer: bytes, limits: Limits, parts: list[bytes]) -> None:
        self._buffer = buffer
        self._limits = limits
        self._parts = parts

    def sequence(self, position: int, end: int, undefined: bool, explicit: bool, depth: int) -> int:
        """Write the items from ``position`` on; return where the sequence ends, with its delimiter."""
        if depth > self._limits.sequence_depth:
            raise Unusual("too deep")
        while undefined or position < end:
            if position + 8 > end:
                raise Unusual("truncated sequence")
            tag, length = _pair(self._buffer, position)
            position += 8
            if tag == SEQUENCE_END and undefined:
                return position
            if tag != ITEM:
                raise Unusual("no item where one has to be")
            stop = end if length == UNDEFINED else position + length
            if stop > end:
                raise Unusual("truncated item")
            self._parts.append(_ITEM)
            if length:
                position = self._item(position, stop, length == UNDEFINED, explicit, depth)
            self._parts.append(_ITEM_END)
        return position

    def _item(self, position: int, end: int, undefined: bool, explicit: bool, depth: int) -> int:
        buffer, parts = self._buffer, self._parts
        if explicit and not all(0x40 < byte < 0x5B for byte in buffer[position + 4 : position + 6]):
            raise Unusual("implicit VR in explicit VR")
        while undefined or position < end:
            if undefined and buffer.startswith(_ITEM_END, position):
                return position + 8
            tag, vr, size, length = header(buffer, position, end, explicit)
            start = position + size
            stop = end if length == UNDEFINED else start + length
            if stop > end:
                raise Unusual("truncated data element in a sequence")
            if vr != b"UN" and is_sequence(tag, vr):
                parts += [buffer[position : start - 4], _OPEN]
                stop = self.sequence(start, stop, length == UNDEFINED, explicit, depth + 1)
                parts.append(_END)
            else:
                if length == UNDEFINED:
                    stop = Walk(buffer, None, self._limits).undefined_length(tag, vr, position, start, end, explicit)
                parts.append(buffer[position:stop])
            position = stop
        return position
