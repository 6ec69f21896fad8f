"""Text burned into pixels: read where it is likely, sampled where it isn't, and never called absent without saying how.

45 CFR 164.514(b)(2)(i) knows no difference between a header and a picture; PS3.15 E.1.1 asks for pixel data to be
cleaned where they hold identifying text. Frames of a series are collected as they pass and read in other processes
while the run goes on; what was read comes at the end of the run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from fw_gear_deid_check.checkers import pixel_risk, pixel_text
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.pixel_risk import Header, Look, Risk
from fw_gear_deid_check.detectors import ocr
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Fact, Finding, Location, Observation, Unread
from fw_gear_deid_check.findings import Text as FoundText
from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.readers import dicom
from fw_gear_deid_check.rules import Level, Rule

if TYPE_CHECKING:
    from fw_gear_deid_check.checkers.pixel_series import Key, Series, Text
    from fw_gear_deid_check.detectors.burned_in import Block
    from fw_gear_deid_check.readers.frames import Array, Image

OPEN = 64
"""Series that are open at a time; beyond, the oldest is closed and read as it is."""
HELD = 256 << 20
"""Bytes of frames that open series hold, about."""
TEXTS = 40
"""Places with text in one series that are told; more of them are the same screen."""

Told = tuple[Item, Observation, str | None]
"""An observation, the item that it is about, and the member."""

_SOURCE = "45 CFR 164.514(b)(2)(i)"
IDENTIFIER_IN_PIXELS = Rule(
    id="PIX001",
    slug="identifier-in-pixels",
    summary="Text burned into an image has the form of an identifier",
    level=Level.FAIL,
    source=_SOURCE,
    remedy="Look at the image at this box; remove the series, or clean its pixels with a redaction tool",
    why="Ultrasound screens, captures and dose reports carry name and number in the picture, where no profile reaches.",
    bad="(a frame shows: DOE^JANE 1970-01-01)",
    good="(a frame shows: 120 kV)",
)
TEXT_IN_PIXELS = Rule(
    id="PIX002",
    slug="text-in-pixels",
    summary="Text is burned into an image, and neither scanner nor radiographer explains it",
    level=Level.REVIEW,
    source=_SOURCE,
    remedy="Look at the image at this box; where the text is harmless, say so in the policy with the reason",
    why="Reading pixels is never exact: what is text and isn't technical has to be read by a person.",
    bad="(a frame shows: Ward 4)",
    good="(a frame shows: FR 51Hz)",
)
TECHNICAL_TEXT = Rule(
    id="PIX003",
    slug="technical-text-in-pixels",
    summary="Technical text is burned into an image",
    level=Level.INFO,
    source="PS3.3 C.7.6.1.1.2",
    remedy="Nothing has to be done",
    why="Side markers, depths and exposure are told for completeness: text was seen, and it is harmless.",
    bad="(a frame shows: 120 kV)",
    good="(a frame without text)",
)
BURNED_IN = Rule(
    id="PIX004",
    slug="burned-in-annotation",
    summary="The header says that identifying text is burned into the pixels",
    level=Level.FAIL,
    source="PS3.3 C.7.6.1, BurnedInAnnotation",
    remedy="Remove the series or clean its pixels, then set BurnedInAnnotation to NO",
    why="YES is said by those who know. NO is often said without looking, and earns nothing here.",
    bad="BurnedInAnnotation: YES",
    good="BurnedInAnnotation: NO",
)
RISKY_IMAGE = Rule(
    id="PIX005",
    slug="risky-image",
    summary="Images of this class usually carry text: a person has to look, whatever was read in them",
    level=Level.REVIEW,
    source="PS3.15 Table E.1-1, Clean Pixel Data Option",
    remedy="Look at the images; leave them out of the project where they aren't needed",
    why="A reader of text finds about 19 of 20 lines. Where text is the rule, that is not enough.",
    bad="(a secondary capture)",
    good="(an original MR image)",
)
FRAMES_LEFT_OUT = Rule(
    id="PIX006",
    slug="frames-left-out",
    summary="Not every frame of a series of which each should be read was read",
    level=Level.REVIEW,
    source=_SOURCE,
    remedy="Look at the frames, or run again with --pixels all",
    why="A name may stand on one frame only; projections of all frames were read, but don't show all of it.",
    bad="(60 of 400 frames of a fluoroscopy were read)",
    good="(60 of 60 frames were read)",
)
RULES = (IDENTIFIER_IN_PIXELS, TEXT_IN_PIXELS, TECHNICAL_TEXT, BURNED_IN, RISKY_IMAGE, FRAMES_LEFT_OUT)

CLEANED = "113101"
"""CID 7050: Clean Pixel Data Option."""


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
        self._open: dict[Key, Series] = {}
        self._submitted: list[Series] = []
        self._once: dict[tuple[str, ...], Observation | None] = {}
        self._item: Item | None = None

    def applies_to(self, content: Content) -> bool:
        """Tell whether this checker looks at such content: DICOM."""
        return content.kind == "dicom"

    @cached_property
    def _missing(self) -> str | None:
        return ocr.missing()

    @cached_property
    def _workers(self) -> Any:
        from fw_gear_deid_check.detectors.workers import Workers

        return Workers(self._jobs)

    @cached_property
    def _decoder(self) -> Any:
        """Workers of their own: a frame that is decoded now must not wait for images that are read later."""
        from fw_gear_deid_check.detectors.workers import Workers

        return Workers(1)

    @cached_property
    def _clock(self) -> Any:
        from fw_gear_deid_check.checkers.pixel_series import Clock

        limits = self._judge.policy.limits
        return Clock(limits.pixels_run_seconds, limits.pixels_series_seconds)

    def check(self, content: Content) -> Iterator[Observation]:
        """Judge the header of an image and collect its frames."""
        if self._item is not content.item:
            self._item, self._once = content.item, {}
        data = dicom.data_set(content, self._judge.policy.limits)
        if not pixel_risk.has_pixels(data):
            return  # nor where the header can't be read up to the pixels: that is told by who reads the header
        header, risks = pixel_risk.judged(data)
        if self._mode == "off" or self._missing is not None:
            yield from self._uninspected(header, risks)
            return
        from fw_gear_deid_check.readers import frames

        yield from self._of_header(header, risks)
        with content.open() as stream, frames.open_image(stream) as image:
            yield from self._collect(content, image, header, pixel_risk.look(risks))

    def _of_header(self, header: Header, risks: Sequence[Risk]) -> Iterator[Observation]:
        """Judge what the header alone tells."""
        yield from self._annotation(header)
        if pixel_risk.look(risks) is Look.PERSON:
            words = risks[0].words
            yield from self._finding(RISKY_IMAGE, Location("PixelData"), f"this is {words}: text is usual in it")

    def _uninspected(self, header: Header, risks: Sequence[Risk]) -> Iterator[Observation]:
        """Judge the header of an image whose pixels are not looked at, and say so."""
        yield from self._of_header(header, risks)
        why = "switched off" if self._mode == "off" else self._missing
        if pixel_risk.look(risks) > Look.SAMPLE or self._mode == "all":
            yield from self._one(Unread(self.name, f"text in pixels not looked for: {why}"))
        else:
            yield from self._one(Fact(self.name, f"not inspected: {why}"))

    def _annotation(self, header: Header) -> Iterator[Observation]:
        """Judge what the header says of burned-in text."""
        if header.get("BurnedInAnnotation") != "YES":
            return
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
            made = list(self._judge.finding(rule, self.name, location, message, level=level))
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

        key = (_group(content), header.get("SeriesInstanceUID", ""), header.get("ImageType", ""))
        reasons: list[str] = []
        started = time.monotonic()
        try:
            for number, raw in enumerate(image.raw_frames(self._decoder.decode)):
                if time.monotonic() - started > self._clock.series:
                    raise Unreadable(
                        f"not inspected: the {self._clock.series:g} s for the frames of a series were over"
                    )
                source, frame = Source(content.member, number, content.item), raw
                if image.pixels is not None:
                    rest, frame = unused_bits(raw, image.pixels), used_bits(raw, image.pixels)
                    if rest is not None:
                        self._add((*key, "bits"), "PixelData", rest, source, look)
                self._add((*key, header.get("PhotometricInterpretation", "")), "PixelData", frame, source, look)
        except Unreadable as error:
            reasons.append(error.reason)
        for planes in (image.overlays(), image.icons(self._decoder.decode)):
            try:
                for pointer, plane in planes:
                    self._add((*key, pointer), pointer, plane, Source(content.member, 0, content.item), Look.FRAMES)
            except Unreadable as error:
                reasons.append(error.reason)
        for reason in dict.fromkeys(reasons):
            yield Unread(self.name, reason)

    def _add(self, key: tuple[object, ...], pointer: str, frame: Array, source: Any, look: Look) -> None:
        from fw_gear_deid_check.checkers.pixel_series import EVERY_FRAME, Series

        key = (*key, frame.shape, frame.dtype.str, look)
        series = self._open.get(key)
        if series is None:
            if len(self._open) >= OPEN:
                self._submit(next(iter(self._open)))
            budget = EVERY_FRAME if self._mode == "all" else 0
            series = self._open[key] = Series(pointer, look, self._clock, self._is_enough, budget)
        if series.decoding > self._clock.series:
            raise Unreadable(f"not inspected: the {self._clock.series:g} s for the frames of a series were over")
        started = time.monotonic()
        series.items.setdefault(id(source.item), source.item)
        series.stack.add(frame, source)
        series.decoding += time.monotonic() - started
        while len(self._open) > 1 and sum(each.stack.held for each in self._open.values()) > HELD:
            self._submit(next(other for other in self._open if other != key))

    def _submit(self, key: Key) -> None:
        series = self._open.pop(key)
        self._submitted.append(series)
        series.submit(self._workers)

    def _is_enough(self, blocks: list[Block]) -> bool:
        """Tell whether what was read in one image of a risky series is a FAIL already."""
        return any(
            pixel_text.judged(block.texts, self._judge.policy, sure=block.score >= pixel_text.SURE).level is Level.FAIL
            for block in blocks
        )

    def finish(self, item: Item) -> Iterator[Observation]:
        """Have the series read that this item ends: those of an archive, and those of other folders."""
        group = item.path.rpartition("/")[0]
        for key in [key for key in self._open if key[0] != group]:
            self._submit(key)
        yield from ()

    def close(self, tell: Callable[[str], None]) -> Iterator[Told]:
        """Yield what was read in all series, when the run has seen all items."""
        for key in list(self._open):
            self._submit(key)
        try:
            for series in self._submitted:
                yield from self._told(series, lambda: tell(self._doing()))
        finally:
            for name in ("_workers", "_decoder"):
                if name in self.__dict__:
                    self.__dict__[name].close()

    def _doing(self) -> str:
        waiting = [series.waiting for series in self._submitted if series.waiting]
        return f"text in pixels: {sum(waiting)} images of {len(waiting)} series to go"

    def _told(self, series: Series, tick: Callable[[], None]) -> Iterator[Told]:
        """Yield findings, texts and coverage of a series."""
        from fw_gear_deid_check.checkers.pixel_series import frames_left

        first = next(iter(series.items.values()))
        texts = series.texts(tick)
        for text in sorted(texts, key=lambda text: -text.block.score)[:TEXTS]:
            located = series.located(text)
            sources = text.sources or ((located,) if located else ())
            for observation in self._judged(series, text):
                if not sources:
                    yield first, observation, None
                for source in sources:
                    yield source.item or first, observation, source.member
        coverage = Fact(self.name, series.coverage())
        for item in series.items.values():
            yield item, coverage, None
        if series.pointer == "PixelData":
            yield first, Fact("frames", series.frames_read), None
        left = frames_left(series)
        if left:
            words = f"{left} of {series.stack.frames} frames were left out; projections of all were read"
            for finding in self._judge.finding(FRAMES_LEFT_OUT, self.name, Location(series.pointer), words):
                yield first, finding, None
        for reason in series.unread():
            yield first, Unread(self.name, reason), None

    def _judged(self, series: Series, text: Text) -> Iterator[Finding | FoundText]:
        """Yield the finding for a place with text, and the text itself for the search for known identifiers."""
        score = text.block.score
        sure = score >= pixel_text.SURE and (series.look > Look.SAMPLE or text.images > 1)
        reading = pixel_text.judged(text.block.texts, self._judge.policy, sure=sure)
        located = series.located(text)
        frame = located.frame if located else None
        location = Location(series.pointer, frame=frame, box=text.block.box, image=series.stack.shape)
        seen = f"score {score:.2f}, in {text.images} of the images that were read"
        if reading.level is Level.INFO:
            rule, words = TECHNICAL_TEXT, "technical text"
        elif reading.match is None:
            rule, words = TEXT_IN_PIXELS, "text that nothing explains"
        else:
            rule, words = IDENTIFIER_IN_PIXELS, f"text with the form of {reading.match.words}"
            if reading.level is not Level.FAIL:
                rule = TEXT_IN_PIXELS
        yield from self._judge.finding(
            rule,
            self.name,
            location,
            f"{words} ({seen})",
            value=reading.text,
            level=reading.level,
            category=reading.match.category if reading.match else None,
            kind=reading.match.kind if reading.match else None,
        )
        for value in pixel_text.variants(text.block.texts):
            yield FoundText(self.name, location, value)


def _group(content: Content) -> str:
    """Return where frames that belong together come from: the archive, or the folder of a file."""
    return content.item.path if content.member is not None else content.item.path.rpartition("/")[0]
