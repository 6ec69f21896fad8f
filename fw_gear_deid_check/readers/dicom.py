"""Reads every data element of a DICOM file, without converting values and without holding pixel data.

The top level is a list of rows, each with the bytes of one data element, header included, so that a caller can remember
what it made of them: instances of a series repeat most of their elements. A sequence is one row; `expand` walks it.

What isn't plain little endian is handed to pydicom (`readers.dicom_fallback`); what neither can read to its end is
"not checked", with the reason in `DataSet.unread`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.items import Content
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers.dicom_elements import read_elements
from fw_gear_deid_check.readers.dicom_pixels import Misfit, misfits, unseen
from fw_gear_deid_check.readers.dicom_rows import (
    CHARACTER_SET,
    HEADER,
    ITEM_BYTES,
    PIXELS,
    Row,
    pointer_name,
)
from fw_gear_deid_check.readers.dicom_runs import Before, Run, Runs
from fw_gear_deid_check.readers.dicom_sequence import Visit, expand
from fw_gear_deid_check.readers.dicom_window import AHEAD, Unusual, Window

__all__ = [
    "BIG_ENDIAN", "CHARACTER_SET", "DEFLATED", "EXPLICIT", "HEADER", "IMPLICIT", "ITEM_BYTES", "PIXELS", "Before",
    "DataSet", "Row", "Visit", "data_set", "expand", "pointer_name", "read",
]  # fmt: skip

TRANSFER_SYNTAX = 0x00020010
TRAILING_TAGS = frozenset({0xFFFCFFFC, 0xFFFAFFFA})
"""What may stand after the pixel data: padding and digital signatures."""
IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED = (
    b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.2", b"1.2.840.10008.1.2.1.99",
)  # fmt: skip
NATIVE = frozenset({IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED})
"""Transfer syntaxes in which pixel data aren't encapsulated."""


@dataclass(slots=True)
class DataSet:
    """What a DICOM file holds.

    Attributes
    ----------
    rows, meta
        The data set, command elements first, and the file meta information (explicit VR little endian), in the order of
        the file.
    explicit
        Whether the rows have a VR.
    character_set
        Value of the last (0008,0005) at the top level, as it stands there.
    trailing
        Bytes after the pixel data that are no data elements, at most ``Limits.element_text`` of them; padding with
        zeros isn't kept.
    taken, meta_taken
        Rows, and those of the file meta information, that are those of an instance before: index of the first, and the
        run.
    misfits
        Pixel data that are longer or shorter than the image.
    handed_over
        Whether pydicom read it.
    unread
        Why it was not read to its end; the rows are what was read before.
    """

    preamble: bytes = b""
    meta: list[Row] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    explicit: bool = True
    transfer_syntax: bytes = b""
    character_set: bytes = b""
    trailing: bytes = b""
    taken: list[tuple[int, Run]] = field(default_factory=list, compare=False)
    meta_taken: list[tuple[int, Run]] = field(default_factory=list, compare=False)
    misfits: list[Misfit] = field(default_factory=list)
    handed_over: bool = False
    unread: str | None = None
    _index: dict[int, Row] | None = field(default=None, compare=False, repr=False)

    @property
    def index(self) -> dict[int, Row]:
        """The rows by tag, the last where a tag stands twice; made when it is first asked for."""
        if self._index is None:
            found: dict[int, Row] = {}
            at = 0
            for first, run in [*self.taken, (len(self.rows), None)]:
                for row in self.rows[at:first]:
                    found[row[0]] = row
                if run is not None:
                    found.update(run.index)
                    at = first + len(run.rows)
            self._index = found
        return self._index

    @property
    def has_duplicates(self) -> bool:
        """Whether a tag stands more than once."""
        return len(self.index) != len(self.rows)

    def rows_of(self, tags: Collection[int]) -> tuple[Row, ...]:
        """Return the rows that have one of the tags."""
        if self.has_duplicates:
            return tuple([row for row in self.rows if row[0] in tags])
        index = self.index
        return tuple([index[tag] for tag in tags if tag in index])


def data_set(content: Content, limits: Limits, before: Before | None = None) -> DataSet:
    """Return the data set of a content, read once for all checkers; see `read`."""
    if not isinstance(content.read, DataSet):
        with content.open() as stream:
            content.read = read(stream, stream.seek(0, 2), limits, before)
    return content.read


