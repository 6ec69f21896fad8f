"""Applies a profile to files as the site does on import: headers are rewritten, pixel data stay as they are.

Archives are rebuilt member by member. A file that the engine refuses isn't written: the site would not import it.
Nothing is ever written into the input.
"""

from __future__ import annotations

import fnmatch
import io
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.items import HEAD, Item
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.profile import Profile, filenames
from fw_gear_deid_check.profile.difference import Selectors, changes
from fw_gear_deid_check.profile.documents import entries
from fw_gear_deid_check.profile.engine import Engine
from fw_gear_deid_check.profile.header import FIRST_PIXELS, leaves
from fw_gear_deid_check.profile.profile import FOREIGN_SECTIONS, Section
from fw_gear_deid_check.readers import dicom
from fw_gear_deid_check.readers.archive import open_archive
from fw_gear_deid_check.readers.dicom import DataSet
from fw_gear_deid_check.readers.entries import Budget
from fw_gear_deid_check.readers.kinds import ARCHIVES, sniff

LARGEST_DOCUMENT = 256 << 20
LONGEST_NAME = 255
"""Bytes of a file name, as file systems have it."""
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""Time of the members of a rebuilt archive."""


@dataclass(slots=True)
class Outcome:
    """What applying a profile did.

    Attributes
    ----------
    changed
        Files by (pointer, what was done): ``removed``, ``emptied``, ``replaced``, ``inserted``.
    written, rewritten
        Files written; those of them that were changed.
    refused
        Path, member and reason of what was not written.
    untouched
        Path and reason of what was written as it is, though the profile means to change it.
    """

    changed: Counter[tuple[str, str]] = field(default_factory=Counter)
    written: int = 0
    rewritten: int = 0
    refused: list[tuple[str, str | None, str]] = field(default_factory=list)
    untouched: list[tuple[str, str | None, str]] = field(default_factory=list)


class Applier:
    """Applies one profile to one file after the other."""

    def __init__(self, profile: Profile, limits: Limits) -> None:
        self._profile = profile
        self._limits = limits
        self._texts: list[str] = []
        self._number: dict[str, int] = {}
        for name, section in (("dicom", profile.dicom), ("json", profile.json)):
            if section is not None:
                self._number[name] = len(self._texts)
                self._texts.append(section.text)
        self._engine = Engine(self._texts)
        self._foreign = {FOREIGN_SECTIONS[name]: name for name in profile.foreign}
        self.outcome = Outcome()

    def close(self) -> None:
        """End the engine."""
        self._engine.close()

    def apply(self, item: Item, target: BinaryIO) -> str | None:
        """Write what becomes of a file, and return its name; None where it isn't written.

        Parameters
        ----------
        target
            Written to from its beginning, seekable; what it holds where None is returned is of no use.
        """
        outcome = self.outcome
        try:
            if item.opener is None:
                raise Unreadable("no file")
            with item.opener() as stream:
                size = stream.seek(0, io.SEEK_END)
                stream.seek(0)
                kind = sniff(stream.read(HEAD), item.path)
                stream.seek(0)
                if kind == "zip":
                    name = self._archive(item, stream, target)
                else:
                    name = self._file(item.name, kind, stream, size, target, (item.path, None))
        except Unreadable as error:
            outcome.refused.append((item.path, None, error.reason))
            return None
        outcome.written += 1
        return name

    # -- files

    def _file(
        self, name: str, kind: str | None, stream: BinaryIO, size: int, target: BinaryIO, place: tuple[str, str | None]
    ) -> str:
        """Write what becomes of one file, and return its name."""
        profile = self._profile
        section = {"dicom": profile.dicom, "json": profile.json}.get(kind or "")
        if section is None or not _meant(name, section):
            if section is not None:
                self.outcome.untouched.append((*place, "its name doesn't match the file-filter of the profile"))
            elif kind in self._foreign:
                reason = f"the profile's section {self._foreign[kind]} can't be applied here"
                self.outcome.untouched.append((*place, reason))
            elif kind in ARCHIVES:
                self.outcome.untouched.append((*place, f"{kind} archives are copied as they are"))
            shutil.copyfileobj(stream, target)
            return name
        foreign = [each.foreign for each in section.fields if each.foreign]
        if foreign:
            self.outcome.untouched.append((*place, f"the profile's action {foreign[0]} can't be applied here"))
        if kind == "dicom":
            data = self._instance(stream, size, target)
            return self._renamed(name, section, data)
        self._document(stream.read(LARGEST_DOCUMENT + 1), section, target)
        return self._renamed(name, section, None)

    def _document(self, document: bytes, section: Section, target: BinaryIO) -> None:
        """Write a JSON document, and count what is another value than before: the engine says what it reached."""
        separator = str(section.settings.get("separator") or ".")
        before = entries(document, separator)  # raises where the engine would change a part of it only
        applied = self._engine.apply(self._number["json"], "a.json", document)
        after = entries(applied.data, separator)
        target.write(applied.data)
        self.outcome.rewritten += after != before
        for pointer, old in before.items():
            new = after.get(pointer)
            if new != old:
                what = "removed" if new is None else "replaced" if new.text else "emptied"
                self.outcome.changed[pointer, what] += 1
        for pointer in after.keys() - before.keys():
            self.outcome.changed[pointer, "inserted"] += 1

    def _instance(self, stream: BinaryIO, size: int, target: BinaryIO) -> DataSet:
        """Write an instance: the header from the engine, and the rest as it is."""
        data = dicom.read(stream, size, self._limits)
        if data.unread:
            raise Unreadable(data.unread)
        for row in data.rows:
            leaves(row, data, self._limits)  # raises before the engine sees a bomb
        length = header_length(data, size)
        stream.seek(0)
        header = stream.read(length)
        applied = self._engine.apply(self._number["dicom"], "a.dcm", header)
        target.write(applied.data)
        shutil.copyfileobj(stream, target)
        rows = [row for row in (*data.meta, *data.rows) if row[0] < FIRST_PIXELS]
        for change in changes(rows, data, applied.data, Selectors(applied.touched), self._limits):
            what = "inserted" if change.inserted else "removed" if change.after is None else "replaced"
            if not change.inserted and change.after is not None and not change.after.strip(b"\0 "):
                what = "emptied"
            if what == "inserted" and not change.after:
                what = "inserted empty"
            self.outcome.changed[change.leaf.pointer, what] += 1
        self.outcome.rewritten += 1
        return data

    def _renamed(self, name: str, section: Section, data: DataSet | None) -> str:
        rules = section.filenames
        made = self._engine.named(name, rules, filenames.attributes(rules, data)) if rules else None
        if made and len(made.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
            raise Unreadable(f"the profile makes a name of more than {LONGEST_NAME} bytes")
        return made or name

    # -- archives

    def _archive(self, item: Item, stream: BinaryIO, target: BinaryIO) -> str:
        """Write an archive anew, its members in their order; raise `errors.Unreadable` where one can't be read."""
        archive = open_archive(stream, "zip", item.name, Budget(self._limits))
        section = self._profile.zip
        try:
            comment = next((each.value for each in archive.fields if each.pointer == "comment"), "")
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as rebuilt:
                names: set[str] = set()
                for entry in archive.entries():
                    if entry.problem is not None:
                        raise Unreadable(f"a member can't be read: {entry.problem}")
                    if entry.form != "file":
                        continue
                    held = archive.read(entry)
                    with io.BytesIO(held) if isinstance(held, bytes) else held as member:
                        self._member(item, entry.name, member, rebuilt, names)
                rebuilt.comment = _comment(comment, section)
        finally:
            archive.close()
        if section is not None and section.on("hash-subdirectories"):
            self.outcome.untouched.append((item.path, None, "folders in archives are not hashed here"))
        return self._renamed(item.name, section, None) if section is not None else item.name

    def _member(self, item: Item, name: str, member: BinaryIO, rebuilt: zipfile.ZipFile, names: set[str]) -> None:
        head = member.read(HEAD)
        size = member.seek(0, io.SEEK_END)
        member.seek(0)
        folder, slash, own = name.rpartition("/")
        with io.BytesIO() if size < self._limits.in_memory else _temporary() as buffer:
            made = self._file(own, sniff(head, name), member, size, buffer, (item.path, name))
            path = f"{folder}{slash}{made}"
            if path in names:
                raise Unreadable("two members would have the same name")
            names.add(path)
            buffer.seek(0)
            info = zipfile.ZipInfo(path, LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            with rebuilt.open(info, "w", force_zip64=size > (1 << 31)) as out:
                shutil.copyfileobj(buffer, out)


def header_length(data: DataSet, size: int) -> int:
    """Return the number of bytes before the pixel data of a file that was read whole.

    Raises
    ------
    errors.Unreadable
        Where the file is encoded in a way in which that can't be told: deflated, big endian.
    """
    if data.handed_over or data.transfer_syntax == dicom.DEFLATED:
        raise Unreadable("its encoding (deflated, big endian or damaged) can't be rewritten here")
    length = len(data.preamble) + 4 if data.preamble else 0
    for row in (*data.meta, *data.rows):
        if row[0] >= FIRST_PIXELS:
            return length
        length += len(row[3]) + (row[5] if row[4] < 0 else 0)
    return size


def _meant(name: str, section: Section) -> bool:
    """Tell whether a file's name matches the section's filter."""
    return not section.filters or any(fnmatch.fnmatchcase(name, pattern) for pattern in section.filters)


def _comment(comment: str | bytes, section: Section | None) -> bytes:
    """Return the comment of a rebuilt archive: it is kept, unless the profile says otherwise."""
    for each in section.fields if section is not None else ():
        if each.name == "comment" and each.action in {"remove", "replace-with"}:
            comment = each.value or ""
    return comment.encode() if isinstance(comment, str) else comment


def _temporary() -> BinaryIO:
    import tempfile

    return tempfile.TemporaryFile()


def told(outcome: Outcome) -> Iterator[tuple[str, str, int]]:
    """Yield pointer, what was done and the number of files, indices of sequence items left out, most files first."""
    import re

    merged: Counter[tuple[str, str]] = Counter()
    for (pointer, what), count in outcome.changed.items():
        merged[re.sub(r"\[\d+\]", "[]", pointer), what] += count
    for (pointer, what), count in merged.most_common():
        yield pointer, what, count
