"""The user's list: CSV with a header, plain lines, encodings, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fw_gear_deid_check.detectors import identifiers_file
from fw_gear_deid_check.errors import UsageError


def write(tmp_path: Path, data: str | bytes, encoding: str = "utf-8") -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
    return path


def read(path: Path) -> list[tuple[str, str, str, str | None]]:
    return [(entry.kind, entry.value, entry.category, entry.subject) for entry in identifiers_file.read(path)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_csv_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = write(
        tmp_path, "Subject,Name,MRN,Birth_Date,Other\ns1,Müller^Käthe,0012345,1962-04-17,\n,Roe,,,QX99\n", encoding
    )
    assert read(path) == [
        ("name", "Müller^Käthe", "A", "s1"),
        ("id", "0012345", "H", "s1"),
        ("date", "1962-04-17", "C", "s1"),
        ("name", "Roe", "A", None),
        ("text", "QX99", "R", None),
    ]


@pytest.mark.parametrize(
    "header", ["patient_id;dob", "Patient ID;DOB", "PatientID;Date of Birth", '"MRN";"birth-date"']
)
def test_aliases_and_semicolons(tmp_path: Path, header: str) -> None:
    assert read(write(tmp_path, f"{header}\n00123456;17.04.1962\n")) == [
        ("id", "00123456", "H", None),
        ("date", "17.04.1962", "C", None),
    ]


def test_first_and_last_name_in_two_columns(tmp_path: Path) -> None:
    assert read(write(tmp_path, "first name,last name\nJane,Doe\n")) == [("name", "Doe^Jane", "A", None)]


def test_plain_lines_say_themselves_what_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, "# ours\nDoe, Jane\n1962-04-17\n00123456\njane@example.org\n\n")
    assert read(path) == [
        ("name", "Doe, Jane", "A", None),
        ("date", "1962-04-17", "C", None),
        ("id", "00123456", "R", None),
        ("text", "jane@example.org", "R", None),
    ]


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b"name,mrn\n", b"PK\x03\x04\x00secret\x00", b"secret" * 60, b"x" * (17 << 20)],
    ids=["empty", "blank", "header only", "binary", "too long a line", "too large"],
)
def test_what_is_wrong_is_one_line_without_values(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        identifiers_file.read(write(tmp_path, data))
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        identifiers_file.read(tmp_path / "holloway.csv")
