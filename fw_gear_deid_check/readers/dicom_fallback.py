"""Reads with pydicom what the walker doesn't take, and puts it into the same rows, in explicit VR little endian.

pydicom forgives much, a file that is cut short included; here that is said.
"""

from __future__ import annotations

import io
import logging
import warnings
from struct import pack
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from fw_gear_deid_check.errors import Unreadable, in_our_words
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers.dicom_window import UNDEFINED, Window
from fw_gear_deid_check.readers.dictionary import vr as dictionary_vr

if TYPE_CHECKING:
    from fw_gear_deid_check.readers.dicom import DataSet

BIG_ENDIAN = b"1.2.840.10008.1.2.2"
LONG = frozenset(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"])
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})


def read(window: Window, start: int, data: DataSet, reason: str) -> None:
    """Fill ``data.rows`` with what pydicom reads from ``start`` on; set ``data.unread`` where that isn't everything."""
    data.handed_over = True
    try:
        with in_our_words(f"damaged ({reason})"), _Silence():
            _read(window, start, data)
    except Unreadable as unreadable:
        data.unread = unreadable.reason
    finally:
        data.explicit = True


def pixels_at(stream: BinaryIO, start: int, size: int, first: int, limits: Limits) -> tuple[int, int]:
    """Return where in an explicit VR big endian file the first element stands whose tag is ``first`` or greater.

    Beside it, the number of elements before that.

    Parameters
    ----------
    start, size
        Where the data set begins, and where the file ends, in bytes.

    Raises
    ------
    errors.Unreadable
        Where that can't be told.
    """
    from pydicom.filereader import data_element_generator

    bounded = _Bounded(Window(stream, size, limits))
    bounded.seek(start)
    with in_our_words("damaged: where its pixel data begin can't be told"), _Silence():
        elements = data_element_generator(
            cast("BinaryIO", bounded), False, False, stop_when=lambda tag, *_: int(tag) >= first, defer_size=0
        )
        count = sum(1 for _ in elements)
        return bounded.tell(), count


def sequence(value: bytes, undefined: bool, explicit: bool, limits: Limits) -> bytes:
    """Return the value of a sequence of defined length in explicit VR, as pydicom reads it.

    Raises
    ------
    errors.Unreadable
        When pydicom doesn't read all of it.
    """
    from pydicom.dataelem import DataElement
    from pydicom.filereader import read_sequence

    with in_our_words("damaged sequence"), _Silence():
        stream = io.BytesIO(value)
        items = read_sequence(stream, not explicit, True, UNDEFINED if undefined else len(value), "iso8859")
        if stream.tell() != len(value):
            raise Unreadable("damaged sequence")
        return _value(DataElement(0x00081115, "SQ", items), limits, 1)[1]


class _Silence:
    """Keeps pydicom quiet, for its messages may quote values; data that end early, of which it warns, are an error."""

    def __enter__(self) -> None:
        self._logger = logging.getLogger("pydicom")
        self._disabled, self._logger.disabled = self._logger.disabled, True
        self._warnings = warnings.catch_warnings(record=True)
        self._seen = self._warnings.__enter__()
        warnings.simplefilter("always")

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        self._warnings.__exit__(None, None, None)
        self._logger.disabled = self._disabled
        if kind is None and any("End of file" in str(warning.message) for warning in self._seen or ()):
            raise Unreadable("truncated data element")


def _read(window: Window, start: int, data: DataSet) -> None:
    from pydicom.filereader import data_element_generator

    stream = _Bounded(window)
    stream.seek(start)
    explicit, little = _encoding(stream.read(6), data.transfer_syntax)
    stream.seek(start)
    creators: dict[int, bytes] = {}
    elements = data_element_generator(
        cast("BinaryIO", stream), not explicit, little, defer_size=window.limits.element_text
    )
    most = window.limits.data_elements
    for element in elements:
        if len(data.rows) > most:
            raise Unreadable(f"more than {most} data elements")
        tag = int(element.tag)
        bulk = tag in PIXELS or (element.value is None and getattr(element, "length", 0) > 0)
        if bulk and hasattr(element, "length"):
            header, length = _header(tag, "OB", 0), _length(element)
            data.rows.append((tag, header[4:6], _creator(tag, creators), header, -1, length))
        else:
            vr, value = _value(element, window.limits, 1)
            header = _header(tag, vr, len(value))
            data.rows.append((tag, vr.encode(), _creator(tag, creators), header + value, len(header), len(value)))
            if tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF:
                creators[tag] = value
    if not window.only_zeros(stream.tell()) or (stream.cut and stream.tell() >= window.size):
        raise Unreadable("bytes that are no data elements, or a truncated data element")


