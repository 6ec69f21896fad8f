"""Stack: the frames of a series, one after another, kept as what is worth reading: projections and ranked frames.

Three frames of 200 find text on one frame with 7 % probability. Projections find it where it stands out of everything,
and frames that differ from their neighbours in thin structures, or in which glyphs stand in a row, find the rest.
Memory is bounded: the projections, a few ranked frames and an even sample, whatever the number of frames.
"""

from __future__ import annotations

import heapq
import statistics
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fw_gear_deid_check.detectors import glyphs
from fw_gear_deid_check.items import Item
from fw_gear_deid_check.limits import MIB

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Frame = NDArray[Any]
    Image = NDArray[np.uint8]

RANKED = 3
"""Frames that each of the three rankings keeps, one where frames are larger than `LARGE`."""
LARGE = 8 * MIB
"""Bytes of a large frame."""
SPREAD = 96 * MIB
"""Bytes of frames that are kept as an even sample, about."""
SAMPLES = 4096
"""Pixels of a frame that the window is worked out from."""
SAMPLED_FRAMES = 64
"""Frames whose pixels the window is worked out from."""
WINDOW = (0.5, 99.9)
"""Percentiles that become black and white."""
HIDDEN = 4
"""A range of values this many times the window may hide text in what is clipped: it is read once more, unclipped."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a frame comes from: the member of an archive, or None, the zero-based frame in it, and its item."""

    member: str | None
    frame: int
    item: Item | None = None


@dataclass(frozen=True, slots=True)
class View:
    """An image to be read, and where it comes from: None for a projection of the stack."""

    name: str
    image: Image
    source: Source | None


@dataclass(order=True, slots=True)
class _Candidate:
    score: float
    index: int
    frame: Frame = field(compare=False)
    source: Source = field(compare=False)


class Even:
    """An even sample of a sequence whose length is not known beforehand: at most ``size`` of what is added."""

    def __init__(self, size: int) -> None:
        self.size = max(2, size)
        self.stride = 1
        self.kept: list[tuple[int, Any]] = []

    def add(self, index: int, value: Any) -> None:
        """Keep the value if its turn comes; thin out what was kept when it gets too much."""
        if index % self.stride:
            return
        self.kept.append((index, value))
        if len(self.kept) > self.size:
            self.stride *= 2
            self.kept = [(place, each) for place, each in self.kept if place % self.stride == 0]


