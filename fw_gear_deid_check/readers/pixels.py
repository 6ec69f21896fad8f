"""Pixels: how they are stored, and what becomes of the bytes of one frame: an array, bounded before it is decoded.

Uncompressed frames are unpacked here; compressed ones are decoded by pydicom with the codecs of the ``pixels`` extra.
What can't be decoded raises `errors.Unreadable`.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian

from fw_gear_deid_check.errors import Unreadable, in_our_words
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.readers.codestream import size_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

FRAME_BYTES = 128 * MIB
"""Bytes of one decoded frame; larger ones are not decoded."""
COMPRESSED = ("1.2.840.10008.1.2.4.", "1.2.840.10008.1.2.5")
"""What the UIDs of compressed transfer syntaxes begin with: their colours are converted in decoding."""

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


@quiet()
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
    with in_our_words(f"not inspected: {_name(name)} pixel data can't be decoded"):
        try:
            array, _ = get_decoder(pixels.transfer_syntax).as_array(_source(frame, pixels), index=0)
        except NotImplementedError:
            raise Unreadable("not inspected: no codec for this transfer syntax") from None
    return np.asarray(array)


def _source(frame: bytes, pixels: Pixels) -> Dataset:
    """Return a data set of this frame alone."""
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
    return source


def _name(name: str) -> str:
    """Return the name of a known transfer syntax; a UID that pydicom doesn't know could be anything."""
    return name if not name[:1].isdigit() else "these"


@quiet()
def coloured(array: Array, pixels: Pixels, header: Dataset) -> Array:
    """Return the frame with palette colours looked up and YBR made RGB, where that was not done in decoding."""
    if pixels.photometric == "PALETTE COLOR" and array.ndim == 2:
        from pydicom.pixels import apply_color_lut

        try:
            array = apply_color_lut(array, header)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - a broken palette: the indices still show the text
            return array
        return (
            (array >> 8).astype(np.uint8)[..., :3]
            if array.dtype == np.uint16 and int(array.max()) > 255
            else array.astype(np.uint8)[..., :3]
        )
    if array.ndim == 3 and array.shape[2] == 4:
        array = np.ascontiguousarray(array[..., :3])
    uncompressed = not pixels.transfer_syntax.startswith(COMPRESSED)
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
