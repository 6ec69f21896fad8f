"""DICOM files for the tests: elements written byte by byte, so that they hold exactly what the test says."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from struct import pack

from fw_gear_deid_check.checkers.dicom import DicomChecker
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.evidence import Masker
from fw_gear_deid_check.findings import Finding, Observation
from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.policy import Policy, table
from fw_gear_deid_check.readers import dictionary

LONG = frozenset(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"])
PIXELS = b"\x00\x01" * 32
CLEAN = {"PatientIdentityRemoved": "YES", "DeidentificationMethod": "Site profile v4"}
"""What a de-identified instance says of itself."""
VENDOR_UID = "1.3.12.2.1107.5.2.43.66044.2022062314151234567890"


def shared_data() -> Path:
    """Return the folder of shared data; it may not be there."""
    return next((path for up in Path(__file__).parents if (path := up / "shared" / "data").is_dir()), Path("/nowhere"))


@cache
def tag_of(keyword: str) -> int:
    """Return the tag of a keyword."""
    for line in dictionary._TABLE.read_text().splitlines():
        if line.endswith(f",{keyword}") and "x" not in line[:8]:
            return int(line[:8], 16)
    raise KeyError(keyword)


def element(tag: int, vr: str, value: bytes | str, *, explicit: bool = True) -> bytes:
    """Return an element, padded to even length."""
    data = value.encode("latin-1") if isinstance(value, str) else value
    if len(data) % 2:
        data += b"\0" if vr in {"UI", "OB", "UN"} else b" "
    if not explicit:
        return pack("<HHL", tag >> 16, tag & 0xFFFF, len(data)) + data
    if vr in LONG:
        return pack("<HH2sHL", tag >> 16, tag & 0xFFFF, vr.encode(), 0, len(data)) + data
    return pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(data)) + data


def item(*elements: bytes, undefined: bool = False) -> bytes:
    """Return a sequence item."""
    data = b"".join(elements)
    if undefined:
        return pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF) + data + pack("<HHL", 0xFFFE, 0xE00D, 0)
    return pack("<HHL", 0xFFFE, 0xE000, len(data)) + data


def of(keyword: str, value: bytes | str, *, explicit: bool = True) -> bytes:
    """Return a public element by its keyword."""
    tag = tag_of(keyword)
    return element(tag, dictionary.vr(tag), value, explicit=explicit)


def sequence(keyword: str, *items: bytes) -> bytes:
    """Return a sequence by its keyword."""
    return of(keyword, b"".join(items))


def dicom_file(
    *elements: bytes,
    preamble: bytes = b"\0" * 128,
    meta: bytes = b"",
    after: bytes = b"",
    syntax: str = "1.2.840.10008.1.2.1",
    pixels: bool = True,
    clean: bool = True,
) -> bytes:
    """Return a file with these elements in the order of their tags, pixel data, and what comes after."""
    explicit = syntax != "1.2.840.10008.1.2"
    data = [*elements]
    if clean:
        present = {each[:4] for each in data}
        said = (of(keyword, value, explicit=explicit) for keyword, value in CLEAN.items())
        data += [each for each in said if each[:4] not in present]
    data.sort(key=lambda each: (int.from_bytes(each[:2], "little"), int.from_bytes(each[2:4], "little")))
    if pixels:
        data.append(element(0x7FE00010, "OW", PIXELS, explicit=explicit))
    header = element(0x00020010, "UI", syntax) + meta
    return preamble + b"DICM" + header + b"".join(data) + after


def content_of(data: bytes, path: str = "a.dcm") -> Content:
    """Return the content that a checker is given."""
    return Content(Item(path, "file"), None, "dicom", opener=lambda: io.BytesIO(data), size=len(data))


@cache
def load(name: str) -> Policy:
    """Return a built-in policy."""
    return Policy.load(name)


def checker(policy: str | Policy = "site", *, memo: bool = True, show: bool = True) -> DicomChecker:
    """Return a checker under a policy."""
    loaded = load(policy) if isinstance(policy, str) else policy
    return DicomChecker(Judge(loaded, Masker(show_values=show, key=b"0" * 32)), memo=memo)


def observe(data: bytes, policy: str | Policy = "site") -> list[Observation]:
    """Return all that the checker sees in a file."""
    return list(checker(policy).check(content_of(data)))


def findings(data: bytes, policy: str | Policy = "site") -> list[Finding]:
    """Return the findings alone."""
    return [each for each in observe(data, policy) if isinstance(each, Finding)]


def told(data: bytes, policy: str | Policy = "site") -> set[tuple[str, str, str]]:
    """Return (level, slug, pointer) of the findings that count."""
    return {
        (each.level.value, each.rule.slug, each.location.pointer)
        for each in findings(data, policy)
        if each.level.value != "INFO"
    }


def rows_of_the_table() -> Iterator[table.Attribute]:
    """Yield the rows of Table E.1-1."""
    return (attribute for attribute in table.attributes() if attribute.basic)
