"""Text burned into pixels: read where it is likely, sampled where it isn't, and never called absent without saying how.

45 CFR 164.514(b)(2)(i) knows no difference between a header and a picture; PS3.15 E.1.1 asks for pixel data to be
cleaned where they hold identifying text. Frames of a series are collected as they pass and read in other processes
while the run goes on; what was read comes at the end of the run. Picture files are read like captures.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from fw_gear_deid_check.checkers import pixel_risk
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.pixel_risk import Header, Look, Risk
from fw_gear_deid_check.checkers.pixel_rules import BURNED_IN, RISKY_IMAGE, RULES
from fw_gear_deid_check.detectors import ocr
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Fact, Finding, Location, Observation, Unread
from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.readers import dicom, pdf
from fw_gear_deid_check.rules import Level, Rule

if TYPE_CHECKING:
    from fw_gear_deid_check.readers.frames import Image

CLEANED = "113101"
"""CID 7050: Clean Pixel Data Option."""
VOXELS = "not inspected: the voxels of NIfTI are not looked at for text"
"""What is said of NIfTI: converters turn and mirror slices, so that text in them is no text to an engine."""
PICTURE = Risk(Look.PERSON, "a picture: a capture, a scan, a photograph, or made by a program", "", bool)
"""The class of all pictures outside of DICOM: nothing in them says how they came about."""


class PixelsChecker:
    """Collects the frames of series as they pass, has them read, and judges the text.

    Parameters
    ----------
    mode
        ``auto``: every frame of risky series, a sample of others; ``all``: every frame of all; ``off``: headers only.
    jobs
        Processes that read.
    """

    name: ClassVar[str] = "pixels"
    rules: ClassVar[tuple[Rule, ...]] = RULES
    reads: ClassVar[bool] = False

    def __init__(self, judge: Judge, mode: str = "auto", jobs: int = 1) -> None:
        self._judge = judge
        self._mode = mode
        self._jobs = jobs
        self._once: dict[tuple[str, ...], Observation | None] = {}
        self._item: Item | None = None

    def applies_to(self, content: Content) -> bool:
        """Tell whether this checker looks at such content: DICOM, pictures, and a PDF in which pictures were seen.

        Where everything is asked for, NIfTI too, to say that its voxels are not looked at.
        """
        if content.kind == "nifti":
            return self._mode == "all"
        return content.kind in {"dicom", "image"} or content.read is pdf.PICTURES

    @cached_property
    def _missing(self) -> str | None:
        return ocr.missing()

    @cached_property
    def _collection(self) -> Any:
        """What numpy and its like are needed for, which may not be installed."""
        from fw_gear_deid_check.checkers.pixel_collection import Collection
        from fw_gear_deid_check.checkers.pixel_findings import SeriesFindings

        findings = SeriesFindings(self._judge, self.name)
        return Collection(findings, self._judge.policy.limits, self._jobs, every=self._mode == "all")

    def check(self, content: Content) -> Iterator[Observation]:
        """Judge the header of an image and collect its frames."""
        if self._item is not content.item:
            self._item, self._once = content.item, {}
        if content.kind == "nifti":
            yield Unread(self.name, VOXELS)
            return
        if content.kind != "dicom":
            yield from self._pictures(content)
            return
        data = dicom.data_set(content, self._judge.policy.limits)
        if not pixel_risk.has_pixels(data):
            return  # nor where the header can't be read up to the pixels: that is told by who reads the header
        header, risks = pixel_risk.judged(data)
        if header.get("BurnedInAnnotation") == "YES":
            yield from self._annotation(header)
        if risks:
            yield from self._of_class(risks, "PixelData")
        if self._mode == "off" or self._missing is not None:
            yield from self._uninspected(risks)
            return
        from fw_gear_deid_check.readers import frames

        with content.open() as stream, frames.open_image(stream) as image:
            yield from self._collect(content, image, header, pixel_risk.look(risks))

    def _of_class(self, risks: Sequence[Risk], pointer: str) -> Iterator[Observation]:
        """Send a person to images of a class in which text is usual."""
        if pixel_risk.look(risks) is Look.PERSON:
            words = f"this is {risks[0].words}: text is usual in it"
            yield from self._finding(RISKY_IMAGE, Location(pointer), words)

    def _uninspected(self, risks: Sequence[Risk]) -> Iterator[Observation]:
        """Say that the pixels of an image are not looked at."""
        why = "switched off" if self._mode == "off" else self._missing
        if pixel_risk.look(risks) > Look.SAMPLE or self._mode == "all":
            yield from self._one(Unread(self.name, f"text in pixels not looked for: {why}"))
        else:
            yield from self._one(Fact(self.name, f"not inspected: {why}"))

    def _annotation(self, header: Header) -> Iterator[Observation]:
        """Judge a header that says that there is burned-in text."""
        cleaned = CLEANED in header.get("DeidentificationMethodCodeSequence", "")
        level = Level.REVIEW if cleaned else Level.FAIL
        words = "BurnedInAnnotation is YES" + (", though the pixels are said to be cleaned" if cleaned else "")
        yield from self._finding(BURNED_IN, Location("BurnedInAnnotation", "(0028,0301)", "CS"), words, level)

    def _finding(
        self, rule: Rule, location: Location, message: str, level: Level | None = None
    ) -> Iterator[Observation]:
        """Yield a finding that instances of an item share: the same object for each of them."""
        key = (rule.id, location.pointer, message)
        if key not in self._once:
            made: list[Finding] = list(self._judge.finding(rule, self.name, location, message, level=level))
            self._once[key] = made[0] if made else None
        finding = self._once[key]
        if finding is not None:
            yield finding

    def _one(self, observation: Unread | Fact) -> Iterator[Observation]:
        """Yield an observation once for an item."""
        key = (type(observation).__name__,)
        if key not in self._once:
            self._once[key] = observation
            yield observation

    def _collect(self, content: Content, image: Image, header: Header, look: Look) -> Iterator[Observation]:
        """Take the frames of an image, its overlays and icons into the series that they belong to."""
        from fw_gear_deid_check.detectors.stack import Source
        from fw_gear_deid_check.readers.pixels import unused_bits, used_bits

        collection = self._collection
        key = (_group(content), header.get("SeriesInstanceUID", ""), header.get("ImageType", ""))
        days = pixel_risk.days(header)
        reasons: list[str] = []
        started = time.monotonic()
        try:
            for number, raw in enumerate(image.raw_frames(collection.decoder.decode)):
                collection.clock.check(started)
                source, frame = Source(content.member, number, content.item), raw
                if image.pixels is not None:
                    rest, frame = unused_bits(raw, image.pixels), used_bits(raw, image.pixels)
                    if rest is not None:
                        collection.add((*key, "bits"), "PixelData", rest, source, look)
                kind = header.get("PhotometricInterpretation", "")
                collection.add((*key, kind), "PixelData", frame, source, look, days=days)
        except Unreadable as error:
            reasons.append(error.reason)
        for planes in (image.overlays(), image.icons(collection.decoder.decode)):
            try:
                for pointer, plane in planes:
                    source = Source(content.member, 0, content.item)
                    collection.add((*key, pointer), pointer, plane, source, Look.FRAMES, days=days)
            except Unreadable as error:
                reasons.append(error.reason)
        for reason in dict.fromkeys(reasons):
            yield Unread(self.name, reason)

    def _pictures(self, content: Content) -> Iterator[Observation]:
        """Take the pages of a picture file, or the pictures of a PDF, as series of their own."""
        yield from self._of_class((PICTURE,), "content")
        if self._mode == "off" or self._missing is not None:
            yield from self._uninspected((PICTURE,))
            return
        from fw_gear_deid_check.detectors.stack import Source
        from fw_gear_deid_check.readers import pictures

        with content.open() as stream:
            data = stream.read(pictures.FILE_BYTES + 1)
        if len(data) > pictures.FILE_BYTES:
            raise Unreadable(f"not inspected: a picture file of more than {pictures.FILE_BYTES} bytes")
        started = time.monotonic()
        key = (f"{content.item.path}!/{content.member or ''}",)
        for number in itertools.count():
            self._collection.clock.check(started)
            if number >= pictures.PAGES:
                raise Unreadable(f"not inspected: pages after the {pictures.PAGES}th of a picture file")
            arrays, more = self._collection.decoder.page(data, number, content.kind)
            source = Source(content.member, number, content.item)
            for plane, array in enumerate(arrays):
                self._collection.add((*key, plane), "content", array, source, Look.PERSON, member=content.member)
            if not more:
                return

    def finish(self, item: Item) -> Iterator[Observation]:
        """Have the series read that this item ends: those of an archive, and those of other folders."""
        if "_collection" in self.__dict__:
            self._collection.leave(but=item.path.rpartition("/")[0])
        yield from ()

    def close(self, tell: Callable[[str], None]) -> Iterator[tuple[Item, Observation, str | None]]:
        """Yield what was read in all series, when the run has seen all items."""
        if "_collection" in self.__dict__:
            yield from self._collection.told(tell)


def _group(content: Content) -> str:
    """Return where frames that belong together come from: the archive, or the folder of a file."""
    return content.item.path if content.member is not None else content.item.path.rpartition("/")[0]
