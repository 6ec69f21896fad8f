"""Frames of a DICOM image, one at a time: pixel data, overlays and icon images as arrays.

pydicom reads the header. The pixel data are read here frame by frame: a file of gigabytes costs the memory of one
frame. What can't be read raises `errors.Unreadable`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Self

import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from fw_gear_deid_check.errors import Unreadable, in_our_words
from fw_gear_deid_check.readers.deflated import inflated
from fw_gear_deid_check.readers.fragments import ITEM, check_fragments
from fw_gear_deid_check.readers.metered import Metered
from fw_gear_deid_check.readers.pixels import Pixels, coloured, decoded, native, plane, quiet, used_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

BEYOND = 1000
"""Frames beyond the declared number that are looked at."""
FAILURES = 3
"""Frames of one image that fail to decode before the rest is given up."""
ICONS = 16
"""Icon images of one data set that are looked at."""
PIXEL_DATA = {0x7FE00010: None, 0x7FE00008: "f4", 0x7FE00009: "f8"}
"""Tags of pixel data, with the type of floating point pixels."""

UNDEFINED = 0xFFFFFFFF
_DESCRIPTION = (
    "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "IconImageSequence", "SpecificCharacterSet",
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths",
)  # fmt: skip
_PALETTE = tuple(
    f"{prefix}{colour}PaletteColorLookupTable{part}"
    for colour in ("Red", "Green", "Blue")
    for prefix, part in (("", "Descriptor"), ("", "Data"), ("Segmented", "Data"))
)
_OVERLAY = (0x0010, 0x0011, 0x0015, 0x0040, 0x0050, 0x0100, 0x0102, 0x3000)


Decode = Callable[[bytes, Pixels], "Array"]


class Image:
    """A DICOM image: its header, and its frames read one after another.

    Attributes
    ----------
    header
        The data elements that were asked for, as pydicom reads them; values may be of any type.
    pixels
        How its pixels are stored; None where there are none.
    """

    def __init__(self, header: Dataset, stream: BinaryIO, *, owned: bool = False) -> None:
        self.header = header
        self._stream = stream
        self._owned = owned
        self._tag, self._length = _element(stream, header)
        self._start = stream.tell()
        self.pixels: Pixels | None = None
        if self._tag in PIXEL_DATA:
            syntax = str(getattr(header.file_meta, "TransferSyntaxUID", "") or "")
            if not syntax:
                syntax = str(ExplicitVRLittleEndian if header.is_little_endian else ExplicitVRBigEndian)
            floating = PIXEL_DATA[self._tag]
            self.pixels = replace(describe(header), transfer_syntax=syntax, floating=floating)
            if floating:
                self.pixels = replace(self.pixels, bits=8 * int(floating[1:]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._owned:
            self._stream.close()

    def frames(self, decode: Decode | None = None) -> Iterator[Array]:
        """Yield the frames, (rows, columns) or (rows, columns, 3) RGB, in stored values without unused bits.

        Frames beyond the declared number are yielded too.

        Parameters
        ----------
        decode
            Decodes one compressed frame; by default in this process.

        Raises
        ------
        errors.Unreadable
            Where a frame can't be decoded, after those that can.
        """
        for raw in self.raw_frames(decode):
            yield used_bits(raw, self.pixels) if self.pixels else raw

    def raw_frames(self, decode: Decode | None = None) -> Iterator[Array]:
        """Yield the frames as `frames` does, with the bits that BitsStored leaves unused."""
        if self.pixels is None:
            return
        self.pixels.check()
        encapsulated = self._length == UNDEFINED
        for array in self._encapsulated(self.pixels, decode or decoded) if encapsulated else self._native(self.pixels):
            yield coloured(array, self.pixels, self.header)

    def _native(self, pixels: Pixels) -> Iterator[Array]:
        available = 8 * self._length
        there = available // pixels.frame_bits
        for index in range(min(max(pixels.frames, there), pixels.frames + BEYOND)):
            first, last = index * pixels.frame_bits, (index + 1) * pixels.frame_bits
            size = -(-last // 8) - first // 8
            self._stream.seek(self._start + first // 8)
            data = self._stream.read(size) if last <= available else b""
            if len(data) < size:
                raise Unreadable(f"not inspected: pixel data end in frame {index + 1} of {pixels.frames}")
            yield native(data, pixels, first % 8)
        if there > pixels.frames + BEYOND:
            raise Unreadable("not inspected: there are many more frames than the header says")

    def _encapsulated(self, pixels: Pixels, decode: Decode) -> Iterator[Array]:
        check_fragments(self._stream, self._start, single=pixels.frames == 1)
        self._stream.seek(self._start)
        failures, reason, count = 0, "", 0
        frames = generate_frames(self._stream, number_of_frames=pixels.frames, extended_offsets=self._offsets())
        while failures < FAILURES:
            try:
                with quiet():
                    frame = next(frames, None)
            except (ValueError, EOFError, OSError, IndexError, TypeError, KeyError, struct.error):
                raise Unreadable("not inspected: damaged fragments of pixel data") from None
            if frame is None:
                break
            count += 1
            try:
                array = decode(frame, pixels)
            except Unreadable as error:
                failures, reason = failures + 1, error.reason
            else:
                yield array
        if failures:
            raise Unreadable(reason)
        if count < pixels.frames:
            raise Unreadable(f"not inspected: {pixels.frames - count} of {pixels.frames} frames are missing")

    def _offsets(self) -> tuple[bytes, bytes] | None:
        """Return the extended offset table and its lengths, where both are there."""
        table, lengths = (self.header.get(f"ExtendedOffsetTable{part}") for part in ("", "Lengths"))
        return (table, lengths) if isinstance(table, bytes) and isinstance(lengths, bytes) and table else None

    def overlays(self) -> Iterator[tuple[str, Array]]:
        """Yield (pointer, plane) for each overlay with its own data: (rows, columns), 0 or 255, its frames as one."""
        for number, (data, rows, columns) in enumerate(self._overlays()):
            yield f"OverlayData[{number}]", plane(data, rows, columns)

    def _overlays(self) -> list[tuple[bytes, int, int]]:
        found = []
        with quiet(), in_our_words("not inspected: an overlay can't be read"):
            for group in range(0x6000, 0x6020, 2):
                element = self.header.get((group, 0x3000))
                if element is not None and isinstance(element.value, bytes) and element.value:
                    rows, columns = (_number(self.header, (group, tag)) or 0 for tag in (0x0010, 0x0011))
                    found.append((element.value, rows, columns))
        return found

    def icons(self, decode: Decode = decoded) -> Iterator[tuple[str, Array]]:
        """Yield (pointer, image) for each icon image."""
        icons = self._icons()
        for index, (item, data) in enumerate(icons[:ICONS]):
            with quiet(), in_our_words("not inspected: an icon image can't be read"):
                pixels = replace(describe(item), transfer_syntax=str(ExplicitVRLittleEndian), frames=1)
                pixels.check()
                if data.startswith(ITEM) and self.pixels:
                    pixels = replace(pixels, transfer_syntax=self.pixels.transfer_syntax)
                    array = decode(next(generate_frames(data, number_of_frames=1)), pixels)
                elif 8 * len(data) < pixels.frame_bits:
                    raise Unreadable("not inspected: an icon image is shorter than its size")
                else:
                    array = native(data[: -(-pixels.frame_bits // 8)], pixels, 0)
                array = used_bits(coloured(array, pixels, item), pixels)
            yield f"IconImageSequence[{index}].PixelData", array
        if len(icons) > ICONS:
            raise Unreadable(f"not inspected: icon images after the {ICONS}th")

    def _icons(self) -> list[tuple[Dataset, bytes]]:
        with quiet(), in_our_words("not inspected: an icon image can't be read"):
            pairs = [(item, item.get("PixelData")) for item in self.header.get("IconImageSequence") or ()]
            return [(item, data) for item, data in pairs if isinstance(data, bytes) and data]


def open_image(stream: BinaryIO) -> Image:
    """Return the image in a DICOM file.

    Parameters
    ----------
    stream
        Seekable; stays open while frames are read.

    Raises
    ------
    errors.Unreadable
        When the header can't be read.
    """
    tags: list[Any] = [*_DESCRIPTION, *_PALETTE]
    tags += [(group, element) for group in range(0x6000, 0x6020, 2) for element in _OVERLAY]
    with quiet(), in_our_words("not inspected: the DICOM header can't be read"):
        whole = inflated(stream)
        owned = whole is not stream
        metered: Any = Metered(whole)
        try:
            header = pydicom.dcmread(metered, stop_before_pixels=True, force=True, specific_tags=tags)
            return Image(header, whole, owned=owned)
        except BaseException:  # whatever ended it, and it goes on
            if owned:
                whole.close()
            raise


def _element(stream: BinaryIO, header: Dataset) -> tuple[int, int]:
    """Return tag and length of the element that ends the header, (0, 0) at the end of file; move to its value."""
    start = stream.tell()
    head = stream.read(12)
    stream.seek(start)
    if len(head) < 8:
        return 0, 0
    order: Literal["little", "big"] = "little" if header.is_little_endian else "big"
    tag = int.from_bytes(head[:2], order) << 16 | int.from_bytes(head[2:4], order)
    wide = not header.is_implicit_VR
    stream.seek(start + (12 if wide else 8))
    return tag, int.from_bytes(head[8:12] if wide else head[4:8], order)


def describe(header: Dataset) -> Pixels:
    """Return how the pixels of a data set, or of an icon image, are stored."""
    bits = _number(header, "BitsAllocated")
    bits = 16 if bits is None else bits
    stored = _number(header, "BitsStored") or bits
    high = _number(header, "HighBit")
    return Pixels(
        rows=_number(header, "Rows") or 0,
        columns=_number(header, "Columns") or 0,
        samples=_number(header, "SamplesPerPixel") or 1,
        bits=bits,
        stored=min(stored, bits),
        high=min(bits - 1, stored - 1 if high is None else high),
        signed=_number(header, "PixelRepresentation") == 1,
        planar=_number(header, "PlanarConfiguration") == 1,
        photometric=str(header.get("PhotometricInterpretation") or "MONOCHROME2").strip().upper(),
        frames=max(1, _number(header, "NumberOfFrames") or 1),
    )


def _number(header: Dataset, tag: Any) -> int | None:
    """Return the value of an element as a number that isn't negative; None where it is none."""
    try:
        element = header[tag]
        found = element.value
        return max(0, int(found[0] if isinstance(found, (list, tuple)) or hasattr(found, "insert") else found))
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError, NotImplementedError):
        return None
