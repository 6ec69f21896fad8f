"""Profile: a Flywheel de-identification profile, read and found free of mistakes."""

from __future__ import annotations

import hashlib
import re
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from fw_gear_deid_check.errors import ProfileError, UsageError
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.profile import document, mistakes
from fw_gear_deid_check.profile.engine import Engine, Refused
from fw_gear_deid_check.profile.foreign import PATTERNS, Foreign
from fw_gear_deid_check.profile.foreign import section as foreign_section
from fw_gear_deid_check.profile.selector import EVERYTHING, Reach, reach

LARGEST = MIB // 2
FOREIGN_ACTIONS = frozenset({"encrypt", "decrypt", "pixels", "alter_pixels"})
AGE_TAGS = frozenset({0x00100030, 0x00101010, 0x00080020, 0x00080021, 0x00080022, 0x0008002A, 0x00080023})
"""Birth date, age, and the dates that an age is worked out from."""
ACTIONS = (
    "remove", "keep", "replace-with", "increment-date", "increment-datetime", "hash", "hashuid", "jitter",
)  # fmt: skip


class Field(NamedTuple):
    """One field of a section: what it selects, what is done to it, and the value it writes.

    ``name`` or ``regex`` is set, or neither where it is a mistake.
    """

    name: str | None
    regex: str | None
    action: str | None
    value: str | None
    foreign: str | None = None

    @property
    def selector(self) -> str:
        """What it selects, as the engine writes it."""
        return f"/{self.regex}/" if self.regex is not None else self.name or ""

    def hindered(self, refused: Refused) -> str | None:
        """Return why the engine refuses it, None where there is nothing that it could be applied to."""
        if not refused.absent:
            return refused.reason
        if self.regex is None:
            return None
        return "it matches a sequence and what stands in it, which the engine no longer finds then"


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its fields, its other settings as text, and its YAML as a profile of its own.

    ``each`` is the YAML of a profile for each field alone, with the settings.
    """

    fields: tuple[Field, ...]
    settings: dict[str, Any]
    text: str
    each: tuple[str, ...] = ()

    def on(self, setting: str) -> bool:
        """Tell whether a setting is switched on."""
        return str(self.settings.get(setting, "")).lower() == "true"

    @property
    def filenames(self) -> list[dict[str, str]]:
        """Rules for file names: ``input-regex`` and ``output``."""
        found = self.settings.get("filenames")
        return [rule for rule in found if isinstance(rule, dict)] if isinstance(found, list) else []

    @property
    def filters(self) -> list[str]:
        """Patterns of file names that the section is for; none is for all that the engine takes for its kind."""
        found = self.settings.get("file-filter")
        return [str(one) for one in found] if isinstance(found, list) else []


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile.

    Attributes
    ----------
    name
        What it calls itself, else the name of its file.
    sha256
        Of the file.
    method
        What it writes into DeidentificationMethod, where it does.
    foreign
        Sections that the engine doesn't know.
    """

    name: str
    sha256: str
    text: str
    dicom: Section | None
    json: Section | None
    zip: Section | None
    foreign: tuple[Foreign, ...]
    method: str | None

    @classmethod
    def load(cls, path: Path) -> Profile:
        """Read a profile.

        Raises
        ------
        errors.ProfileError
            With every mistake, one line each.
        errors.UsageError
            Where there is no such file.
        """
        try:
            with path.open("rb") as stream:
                data = stream.read(LARGEST + 1)
        except OSError as error:
            raise UsageError(f"the profile can't be read: {error.strerror}") from None
        if len(data) > LARGEST:
            raise ProfileError(path.name, [f"more than {LARGEST} bytes"])
        return cls.read(data, path.name)

    @classmethod
    def read(cls, data: bytes, name: str = "profile", engine: Engine | None = None) -> Profile:
        """Read a profile from its bytes; see `load`. An engine that runs already may be given, to be asked."""
        try:
            text = data.decode("utf-8-sig")
            root = document.compose(text)
        except UnicodeDecodeError:
            raise ProfileError(name, ["not UTF-8"]) from None
        except ValueError as error:
            raise ProfileError(name, [str(error)]) from None
        known = {*PATTERNS, *mistakes.OWN_KEYS, *mistakes.FOREIGN_KEYS}
        with nullcontext(engine) if engine is not None else Engine() as asked:
            found = mistakes.find(root, known, asked)
        if found:
            raise ProfileError(name, found)
        parts = {key: value for key, value in document.parts(root) if not document.is_null(value)}
        sections = {key: _section(key, parts[key]) if key in parts else None for key in ("dicom", "json", "zip")}
        own = document.plain(parts["name"]) if "name" in parts else None
        return cls(
            name=str(own or name.rpartition(".")[0] or name),
            sha256=hashlib.sha256(data).hexdigest(),
            text=text,
            dicom=sections["dicom"],
            json=sections["json"],
            zip=sections["zip"],
            foreign=tuple(_foreign(key, node) for key, node in parts.items() if key in PATTERNS),
            method=_method(sections["dicom"]),
        )

    @property
    def reach(self) -> Reach:
        """What the section ``dicom`` can touch, or reads."""
        found, section = Reach(), self.dicom
        if section is None:
            return found
        for field in section.fields:
            found |= EVERYTHING if field.name is None or field.regex is not None else reach(field.name)
        if section.on("patient-age-from-birthdate"):
            found |= Reach(tags=AGE_TAGS)
        if section.on("remove-undefined"):
            found |= EVERYTHING
        return found | Reach(
            private_all=section.on("remove-private-tags"),
            sequences=section.on("recurse-sequence"),
        )


def _foreign(name: str, node: document.Node) -> Foreign:
    written = {key: document.plain(value) for key, value in document.parts(node)}
    return foreign_section(name, written, fields=bool(written.pop("fields", None)))


def _section(name: str, node: document.Node) -> Section:
    settings = [(key, value) for key, value in document.parts(node) if key != "fields"]
    nodes = document.elements(next((value for key, value in document.parts(node) if key == "fields"), None))
    fields = tuple(_field(document.plain(each)) for each in nodes)
    return Section(
        fields,
        {key: document.plain(value) for key, value in settings},
        document.section(name, settings, nodes),
        tuple(document.section(name, settings, [each]) for each in nodes),
    )


def _field(row: Any) -> Field:
    row = row if isinstance(row, dict) else {}
    action = next((name for name in ACTIONS if name in row), None)
    foreign = next((name for name in row if name in FOREIGN_ACTIONS), None)
    value = row.get("replace-with")
    return Field(row.get("name"), row.get("regex"), action, value if isinstance(value, str) else None, foreign)


def _method(section: Section | None) -> str | None:
    """Return what a profile writes into DeidentificationMethod."""
    for field in section.fields if section else ():
        if field.action == "replace-with" and field.value and re.fullmatch(METHOD, field.name or ""):
            return field.value
    return None


METHOD = r"DeidentificationMethod|\(?0012,? ?0063\)?"
