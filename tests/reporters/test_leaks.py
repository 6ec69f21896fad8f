"""Findings are grouped by what leaks, and identifiers by their fingerprint."""

from __future__ import annotations

from typing import Any

import pytest

from fw_gear_deid_check.reporters.leaks import counting, leaks, shared_identifiers
from tests.reporters.reports import finding


def test_one_attribute_in_twelve_files_is_one_leak() -> None:
    found = leaks([finding(path=f"{index}.zip", members=10) for index in range(12)])
    assert len(found) == 1
    assert (len(found[0].paths), found[0].members, found[0].values) == (12, 120, 1)


def test_items_of_a_sequence_are_one_leak_and_their_message_too() -> None:
    pointers = ["OtherPatientIDsSequence[0].PatientID", "OtherPatientIDsSequence[17].PatientID"]
    (found,) = leaks([finding(pointer=pointer) for pointer in pointers])
    assert found.pointer == "OtherPatientIDsSequence[].PatientID"
    assert found.message == "holds a value"


@pytest.mark.parametrize(
    "other",
    [
        {"rule": "DCM002"},
        {"level": "REVIEW"},
        {"pointer": "PatientID"},
        {"checker": "sidecar"},
        {"remedy": "Something else"},
        {"message": "PatientName may hold a value"},
        {"category": "R"},
    ],
)
def test_findings_that_differ_in_kind_are_different_leaks(other: dict[str, Any]) -> None:
    assert len(leaks([finding(), finding(path="other.zip")])) == 1
    assert len(leaks([finding(), finding(path="other.zip", **other)])) == 2


def test_leaks_come_worst_first() -> None:
    info = finding("DCM003", "indirect-identifier", level="INFO", pointer="StudyDate", members=10_000)
    review = finding("TXT002", "suspect-text", level="REVIEW", pointer="ImageComments", members=1_000)
    staff = finding("DCM002", "staff-name", pointer="OperatorsName", members=100)
    direct = finding(pointer="PatientName", members=1)
    twice = [finding(pointer="PatientID", path=path) for path in ("a", "b")]
    ordered = leaks([info, review, staff, direct, *twice])
    assert [leak.pointer for leak in ordered] == [
        "PatientID",
        "PatientName",
        "OperatorsName",
        "ImageComments",
        "StudyDate",
    ]
    assert [leak.number for leak in ordered] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("pointer", "message", "rest"),
    [
        ("PatientName", "PatientName holds a value", "holds a value"),
        ("A[0].PatientName", "PatientName holds a value", "holds a value"),
        ("PatientName", "PatientNames are there", "PatientNames are there"),
        ("", "the text holds a date", "the text holds a date"),
    ],
)
def test_a_message_does_not_repeat_the_pointer(pointer: str, message: str, rest: str) -> None:
    (found,) = leaks([finding(pointer=pointer, message=message)])
    assert found.message == rest


def test_suppressed_findings_do_not_count() -> None:
    assert counting([finding(suppressed="looked at")]) == []
    assert len(counting([finding()])) == 1


def test_an_identifier_in_several_places_is_told_once() -> None:
    places = [
        finding(pointer="PatientName"),
        finding(pointer="ImageComments", path="b.zip"),
        finding(pointer="descrip", path="c.nii"),
    ]
    (shared,) = shared_identifiers([*places, finding(pointer="PatientID", value="4711")])
    assert (shared.number, shared.findings) == (1, tuple(places))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"pointer": "PatientName", "path": "b"}, id="the same pointer in another file is the leak itself"),
        pytest.param({"pointer": "ImageComments", "value": "ROE^R"}, id="another value"),
        pytest.param({"pointer": "ImageComments", "level": "INFO"}, id="INFO"),
        pytest.param({"pointer": "ImageComments", "value": None}, id="no evidence"),
    ],
)
def test_what_is_not_one_identifier_in_several_places(other: dict[str, Any]) -> None:
    assert shared_identifiers([finding(), finding(**other)]) == []
