"""Flywheel's own records: labels, names, notes, tags, ``info`` and the legacy ``metadata``, at any depth.

Flywheel's ingest fills labels and names from the header, its classifiers copied headers into ``file.info`` (flat in
old versions, below ``info.header`` today), and old gears into ``acquisition.metadata``. Keys that are DICOM keywords,
or other names for the same things, stand under the policy's demand on that attribute (PS3.15 Table E.1-1); all other
text is judged as text, labels and tags as names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from fw_gear_deid_check.checkers.attribute_rules import attribute_rules
from fw_gear_deid_check.checkers.flow import Flow
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.labels import Label, Labels, is_subject_label
from fw_gear_deid_check.checkers.memo import Memo
from fw_gear_deid_check.checkers.text_rules import TEXT_RULES
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Location, Observation, Text, Unread
from fw_gear_deid_check.items import RECORD, Content
from fw_gear_deid_check.readers import sidecar
from fw_gear_deid_check.rules import Rule

ATTRIBUTES = attribute_rules(
    "MET", "a Flywheel record", "Edit the field on Flywheel, or delete the key from its info, and de-identify on import"
)

CONTAINERS = frozenset({"project", "subject", "session", "acquisition", "analysis"})
NAMES = frozenset({"label", "code", "tags"})
"""Fields of a record that name something: labels are judged like the names of files."""
FIELDS = {
    "firstname": "PatientName",
    "lastname": "PatientName",
    "operator": "OperatorsName",
    "timestamp": "AcquisitionDateTime",
}
"""Fields of a container that a DICOM attribute stands for; all others go by their name."""
OF_A_NOTE = frozenset({"_id", "id", "user", "created", "modified"})
"""What a site keeps of a note beside its text: who wrote it, and when; provenance, like a file's origin."""
VENDOR = ("info", "header", "csa")
SECONDS = 31_557_600
"""Of a year: Flywheel keeps a session's age in seconds."""
DAY = 86_400
"""Seconds by which a birthday falls short of whole years of a mean length."""
FROM_SECONDS = 1000
"""A larger age is one in seconds."""
REMEMBERED = 16 << 20
"""Bytes, about, of keys and values whose judgement is remembered, twice over."""
WEIGHT = 500
"""Bytes of a remembered judgement beside the value itself, about."""
PEOPLE = frozenset({"direct-identifier", "staff-name"})

Path = tuple[str | int, ...]


class Field(NamedTuple):
    """A key or value in a record, and where it stands."""

    path: Path
    value: str | int | float
    is_key: bool = False

    @property
    def location(self) -> Location:
        """Where it stands; a note and its text are one place."""
        path = self.path[:2] if self.path[0] == "notes" else self.path
        return Location(sidecar.pointer(path))


