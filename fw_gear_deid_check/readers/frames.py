"""Frames of a DICOM image, one at a time: pixel data, overlays and icon images as arrays, bounded before decoding.

pydicom reads the header and, with the codecs of the ``pixels`` extra, decodes. The pixel data themselves are read here
frame by frame: a file of gigabytes costs the memory of one frame. What can't be decoded raises `errors.Unreadable`.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import GIB, MIB
from fw_gear_deid_check.readers.codestream import size_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

FRAME_BYTES = 128 * MIB
"""Bytes of one decoded frame; larger ones are not decoded."""
INFLATED = GIB
"""Bytes of a deflated data set."""
FAILURES = 3
"""Frames of one image that fail to decode before the rest is given up."""
ICON_DEPTH = 16
"""Icon images of one data set."""
PIXEL_DATA = {0x7FE00010: None, 0x7FE00008: "f4", 0x7FE00009: "f8"}
"""Tags of pixel data, with the type of floating point pixels."""

_DEFLATED = DeflatedExplicitVRLittleEndian.encode()
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
_LOG = logging.getLogger("pydicom")


@dataclass(frozen=True, slots=True)
class Pixels:
    """How pixels are stored (PS3.3 C.7.6.3)."""

    rows: int
    columns: int
    samples: int = 1
    bits: int = 16
    stored: int = 16
    high: int = 15
    signed: bool = False
    planar: bool = False
    photometric: str = "MONOCHROME2"
    frames: int = 1
    transfer_syntax: str = str(ExplicitVRLittleEndian)
    floating: str | None = None

    @property
    def frame_bits(self) -> int:
        """Bits of one frame as stored natively."""
        pixels = self.rows * self.columns
        if self.photometric == "YBR_FULL_422" and self.samples == 3:
            return pixels * 2 * self.bits
        return pixels * self.samples * self.bits

    def check(self) -> None:
        """Raise `errors.Unreadable` where no frame can be decoded within bounds."""
        if self.rows <= 0 or self.columns <= 0 or self.samples not in (1, 3, 4):
            raise Unreadable("not inspected: the image has no valid size")
        if self.bits not in (1, 8, 16, 32, 64):
            raise Unreadable(f"not inspected: {self.bits} bits allocated")
        if self.frame_bits > 8 * FRAME_BYTES:
            raise Unreadable(f"not inspected: a frame of {self.rows} x {self.columns} is too large")


Decode = Callable[[bytes, Pixels], "Array"]


class Image:
    """A DICOM image: its header, and its frames read one after another.

    Attributes
    ----------
    header
        The data elements that were asked for, as pydicom reads them; values may be of any type. See `value`.
    pixels
        How its pixels are stored; None where there are none.
    """

    def __init__(self, header: Dataset, stream: BinaryIO) -> None:
        self.header = header
        self._stream = stream
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
        with quiet():
            native = self._length != 0xFFFFFFFF
            for array in self._native(self.pixels) if native else self._encapsulated(self.pixels, decode or decoded):
                yield coloured(array, self.pixels, self.header)

    def _native(self, pixels: Pixels) -> Iterator[Array]:
        available = 8 * self._length
        for index in range(max(pixels.frames, available // pixels.frame_bits)):
            first, last = index * pixels.frame_bits, (index + 1) * pixels.frame_bits
            if last > available:
                raise Unreadable(f"not inspected: pixel data end in frame {index + 1} of {pixels.frames}")
            self._stream.seek(self._start + first // 8)
            data = self._stream.read(-(-last // 8) - first // 8)
            if len(data) < -(-last // 8) - first // 8:
                raise Unreadable(f"not inspected: pixel data end in frame {index + 1} of {pixels.frames}")
            yield native(data, pixels, first % 8)

    def _encapsulated(self, pixels: Pixels, decode: Decode) -> Iterator[Array]:
        self._stream.seek(self._start)
        failures, reason, count = 0, "", 0
        offsets = None
        if "ExtendedOffsetTable" in self.header and "ExtendedOffsetTableLengths" in self.header:
            offsets = (self.header.ExtendedOffsetTable, self.header.ExtendedOffsetTableLengths)
        try:
            for frame in generate_frames(self._stream, number_of_frames=pixels.frames, extended_offsets=offsets):
                count += 1
                try:
                    yield decode(frame, pixels)
                except Unreadable as error:
                    failures, reason = failures + 1, error.reason
                    if failures >= FAILURES:
                        break
        except (ValueError, EOFError, OSError, IndexError):
            raise Unreadable("not inspected: damaged fragments of pixel data") from None
        if failures:
            raise Unreadable(reason)
        if count < pixels.frames:
            raise Unreadable(f"not inspected: {pixels.frames - count} of {pixels.frames} frames are missing")

    def overlays(self) -> Iterator[tuple[str, Array]]:
        """Yield (pointer, plane) for each overlay with data of its own: (rows, columns), 0 or 255, its frames as one."""
        number = 0
        for group in range(0x6000, 0x6020, 2):
            element = self.header.get((group, 0x3000))
            if element is None or not isinstance(element.value, bytes) or not element.value:
                continue
            rows, columns = (_number(self.header, (group, tag)) or 0 for tag in (0x0010, 0x0011))
            yield f"OverlayData[{number}]", plane(element.value, rows, columns)
            number += 1

    def icons(self) -> Iterator[tuple[str, Array]]:
        """Yield (pointer, image) for each icon image."""
        sequence = self.header.get("IconImageSequence")
        if sequence is None:
            return
        with quiet():
            for index, item in enumerate(list(sequence)[:ICON_DEPTH]):
                data = item.get("PixelData")
                if not isinstance(data, bytes) or not data:
                    continue
                pixels = replace(describe(item), transfer_syntax=str(ExplicitVRLittleEndian), frames=1)
                pixels.check()
                encapsulated = data.startswith(b"\xfe\xff\x00\xe0")
                if encapsulated and self.pixels:
                    pixels = replace(pixels, transfer_syntax=self.pixels.transfer_syntax)
                    array = decoded(next(generate_frames(data, number_of_frames=1)), pixels)
                elif 8 * len(data) < pixels.frame_bits:
                    raise Unreadable("not inspected: an icon image is shorter than its size")
                else:
                    array = native(data[: -(-pixels.frame_bits // 8)], pixels, 0)
                yield f"IconImageSequence[{index}].PixelData", used_bits(coloured(array, pixels, item), pixels)


def open_image(stream: BinaryIO, keywords: Sequence[str] = ()) -> Image:
    """Return the image in a DICOM file.

    Parameters
    ----------
    stream
        Seekable; stays open while frames are read.
    keywords
        Further top-level data elements that the header should hold.

    Raises
    ------
    errors.Unreadable
        When the header can't be read.
    """
    tags: list[Any] = [*_DESCRIPTION, *_PALETTE, *keywords]
    tags += [(group, element) for group in range(0x6000, 0x6020, 2) for element in _OVERLAY]
    with quiet():
        try:
            stream = _inflated(stream)
            header = pydicom.dcmread(stream, stop_before_pixels=True, force=True, specific_tags=tags)
            return Image(header, stream)
        except Unreadable:
            raise
        except (
            InvalidDicomError,
            ValueError,
            TypeError,
            KeyError,
            EOFError,
            OSError,
            AttributeError,
            NotImplementedError,
            RecursionError,
        ):
            raise Unreadable("not inspected: the DICOM header can't be read") from None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep pydicom from warning and logging: its words hold values."""
    disabled = _LOG.disabled
    _LOG.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        _LOG.disabled = disabled


