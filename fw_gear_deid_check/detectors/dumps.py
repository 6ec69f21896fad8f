"""Lines of DICOM dumps in any text: ``(0010,0020) LO [41500632]``, where a tag says what a value is."""

# ruff: noqa: E501 - patterns read better whole

from __future__ import annotations

import re

from fw_gear_deid_check.detectors.dates import is_placeholder
from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.recognizer import Match, Recognizer
from fw_gear_deid_check.detectors.vocabulary import LETTERS, is_dummy

TAGS = {
    "00100010": ("person-name", "A"),
    "00101001": ("person-name", "A"),
    "00101005": ("person-name", "A"),
    "00101060": ("person-name", "A"),
    "00080090": ("staff-name", "A"),
    "00081050": ("staff-name", "A"),
    "00081060": ("staff-name", "A"),
    "00081070": ("staff-name", "A"),
    "00100020": ("patient-id", "H"),
    "00101000": ("patient-id", "H"),
    "00100030": ("birth-date", "C"),
    "00080050": ("accession", "J"),
    "00101040": ("address", "B"),
    "00102154": ("phone", "D"),
}
"""Tags of PS3.15 Table E.1-1 whose values are identifiers by themselves."""
LINE = expression(
    r"(?<![\w,])\(?(0008|0010)[,_ ] ?(\d{4})\)?[^\[\]\n\r']{0,64}?(?<![^\W_])(?:[A-Z]{2}:? ?)(?:\[([^\]\n\r]{1,64})\]|'([^'\n\r]{1,64})')"
)
PLAIN_LINE = expression(
    r"(?<![\w,])\(?(0008|0010), ?(\d{4})\)?(?:[ \t]{1,8}(?:DA|LO|LT|PN|SH|ST|UN)[ \t]{1,8}([^\s\[\]'\"#(:][^\[\]\n\r'\"#]{0,63})"
    r"|\s?[:=]\s?['\"]?([^\s\[\]'\"#(][^\[\]\n\r'\"#]{0,63}))"
)
"""The same without brackets: a value, to the end of the line or the comment that ends it."""
VALUE = re.compile(r"\d|\^")
"""What a value without brackets has to have: else it may be the attribute's name."""
PLACEHOLDERS = re.compile(r"[0\W_]*|19000101|sub-\w+", re.IGNORECASE)


def _dumped(hit: re.Match[str]) -> Match | None:
    told = TAGS.get(hit[1] + hit[2])
    group = 3 if hit[3] else 4
    value = hit[group].strip()
    if (
        told is None
        or PLACEHOLDERS.fullmatch(value)
        or is_placeholder(value)
        or any(map(is_dummy, LETTERS.findall(value)))
    ):
        return None
    return Match(*told, True, *hit.span(group))


def _plainly(hit: re.Match[str]) -> Match | None:
    return _dumped(hit) if VALUE.search(hit[3] or hit[4]) else None


RECOGNIZERS = (
    Recognizer("dump", LINE, frozenset({"~dump"}), _dumped),
    Recognizer("dump", PLAIN_LINE, frozenset({"~dump"}), _plainly),
)
