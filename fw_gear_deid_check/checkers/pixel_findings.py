"""Findings in pixels: what was read in a series, judged, and how much of it was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fw_gear_deid_check.checkers import pixel_text
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.pixel_risk import Look
from fw_gear_deid_check.checkers.pixel_rules import (
    DATE_IN_PIXELS,
    FRAMES_LEFT_OUT,
    IDENTIFIER_IN_PIXELS,
    TECHNICAL_TEXT,
    TEXT_IN_PIXELS,
)
from fw_gear_deid_check.checkers.pixel_series import IMAGES, Series, Text, frames_left
from fw_gear_deid_check.findings import Fact, Finding, Location, Observation, Unread
from fw_gear_deid_check.findings import Text as FoundText
from fw_gear_deid_check.items import Item
from fw_gear_deid_check.rules import Level

TEXTS = 40
"""Places with text in one series that are told; more of them are the same screen."""

Told = tuple[Item, Observation, str | None]
"""An observation, the item that it is about, and the member."""


class SeriesFindings:
    """Tells what was read in series."""

    def __init__(self, judge: Judge, checker: str) -> None:
        self._judge = judge
        self._checker = checker

    def told(self, series: Series, tick: Callable[[], None]) -> Iterator[Told]:
        """Yield findings, texts and coverage of a series.

        Parameters
        ----------
        tick
            Called before each wait for what is being read.
        """
        first = next(iter(series.items.values()))
        texts = series.texts(tick)
        for text in sorted(texts, key=lambda text: -text.block.score)[:TEXTS]:
            located = series.located(text)
            sources = text.sources or ((located,) if located else ())
            for observation in self._judged(series, text):
                if not sources:
                    yield first, observation, series.member
                for source in sources:
                    yield source.item or first, observation, source.member
        coverage = Fact(self._checker, series.coverage())
        for item in series.items.values():
            yield item, coverage, None
        if series.pointer in IMAGES:
            yield first, Fact("frames", series.frames_read), None
        left = frames_left(series)
        if left:
            words = f"{left} of {series.stack.frames} frames were left out; projections of all were read"
            for finding in self._judge.finding(FRAMES_LEFT_OUT, self._checker, Location(series.pointer), words):
                yield first, finding, series.member
        for reason in series.unread():
            yield first, Unread(self._checker, reason), series.member

    def _judged(self, series: Series, text: Text) -> Iterator[Finding | FoundText]:
        """Yield the finding for a place with text, and the text itself for the search for known identifiers."""
        score = text.block.score
        sure = score >= pixel_text.SURE and (series.look > Look.SAMPLE or text.images > 1)
        reading = pixel_text.judged(text.block.texts, self._judge.policy, sure=sure, kept=series.days)
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
            elif reading.match.recognizer in pixel_text.DATES:
                rule = DATE_IN_PIXELS
        yield from self._judge.finding(
            rule,
            self._checker,
            location,
            f"{words} ({seen})",
            value=reading.text,
            level=reading.level,
            category=reading.match.category if reading.match else None,
            kind=reading.match.kind if reading.match else None,
        )
        for value in pixel_text.variants(text.block.texts):
            yield FoundText(self._checker, location, value)

    def is_enough(self, series: Series, texts: tuple[str, ...], score: float) -> bool:
        """Tell whether what was read in one image of a risky series is a FAIL already, and more than a date."""
        policy = self._judge.policy
        if score < pixel_text.SURE or policy.level(IDENTIFIER_IN_PIXELS) is not Level.FAIL:
            return False
        reading = pixel_text.judged(texts, policy, sure=True, kept=series.days)
        return (
            reading.level is Level.FAIL
            and reading.match is not None
            and reading.match.recognizer not in pixel_text.DATES
        )
