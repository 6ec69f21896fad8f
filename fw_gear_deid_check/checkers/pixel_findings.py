"""Findings in pixels: what was read in a series, judged, and how much of it was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

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
from fw_gear_deid_check.checkers.pixel_text import Reading
from fw_gear_deid_check.findings import Fact, Finding, Location, Observation, Unread
from fw_gear_deid_check.findings import Text as FoundText
from fw_gear_deid_check.items import Item
from fw_gear_deid_check.rules import Level

TEXTS = 40
"""Places with text in one series that are told, the gravest; more of them are the same screen."""

Told = tuple[Item, Observation, str | None]
"""An observation, the item that it is about, and the member."""


LABEL = 24
"""Characters of a label, at most."""
GAP = 12
"""Heights of a line that may lie between a label and its value."""


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
        judged = [(text, self._reading(series, text, labels(text, texts))) for text in texts]
        judged.sort(key=lambda each: (-each[1].level.rank, -each[0].block.score))
        for index, (text, reading) in enumerate(judged):
            located = series.located(text)
            sources = text.sources or ((located,) if located else ())
            for observation in self._observed(series, text, reading, told=index < TEXTS):
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

    def _reading(self, series: Series, text: Text, before: Sequence[str]) -> Reading:
        """Return what the text at a place is worth, by itself and after the label before it."""
        sure = text.block.score >= pixel_text.SURE and (series.look > Look.SAMPLE or text.images > 1)
        policy = self._judge.policy
        alone = pixel_text.judged(text.block.texts, policy, sure=sure, kept=series.days)
        if alone.level is Level.FAIL or not before:
            return alone
        whole = [f"{label.rstrip(' :.')}: {each}" for label in before[:2] for each in text.block.texts[:3]]
        labelled = pixel_text.judged(whole, policy, sure=sure, kept=series.days)
        return labelled if labelled.match is not None and labelled.level.rank > alone.level.rank else alone

    def _observed(self, series: Series, text: Text, reading: Reading, *, told: bool) -> Iterator[Finding | FoundText]:
        """Yield the finding for a place with text, and the text itself for the search for known identifiers."""
        located = series.located(text)
        frame = located.frame if located else None
        location = Location(series.pointer, frame=frame, box=text.block.box, image=series.stack.shape)
        for value in pixel_text.variants(text.block.texts):
            yield FoundText(self._checker, location, value)
        if told:
            yield from self._finding(text, reading, location)

    def _finding(self, text: Text, reading: Reading, location: Location) -> Iterator[Finding]:
        seen = f"score {text.block.score:.2f}, in {text.images} of the images that were read"
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


def labels(text: Text, others: Sequence[Text]) -> Sequence[str]:
    """Return what is read left of a text on the same line, where it is a label: words without digits."""
    row, column, height, _ = text.block.box
    found: Text | None = None
    for other in others:
        top, left, tall, wide = other.block.box
        level = min(row + height, top + tall) - max(row, top) > 0.5 * min(height, tall)
        if other is text or not level or not -height < column - left - wide <= GAP * height:
            continue
        if found is None or left > found.block.box[1]:
            found = other
    if found is None or any(len(each) > LABEL or any(map(str.isdigit, each)) for each in found.block.texts[:1]):
        return ()
    return found.block.texts
