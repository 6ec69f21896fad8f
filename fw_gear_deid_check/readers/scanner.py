"""Files that scanners write beside DICOM: Philips PAR, Bruker ParaVision, Siemens rda and raw data, GE P-files.

Each has a header with fields of known names, and bulk data that are never read. Sources: the files' own layouts, as
gathered by nibabel (PAR), ParaVision's JCAMP-DX, spec2nii (rda), mapVBVD and twixtools (raw data).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers.fields import Field, Missing
from fw_gear_deid_check.readers.letters import field, fields, pieces, sound, strings, text_of

HEADER = 1 << 18
"""Bytes of a P-file or an rda file in which the header has to end."""
RAW_HEADER = 64 << 20
"""Bytes of one measurement's header in Siemens raw data."""
MEASUREMENTS = 64
"""Measurements of one Siemens raw data file; its table has no room for more."""

_PATIENT = {
    11.0: 62_062,
    20.006: 144_336,
    20.007: 144_344,
    21.001: 144_884,
    24.0: 144_344,
    26.002: 195_184,
    27.0: 195_184,
    27.001: 203_376,
    28.002: 203_376,
    28.003: 203_376,
    30.0: 203_376,
}
"""Where the patient's fields begin in a P-file, by revision: facts that Flywheel's importer goes by (fw-file)."""
_PATIENT_FIELDS = {
    "PatientName": (0, 65),
    "PatientID": (65, 65),
    "AccessionNumber": (130, 17),
    "PatientBirthDate": (147, 9),
}
"""Offset from there, and length in bytes."""
_PAR_LINE = re.compile(r"^\.\s*([^:]{1,80}?)\s*:[ \t]*(.*?)\s*$")
_PAR_SIZES = (7, 9, 10)
"""Columns of a PAR file's table (V4 and later): bits of a voxel, columns and rows of an image."""
_JCAMP = re.compile(r"^##(\$?[\w .]{1,80})=[ \t]*(.*)$")
_JCAMP_TEXT = re.compile(r"<([^<>]*)>")
_COMMENT = re.compile(r"^\$\$ ?(.*)$")
_RDA_END = b">>> End of header <<<"
_XPROTOCOL = re.compile(
    r'<Param(?:String|Long|Double|Array)\."([\w.]{1,80})">\s{0,16}\{\s{0,16}((?:[^{}<>"]|"[^"]{0,4096}"|<[^<>]{0,80}>){0,600}+)\}'
)
_QUOTED = re.compile(r'"([^"]{1,4096})"')
_NUMERIC = re.compile(r"[\d\s.+\-eE,()xX]*")


def par(stream: BinaryIO, limits: Limits) -> Iterator[Field | Missing]:
    """Yield the general information of a Philips PAR file, and its comment lines; the image table is numbers."""
    for line in _lines(stream, limits):
        match = _PAR_LINE.match(line)
        if match:
            if match[2]:
                yield Field(match[1], match[2], match[1])
        elif line.strip() and not _NUMERIC.fullmatch(line):
            yield Field("content", line.strip("# \r\n\t"))


def par_voxels(stream: BinaryIO, limits: Limits) -> int | None:
    """Return the bytes of voxels that a PAR file's table of images asks for; None where it has none (before V4)."""
    total = 0
    for line in _lines(stream, limits):
        numbers = line.split()
        if len(numbers) < 20 or line[:1] in {"#", "."}:
            continue
        try:
            bits, columns, rows = (int(numbers[index]) for index in _PAR_SIZES)
        except ValueError:
            return None
        if not (bits in {8, 16, 32} and 0 < columns <= 1 << 16 and 0 < rows <= 1 << 16):
            return None
        total += bits // 8 * columns * rows
    return total or None


def bruker(stream: BinaryIO, limits: Limits) -> Iterator[Field | Missing]:
    """Yield the labelled texts of a Bruker parameter file (JCAMP-DX), and its comments."""
    label, waiting = "content", False
    for line in _lines(stream, limits):
        match = _JCAMP.match(line)
        if match:
            label, text = match[1].lstrip("$"), match[2]
            waiting = text.startswith("(")
            yield from _jcamp_text(label, text, bare=not waiting)
        elif comment := _COMMENT.match(line):
            yield Field("content", comment[1])
        else:
            yield from _jcamp_text(label, line, bare=waiting)


def _jcamp_text(label: str, text: str, *, bare: bool) -> Iterator[Field]:
    """Yield the texts of a value: what stands in angle brackets, or all of it where it isn't numbers."""
    quoted = _JCAMP_TEXT.findall(text)
    for each in quoted or ([text.strip()] if bare and not _NUMERIC.fullmatch(text) else []):
        if each:
            yield Field(label, each, _bruker_label(label))


