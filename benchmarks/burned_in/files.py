"""Images as DICOM files, in every kind of pixel."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

SYNTAXES = {"JPEG": JPEGBaseline8Bit, "JPEG 2000": JPEG2000Lossless, "JPEG-LS": JPEGLSLossless, "RLE": RLELossless}


def dicom(image: np.ndarray, pixels: str, rng: np.random.Generator) -> bytes:
    """Write an 8-bit grey image (rows, columns) as a DICOM file with that kind of pixel."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    grey = image.round().astype(np.uint8) if image.ndim == 2 else image.max(axis=2).round().astype(np.uint8)
    rows, columns = grey.shape
    stored_as, bits, samples, array = "MONOCHROME2", 8, 1, grey
    if pixels == "inverted":
        array = 255 - grey
    elif pixels == "16 bit":
        bits, array = 16, (grey.astype(np.uint16) * 13 + 40)
    elif pixels in {"RGB", "YBR_FULL", "coloured"}:
        tint = np.array(
            {"coloured": rng.choice(((1, 1, 0.1), (0.1, 1, 0.3), (1, 0.35, 0.2), (0.3, 0.6, 1)))}.get(pixels, (1, 1, 1))
        )
        samples, stored_as = 3, "RGB"
        array = (grey[..., None] * tint).astype(np.uint8)
        if pixels == "YBR_FULL":
            stored_as, array = "YBR_FULL", cv2.cvtColor(array, cv2.COLOR_RGB2YCrCb)[..., [0, 2, 1]]
    elif pixels == "PALETTE":
        stored_as = "PALETTE COLOR"
        table = np.random.default_rng(7).permutation(256)
        array = np.argsort(table).astype(np.uint8)[grey]
        for index, name in enumerate(("Red", "Green", "Blue")):
            setattr(ds, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
            values = (table if index != 2 else np.minimum(255, table + 20)).astype("<u2") * 257
            setattr(ds, f"{name}PaletteColorLookupTableData", values.tobytes())
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = rows, columns, samples, stored_as
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit, ds.PixelRepresentation = bits - 1, 0
    if samples == 3:
        ds.PlanarConfiguration = 0
    ds.PixelData = np.ascontiguousarray(array).tobytes()
    ds["PixelData"].VR = "OB" if bits == 8 else "OW"
    if pixels == "JPEG":
        buffer = io.BytesIO()
        Image.fromarray(array).save(buffer, "JPEG", quality=int(rng.choice((60, 75, 90))))
        ds.PixelData = pydicom.encaps.encapsulate([buffer.getvalue()])
        ds["PixelData"].is_undefined_length = True
        ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    elif pixels in SYNTAXES:
        ds.compress(SYNTAXES[pixels], generate_instance_uid=False)
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
