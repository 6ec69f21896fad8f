"""Collection: frames as they come in, sorted into the series that they belong to, and handed over to be read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from fw_gear_deid_check.checkers.pixel_findings import SeriesFindings, Told
from fw_gear_deid_check.checkers.pixel_risk import Look
from fw_gear_deid_check.checkers.pixel_series import EVERY_FRAME, Clock, Key, Series
from fw_gear_deid_check.detectors.stack import Source
from fw_gear_deid_check.detectors.workers import Workers
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import MIB, Limits

if TYPE_CHECKING:
    from fw_gear_deid_check.readers.frames import Array

OPEN = 64
"""Series that are open at a time; beyond, the oldest is closed and read as it is."""
HELD = 256 * MIB
"""Bytes of frames that open series hold, about."""


class Collection:
    """The series of a run.

    Parameters
    ----------
    jobs
        Processes that read.
    every
        Read every frame, not only those of risky series.
    """

    def __init__(self, findings: SeriesFindings, limits: Limits, jobs: int, *, every: bool) -> None:
        self._findings = findings
        self._every = every
        self._workers = Workers(jobs)
        self.decoder = Workers(
            1
        )  # of its own: a frame that is decoded now must not wait for images that are read later
        self.clock = Clock(limits.pixels_run_seconds, limits.pixels_series_seconds)
        self._open: dict[Key, Series] = {}
        self._submitted: list[Series] = []

    def add(
        self,
        key: Key,
        pointer: str,
        frame: Array,
        source: Source,
        look: Look,
        days: frozenset[date] = frozenset(),
        member: str | None = None,
    ) -> None:
        """Take in a frame.

        Parameters
        ----------
        key
            What frames of one series share; what comes first in it is where they stand, see `leave`.
        days
            Dates of its header.
        member
            Of the archive, where all frames of the series come from one.

        Raises
        ------
        errors.Unreadable
            Where the time for the frames of a series is over.
        """
        key = (*key, frame.shape, frame.dtype.str, look)
        series = self._open.get(key)
        if series is None:
            if len(self._open) >= OPEN:
                self._submit(next(iter(self._open)))
            budget = EVERY_FRAME if self._every else 0
            series = Series(pointer, look, self.clock, self._findings.is_enough, budget, member=member)
            self._open[key] = series
        series.days |= days
        if series.decoding > self.clock.series:
            raise Unreadable(self.clock.words)
        started = time.monotonic()
        if source.item is not None:
            series.items.setdefault(id(source.item), source.item)
        series.stack.add(frame, source)
        series.decoding += time.monotonic() - started
        while len(self._open) > 1 and sum(each.stack.held for each in self._open.values()) > HELD:
            self._submit(next(other for other in self._open if other != key))

    def leave(self, but: str | None = None) -> None:
        """Have those series read to which nothing will be added: all that stand elsewhere."""
        for key in [key for key in self._open if key[0] != but]:
            self._submit(key)

    def _submit(self, key: Key) -> None:
        series = self._open.pop(key)
        self._submitted.append(series)
        series.submit(self._workers)

    def told(self, tell: Callable[[str], None]) -> Iterator[Told]:
        """Yield what was read in all series, and end the processes."""
        self.leave()
        try:
            for series in self._submitted:
                yield from self._findings.told(series, lambda: tell(self._doing()))
        finally:
            self._workers.close()
            self.decoder.close()

    def _doing(self) -> str:
        waiting = [series.waiting for series in self._submitted if series.waiting]
        return f"text in pixels: {sum(waiting)} images of {len(waiting)} series to go"