def _bruker_label(label: str) -> str:
    """Return the part of a parameter's name that tells what it is.

    >>> _bruker_label("SUBJECT_name_string"), _bruker_label("VisuSubjectBirthDate")
    ('patientname', 'PatientBirthDate')
    """
    label = label.removesuffix("_string")
    for head in ("SUBJECT_", "VisuSubject"):
        if label.startswith(head):
            return "patient" + label.removeprefix(head) if head == "SUBJECT_" else "Patient" + label.removeprefix(head)
    return label.removeprefix("Visu")


def rda(stream: BinaryIO, limits: Limits) -> Iterator[Field | Missing]:
    """Yield the fields of a Siemens spectroscopy export; what follows the header is complex doubles."""
    header, end, _ = stream.read(min(HEADER, limits.element_text)).partition(_RDA_END)
    if not end:
        raise Unreadable("a Siemens rda file without the end of its header")
    for line in text_of(header).splitlines()[1:]:
        label, colon, value = line.partition(":")
        if colon and value.strip():
            yield Field(label.strip()[:80], value.strip(), label.strip())
        elif line.strip() and not colon:
            yield Field("content", line.strip())


def twix(stream: BinaryIO, limits: Limits) -> Iterator[Field | Missing]:
    """Yield the texts of the protocols in Siemens raw data, VB or VD and later; scan lines are never read."""
    head = stream.read(15)
    stream.seek(8)
    if len(head) < 15:
        raise Unreadable("truncated Siemens raw data")
    first, count = struct.unpack_from("<II", head)
    if first >= 10_000 or head.endswith(b"Config\0") or not 1 <= count <= MEASUREMENTS:
        yield from _measurement(stream, 0, limits)
        return
    table = stream.read(152 * count)
    if len(table) < 152 * count:
        raise Unreadable("truncated Siemens raw data")
    for number in range(count):
        entry = table[152 * number : 152 * (number + 1)]
        for label, name in (("PatientName", entry[24:88]), ("ProtocolName", entry[88:152])):
            if text := field(name):
                yield Field(label, text, label)
        (offset,) = struct.unpack_from("<Q", entry, 8)
        yield from _measurement(stream, offset, limits)


def _measurement(stream: BinaryIO, offset: int, limits: Limits) -> Iterator[Field | Missing]:
    """Yield the texts in the header of one measurement: named buffers of text one after the other."""
    stream.seek(min(offset, limits.member_size))
    head = stream.read(8)
    if len(head) < 8:
        raise Unreadable("truncated Siemens raw data")
    size, buffers = struct.unpack("<II", head)
    if not 8 <= size <= RAW_HEADER or buffers > 64:
        raise Unreadable("Siemens raw data with an impossible header")
    data = stream.read(size - 8)
    if len(data) < size - 8:
        raise Unreadable("truncated Siemens raw data")
    at = 0
    for _ in range(buffers):
        end = data.find(b"\0", at, at + 64)
        if end < 0 or end + 5 > len(data):
            raise Unreadable("Siemens raw data with an impossible header")
        (length,) = struct.unpack_from("<I", data, end + 1)
        at = end + 5 + length
        yield from _protocol(data[end + 5 : at])


def _protocol(data: bytes) -> Iterator[Field]:
    """Yield the labelled texts of a protocol (XProtocol), and the lines of the plain one."""
    text = sound(text_of(data.rstrip(b"\0")))
    for match in _XPROTOCOL.finditer(text):
        for value in _QUOTED.findall(match[2]):
            yield Field(match[1], value, match[1].removeprefix("t"), "private")
        numbers = match[2].strip()
        if numbers and "Patient" in match[1] and not numbers.startswith(("<", '"')):
            yield Field(match[1], numbers, match[1], "private")
    for line in text.splitlines():
        label, equals, value = line.partition("=")
        if equals and '"' in value and "<" not in line:
            yield Field("content", value.strip(' "\t'), label.strip()[:80], "private")


def pfile(stream: BinaryIO, limits: Limits) -> Iterator[Field | Missing]:
    """Yield the patient's fields of a GE P-file's header, and the strings in all of it.

    The fields move from revision to revision; of one that isn't known, only the strings are told.
    """
    data = stream.read(min(HEADER, limits.element_text))
    if len(data) < 1500:
        raise Unreadable("truncated GE P-file")
    revision = round(struct.unpack_from("<f", data)[0], 3)
    start = _PATIENT.get(revision)
    if start is not None and start + 156 > len(data):
        raise Unreadable("truncated GE P-file")
    if start is None:
        yield Missing("the fields of a GE P-file of a revision that isn't known, whose header is read as strings")
    else:
        for label, (offset, length) in _PATIENT_FIELDS.items():
            for text in fields(data[start + offset : start + offset + length]):
                yield Field(label, text, label, "private")
        data = data[:start] + bytes(156) + data[start + 156 :]
    for text in strings(data):
        yield Field("header", text, place="private")


def _lines(stream: BinaryIO, limits: Limits) -> Iterator[str]:
    for piece in pieces(stream, limits.text_size):
        yield from piece.splitlines()