def _inflated(stream: BinaryIO) -> BinaryIO:
    """Return a deflated data set inflated, with the transfer syntax that it has then; any other stream as it is."""
    stream.seek(0)
    head = stream.read(4 * 1024)
    stream.seek(0)
    if _DEFLATED not in head or head[128:132] != b"DICM" or head[132:136] != b"\x02\x00\x00\x00":
        return stream
    end = 144 + int.from_bytes(head[140:144], "little")
    if end > len(head) or _DEFLATED not in head[:end]:
        return stream
    target: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - returned, closed with the last reference
    target.write(head[:end].replace(_DEFLATED, str(ExplicitVRLittleEndian).encode().ljust(len(_DEFLATED), b"\0")))
    stream.seek(end)
    inflate, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    try:
        while not inflate.eof and (data := inflate.unconsumed_tail or stream.read(MIB)):
            piece = inflate.decompress(data, MIB)
            size += len(piece)
            if size > INFLATED:
                raise Unreadable(f"not inspected: the deflated data set is larger than {INFLATED} bytes")
            target.write(piece)
    except zlib.error:
        raise Unreadable("not inspected: the deflated data set is damaged") from None
    target.seek(0)
    return target


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


def native(data: bytes, pixels: Pixels, bit: int) -> Array:
    """Return one frame of uncompressed pixel data; ``bit`` is where it starts in the first byte, for 1-bit pixels."""
    rows, columns, samples = pixels.rows, pixels.columns, pixels.samples
    big = pixels.transfer_syntax == str(ExplicitVRBigEndian)
    if pixels.bits == 1:
        unpacked = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[bit:]
        return unpacked[: rows * columns].reshape(rows, columns)
    kind = pixels.floating or f"{'i' if pixels.signed else 'u'}{pixels.bits // 8}"
    values = np.frombuffer(data, np.dtype((">" if big else "<") + kind)).astype(kind)
    if pixels.photometric == "YBR_FULL_422" and samples == 3:
        quads = values.reshape(-1, 4)  # PS3.3 C.7.6.3.1.2: Y Y Cb Cr for two neighbouring pixels
        pairs = np.stack([quads[:, 0], quads[:, 2], quads[:, 3], quads[:, 1], quads[:, 2], quads[:, 3]], axis=1)
        return pairs.reshape(rows, columns, 3)
    if samples == 1:
        return values.reshape(rows, columns)
    if pixels.planar:
        return np.ascontiguousarray(values.reshape(samples, rows, columns).transpose(1, 2, 0))
    return values.reshape(rows, columns, samples)


