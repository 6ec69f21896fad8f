"""One file for each place that can hold an identifier beside DICOM, and its clean neighbour, through the whole loop."""

import json

import nibabel
import pydicom
import pytest

from fw_gear_deid_check import main
from fw_gear_deid_check.detectors import ocr
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.sources.folder import FolderSource
from tests.checkers import test_fields, test_nifti

IMAGE = test_nifti.image


def volume(code=None, text=None, **fields):
    return IMAGE(extensions=[(code, text)] if code is not None else (), **fields)


def dataset(name: str) -> pydicom.Dataset:
    made = pydicom.Dataset()
    made.PatientName = name
    made.Modality = "MR"
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = "Penn_BSC_profile_v4.0"
    return made


def dicom_in_nifti(name: str) -> bytes:
    return volume(2, dataset(name))


def padded(value: str, size: int) -> bytes:
    return value.encode()[:size]


PLACES = {
    # path: (pointer, bytes with the value in them)
    "nifti/descrip.nii": ("descrip", lambda value: volume(descrip=padded(value, 80))),
    "nifti/aux_file.nii": ("aux_file", lambda value: volume(aux_file=padded(value, 24))),
    "nifti/intent_name.nii": ("intent_name", lambda value: volume(intent_name=padded(value, 16))),
    "nifti/db_name.nii": ("db_name", lambda value: volume(db_name=padded(value, 18))),
    "nifti/data_type.nii": ("data_type", lambda value: volume(data_type=padded(value, 10))),
    "nifti/two.nii": ("descrip", lambda value: IMAGE(nibabel.Nifti2Image, descrip=padded(value, 80))),
    "nifti/dicom.nii": ("extension[0].PatientName", dicom_in_nifti),
    "nifti/comment.nii": ("extension[0]", lambda value: volume(6, value.encode())),
    "nifti/unknown.nii": ("extension[0]", lambda value: volume(0, value.encode())),
    "nifti/json.nii": (
        "extension[0].PatientName",
        lambda value: volume(44, json.dumps({"PatientName": value}).encode()),
    ),
    "nifti/trailing.nii": ("trailing", lambda value: volume() + value.encode().strip(b"^")),
    "nifti/name.nii.gz": ("gzip.name", lambda value: test_nifti.packed(volume(), name=value.encode())),
    "nifti/comment.nii.gz": ("gzip.comment", lambda value: test_nifti.packed(volume(), comment=value.encode())),
    "sidecar/deep.json": (
        "a[1].b.PatientName",
        lambda value: json.dumps({"a": [0, {"b": {"PatientName": value}}]}).encode(),
    ),
    "sidecar/const.json": (
        "global.const.PatientName",
        lambda value: json.dumps({"global": {"const": {"PatientName": value}}}).encode(),
    ),
    "sidecar/dicom.json": (
        "00100010.Value[0].Alphabetic",
        lambda value: json.dumps({"00100010": {"vr": "PN", "Value": [{"Alphabetic": value}]}}).encode(),
    ),
    "sidecar/string.json": (
        "header.PatientName",
        lambda value: json.dumps({"header": json.dumps({"PatientName": value})}).encode(),
    ),
    "tables/participants.tsv": ("name[0]", lambda value: f"participant_id\tname\nsub-01\t{value}\n".encode()),
    "tables/list.csv": ("remark[0]", lambda value: f"code,remark\n7,{value}\n".encode()),
    "text/README": ("content", lambda value: f"Imaging of a phantom\n{value}\n".encode()),
    "text/a.xml": ("content", lambda value: f"<scan><PatientName>{value}</PatientName></scan>".encode()),
    "text/a.log": ("content", lambda value: f"step 1 done\n{value}\n".encode()),
    "other/a.PAR": ("Patient name", lambda value: test_fields.PAR.format(name=value, exam="").encode()),
    "other/subject": (
        "SUBJECT_name_string",
        lambda value: test_fields.BRUKER.format(name=value, id="", folder="x", remarks="").encode(),
    ),
    "other/a.rda": ("PatientName", lambda value: test_fields.RDA.format(name=value, id="").encode() + bytes(64)),
    "other/meas_1.dat": (
        "tPatientName",
        lambda value: test_fields.twix(test_fields.XPROTOCOL.format(key="tPatientName", value=f'"{value}"')),
    ),
    "other/P12345.7": ("PatientName", lambda value: test_fields.pfile(value.encode(), 144_344)),
    "other/a.jpg": ("comment", lambda value: test_fields.saved("JPEG", comment=value.encode())),
    "other/b.jpg": (
        "exif.ImageDescription",
        lambda value: test_fields.saved("JPEG", exif=test_fields.exif(270, value)),
    ),
    "other/a.png": ("text.Comment", lambda value: test_fields.png(Comment=value)),
    "other/a.tif": ("tiff.ImageDescription", lambda value: test_fields.saved("TIFF", tiffinfo={270: value})),
    "other/a.pdf": ("info.Title", lambda value: test_fields.pdf(Title=value)),
    "other/b.pdf": ("content", test_fields.pdf),
}
PICTURES = {"other/a.jpg", "other/b.jpg", "other/a.png", "other/a.tif"}
"""They are for a person to look at, whatever is read in them."""


def run(folder, value):
    for path, (_, make) in PLACES.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(make(value))
    audit = main.run(FolderSource([folder]), main.Options(Policy.load("site")))
    return {record.item.path: record for record in audit.records}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return run(tmp_path_factory.mktemp("planted"), "DOE^JANE")


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return run(tmp_path_factory.mktemp("clean"), "^^^")


@pytest.mark.parametrize("path", PLACES)
def test_found_at_its_pointer(planted, path):
    failed = {each.of.location.pointer for each in planted[path].findings if each.of.level.value == "FAIL"}
    assert failed == {PLACES[path][0]}
    assert planted[path].verdict.value == "FAIL"


@pytest.mark.parametrize("path", PLACES)
def test_the_neighbour_is_quiet(clean, path):
    told = [
        (each.of.rule.slug, each.of.location.pointer) for each in clean[path].findings if each.of.level.value != "INFO"
    ]
    assert told == ([("risky-image", "content")] if path in PICTURES else [])
    assert clean[path].verdict.value == (
        "PASS" if path not in PICTURES else "REVIEW" if ocr.missing() is None else "INCOMPLETE"
    )
