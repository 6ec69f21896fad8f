"""The size that a compressed image says of itself: asked before a codec is given memory for it."""

from __future__ import annotations

_START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""JPEG markers with the size of the image (ISO 10918-1 B.2.2), and that of JPEG-LS (ISO 14495-1 C.2.2)."""
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xDA)})
SEGMENTS = 10_000
"""Marker segments that are looked at."""


def size_of(data: bytes) -> tuple[int, int] | None:
    """Return (rows, columns) of a JPEG, JPEG-LS or JPEG 2000 code stream; None where it is none of them.

    >>> size_of(bytes.fromhex("ffd8 ffc0 000b 08 0010 0020 01 011100"))
    (16, 32)
    """
    if data.startswith(b"\xff\x4f\xff\x51"):
        return _jpeg_2000(data, 0)
    if data[4:8] == b"jP  ":
        return _jpeg_2000(data, data.find(b"\xff\x4f\xff\x51", 0, 65536))
    if not data.startswith(b"\xff\xd8"):
        return None
    position = 2
    for _ in range(SEGMENTS):
        if position + 9 > len(data) or data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
        elif marker in _WITHOUT_LENGTH:
            position += 2
        elif marker in _START_OF_FRAME:
            return int.from_bytes(data[position + 5 : position + 7]), int.from_bytes(data[position + 7 : position + 9])
        else:
            position += 2 + int.from_bytes(data[position + 2 : position + 4])
    return None


def _jpeg_2000(data: bytes, start: int) -> tuple[int, int] | None:
    """Return the image area of the SIZ segment (ISO 15444-1 A.5.1)."""
    if start < 0 or len(data) < start + 24:
        return None
    width, height, left, top = (int.from_bytes(data[start + place : start + place + 4]) for place in (8, 12, 16, 20))
    return height - top, width - left