class MetadataChecker:
    """Reads what Flywheel keeps of a container or file."""

    name: ClassVar[str] = "metadata"
    rules: ClassVar[tuple[Rule, ...]] = (*ATTRIBUTES.values(), *TEXT_RULES)
    reads: ClassVar[bool] = True

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._labels = Labels(judge.policy)
        self._limits = judge.policy.limits
        self._memo: Memo[tuple[Observation, ...]] = Memo(REMEMBERED)

    def applies_to(self, content: Content) -> bool:
        """Tell whether it is the record of a container or of a file."""
        return content.member is None and content.opener is None and content.kind in CONTAINERS | {RECORD}

    def check(self, content: Content) -> Iterator[Observation]:
        """Yield what is seen in the record; raise where the site didn't give all of it."""
        flow = Flow(self.name)
        for field in self._fields(content.item.record, ()):
            yield from flow.of(self._remembered(field, content))
        yield from flow.close()

    def _fields(self, value: Any, path: Path) -> Iterator[Field]:
        """Yield the keys and the populated values of a record, in its order."""
        if len(path) > self._limits.sequence_depth:
            raise Unreadable(f"objects inside objects deeper than {self._limits.sequence_depth}")
        if isinstance(value, Mapping):
            is_note = len(path) == 2 and path[0] == "notes"
            for key, inner in value.items():
                if is_note and key in OF_A_NOTE:
                    continue
                if path:
                    yield Field((*path, str(key)), str(key), is_key=True)
                yield from self._fields(inner, (*path, str(key)))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from self._fields(inner, (*path, index))
        elif isinstance(value, str) and value[:1] in {"{", "["}:
            yield from self._embedded(value, path)
        elif value is not None and not isinstance(value, bool):
            yield Field(path, value)

    def _embedded(self, text: str, path: Path) -> Iterator[Field]:
        """Yield the fields of JSON in a string; the string itself where it isn't JSON to its end."""
        try:
            inside = list(sidecar.values_of(text, self._limits))
        except Unreadable:
            inside = []
        for value in inside:
            if value.kind == "key":
                yield Field((*path, sidecar.EMBEDDED, *value.path, value.text), value.text, is_key=True)
            else:
                yield Field((*path, sidecar.EMBEDDED, *value.path), value.text)
        if not inside:
            yield Field(path, text)

    def _remembered(self, field: Field, content: Content) -> Sequence[Observation]:
        """Return what is seen in one key or value; the files of a series say the same at the same place."""
        subject = content.item.parents.subject
        is_label = subject is not None and str(field.value).strip() == subject[1]
        key = (field, type(field.value), content.kind, is_label)
        weight = len(str(field.value)) + WEIGHT
        seen = self._memo.get(key, weight)
        if seen is None:
            seen = tuple(self._field(field, content))
            self._memo.put(key, seen, weight)
        return seen

    def _field(self, field: Field, content: Content) -> Iterator[Observation]:
        """Yield what is seen in one key or value."""
        location = field.location
        if field.is_key:
            if self._labels.of(str(field.value)) is None:
                yield from self._judge.text(self.name, str(field.value), location, "name")
            return
        text = str(field.value)
        if len(text) > self._limits.element_text:
            yield Unread(self.name, f"text of more than {self._limits.element_text} characters")
            text = text[: self._limits.element_text]
        label = self._label(field.path, content)
        if label is not None and label.fits(text):
            value = _age(field) if label.keyword == "PatientAge" else text
            if not is_subject_label(content, label.keyword, text):
                yield from self._judge.attribute(
                    ATTRIBUTES, self.name, label.demand, [value], location, keyword=label.keyword
                )
            if label.demand.nature in PEOPLE:
                return
            if label.demand.nature == "indirect-identifier":
                if isinstance(field.value, str):
                    yield Text(self.name, location, text, free=False)
                return
        if isinstance(field.value, str):
            yield from self._judge.text(self.name, text, location, _place(field.path))

    def _label(self, path: Path, content: Content) -> Label | None:
        """Return what the nearest key says; or a key above it, where that one holds a person's name or number."""
        if len(path) == 1 and content.kind in CONTAINERS:
            name = str(path[0])
            if name in NAMES:
                return None
            return self._labels.of(FIELDS.get(name, name), persons=content.kind == "subject")
        nearest = True
        for part in reversed(path[1:] if path[0] in {"info", "metadata"} else path):
            if isinstance(part, int):
                continue
            label = self._labels.of(part)
            if label is not None and (nearest or label.demand.nature in PEOPLE):
                return label
            nearest = False
        return None


def _place(path: Path) -> str:
    """Return what kind of text stands at a place.

    >>> _place(("tags", 0)), _place(("info", "header", "csa", "MrProtocol")), _place(("notes", 0, "text"))
    ('name', 'private', 'free')
    """
    if path[0] in NAMES:
        return "name"
    return "private" if path[:3] == VENDOR else "free"


def _age(field: Field) -> str:
    """Return an age as text, one in seconds as years.

    >>> _age(Field(("age",), 2966409440)), _age(Field(("info", "PatientAge"), "066Y"))
    ('94Y', '066Y')
    """
    if isinstance(field.value, (int, float)) and field.value > FROM_SECONDS:
        return f"{(field.value + DAY) // SECONDS:.0f}Y"
    return str(field.value)
