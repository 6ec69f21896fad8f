"""A synthetic session with identifiers planted in every kind of place; all persons and numbers are invented.

``deid-check demo`` makes it, scans it, and shows what was found; the tests hold that every planted identifier is.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom import Dataset

NAME, MOTHER, PHYSICIAN, OPERATOR = "QUIXOTE^ALONSO", "QUIJANA^DULCINEA", "PANZA^SANCHO", "CARRASCO^SANSON"
BIRTH_DATE, MRN, ACCESSION = "19470923", "40417283", "ACC7741902"
SLICES = 12
ROOT = "2.25.199041"


@dataclass(frozen=True, slots=True)
class Planted:
    """An identifier that was planted: where it has to be found."""

    path: str
    pointer: str
    what: str


def make(folder: Path) -> list[Planted]:
    """Write the session below a folder, and return what was planted."""
    (folder / "anat-T1w").mkdir()
    (folder / "localizer").mkdir()
    return [
        *_archive(folder / "anat-T1w" / "T1w.dicom.zip"),
        *_nifti(folder / "anat-T1w" / "T1w.nii.gz"),
        *_sidecar(folder / "anat-T1w" / "T1w.json"),
        *_localizer(folder / "localizer" / "IM_0001"),
        *_notes(folder / "scan-notes.txt"),
        *_participants(folder / "participants.tsv"),
    ]


def _archive(path: Path) -> list[Planted]:
    """Write a series that a profile was applied to: one instance was left out, and free text was not touched."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(SLICES):
            instance = _instance(number)
            instance.PatientName = instance.PatientID = ""
            instance.PatientBirthDate = ""
            instance.DeidentificationMethod = "Demo_profile_v1.0"
            if number == SLICES // 2:
                instance.PatientName = NAME
                instance.PatientID = MRN
                instance.PatientBirthDate = BIRTH_DATE
            instance.ImageComments = "repeat of alonso quixote, moved"
            instance.OperatorsName = OPERATOR
            block = instance.private_block(0x0011, "DEMO RIS", create=True)
            block.add_new(0x11, "LO", f"MRN {MRN}")
            archive.writestr(zipfile.ZipInfo(f"T1w/IM_{number:04d}.dcm", (2021, 3, 4, 10, 30, 0)), _bytes(instance))
        archive.comment = json.dumps({"session": {"patient_id": MRN}}).encode()
    name = "anat-T1w/T1w.dicom.zip"
    return [
        Planted(name, "PatientName", "the name, in one instance of twelve"),
        Planted(name, "PatientID", "the medical record number, in one instance of twelve"),
        Planted(name, "PatientBirthDate", "the birth date, in one instance of twelve"),
        Planted(name, "ImageComments", "the name, typed into a comment"),
        Planted(name, "OperatorsName", "the operator's name"),
        Planted(name, '(0011,"DEMO RIS",11)', "the record number, in a private element"),
        Planted(name, "comment", "the record number, in the archive's comment"),
    ]


def _localizer(path: Path) -> list[Planted]:
    """Write an instance that nobody de-identified, under a name without extension."""
    from pydicom import Dataset

    instance = _instance(0)
    instance.PatientName = NAME
    instance.PatientID = MRN
    instance.PatientMotherBirthName = MOTHER
    instance.ReferringPhysicianName = PHYSICIAN
    request = Dataset()
    request.AccessionNumber = ACCESSION
    instance.RequestAttributesSequence = [request]
    path.write_bytes(_bytes(instance))
    name = "localizer/IM_0001"
    return [
        Planted(name, "PatientName", "the name"),
        Planted(name, "PatientID", "the medical record number"),
        Planted(name, "PatientMotherBirthName", "the mother's name"),
        Planted(name, "ReferringPhysicianName", "the physician's name"),
        Planted(name, "RequestAttributesSequence[0].AccessionNumber", "the accession number, in a sequence"),
    ]


def _nifti(path: Path) -> list[Planted]:
    """Write a NIfTI-1 file of 4 x 4 x 4 voxels with the name in its description and in the gzip header."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, 4, 4, 4, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 2, 8)
    struct.pack_into("<8f", header, 76, 1, 1, 1, 1, 1, 0, 0, 0)
    struct.pack_into("<f", header, 108, 352.0)
    header[148 : 148 + 12] = b"QuixoteA T1w"
    header[344:348] = b"n+1\0"
    stream = io.BytesIO()
    with gzip.GzipFile("alonso_quixote_T1w.nii", "wb", fileobj=stream, mtime=0) as compressed:
        compressed.write(bytes(header) + bytes(64))
    path.write_bytes(stream.getvalue())
    name = "anat-T1w/T1w.nii.gz"
    return [
        Planted(name, "descrip", "the name, abbreviated, in the header"),
        Planted(name, "gzip.name", "the name, as the file was called before"),
    ]


def _sidecar(path: Path) -> list[Planted]:
    """Write a sidecar with attributes, one of them in a nested object."""
    path.write_text(
        json.dumps(
            {
                "Modality": "MR",
                "RepetitionTime": 2.3,
                "PatientName": NAME,
                "global": {"const": {"PatientBirthDate": BIRTH_DATE}},
                "ImageComments": "call 215-555-0142 when done",
            },
            indent=1,
        )
    )
    name = "anat-T1w/T1w.json"
    return [
        Planted(name, "PatientName", "the name"),
        Planted(name, "global.const.PatientBirthDate", "the birth date"),
        Planted(name, "ImageComments", "a telephone number"),
    ]


def _notes(path: Path) -> list[Planted]:
    """Write a technologist's notes."""
    path.write_text(f"Coil 3 was noisy.\nPatient: Alonso Quixote, MRN {MRN}, came late.\n")
    return [Planted("scan-notes.txt", "content", "the name and the record number")]


def _participants(path: Path) -> list[Planted]:
    """Write a BIDS table with an age over 89."""
    path.write_text("participant_id\tage\tsex\nsub-01\t34\tF\nsub-02\t93\tM\n")
    return [Planted("participants.tsv", "age[1]", "an age over 89")]


def _instance(number: int) -> Dataset:
    """Return an MR instance of 16 x 16 pixels without any identifier."""
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

    instance = Dataset()
    instance.file_meta = FileMetaDataset()
    instance.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    instance.file_meta.MediaStorageSOPClassUID = MRImageStorage
    instance.file_meta.MediaStorageSOPInstanceUID = instance.SOPInstanceUID = f"{ROOT}.3.{number + 1}"
    instance.SOPClassUID = MRImageStorage
    instance.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    instance.Modality = "MR"
    instance.Manufacturer = "SIEMENS"
    instance.SeriesDescription = "T1w MPRAGE"
    instance.StudyInstanceUID = f"{ROOT}.1"
    instance.SeriesInstanceUID = f"{ROOT}.2"
    instance.InstanceNumber = number + 1
    instance.Rows = instance.Columns = 16
    instance.SamplesPerPixel = 1
    instance.PhotometricInterpretation = "MONOCHROME2"
    instance.BitsAllocated, instance.BitsStored, instance.HighBit = 16, 12, 11
    instance.PixelRepresentation = 0
    instance.PixelData = bytes(16 * 16 * 2)
    return instance


def _bytes(instance: Dataset) -> bytes:
    """Return an instance as a DICOM file."""
    from pydicom import dcmwrite

    stream = io.BytesIO()
    dcmwrite(stream, instance, enforce_file_format=True)
    return stream.getvalue()
