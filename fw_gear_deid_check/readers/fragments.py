"""Fragments of encapsulated pixel data (PS3.5 A.4): whether they are whole, and no larger than is decoded."""

from __future__ import annotations

from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.readers.pixels import FRAME_BYTES

FRAGMENTS = 1_000_000
"""Fragments of compressed pixel data."""
ITEM, SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"


def check_fragments(stream: BinaryIO, start: int, *, single: bool) -> None:
    """Raise `errors.Unreadable` where compressed frames are too large, or the fragments are damaged or too many.

    Parameters
    ----------
    single
        All fragments are one frame.
    """
    total, position = 0, start
    for _ in range(FRAGMENTS):
        stream.seek(position)
        head = stream.read(8)
        if len(head) < 8 or head[:4] not in (ITEM, SEQUENCE_END):
            raise Unreadable("not inspected: damaged fragments of pixel data")
        if head[:4] == SEQUENCE_END:
            return
        length = int.from_bytes(head[4:], "little")
        total = total + length if single else length
        if total > FRAME_BYTES:
            raise Unreadable("not inspected: a compressed frame is too large")
        position += 8 + length
    raise Unreadable("not inspected: too many fragments of pixel data")
