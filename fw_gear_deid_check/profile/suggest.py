"""Suggests the profile whose application would clear findings, merged with the one that is there.

A selector with ``*`` makes the engine refuse every file that doesn't have the sequence; so what stands in a sequence is
selected by a regular expression, which finds it where it is. What stands in a private sequence goes with all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import yaml

from fw_gear_deid_check.errors import ProfileError, Unreadable
from fw_gear_deid_check.profile import Profile, document
from fw_gear_deid_check.profile.engine import Engine

NAME = "suggested"
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
}
"""Rules that no field can settle, and why, by id."""
WHOLE_CONTENT = frozenset({"EncapsulatedDocument", "PixelData", "WaveformSequence"})
_STEP = re.compile(r"\[\d+\]\.?")
_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_PRIVATE = re.compile(r'\([0-9A-F]{4},"[^"]*",[0-9A-F]{2}\)')
_TAG = re.compile(r"\([0-9A-F]{4},[0-9A-F]{4}\)")
_KEY = r"[^\[\].]+"
_JSON = re.compile(rf"{_KEY}(?:\[\d+\]|\.{_KEY})*")
"""Keys and indices that can be told apart in a pointer; a key with a dot in its middle can't."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A finding that should go: rule, where, and what was said of it; ``kind`` is ``dicom``, ``json`` or ``zip``."""

    rule: str
    kind: str | None
    path: str
    pointer: str
    tag: str | None
    vr: str | None
    message: str
    hidden: bool = False


