"""Entry: one member of an archive as the archive tells of it; Budget: what the members of one item may cost."""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple, Protocol

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits

CHUNK = 1 << 18
"""Bytes that are read or inflated at a time."""


class Field(NamedTuple):
    """Something an archive tells of itself or of a member: ``pointer`` as in a report, ``value`` as it stands."""

    pointer: str
    value: str | bytes


class Entry(NamedTuple):
    """One member, as the archive tells of it.

    Attributes
    ----------
    number
        Zero-based place in the archive's own order; two entries may have the same name.
    name
        As the archive writes it.
    size
        Bytes when inflated, as declared.
    form
        ``file``, ``folder``, ``link`` or ``device``; only files have content that is read.
    times
        ISO 8601 date-times or dates that stand beside it.
    fields
        Comments, extra fields, owners, the target of a link, a second name.
    contradictions
        Where two headers of the member say different things: what about, in words.
    problem
        Why its content can't be read, where that is known beforehand.
    """

    number: int
    name: str
    size: int
    form: str = "file"
    times: tuple[Field, ...] = ()
    fields: tuple[Field, ...] = ()
    contradictions: tuple[str, ...] = ()
    problem: str | None = None


class Archive(Protocol):
    """An opened archive; what it says of itself is complete once it is made.

    Attributes
    ----------
    fields
        Texts and bytes that belong to no member: ``comment``, ``prepended``, ``gap``, ``trailing``, ``gzip.name``.
    times
        Times that belong to no member.
    unread
        Reasons why parts of it can't be read.
    """

    fields: list[Field]
    times: list[Field]
    unread: list[str]

    def close(self) -> None:
        """Let go of what the archive holds; the stream that it was made from is its maker's."""
        ...

    def entries(self) -> Iterator[Entry]:
        """Yield every entry; raise `errors.Unreadable` where the archive can't be read on."""
        ...

    def head(self, entry: Entry, size: int) -> bytes:
        """Return the first bytes of a member, unverified."""
        ...

    def read(self, entry: Entry) -> bytes | BinaryIO:
        """Return a member's bytes, complete and verified: small ones as bytes, others as a file to close."""
        ...


class Budget:
    """What all archives of one item may still cost together: inflated bytes and time."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._left = limits.archive_total
        self._deadline = time.monotonic() + limits.item_seconds

    def spend(self, size: int) -> None:
        """Take inflated bytes from the budget; raise `errors.Unreadable` once it is used up."""
        self._left -= size
        if self._left < 0:
            raise Unreadable(f"the members are larger than {self.limits.archive_total} bytes together")
        if time.monotonic() > self._deadline:
            raise Unreadable(f"the item took longer than {self.limits.item_seconds} s")


class View(io.RawIOBase):
    """A part of a file, as a file of its own with its own position; leaves the file open when it is closed.

    Parameters
    ----------
    file
        Seekable; views of one file are for one thread.
    start, size
        The part, in bytes.
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file = file
        self._start = start
        self._size = size
        self._at = 0
        self._descriptor = _descriptor(file)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be moved in."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position of the part."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Return the position in the part."""
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer from the position on; return the number of bytes."""
        target = memoryview(buffer).cast("B")
        wanted = max(0, min(len(target), self._size - self._at))
        if not wanted:
            return 0
        if self._descriptor is not None:
            count = os.preadv(self._descriptor, [target[:wanted]], self._start + self._at)
        else:
            self._file.seek(self._start + self._at)
            data = self._file.read(wanted)
            count = len(data)
            target[:count] = data
        self._at += count
        return count


def _descriptor(file: BinaryIO) -> int | None:
    """Return the descriptor of a file that is open for reading only, whose bytes can be had without its position."""
    raw = file.raw if isinstance(file, io.BufferedReader) else file
    return raw.fileno() if isinstance(raw, io.FileIO) and not raw.writable() and hasattr(os, "preadv") else None


def spool(chunks: Iterator[bytes], budget: Budget) -> bytes | BinaryIO:
    """Return what the chunks make up: as bytes up to ``Limits.in_memory``, else in an unnamed temporary file."""
    held = io.BytesIO()
    file: BinaryIO | None = None
    try:
        for chunk in chunks:
            budget.spend(len(chunk))
            if file is None and held.tell() + len(chunk) > budget.limits.in_memory:
                file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
                file.write(held.getvalue())
                held = io.BytesIO()
            (file or held).write(chunk)
    except OSError as error:
        _close(file)
        raise Unreadable(f"a temporary file could not be written (error {error.errno})") from None
    except BaseException:  # whatever ended it, and it goes on
        _close(file)
        raise
    if file is None:
        return held.getvalue()
    file.seek(0)
    return file


def _close(file: BinaryIO | None) -> None:
    if file is not None:
        with suppress(OSError):
            file.close()
