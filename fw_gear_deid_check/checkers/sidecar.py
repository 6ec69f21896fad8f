"""Sidecars and any other JSON: every key and value, at any depth.

dcm2niix, heudiconv and dcmstack copy DICOM attributes into JSON, Flywheel writes its metadata as JSON, and DICOM
itself has a JSON form (PS3.18 F). Keys that are DICOM keywords or tags stand under the policy's demand on that
attribute (PS3.15 Table E.1-1); all other strings are judged as text, keys among them.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from fw_gear_deid_check.checkers.attribute_rules import attribute_rules
from fw_gear_deid_check.checkers.flow import Flow
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.labels import Label, Labels, is_subject_label
from fw_gear_deid_check.checkers.text_rules import TEXT_RULES
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Location, Observation, Text
from fw_gear_deid_check.items import Content
from fw_gear_deid_check.readers import letters, sidecar
from fw_gear_deid_check.readers.tables import whole
from fw_gear_deid_check.rules import Level, Rule

ATTRIBUTES = attribute_rules(
    "JSN", "a sidecar", "Convert again with the identifying fields left out (dcm2niix -ba y), or remove the key"
)
NOT_ANONYMISED = Rule(
    id="JSN006",
    slug="not-anonymised",
    summary="The sidecar holds keys that dcm2niix leaves out when it anonymises",
    level=Level.REVIEW,
    source="dcm2niix -ba",
    remedy="Convert again with dcm2niix -ba y, its default, from de-identified DICOM",
    why="dcm2niix writes these keys only when it was told not to anonymise: what else it was told is in doubt.",
    bad='{"ConversionSoftware": "dcm2niix", "PatientSex": "F"}',
    good='{"ConversionSoftware": "dcm2niix", "Modality": "MR"}',
)
DROPPED_BY_DCM2NIIX = frozenset(
    {"seriesinstanceuid", "studyinstanceuid", "referringphysicianname", "studyid", "patientname", "patientid"}
    | {"accessionnumber", "patientbirthdate", "patientsex", "patientsize", "patientweight", "patientage"}
    | {"acquisitiondatetime"}
)
"""Keys, folded, that dcm2niix writes with ``-ba n`` only."""
CARRIERS = frozenset({"Value", "Alphabetic", "Ideographic", "Phonetic"})
"""Keys of DICOM JSON that carry the value of the attribute above them."""
PUBLISHED = frozenset(
    {"Authors", "ReferencesAndLinks", "DatasetDOI", "URL", "CodeURL", "HowToAcknowledge", "BIDSVersion"}
)
"""Keys of a BIDS dataset_description.json that are made to be published: searched for known identifiers only."""
ABOUT = frozenset(
    {"description", "levels", "units", "longname", "termurl", "derivative", "format", "type", "title", "enum", "$ref"}
)
"""Keys, in lower case, of data dictionaries and schemas: what stands there is about an attribute, not its value."""
EMBEDDINGS = 3
"""JSON in a string in JSON in a string …: so many are taken apart."""
NAMES = frozenset({"name", "key", "field", "tag", "keyword", "label", "attribute", "property"})
VALUES = frozenset({"value", "val", "content", "text"})
"""Members of an object that say, in this order, what a value is called and what it is; in lower case."""
NUMBERS_KEPT = 16
"""Numbers of a run that are judged as values of the attribute they stand under."""
SHORT_NUMBER, LONG_NUMBER = 4, 7
"""Digits from which a whole number may be a known identifier, and from which it may be one by its form."""
COUNTED = re.compile(
    r"(?:seed|random_?state|version|size|bytes|length|offset|counts?|voxels|samples|ticks|memory|checksum|crc"
    r"|duration|stamp|epoch|[mca]time)$"
)
"""Keys, in lower case, of whole numbers that a program counts, draws or measures."""
STRUCTURED = frozenset({"direct-identifier", "staff-name", "indirect-identifier"})


class SidecarChecker:
    """Reads JSON."""

    name: ClassVar[str] = "sidecar"
    rules: ClassVar[tuple[Rule, ...]] = (*ATTRIBUTES.values(), NOT_ANONYMISED, *TEXT_RULES)
    reads: ClassVar[bool] = True

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._labels = Labels(judge.policy)

    def applies_to(self, content: Content) -> bool:
        """Tell whether it is JSON."""
        return content.kind == "json"

    def check(self, content: Content) -> Iterator[Observation]:
        """Yield what is seen; where it stops being JSON, what is left is judged as text and said to be not checked."""
        limits = self._judge.policy.limits
        try:
            with content.open() as stream:
                yield from self.judged(sidecar.values(stream, limits), content, self.name)
        except Unreadable:
            with content.open() as stream:
                for piece in letters.pieces(stream, limits.text_size):
                    yield from self._judge.text(self.name, piece, Location("content"))
            raise

    def judged(
        self,
        values: Iterable[sidecar.Value],
        content: Content,
        checker: str,
        above: sidecar.Path = (),
        rules: Mapping[str, Rule] | None = None,
    ) -> Iterator[Observation]:
        """Yield what is seen in JSON that may stand anywhere.

        Parameters
        ----------
        checker
            Name of the checker that found the document.
        above
            Where the document stands, put before the path of each value.
        rules
            Rules for its attributes, by slug; a sidecar's own where it is one.
        """
        flow = Flow(checker)
        document = _Document(self._judge, self._labels, content, checker, above, rules or ATTRIBUTES)
        for value in values:
            yield from flow.of(document.value(value))
        yield from flow.close()
        yield from document.converted()


class _Document:
    """One document: its values, and what its top level says of how it was made."""

    def __init__(
        self,
        judge: Judge,
        labels: Labels,
        content: Content,
        checker: str,
        above: sidecar.Path,
        rules: Mapping[str, Rule],
    ) -> None:
        self._judge = judge
        self._labels = labels
        self._content = content
        self._checker = checker
        self._above = above
        self._rules = rules
        self._software = False
        self._telling: Location | None = None
        self._named: tuple[sidecar.Path, Label] | None = None

    def value(self, value: sidecar.Value) -> Iterator[Observation]:
        """Yield what is seen in a value or key."""
        path = (*self._above, *value.path)
        location = Location(sidecar.pointer(path), steps=path)
        if value.kind == "key":
            if self._labels.of(value.text) is None:
                inside = Location(sidecar.pointer((*path, value.text)), steps=(*path, value.text))
                yield from self._judge.text(self._checker, value.text, inside, "name")
            return
        if value.path[-1:] == ("vr",):
            return  # of DICOM JSON: two letters
        self._note(value, location)
        label = self._label(value.path) or self._beside(value)
        if label is not None and label.fits(value.text):
            yield from self._attribute(value, label, location)
            if label.demand.nature in {"direct-identifier", "staff-name"}:
                return
            if label.demand.nature == "indirect-identifier":
                if value.kind == "string":
                    yield Text(self._checker, location, value.text, free=False)
                return
        if value.kind == "number" and (text := whole(value.text)) != value.text:
            yield Text(self._checker, location, text, free=False)
            return
        digits = len(value.text) if value.kind == "number" and value.text.isdigit() else 0
        counted = value.text.isdigit() and COUNTED.search(_key(value.path).casefold())
        if (value.kind == "string" or digits >= LONG_NUMBER) and not counted:
            yield from self._text(value, location)
        elif digits >= SHORT_NUMBER or counted:
            yield Text(self._checker, location, value.text, free=False)

    def _attribute(self, value: sidecar.Value, label: Label, location: Location) -> Iterator[Observation]:
        texts = [whole(value.text)]
        if value.kind == "numbers":
            texts = [whole(text.strip()) for text in value.text.split(",")[:NUMBERS_KEPT]]
        texts = [text for text in texts if not is_subject_label(self._content, label.keyword, text)]
        if texts:
            yield from self._judge.attribute(
                self._rules, self._checker, label.demand, texts, location, keyword=label.keyword
            )

    def _text(self, value: sidecar.Value, location: Location) -> Iterator[Observation]:
        key = _key(value.path)
        if value.kind == "string" and value.text[:1] in {"{", "["} and self._above.count(sidecar.EMBEDDED) < EMBEDDINGS:
            embedded = list(self._embedded(value))
            if embedded:
                above = (*self._above, *value.path, sidecar.EMBEDDED)
                inner = _Document(self._judge, self._labels, self._content, self._checker, above, self._rules)
                for each in embedded:
                    yield from inner.value(each)
                return
        if key == "InlineBinary":
            for string in letters.strings(_unpacked(value.text)):
                yield from self._judge.text(self._checker, string, location, "private")
            return
        if key in PUBLISHED and self._content.name == "dataset_description.json":
            yield Text(self._checker, location, value.text, free=False)
            return
        yield from self._judge.text(self._checker, value.text, location)

    def _embedded(self, value: sidecar.Value) -> Iterator[sidecar.Value]:
        """Yield the values of JSON in a string; nothing where the string isn't JSON to its end."""
        try:
            yield from list(sidecar.values_of(value.text, self._judge.policy.limits))
        except Unreadable:
            return

    def _label(self, path: sidecar.Path) -> Label | None:
        """Return what the nearest key says; keys that say nothing pass on what an identifier's key above them says."""
        nearest = True
        for part in reversed(path):
            if isinstance(part, int):
                continue
            label = self._labels.of(part)
            if label is not None and (nearest or label.demand.nature in STRUCTURED):
                return label
            if part.casefold() in ABOUT:
                return None
            nearest = nearest and part in CARRIERS
        return None

    def _beside(self, value: sidecar.Value) -> Label | None:
        """Return what the member before it says of a value: ``{"name": "PatientID", "value": …}``."""
        key = str(value.path[-1]).casefold() if value.path else ""
        if key in NAMES and value.kind == "string":
            label = self._labels.of(value.text)
            if label is not None and label.demand.nature in {"direct-identifier", "staff-name"}:
                self._named = (value.path[:-1], label)
        elif key in VALUES and self._named is not None and self._named[0] == value.path[:-1]:
            return self._named[1]
        return None

    def _note(self, value: sidecar.Value, location: Location) -> None:
        """Remember what the top level says of the conversion."""
        if len(value.path) > 1 and not (len(value.path) == 2 and isinstance(value.path[1], int)):
            return
        key = str(value.path[0]).casefold() if value.path else ""
        if key == "conversionsoftware" and "dcm2niix" in value.text.casefold():
            self._software = True
        elif key in DROPPED_BY_DCM2NIIX and self._telling is None and not self._judge.policy.is_dummy(value.text):
            self._telling = location

    def converted(self) -> Iterator[Observation]:
        """Yield whether dcm2niix wrote it without anonymising; at the end of the document."""
        if self._software and self._telling is not None:
            message = "dcm2niix was told not to anonymise this sidecar"
            yield from self._judge.finding(NOT_ANONYMISED, self._checker, self._telling, message)


def _key(path: sidecar.Path) -> str:
    """Return the nearest key.

    >>> _key(("Authors", 3))
    'Authors'
    """
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def _unpacked(text: str) -> bytes:
    """Return base64 decoded, as far as it is some."""
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return text.encode("utf-8", "replace")
