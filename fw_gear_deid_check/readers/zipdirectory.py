"""The directory of a zip archive (APPNOTE 4.3): where it is, and what its rows and the local headers say."""

from __future__ import annotations

import stat
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers.zipextras import wide

END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR64 = struct.Struct("<4sLQL")
ROW = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
COMMENT_MAX = 0xFFFF
_UNIX, _MAC = 3, 19

ReadAt = Callable[[int, int], bytes]
"""Returns up to so many bytes from a position: (position, size)."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the directory of an archive is.

    Attributes
    ----------
    position, size, count
        Of the directory, and the number of its rows.
    shift
        What all offsets have to be moved by: bytes that stand before the archive.
    end
        Where the end records begin.
    records_end
        Where the last of them ends without the comment; ``comment`` bytes of comment follow.
    """

    position: int
    size: int
    count: int
    shift: int
    end: int
    records_end: int
    comment: int
    extension: tuple[int, int]


class Row(NamedTuple):
    """A row of the directory; ``start`` is where the local header should be, ``length`` that of the row itself."""

    made_on: int
    flags: int
    method: int
    clock: int
    day: int
    crc: int
    packed: int
    size: int
    attributes: int
    start: int
    raw: bytes
    extra: bytes
    comment: bytes
    length: int

    @property
    def form(self) -> str:
        """What it stands for: ``file``, ``folder``, ``link`` or ``device``."""
        kind = stat.S_IFMT(self.attributes >> 16)
        if self.made_on in {_UNIX, _MAC} and kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            return "link" if kind == stat.S_IFLNK else "device"
        return "folder" if self.raw.endswith((b"/", b"\\")) and not self.size else "file"


class Local(NamedTuple):
    """The header before a member's data; ``start`` is its own position, ``data`` that of the data."""

    flags: int
    method: int
    crc: int
    packed: int
    size: int
    raw: bytes
    extra: bytes
    data: int


def row_at(directory: bytes, position: int, shift: int) -> Row | None:
    """Return the row at a position of the directory, or None where there is no whole row."""
    if position + ROW.size > len(directory):
        return None
    mark, made, _, flags, method, clock, day, crc, packed, size, names, extras, comments, _, _, attributes, offset = (
        ROW.unpack_from(directory, position)
    )
    begin = position + ROW.size
    length = ROW.size + names + extras + comments
    if mark != b"PK\x01\x02" or position + length > len(directory):
        return None
    raw = directory[begin : begin + names]
    extra = directory[begin + names : begin + names + extras]
    comment = directory[begin + names + extras : position + length]
    size, packed, offset = wide((size, packed, offset), extra)
    return Row(
        made >> 8, flags, method, clock, day, crc, packed, size, attributes, offset + shift, raw, extra, comment, length
    )


def local_at(read: ReadAt, start: int, guess: int) -> Local | None:
    """Return the local header at a position, or None where there is none.

    Parameters
    ----------
    guess
        Bytes of name and extra field together, as the directory tells; they are read at once.
    """
    header = read(start, LOCAL.size + guess)
    if len(header) < LOCAL.size or header[:4] != b"PK\x03\x04":
        return None
    _, _, flags, method, _, _, crc, packed, size, names, extras = LOCAL.unpack_from(header)
    length = LOCAL.size + names + extras
    if length > len(header):
        header = read(start, length)
    raw = header[LOCAL.size : LOCAL.size + names]
    extra = header[LOCAL.size + names : length]
    size, packed = wide((size, packed), extra)
    return Local(flags, method, crc, packed, size, raw, extra, start + length)


def find_directory(read: ReadAt, length: int, limits: Limits) -> Directory:
    """Return the one directory of an archive; raise `errors.Unreadable` where there is none, or more than one."""
    tail_at = max(0, length - END.size - COMMENT_MAX)
    tail = read(tail_at, END.size + COMMENT_MAX)
    found: list[tuple[int, int]] = []
    position = tail.find(b"PK\x05\x06")
    while position >= 0:
        behind = len(tail) - position - END.size
        if behind >= 0 and (comment := int.from_bytes(tail[position + 20 : position + 22], "little")) <= behind:
            found.append((position, comment))
        position = tail.find(b"PK\x05\x06", position + 1)
    exact = [(position, comment) for position, comment in found if position + END.size + comment == len(tail)]
    candidates = []
    for position, _ in exact or found:
        directory = _locate(read, tail_at + position, tail[position : position + END.size], limits)
        if directory is not None:
            candidates.append(directory)
    if not candidates:
        raise Unreadable("damaged zip archive: no directory" if found else "damaged zip archive: no end record")
    if len(candidates) > 1:
        raise Unreadable("ambiguous zip archive: more than one end record")
    return candidates[0]


def _locate(read: ReadAt, at: int, record: bytes, limits: Limits) -> Directory | None:
    """Return the directory that an end record tells of, or None where it isn't there."""
    _, disk, first, here, count, size, offset, comment = END.unpack(record)
    end = at
    extension = (at, at)
    if 0xFFFF in {here, count} or 0xFFFFFFFF in {size, offset}:
        locator = read(at - LOCATOR64.size, LOCATOR64.size) if at >= LOCATOR64.size else b""
        if locator[:4] == b"PK\x06\x07":
            found = _end64(read, at - LOCATOR64.size, LOCATOR64.unpack(locator)[2])
            if found is None:
                return None
            end, (disk, first, here, count, size, offset) = found
            extension = (end + END64.size, at - LOCATOR64.size)
    if disk or first or here != count:
        return None
    if count > limits.archive_members:
        raise Unreadable(f"zip archive with more than {limits.archive_members} members")
    if size > limits.archive_directory:
        raise Unreadable(f"zip archive with a directory of more than {limits.archive_directory} bytes")
    if size > end or count * ROW.size > size:
        return None
    for position in (offset, end - size):
        if position + size <= end and (not count or read(position, 4) == b"PK\x01\x02"):
            return Directory(position, size, count, position - offset, end, at + END.size, comment, extension)
    return None


def _end64(read: ReadAt, before: int, told: int) -> tuple[int, tuple[int, ...]] | None:
    """Return where the zip64 end record is, and what it says: disks, rows, size and offset of the directory."""
    for position in (told, before - END64.size):
        if 0 <= position <= before - END64.size:
            record = read(position, END64.size)
            if record[:4] == b"PK\x06\x06":
                return position, END64.unpack(record)[4:]
    return None
