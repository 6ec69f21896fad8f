"""NIfTI-1, NIfTI-2 and ANALYZE 7.5, single file or .hdr: everything but the voxels.

The header is read, then its extensions one by one; the voxels are run through once, so that a compressed file's
checksum is verified and what stands behind them is seen. The volume is never in memory.

Clauses: NIfTI-1.1 (nifti1.h), NIfTI-2 (nifti2.h), ANALYZE 7.5 (dbh.h).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO, NamedTuple, Protocol

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers import gzipped

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


class _Layout(NamedTuple):
    """Where the fields stand: name -> (offset, length in bytes)."""

    size: int
    texts: dict[str, tuple[int, int]]
    dims: tuple[int, str]
    bits: int
    offset: tuple[int, str]


_NIFTI1_TEXTS = {
    "data_type": (4, 10),
    "db_name": (14, 18),
    "descrip": (148, 80),
    "aux_file": (228, 24),
    "intent_name": (328, 16),
}
_NIFTI1 = _Layout(348, _NIFTI1_TEXTS, (40, "8h"), 72, (108, "f"))
_NIFTI2_TEXTS = {"descrip": (240, 80), "aux_file": (320, 24), "intent_name": (508, 16), "unused_str": (525, 15)}
_NIFTI2 = _Layout(540, _NIFTI2_TEXTS, (16, "8q"), 14, (168, "q"))
_ANALYZE_TEXTS = {
    "data_type": (4, 10),
    "db_name": (14, 18),
    "vox_units": (56, 4),
    "cal_units": (60, 8),
    "descrip": (148, 80),
    "aux_file": (228, 24),
    "originator": (253, 10),
    "generated": (263, 10),
    "scannum": (273, 10),
    "patient_id": (283, 10),
    "exp_date": (293, 10),
    "exp_time": (303, 10),
    "hist_un0": (313, 3),
}
_ANALYZE = _Layout(348, _ANALYZE_TEXTS, (40, "8h"), 72, (108, "f"))


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Header(NamedTuple):
    """The fixed part: which format, byte order and layout, and where the voxels are.

    Attributes
    ----------
    single
        Voxels follow in the same file; else they are in the .img beside it.
    start
        Bytes before the voxels, in the file that holds them.
    voxels
        Bytes of voxels that the dimensions ask for.
    """

    raw: bytes
    layout: _Layout
    single: bool
    start: int
    voxels: int
    order: str

    @classmethod
    def parse(cls, raw: bytes) -> Header:
        """Return the header that begins with these bytes, up to 540.

        Raises
        ------
        Unreadable
            If it is none, or says what can't be.
        """
        order = "<" if raw[:4] in {b"\x5c\x01\x00\x00", b"\x1c\x02\x00\x00"} else ">"
        if len(raw) < 348:
            raise Unreadable("truncated NIfTI header")
        (size,) = struct.unpack_from(order + "i", raw)
        if size == 540:
            layout, magic = _NIFTI2, raw[4:8]
            kinds = {b"n+2\0": True, b"ni2\0": False}
        elif size == 348:
            magic = raw[344:348]
            kinds = {b"n+1\0": True, b"ni1\0": False}
            layout = _NIFTI1 if magic in kinds else _ANALYZE
        else:
            raise Unreadable("not a NIfTI or ANALYZE header")
        if len(raw) < layout.size:
            raise Unreadable("truncated NIfTI header")
        if layout is _NIFTI2 and magic not in kinds:
            raise Unreadable("not a NIfTI-2 header")
        single = kinds.get(magic, False)
        dims = struct.unpack_from(order + layout.dims[1], raw, layout.dims[0])
        (bits,) = struct.unpack_from(order + "h", raw, layout.bits)
        (offset,) = struct.unpack_from(order + layout.offset[1], raw, layout.offset[0])
        if not 1 <= dims[0] <= 7 or any(d < 0 for d in dims[1 : dims[0] + 1]) or bits < 0:
            raise Unreadable("NIfTI header with impossible dimensions")
        if not math.isfinite(offset) or offset < 0 or (single and offset < layout.size):
            # NIfTI-1 readers take 0 as 352, right behind the header.
            offset = layout.size + 4 if single and offset == 0 else offset
            if not math.isfinite(offset) or offset < 0 or (single and offset < layout.size):
                raise Unreadable("NIfTI header with an impossible data offset")
        voxels = (math.prod(max(d, 1) for d in dims[1 : dims[0] + 1]) * bits + 7) // 8
        return cls(raw[: layout.size], layout, single, int(offset), voxels, order)

    def texts(self) -> Iterator[Part]:
        """Yield the text fields."""
        for name, (offset, length) in self.layout.texts.items():
            data = self.raw[offset : offset + length]
            if data.strip(b"\0 "):
                yield Part(Place.FIELD, name, data)


def parts(stream: BinaryIO, limits: Limits) -> Iterator[Part]:
    """Yield everything but the voxels of a header file or single file, in the order of the file.

    Raises
    ------
    Unreadable
        Where the file isn't what it says, or can't be read to its end.
    """
    source = _opened(stream, limits)
    head = _header(source)
    yield from head.texts()
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
    before = flag if flag[:1] == b"\0" or header.layout is _ANALYZE else b""
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
