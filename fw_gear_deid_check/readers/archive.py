"""The contents of an item: its own bytes, then the members of archives, each inflated once and gone when checked."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.items import HEAD, Content, Item
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers.compressed import uncompress
from fw_gear_deid_check.readers.entries import Archive, Budget, Entry, View
from fw_gear_deid_check.readers.kinds import ARCHIVES, sniff
from fw_gear_deid_check.readers.listing import Listing
from fw_gear_deid_check.readers.tarfiles import TarArchive
from fw_gear_deid_check.readers.zipdirectory import END
from fw_gear_deid_check.readers.zipfiles import ZipArchive

ENDS = b"PK\5\6"
"""What the end of a zip archive begins with."""
LISTED = "listed"
"""Kind of a member that the site told of and whose bytes were not fetched; its archive is not checked."""
WITHOUT_CONTENT = frozenset({"folder", "link", "device", LISTED})
EMPTY = "an archive without files in it"
UNREADABLE = "unreadable"
"""Kind of a member that can't be read at all: encrypted, damaged, beyond a limit."""


@dataclass
class Part(Content):
    """Content that is an archive, or stands in one.

    Attributes
    ----------
    entry
        What the archive tells of this member; None for the item's own bytes.
    archive
        What was opened, where the content is an archive.
    problem
        Why a member can't be read, or why an archive can't be opened.
    tail
        The last bytes, where they were read: a zip archive is told by them, whatever stands before it.
    """

    entry: Entry | None = None
    archive: Archive | None = None
    problem: str | None = None
    tail: bytes | None = None


class _Served:
    """Bytes that are read once and served to each checker, until they are let go."""

    def __init__(self, archive: Archive, entry: Entry) -> None:
        self._archive = archive
        self._entry = entry
        self._held: bytes | BinaryIO | None = None
        self._reason: str | None = None

    def open(self) -> BinaryIO:
        """Return the bytes from their beginning."""
        if self._reason is not None:
            raise Unreadable(self._reason)
        if self._held is None:
            try:
                self._held = self._archive.read(self._entry)
            except Unreadable as error:
                self._reason = error.reason
                raise
        return served(self._held, self._entry.size)

    def head(self, size: int) -> bytes:
        """Return the first bytes, unverified, without holding the rest."""
        return self._archive.head(self._entry, size)

    def let_go(self) -> None:
        """Forget the bytes; they are read anew if they are asked for again."""
        if self._held is not None and not isinstance(self._held, bytes):
            self._held.close()
        self._held = None


def served(held: bytes | BinaryIO, size: int) -> BinaryIO:
    """Return a stream of its own over bytes or a file."""
    return io.BytesIO(held) if isinstance(held, bytes) else io.BufferedReader(View(held, 0, size))


def contents(item: Item, limits: Limits) -> Iterator[Content]:
    """Yield an item's own content, then that of every member, nested archives included.

    What can't be read is yielded too, of kind ``unreadable``, and says why when it is opened. A content is to be used
    before the next is asked for.

    Raises
    ------
    Unreadable
        When the item itself can't be opened.
    """
    if item.opener is None:
        raise TypeError("a container record has no bytes")
    if item.listing is not None and item.member is None:
        yield from _listed(item, limits)
        return
    try:
        opened = item.opener()
    except Unreadable as error:
        told = None if item.listing is None else item.listing()
        if told is None:
            raise
        yield from _by_members(item, told, error.reason, limits)
        return
    with opened as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(size - END.size, 0))
        tail = stream.read(END.size)
        stream.seek(0)
        head = stream.read(HEAD)
        kind = sniff(head, item.path)
        in_memory = size <= limits.in_memory and kind != "dicom"  # most of a DICOM file is pixels, stepped over
        held: bytes | BinaryIO = head + stream.read() if in_memory else stream
        part = Part(item, None, kind, partial(served, held, size), size)
        part.head, part.tail = head, tail
        yield from _opened(part, Budget(limits), depth=0)


def _opened(part: Part, budget: Budget, depth: int) -> Iterator[Content]:
    """Yield a content, and if it is an archive, its members."""
    if part.kind not in ARCHIVES:
        yield part
        if part.kind is not None:
            yield from _appended(part, budget, depth)
        return
    stream: BinaryIO | None = None
    try:
        if depth > budget.limits.archive_depth:
            raise Unreadable(f"an archive inside {depth} others")
        stream = part.open()
        part.archive = open_archive(stream, part.kind, part.name, budget)
    except Unreadable as error:
        part.problem = error.reason
    try:
        yield part
        if part.archive is not None:
            empty = True
            for member in _members(part, part.archive, budget, depth + 1):
                empty = empty and member.kind in WITHOUT_CONTENT
                yield member
            if empty:
                yield _refused(part, part.member, EMPTY)
    finally:
        if part.archive is not None:
            part.archive.close()
        if stream is not None:
            stream.close()