@dataclass(slots=True)
class _Entry:
    """A field of the suggested profile, with the reasons for it, and the keywords that lead to what it removes."""

    lines: tuple[str, ...]
    reasons: dict[str, set[str]] = field(default_factory=dict)
    fallback: tuple[str, ...] | None = None
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A profile as YAML, None where no field is to be added; and what has to be done by hand, a line each."""

    text: str | None
    manual: tuple[str, ...]


class Suggester:
    """Collects fields for findings."""

    def __init__(self, given: Profile | None) -> None:
        self._given = given
        self._fields: dict[str, dict[str, _Entry]] = {"dicom": {}, "json": {}, "zip": {}}
        self._manual: dict[str, set[str]] = {}
        self._clears_preamble = False
        section = given.dicom if given else None
        self._recursive = section is not None and section.on("recurse-sequence")

    def add(self, wanted: Wanted) -> None:
        """Take note of a finding."""
        why = BY_HAND.get(wanted.rule)
        if why is None and wanted.hidden:
            why = "its name holds an identifier itself, so it can't be written into a profile"
        if why is not None or wanted.kind is None:
            self._by_hand(wanted, why or "no profile reaches it")
        elif wanted.kind == "dicom":
            self._dicom(wanted)
        elif wanted.kind == "json":
            self._json(wanted)
        else:
            self._put("zip", ("- name: comment", "  replace-with: ''"), wanted)

    def settled(self, wanted: Wanted) -> None:
        """Take note of a finding that goes where the given profile is applied: it needs no field more."""
        self._manual.setdefault("import again with the given profile: it was not applied here", set()).add(wanted.path)

    def _by_hand(self, wanted: Wanted, why: str) -> None:
        self._manual.setdefault(f"{wanted.rule} {wanted.pointer}: {wanted.message} ({why})", set()).add(wanted.path)

    def _put(
        self,
        section: str,
        lines: tuple[str, ...],
        wanted: Wanted,
        fallback: tuple[str, ...] | None = None,
        steps: tuple[str, ...] = (),
    ) -> None:
        entry = self._fields[section].setdefault(lines[0], _Entry(lines, fallback=fallback, steps=steps))
        entry.reasons.setdefault(f"{wanted.rule}: {wanted.message}", set()).add(wanted.path)

    def _dicom(self, wanted: Wanted) -> None:
        pointer = wanted.pointer
        if wanted.rule in {"DCM008", "PRF002"}:
            for lines in self._marks():
                self._put("dicom", lines, wanted)
            return
        if pointer == "preamble":
            self._clears_preamble = True
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
            selector = "- regex: " + _quoted("^" + r"\.\d+\.".join(steps) + "$")
        else:
            selector = f"- name: {_quoted(name) if not _KEYWORD.fullmatch(name) else name}"
        whole = steps[-1] == last and outer is None
        action = _action(wanted, name) if whole else "remove: true"
        fallback = None
        if len(steps) == 1 and _KEYWORD.fullmatch(name) and wanted.tag:
            fallback = (f"- name: {_quoted(wanted.tag)}", f"  {action}")
        self._put("dicom", (selector, f"  {action}"), wanted, fallback, tuple(steps))

    def _marks(self) -> Iterable[tuple[str, ...]]:
        """Yield the fields that say in the data that a profile was applied."""
        section = self._given.dicom if self._given else None
        given = self._given.method if self._given else None
        insert = () if section is None or "replace-with-insert" not in section.settings else INSERT
        for keyword, value in MARKS.items():
            if keyword == "DeidentificationMethod" and given is not None:
                continue  # it writes its own
            yield (f"- name: {keyword}", f"  replace-with: {value}", *insert)

    def _json(self, wanted: Wanted) -> None:
        pointer = re.sub(r"(?:\[\d+\])+$", "", wanted.pointer)
        separator = self._given.json.settings.get("separator") if self._given and self._given.json else None
        if not pointer:
            self._by_hand(wanted, "a whole document")
            return
        if not _JSON.fullmatch(pointer) or not pointer.isprintable() or separator not in {None, "."}:
            self._by_hand(wanted, "no selector of a profile names such a key for certain")
            return
        if "[" in pointer:
            parts = [re.escape(part).replace(r"\ ", " ") for part in re.split(r"\[\d+\]", pointer)]
            self._put("json", ("- regex: " + _quoted("^" + r"\.\d+".join(parts) + "$"), "  remove: true"), wanted)
        else:
            self._put("json", (f"- name: {_quoted(pointer)}", "  remove: true"), wanted)

    # -- the profile

    def suggestion(self) -> Suggestion:
        """Return the profile, shown to the engine field by field, and what is to be done by hand."""
        given = self._given
        for section in ("dicom", "json", "zip"):
            known = {"dicom": given.dicom, "json": given.json, "zip": given.zip}[section] if given else None
            for each in known.fields if known else ():
                self._fields[section].pop(f"- name: {each.name}", None)
                if each.name is not None:
                    self._fields[section].pop(f"- name: {_quoted(each.name)}", None)
                if each.regex is not None:
                    self._fields[section].pop(f"- regex: {_quoted(each.regex)}", None)
        self._without_inner()
        self._accepted()
        manual = tuple(f"{what} [{_items(paths)}]" for what, paths in sorted(self._manual.items()))
        if not any(self._fields.values()):
            return Suggestion(None, manual)
        if given is None or given.dicom is None or given.method is None:
            for lines in self._marks():
                if self._fields["dicom"]:
                    entry = self._fields["dicom"].pop(lines[0], _Entry(lines, {"says that it was applied": set()}))
                    self._fields["dicom"][lines[0]] = entry
        text = "\n".join(self._lines(manual)) + "\n"
        try:
            Profile.read(text.encode(), "suggested-profile.yaml")
        except (ProfileError, Unreadable):  # not shown to anyone who would rely on it
            return Suggestion(None, (*manual, "no profile could be made that the engine accepts"))
        return Suggestion(text, manual)

    def _without_inner(self) -> None:
        """Leave out what stands in a sequence that goes as a whole: the engine would look for it there."""
        entries = self._fields["dicom"]
        given = self._given.dicom.fields if self._given and self._given.dicom else ()
        gone: dict[tuple[str, ...], _Entry | None] = {
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
                for reason, paths in entry.reasons.items():
                    above.reasons.setdefault(reason, set()).update(paths)

    def _accepted(self) -> None:
        """Leave out fields that the engine doesn't take, or take their second form."""
        for section in ("dicom", "json"):
            entries = list(self._fields[section].items())
            if not entries:
                continue
            with Engine() as engine:
                texts = [_alone(section, entry.lines) for _, entry in entries]
                texts += [_alone(section, entry.fallback or entry.lines) for _, entry in entries]
                answers = engine.validate(texts)
            for (key, entry), first, second in zip(entries, answers, answers[len(entries) :], strict=False):
                if not first:
                    continue
                if not second and entry.fallback is not None:
                    entry.lines = entry.fallback
                    continue
                del self._fields[section][key]
                for reason, paths in entry.reasons.items():
                    self._manual.setdefault(f"{reason} (the engine can't select it)", set()).update(paths)

    def _lines(self, manual: Sequence[str]) -> Iterable[str]:
        yield "# Suggested by deid-check: applying it would clear what its comments name."
        yield "# Read it before you use it: what it removes is gone."
        given = self._given
        root = document.compose(given.text) if given else None
        parts = dict(document.parts(root)) if root is not None else {}
        if given is not None:
            yield f"# Made from the profile {_comment(given.name)}; give it, and DeidentificationMethod, a new version."
        for line in manual:
            yield f"# By hand: {_comment(line)}"
        if "name" not in parts:
            yield f"name: {NAME}"
        for key, written in parts.items():
            if key not in self._fields:
                yield from _block(key, written, 0)
        for section, entries in self._fields.items():
            node = parts.get(section)
            if not entries and (node is None or document.is_null(node)):
                continue
            yield f"{section}:"
            for key, value in document.parts(node) if node is not None else ():
                if key != "fields":
                    yield from _block(key, value, 2)
            old = dict(document.parts(node)).get("fields") if node is not None else None
            yield "  fields:" if entries or document.elements(old) else "  fields: []"
            for each in document.elements(old):
                rows = document.serialize(each).rstrip("\n").split("\n")
                block = rows if isinstance(each, document.Mapping) and not each.flow_style else [" ".join(rows)]
                yield f"  - {block[0]}"
                yield from (f"    {row}" for row in block[1:])
            for entry in sorted(entries.values(), key=lambda entry: entry.lines[0]):
                for reason, paths in sorted(entry.reasons.items()):
                    yield f"  # {_comment(reason)}" + (f" [{_items(paths)}]" if paths else "")
                yield from (f"  {line}" for line in entry.lines)


def _action(wanted: Wanted, name: str) -> str:
    """Return what is to be done to an element."""
    if wanted.rule == "DCM005":
        return "replace-with: ''"
    if wanted.vr == "UI":
        return "hashuid: true"
    return "replace-with: ''" if name in KEPT_EMPTY and "[" not in wanted.pointer else "remove: true"


def _alone(section: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{section}:", "  fields:", *(f"  {line}" for line in lines)]) + "\n"


def _block(key: str, node: document.Node, indent: int) -> Iterable[str]:
    """Yield a setting as it was written, moved in."""
    pair = document.Mapping("tag:yaml.org,2002:map", [(yaml.nodes.ScalarNode("tag:yaml.org,2002:str", key), node)])
    for line in document.serialize(pair).rstrip("\n").split("\n"):
        yield " " * indent + line


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _comment(text: str) -> str:
    """Return text that ends no comment."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _items(paths: set[str]) -> str:
    return f"{len(paths)} items" if len(paths) != 1 else "1 item"
