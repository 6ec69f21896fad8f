"""Native pixel data against the image they belong to: whether they are as long as its geometry asks for.

What stands behind the last pixel is shown by no viewer (PS3.5 8.1.1: pixel data are the pixels, and a byte of padding).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fw_gear_deid_check.readers.dicom_rows import PIXELS, Row, remembered
from fw_gear_deid_check.readers.dicom_window import Window

ROWS, COLUMNS, SAMPLES, BITS, FRAMES = 0x00280010, 0x00280011, 0x00280002, 0x00280100, 0x00280008
PHOTOMETRIC = 0x00280004
_GEOMETRY = frozenset({ROWS, COLUMNS, SAMPLES, BITS, FRAMES, PHOTOMETRIC})
_SUBSAMPLED = {b"422": 2.0, b"420": 1.5}
"""Samples of a pixel in which neighbours share their colours, by the end of the photometric interpretation."""
_ZEROS = 1 << 20


class Misfit(NamedTuple):
    """Pixel data that are longer or shorter than the image.

    Attributes
    ----------
    surplus
        Bytes behind the last pixel; negative where so many are missing.
    held
        The surplus, at most ``Limits.element_text`` bytes of it; None where it wasn't read.
    """

    tag: int
    surplus: int
    held: bytes | None = None


def sizes(index: Mapping[int, Row], little_endian: bool = True) -> list[int]:
    """Return the lengths, in bytes without padding, that the pixel data of such an image may have; none if unknown.

    Parameters
    ----------
    index
        Data elements by tag.
    """
    rows = tuple([index[tag] for tag in _GEOMETRY if tag in index])
    return _sizes(rows) if little_endian else _sizes_of(rows, little_endian=False)


@remembered
def _sizes(rows: tuple[Row, ...]) -> list[int]:
    return _sizes_of(rows, little_endian=True)


def _sizes_of(rows: tuple[Row, ...], *, little_endian: bool) -> list[int]:
    values = {row[0]: row[3][row[4] :] for row in rows if row[4] >= 0}

    def number(tag: int, default: int = 0) -> int:
        value = values.get(tag, b"")
        return int.from_bytes(value[:2], "little" if little_endian else "big") if len(value) >= 2 else default

    frames = values.get(FRAMES, b"1").strip(b"\0 ") or b"1"
    if not frames.isdigit() or len(frames) > 12:
        return []
    count = max(int(frames), 1)
    pixels, samples, bits = number(ROWS) * number(COLUMNS), number(SAMPLES, 1), number(BITS)
    if not pixels * samples * bits:
        return []
    found = {_bytes(pixels * samples * bits * count)}
    if bits < 8:  # frames that begin at a byte each
        found.add(_bytes(pixels * samples * bits) * count)
    if bits == 12:  # in two bytes each
        found.add(pixels * samples * 2 * count)
    shared = _SUBSAMPLED.get(values.get(PHOTOMETRIC, b"").strip(b"\0 ")[-3:])
    if shared and samples == 3:
        found.add(_bytes(int(pixels * shared * bits) * count))
    return sorted(found)


def _bytes(bits: int) -> int:
    return (bits + 7) // 8


def misfits(window: Window, index: Mapping[int, Row], native: list[tuple[int, int, int]]) -> list[Misfit]:
    """Return the pixel data that don't fit the image, with what stands behind it, as far as it isn't zeros.

    Parameters
    ----------
    native
        (tag, first byte, byte after the last) in the window, of elements of pixel data that aren't encapsulated.
    """
    allowed = sizes(index)
    found: list[Misfit] = []
    for tag, start, end in native if allowed else ():
        surplus = compare(end - start, allowed) if end > start else 0
        if surplus < 0:
            found.append(Misfit(tag, surplus))
        elif surplus:
            window.stream.seek(end - surplus)
            held = window.stream.read(min(surplus, window.limits.element_text))
            if held.strip(b"\0") or not _only_zeros(window, end - surplus + len(held), end):
                found.append(Misfit(tag, surplus, held))
    return found


def unseen(rows: list[Row], index: Mapping[int, Row], little_endian: bool) -> list[Misfit]:
    """Return the native pixel data that don't fit the image, where another reader has read the file: without bytes."""
    allowed = sizes(index, little_endian)
    lengths = [(row[0], row[5]) for row in rows if row[0] in PIXELS and row[5]] if allowed else []
    return [Misfit(tag, surplus) for tag, length in lengths if (surplus := compare(length, allowed))]


def compare(length: int, allowed: list[int]) -> int:
    """Return how many bytes are too many, or, negative, too few; one byte of padding may follow.

    >>> compare(512, [512]), compare(10, [9]), compare(600, [512]), compare(500, [512]), compare(13, [8, 12])
    (0, 0, 88, -12, 1)
    """
    fitting = [size for size in allowed if size <= length]
    if not fitting:
        return length - allowed[0]
    size = fitting[-1]
    return 0 if length == size + size % 2 else length - size


def _only_zeros(window: Window, start: int, end: int) -> bool:
    window.stream.seek(start)
    while start < end:
        part = window.stream.read(min(end - start, _ZEROS))
        if not part or part.count(0) != len(part):
            return not part
        start += len(part)
    return True
