"""The engine in its process: what it says of values stays there, and a crash costs one file."""

from struct import pack

import pytest

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.profile.engine import Engine
from tests.checkers.dicom_data import dicom_file, element, of

REMOVE = "dicom: {fields: [{name: PatientName, remove: true}]}"
RECURSE = "dicom: {recurse-sequence: true, fields: [{name: PatientName, remove: true}]}"
DATE = "dicom: {date-format: '%d.%m.%Y', fields: [{name: SeriesDescription, increment-date: true}], date-increment: 1}"
NESTED = "{name: OtherPatientIDsSequence.*.PatientID, remove: true}"
CANARY = "QUOKKAWITZ"


def bomb(depth: int) -> bytes:
    """Return a file of sequences in sequences."""
    opening = pack("<HH2sHLHHL", 0x40, 0x275, b"SQ", 0, 0xFFFFFFFF, 0xFFFE, 0xE000, 0xFFFFFFFF)
    closing = pack("<HHLHHL", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    header = element(0x00020010, "UI", "1.2.840.10008.1.2.1")
    return bytes(128) + b"DICM" + header + opening * depth + closing * depth


def test_what_is_touched_is_told_without_values():
    with Engine([REMOVE]) as engine:
        applied = engine.apply(0, "a.dcm", dicom_file(of("PatientName", CANARY), pixels=False))
    assert [(each.path, each.action) for each in applied.touched] == [("PatientName", "remove")]
    assert CANARY not in repr(applied.touched)
    assert CANARY.encode() not in applied.data


def test_a_crash_costs_one_file():
    with Engine([RECURSE]) as engine:
        with pytest.raises(Unreadable, match="died"):
            engine.apply(0, "a.dcm", bomb(200_000))
        assert engine.apply(0, "a.dcm", dicom_file(pixels=False)).data


def test_a_run_away_costs_its_time():
    with Engine([RECURSE], seconds=1) as engine:
        with pytest.raises(Unreadable, match="longer than 1 s"):
            engine.apply(0, "a.dcm", bomb(3000))
        assert engine.apply(0, "a.dcm", dicom_file(pixels=False)).data


@pytest.mark.parametrize("data", [b"", b"x" * 1000, bomb(1)[:150], CANARY.encode() * 100])
def test_what_is_no_dicom_is_refused_in_our_words(data):
    with Engine([REMOVE]) as engine, pytest.raises(Unreadable) as caught:
        engine.apply(0, "a.dcm", data)
    assert CANARY not in str(caught.value)


def test_a_refused_value_is_not_told():
    with Engine([DATE]) as engine, pytest.raises(Unreadable) as caught:
        engine.apply(0, "a.dcm", dicom_file(of("SeriesDescription", CANARY), pixels=False))
    assert "a date isn't in the format" in str(caught.value)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_fields_are_applied_one_by_one_where_one_is_refused():
    texts = [
        f"dicom: {{fields: [{NESTED}, {{name: PatientName, remove: true}}]}}",
        f"dicom: {{fields: [{NESTED}]}}",
        REMOVE,
    ]
    with Engine(texts) as engine:
        applied = engine.apply(0, "a.dcm", dicom_file(of("PatientName", CANARY), pixels=False), [1, 2])
    assert [(each.index, each.absent) for each in applied.refused] == [(0, True)]
    assert CANARY.encode() not in applied.data
