"""Walks through a sequence, at every depth, in one pass over its bytes."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers.dicom_rows import (
    CHARACTER_SET,
    ITEM_BYTES,
    PIXELS,
    Row,
    creator_of,
    has_undefined_length,
    header,
    is_creator,
    is_sequence,
    pointer_name,
)
from fw_gear_deid_check.readers.dicom_window import ITEM, SEQUENCE_END, UNDEFINED, Unusual

Visit = Callable[[str, bytes, Row], None]
"""Called for each element in a sequence with the pointer of its item (``A[0].B[1].``), its character set, its row."""

ELEMENTS = 4_000_000
"""Data elements of one sequence, at all depths; more are "not checked"."""

_ITEM_END = b"\xfe\xff\x0d\xe0"
_pair = Struct("<LL").unpack_from


def expand(row: Row, explicit: bool, character_set: bytes, name: str, visit: Visit, limits: Limits) -> bool:
    """Walk through a sequence, at every depth.

    Parameters
    ----------
    row
        Of a sequence, or of an element of unknown VR that may be one.
    name
        Pointer of the sequence.
    visit
        Called for each element below it in the order of the file, for a sequence before what is in it. The row of a
        sequence has no value.

    Returns
    -------
    bool
        False where the value isn't a sequence after all.

    Raises
    ------
    errors.Unreadable
        When it is a sequence by its VR but neither the walker nor pydicom can read all of it.
    """
    tag, vr, _, raw, start, _ = row
    if start < 0:
        return False
    undefined = has_undefined_length(raw, start)
    known = undefined or is_sequence(tag, vr)
    if not known and not (vr in (b"", b"UN") and raw.startswith(ITEM_BYTES, start)):
        return False
    try:
        end = Walk(raw, None, limits).sequence(start, len(raw), undefined, explicit, 1, "", b"")
        if end != len(raw):
            raise Unusual("bytes after the end of a sequence")
        Walk(raw, visit, limits).sequence(start, len(raw), undefined, explicit, 1, name, character_set)
    except Unusual as unusual:
        if not known:
            return False
        from fw_gear_deid_check.readers import dicom_fallback

        value = dicom_fallback.sequence(raw[start:], undefined, explicit, limits)
        try:
            Walk(value, visit, limits).sequence(0, len(value), False, True, 1, name, character_set)
        except Unusual:
            raise Unreadable(f"damaged sequence: {unusual.reason}") from None
    return True


class Walk:
    """One walk through a sequence in a buffer; without ``visit``, only to find its end."""

    def __init__(self, buffer: bytes, visit: Visit | None, limits: Limits) -> None:
        self.buffer = buffer
        self.visit = visit
        self.limits = limits
        self.left = ELEMENTS

    def sequence(
        self, position: int, end: int, undefined: bool, explicit: bool, depth: int, name: str, charset: bytes
    ) -> int:
        """Walk the items from ``position``, to ``end`` or to the delimiter; return where it ends."""
        if depth > self.limits.sequence_depth:
            raise Unusual(f"sequences deeper than {self.limits.sequence_depth}")
        buffer, index = self.buffer, 0
        while undefined or position < end:
            if position + 8 > end:
                raise Unusual("truncated sequence")
            tag, length = _pair(buffer, position)
            position += 8
            if tag == SEQUENCE_END and undefined:
                return position
            if tag != ITEM:
                raise Unusual("no item where one has to be")
            prefix = f"{name}[{index}]." if self.visit else ""
            stop = end if length == UNDEFINED else position + length
            if stop > end:
                raise Unusual("truncated item")
            if length:
                position = self.item(position, stop, length == UNDEFINED, explicit, depth, prefix, charset)
            index += 1
        return position

    def item(
        self, position: int, end: int, undefined: bool, explicit: bool, depth: int, prefix: str, charset: bytes
    ) -> int:
        """Walk the elements of an item; return where it ends."""
        buffer, visit = self.buffer, self.visit
        creators: dict[int, bytes] = {}
        if explicit:  # an item in explicit VR may hold implicit VR (PS3.5 6.2.2), never the other way round
            explicit = all(0x40 < byte < 0x5B for byte in buffer[position + 4 : position + 6])
        while undefined or position < end:
            self.left -= 1
            if self.left < 0:
                raise Unusual(f"more than {ELEMENTS} data elements in a sequence")
            if undefined and buffer.startswith(_ITEM_END, position) and position + 8 <= end:
                return position + 8
            tag, vr, size, length = header(buffer, position, end, explicit)
            start = position + size
            stop = end if length == UNDEFINED else start + length
            if stop > end:
                raise Unusual("truncated data element in a sequence")
            creator = creator_of(tag, creators)
            if visit and is_creator(tag):
                creators[tag] = buffer[start:stop]
            if length == UNDEFINED:
                stop = self._undefined_length(tag, vr, creator, position, start, end, explicit, depth, prefix, charset)
            elif visit:
                if tag == CHARACTER_SET:
                    charset = buffer[start:stop]
                self._visit(tag, vr, creator, position, start, stop, explicit, depth, prefix, charset)
            position = stop
        return position

    def undefined_length(self, tag: int, vr: bytes, position: int, start: int, end: int, explicit: bool) -> int:
        """Return where a value of undefined length ends that begins at ``start``."""
        return self._undefined_length(tag, vr, None, position, start, end, explicit, 1, "", b"")

    def _undefined_length(
        self, tag: int, vr: bytes, creator: bytes | None, position: int, start: int, end: int,
        explicit: bool, depth: int, prefix: str, charset: bytes,
    ) -> int:  # fmt: skip
        """Walk a sequence of undefined length, or skip fragments; return where it ends."""
        visit, name = self.visit, ""
        if tag in PIXELS or vr not in (b"", b"SQ", b"UN"):
            stop = self._fragments(start, end)
            if visit:
                visit(prefix, charset, (tag, vr, creator, self.buffer[position:start], -1, stop - start))
            return stop
        if visit:
            name = prefix + pointer_name(tag, creator)
            visit(prefix, charset, (tag, vr or b"SQ", creator, self.buffer[position:start], -1, UNDEFINED))
        return self.sequence(start, end, True, explicit, depth + 1, name, charset)

    def _fragments(self, position: int, end: int) -> int:
        while position + 8 <= end:
            tag, length = _pair(self.buffer, position)
            position += 8
            if tag == SEQUENCE_END:
                return position
            if tag != ITEM or length == UNDEFINED:
                break
            position += length
        raise Unusual("damaged fragments in a sequence")

    def _visit(
        self, tag: int, vr: bytes, creator: bytes | None, position: int, start: int, stop: int,
        explicit: bool, depth: int, prefix: str, charset: bytes,
    ) -> None:  # fmt: skip
        """Visit an element of defined length; walk through it where it is a sequence."""
        buffer, visit = self.buffer, self.visit
        if visit is None:
            return
        if is_sequence(tag, vr) or self._turns_out_sequence(vr, start, stop, explicit, depth):
            visit(prefix, charset, (tag, b"SQ", creator, buffer[position:start], -1, stop - start))
            name = prefix + pointer_name(tag, creator)
            self.sequence(start, stop, False, explicit, depth + 1, name, charset)
        elif tag in PIXELS:
            visit(prefix, charset, (tag, vr, creator, buffer[position:start], -1, stop - start))
        else:
            visit(prefix, charset, (tag, vr, creator, buffer[position:stop], start - position, stop - start))

    def _turns_out_sequence(self, vr: bytes, start: int, stop: int, explicit: bool, depth: int) -> bool:
        if vr not in (b"", b"UN") or not self.buffer.startswith(ITEM_BYTES, start, stop):
            return False
        try:
            Walk(self.buffer, None, self.limits).sequence(start, stop, False, explicit, depth + 1, "", b"")
        except Unusual:
            return False
        return True
