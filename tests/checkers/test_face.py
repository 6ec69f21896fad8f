"""Heads with a face, and their neighbours without: pairs that differ in one thing."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest

from fw_gear_deid_check import main
from fw_gear_deid_check.checkers.face import FaceChecker, is_head, is_signed
from fw_gear_deid_check.main import Options
from fw_gear_deid_check.policy import Policy
from tests.checkers.test_pixels import Anything, Items
from tests.pictures import dicom

T1 = {"Modality": "MR", "MRAcquisitionType": "3D", "SeriesDescription": "ANAT_T1W_MPRAGE", "SliceThickness": "1"}
CT = {"Modality": "CT", "SeriesDescription": "HEAD WITHOUT CONTRAST", "SliceThickness": "0.625"}

HEADS = [
    (T1, True),
    (T1 | {"MRAcquisitionType": "2D"}, False),
    (T1 | {"SliceThickness": "8"}, False),
    (T1 | {"SeriesDescription": "T1_VIBE_ABDOMEN"}, False),
    (T1 | {"BodyPartExamined": "KNEE"}, False),
    (T1 | {"SeriesDescription": "EP2D_BOLD"}, False),
    (T1 | {"SeriesDescription": "T10 SOMETHING"}, False),
    (T1 | {"SeriesDescription": "T1 MAP"}, False),
    (T1 | {"SeriesDescription": "SAG FLAIR SPACE"}, True),
    (T1 | {"Modality": "SR"}, False),
    (T1 | {"SliceThickness": "BROKEN"}, True),
    (CT, True),
    (CT | {"SeriesDescription": "CHEST"}, False),
    (CT | {"ImageType": "ORIGINAL\\PRIMARY\\LOCALIZER"}, False),
    (CT | {"SliceThickness": "5"}, False),
]


@pytest.mark.parametrize(("header", "expected"), HEADS)
def test_heads(header, expected):
    assert is_head(header) is expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({}, False),
        ({"RecognizableVisualFeatures": "NO"}, True),
        ({"RecognizableVisualFeatures": "YES"}, False),
        ({"DeidentificationMethod": "PROFILE 3, PYDEFACE 2.0"}, True),
        ({"DeidentificationMethod": "PROFILE 3"}, False),
        ({"SeriesDescription": "T1W_SKULL_STRIPPED"}, True),
        ({"SeriesDescription": "T1W_SKULL"}, False),
        ({"DeidentificationMethodCodeSequence": "113102"}, True),
    ],
)
def test_signs(header, expected):
    assert is_signed(header) is expected


def series(count: int, **elements: object) -> bytes:
    buffer = io.BytesIO()
    data = dicom(
        np.zeros((4, 4), np.uint16), **{"MRAcquisitionType": "3D", "SeriesDescription": "t1w mprage"} | elements
    )
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.dcm", data)
    return buffer.getvalue()


def nifti() -> bytes:
    header = bytearray(352)
    header[0:4], header[344:348] = (348).to_bytes(4, "little"), b"n+1\0"
    return bytes(header) + bytes(64)


FILES = {
    "head.zip": lambda: series(30),
    "few.zip": lambda: series(29),
    "claimed.zip": lambda: series(30, RecognizableVisualFeatures="NO"),
    "named_defaced.zip": lambda: series(30, SeriesDescription="t1w mprage defaced"),
    "sub-1_T1w.nii": nifti,
    "sub-1_desc-defaced_T1w.nii": nifti,
    "sub-1_bold.nii": nifti,
    "sub-2_T1w.nii": nifti,
    "sub-2_T1w.json": lambda: json.dumps({"Software": "pydeface"}).encode(),
}


@pytest.mark.parametrize(("policy", "level"), [("site", "INFO"), ("safe-harbor", "REVIEW")])
def test_heads_without_a_sign_are_told(monkeypatch, policy, level):
    monkeypatch.setattr(main, "make_checkers", lambda judge, mode, jobs, *_: [FaceChecker(judge), Anything()])
    audit = main.run(Items({name: make() for name, make in FILES.items()}), Options(Policy.load(policy)))
    told = {record.item.path: [each.of.level.value for each in record.findings] for record in audit.records}
    assert {path for path, levels in told.items() if levels} == {"head.zip", "sub-1_T1w.nii"}
    assert told["head.zip"] == told["sub-1_T1w.nii"] == [level]
