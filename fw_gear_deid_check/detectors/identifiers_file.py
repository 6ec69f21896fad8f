"""The user's list of identifiers that must appear nowhere (``--identifiers``): CSV with a header, or plain lines."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from fw_gear_deid_check.errors import UsageError

LARGEST = 16 << 20
"""Bytes of the file."""
MOST = 100_000
"""Identifiers in the file."""
LONGEST = 256
"""Characters of one identifier."""

_HEADERS = {
    "subject": "subject subject_label subject_id participant_id label code",
    "name": "name patient_name patientname full_name",
    "family": "last_name lastname surname family_name",
    "given": "first_name firstname given_name forename",
    "mrn": "mrn patient_id patientid id medical_record_number",
    "birth_date": "birth_date birthdate dob date_of_birth patientbirthdate",
    "accession": "accession accession_number accessionnumber",
    "uid": "uid study_instance_uid studyinstanceuid series_instance_uid seriesinstanceuid"
    " sop_instance_uid sopinstanceuid",
    "other": "other",
}
COLUMNS = {header: column for column, headers in _HEADERS.items() for header in headers.split()}
"""Header, in small letters with _ for space and hyphen, to what the column holds."""
KINDS = {
    "name": ("name", "A"), "mrn": ("id", "H"), "birth_date": ("date", "C"), "accession": ("id", "J"),
    "uid": ("id", "R"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """One identifier of the list; without a subject it is searched for in everybody's data.

    ``kind`` is ``name``, ``id``, ``date``, or ``text`` for anything else; ``category`` the HIPAA letter.
    """

    kind: str
    value: str
    category: str
    subject: str | None = None

    def __repr__(self) -> str:
        return f"Listed({self.kind!r}, category={self.category!r})"


def read(path: str | Path) -> list[Listed]:
    """Return the identifiers of a file.

    Raises
    ------
    UsageError
        The file can't be read, is too large, is no text, or holds no identifier. The message holds nothing of it.
    """
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError:
        raise UsageError("the file of identifiers can't be read: give a CSV or text file that exists") from None
    if len(data) > LARGEST:
        raise UsageError(f"the file of identifiers is larger than {LARGEST >> 20} MiB")
    text = _decode(data)
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise UsageError("the file of identifiers is empty")
    delimiter, columns = _header(lines[0])
    listed = _rows(text, delimiter, columns) if columns else _plain(lines)
    if not listed:
        raise UsageError("the file of identifiers has a header but no identifier below it")
    return listed


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    elif b"\0" in data:
        raise UsageError("the file of identifiers is not text: give CSV or one identifier a line")
    else:
        encodings = ("utf-8-sig", "latin-1")  # type: ignore[assignment]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError("the file of identifiers is not text: give CSV or one identifier a line")


def _header(line: str) -> tuple[str, list[str | None]]:
    """Return the delimiter and what each column holds; no columns where the line is no header."""
    for delimiter in ",;\t|":
        cells = [
            cell.strip().strip('"').strip().lower().replace(" ", "_").replace("-", "_")
            for cell in line.split(delimiter)
        ]
        columns = [COLUMNS.get(cell) for cell in cells]
        if any(column not in {None, "subject"} for column in columns) and (len(cells) > 1 or cells[0] in COLUMNS):
            return delimiter, columns
    return ",", []


def _rows(text: str, delimiter: str, columns: list[str | None]) -> list[Listed]:
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    listed: list[Listed] = []
    try:
        next(row for row in reader if any(cell.strip() for cell in row))
        for row in reader:
            cells = [
                (column, cell.strip()) for column, cell in zip(columns, row, strict=False) if column and cell.strip()
            ]
            subject = next((cell for column, cell in cells if column == "subject"), None)
            parts = {column: cell for column, cell in cells if column in {"family", "given"}}
            if parts:
                cells.append(("name", "^".join((parts.get("family", ""), parts.get("given", "")))))
            for column, cell in cells:
                if column in KINDS:
                    _add(listed, *KINDS[column], cell, subject)
                elif column == "other":
                    _add(listed, *_guess(cell), cell, subject)
    except csv.Error:
        raise UsageError(f"the file of identifiers is not CSV near line {reader.line_num}") from None
    return listed


def _plain(lines: list[str]) -> list[Listed]:
    listed: list[Listed] = []
    for line in lines:
        value = line.strip()
        if not value.startswith("#"):
            _add(listed, *_guess(value), value, None)
    return listed


def _guess(value: str) -> tuple[str, str]:
    """Return kind and HIPAA letter of an identifier that comes without either."""
    from fw_gear_deid_check.detectors.dates import sightings

    digits = sum(map(str.isdigit, value))
    if any(sighting.end - sighting.start >= len(value) - 1 for sighting in sightings(value)):
        return "date", "C"
    if digits >= 3 and "@" not in value and " " not in value.strip():
        return "id", "R"
    if digits == 0 and "@" not in value and "/" not in value:
        return "name", "A"
    return "text", "R"


def _add(listed: list[Listed], kind: str, category: str, value: str, subject: str | None) -> None:
    if len(listed) >= MOST:
        raise UsageError(f"the file of identifiers holds more than {MOST} identifiers")
    if len(value) > LONGEST:
        raise UsageError(
            f"the file of identifiers holds one longer than {LONGEST} characters: give one identifier a line"
        )
    listed.append(Listed(kind, value, category, subject))
