"""Pictures, PDF and scanner files: every field that their readers find, by its label and as text.

A preview picture keeps the screen's user, a PDF its author, and the raw data beside a series the header that was
removed from the series. Clauses: 45 CFR 164.514(b)(2)(i), EXIF 2.32.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, ClassVar

from fw_gear_deid_check.checkers.attribute_rules import attribute_rules
from fw_gear_deid_check.checkers.flow import Flow
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.labels import Labels, is_subject_label
from fw_gear_deid_check.checkers.text_rules import TEXT_RULES
from fw_gear_deid_check.findings import Location, Observation, Text, Unread
from fw_gear_deid_check.items import Content
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers import images, pdf, scanner
from fw_gear_deid_check.readers.fields import Field, Missing
from fw_gear_deid_check.readers.letters import strings
from fw_gear_deid_check.rules import Level, Rule

Reader = Callable[[BinaryIO, Limits], Iterator[Field | Missing]]

IMAGE = attribute_rules("IMG", "a picture file", "Remove the metadata (exiftool -all=), or the file")
PDF = attribute_rules("PDF", "a PDF", "Remove the file, or its document properties")
RAW = attribute_rules("RAW", "a scanner file", "Remove the file: no profile empties its header")
POSITION = Rule(
    id="IMG006",
    slug="position",
    summary="A picture says where it was taken",
    level=Level.FAIL,
    source="45 CFR 164.514(b)(2)(i)(B)",
    remedy="Remove the metadata (exiftool -all=), or the file",
    why="Telephones write latitude and longitude into every photograph.",
    bad="GPSLatitude, GPSLongitude",
    good="(no GPS directory)",
    category="B",
)
UNACCOUNTED = Rule(
    id="RAW006",
    slug="unaccounted-bytes",
    summary="A REC file holds more than the voxels that its PAR file describes",
    level=Level.REVIEW,
    source="45 CFR 164.514(b)(2)(i)",
    remedy="Look at the bytes behind the voxels; export the pair again",
    why="Bytes that no header describes are shown by no viewer and emptied by no tool.",
    bad="(the voxels are followed by 80 more bytes)",
    good="(the voxels end the file)",
)
PAIRS = 4096
"""Headers that are remembered until the file with their voxels comes."""
WIDE = 1 << 10
"""Longer values of a labelled field are judged as text, not as the value of an attribute."""


_WHEN = re.compile(r"(?:date|time)$", re.IGNORECASE)


class _FieldChecker:
    """Judges the fields of files with a header."""

    name: ClassVar[str]
    rules: ClassVar[tuple[Rule, ...]]
    reads: ClassVar[bool] = True
    attributes: ClassVar[Mapping[str, Rule]]
    readers: ClassVar[Mapping[str, Reader]]

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._labels = Labels(judge.policy)

    def applies_to(self, content: Content) -> bool:
        """Tell whether there is a reader for its kind."""
        return content.kind in self.readers

    def check(self, content: Content) -> Iterator[Observation]:
        """Yield what is seen."""
        flow = Flow(self.name)
        with content.open() as stream:
            for field in self.readers[content.kind or ""](stream, self._judge.policy.limits):
                if isinstance(field, Missing):
                    yield from self._missing(field, content)
                else:
                    yield from flow.of(self._field(field, content))
        yield from flow.close()

    def _missing(self, missing: Missing, content: Content) -> Iterator[Observation]:
        """Yield that a part of the file wasn't read."""
        yield Unread(self.name, missing.reason)

    def _field(self, field: Field, content: Content) -> Iterator[Observation]:
        location = Location(field.pointer)
        if field.label == "GPSInfo":
            yield from self._judge.finding(POSITION, self.name, location, "the picture holds a position")
            return
        label = self._labels.of(field.label, persons=True) if len(field.text) <= WIDE else None
        if label is not None and label.fits(field.text) and not is_subject_label(content, label.keyword, field.text):
            yield from self._judge.attribute(
                self.attributes, self.name, label.demand, [field.text], location, keyword=label.keyword
            )
            if label.demand.nature in {"direct-identifier", "staff-name"}:
                return
            if label.demand.nature == "indirect-identifier":
                yield Text(self.name, location, field.text, free=False)
                return
        place = "structured" if _WHEN.search(field.label) else field.place
        yield from lines(self._judge, self.name, field.text, location, place)