def decoded(frame: bytes, pixels: Pixels) -> Array:
    """Decode one compressed frame, in stored values; colour comes as RGB.

    Raises
    ------
    errors.Unreadable
        Where no codec takes it, or its own size isn't the header's.
    """
    from pydicom.pixels import get_decoder

    pixels.check()
    name = UID(pixels.transfer_syntax).name
    size = size_of(frame)
    if size is not None and size != (pixels.rows, pixels.columns):
        raise Unreadable("not inspected: the compressed image has another size than the header says")
    source = Dataset()
    source.file_meta = pydicom.dataset.FileMetaDataset()
    source.file_meta.TransferSyntaxUID = UID(pixels.transfer_syntax)
    source.Rows, source.Columns, source.SamplesPerPixel = pixels.rows, pixels.columns, pixels.samples
    source.PhotometricInterpretation = pixels.photometric
    source.BitsAllocated, source.BitsStored, source.HighBit = pixels.bits, pixels.stored, pixels.high
    source.PixelRepresentation = int(pixels.signed)
    if pixels.samples > 1:
        source.PlanarConfiguration = int(pixels.planar)
    source.PixelData = pydicom.encaps.encapsulate([frame])
    source["PixelData"].is_undefined_length = True
    with quiet():
        try:
            array, _ = get_decoder(pixels.transfer_syntax).as_array(source, index=0)
        except NotImplementedError:
            raise Unreadable("not inspected: no codec for this transfer syntax") from None
        except Exception:  # noqa: BLE001 - codecs raise what they like, and their words may hold values
            raise Unreadable(f"not inspected: {_name(name)} pixel data can't be decoded") from None
    return np.asarray(array)


def _name(name: str) -> str:
    """Return the name of a known transfer syntax; a UID that pydicom doesn't know could be anything."""
    return name if not name[:1].isdigit() else "these"


