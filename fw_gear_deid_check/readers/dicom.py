"""Reads every data element of a DICOM file, without converting values and without holding pixel data.

The top level is a list of rows, each with the bytes of one data element, header included, so that a caller can remember
what it made of them: instances of a series repeat most of their elements. A sequence is one row; `expand` walks it.

What isn't plain little endian is handed to pydicom (`readers.dicom_fallback`); what neither can read to its end is
"not checked", with the reason in `DataSet.unread`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct
from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.items import Content
from fw_gear_deid_check.limits import KIB, Limits
from fw_gear_deid_check.readers.dicom_runs import Runs
from fw_gear_deid_check.readers.dicom_window import ITEM, SEQUENCE_END, UNDEFINED, Unusual, Window
from fw_gear_deid_check.readers.dictionary import keyword
from fw_gear_deid_check.readers.dictionary import vr as dictionary_vr

Row = tuple[int, bytes, bytes | None, bytes, int, int]
"""(tag, VR, creator, raw, start, length) of one data element.

VR is ``b""`` in implicit VR. Creator is None for public elements and for private creators themselves, ``b""`` for
private elements without a creator. ``raw[:start]`` is the header and ``raw[start:]`` the value; where start is -1 the
value isn't held and raw is the header alone. Length is that of the value in bytes, delimiters included.
"""

Before = dict[bool, Runs]
"""What was read before, by whether it was in explicit VR."""

Visit = Callable[[str, bytes, Row], None]
"""Called for each element in a sequence with the pointer of its item (``A[0].B[1].``), its character set, its row."""

ITEM_BYTES = b"\xfe\xff\x00\xe0"
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
CHARACTER_SET = 0x00080005
TRANSFER_SYNTAX = 0x00020010
TRAILING_TAGS = frozenset({0xFFFCFFFC, 0xFFFAFFFA})
"""What may stand after the pixel data: padding and digital signatures."""
ELEMENTS = 4_000_000
"""Data elements of one sequence, at all depths; more are "not checked"."""

IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED = (
    b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.2", b"1.2.840.10008.1.2.1.99",
)  # fmt: skip

_SHORT = "AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US"
_LONG = "OB OD OF OL OV OW SQ SV UC UN UR UT UV"
HEADER = {vr.encode(): 8 for vr in _SHORT.split()} | {vr.encode(): 12 for vr in _LONG.split()}
"""Bytes of the header of an element in explicit VR, by VR."""

_explicit = Struct("<HH2sH").unpack_from
_implicit = Struct("<HHL").unpack_from
_number = Struct("<L").unpack_from
_pair = Struct("<LL").unpack_from


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
    handed_over: bool = False
    unread: str | None = None


def looks_like_dicom(head: bytes) -> bool:
    """Tell whether the first bytes of a file may be DICOM, with or without preamble."""
    if head[128:132] == b"DICM":
        return True
    if len(head) < 8:
        return False
    group, element, vr, _ = _explicit(head)
    if group in (0x0002, 0x0008) and element <= 0x20 and vr in HEADER:
        return True
    length = _implicit(head)[2]
    return group == 0x0008 and element in (0x0000, 0x0001, 0x0005, 0x0008, 0x0012, 0x0016, 0x0018) and length <= 256


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
    window = Window(stream, size, limits)
    data = DataSet()
    try:
        _read_meta(window, data)
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
    for row in data.rows:
        if row[0] == CHARACTER_SET and row[4] >= 0:
            data.character_set = row[3][row[4] :]
    return data


def _read_data_set(window: Window, data: DataSet, before: Before | None) -> None:
    """Read the data set with the walker, else with pydicom."""
    start = window.position
    commands = list(data.rows)
    try:
        if not _encoding(window, data):
            raise Unusual("big endian")
        runs = before.setdefault(data.explicit, Runs()) if before is not None else None
        _read_rows(window, data, runs)
    except Unusual as unusual:
        from fw_gear_deid_check.readers import dicom_fallback

        data.rows = commands
        dicom_fallback.read(window, start, data, unusual.reason)


def _read_meta(window: Window, data: DataSet) -> None:
    """Read the preamble, the file meta information and a command set."""
    head, position = window.peek(132), 0
    if head[128:132] == b"DICM":
        data.preamble, position = head[:128], 132
    window.position = position
    for group, explicit, rows in ((2, True, data.meta), (0, False, data.rows)):
        try:
            _read_elements(window, explicit, rows, group)
        except Unusual:
            window.position = position
            del rows[:]
            if group == 2:  # seen in the wild: in implicit VR
                _read_elements(window, False, rows, group)
        position = window.position
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
        _read_elements(window, data.explicit, rows, None, runs)
    except Unusual as unusual:
        position = unusual.position
        if window.only_zeros(position):
            return
        after_pixels = bool(rows) and rows[-1][0] >= 0x7FE00008
        tag = window.tag(position)
        if not after_pixels or tag in PIXELS or tag in TRAILING_TAGS:
            raise
        data.trailing = window.rest(position)


def _read_elements(
    window: Window, explicit: bool, rows: list[Row], group_wanted: int | None, runs: Runs | None = None
) -> None:
    """Append the elements from ``window.position`` on, to the end or to the first that isn't of the wanted group.

    Raises
    ------
    Unusual
        With the position of the element that can't be read.
    """
    buffer, position = window.current()
    available = len(buffer)
    held = window.limits.element_text
    creators: dict[int, bytes] = {}
    append = rows.append
    most = window.limits.data_elements
    if runs is not None:
        runs.begin()
    while True:
        if runs is not None:
            position = runs.take(buffer, position, creators, rows)
        if len(rows) > most:
            raise Unreadable(f"more than {most} data elements")
        if position + 12 > available and not window.complete:
            buffer, position = window.refill(position, 12)
            available = len(buffer)
        if position + 8 > available:
            if position == available:
                break
            raise Unusual("truncated data element", window.base + position)
        vr = b""
        if explicit:
            group, element, vr, length = _explicit(buffer, position)
            if group_wanted is not None and group != group_wanted:
                break
            size = HEADER.get(vr, 0)
            if size == 12:
                if position + 12 > available:
                    raise Unusual("truncated data element", window.base + position)
                (length,) = _number(buffer, position + 8)
            elif not size:
                raise Unusual("unknown VR", window.base + position)
        else:
            group, element, length = _implicit(buffer, position)
            if group_wanted is not None and group != group_wanted:
                break
            size = 8
        if group == 0xFFFE:
            raise Unusual("delimiter outside of a sequence", window.base + position)
        tag = group << 16 | element
        start = position + size
        creator = None
        if group & 1:
            creator = creators.get(group << 16 | element >> 8, b"") if element > 0xFF else None
        if length == UNDEFINED or tag in PIXELS:
            row, buffer, position = _read_long(window, explicit, (tag, vr, creator), position, start, length)
            available = len(buffer)
            append(row)
            if runs is not None:
                runs.note(row, creators)
            continue
        stop = start + length
        if stop > available:
            if window.base + stop > window.size:
                raise Unusual("truncated data element", window.base + position)
            if length > held and not _is_sequence(tag, vr):
                row = (tag, vr, creator, buffer[position:start], -1, length)
                append(row)
                if runs is not None:
                    runs.note(row, creators)
                buffer, position = window.move(window.base + stop)
                available = len(buffer)
                continue
            buffer, position = window.refill(position, size + length)
            available = len(buffer)
            start, stop = position + size, position + size + length
        raw = buffer[position:stop]
        row = (tag, vr, creator, raw, size, length)
        append(row)
        if runs is not None:
            runs.note(row, creators)
        if group & 1 and 0x10 <= element <= 0xFF:
            creators[tag] = raw[size:]
        position = stop
    window.position = window.base + position


def _is_sequence(tag: int, vr: bytes) -> bool:
    return vr == b"SQ" or (not vr and dictionary_vr(tag) == "SQ")


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
            stop = _Walk(buffer, None, window.limits).sequence(position + size, len(buffer), True, explicit, 1, "", b"")
            return (tag, vr, creator, buffer[position:stop], size, stop - position - size), buffer, stop
        except Unusual as unusual:
            if window.complete:
                raise Unusual(unusual.reason, window.base + position) from None
            buffer, position = window.refill(position, 2 * (len(buffer) - position) + 256 * KIB)


def expand(row: Row, explicit: bool, character_set: bytes, name: str, visit: Visit, limits: Limits) -> bool:
    """Walk through a sequence, at every depth.

    Parameters
    ----------
    row
        Of a sequence, or of an element of unknown VR that may be one.
    name
        Pointer of the sequence.
    visit
        Called for each element below it in the order of the file, for a sequence before what is in it. The row of a
        sequence has no value.

    Returns
    -------
    bool
        False where the value isn't a sequence after all.

    Raises
    ------
    errors.Unreadable
        When it is a sequence by its VR but neither the walker nor pydicom can read all of it.
    """
    tag, vr, _, raw, start, _ = row
    if start < 0:
        return False
    undefined = _undefined(raw, start)
    known = undefined or _is_sequence(tag, vr)
    if not known and not (vr in (b"", b"UN") and raw.startswith(ITEM_BYTES, start)):
        return False
    try:
        end = _Walk(raw, None, limits).sequence(start, len(raw), undefined, explicit, 1, "", b"")
        if end != len(raw):
            raise Unusual("bytes after the end of a sequence")
        _Walk(raw, visit, limits).sequence(start, len(raw), undefined, explicit, 1, name, character_set)
    except Unusual as unusual:
        if not known:
            return False
        from fw_gear_deid_check.readers import dicom_fallback

        value = dicom_fallback.sequence(raw[start:], undefined, explicit, limits)
        try:
            _Walk(value, visit, limits).sequence(0, len(value), False, True, 1, name, character_set)
        except Unusual:
            raise Unreadable(f"damaged sequence: {unusual.reason}") from None
    return True


def _undefined(raw: bytes, start: int) -> bool:
    return raw[start - 4 : start] == b"\xff\xff\xff\xff"


def pointer_name(tag: int, creator: bytes | None) -> str:
    """Return how a pointer names an element: keyword, ``(gggg,"CREATOR",ee)``, or ``(gggg,eeee)``."""
    group, element = tag >> 16, tag & 0xFFFF
    if creator:
        return f'({group:04X},"{creator.decode("latin-1").strip(" " + chr(0))}",{element & 0xFF:02X})'
    return (keyword(tag) if creator is None else "") or f"({group:04X},{element:04X})"


class _Walk:
    """One walk through a sequence in a buffer; without ``visit``, only to find its end."""

    def __init__(self, buffer: bytes, visit: Visit | None, limits: Limits) -> None:
        self.buffer = buffer
        self.visit = visit
        self.limits = limits
        self.left = ELEMENTS

    def sequence(
        self, position: int, end: int, undefined: bool, explicit: bool, depth: int, name: str, charset: bytes
    ) -> int:
        """Walk the items from ``position``, to ``end`` or to the delimiter; return where it ends."""
        if depth > self.limits.sequence_depth:
            raise Unusual(f"sequences deeper than {self.limits.sequence_depth}")
        buffer, index = self.buffer, 0
        while undefined or position < end:
            if position + 8 > end:
                raise Unusual("truncated sequence")
            tag, length = _pair(buffer, position)
            position += 8
            if tag == SEQUENCE_END and undefined:
                return position
            if tag != ITEM:
                raise Unusual("no item where one has to be")
            prefix = f"{name}[{index}]." if self.visit else ""
            stop = end if length == UNDEFINED else position + length
            if stop > end:
                raise Unusual("truncated item")
            if length:
                position = self.item(position, stop, length == UNDEFINED, explicit, depth, prefix, charset)
            index += 1
        return position

    def item(
        self, position: int, end: int, undefined: bool, explicit: bool, depth: int, prefix: str, charset: bytes
    ) -> int:
        """Walk the elements of an item; return where it ends."""
        buffer, visit = self.buffer, self.visit
        creators: dict[int, bytes] = {}
        if explicit:  # an item in explicit VR may hold implicit VR (PS3.5 6.2.2), never the other way round
            explicit = all(0x40 < byte < 0x5B for byte in buffer[position + 4 : position + 6])
        while undefined or position < end:
            if position + 8 > end:
                raise Unusual("truncated data element in a sequence")
            self.left -= 1
            if self.left < 0:
                raise Unusual(f"more than {ELEMENTS} data elements in a sequence")
            vr = b""
            if explicit:
                group, element, vr, length = _explicit(buffer, position)
                size = HEADER.get(vr, 0)
                if size == 12:
                    if position + 12 > end:
                        raise Unusual("truncated data element in a sequence")
                    (length,) = _number(buffer, position + 8)
            else:
                group, element, length = _implicit(buffer, position)
                size = 8
            if group == 0xFFFE:
                if undefined and element == 0xE00D:
                    return position + 8
                raise Unusual("delimiter where none has to be")
            if not size:
                raise Unusual("unknown VR in a sequence")
            tag = group << 16 | element
            start = position + size
            stop = end if length == UNDEFINED else start + length
            if stop > end:
                raise Unusual("truncated data element in a sequence")
            creator = None
            if group & 1:
                creator = creators.get(group << 16 | element >> 8, b"") if element > 0xFF else None
                if visit and 0x10 <= element <= 0xFF:
                    creators[tag] = buffer[start:stop]
            if length == UNDEFINED:
                stop = self._undefined_length(tag, vr, creator, position, start, end, explicit, depth, prefix, charset)
            elif visit:
                if tag == CHARACTER_SET:
                    charset = buffer[start:stop]
                self._visit(tag, vr, creator, position, start, stop, explicit, depth, prefix, charset)
            position = stop
        return position

    def _undefined_length(
        self, tag: int, vr: bytes, creator: bytes | None, position: int, start: int, end: int,
        explicit: bool, depth: int, prefix: str, charset: bytes,
    ) -> int:  # fmt: skip
        """Walk a sequence of undefined length, or skip fragments; return where it ends."""
        visit, name = self.visit, ""
        if tag in PIXELS or vr not in (b"", b"SQ", b"UN"):
            stop = self._fragments(start, end)
            if visit:
                visit(prefix, charset, (tag, vr, creator, self.buffer[position:start], -1, stop - start))
            return stop
        if visit:
            name = prefix + pointer_name(tag, creator)
            visit(prefix, charset, (tag, vr or b"SQ", creator, self.buffer[position:start], -1, UNDEFINED))
        return self.sequence(start, end, True, explicit, depth + 1, name, charset)

    def _fragments(self, position: int, end: int) -> int:
        while position + 8 <= end:
            tag, length = _pair(self.buffer, position)
            position += 8
            if tag == SEQUENCE_END:
                return position
            if tag != ITEM or length == UNDEFINED:
                break
            position += length
        raise Unusual("damaged fragments in a sequence")

    def _visit(
        self, tag: int, vr: bytes, creator: bytes | None, position: int, start: int, stop: int,
        explicit: bool, depth: int, prefix: str, charset: bytes,
    ) -> None:  # fmt: skip
        """Visit an element of defined length; walk through it where it is a sequence."""
        buffer, visit = self.buffer, self.visit
        if visit is None:
            return
        if _is_sequence(tag, vr) or self._turns_out_sequence(vr, start, stop, explicit, depth):
            visit(prefix, charset, (tag, b"SQ", creator, buffer[position:start], -1, stop - start))
            name = prefix + pointer_name(tag, creator)
            self.sequence(start, stop, False, explicit, depth + 1, name, charset)
        elif tag in PIXELS:
            visit(prefix, charset, (tag, vr, creator, buffer[position:start], -1, stop - start))
        else:
            visit(prefix, charset, (tag, vr, creator, buffer[position:stop], start - position, stop - start))

    def _turns_out_sequence(self, vr: bytes, start: int, stop: int, explicit: bool, depth: int) -> bool:
        if vr not in (b"", b"UN") or not self.buffer.startswith(ITEM_BYTES, start, stop):
            return False
        try:
            _Walk(self.buffer, None, self.limits).sequence(start, stop, False, explicit, depth + 1, "", b"")
        except Unusual:
            return False
        return True
