"""Suggests the profile whose application would clear findings, merged with the one that is there.

A selector with ``*`` makes the engine refuse every file that doesn't have the sequence; so what stands in a sequence is
selected by a regular expression, which finds it where it is. What stands in a private sequence goes with all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from fw_gear_deid_check.errors import ProfileError, Unreadable
from fw_gear_deid_check.profile import json_selectors, written
from fw_gear_deid_check.profile.engine import Engine
from fw_gear_deid_check.profile.json_selectors import quoted
from fw_gear_deid_check.profile.profile import Profile
from fw_gear_deid_check.profile.suggestion import PACKED, UNPACK, ByHand, Entry, Suggestion, Wanted

METHOD = "suggested_profile_v1.0"
KEPT_EMPTY = frozenset(
    {"PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "AccessionNumber"}
    | {"ReferringPhysicianName", "StudyID", "ContentDate", "ContentTime", "PatientOrientation", "Laterality"}
)
"""Attributes of type 2 that common modules demand (PS3.3): emptied, where others are removed."""
MARKS = {
    "PatientIdentityRemoved": "'YES'",
    "DeidentificationMethod": METHOD,
}
INSERT = ("  replace-with-insert: true",)
BY_HAND = {
    "DCM009": "files of several patients are mixed",
    "DCM007": "the data contradict what they claim; look again when the profile was applied",
    "TXT002": "a person has to read it",
    "PRF005": "only the originals tell whether the profile changed it",
    "PRF006": "files are named when they are imported",
}
"""Rules that no field can settle, and why, by id."""
OTHERWISE = "Remove it with another tool, or leave the file out"
"""What to do where the rule's remedy is a profile, and a profile can't."""
IMPORT = "Import again with the given profile"
CHANGE = "Look at the action of that field in the profile: it leaves a value that the policy doesn't"
ANEW = "Make the archive anew without a comment, or empty it with a section zip, which Flywheel's connector applies"
WHOLE_CONTENT = frozenset({"EncapsulatedDocument", "PixelData", "WaveformSequence"})
_STEP = re.compile(r"\[\d+\]\.?")
_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")


class Suggester:
    """Collects fields for findings."""

    def __init__(self, given: Profile | None) -> None:
        self._given = given
        self._fields: dict[str, dict[str, Entry]] = {"dicom": {}, "json": {}, "zip": {}}
        self._json: list[Wanted] = []
        self._placed: dict[tuple[str, str, str | None, str | None], Entry] = {}
        self._manual: list[ByHand] = []
        self._comments = False
        section = given.dicom if given else None
        self._recursive = section is not None and section.on("recurse-sequence")

    def add(self, wanted: Wanted) -> None:
        """Take note of a finding."""
        if wanted.rule in BY_HAND:
            self._by_hand(wanted, BY_HAND[wanted.rule])
            return
        if wanted.kind is None:
            self._by_hand(wanted, "no profile reaches it")
            return
        if wanted.packed:  # the field is needed all the same: once it is unpacked, and for other members
            self._by_hand(wanted, PACKED, UNPACK)
        if wanted.hidden:
            why = "its name holds an identifier itself, so it can't be written into a profile"
            self._by_hand(wanted, why, OTHERWISE)
        elif wanted.kind == "dicom":
            self._dicom(wanted)
        elif wanted.kind == "json" and wanted.steps is not None:
            self._json.append(wanted)
        elif wanted.kind == "json":
            self._by_hand(wanted, "it isn't a value of JSON that a profile could name", OTHERWISE)
        elif self._given is not None and self._given.zip is not None:
            self._put("zip", written.COMMENT, wanted)
        else:
            self._comments = True
            self._by_hand(wanted, "fw-file-rs doesn't know the section that empties comments", ANEW)

    def settled(self, wanted: Wanted) -> None:
        """Take note of a finding that goes where the given profile is applied: it needs no field more."""
        if wanted.packed:
            self._by_hand(wanted, PACKED, UNPACK)
        else:
            self._by_hand(wanted, "it was not applied here", IMPORT)

    def _by_hand(self, wanted: Wanted, why: str, what: str | None = None) -> None:
        self._manual.append(ByHand(what or wanted.remedy or "Look at it", why, wanted))

    def _put(
        self,
        section: str,
        lines: tuple[str, ...],
        wanted: Wanted,
        fallback: tuple[str, ...] | None = None,
        steps: tuple[str, ...] = (),
    ) -> Entry:
        entry = self._fields[section].setdefault(lines[0], Entry(lines, fallback=fallback, steps=steps))
        entry.wanted.append(wanted)
        return entry

    # -- headers

    def _dicom(self, wanted: Wanted) -> None:
        pointer = wanted.pointer
        same = (wanted.rule, pointer, wanted.tag, wanted.vr)
        if same in self._placed:  # in another instance
            self._placed[same].wanted.append(wanted)
            return
        if wanted.rule in {"DCM008", "PRF002"}:
            for lines in self._marks():
                self._put("dicom", lines, wanted)
            return
        if pointer == "preamble":  # the engine clears it, whatever the fields
            self._put("dicom", ("- name: DeidentificationMethod", f"  replace-with: {METHOD}"), wanted)
            return
        meta = pointer.removeprefix("file_meta.")
        steps = [step for step in _STEP.split(meta) if step]
        last = steps[-1] if steps else ""
        if not steps or last in WHOLE_CONTENT or pointer in {"trailing", "DataSetTrailingPadding", "name"}:
            self._by_hand(wanted, "no profile reaches it, or nothing would be left of the file")
            return
        outer = next((index for index, step in enumerate(steps) if not _KEYWORD.fullmatch(step)), None)
        if outer is not None and len(steps) > 1:
            steps = steps[: outer + 1] if outer == 0 else steps[:outer]
        name = steps[-1]
        if len(steps) > 1 and not self._recursive:
            selector = "- regex: " + quoted("^" + r"\.\d+\.".join(steps) + "$")
        else:
            selector = f"- name: {quoted(name) if not _KEYWORD.fullmatch(name) else name}"
        whole = steps[-1] == last and outer is None
        action = _action(wanted, name) if whole else "remove: true"
        fallback = None
        if len(steps) == 1 and _KEYWORD.fullmatch(name) and wanted.tag:
            fallback = (f"- name: {quoted(wanted.tag)}", f"  {action}")
        self._placed[same] = self._put("dicom", (selector, f"  {action}"), wanted, fallback, tuple(steps))

    def _marks(self) -> Iterable[tuple[str, ...]]:
        """Yield the fields that say in the data that a profile was applied."""
        section = self._given.dicom if self._given else None
        given = self._given.method if self._given else None
        insert = () if section is None or "replace-with-insert" not in section.settings else INSERT
        for keyword, value in MARKS.items():
            if keyword == "DeidentificationMethod" and given is not None:
                continue  # it writes its own
            yield (f"- name: {keyword}", f"  replace-with: {value}", *insert)

    # -- sidecars

    def _documents(self) -> str | None:
        """Make the fields for JSON, each tried with the engine; return the separator where it is to be set."""
        given = self._given.json if self._given else None
        paths = [json_selectors.reachable(each.steps or ()) for each in self._json]
        separator, told = json_selectors.separator(paths, given)
        tried: dict[tuple[str, ...], tuple[str | int, ...]] = {}
        for wanted, path in zip(self._json, paths, strict=True):
            lines = json_selectors.lines(path, separator) if path else None
            if lines is None:
                why = "no selector of a profile names such a key" if path else "a whole document"
                self._by_hand(wanted, why, OTHERWISE)
                continue
            tried.setdefault(lines, path)
            self._put("json", lines, wanted)
        if tried:
            with Engine([json_selectors.alone(lines, separator) for lines in tried]) as engine:
                for number, (lines, path) in enumerate(tried.items()):
                    if not json_selectors.removes(engine, number, path):
                        self._left("json", lines[0], "the engine can't select it")
        return separator if told and self._fields["json"] else None

    # -- the profile

    def suggestion(self) -> Suggestion:
        """Return the profile, shown to the engine field by field, and what is to be done by hand."""
        separator = self._documents() if self._json else None
        self._without_given()
        self._without_inner()
        with Engine() as engine:
            self._accepted(engine)
            return Suggestion(self._text(separator, engine), tuple(self._manual))

    def _text(self, separator: str | None, engine: Engine) -> str | None:
        """Return the profile as YAML that the engine accepts, None where there is nothing for one to do."""
        given = self._given
        if not any(self._fields.values()):
            return None
        if given is None or given.dicom is None or given.method is None:
            for lines in self._marks():
                if self._fields["dicom"]:
                    self._fields["dicom"][lines[0]] = self._fields["dicom"].pop(lines[0], Entry(lines))
        text = written.profile(given, self._fields, self._manual, separator, comments=self._comments)
        try:
            Profile.read(text.encode(), "suggested-profile.yaml", engine)
        except (ProfileError, Unreadable):  # not shown to anyone who would rely on it
            for section, entries in self._fields.items():
                for key in list(entries):
                    self._left(section, key, "no profile could be made that the engine accepts")
            return None
        return text

    def _left(self, section: str, key: str, why: str) -> None:
        """Leave a field out, and what it was for to a person."""
        for wanted in self._fields[section].pop(key).wanted:
            self._by_hand(wanted, why, OTHERWISE)

    def _without_given(self) -> None:
        """Leave out what the given profile has a field for: that one has to be looked at, two would quarrel."""
        given = self._given
        sections = {"dicom": given.dicom, "json": given.json, "zip": given.zip} if given else {}
        for name, section in sections.items():
            for each in section.fields if section else ():
                keys = [f"- name: {each.name}", f"- name: {quoted(each.name or '')}"]
                if each.regex is not None:
                    keys = [f"- regex: {quoted(each.regex)}"]
                for key in keys:
                    entry = self._fields[name].pop(key, None)
                    for wanted in entry.wanted if entry is not None else ():
                        if wanted.packed:
                            continue  # it is said of the archive
                        applied = wanted.rule in {"DCM008", "PRF002"}
                        why = "it was not applied here" if applied else "the given profile has a field for it"
                        self._by_hand(wanted, why, IMPORT if applied else CHANGE)

    def _without_inner(self) -> None:
        """Leave out what stands in a sequence that goes as a whole: the engine would look for it there."""
        entries = self._fields["dicom"]
        given = self._given.dicom.fields if self._given and self._given.dicom else ()
        gone: dict[tuple[str, ...], Entry | None] = {
            (each.name,): None for each in given if each.name and each.action in {"remove", "replace-with"}
        }
        gone |= {entry.steps: entry for entry in entries.values() if entry.steps}
        for key, entry in list(entries.items()):
            within = next((entry.steps[:n] for n in range(1, len(entry.steps)) if entry.steps[:n] in gone), None)
            if within is None:
                continue
            del entries[key]
            above = gone[within]
            if above is not None:
                above.wanted += entry.wanted
                continue
            for wanted in entry.wanted:
                if not wanted.packed:  # else it is said of the archive
                    self.settled(wanted)

    def _accepted(self, engine: Engine) -> None:
        """Leave out fields of headers that the engine doesn't take, or take their second form."""
        entries = list(self._fields["dicom"].items())
        if not entries:
            return
        texts = [written.alone("dicom", entry.lines) for _, entry in entries]
        texts += [written.alone("dicom", entry.fallback or entry.lines) for _, entry in entries]
        answers = engine.validate(texts)
        for (key, entry), first, second in zip(entries, answers, answers[len(entries) :], strict=False):
            if first and not second and entry.fallback is not None:
                entry.lines = entry.fallback
            elif first:
                self._left("dicom", key, "the engine can't select it")


def _action(wanted: Wanted, name: str) -> str:
    """Return what is to be done to an element."""
    if wanted.rule == "DCM005":
        return "replace-with: ''"
    if wanted.vr == "UI":
        return "hashuid: true"
    return "replace-with: ''" if name in KEPT_EMPTY and "[" not in wanted.pointer else "remove: true"
