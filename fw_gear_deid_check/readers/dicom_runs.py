"""Runs: stretches of elements that instance after instance has in common.

Instances of a series are the same but for some elements. Bytes that are equal to those of complete elements read
before, under the same private creators, are the same elements: comparing them is all the reading they need, and the
rows are the same objects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fw_gear_deid_check.limits import KIB
from fw_gear_deid_check.readers.dicom_rows import PRIVATE, Row, has_undefined_length, is_creator
from fw_gear_deid_check.readers.dicom_window import AHEAD

SLACK = 8 * KIB
"""Bytes by which the next header may be longer without a second reading."""
STEADY = 4
"""Instances that had elements in common before these are looked at as one with their neighbours."""


@dataclass(slots=True)
class Run:
    """Elements that follow each other, held in full.

    Attributes
    ----------
    creators
        Private creators where it begins, for a run with private elements; else None.
    defined
        Private creators in it; None where there are none.
    seen
        Instances that had it again.
    closed
        What follows it in the file is no run.
    made
        What a caller made of the elements, for the caller to keep here.
    """

    raw: bytes
    rows: list[Row]
    creators: dict[int, bytes] | None
    defined: dict[int, bytes] | None = None
    seen: int = 0
    closed: bool = False
    made: Any = None
    _index: dict[int, Row] | None = field(default=None, repr=False)

    @property
    def index(self) -> dict[int, Row]:
        """The rows by tag, the last where a tag stands twice."""
        if self._index is None:
            self._index = {row[0]: row for row in self.rows}
        return self._index

    def again(self, buffer: bytes, position: int) -> Row | None:
        """Return the row of the element at a position where it is this one with another value as long, else None."""
        if len(self.rows) > 1 or self.defined is not None:
            return None
        tag, vr, creator, raw, start, length = self.rows[0]
        end = position + len(raw)
        if end > len(buffer) or not buffer.startswith(raw[:start], position) or has_undefined_length(raw, start):
            return None
        return (tag, vr, creator, buffer[position:end], start, length)

    def joined(self, other: Run) -> Run:
        """Return this run and the one that follows it as one."""
        creators, here = self.creators, self.defined or {}
        if creators is None and other.creators is not None:
            creators = {key: value for key, value in other.creators.items() if key not in here}
        defined = {**here, **(other.defined or {})} or None
        return Run(self.raw + other.raw, self.rows + other.rows, creators, defined, STEADY, other.closed)


@dataclass(slots=True)
class Before:
    """What was read of the instances before.

    Attributes
    ----------
    ahead
        Bytes of the next file that are read at once: so many that a header as long as the last one is among them.
    """

    ahead: int = AHEAD
    _runs: dict[str, Runs] = field(default_factory=dict)

    def runs(self, of: str) -> Runs:
        """Return the elements of file meta information, or of data sets in one encoding."""
        return self._runs.setdefault(of, Runs())

    def was(self, header: int | None) -> None:
        """Take note of how long a header was, in bytes; None where no pixels told where it ends."""
        self.ahead = AHEAD if header is None else min(header + SLACK, AHEAD)


class Runs:
    """The elements of the instance that was read last, in one encoding."""

    def __init__(self) -> None:
        self._plan: list[Run] = []
        self._next: list[Run] = []
        self._at = 0

    def begin(self) -> None:
        """Begin with an instance."""
        self._plan, self._next, self._at = self._next, [], 0

    def take(
        self, buffer: bytes, position: int, creators: dict[int, bytes], rows: list[Row], taken: list[tuple[int, Run]]
    ) -> int:
        """Append the rows of what stands at a position as it did before; return where that ends."""
        plan, done, at = self._plan, self._next, self._at
        while at < len(plan):
            run = plan[at]
            if run.creators is not None and run.creators != creators:
                break
            if not buffer.startswith(run.raw, position):
                row = run.again(buffer, position)
                if row is None:
                    break
                rows.append(row)
                done.append(Run(row[3], [row], run.creators))
                position += len(row[3])
                at += 1
                continue
            taken.append((len(rows), run))
            rows.extend(run.rows)
            position += len(run.raw)
            if run.defined:
                creators.update(run.defined)
            run.seen += 1
            if done and run.seen >= STEADY <= done[-1].seen and not done[-1].closed:
                done[-1] = done[-1].joined(run)
            else:
                done.append(run)
            at += 1
        self._at = at
        return position

    def note(self, row: Row, creators: dict[int, bytes]) -> None:
        """Take note of an element that had to be read, with the private creators before it."""
        tag, plan = row[0], self._plan
        while self._at < len(plan) and plan[self._at].rows[0][0] <= tag:
            run = plan[self._at]
            if len(run.rows) > 1:
                plan[self._at : self._at + 1] = _single(run)
            else:
                self._at += 1
        if row[4] >= 0:
            self._next.append(_run_of(row, creators))
        elif self._next:
            self._next[-1].closed = True


def _run_of(row: Row, creators: dict[int, bytes]) -> Run:
    tag, raw = row[0], row[3]
    if not tag & PRIVATE:
        return Run(raw, [row], None)
    return Run(raw, [row], dict(creators), {tag: raw[row[4] :]} if is_creator(tag) else None)


def _single(run: Run) -> list[Run]:
    """Return a run as runs of one element each."""
    creators, runs = dict(run.creators or {}), []
    for row in run.rows:
        runs.append(_run_of(row, creators))
        creators.update(runs[-1].defined or {})
    return runs
