"""Gzip (RFC 1952): inflated once, in bounded memory, every member's checksum verified and its header kept."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from isal import igzip_lib, isal_zlib

from fw_gear_deid_check.errors import Unreadable

MAGIC = b"\x1f\x8b"
CHUNK = 1 << 16
HEADER_TEXT = 1 << 16
"""Bytes of one name, comment or extra field of a member's header."""
MEMBERS = 100_000
"""Members of one file: bgzip writes one for each 64 KiB."""
MEMBERS_KEPT = 64
"""Distinct headers that are kept."""
_DAMAGED = (igzip_lib.error, EOFError, ValueError, OverflowError)
_BGZIP = b"BC\x02\x00"


class Member(NamedTuple):
    """The header of one member: ``name`` and ``comment`` as they stand, ``mtime`` in Unix seconds, 0 for none."""

    name: bytes
    comment: bytes
    extra: bytes
    mtime: int


class Gunzipped:
    """A gzip stream to be read once from its beginning; `members` and `trailing` are complete at its end.

    Attributes
    ----------
    members
        Distinct headers of the members, in their order.
    more_members
        Whether there are more distinct headers than are kept.
    trailing
        Up to ``CHUNK`` bytes that follow the last member and aren't zero padding.
    """

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._raw = stream
        self._limit = limit
        self._buffer = b""
        self._inflater: igzip_lib.IgzipDecompressor | None = None
        self._crc = 0
        self._size = 0
        self._total = 0
        self._count = 0
        self._ended = False
        self.members: list[Member] = []
        self.more_members = False
        self.trailing = b""
        if not self._begin():
            raise Unreadable("not a gzip file")

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes, fewer at the end only."""
        if size <= 0:
            return b""
        parts: list[bytes] = []
        wanted = size
        while wanted > 0 and not self._ended:
            part = self._some(wanted)
            parts.append(part)
            wanted -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _some(self, size: int) -> bytes:
        inflater = self._inflater
        if inflater is None:
            self._ended = not self._begin()
            return b""
        data = b""
        if inflater.needs_input:
            data = self._buffer or self._raw.read(CHUNK)
            self._buffer = b""
            if not data:
                raise Unreadable("truncated gzip file")
        try:
            out: bytes = inflater.decompress(data, size)
        except _DAMAGED:  # type: ignore[misc]
            raise Unreadable("damaged gzip file") from None
        self._crc = isal_zlib.crc32(out, self._crc)
        self._size += len(out)
        self._total += len(out)
        if self._total > self._limit:
            raise Unreadable(f"inflates to more than {self._limit} bytes")
        if inflater.eof:
            self._buffer = inflater.unused_data
            self._inflater = None
            self._close()
        return out

    def _close(self) -> None:
        crc, size = struct.unpack("<II", self._exactly(8))
        if crc != self._crc:
            raise Unreadable("wrong checksum in gzip file")
        if size != self._size & 0xFFFFFFFF:
            raise Unreadable("wrong length in gzip file")

    def _begin(self) -> bool:
        """Read a member's header; False at the end of the file, padding and trailing bytes included."""
        self._fill(2)
        if self._count and not self._buffer.startswith(MAGIC):
            self._trail()
            return False
        self._count += 1
        if self._count > MEMBERS:
            raise Unreadable(f"more than {MEMBERS} gzip members")
        head = self._exactly(10)
        if not head.startswith(MAGIC) or head[2] != 8:
            raise Unreadable("not a gzip file")
        flags, mtime = head[3], int.from_bytes(head[4:8], "little")
        if flags & 0xE0:
            raise Unreadable("gzip header with reserved flags")
        extra = self._exactly(int.from_bytes(self._exactly(2), "little")) if flags & 4 else b""
        name = self._text() if flags & 8 else b""
        comment = self._text() if flags & 16 else b""
        if flags & 2:
            self._exactly(2)
        member = Member(name, comment, b"" if len(extra) == 6 and extra.startswith(_BGZIP) else extra, mtime)
        if member not in self.members:
            if len(self.members) < MEMBERS_KEPT:
                self.members.append(member)
            else:
                self.more_members = True
        self._inflater = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)
        self._crc = self._size = 0
        return True

    def _trail(self) -> None:
        kept = self._buffer.lstrip(b"\0")[:CHUNK]
        while data := self._raw.read(CHUNK):
            if len(kept) < CHUNK:
                kept = (kept + (data if kept else data.lstrip(b"\0")))[:CHUNK]
        self.trailing, self._buffer = kept, b""

    def _fill(self, size: int) -> None:
        while len(self._buffer) < size and (data := self._raw.read(CHUNK)):
            self._buffer += data

    def _exactly(self, size: int) -> bytes:
        self._fill(size)
        if len(self._buffer) < size:
            raise Unreadable("truncated gzip file")
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _text(self) -> bytes:
        while (end := self._buffer.find(b"\0")) < 0:
            if len(self._buffer) > HEADER_TEXT:
                raise Unreadable(f"gzip header text of more than {HEADER_TEXT} bytes")
            before = len(self._buffer)
            self._fill(before + 1)
            if len(self._buffer) == before:
                raise Unreadable("truncated gzip file")
        text, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        if len(text) > HEADER_TEXT:
            raise Unreadable(f"gzip header text of more than {HEADER_TEXT} bytes")
        return text