def read(stream: BinaryIO, size: int, limits: Limits | None = None, before: Before | None = None) -> DataSet:
    """Read a DICOM file.

    Parameters
    ----------
    stream
        Seekable; read from its beginning.
    size
        Bytes that the stream holds: lengths are checked against it.
    before
        Elements of the instances that were read before, where the same table is given to each reading: what is the
        same isn't read again.

    Returns
    -------
    DataSet
        With ``unread`` set where it was not read to its end.

    Raises
    ------
    errors.Unreadable
        When nothing of it can be read.
    """
    limits = limits or Limits()
    window = Window(stream, size, limits, AHEAD if before is None else before.ahead)
    data = DataSet()
    try:
        _read_meta(window, data, before)
    except Unusual as unusual:
        raise Unreadable(f"file meta information: {unusual.reason}") from None
    try:
        if data.transfer_syntax == DEFLATED:
            with window.inflated() as inflated:
                _read_data_set(inflated, data, before)
        else:
            _read_data_set(window, data, before)
    except Unreadable as unreadable:
        data.unread = unreadable.reason
    if not data.rows and not data.meta:
        raise Unreadable(data.unread or "no data elements")
    for row in data.rows_of((CHARACTER_SET,)):
        if row[4] >= 0:
            data.character_set = row[3][row[4] :]
    if before is not None:
        before.was(window.native[0][1] if window.native else None)
    return data


def _read_data_set(window: Window, data: DataSet, before: Before | None) -> None:
    """Read the data set with the walker, else with pydicom."""
    start = window.position
    commands = list(data.rows)
    try:
        if not _encoding(window, data):
            raise Unusual("big endian")
        _read_rows(window, data, _runs(before, "explicit" if data.explicit else "implicit"))
        data.misfits = misfits(window, data.index, window.native)
    except Unusual as unusual:
        from fw_gear_deid_check.readers import dicom_fallback

        data.rows, data.taken, data._index = commands, [], None
        dicom_fallback.read(window, start, data, unusual.reason)
        if data.transfer_syntax in NATIVE:
            data.misfits = unseen(data.rows, data.index, data.transfer_syntax != BIG_ENDIAN)


def _runs(before: Before | None, of: str) -> Runs | None:
    """Return the elements that were read before of such a kind."""
    return None if before is None else before.runs(of)


def _read_meta(window: Window, data: DataSet, before: Before | None) -> None:
    """Read the preamble, the file meta information and a command set."""
    head, position = window.peek(132), 0
    if head[128:132] == b"DICM":
        data.preamble, position = head[:128], 132
    window.position = position
    try:
        read_elements(window, True, data.meta, b"\2\0", _runs(before, "meta"), data.meta_taken)
    except Unusual:  # seen in the wild: in implicit VR
        window.position = position
        data.meta, data.meta_taken = [], []
        read_elements(window, False, data.meta, b"\2\0")
    position = window.position
    try:
        read_elements(window, False, data.rows, b"\0\0")
    except Unusual:
        window.position = position
        data.rows = []
    for tag, _, _, raw, start, _ in data.meta:
        if tag == TRANSFER_SYNTAX and start >= 0:
            data.transfer_syntax = raw[start:].rstrip(b"\0 ")


def _encoding(window: Window, data: DataSet) -> bool:
    """Set ``data.explicit`` from the transfer syntax, or from the first element; tell whether it is little endian."""
    syntax = data.transfer_syntax
    head = window.peek(6)
    found = head[4:6] in HEADER
    if not syntax:
        data.explicit = found
        return not (found and int.from_bytes(head[:2], "little") >= 0x0400)
    data.explicit = syntax != IMPLICIT
    if syntax == BIG_ENDIAN:
        return False
    letters = len(head) == 6 and all(0x40 < byte < 0x5B for byte in head[4:6])
    if len(head) == 6 and letters != data.explicit and head.strip(b"\0"):
        raise Unusual("another encoding than its transfer syntax says")
    return True


def _read_rows(window: Window, data: DataSet, runs: Runs | None) -> None:
    """Read the data set; what stands after the pixel data and is no data element becomes ``data.trailing``."""
    rows = data.rows
    try:
        read_elements(window, data.explicit, rows, None, runs, data.taken)
    except Unusual as unusual:
        position = unusual.position
        if window.only_zeros(position):
            return
        after_pixels = bool(rows) and rows[-1][0] >= 0x7FE00008
        tag = window.tag(position)
        if not after_pixels or tag in PIXELS or tag in TRAILING_TAGS:
            raise
        data.trailing = window.rest(position)
