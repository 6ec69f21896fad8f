"""Profile: whether a Flywheel de-identification profile was applied, to headers, sidecars, names and archives.

Flywheel's own engine applies the profile once more: data that it was applied to come out as they went in. A field that
would change was not treated (FAIL while a value is left). Hashes are judged by their form; of shifted dates nothing but
the original tells. What no engine here can judge is "not checked".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar

from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.profile_header import Headers
from fw_gear_deid_check.checkers.profile_rules import FILE_NAME, FILLER, FORM, NAME, NOT_APPLIED, RULES, UNTOLD
from fw_gear_deid_check.checkers.profile_values import is_zero
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Location, Observation, Unread
from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.profile import filenames, forms
from fw_gear_deid_check.profile.documents import entries
from fw_gear_deid_check.profile.engine import Engine
from fw_gear_deid_check.profile.foreign import Foreign, section_for
from fw_gear_deid_check.profile.profile import Field, Profile, Section
from fw_gear_deid_check.profile.selector import reach
from fw_gear_deid_check.readers import dicom
from fw_gear_deid_check.readers.archive import Part
from fw_gear_deid_check.readers.dicom import DataSet
from fw_gear_deid_check.readers.kinds import ARCHIVES
from fw_gear_deid_check.rules import Rule

NOTHING = "dicom: {}\n"
UNKNOWN = "fw-file-rs, Flywheel's engine, doesn't know it, and other tools of Flywheel aren't here"
SELECTORS = 5
"""Fields of an action that are named."""
DOCUMENT = 64 * MIB
"""Bytes of a JSON document that the engine is given."""
TIMES = ("allow-unmatched-files", "validate-zip-members", "file-filter", "filenames", "hash-subdirectories")
"""Settings of the section ``zip`` that are judged, or that leave nothing to judge."""


class ProfileChecker:
    """Holds content against a profile."""

    name: ClassVar[str] = NAME
    rules: ClassVar[tuple[Rule, ...]] = RULES
    reads: ClassVar[bool] = False

    def __init__(self, judge: Judge, profile: Profile, *, memo: bool = True) -> None:
        self._judge = judge
        self._profile = profile
        self._pending: dict[str, None] = {}
        sections = [section for section in (profile.dicom, profile.json) if section is not None]
        texts = [NOTHING]
        self._numbers: dict[int, tuple[int, range]] = {}
        for section in sections:
            first = len(texts)
            texts += [section.text, *section.each]
            self._numbers[id(section)] = (first, range(first + 1, len(texts)))
        self._engine = Engine(texts)
        self._headers: Headers | None = None
        if profile.dicom is not None:
            number, fields = self._numbers[id(profile.dicom)]
            self._headers = Headers(judge, profile, profile.dicom, self._engine, number, 0, fields, memo=memo)
        self._actions: dict[str, dict[str, None]] = {}

    def applies_to(self, content: Content) -> bool:
        """Tell whether the profile has a section for such content."""
        profile, kind = self._profile, content.kind
        if content.opener is None:
            return False
        if kind == "dicom":
            return profile.dicom is not None
        if kind == "json" and profile.json is not None:
            return True
        if kind == "zip" and profile.zip is not None:
            return True
        return self._of_another_tool(content) is not None

    def check(self, content: Content) -> Iterator[Observation]:
        """Yield what the profile would change."""
        profile = self._profile
        if content.kind == "dicom" and profile.dicom is not None and self._headers is not None:
            data = dicom.data_set(content, self._judge.policy.limits)
            if data.unread:
                yield Unread(NAME, data.unread)
            yield from self._headers.observations(data)
            yield from self._named(content, profile.dicom.filenames, data)
            self._note_actions(profile.dicom, lambda field: _holds(data, field))
            if profile.zip is not None and profile.zip.on("hash-subdirectories"):
                yield from self._folders(content)
        elif content.kind == "json" and profile.json is not None:
            yield from self._document(content, profile.json)
            yield from self._named(content, profile.json.filenames, None)
        elif content.kind == "zip" and profile.zip is not None:
            yield from self._archive(content, profile.zip)
        else:
            yield from self._by_another_tool(content)

    def finish(self, item: Item) -> Iterator[Observation]:
        """Yield what of the profile could not be judged, once an item."""
        pending, self._pending = self._pending, {}
        actions, self._actions = self._actions, {}
        for reason in pending:
            yield Unread(NAME, reason)
        for action, names in actions.items():
            told = ", ".join(list(names)[:SELECTORS]) + (" …" if len(names) > SELECTORS else "")
            yield Unread(NAME, f"whether the profile's action {action} was applied isn't known ({told}): {UNKNOWN}")

    def close(self, tell: Callable[[str], None]) -> Iterator[tuple[Item, Observation, str | None]]:
        """End the engine; nothing is said."""
        self._engine.close()
        yield from ()

    def _note_actions(self, section: Section, there: Callable[[Field], bool]) -> None:
        """Remember the actions of other tools for what is there."""
        for field in section.fields:
            if field.foreign is not None and there(field):
                self._actions.setdefault(field.foreign, {})[field.selector[:100]] = None

    def _of_another_tool(self, content: Content) -> Foreign | None:
        """Return the section of another tool that a content is for."""
        found = section_for(self._profile.foreign, content.name, content.kind)
        if found is not None and found.name == "filename" and not found.filters and content.kind in ARCHIVES:
            return None  # it holds the files whose names are meant
        return found

    def _by_another_tool(self, content: Content) -> Iterator[Observation]:
        """Judge the name, where a section does no more than make it; what else such a section does isn't known."""
        section = self._of_another_tool(content)
        if section is not None and section.plain:
            yield from self._named(content, section.filenames, None)
        elif section is not None:
            self._pending[f"whether the profile's section {section.name} was applied isn't known: {UNKNOWN}"] = None

    # -- names

    def _named(
        self, content: Content, rules: Sequence[Mapping[str, str]], data: DataSet | None
    ) -> Iterator[Observation]:
        """Judge the file's name by a section's rules for names."""
        if not rules:
            return
        name = content.name
        try:
            made = self._engine.named(name, rules, filenames.attributes(rules, data))
        except Unreadable as error:
            yield Unread(NAME, error.reason)
            return
        location = Location("name")
        if made is None:
            message = "whether the profile's filenames were applied can't be told without the original"
            yield from self._judge.finding(UNTOLD, NAME, location, message)
        elif made != name:
            message = "the name isn't the one that the profile's filenames make"
            yield from self._judge.finding(FILE_NAME, NAME, location, message, value=name)

    def _folders(self, content: Content) -> Iterator[Observation]:
        folders = (content.member or "").replace("\\", "/").split("/")[:-1]
        if folders and not all(forms.is_hash(folder) for folder in folders if folder):
            message = "the profile's hash-subdirectories was not applied: a folder in the archive isn't a hash"
            yield from self._judge.finding(FORM, NAME, Location("member.name"), message)

    # -- JSON

    def _document(self, content: Content, section: Section) -> Iterator[Observation]:
        with content.open() as stream:
            before = stream.read(DOCUMENT + 1)
        if len(before) > DOCUMENT:
            raise Unreadable(f"JSON of more than {DOCUMENT // MIB} MiB is not held against the profile")
        number, fields = self._numbers[id(section)]
        separator = str(section.settings.get("separator") or ".")
        old = entries(before, separator)
        applied = self._engine.apply(number, "a.json", before, fields)
        new = entries(applied.data, separator)
        touched = {each.path: each for each in applied.touched}
        there = {above for entry in old.values() if entry.text for above in _above(entry.path, separator)}
        self._note_actions(section, lambda field: field.name is None or field.name in there)
        for pointer, entry in old.items():
            of = next((touched[path] for path in _above(entry.path, separator) if path in touched), None)
            what = f"the profile's {of.selector[:100]} ({of.action})" if of else "a setting of the profile"
            filler = not entry.text or is_zero(entry.text) or self._judge.policy.is_dummy(entry.text)
            if of is not None and of.action in forms.BY_FORM | forms.UNTOLD:
                if filler:
                    continue
                told = forms.fits(of.action, entry.text, section.settings)
                if told is None:
                    message = f"{what}: whether it was applied can't be told without the original"
                    yield from self._judge.finding(UNTOLD, NAME, Location(pointer), message)
                elif not told:
                    message = f"{what} was not applied here: the value doesn't have its form"
                    yield from self._judge.finding(FORM, NAME, Location(pointer), message, value=entry.text)
            elif pointer not in new or new[pointer].text != entry.text:
                rule = FILLER if filler else NOT_APPLIED
                state = "would change it; no value is left" if filler else "was not applied here: a value is left"
                value = None if filler else entry.text
                yield from self._judge.finding(rule, NAME, Location(pointer), f"{what} {state}", value=value)
        for refused in applied.refused:
            field = section.fields[refused.index]
            why = field.hindered(refused)
            if why is not None:
                yield Unread(NAME, f"the profile's field {field.selector[:100]}: {why}")

    # -- archives

    def _archive(self, content: Content, section: Section) -> Iterator[Observation]:
        """Judge the archive's comment, the only thing of an archive that a profile's fields can name."""
        if not isinstance(content, Part) or content.archive is None:
            problem = content.problem if isinstance(content, Part) else None
            raise Unreadable(problem or "an archive that was not opened")
        comment = next((each.value for each in content.archive.fields if each.pointer == "comment"), "")
        text = comment if isinstance(comment, str) else comment.decode("latin-1")
        for field in section.fields:
            if field.name != "comment" or field.action not in {"remove", "replace-with", "hash"}:
                reason = f"whether the profile's zip field {field.selector[:100]} was applied isn't known: {UNKNOWN}"
                self._pending[reason] = None
                continue
            left = bool(text.strip()) and not self._judge.policy.is_dummy(text)
            fine = forms.is_hash(text) if field.action == "hash" else text == (field.value or "")
            if fine or (field.action == "hash" and not left):
                continue
            what = f"the profile's zip field comment ({field.action})"
            rule = NOT_APPLIED if left else FILLER
            message = f"{what} was not applied: a value is left" if left else f"{what} would change it"
            yield from self._judge.finding(rule, NAME, Location("comment"), message, value=text if left else None)
        yield from self._named(content, section.filenames, None)
        for setting in section.settings:
            if setting not in TIMES:
                self._pending[
                    f"whether the profile's zip setting {setting[:60]} was applied isn't known: {UNKNOWN}"
                ] = None


def _holds(data: DataSet, field: Field) -> bool:
    """Tell whether a header holds anything that a field is for; True where that can't be told."""
    tags = reach(field.name).tags if field.name is not None else frozenset()
    rows = [row for row in (*data.meta, *data.rows) if row[0] in tags]
    return not tags or any(row[4] < 0 or row[3][row[4] :].strip(b"\0 ") for row in rows)


def _above(path: str, separator: str) -> Iterator[str]:
    """Yield a path and those above it."""
    while path:
        yield path
        path = path.rpartition(separator)[0]