def _encoding(head: bytes, transfer_syntax: bytes) -> tuple[bool, bool]:
    """Return (explicit VR, little endian): the VR by the first element, the byte order by transfer syntax or group."""
    explicit = len(head) == 6 and all(0x40 < byte < 0x5B for byte in head[4:6])
    if transfer_syntax:
        return explicit, transfer_syntax != BIG_ENDIAN
    return explicit, not (explicit and int.from_bytes(head[:2], "little") >= 0x0400)


def _length(element: Any) -> int:
    """Return the length of a value that isn't kept; those that were stepped over are there in full."""
    held = element.value
    if element.length == UNDEFINED:
        return len(held or b"")
    if held is not None and len(held) != element.length:
        raise Unreadable("truncated data element")
    return int(element.length)


def _creator(tag: int, creators: dict[int, bytes]) -> bytes | None:
    group, number = tag >> 16, tag & 0xFFFF
    return creators.get(group << 16 | number >> 8, b"") if group & 1 and number > 0xFF else None


def _header(tag: int, vr: str, length: int) -> bytes:
    """Return the header of an element in explicit VR little endian."""
    if vr in LONG:
        return pack("<HH2sHL", tag >> 16, tag & 0xFFFF, vr.encode(), 0, length)
    return pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), length)


def _value(element: Any, limits: Limits, depth: int) -> tuple[str, bytes]:
    """Return the VR and the bytes of a value; those of a sequence in explicit VR little endian.

    Raises
    ------
    errors.Unreadable
        When fewer bytes are there than the element says, or sequences are too deep.
    """
    from pydicom.dataelem import RawDataElement, convert_raw_data_element

    if depth > limits.sequence_depth:
        raise Unreadable(f"sequences deeper than {limits.sequence_depth}")
    tag = int(element.tag)
    vr = str(element.VR or "") or dictionary_vr(tag) or "UN"
    if isinstance(element, RawDataElement):
        value = element.value or b""
        if element.length not in (UNDEFINED, len(value)):
            raise Unreadable("truncated data element")
        if vr != "SQ":
            short = vr not in LONG and len(value) > 0xFFFF
            return ("UN" if short or len(vr) != 2 or not vr.isascii() else vr), value
        element = convert_raw_data_element(element)
    items = []
    for item in element.value:
        parts = []
        for nested in item._dict.values():
            nested_vr, nested_value = _value(nested, limits, depth + 1)
            parts.append(_header(int(nested.tag), nested_vr, len(nested_value)) + nested_value)
        content = b"".join(parts)
        items.append(pack("<HHL", 0xFFFE, 0xE000, len(content)) + content)
    return "SQ", b"".join(items)


class _Bounded:
    """The stream as pydicom sees it: never reads more than is there, whatever a length pretends, and counts."""

    name = "stream"

    def __init__(self, window: Window) -> None:
        self._stream = window.stream
        self._size = window.size
        self._left = window.limits.header_size
        self.cut = False

    def read(self, length: int = -1) -> bytes:
        there = max(self._size - self._stream.tell(), 0)
        wanted = there if length < 0 else min(length, there)
        self.cut = length > there > 0
        self._left -= wanted
        if self._left < 0:
            raise Unreadable("header larger than the limit")
        return self._stream.read(wanted)

    def seek(self, position: int, whence: int = 0) -> int:
        if whence == 0 and position > self._size:
            raise Unreadable("truncated data element")
        return self._stream.seek(position, whence)

    def tell(self) -> int:
        return self._stream.tell()