def coloured(array: Array, pixels: Pixels, header: Dataset) -> Array:
    """Return the frame with palette colours looked up and YBR made RGB, where that was not done in decoding."""
    if pixels.photometric == "PALETTE COLOR" and array.ndim == 2:
        from pydicom.pixels import apply_color_lut

        try:
            array = apply_color_lut(array, header)
        except Exception:  # noqa: BLE001 - a broken palette: the indices still show the text
            return array
        return (
            (array >> 8).astype(np.uint8)[..., :3]
            if array.dtype == np.uint16 and int(array.max()) > 255
            else array.astype(np.uint8)[..., :3]
        )
    if array.ndim == 3 and array.shape[2] == 4:
        array = np.ascontiguousarray(array[..., :3])
    uncompressed = not UID(pixels.transfer_syntax).is_compressed or pixels.transfer_syntax.endswith(".1.99")
    if pixels.photometric.startswith("YBR") and array.ndim == 3 and uncompressed and array.dtype == np.uint8:
        from pydicom.pixels import convert_color_space

        return np.asarray(convert_color_space(array, "YBR_FULL", "RGB"))
    if array.ndim == 3 and array.dtype != np.uint8:
        shift = max(0, pixels.stored - 8)
        return np.clip(array >> shift if np.issubdtype(array.dtype, np.integer) else array, 0, 255).astype(np.uint8)
    return array


def used_bits(array: Array, pixels: Pixels) -> Array:
    """Return the frame without the bits that BitsStored and HighBit leave unused, signs extended."""
    if (
        array.ndim == 3
        or pixels.stored >= pixels.bits
        or not np.issubdtype(array.dtype, np.integer)
        or pixels.bits == 1
    ):
        return array
    shift = pixels.high + 1 - pixels.stored
    if shift < 0:
        return array
    width = 8 * array.dtype.itemsize
    if width <= pixels.stored + shift and not shift:
        return array
    unsigned = array.view(f"u{array.dtype.itemsize}") >> shift
    unsigned = unsigned << (width - pixels.stored)
    return (unsigned.view(array.dtype) >> (width - pixels.stored)).astype(array.dtype, copy=False)


def unused_bits(array: Array, pixels: Pixels) -> Array | None:
    """Return 0 or 255 for each pixel by the bits that BitsStored leaves unused; None where none of them tells anything.

    Old overlays lie there (PS3.3 C.9.2, retired), and whatever else does. Sign extension tells nothing.
    """
    if (
        array.ndim == 3
        or pixels.stored >= pixels.bits
        or not np.issubdtype(array.dtype, np.integer)
        or pixels.bits == 1
    ):
        return None
    width = 8 * array.dtype.itemsize
    unsigned = array.view(f"u{array.dtype.itemsize}")
    mask = (((1 << pixels.stored) - 1) << max(0, pixels.high + 1 - pixels.stored)) & ((1 << width) - 1)
    rest = unsigned & unsigned.dtype.type(~mask & ((1 << width) - 1))
    if pixels.signed:
        above = ((1 << width) - 1) & ~((1 << (pixels.high + 1)) - 1)
        negative = (unsigned >> pixels.high) & 1
        rest = np.where(negative == 1, rest ^ unsigned.dtype.type(above), rest)
    values = np.unique(rest[:: max(1, rest.shape[0] // 64)]) if rest.size else rest
    if values.size <= 1 and not rest.any():
        return None
    return np.where(rest != 0, 255, 0).astype(np.uint8)


def plane(data: bytes, rows: int, columns: int) -> Array:
    """Return overlay data as an image of 0 and 255; the frames of an overlay are laid over one another.

    Raises
    ------
    errors.Unreadable
        Where there are fewer bits than pixels.
    """
    if rows <= 0 or columns <= 0 or rows * columns > FRAME_BYTES:
        raise Unreadable("not inspected: an overlay has no valid size")
    if 8 * len(data) < rows * columns:
        raise Unreadable("not inspected: an overlay is shorter than its size")
    frames = 8 * len(data) // (rows * columns)
    result = np.zeros(rows * columns, np.uint8)
    for index in range(frames):
        first, last = index * rows * columns, (index + 1) * rows * columns
        bits = np.unpackbits(np.frombuffer(data[first // 8 : -(-last // 8)], np.uint8), bitorder="little")
        result |= bits[first % 8 : first % 8 + rows * columns]
    return (result * np.uint8(255)).reshape(rows, columns)