def lines(judge: Judge, checker: str, text: str, location: Location, place: str = "free") -> Iterator[Observation]:
    """Yield what a text of many lines holds: judged line by line, kept as a whole."""
    for line in text.splitlines():
        for observation in judge.text(checker, line, location, place):
            if not isinstance(observation, Text):
                yield observation
    if text.strip() and not judge.policy.is_dummy(text):
        yield Text(checker, location, text, free=place in {"free", "private"})


class ImageChecker(_FieldChecker):
    """Reads the metadata of pictures; their pixels are looked at by the checker of pixels."""

    name: ClassVar[str] = "image"
    rules: ClassVar[tuple[Rule, ...]] = (*IMAGE.values(), POSITION, *TEXT_RULES)
    attributes: ClassVar[Mapping[str, Rule]] = IMAGE
    readers: ClassVar[Mapping[str, Reader]] = {"image": images.fields}


class PdfChecker(_FieldChecker):
    """Reads PDF."""

    name: ClassVar[str] = "pdf"
    rules: ClassVar[tuple[Rule, ...]] = (*PDF.values(), *TEXT_RULES)
    attributes: ClassVar[Mapping[str, Rule]] = PDF
    readers: ClassVar[Mapping[str, Reader]] = {"pdf": pdf.fields}

    def _missing(self, missing: Missing, content: Content) -> Iterator[Observation]:
        """Leave pictures to the checker of pixels, which looks at the same content next."""
        if missing is pdf.PICTURES:
            content.read = pdf.PICTURES
        else:
            yield from super()._missing(missing, content)


class ScannerChecker(_FieldChecker):
    """Reads what scanners write beside DICOM."""

    name: ClassVar[str] = "raw"
    rules: ClassVar[tuple[Rule, ...]] = (*RAW.values(), UNACCOUNTED, *TEXT_RULES)
    attributes: ClassVar[Mapping[str, Rule]] = RAW
    readers: ClassVar[Mapping[str, Reader]] = {
        "par": scanner.par,
        "bruker": scanner.bruker,
        "rda": scanner.rda,
        "twix": scanner.twix,
        "pfile": scanner.pfile,
    }

    def __init__(self, judge: Judge) -> None:
        super().__init__(judge)
        self._voxels: dict[str, int] = {}

    def applies_to(self, content: Content) -> bool:
        """Tell whether there is a reader for its kind; the voxels of a REC file are measured by the PAR beside it."""
        return content.kind == "rec" or super().applies_to(content)

    def check(self, content: Content) -> Iterator[Observation]:
        """Yield what is seen."""
        if content.kind == "rec":
            yield from self._rec(content)
            return
        if content.kind == "par" and len(self._voxels) < PAIRS:
            with content.open() as stream:
                voxels = scanner.par_voxels(stream, self._judge.policy.limits)
            if voxels is not None:
                self._voxels[beside(content)] = voxels
        yield from super().check(content)

    def _rec(self, content: Content) -> Iterator[Observation]:
        voxels = self._voxels.pop(beside(content), None)
        with content.open() as stream:
            size = stream.seek(0, os.SEEK_END)
            if voxels is None:
                yield Unread(self.name, "a REC file without the PAR that describes it")
            elif size < voxels:
                yield Unread(self.name, "fewer voxels than the PAR file says")
            elif size > voxels:
                stream.seek(voxels)
                rest = stream.read(self._judge.policy.limits.element_text)
                if rest.strip(b"\0"):
                    location = Location("trailing")
                    for text in strings(rest):
                        yield from lines(self._judge, self.name, text, location, "private")
                    message = "bytes after the voxels"
                    yield from self._judge.finding(UNACCOUNTED, self.name, location, message)
                if size - voxels > len(rest):
                    yield Unread(self.name, "trailing: more bytes than are read")


def beside(content: Content) -> str:
    """Return what a header file and the file with its voxels share: all but the extension."""
    path, member = content.item.path.removesuffix(".gz"), content.member
    if member is None or path.endswith(member):
        return path.rpartition(".")[0]  # itself, or what is packed in it alone
    return f"{path}\0{member.removesuffix('.gz').rpartition('.')[0]}"
