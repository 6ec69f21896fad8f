"""NIfTI-1, NIfTI-2 and ANALYZE 7.5, single file or .hdr: everything but the voxels.

The header is read, then its extensions one by one; the voxels are run through once, so that a compressed file's
checksum is verified and what stands behind them is seen. The volume is never in memory.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO, NamedTuple, Protocol

from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers import gzipped
from fw_gear_deid_check.readers.nifti_header import Header

STEP = 1 << 20
"""Bytes of voxels that are run through at once."""
EXTENSIONS = 256
"""Extensions of one file; what is behind the last one is not read."""
REST = 1 << 20
"""Bytes kept of a gap and of what follows the data."""


class Place(StrEnum):
    """What a part of a NIfTI file is."""

    FIELD = "field"
    EXTENSION = "extension"
    GAP = "gap"
    TRAILING = "trailing"
    GZIP_NAME = "gzip.name"
    GZIP_COMMENT = "gzip.comment"
    GZIP_MTIME = "gzip.mtime"
    GZIP_EXTRA = "gzip.extra"
    GZIP_TRAILING = "gzip.trailing"
    SHORT = "short"


class Part(NamedTuple):
    """Some bytes of the file that aren't voxels.

    Attributes
    ----------
    pointer
        ``descrip``, ``extension[0]``, ``gap``, ``gzip.name``.
    data
        The bytes; of a time, the Unix seconds as digits.
    code
        ecode of an extension.
    whole
        False where the part is longer than what is kept of it.
    """

    place: Place
    pointer: str
    data: bytes = b""
    code: int | None = None
    whole: bool = True


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def parts(stream: BinaryIO, limits: Limits) -> Iterator[Part]:
    """Yield everything but the voxels of a header file or single file, in the order of the file.

    Raises
    ------
    Unreadable
        Where the file isn't what it says, or can't be read to its end.
    """
    source = _opened(stream, limits)
    head = _header(source)
    for name, text in head.texts():
        yield Part(Place.FIELD, name, text)
    if head.single:
        yield from _between(source, head, limits, head.start - head.layout.size)
        if _skip(source, head.voxels) < head.voxels:
            yield Part(Place.SHORT, "voxels")
        yield from _rest(source, Place.TRAILING)
    else:
        yield from _between(source, head, limits, None)
    if isinstance(source, gzipped.Gunzipped):
        yield from gzip_parts(source)


def header(stream: BinaryIO, limits: Limits) -> Header:
    """Return the header of a file."""
    return _header(_opened(stream, limits))


def _opened(stream: BinaryIO, limits: Limits) -> _Readable:
    packed = stream.read(2) == gzipped.MAGIC
    stream.seek(0)
    return gzipped.Gunzipped(stream, limits.member_size) if packed else stream


def _header(source: _Readable) -> Header:
    start = source.read(348)
    # Only NIfTI-2 has a longer header; what follows a shorter one is its extensions.
    if start[:4] in {b"\x1c\x02\x00\x00", b"\x00\x00\x02\x1c"}:
        start += source.read(540 - 348)
    return Header.parse(start)


def voxels(stream: BinaryIO, header: Header | None, limits: Limits) -> Iterator[Part]:
    """Yield what isn't voxels of an .img file, whose header stood in the .hdr beside it.

    Without the header only the gzip member's own header is told, and that the file can be read to its end.
    """
    source = _opened(stream, limits)
    if header is None:
        _skip(source, None)
    else:
        yield from _rest(source, Place.GAP, room=header.start)
        if _skip(source, header.voxels) < header.voxels:
            yield Part(Place.SHORT, "voxels")
        yield from _rest(source, Place.TRAILING)
    if isinstance(source, gzipped.Gunzipped):
        yield from gzip_parts(source)


def gzip_parts(source: gzipped.Gunzipped) -> Iterator[Part]:
    """Yield what the gzip members say of themselves; the stream has been read to its end."""
    for number, member in enumerate(source.members):
        head = "gzip" if number == 0 else f"gzip[{number}]"
        if member.name:
            yield Part(Place.GZIP_NAME, f"{head}.name", member.name)
        if member.comment:
            yield Part(Place.GZIP_COMMENT, f"{head}.comment", member.comment)
        if member.mtime:
            yield Part(Place.GZIP_MTIME, f"{head}.mtime", str(member.mtime).encode())
        if member.extra:
            yield Part(Place.GZIP_EXTRA, f"{head}.extra", member.extra)
    if source.trailing or source.more_members:
        yield Part(Place.GZIP_TRAILING, "gzip.trailing", source.trailing, whole=not source.more_members)


def _between(source: _Readable, header: Header, limits: Limits, room: int | None) -> Iterator[Part]:
    """Yield the extensions, and what else stands before the voxels: ``room`` bytes, None for all that there is."""
    flag = source.read(4 if room is None else min(4, room))
    left = math.inf if room is None else room - len(flag)
    number = 0
    before = flag if flag[:1] == b"\0" or not header.extensible else b""
    while not before and len(flag) == 4 and left >= 8 and number < EXTENSIONS:
        head = source.read(8)
        if len(head) < 8:
            before = head
            break
        left -= 8
        size, code = struct.unpack(header.order + "ii", head)
        if size < 8 or size - 8 > left:
            before = head
            break
        data = source.read(min(size - 8, limits.element_text))
        rest = size - 8 - len(data)
        skipped = _skip(source, rest) if rest else 0
        left -= len(data) + skipped
        yield Part(Place.EXTENSION, f"extension[{number}]", data, code, whole=rest == 0)
        number += 1
        if skipped < rest:
            yield Part(Place.SHORT, f"extension[{number - 1}]")
            return
    yield from _rest(source, Place.GAP, before, None if left == math.inf else int(left))


def _rest(source: _Readable, place: Place, before: bytes = b"", room: int | None = None) -> Iterator[Part]:
    """Yield what stands in the next ``room`` bytes, None for all that follow, unless it is nothing but zeros."""
    kept, whole = before.lstrip(b"\0"), True
    while data := source.read(STEP if room is None else min(STEP, room)):
        room = None if room is None else room - len(data)
        data = data if kept else data.lstrip(b"\0")
        free = REST - len(kept)
        whole = whole and not data[free:].strip(b"\0")
        kept += data[:free]
    if kept:
        yield Part(place, place.value, kept, whole=whole)


def _skip(source: _Readable, size: int | None) -> int:
    """Read and drop up to ``size`` bytes, None for all; return how many there were."""
    done = 0
    while size is None or done < size:
        data = source.read(STEP if size is None else min(STEP, size - done))
        if not data:
            break
        done += len(data)
    return done
