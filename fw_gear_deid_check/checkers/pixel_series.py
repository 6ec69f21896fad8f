"""Series: frames that are looked at together, from the first that comes in to what was read in them and in how many."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from fw_gear_deid_check.checkers.pixel_risk import Look
from fw_gear_deid_check.detectors import burned_in
from fw_gear_deid_check.detectors.burned_in import Block, Tile
from fw_gear_deid_check.detectors.stack import Source, Stack
from fw_gear_deid_check.detectors.workers import LeftOut, Workers
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.items import Item

BUDGET = {Look.SAMPLE: 12, Look.FRAMES: 60, Look.PERSON: 60}
"""Images of one series that are read, by how hard to look."""
EVERY_FRAME = 2000
"""Images of one series that are read with ``--pixels all``."""
FEW = 6
"""Frames of a series of low risk that are all read turned, too; of longer series, the projections are."""
IMAGES = frozenset({"PixelData", "content"})
"""Pointers of what is an image itself, and not something that lies in one."""
EMPTY = np.empty((0, 0), np.uint8)
"""Stands for a tile's pixels once they are handed over."""

Key = tuple[object, ...]
"""What frames that are looked at together share: folder, series, pointer, shape, kind of pixel, image type."""


@dataclass(slots=True)
class Clock:
    """The time that reading may take, seconds; runs from the first image that is read."""

    run: float
    series: float
    started: float | None = None

    def run_over(self) -> bool:
        """Tell whether the time of the run is over."""
        now = time.monotonic()
        self.started = self.started or now
        return now - self.started > self.run

    def check(self, started: float) -> None:
        """Raise `errors.Unreadable` where the frames of a series have taken too long since then, monotonic seconds."""
        if time.monotonic() - started > self.series:
            raise Unreadable(self.words)

    @property
    def words(self) -> str:
        """Why a series is left, for the report."""
        return f"not inspected: the {self.series:g} s for the frames of a series were over"


@dataclass(frozen=True, slots=True)
class Text:
    """Text at one place of a series.

    Attributes
    ----------
    block
        Every reading of it, the best first.
    sources
        The frames that show it; empty where only a projection does.
    images
        How many of the images that were read show it, projections too.
    """

    block: Block
    sources: tuple[Source, ...]
    images: int


@dataclass(slots=True)
class _View:
    """An image that is being read."""

    source: Source | None
    futures: list[tuple[Tile, Future[list[Block]]]]


@dataclass(slots=True)
class Series:
    """Frames that are looked at together, and what was read in them.

    Attributes
    ----------
    pointer
        Where the frames stand: ``PixelData``, ``OverlayData[0]``.
    items
        Those that the frames came from.
    enough
        Tells from the readings of one place, and their score, that the rest needn't be read: an identifier is there.
    days
        Dates of the header.
    member
        Of the archive, where all frames come from one.
    left_out
        Why images were not read, with their number.
    """

    pointer: str
    look: Look
    clock: Clock
    enough: Callable[[Series, tuple[str, ...], float], bool]
    budget: int = 0
    days: frozenset[date] = frozenset()
    member: str | None = None
    items: dict[int, Item] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    projections: int = 0
    frames_read: int = 0
    decoding: float = 0.0
    stack: Stack = field(init=False)
    _views: deque[_View] = field(default_factory=deque)
    _started: float | None = None
    _stopped: str = ""

    def __post_init__(self) -> None:
        self.budget = self.budget or BUDGET[self.look]
        self.stack = Stack(self.budget, thorough=self.look > Look.SAMPLE or self.budget == EVERY_FRAME)

    def submit(self, workers: Workers) -> None:
        """Hand the images that are worth reading to the workers, large ones in tiles; then let the frames go."""
        for view in self.stack.views():
            aside = self.stack.thorough or view.source is None or self.stack.frames <= FEW
            futures = []
            for tile in burned_in.tiles(view.image):
                future = workers.read(tile.image, self._wanted, aside=aside)
                future.add_done_callback(self._notice)
                futures.append((replace(tile, image=EMPTY), future))
            self._views.append(_View(view.source, futures))
        self.stack.release()

    def _wanted(self) -> bool:
        """Tell, when the turn of an image comes, whether there is reason and time to read it."""
        if not self._stopped:
            now = time.monotonic()
            self._started = self._started or now
            if self.clock.run_over():
                self._stopped = f"the {self.clock.run:g} s for reading pixels in this run were over"
            elif now - self._started > self.clock.series:
                self._stopped = f"the {self.clock.series:g} s for reading the pixels of a series were over"
        return not self._stopped

    def _notice(self, future: Future[list[Block]]) -> None:
        if self._stopped or future.exception() is not None or self.look is Look.SAMPLE:
            return
        if any(self.enough(self, block.texts, block.score) for block in future.result()):
            self._stopped = ENOUGH

    @property
    def waiting(self) -> int:
        """Images that were handed over, and whose readings haven't been taken back."""
        return len(self._views)

    def texts(self, tick: Callable[[], None] = lambda: None) -> list[Text]:
        """Wait for the readings and return the text that is believed, one for each place.

        Parameters
        ----------
        tick
            Called before each wait.
        """
        places: list[Text] = []
        while self._views:
            tick()
            view = self._views.popleft()
            for block in self._read(view):
                source = () if view.source is None else (view.source,)
                for index, place in enumerate(places):
                    if burned_in.overlap(place.block.box, block.box) > 0.5:
                        both = burned_in.merged([place.block, block])[0]
                        both = replace(both, passes=max(place.block.passes, block.passes))
                        places[index] = Text(both, place.sources + source, place.images + 1)
                        break
                else:
                    places.append(Text(block, source, 1))
        return [text for text in places if burned_in.convincing(text.block, text.images)]

    def _read(self, view: _View) -> list[Block]:
        """Return what was read in an image, and count it as read or as left out."""
        blocks: list[Block] = []
        missing = ""
        for tile, future in view.futures:
            try:
                blocks += [tile.placed(block) for block in future.result()]
            except LeftOut:
                missing = self._stopped or "the run ended"
            except Unreadable as error:
                missing = error.reason
        if missing:
            self.left_out[missing] = self.left_out.get(missing, 0) + 1
        elif view.source is None:
            self.projections += 1
        else:
            self.frames_read += 1
        return burned_in.merged(blocks)

    def located(self, text: Text) -> Source | None:
        """Return the frame of text that only a projection shows, where it can be told."""
        return text.sources[0] if text.sources else self.stack.source_of(text.block.box)

    def coverage(self) -> str:
        """Return how much was looked at, in words.

        "series projections and 9 of 208 frames inspected".
        """
        frames, noun = self.stack.frames, "frame" if self.stack.frames == 1 else "frames"
        what = noun if self.pointer in IMAGES else f"{noun} of {self.pointer}"
        words = f"{self.frames_read} of {frames} {what} inspected"
        if self.projections:
            words = f"series projections and {words}"
        if self._stopped == ENOUGH:
            words += f", {ENOUGH}"
        return words

    def unread(self) -> Iterator[str]:
        """Yield why images that were to be read were not."""
        for reason, count in self.left_out.items():
            if reason != ENOUGH:
                yield f"text in pixels: {count} image(s) not inspected: {reason.removeprefix('not inspected: ')}"


ENOUGH = "the rest left out once an identifier was found"


def frames_left(series: Series) -> int:
    """Return how many frames of a series of which each should be read are beyond the budget."""
    if series.look is Look.SAMPLE or any(series.left_out):
        return 0
    return max(0, series.stack.frames - series.frames_read)