class Stack:
    """Frames of one series with one shape and one kind of pixel.

    Parameters
    ----------
    budget
        Images that may be read: few for series of low risk (projections and ranked frames), more where every frame
        is to be read; what is beyond it is left out and told by `pixel_series.Series.coverage`.
    thorough
        Read every frame, up to the budget, and not only the ranked ones.
    """

    def __init__(self, budget: int, *, thorough: bool = False) -> None:
        self.budget = budget
        self.thorough = thorough
        self.frames = 0
        self._high: Frame | None = None
        self._low: Frame | None = None
        self._where: NDArray[np.int32] | None = None
        self._sources: list[Source] = []
        self._samples = Even(SAMPLED_FRAMES)
        self._even = Even(budget)
        self._first: _Candidate | None = None
        self._final: _Candidate | None = None
        self._ranked: dict[str, list[_Candidate]] = {"brighter": [], "darker": [], "glyphs": []}
        self._typical = {"brighter": deque[float](maxlen=9), "darker": deque[float](maxlen=9)}
        self._last: deque[_Candidate] = deque(maxlen=3)
        self._range: tuple[float, float] = (0.0, 1.0)

    @property
    def shape(self) -> tuple[int, int] | None:
        """(rows, columns) of its frames."""
        return None if self._high is None else (self._high.shape[0], self._high.shape[1])

    @property
    def held(self) -> int:
        """Bytes that it holds, about."""
        if self._high is None:
            return 0
        each = self._high.nbytes
        return each * (4 + len(self._even.kept) + sum(map(len, self._ranked.values())))

    def add(self, frame: Frame, source: Source) -> None:
        """Take in a frame of shape (rows, columns) or (rows, columns, 3), as stored; it must not change afterwards."""
        index = self.frames
        if not index:
            self._even = Even(min(self.budget, SPREAD // max(1, frame.nbytes)))
        self.frames += 1
        self._sources.append(source)
        candidate = _Candidate(0.0, index, frame, source)
        self._first = self._first or candidate
        self._final = candidate
        self._project(frame, index)
        flat = frame.reshape(-1)
        self._samples.add(index, flat[:: max(1, flat.size // SAMPLES)][: SAMPLES + 1].astype(np.float32))
        if index & (index + 1) == 0:  # at 1, 2, 4, 8 … frames
            self._range = self._window()
        self._even.add(index, candidate)
        self._rank(candidate)

    def _project(self, frame: Frame, index: int) -> None:
        if self._high is None or self._low is None:
            self._high = self._low = frame
            return
        if self._where is None:
            self._high, self._low = self._high.copy(), self._low.copy()
            self._where = np.zeros(frame.shape[:2], np.int32)
        higher = frame > self._high
        self._where[higher if higher.ndim == 2 else higher.any(axis=2)] = index
        np.maximum(self._high, frame, out=self._high)
        np.minimum(self._low, frame, out=self._low)

    def _rank(self, candidate: _Candidate) -> None:
        image = grey(windowed(candidate.frame, self._bright(candidate)))
        self._keep("glyphs", candidate, glyphs.chains(image))
        self._last.append(candidate)
        if len(self._last) == 3:
            before, middle, after = self._last
            self._rank_excess(middle, before, after)
        elif len(self._last) == 2:
            self._rank_excess(self._last[0], self._last[1])

    def _bright(self, candidate: _Candidate) -> tuple[float, float]:
        """Return the window for ranking a frame: wide enough for what is far brighter than the frames until then.

        The first slices of a head are air: under their window, noise is as bright as text.
        """
        low, high = self._range
        return low, max(high, low + (_extremes(candidate.frame)[1] - low) / 2)

    def _rank_excess(self, candidate: _Candidate, *others: _Candidate) -> None:
        window = self._bright(candidate)
        image, *neighbours = (grey(windowed(each.frame, window)) for each in (candidate, *others))
        for name, count in zip(("brighter", "darker"), glyphs.excess(image, tuple(neighbours)), strict=True):
            usual = self._typical[name]
            self._keep(name, candidate, count - (statistics.median(usual) if usual else 0))
            usual.append(count)

    def _keep(self, name: str, candidate: _Candidate, score: float) -> None:
        heap = self._ranked[name]
        entry = _Candidate(score, -candidate.index, candidate.frame, candidate.source)
        if len(heap) < (RANKED if candidate.frame.nbytes <= LARGE else 1):
            heapq.heappush(heap, entry)
        elif entry > heap[0]:
            heapq.heapreplace(heap, entry)

    def _window(self) -> tuple[float, float]:
        values = np.concatenate([sample for _, sample in self._samples.kept])
        values = values[np.isfinite(values)]
        if not values.size:
            return 0.0, 1.0
        low, high = np.percentile(values, WINDOW)
        if high <= low:
            low, high = float(values.min()), float(values.max())
        return float(low), float(high)

    def views(self) -> Iterator[View]:
        """Yield the images to read, the most telling first, at most `budget` of them."""
        if self._first is None or self._final is None or self._high is None or self._low is None:
            return
        if len(self._last) > 1:
            self._rank_excess(self._last[-1], self._last[-2])
        self._last.clear()
        window = self._window()
        projections = self._projections(self._high, self._low, window)
        for name, projection, under in projections:
            yield View(name, windowed(projection, under), None)
        chosen: dict[int, _Candidate] = {0: self._first}
        for heap in self._ranked.values():
            chosen.update({-entry.index: entry for entry in sorted(heap, reverse=True)})
        evenly = [candidate for _, candidate in self._even.kept]
        every = self.thorough or self.frames <= self.budget - len(projections)
        for candidate in evenly if every else [evenly[len(evenly) // 2], self._final]:
            chosen.setdefault(candidate.index, candidate)
        for index, candidate in list(chosen.items())[: max(1, self.budget - len(projections))]:
            yield View(f"frame {index}", windowed(candidate.frame, window), candidate.source)

    def _projections(
        self, high: Frame, low: Frame, window: tuple[float, float]
    ) -> list[tuple[str, Frame, tuple[float, float]]]:
        """Return (name, projection, window); also under the widest window, where the usual one clips much."""
        found = [("maximum", high, window), ("minimum", low, window)] if self.frames > 1 else []
        widest = _extremes(low)[0], _extremes(high)[1]
        if widest[1] - widest[0] > HIDDEN * (window[1] - window[0]):
            found.append(("maximum, unclipped", high, widest))
            if self.frames > 1:
                found.append(("minimum, unclipped", low, widest))
        return found

    def release(self) -> None:
        """Let the frames go; what tells where text of a projection comes from stays."""
        self._even, self._samples = Even(2), Even(2)
        self._ranked = {name: [] for name in self._ranked}
        self._last.clear()
        self._first = self._final = self._low = None
        if self._where is None and self._high is not None:
            self._high = np.empty((*self._high.shape[:2], 0), np.uint8)  # of one frame, the shape is enough

    def source_of(self, box: tuple[int, int, int, int]) -> Source | None:
        """Return the frame from which most of the bright pixels of a box in the maximum projection come."""
        if self._where is None or self._high is None:
            return self._sources[0] if self._sources else None
        row, column, height, width = box
        place = np.s_[row : row + height, column : column + width]
        values = self._high[place] if self._high.ndim == 2 else self._high[place].max(axis=2)
        if not values.size:
            return None
        bright = self._where[place][values >= np.percentile(values, 75)]
        found, counts = np.unique(bright, return_counts=True)
        best = int(np.argmax(counts))
        return self._sources[int(found[best])] if counts[best] * 2 >= bright.size else None


def _extremes(frame: Frame) -> tuple[float, float]:
    """Return the smallest and the largest finite value, 0 where there is none."""
    values = frame[np.isfinite(frame)] if np.issubdtype(frame.dtype, np.floating) else frame
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def windowed(frame: Frame, window: tuple[float, float]) -> Image:
    """Return the frame with a range of values mapped to 0 … 255; 8-bit colour stays as it is."""
    if frame.dtype == np.uint8 and frame.ndim == 3:
        return np.ascontiguousarray(frame)
    low, high = window
    scale = 255.0 / (high - low) if high > low else 255.0
    values = (frame.astype(np.float32) - np.float32(low)) * np.float32(scale)
    np.nan_to_num(values, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    image: Image = np.clip(values, 0, 255).astype(np.uint8)
    return image


def grey(image: Image) -> Image:
    """Return the brightest channel of a colour image, a grey image as it is."""
    return image if image.ndim == 2 else np.ascontiguousarray(image.max(axis=2))
