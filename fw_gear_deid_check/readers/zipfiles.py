"""ZIP archives (APPNOTE 6.3.10), read strictly: what two tools could read differently is not checked.

Each row of the directory is compared with the header before the member's data, and bytes that belong to neither are
kept to be judged. Nothing is ever extracted by name.
"""

from __future__ import annotations

import io
import struct
from array import array
from collections.abc import Iterator
from typing import BinaryIO

from isal import isal_zlib

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.readers.entries import CHUNK, Budget, Entry, Field, View, spool
from fw_gear_deid_check.readers.inflate import INFLATERS, STORED, inflate_whole
from fw_gear_deid_check.readers.zipdirectory import Local, Row, find_directory, local_at, row_at
from fw_gear_deid_check.readers.zipextras import extra_fields, time_of

AES = 99
ENCRYPTED, DESCRIPTOR, STRONG, MASKED = 0x1, 0x8, 0x40, 0x2000
NAMED_METHODS = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 96: "JPEG", 98: "PPMd"}
SPAN_KEPT = MIB
"""Bytes of a gap, or before or behind the archive, that are kept to be judged."""
SPANS_KEPT = 64
"""Gaps that are kept."""
LINK_TARGET = 4096
"""Bytes of the target of a symbolic link."""
OVERLAPS = 1


