"""Grading: typical lines with an identifier, through the whole run, with the header knowing the person and without."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from benchmarks.burned_in.cases import generator
from benchmarks.burned_in.grounds import fan, head, streaks
from benchmarks.burned_in.lines import FIRST, LAST, Case, burn
from benchmarks.burned_in.record import Record
from fw_gear_deid_check import main
from fw_gear_deid_check.detectors import burned_in
from fw_gear_deid_check.detectors.ocr import RapidOcr
from fw_gear_deid_check.items import Item
from fw_gear_deid_check.main import Options
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.rules import Level

MODALITIES = ("SC", "US", "MR", "CT")
FORMS = (
    "{last}^{first}", "Name: {last}, {first}", "{last}, {first}", "{first} {last}", "DOB {born}", "MRN {number}",
    "ID: {number}", "Patient ID: {number}", "{last}^{first} {number}", "{number}", "{born}",
)  # fmt: skip
SLICES = 6
BATCH = 16
"""Items of one run: starting the engine takes a while."""
RARE_FIRST = ("Ottilie", "Wenzeslaus", "Xiomara", "Thaddea", "Eilidh", "Njabulo")
RARE_LAST = ("Zelwegger", "Quillfeather", "Brzezicki", "Oyelaran", "Tregaskis", "Vandersloot")
_SOP = "1.2.840.10008.5.1.4.1.1."
_CLASSES = {"SC": f"{_SOP}7", "US": f"{_SOP}6.1", "MR": f"{_SOP}4", "CT": f"{_SOP}2"}


class Memory:
    """A source of files that are held in memory."""

    name = "memory"

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def items(self) -> Iterator[Item]:
        """Yield the files, each of a subject of its own."""
        for path, data in self._files.items():
            yield Item(path, "file", lambda data=data: io.BytesIO(data), size=len(data), subject=path)


def measure_graded(engine: RapidOcr, record: Record, seed: int, count: int) -> None:
    """Run batches of items, and record whether a FAIL stands where the line does."""
    del engine
    left = [index for index in range(count) if not record.has("graded", index)]
    for first in range(0, len(left), BATCH):
        made = {f"{index}/a.bin": (index, *item(seed, index)) for index in left[first : first + BATCH]}
        source = Memory({path: data for path, (_, data, _) in made.items()})
        audit = main.run(source, Options(Policy.load("site"), jobs=1))
        for each in audit.records:
            index, _, case = made[each.item.path]
            seen = [one.of for one in each.findings if one.of.location.box is not None]
            here = [one for one in seen if burned_in.overlap(one.location.box, case.box) > 0.3]
            texts = [one.of.value for one in each.texts if one.of.location.box is not None]
            hit = any(one.level is Level.FAIL for one in here)
            record.add("graded", index, hit=hit, conditions=case.conditions, seen=bool(here), texts=texts)


def item(seed: int, index: int) -> tuple[bytes, Case]:
    """A file, or an archive of slices, with a line on all of its frames."""
    rng = generator(seed, 4, index)
    modality = MODALITIES[index % len(MODALITIES)]
    knows = "header knows" if index // len(MODALITIES) % 2 else "header is clean"
    form = FORMS[index // 8 % len(FORMS)]
    common = rng.random() < 0.5
    last, first = (str(rng.choice(names)).upper() for names in ((LAST, FIRST) if common else (RARE_LAST, RARE_FIRST)))
    day = f"{rng.integers(1, 13):02d}", f"{rng.integers(1, 29):02d}", f"{rng.integers(1930, 2005)}"
    number = str(rng.integers(1000000, 9999999))
    line = form.format(last=last, first=first, born="/".join(day), number=number)
    count = SLICES if modality in {"MR", "CT"} else 1
    grounds = [{"US": fan, "MR": head, "CT": streaks, "SC": streaks}[modality](rng) for _ in range(count)]
    size, contrast = int(rng.choice((10, 12, 14, 18))), str(rng.choice(("white", "white", "grey")))
    case = burn(rng, grounds[0], contrast, 0, size, "corner", line)
    row, column, height, width = case.box
    images = [case.image]
    for ground in grounds[1:]:
        image = ground.copy()
        area = np.s_[row : row + height, column : column + width]
        image[area] = np.where(np.abs(case.image[area] - grounds[0][area]) > 30, case.image[area], ground[area])
        images.append(image)
    series = generate_uid()
    files = []
    for image in images:
        ds = Dataset()
        ds.Modality, ds.SeriesInstanceUID = ("OT" if modality == "SC" else modality), series
        if knows == "header knows":
            ds.PatientName, ds.PatientID = f"{last}^{first}", number
            ds.PatientBirthDate = day[2] + day[0] + day[1]
        files.append(_saved(ds, image, _CLASSES[modality], modality))
    conditions = {"modality": modality, "header": knows, "form": form, "size": str(size), "contrast": contrast}
    conditions["of name"] = "common" if common else "rare"
    case = Case(case.image, case.box, conditions)
    if count == 1:
        return files[0], case
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for position, data in enumerate(files):
            archive.writestr(f"{position}.dcm", data)
    return buffer.getvalue(), case


def _saved(ds: Dataset, image: np.ndarray, sop: str, modality: str) -> bytes:
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = sop
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    wide = modality in {"MR", "CT"}
    ds.Rows, ds.Columns = image.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored = (16, 12) if wide else (8, 8)
    ds.HighBit = ds.BitsStored - 1
    grey = image.round().clip(0, 255)
    ds.PixelData = (grey * 13).astype("<u2").tobytes() if wide else grey.astype(np.uint8).tobytes()
    ds["PixelData"].VR = "OW" if wide else "OB"
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
