"""DICOM images with text burned in, made anew: written with pydicom, so that the bytes are real."""

from __future__ import annotations

import io
import zipfile

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

MR = "1.2.840.10008.5.1.4.1.1.4"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def ground(rows: int = 200, columns: int = 260, seed: int = 0) -> np.ndarray:
    """Return a smooth blob in noise, 8 bit: anatomy enough, and no text."""
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    noise = np.random.default_rng(seed).rayleigh(5, (rows, columns))
    return (120 * np.exp(-3 * (x**2 + y**2)) + noise).clip(0, 255).astype(np.uint8)


def written(image: np.ndarray, text: str, row: int = 6, column: int = 6, size: int = 18, ink: int = 255) -> np.ndarray:
    """Return the image with a line of text on it."""
    canvas = Image.fromarray(image)
    ImageDraw.Draw(canvas).text(
        (column, row), text, fill=ink if image.ndim == 2 else (ink,) * 3, font=ImageFont.load_default(size)
    )
    return np.asarray(canvas).copy()


def dataset(array: np.ndarray, *, bits: int | None = None, **elements: object) -> Dataset:
    """Return an MR image of these pixels, (rows, columns), (rows, columns, 3) or (frames, rows, columns)."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = MR, generate_uid()
    ds.SeriesInstanceUID, ds.Modality, ds.ImageType = "1.2.3.4", "MR", ["ORIGINAL", "PRIMARY", "M"]
    colour = array.ndim == 3 and array.shape[-1] == 3
    if array.ndim == 3 and not colour:
        ds.NumberOfFrames = array.shape[0]
    ds.Rows, ds.Columns = array.shape[:2] if colour else array.shape[-2:]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = (3, "RGB") if colour else (1, "MONOCHROME2")
    if colour:
        ds.PlanarConfiguration = 0
    ds.BitsAllocated = 8 * array.dtype.itemsize
    ds.BitsStored = bits or ds.BitsAllocated
    ds.HighBit, ds.PixelRepresentation = ds.BitsStored - 1, int(array.dtype.kind == "i")
    ds.PixelData = array.tobytes() + b"\0" * (array.nbytes % 2)
    ds["PixelData"].VR = "OB" if ds.BitsAllocated == 8 else "OW"
    for keyword, value in elements.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    return ds


def saved(ds: Dataset) -> bytes:
    """Return the data set as the bytes of a file."""
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def dicom(array: np.ndarray, **elements: object) -> bytes:
    """Return an image as the bytes of a DICOM file; see `dataset`."""
    return saved(dataset(array, **elements))  # type: ignore[arg-type]


def slices(arrays: list[np.ndarray], **elements: object) -> bytes:
    """Return a zip archive of one series, a file for each slice, 12 bits of 16."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, array in enumerate(arrays):
            archive.writestr(f"IM_{number:03d}.dcm", dicom((array.astype(np.uint16) * 6), bits=12, **elements))
    return buffer.getvalue()
