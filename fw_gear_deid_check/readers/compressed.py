"""Files that are compressed as a whole: gzip, bzip2 and xz around one file, or around a tar archive."""

from __future__ import annotations

import bz2
import io
import lzma
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.items import HEAD
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.readers.entries import CHUNK, Archive, Budget, Entry, Field, View, spool
from fw_gear_deid_check.readers.gzipped import Gunzipped
from fw_gear_deid_check.readers.kinds import sniff
from fw_gear_deid_check.readers.tarfiles import TarArchive

XZ_MEMORY = 256 * MIB
"""Memory that an xz stream may ask for."""
STREAMS = 10_000
"""Streams behind one another in one bzip2 or xz file."""
_SUFFIX = re.compile(r"\.(gz|bz2|xz)$", re.IGNORECASE)
_TAR_SUFFIX = re.compile(r"\.(tgz|tbz2?|txz)$", re.IGNORECASE)


class CompressedFile:
    """One file in a compressed stream, as an archive with one member: see `entries.Archive`.

    The stream is inflated once, when the object is made, and its checksum verified.
    """

    def __init__(self, stream: BinaryIO, kind: str, name: str, budget: Budget) -> None:
        self.fields: list[Field] = []
        self.times: list[Field] = []
        self.unread: list[str] = []
        chunks = self._gunzipped(stream, budget) if kind in {"gzip", "tgz"} else self._inflated(stream, kind, budget)
        self._data = spool(chunks, budget)
        self._size = len(self._data) if isinstance(self._data, bytes) else self._data.seek(0, io.SEEK_END)
        self._name = inner_name(name)

    def _gunzipped(self, stream: BinaryIO, budget: Budget) -> Iterator[bytes]:
        gunzipped = Gunzipped(stream, budget.limits.member_size)
        while chunk := gunzipped.read(CHUNK):
            yield chunk
        for member in gunzipped.members:
            if member.name:
                self.fields.append(Field("gzip.name", member.name))
            if member.comment:
                self.fields.append(Field("gzip.comment", member.comment))
            if member.extra.strip(b"\0"):
                self.fields.append(Field("gzip.extra", member.extra))
            if member.mtime:
                moment = datetime.fromtimestamp(member.mtime, UTC).strftime("%Y-%m-%d %H:%M:%S")
                self.times.append(Field("gzip.mtime", moment))
        if gunzipped.more_members:
            self.unread.append("more gzip headers than are kept")
        if gunzipped.trailing:
            self.fields.append(Field("trailing", gunzipped.trailing))
            if len(gunzipped.trailing) >= 1 << 16:
                self.unread.append("more than 65536 bytes behind the compressed data")

    def _inflated(self, stream: BinaryIO, kind: str, budget: Budget) -> Iterator[bytes]:
        """Yield what a bzip2 or xz file holds: one stream behind the other, then perhaps other bytes."""
        make, magic, errors = _STREAMS[kind]
        packed = stream.read(CHUNK)
        for _ in range(STREAMS):
            state = make()
            size = 0
            try:
                while not state.eof:
                    if state.needs_input and not packed:
                        packed = stream.read(CHUNK)
                        if not packed:
                            raise Unreadable(f"truncated {kind} file")
                    chunk = state.decompress(packed, CHUNK)
                    packed = b""
                    size += len(chunk)
                    if size > budget.limits.member_size:
                        raise Unreadable(f"inflates to more than {budget.limits.member_size} bytes")
                    if chunk:
                        yield chunk
            except errors:
                raise Unreadable(f"damaged {kind} file") from None
            packed = state.unused_data or stream.read(CHUNK)
            while packed and not packed.strip(b"\0"):
                packed = stream.read(CHUNK)
            packed = packed.lstrip(b"\0")
            if not packed.startswith(magic):
                break
        else:
            raise Unreadable(f"more than {STREAMS} streams in a {kind} file")
        if packed:
            self.fields.append(Field("trailing", packed))
            if stream.read(1):
                self.unread.append(f"more than {len(packed)} bytes behind the compressed data")

    def stream(self) -> BinaryIO:
        """Return the inflated bytes; the file stays this object's."""
        if isinstance(self._data, bytes):
            return io.BytesIO(self._data)
        return io.BufferedReader(View(self._data, 0, self._size))

    def entries(self) -> Iterator[Entry]:
        """Yield the one member."""
        yield Entry(0, self._name, self._size)

    def head(self, entry: Entry, size: int) -> bytes:
        """Return the first bytes."""
        return self.stream().read(size)

    def read(self, entry: Entry) -> bytes | BinaryIO:
        """Return the inflated bytes."""
        return self._data if isinstance(self._data, bytes) else self.stream()

    def close(self) -> None:
        """Close the temporary file, if there is one."""
        if not isinstance(self._data, bytes):
            self._data.close()


class CompressedTar(TarArchive):
    """A tar archive in a compressed stream."""

    def __init__(self, outer: CompressedFile, budget: Budget) -> None:
        self._outer = outer
        super().__init__(outer.stream(), budget)
        self.fields[:0] = outer.fields
        self.times[:0] = outer.times
        self.unread[:0] = outer.unread

    def close(self) -> None:
        """Close the temporary file, if there is one."""
        self._outer.close()


def uncompress(stream: BinaryIO, kind: str, name: str, budget: Budget) -> Archive:
    """Return the archive that a compressed stream is: the tar archive in it, or its one file.

    Parameters
    ----------
    kind
        ``gzip``, ``tgz``, ``bzip2`` or ``xz``.
    name
        File name, without folders: the one file in it is called the same without its suffix.
    """
    outer = CompressedFile(stream, kind, name, budget)
    try:
        if sniff(outer.stream().read(HEAD), outer._name) == "tar":
            return CompressedTar(outer, budget)
    except BaseException:  # whatever ended it, and it goes on
        outer.close()
        raise
    return outer


def inner_name(name: str) -> str:
    """Return the name of the file in a compressed one.

    >>> inner_name("IM_0001.dcm.gz"), inner_name("session.tgz"), inner_name("mask")
    ('IM_0001.dcm', 'session.tar', 'mask')
    """
    return _SUFFIX.sub("", _TAR_SUFFIX.sub(".tar", name)) or "content"


_STREAMS: dict[str, tuple[Callable[[], Any], bytes, tuple[type[Exception], ...]]] = {
    "bzip2": (bz2.BZ2Decompressor, b"BZh", (OSError, EOFError, ValueError)),
    "xz": (
        lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY),
        b"\xfd7zXZ\x00",
        (lzma.LZMAError, EOFError, ValueError),
    ),
}
