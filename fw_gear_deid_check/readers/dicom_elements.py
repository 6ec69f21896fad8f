"""The walker: reads elements from a window one after the other, and by runs what an instance before had as well."""

from __future__ import annotations

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import KIB
from fw_gear_deid_check.readers.dicom_rows import PIXELS, PRIVATE, Row, creator_of, header, is_creator, is_sequence
from fw_gear_deid_check.readers.dicom_runs import Run, Runs
from fw_gear_deid_check.readers.dicom_sequence import Walk
from fw_gear_deid_check.readers.dicom_window import UNDEFINED, Unusual, Window


def read_elements(
    window: Window,
    explicit: bool,
    rows: list[Row],
    group_wanted: bytes | None,
    runs: Runs | None = None,
    taken: list[tuple[int, Run]] | None = None,
) -> None:
    """Append the elements from ``window.position`` on, to the end or to the first that isn't of the wanted group.

    Raises
    ------
    Unusual
        With the position of the element that can't be read.
    """
    buffer, position = window.current()
    available = len(buffer)
    creators: dict[int, bytes] = {}
    append = rows.append
    most = window.limits.data_elements
    if runs is not None:
        runs.begin()
    while True:
        if runs is not None and taken is not None:
            position = runs.take(buffer, position, creators, rows, taken)
        if len(rows) > most:
            raise Unreadable(f"more than {most} data elements")
        if position + 12 > available and not window.complete:
            buffer, position = window.refill(position, 12)
            available = len(buffer)
        if position == available:
            break
        if group_wanted is not None and buffer[position : position + 2] != group_wanted:
            break
        try:
            tag, vr, size, length = header(buffer, position, available, explicit)
        except Unusual as unusual:
            raise Unusual(unusual.reason, window.base + position) from None
        private = tag & PRIVATE
        what = (tag, vr, creator_of(tag, creators) if private else None)
        start, stop = position + size, position + size + length
        row: Row
        if length == UNDEFINED or tag in PIXELS:
            row, buffer, position = _read_long(window, explicit, what, position, start, length)
            available = len(buffer)
        elif stop > available:
            row, buffer, position = _read_across(window, what, position, start, length)
            available = len(buffer)
        else:
            row = (*what, buffer[position:stop], size, length)
            position = stop
        append(row)
        if runs is not None:
            runs.note(row, creators)
        if private and is_creator(tag) and row[4] >= 0:
            creators[tag] = row[3][row[4] :]
    window.position = window.base + position


def _read_across(
    window: Window, what: tuple[int, bytes, bytes | None], position: int, start: int, length: int
) -> tuple[Row, bytes, int]:
    """Return the row of an element that reaches over the end of the buffer, and where the next one is."""
    tag, vr, _ = what
    buffer, size = window.buffer, start - position
    end = window.base + start + length
    if end > window.size:
        raise Unusual("truncated data element", window.base + position)
    if length > window.limits.element_text and not is_sequence(tag, vr):
        return (*what, buffer[position:start], -1, length), *window.move(end)
    buffer, position = window.refill(position, size + length)
    stop = position + size + length
    return (*what, buffer[position:stop], size, length), buffer, stop


def _read_long(
    window: Window, explicit: bool, what: tuple[int, bytes, bytes | None], position: int, start: int, length: int
) -> tuple[Row, bytes, int]:
    """Return the row of pixel data, or of an element of undefined length, and where the next one is."""
    tag, vr, creator = what
    buffer, size = window.buffer, start - position
    header = buffer[position:start]
    here = window.base + start
    if tag in PIXELS:
        end = window.skip_fragments(here) if length == UNDEFINED else here + length
        if end is None or end > window.size:
            raise Unusual("truncated or damaged pixel data", window.base + position)
        if length != UNDEFINED:
            window.native.append((tag, here, end))
        return (tag, vr, creator, header, -1, end - here), *window.move(end)
    if vr not in (b"", b"SQ", b"UN"):
        end = window.skip_fragments(here)
        if end is None:
            raise Unusual("damaged fragments", window.base + position)
        if end - here > window.limits.element_text:
            return (tag, vr, creator, header, -1, end - here), *window.move(end)
        buffer, position = window.refill(position, size + end - here)
        stop = position + size + end - here
        return (tag, vr, creator, buffer[position:stop], size, end - here), buffer, stop
    while True:
        try:
            stop = Walk(buffer, None, window.limits).sequence(position + size, len(buffer), True, explicit, 1, "", b"")
            return (tag, vr, creator, buffer[position:stop], size, stop - position - size), buffer, stop
        except Unusual as unusual:
            if window.complete:
                raise Unusual(unusual.reason, window.base + position) from None
            buffer, position = window.refill(position, 2 * (len(buffer) - position) + 256 * KIB)
