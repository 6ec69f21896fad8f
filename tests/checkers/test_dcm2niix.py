"""What dcm2niix writes with and without its anonymising default is told apart."""

import json
import subprocess

import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from fw_gear_deid_check.checkers.nifti import NiftiChecker
from fw_gear_deid_check.checkers.sidecar import SidecarChecker
from tests.checkers.looking import look, site_judge

dcm2niix = pytest.importorskip("dcm2niix", reason="the package dcm2niix is not installed")


def slices(folder):
    for number in range(4):
        meta = pydicom.dataset.FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data = pydicom.Dataset()
        data.file_meta = meta
        data.SOPClassUID = meta.MediaStorageSOPClassUID = MRImageStorage
        data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID = f"2.25.{1000 + number}"
        data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = "2.25.1", "2.25.2", "2.25.3"
        data.PatientName, data.PatientID, data.PatientBirthDate = "QUUX^JANE", "482913", "19800131"
        data.PatientSex, data.PatientAge, data.PatientWeight = "F", "042Y", "60"
        data.AccessionNumber, data.StudyID, data.ReferringPhysicianName = "A77123", "9", "ROE^RICHARD"
        data.StudyDate = data.SeriesDate = data.AcquisitionDate = "20220623"
        data.StudyTime = data.SeriesTime = data.AcquisitionTime = "141542.056000"
        data.Modality, data.Manufacturer, data.ManufacturerModelName = "MR", "SIEMENS", "Prisma"
        data.SeriesDescription = data.ProtocolName = "T1w"
        data.ImageType = ["ORIGINAL", "PRIMARY", "M"]
        data.SeriesNumber, data.AcquisitionNumber, data.InstanceNumber = 2, 1, number + 1
        data.EchoTime, data.RepetitionTime, data.FlipAngle, data.MagneticFieldStrength = 2.9, 2300, 9, 3
        data.Rows = data.Columns = 16
        data.PixelSpacing, data.SliceThickness = [1, 1], 1
        data.ImageOrientationPatient, data.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, number]
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
        data.PixelData = np.arange(256, dtype=np.uint16).tobytes()
        data.save_as(folder / f"{number}.dcm", enforce_file_format=True)


def converted(source, folder, anonymise, packed):
    folder.mkdir()
    command = [dcm2niix.bin, "-ba", anonymise, "-z", packed, "-b", "y", "-f", "sub-0123_T1w", "-o", folder, source]
    subprocess.run(command, check=True, capture_output=True)
    sidecar, image = folder / "sub-0123_T1w.json", next(folder.glob("*.nii*"))
    assert json.loads(sidecar.read_text())["ConversionSoftware"] == "dcm2niix"
    return (
        look(SidecarChecker(site_judge()), sidecar.name, sidecar.read_bytes()),
        look(NiftiChecker(site_judge()), image.name, image.read_bytes()),
    )


@pytest.mark.parametrize("packed", ["i", "n"])
def test_told_apart(tmp_path, packed):
    source = tmp_path / "dicom"
    source.mkdir()
    slices(source)
    sidecar, image = converted(source, tmp_path / "default", "y", packed)
    assert (sidecar.told, sidecar.unread) == (set(), [])
    assert (image.told, image.unread) == (set(), [])
    sidecar, image = converted(source, tmp_path / "identified", "n", packed)
    assert sidecar.failed >= {
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "AccessionNumber",
        "ReferringPhysicianName",
    }
    assert "not-anonymised" in {slug for _, slug, _ in sidecar.told}
    assert ("name", "QUUX^JANE") in [(kind, name.replace(" ", "^").upper()) for kind, name in sidecar.learned]
