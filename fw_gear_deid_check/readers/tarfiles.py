"""TAR archives: V7, ustar, GNU and pax headers (POSIX.1-2001), read strictly and never extracted."""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.readers.entries import CHUNK, Budget, Entry, Field, View

BLOCK = 512
TRAILING_KEPT = MIB
"""Bytes behind the end of the archive that are kept to be judged."""
_FORMS = {b"1": "link", b"2": "link", b"3": "device", b"4": "device", b"5": "folder", b"6": "device"}
_NOT_READ = {
    "link": "a link, which is not followed",
    "device": "a device or pipe, which is not opened",
}
_SPARSE = "a sparse file, which is not put together"


@dataclass(slots=True)
class _Header:
    """A member's header with all that stands before it taken in."""

    name: str
    form: str
    size: int
    data: int
    following: int
    times: list[Field] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    problem: str | None = None


class TarArchive:
    """An opened tar archive: see `entries.Archive`.

    Parameters
    ----------
    stream
        Seekable; stays open for as long as the archive is used.
    """

    def __init__(self, stream: BinaryIO, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget
        self._length = stream.seek(0, io.SEEK_END)
        self.fields: list[Field] = []
        self.times: list[Field] = []
        self.unread: list[str] = []
        self._globals: dict[str, str] = {}
        self._data = array("Q")
        self._end = -1
        try:
            for header in self._walk():
                self._data.append(header.data)
                if len(self._data) > budget.limits.archive_members:
                    raise Unreadable(f"tar archive with more than {budget.limits.archive_members} members")
        except Unreadable as error:
            self.unread.append(error.reason)
        self.fields += [Field(f"pax.{key}", value) for key, value in self._globals.items()]
        if not self._data and self.unread:
            raise Unreadable(self.unread[0])
        if self._end >= 0:
            self._keep_trailing(self._end)

    def close(self) -> None:
        """Nothing to let go of."""

    def entries(self) -> Iterator[Entry]:
        """Yield every member that has a whole header."""
        walk = self._walk()
        for number in range(len(self._data)):
            header = next(walk)
            yield Entry(
                number=number,
                name=header.name,
                size=header.size if header.form == "file" else 0,
                form=header.form,
                times=tuple(header.times),
                fields=tuple(header.fields),
                problem=header.problem,
            )

    def head(self, entry: Entry, size: int) -> bytes:
        """Return the first bytes of a member."""
        return self._at(self._data[entry.number], min(size, entry.size))

    def read(self, entry: Entry) -> bytes | BinaryIO:
        """Return a member's bytes; a tar archive holds no checksums of them."""
        if entry.size <= self._budget.limits.in_memory:
            self._budget.spend(entry.size)
            return self._at(self._data[entry.number], entry.size)
        return io.BufferedReader(View(self._stream, self._data[entry.number], entry.size))

    def _at(self, position: int, size: int) -> bytes:
        self._stream.seek(position)
        return self._stream.read(size)

    def _walk(self) -> Iterator[_Header]:
        """Yield the members' headers; sets where the archive ends."""
        position = 0
        local: dict[str, str] = {}
        while True:
            block = self._at(position, BLOCK)
            if not block.strip(b"\0"):
                if len(block) < BLOCK or self._at(position + BLOCK, BLOCK).strip(b"\0"):
                    raise Unreadable("the tar archive has no end mark")
                self._end = position
                return
            if len(block) < BLOCK or not _sound(block):
                raise Unreadable("damaged tar archive" if position else "not a tar archive")
            kind = block[156:157]
            size = _number(block[124:136])
            data = position + BLOCK
            if kind in b"xXgLK" and kind:
                if size > self._budget.limits.element_text:
                    raise Unreadable(f"tar header of more than {self._budget.limits.element_text} bytes")
                if data + size > self._length:
                    raise Unreadable("truncated tar archive")
                self._extended(kind, self._at(data, size), local)
                position = data + _padded(size)
                continue
            header = self._header(block, kind, size, data, local)
            local = {}
            if header.following > self._length and header.data + header.size > self._length:
                header.problem = "truncated"
                yield header
                raise Unreadable("truncated tar archive")
            yield header
            position = header.following

    def _extended(self, kind: bytes, data: bytes, local: dict[str, str]) -> None:
        """Take in a header that tells of the next member, or of all."""
        if kind == b"g":
            self._globals.update(_pax(data))
        elif kind in b"xX":
            local.update(_pax(data))
        else:
            local["path" if kind == b"L" else "linkpath"] = _text(data)

    def _header(self, block: bytes, kind: bytes, size: int, data: int, local: dict[str, str]) -> _Header:
        """Return a member's header."""
        told = self._globals | local
        name = _text(block[:100])
        if block[257:263] == b"ustar\0" and block[345:500].strip(b"\0"):
            name = f"{_text(block[345:500])}/{name}"
        name = told.pop("path", name)
        if told.get("size", "").isdecimal():
            size = int(told.pop("size")[:20])
        form = _FORMS.get(kind, "folder" if kind in b"0\0" and name.endswith("/") else "file")
        if form in {"link", "device", "folder"} and kind != b"1":
            size = 0 if kind != b"5" else size
        header = _Header(name, form, size, data, data + _padded(size), problem=_NOT_READ.get(form))
        if kind == b"S" or any(key.startswith("GNU.sparse.") for key in told):
            header.problem = _SPARSE
        elif kind == b"M":
            header.problem = "a part of a file, continued from another archive"
        elif size > self._budget.limits.member_size:
            header.problem = f"larger than {self._budget.limits.member_size} bytes"
        self._tell(header, block, told)
        return header

    def _tell(self, header: _Header, block: bytes, told: dict[str, str]) -> None:
        """Take in what stands beside a member: owner, times, the target of a link, padding."""
        link = told.pop("linkpath", _text(block[157:257]))
        ustar = block[257:262] == b"ustar"
        owner = {
            "member.link": link,
            "member.uname": told.pop("uname", _text(block[265:297]) if ustar else ""),
            "member.gname": told.pop("gname", _text(block[297:329]) if ustar else ""),
        }
        header.fields += [Field(pointer, value) for pointer, value in owner.items() if value]
        moments = {"member.mtime": told.pop("mtime", str(_number(block[136:148])))}
        moments |= {f"member.pax.{key}": told.pop(key) for key in ("atime", "ctime") if key in told}
        for pointer, seconds in moments.items():
            moment = _moment(seconds)
            if moment:
                header.times.append(Field(pointer, moment))
        header.fields += [Field(f"member.pax.{key}", value) for key, value in told.items() if key not in self._globals]
        padding = self._at(header.data + header.size, header.following - header.data - header.size)
        if padding.strip(b"\0"):
            header.fields.append(Field("member.padding", padding))

    def _keep_trailing(self, position: int) -> None:
        """Keep the bytes behind the end mark, unless they are zero."""
        kept = b""
        self._stream.seek(position)
        while chunk := self._stream.read(CHUNK):
            if kept or chunk.strip(b"\0"):
                kept += chunk if kept else chunk.lstrip(b"\0")
                if len(kept) > TRAILING_KEPT:
                    self.unread.append(f"more than {TRAILING_KEPT} bytes behind the end of the tar archive")
                    break
        kept = kept[:TRAILING_KEPT].rstrip(b"\0")
        if kept:
            self.fields.append(Field("trailing", kept))
            if b"ustar" in kept:
                self.unread.append("another tar archive behind the end of the tar archive")


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _sound(block: bytes) -> bool:
    """Tell whether a header's checksum is right; some writers add up signed bytes."""
    told = block[148:156].strip(b" \0")
    if not told or told.strip(b"01234567"):
        return False
    rest = block[:148] + block[156:]
    unsigned = sum(rest) + 8 * 32
    return int(told, 8) in {unsigned, unsigned - 256 * sum(byte > 127 for byte in rest)}


def _number(raw: bytes) -> int:
    """Return a number: octal digits, or GNU's base 256 for large ones."""
    if raw[0] == 0x80:
        return int.from_bytes(raw[1:], "big")
    digits = raw.strip(b" \0")
    if raw[0] == 0xFF or digits.strip(b"01234567"):
        raise Unreadable("damaged tar archive: a number in a header is none")
    return int(digits or b"0", 8)


def _pax(data: bytes) -> dict[str, str]:
    """Return the records of a pax header, ``27 path=name`` and a newline each."""
    records: dict[str, str] = {}
    position = 0
    while position < len(data) and data[position]:
        space = data.find(b" ", position, position + 12)
        if space < 0 or not data[position:space].isdigit():
            raise Unreadable("damaged tar archive: pax header")
        end = position + int(data[position:space])
        key, equals, value = data[space + 1 : end].partition(b"=")
        if not equals or end > len(data) or value[-1:] != b"\n":
            raise Unreadable("damaged tar archive: pax header")
        records[_text(key)] = _text(value[:-1])
        position = end
    return records


def _text(raw: bytes) -> str:
    """Return a field as text, up to its first NUL."""
    raw = raw.split(b"\0", 1)[0]
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _moment(seconds: str) -> str | None:
    """Return seconds since 1970 as ISO 8601, or None for none."""
    try:
        number = float(seconds)
        return datetime.fromtimestamp(number, UTC).strftime("%Y-%m-%d %H:%M:%S") if number > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
