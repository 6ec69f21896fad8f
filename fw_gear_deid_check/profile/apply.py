"""Applies a profile to files as the site does on import: headers are rewritten, pixel data stay as they are.

Archives are rebuilt member by member. A file that the engine refuses isn't written: the site would not import it.
Nothing is ever written into the input.
"""

from __future__ import annotations

import fnmatch
import io
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.items import HEAD, Item
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.profile import filenames
from fw_gear_deid_check.profile.difference import Selectors, changes
from fw_gear_deid_check.profile.documents import entries
from fw_gear_deid_check.profile.engine import Applied, Engine
from fw_gear_deid_check.profile.foreign import Foreign, section_for
from fw_gear_deid_check.profile.header import leaves
from fw_gear_deid_check.profile.opened import FIRST_PIXELS, opened_header
from fw_gear_deid_check.profile.outcome import Outcome
from fw_gear_deid_check.profile.profile import Profile, Section
from fw_gear_deid_check.readers import dicom, dicom_fallback
from fw_gear_deid_check.readers.archive import UNREADABLE, contents, open_archive, served
from fw_gear_deid_check.readers.dicom import DataSet
from fw_gear_deid_check.readers.entries import Budget
from fw_gear_deid_check.readers.kinds import ARCHIVES, sniff

LARGEST_DOCUMENT = 256 << 20
LONGEST_NAME = 255
"""Bytes of a file name, as file systems have it."""
FILE = {"dicom": "a.dcm", "json": "a.json"}
"""Names that tell the engine the kind of a file."""
SELECTOR = 100
"""Characters of a selector that are shown."""
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""Time of the members of a rebuilt archive."""


class Applier:
    """Applies one profile to one file after the other."""

    def __init__(self, profile: Profile, limits: Limits) -> None:
        self._profile = profile
        self._limits = limits
        self._texts: list[str] = []
        self._numbers: dict[str, tuple[int, range]] = {}
        for name, section in (("dicom", profile.dicom), ("json", profile.json)):
            if section is not None:
                first = len(self._texts)
                self._texts += [section.text, *section.each]
                self._numbers[name] = (first, range(first + 1, len(self._texts)))
        self._engine = Engine(self._texts)
        self.outcome = Outcome()
        self._now = Outcome()

    def close(self) -> None:
        """End the engine."""
        self._engine.close()

    def apply(self, item: Item, target: BinaryIO) -> str | None:
        """Write what becomes of a file, and return its name; None where it isn't imported.

        It counts once `keep` was called.

        Parameters
        ----------
        target
            Written to from its beginning, seekable; what it holds where None is returned is of no use.
        """
        self._now = Outcome()
        try:
            if item.opener is None:
                raise Unreadable("no file")
            with item.opener() as stream:
                size = stream.seek(0, io.SEEK_END)
                stream.seek(0)
                kind = sniff(stream.read(HEAD), item.path)
                stream.seek(0)
                if kind == "zip":
                    return self._archive(item, stream, target)
                return self._file(item.name, kind, stream, size, target, (item.path, None))
        except Unreadable as error:
            self.refuse(item, error.reason)
        except OSError:
            raise  # a full disk is no matter of one file
        except Exception as error:  # noqa: BLE001 - its text may hold values; one file never ends the preview
            self.refuse(item, f"it can't be treated ({type(error).__name__})")
        return None

    def keep(self) -> None:
        """Count the file that was applied last: it has been written."""
        self._now.written = 1
        self.outcome.merge(self._now)
        self._now = Outcome()

    def refuse(self, item: Item, reason: str) -> None:
        """Say that a file isn't written, and forget what was done to it."""
        self._now = Outcome()
        self.outcome.refused.append((item.path, None, reason))

    # -- files

    def _file(
        self, name: str, kind: str | None, stream: BinaryIO, size: int, target: BinaryIO, place: tuple[str, str | None]
    ) -> str:
        """Write what becomes of one file, and return its name."""
        profile = self._profile
        section = {"dicom": profile.dicom, "json": profile.json}.get(kind or "")
        if section is None or not _meant(name, section):
            other = section_for(self._profile.foreign, name, kind) if section is None else None
            reason: str | None = "its name doesn't match the file-filter of the profile"
            if section is None:
                reason = self._why_not(name, kind, other, stream, size)
            if reason is not None:
                self._now.untouched.append((*place, reason))
            stream.seek(0)
            shutil.copyfileobj(stream, target)
            return self._renamed(name, other.filenames, None) if other is not None and other.plain else name
        actions = sorted({each.foreign for each in section.fields if each.foreign})
        if actions:
            reason = f"Flywheel's engine doesn't know the profile's action {' and '.join(actions)}"
            self._now.untouched.append((*place, reason))
        if kind == "dicom":
            data = self._instance(stream, size, section, target)
            return self._renamed(name, section.filenames, data)
        self._document(stream.read(LARGEST_DOCUMENT + 1), section, target)
        return self._renamed(name, section.filenames, None)

    def _why_not(self, name: str, kind: str | None, other: Foreign | None, stream: BinaryIO, size: int) -> str | None:
        """Return why a file without a section of its own isn't treated; None where the profile isn't meant for it."""
        if other is not None and not other.plain:
            return f"Flywheel's engine doesn't know the profile's section {other.name}"
        if kind not in ARCHIVES:
            return None
        inner = Item(name, "file", opener=lambda: served(stream, size), size=size)
        meant = {"dicom": self._profile.dicom, "json": self._profile.json}
        for content in contents(inner, self._limits):
            section = meant.get(content.kind or "")
            if content.kind == UNREADABLE or (section is not None and _meant(content.name, section)):
                what = "what can't be read in it" if section is None else f"the {content.kind} in it"
                return f"a {kind} archive is copied as it is, {what} too: only zip archives of the input are rebuilt"
        return None

    def _document(self, document: bytes, section: Section, target: BinaryIO) -> None:
        """Write a JSON document, and count what is another value than before: the engine says what it reached."""
        separator = str(section.settings.get("separator") or ".")
        before = entries(document, separator)  # raises where the engine would change a part of it only
        applied = self._applied("json", section, document)
        after = entries(applied.data, separator)
        target.write(applied.data)
        around = {above for pointer in before.keys() - after.keys() for above in _around(pointer)}
        self._now.note(
            (pointer, _done(pointer in before, pointer in after, pointer in after and bool(after[pointer].text)))
            for pointer in before.keys() | after.keys()
            if after.get(pointer) != before.get(pointer)
            and not (pointer in around and pointer in after and not after[pointer].text)  # empty for what is gone of it
        )

    def _applied(self, name: str, section: Section, data: bytes) -> Applied:
        """Apply a section as a whole; where the engine refuses that, raise `errors.Unreadable` with the field."""
        number, fields = self._numbers[name]
        applied = self._engine.apply(number, FILE[name], data, fields)
        for refused in applied.refused:
            field = section.fields[refused.index]
            why = field.hindered(refused) or refused.reason
            raise Unreadable(f"the profile's field {field.selector[:SELECTOR]} can't be applied to it: {why}")
        return applied

    def _instance(self, stream: BinaryIO, size: int, section: Section, target: BinaryIO) -> DataSet:
        """Write an instance: the header from the engine, and the rest as it is."""
        data = dicom.read(stream, size, self._limits)
        if data.unread:
            raise Unreadable(data.unread)
        for row in data.rows:
            leaves(row, data, self._limits)  # raises before the engine sees a bomb
        start, length = self._header(data, stream, size)
        stream.seek(0)
        header = stream.read(length)
        if not data.handed_over:
            header = opened_header(header, start, data.rows, data.explicit, self._limits)
        applied = self._applied("dicom", section, header)
        target.write(applied.data)
        shutil.copyfileobj(stream, target)
        if dicom.read(target, target.tell(), self._limits).unread:
            raise Unreadable("what the profile's engine makes of it can't be read")
        rows = [row for row in (*data.meta, *data.rows) if row[0] < FIRST_PIXELS]
        self._now.note(
            (change.leaf.pointer, _done(not change.inserted, change.after is not None, _holds(change.after)))
            for change in changes(rows, data, applied.data, Selectors(applied.touched), self._limits)
        )
        return data

    def _header(self, data: DataSet, stream: BinaryIO, size: int) -> tuple[int, int]:
        """Return where the data set and where the pixel data begin; raise `errors.Unreadable` if that isn't known."""
        if data.transfer_syntax == dicom.DEFLATED:
            raise Unreadable("Flywheel's engine doesn't read deflated files")
        start = (len(data.preamble) + 4 if data.preamble else 0) + sum(len(row[3]) for row in data.meta)
        if data.handed_over and data.transfer_syntax == dicom.BIG_ENDIAN:
            length, count = dicom_fallback.pixels_at(stream, start, size, FIRST_PIXELS, self._limits)
            if count == sum(row[0] < FIRST_PIXELS for row in data.rows):
                return start, length
        if data.handed_over:
            raise Unreadable("damaged: where its pixel data begin can't be told")
        length = start
        for row in data.rows:
            if row[0] >= FIRST_PIXELS:
                return start, length
            length += len(row[3]) + (row[5] if row[4] < 0 else 0)
        return start, size

    def _renamed(self, name: str, rules: Sequence[Mapping[str, str]], data: DataSet | None) -> str:
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
            self._now.untouched.append((item.path, None, "folders in archives are not hashed here"))
        return self._renamed(item.name, section.filenames, None) if section is not None else item.name

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


def _done(before: bool, after: bool, holds: bool) -> str:
    """Return what was done to a field, by whether it was there, is there, and holds a value."""
    if not before:
        return "inserted" if holds else "inserted empty"
    if not after:
        return "removed"
    return "replaced" if holds else "emptied"


def _around(pointer: str) -> Iterator[str]:
    """Yield the pointers of what is around a place in JSON."""
    return (pointer[:index] for index, character in enumerate(pointer) if character in ".[")


def _holds(value: bytes | None) -> bool:
    return bool(value and value.strip(b"\0 "))


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
