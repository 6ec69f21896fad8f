"""NIfTI and ANALYZE: text fields, extensions, bytes that nothing accounts for, and the gzip header around them.

A converter empties the DICOM header and fills ``descrip`` and ``aux_file`` with what it found there; gzip keeps the
name and time of the original file. Sources: NIfTI-1.1, NIfTI-2, RFC 1952.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

from fw_gear_deid_check.checkers.attribute_rules import attribute_rules
from fw_gear_deid_check.checkers.fields import PAIRS, beside, lines
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.labels import Labels
from fw_gear_deid_check.checkers.sidecar import NOT_ANONYMISED, SidecarChecker
from fw_gear_deid_check.checkers.text_rules import SUSPECT_TEXT, TEXT_RULES
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Finding, Identifier, Location, Observation, Text, Unread
from fw_gear_deid_check.items import Content
from fw_gear_deid_check.readers import letters, nifti, sidecar
from fw_gear_deid_check.readers.nifti import Part, Place
from fw_gear_deid_check.readers.nifti_header import Header
from fw_gear_deid_check.rules import Level, Rule

Embedded = Callable[[Content], Iterator[Observation]]
"""Checks a DICOM data set that stands in an extension: `DicomChecker.check`."""

ATTRIBUTES = attribute_rules("NII", "a NIfTI or ANALYZE header", "Empty the field (nifti_tool -mod_hdr, nibabel)")
UNACCOUNTED = Rule(
    id="NII006",
    slug="unaccounted-bytes",
    summary="Bytes that are neither header nor voxels aren't zero",
    level=Level.REVIEW,
    source="NIfTI-1.1, vox_offset",
    remedy="Write the image anew with nibabel or nifti_tool, which leaves such bytes out",
    why="The gap before the voxels and what follows them is shown by no viewer and emptied by no tool.",
    bad="(the data are followed by 80 more bytes)",
    good="(the data end the file)",
)
COMPRESSED = Rule(
    id="NII007",
    slug="file-time",
    summary="The gzip header holds the time of the original file",
    level=Level.INFO,
    source="RFC 1952, MTIME",
    remedy="Compress again with gzip -n",
    why="It is often the day of the scan, survives each copy and rename, and is changed by no profile.",
    bad="MTIME 2022-06-23",
    good="MTIME 0",
    category="C",
)

DICOM, PICKLE, JSON = 2, 16, 44
SPOKEN = frozenset({"descrip", "aux_file", "intent_name", "data_type"})
_NUMBER = re.compile(r"[A-Za-z]{0,4}[ -]?\d[\d -]{4,15}\d")
_FIELDS_OF_PERSONS = {"patient_id": "PatientID", "exp_date": "AcquisitionDate", "exp_time": "AcquisitionTime"}
"""ANALYZE 7.5 fields that are attributes by another name."""


class NiftiChecker:
    """Reads NIfTI-1, NIfTI-2 and ANALYZE 7.5.

    Parameters
    ----------
    sidecars
        Checks JSON in extensions.
    embedded
        Checks DICOM data sets in extensions; without it they are "not checked".
    """

    name: ClassVar[str] = "nifti"
    rules: ClassVar[tuple[Rule, ...]] = (*ATTRIBUTES.values(), UNACCOUNTED, COMPRESSED, NOT_ANONYMISED, *TEXT_RULES)
    reads: ClassVar[bool] = True

    def __init__(self, judge: Judge, sidecars: SidecarChecker | None = None, embedded: Embedded | None = None) -> None:
        self._judge = judge
        self._labels = Labels(judge.policy)
        self._sidecars = sidecars or SidecarChecker(judge)
        self._embedded = embedded
        self._headers: dict[str, Header] = {}

    def applies_to(self, content: Content) -> bool:
        """Tell whether it is a header, a single file, or the voxels beside a header."""
        return content.kind in {"nifti", "nifti-data"}

    def check(self, content: Content) -> Iterator[Observation]:
        """Yield what is seen."""
        limits = self._judge.policy.limits
        with content.open() as stream:
            if content.kind == "nifti":
                self._remember(content)
                parts = nifti.parts(stream, limits)
            else:
                header = self._headers.pop(beside(content), None)
                parts = nifti.voxels(stream, header, limits)
                if header is None:
                    yield Unread(self.name, "an .img file without the .hdr that describes it")
            for part in parts:
                yield from self._part(part, content)

    def _remember(self, content: Content) -> None:
        """Keep the header of a pair: its .img comes later, in name order."""
        if content.name.lower().endswith((".hdr", ".hdr.gz")) and len(self._headers) < PAIRS:
            with suppress(Unreadable), content.open() as stream:
                self._headers[beside(content)] = nifti.header(stream, self._judge.policy.limits)

    def _part(self, part: Part, content: Content) -> Iterator[Observation]:
        location = Location(part.pointer)
        if part.place is Place.SHORT:
            yield Unread(self.name, f"{part.pointer}: fewer bytes than the header says")
            return
        if not part.whole:
            yield Unread(self.name, f"{part.pointer}: more bytes than are read")
        match part.place:
            case Place.FIELD:
                yield from self._field(part, location)
            case Place.EXTENSION:
                yield from self._extension(part, location, content)
            case Place.GZIP_MTIME:
                yield from self._time(part, location)
            case Place.GZIP_NAME | Place.GZIP_COMMENT:
                place = "name" if part.place is Place.GZIP_NAME else "free"
                for text in letters.fields(part.data):
                    yield from self._judge.text(self.name, letters.sound(text), location, place)
            case _:
                yield from self._unaccounted(part, location)

    def _field(self, part: Part, location: Location) -> Iterator[Observation]:
        texts = letters.fields(part.data)
        keyword = _FIELDS_OF_PERSONS.get(part.pointer)
        label = self._labels.of(keyword) if keyword else None
        if label is not None:
            texts = [text for text in texts if text.isprintable()]
            yield from self._judge.attribute(
                ATTRIBUTES, self.name, label.demand, texts, location, keyword=label.keyword
            )
            return
        for text in texts:
            if not text.isprintable() and part.pointer not in SPOKEN:
                continue  # SPM keeps the origin, five short integers, in the field named originator
            yield from self._judge.text(self.name, text, location)
            if part.pointer == "db_name" and _NUMBER.fullmatch(text) and not self._judge.policy.is_dummy(text):
                message = "db_name holds nothing but a number: a patient's, in many exports"
                yield from self._judge.finding(
                    SUSPECT_TEXT, self.name, location, message, value=text, category="H", kind="id"
                )

    def _extension(self, part: Part, location: Location, content: Content) -> Iterator[Observation]:
        if part.code == PICKLE:
            yield Unread(self.name, f"{part.pointer}: a Python pickle, which is never opened")
            return
        if part.code == DICOM and part.whole:
            yield from self._dicom(part, content)
            return
        data = part.data.rstrip(b"\0 ")
        if part.code == JSON or data.startswith(b"{"):
            try:
                values = list(sidecar.values(io.BytesIO(data), self._judge.policy.limits))
            except Unreadable:
                pass
            else:
                yield from self._sidecars.judged(values, content, self.name, (part.pointer,), ATTRIBUTES)
                return
        for text in letters.strings(data):
            yield from lines(self._judge, self.name, text, location)

    def _dicom(self, part: Part, content: Content) -> Iterator[Observation]:
        """Yield what the DICOM checker sees in an extension, at pointers below the extension's."""
        if self._embedded is None:
            yield Unread(self.name, f"{part.pointer}: a DICOM data set in a NIfTI extension")
            return
        data = part.data
        inner = Content(content.item, content.member, "dicom", lambda: io.BytesIO(data), len(data))
        for observation in self._embedded(inner):
            match observation:
                case Finding() | Text() | Identifier():
                    pointer = f"{part.pointer}.{observation.location.pointer}"
                    yield replace(observation, location=replace(observation.location, pointer=pointer))
                case Unread():
                    yield replace(observation, reason=f"{part.pointer}: {observation.reason}")
                case _:
                    pass

    def _time(self, part: Part, location: Location) -> Iterator[Observation]:
        day = datetime.fromtimestamp(int(part.data), UTC).strftime("%Y-%m-%d")
        level = self._judge.policy.text_level("C", True, "structured", "date")
        message = "the gzip header holds a time"
        yield from self._judge.finding(COMPRESSED, self.name, location, message, value=day, level=level, kind="date")

    def _unaccounted(self, part: Part, location: Location) -> Iterator[Observation]:
        for text in letters.strings(part.data):
            yield from lines(self._judge, self.name, text, location)
        message = f"{len(part.data)} bytes that are neither header nor voxels"
        yield from self._judge.finding(UNACCOUNTED, self.name, location, message)
