"""A window over the bytes of a DICOM file: reads ahead, steps over pixel data, holds no more than it may."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from struct import Struct
from typing import BinaryIO, cast

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import KIB, MIB, Limits

AHEAD = 256 * KIB
"""Bytes read at once: the whole header of most files."""
ITEM, SEQUENCE_END, UNDEFINED = 0xE000FFFE, 0xE0DDFFFE, 0xFFFFFFFF

_pair = Struct("<LL")
_tag = Struct("<HH").unpack_from


class Unusual(Exception):
    """The bytes are not what the walker takes; ``position`` is where it stopped. Never leaves the readers."""

    def __init__(self, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


class Window:
    """Bytes ``base`` to ``base + len(buffer)`` of a stream of ``size`` bytes.

    Positions in and out are absolute, but for those that go with a buffer, which are offsets in it. The first
    ``ahead`` bytes are read at once.
    """

    def __init__(self, stream: BinaryIO, size: int, limits: Limits, ahead: int = AHEAD) -> None:
        self.stream = stream
        self.size = size
        self.limits = limits
        self.base = 0
        self.buffer = b""
        self.position = 0
        self.loaded = 0
        self.native: list[tuple[int, int, int]] = []  # pixel data that were stepped over: tag, first byte, end
        stream.seek(0)
        self.buffer = self._read(ahead)

    @property
    def complete(self) -> bool:
        """Whether the buffer reaches to the end of the stream."""
        return self.base + len(self.buffer) >= self.size

    def current(self) -> tuple[bytes, int]:
        """Return the buffer, and the offset of ``position`` in it."""
        return self.move(self.position)

    def peek(self, length: int) -> bytes:
        """Return bytes at ``position``."""
        buffer, offset = self.current()
        return buffer[offset : offset + length]

    def move(self, position: int) -> tuple[bytes, int]:
        """Return a buffer that holds the position, and its offset in it."""
        offset = position - self.base
        if not 0 <= offset <= len(self.buffer) or (offset + 12 > len(self.buffer) and not self.complete):
            self.stream.seek(position)
            self.base, self.buffer, offset = position, self._read(AHEAD), 0
        return self.buffer, offset

    def refill(self, offset: int, length: int) -> tuple[bytes, int]:
        """Drop what is before the offset and read on until ``length`` bytes follow it, or the stream ends."""
        kept = self.buffer[offset:]
        self.stream.seek(self.base + len(self.buffer))
        more = self._read(max(length - len(kept), AHEAD))
        self.base, self.buffer = self.base + offset, kept + more
        return self.buffer, 0

    def _read(self, length: int) -> bytes:
        """Read exactly so many bytes, or to the end of the stream; the stream's size is what it turns out to be."""
        parts: list[bytes] = []
        missing = min(length, max(self.size - self.stream.tell(), 0))
        self.loaded += missing
        if self.loaded > self.limits.header_size:
            raise Unreadable(f"header larger than {self.limits.header_size // MIB} MiB")
        while missing:
            part = self.stream.read(missing)
            if not part:
                self.size = self.stream.tell()
                break
            parts.append(part)
            missing -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def tag(self, position: int) -> int:
        """Return the tag that stands at a position, 0 where there is none."""
        buffer, offset = self.move(position)
        if offset + 4 > len(buffer):
            return 0
        group, element = _tag(buffer, offset)
        return int(group << 16 | element)

    def skip_fragments(self, position: int) -> int | None:
        """Return where the fragments of an encapsulated element end, None where they are damaged or cut short."""
        while position + 8 <= self.size:
            offset = position - self.base
            if 0 <= offset <= len(self.buffer) - 8:
                tag, length = _pair.unpack_from(self.buffer, offset)
            else:
                self.stream.seek(position)
                head = self.stream.read(8)
                if len(head) < 8:
                    return None
                tag, length = _pair.unpack(head)
            position += 8
            if tag == SEQUENCE_END:
                return position
            if tag != ITEM or length == UNDEFINED:
                return None
            position += length
        return None

    def only_zeros(self, position: int) -> bool:
        """Tell whether nothing but zeros follows."""
        self.stream.seek(position)
        while part := self.stream.read(MIB):
            if part.count(0) != len(part):
                return False
        return True

    def rest(self, position: int) -> bytes:
        """Return what follows.

        Raises
        ------
        errors.Unreadable
            When it is more than ``Limits.element_text``.
        """
        if self.size - position > self.limits.element_text:
            raise Unreadable(f"more than {self.limits.element_text // MIB} MiB after the pixel data")
        self.stream.seek(position)
        return self._read(self.size - position)

    @contextmanager
    def inflated(self) -> Iterator[Window]:
        """Give a window over the deflated data set that begins at ``position``.

        Raises
        ------
        errors.Unreadable
            When it is damaged, cut short, followed by something, or larger than the limits allow.
        """
        limit = min(self.limits.member_size, (self.size - self.position) * self.limits.archive_ratio + MIB)
        self.stream.seek(self.position)
        with tempfile.SpooledTemporaryFile(max_size=self.limits.in_memory) as target:
            written = self._inflate(cast("BinaryIO", target), limit)
            yield Window(cast("BinaryIO", target), written, self.limits)

    def _inflate(self, target: BinaryIO, limit: int) -> int:
        """Inflate what follows into a file; return how many bytes that makes."""
        inflater, written, checksum = zlib.decompressobj(-zlib.MAX_WBITS), 0, 0
        try:
            while not inflater.eof:
                part = inflater.unconsumed_tail or self.stream.read(AHEAD)
                if not part:
                    raise Unreadable("deflated data set is truncated")
                inflated = inflater.decompress(part, AHEAD)
                checksum = zlib.crc32(inflated, checksum)
                written += target.write(inflated)
                if written > limit:
                    raise Unreadable("deflated data set is larger than the limit")
        except zlib.error:
            raise Unreadable("deflated data set is damaged") from None
        rest = inflater.unused_data + self.stream.read(MIB)
        gzip_trailer = _pair.pack(checksum, written & UNDEFINED)  # some writers take it from their gzip library
        if rest.strip(b"\0") and rest != gzip_trailer:
            raise Unreadable("bytes after the deflated data set")
        return written