class ZipArchive:
    """An opened zip archive: see `entries.Archive`.

    Parameters
    ----------
    stream
        Seekable; stays open for as long as the archive is used.

    Raises
    ------
    Unreadable
        When there is no directory, or not exactly one.
    """

    def __init__(self, stream: BinaryIO, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget
        self.fields: list[Field] = []
        self.times: list[Field] = []
        self.unread: list[str] = []
        length = stream.seek(0, io.SEEK_END)
        self._where = where = find_directory(self._at, length, budget.limits)
        self._directory = self._at(where.position, where.size)
        comment = self._at(where.records_end, where.comment)
        if comment.strip(b"\0"):
            self.fields.append(Field("comment", decoded(comment)))
        self._keep_span("trailing", where.records_end + where.comment, length)
        self._keep_span("gap", where.position + where.size, where.end)
        self._keep_span("gap", *where.extension)
        self._positions = array("Q")
        self._flaws = bytearray()
        self._current: tuple[int, Row, Local | None] | None = None
        self._survey()

    def close(self) -> None:
        """Nothing to let go of."""

    def _at(self, position: int, size: int) -> bytes:
        self._stream.seek(position)
        return self._stream.read(size)

    def _survey(self) -> None:
        """Find where each entry begins and ends, which overlap, and which bytes belong to none."""
        starts, stops = array("Q"), array("Q")
        position = 0
        for number in range(self._where.count):
            row = row_at(self._directory, position, self._where.shift)
            if row is None:
                self.unread.append(f"the zip directory is damaged after {number} of {self._where.count} entries")
                break
            self._positions.append(position)
            self._flaws.append(0)
            position += row.length
            local = self._local(row)
            starts.append(row.start if local else 0)
            stops.append(self._stop(row, local) if local else 0)
        self._keep_span("gap", self._where.position + position, self._where.position + self._where.size)
        reached = 0
        for number in sorted(range(len(starts)), key=starts.__getitem__):
            start, stop = starts[number], stops[number]
            if not stop:
                continue
            if start < reached or stop > self._where.position:
                self._flaws[number] |= OVERLAPS
            elif start > reached:
                self._keep_span("gap" if reached else "prepended", reached, start)
            reached = max(reached, stop)
        self._keep_span("gap" if reached else "prepended", reached, self._where.position)

    def _local(self, row: Row) -> Local | None:
        return local_at(self._at, row.start, len(row.raw) + len(row.extra)) if row.start >= 0 else None

    def _stop(self, row: Row, local: Local) -> int:
        """Return where an entry ends, its data descriptor included."""
        stop = local.data + row.packed
        if not local.flags & DESCRIPTOR:
            return stop
        found = self._at(stop, 24)
        for form in ("<LQQ", "<LLL"):
            try:
                descriptor = struct.pack(form, row.crc, row.packed, row.size)
            except struct.error:
                continue
            if found.startswith((b"PK\x07\x08" + descriptor, descriptor)):
                return stop + len(descriptor) + 4 * found.startswith(b"PK\x07\x08")
        return stop

    def _keep_span(self, pointer: str, start: int, stop: int) -> None:
        """Keep bytes that belong to no entry, unless they are zero."""
        if stop <= start:
            return
        data = self._at(start, min(stop - start, SPAN_KEPT))
        if b"PK\x03\x04" in data:
            self.unread.append("the zip archive holds entries that its directory does not list")
        elif stop - start > SPAN_KEPT:
            self.unread.append(f"more than {SPAN_KEPT} bytes that belong to no entry of the zip archive")
        if not data.strip(b"\0"):
            return
        if len(self.fields) < SPANS_KEPT:
            self.fields.append(Field(pointer, data))
        elif self.unread[-1:] != [f"more than {SPANS_KEPT} gaps in the zip archive"]:
            self.unread.append(f"more than {SPANS_KEPT} gaps in the zip archive")

    def entries(self) -> Iterator[Entry]:
        """Yield every entry of the directory, in its order."""
        for number in range(len(self._positions)):
            yield self._entry(number)

    def _member(self, number: int) -> tuple[Row, Local | None]:
        """Return a member's row of the directory and its own header; those of the current one are kept."""
        if self._current is None or self._current[0] != number:
            row = row_at(self._directory, self._positions[number], self._where.shift)
            if row is None:
                raise Unreadable("damaged zip archive")
            self._current = (number, row, self._local(row))
        return self._current[1:]

    def _entry(self, number: int) -> Entry:
        row, local = self._member(number)
        times: list[Field] = []
        fields: list[Field] = []
        contradictions: tuple[str, ...] = ()
        moment = time_of(row.clock, row.day)
        if moment is not None:
            times.append(Field("member.mtime", moment))
        if row.comment.strip(b"\0"):
            fields.append(Field("member.comment", decoded(row.comment)))
        if row.extra:
            extra_fields(row.extra, times, fields)
        if local is not None:
            if local.raw != row.raw:
                contradictions = ("name",)
                fields.append(Field("member.name", decoded(local.raw)))
            if local.extra and local.extra != row.extra:
                extra_fields(local.extra, times, fields)
        problem = self._problem(row, number) or _difference(row, local)
        form = row.form
        if form == "link":
            if problem is None and local is not None and row.size <= LINK_TARGET:
                fields.append(Field("member.link", self._target(row, local)))
            problem = problem or "a link, which is not followed"
        return Entry(number, decoded(row.raw), row.size, form, tuple(times), tuple(fields), contradictions, problem)

    def _problem(self, row: Row, number: int) -> str | None:
        """Return why an entry can't be read, by its row of the directory and its place."""
        limits = self._budget.limits
        if row.flags & (ENCRYPTED | STRONG | MASKED) or row.method == AES:
            return "encrypted"
        if self._flaws[number] & OVERLAPS:
            return "overlaps another member of the zip archive"
        if row.method not in INFLATERS:
            name = NAMED_METHODS.get(row.method)
            return f"unknown compression, method {row.method}" + (f" ({name})" if name else "")
        if row.size > limits.member_size:
            return f"larger than {limits.member_size} bytes"
        if row.size > max(MIB, row.packed * limits.archive_ratio):
            return f"compressed more than {limits.archive_ratio} to 1"
        return "a device, pipe or socket, which is not opened" if row.form == "device" else None

    def head(self, entry: Entry, size: int) -> bytes:
        """Return the first bytes of a member, unverified."""
        parts: list[bytes] = []
        for chunk in self._inflated(*self._readable(entry)):
            parts.append(chunk)
            if sum(map(len, parts)) >= size:
                break
        return b"".join(parts)[:size]

    def read(self, entry: Entry) -> bytes | BinaryIO:
        """Return a member's bytes, complete and with their checksum verified."""
        row, local = self._readable(entry)
        if row.size <= self._budget.limits.in_memory:
            if row.packed > 2 * self._budget.limits.in_memory:
                raise Unreadable("the compressed member is larger than the member")
            self._budget.spend(row.size)
            return self._whole(row, local)
        if row.method == STORED:
            for chunk in self._verified(row, local):
                self._budget.spend(len(chunk))
            return io.BufferedReader(View(self._stream, local.data, row.size))
        return spool(self._verified(row, local), self._budget)

    def _readable(self, entry: Entry) -> tuple[Row, Local]:
        row, local = self._member(entry.number)
        if entry.problem is not None or local is None:
            raise Unreadable(entry.problem or "no header where the zip directory says that the member is")
        return row, local

    def _target(self, row: Row, local: Local) -> bytes:
        """Return the target of a link, nothing where it can't be read: the link is not followed anyway."""
        try:
            return self._whole(row, local)
        except Unreadable:
            return b""

    def _whole(self, row: Row, local: Local) -> bytes:
        data = inflate_whole(row.method, self._at(local.data, row.packed), row.size)
        if isal_zlib.crc32(data) != row.crc:
            raise Unreadable("wrong checksum")
        return data

    def _verified(self, row: Row, local: Local) -> Iterator[bytes]:
        """Yield a member's bytes; raise `errors.Unreadable` at their end where size or checksum are wrong."""
        size = crc = 0
        for chunk in self._inflated(row, local):
            size += len(chunk)
            if size > row.size:
                raise Unreadable("larger than the zip directory says")
            crc = isal_zlib.crc32(chunk, crc)
            yield chunk
        if size != row.size:
            raise Unreadable("smaller than the zip directory says")
        if crc != row.crc:
            raise Unreadable("wrong checksum")

    def _inflated(self, row: Row, local: Local) -> Iterator[bytes]:
        position, left = local.data, row.packed
        inflate = INFLATERS[row.method]()
        while left > 0:
            packed = self._at(position, min(CHUNK, left))
            if not packed:
                raise Unreadable("truncated")
            position += len(packed)
            left -= len(packed)
            yield from inflate(packed, left == 0)


def _difference(row: Row, local: Local | None) -> str | None:
    """Return why a member can't be read because its own header and the directory tell different things of its data."""
    if local is None:
        return "no header where the zip directory says that the member is"
    if local.flags & (ENCRYPTED | STRONG):
        return "encrypted"
    if local.method != row.method:
        return "the member's own header and the zip directory differ in its compression"
    if local.flags & DESCRIPTOR and not local.crc:
        return None
    if (local.crc, local.packed, local.size) != (row.crc, row.packed, row.size):
        return "the member's own header and the zip directory differ in its size or checksum"
    return None


def decoded(raw: bytes) -> str:
    """Return a name or comment as text: UTF-8 where it is that, else the code page that zip began with."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")