def _listed(item: Item, limits: Limits) -> Iterator[Content]:
    """Yield an item's own content, which can't be opened, and what the site tells of its members."""
    part = Part(item, None, None, item.opener, item.size)
    try:
        told = item.listing() if item.listing is not None else None
        if told is not None:
            part.kind, part.archive = "zip", Listing(told, _why_refused(part), limits.archive_members)
    except Unreadable as error:
        part.kind, part.problem = "zip", error.reason
    yield part
    if part.archive is not None:
        for entry in part.archive.entries():
            yield Part(item, entry.name, LISTED, partial(_refuse, "only listed"), entry.size, entry=entry)


def _by_members(item: Item, told: Mapping[str, Any], reason: str, limits: Limits) -> Iterator[Content]:
    """Yield an archive that can't be had as a whole, and its members, one after the other from the site."""
    budget = Budget(limits)
    part = Part(item, None, "zip", item.opener, item.size)
    part.archive = Listing(told, reason, limits.archive_members, item.member, budget)
    try:
        yield part
        yield from _members(part, part.archive, budget, depth=1)
    finally:
        part.archive.close()


def _why_refused(part: Part) -> str:
    """Return why a content can't be opened."""
    try:
        part.open().close()
    except Unreadable as error:
        return error.reason
    return "its bytes were not read"


def _appended(part: Part, budget: Budget, depth: int) -> Iterator[Content]:
    """Yield the members of a zip archive behind other content: it ends like one, whatever it begins like."""
    if part.tail is not None and not part.tail.startswith(ENDS):
        return
    try:
        stream = part.open()
    except Unreadable:
        return  # whoever reads the content says so
    with stream:
        stream.seek(-min(END.size, part.size or 0), io.SEEK_END)
        if stream.read(4) != ENDS:
            return
        try:
            if depth > budget.limits.archive_depth:
                raise Unreadable(f"an archive inside {depth} others")
            archive = ZipArchive(stream, budget)
        except Unreadable as error:
            yield _refused(part, f"{part.member or ''}!/", error.reason)
            return
        yield from _members(part, archive, budget, depth + 1)


def open_archive(stream: BinaryIO, kind: str, name: str, budget: Budget) -> Archive:
    """Return the archive; raise `errors.Unreadable` where it can't be opened."""
    if kind == "zip":
        return ZipArchive(stream, budget)
    if kind == "tar":
        return TarArchive(stream, budget)
    return uncompress(stream, kind, name, budget)


def _members(outer: Part, archive: Archive, budget: Budget, depth: int) -> Iterator[Content]:
    """Yield the contents of an archive's members."""
    prefix = "" if outer.member is None else f"{outer.member}!/"
    for entry in archive.entries():
        serving = _Served(archive, entry)
        part = Part(outer.item, prefix + entry.name, None, serving.open, entry.size, entry=entry, problem=entry.problem)
        if part.problem is None and entry.form == "file":
            try:
                _look(part, serving, budget.limits)
            except Unreadable as error:
                part.problem = error.reason
        if part.problem is not None or entry.form in WITHOUT_CONTENT:
            part.kind = UNREADABLE if part.problem is not None else entry.form
            part.opener = partial(_refuse, part.problem or f"a {entry.form} has no content")
            yield part
        else:
            yield from _opened(part, budget, depth)
        serving.let_go()


def _look(part: Part, serving: _Served, limits: Limits) -> None:
    """Tell a member's kind; small ones are read to their end at once."""
    entry = part.entry
    if entry is None:
        return
    if entry.size <= limits.in_memory:
        with serving.open() as stream:
            part.head = stream.read(HEAD)
    else:
        part.head = serving.head(HEAD)
    part.kind = sniff(part.head, entry.name)


def _refused(outer: Part, member: str | None, reason: str) -> Part:
    return Part(outer.item, member, UNREADABLE, partial(_refuse, reason), problem=reason)


def _refuse(reason: str) -> BinaryIO:
    raise Unreadable(reason)
