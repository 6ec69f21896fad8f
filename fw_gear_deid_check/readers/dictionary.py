"""The DICOM data dictionary: keyword and VR of public data elements, repeating groups included.

The table is made by `readers.make_dictionary`.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

_TABLE = Path(__file__).with_name("dicom_dictionary.csv")


@cache
def _rows() -> tuple[dict[str, str], dict[str, list[tuple[str, str]]]]:
    """Return lines by tag, and lines by the first two digits of a pattern."""
    exact: dict[str, str] = {}
    patterns: dict[str, list[tuple[str, str]]] = {}
    for line in _TABLE.read_text(encoding="ascii").splitlines():
        tag = line[:8]
        if "x" in tag:
            patterns.setdefault(tag[:2], []).append((tag, line))
        else:
            exact[tag] = line
    return exact, patterns


@lru_cache(maxsize=20_000)
def entry(tag: int) -> tuple[str, str]:
    """Return ``(VR, keyword)`` of a public data element; empty strings where the dictionary doesn't know it.

    >>> entry(0x00100010)
    ('PN', 'PatientName')
    >>> entry(0x60023000)
    ('OB', 'OverlayData')
    >>> entry(0x00091010)
    ('', '')
    """
    exact, patterns = _rows()
    digits = f"{tag:08x}"
    line = exact.get(digits)
    if line is None and not tag & 0x10000:
        for pattern, candidate in patterns.get(digits[:2], ()):
            if all(wanted in ("x", digit) for wanted, digit in zip(pattern, digits, strict=True)):
                line = candidate
                break
    if line is None:
        if not tag & 0xFFFF and not tag & 0x10000:
            return "UL", ""
        return "", ""
    vr, keyword = line[9:].split(",")
    return vr, keyword


def keyword(tag: int) -> str:
    """Return the keyword of a public data element, or an empty string."""
    return entry(tag)[1]


def vr(tag: int) -> str:
    """Return the VR of a public data element, the first where there is a choice, or an empty string."""
    return entry(tag)[0]


def tag_text(tag: int) -> str:
    """Return a tag as the standard writes it.

    >>> tag_text(0x0010001A)
    '(0010,001A)'
    """
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def tag_of(keyword: str) -> int | None:
    """Return the tag of a public data element outside the repeating groups, None where no keyword is such.

    >>> hex(tag_of("PatientName") or 0)
    '0x100010'
    """
    return _tags().get(keyword)


@cache
def _tags() -> dict[str, int]:
    return {line.rpartition(",")[2]: int(line[:8], 16) for line in _rows()[0].values()}


def tags_of(keyword: str) -> frozenset[int]:
    """Return the tags that a keyword may stand for, each of a repeating group, none where it is no keyword.

    >>> [f"{tag:08X}" for tag in tags_of("PatientName")], len(tags_of("OverlayData")), len(tags_of("patientname"))
    (['00100010'], 128, 0)
    """
    tag = tag_of(keyword)
    return frozenset({tag}) if tag is not None else _repeating().get(keyword, frozenset())


@cache
def _repeating() -> dict[str, frozenset[int]]:
    return {
        line.rpartition(",")[2]: frozenset(int(pattern.replace("xx", f"{n:02x}"), 16) for n in range(0, 256, 2))
        for rows in _rows()[1].values()
        for pattern, line in rows
        if pattern.count("x") == 2
    }
