"""Forms of hashes and hashed UIDs; and that they are the forms that the engine writes."""

import pytest

from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.profile import forms
from fw_gear_deid_check.profile.engine import Engine
from fw_gear_deid_check.readers import dicom
from tests.checkers.dicom_data import VENDOR_UID, content_of, dicom_file, of

HASHED = "1.3.12.2.755611.126205.162541.592059.321011.558181.567890"


@pytest.mark.parametrize(
    ("action", "value", "settings", "fits"),
    [
        ("hash", "6080b0f8f86d6b34", {}, True),
        ("hash", "6080B0F8F86D6B34", {}, False),
        ("hash", "6080b0f8f86d6b3", {}, False),
        ("hash", "MRN123", {}, False),
        ("hash-uid", HASHED, {}, True),
        ("hash-uid", VENDOR_UID, {}, False),
        ("hash-uid", HASHED.replace("755611", "75561"), {}, False),
        ("hash-uid", "1.3.755611.126205.162541.592059.321011.558181.5", {"uid-prefix-fields": "2"}, True),
        ("hash-uid", HASHED, {"uid-prefix-fields": "2"}, False),
        ("hash-uid", HASHED, {"uid-numeric-name": "1.3.12.2"}, True),
        ("hash-uid", HASHED, {"uid-numeric-name": "1.2.3.4"}, False),
        ("increment-date", "20210304", {}, None),
        ("jitter", "70.5", {}, None),
    ],
)
def test_forms(action, value, settings, fits):
    assert forms.fits(action, value, settings) is fits


@pytest.mark.parametrize(
    ("rows", "settings"),
    [
        ("", {}),
        ("  uid-prefix-fields: 2\n  uid-suffix-fields: 2\n", {"uid-prefix-fields": "2", "uid-suffix-fields": "2"}),
        ("  uid-numeric-name: '9.8.7.6'\n", {"uid-numeric-name": "9.8.7.6"}),
    ],
)
def test_the_engine_writes_these_forms(rows, settings):
    text = f"dicom:\n{rows}  fields: [{{name: PatientID, hash: true}}, {{name: SOPInstanceUID, hashuid: true}}]\n"
    with Engine([text]) as engine:
        for number in range(20):
            elements = of("PatientID", f"MRN{number}"), of("SOPInstanceUID", f"{VENDOR_UID}{number}")
            result = engine.apply(0, "a.dcm", dicom_file(*elements, pixels=False)).data
            rows_of = dicom.data_set(content_of(result), Limits()).rows
            values = {row[0]: row[3][row[4] :].decode().strip(" \0") for row in rows_of}
            assert forms.is_hash(values[0x00100020])
            assert forms.is_hashed_uid(values[0x00080018], settings)
