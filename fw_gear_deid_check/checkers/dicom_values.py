"""Values of data elements as text: decoded, split, and told from what is plainly a number, a date, a code or a UID."""

from __future__ import annotations

import re
from struct import calcsize, unpack

from fw_gear_deid_check.readers.character_sets import decode

VALUES = 1000
"""Values of one element that are judged each; what is beyond is judged as one."""
NUMBERS = 16
"""Values of one binary number element that are shown to the policy."""

SINGLE = frozenset({"LT", "ST", "UT", "UR"})
"""VRs in which a backslash doesn't separate values (PS3.5 6.4)."""
TEXT = frozenset(["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"])
BYTES = frozenset({"OB", "UN"})
WORDS = frozenset({"OW", "OF", "OD", "OL", "OV"})
"""VRs of arrays of numbers; what nobody's table knows may hold anything all the same."""
_NUMBERS = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "FL": "f", "FD": "d", "UV": "Q", "SV": "q", "AT": "L"}
"""struct codes of the VRs that hold binary numbers."""

_UID = rb"(?:[0-2]\.[0-9.]{0,62})?"
_TIME = rb"(?:[0-9]{0,6}|[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2})?)(?:\.[0-9]{0,9})? {0,16}"


def _decimals(digits: int) -> bytes:
    """Return what a decimal string is, PS3.5 6.2, with so many digits before the point."""
    number = rb"[+\-]?(?:[0-9]{1,%d}(?:\.[0-9]{0,16})?|\.[0-9]{1,16})(?:[eE][+\-]?[0-9]{1,3})?" % digits
    return rb" {0,16}(?:%b)? {0,16}" % number


def _integers(digits: int) -> bytes:
    return rb" {0,12}(?:[+\-]?[0-9]{1,%d})? {0,12}" % digits


def _each(value: bytes, most: int = 4096) -> re.Pattern[bytes]:
    return re.compile(rb"%b(?:\\%b){0,%d}" % (value, value, most))


PLAIN = {
    "UI": _each(_UID),
    "DA": re.compile(rb"(?:[0-9]{8}|[0-9]{4}\.[0-9]{2}\.[0-9]{2}|\s{0,16})(?:\\[0-9.]{0,10}){0,4096}"),
    "TM": _each(_TIME),
    "DT": re.compile(rb"[0-9.+\- ]{0,26}(?:\\[0-9.+\- ]{0,26}){0,4096}"),
    "DS": _each(_decimals(16), 65536),
    "IS": _each(_integers(12), 65536),
    "AS": re.compile(rb"\s{0,4}|[0-9]{3}[DWMY]"),
}
"""What values of these VRs are when they are what they should be: nothing that text is looked for in."""
SMALL = {"DS": _each(_decimals(5), 65536), "IS": _each(_integers(5), 65536)}
"""Numbers of so few digits that they are nobody's."""


def texts(value: bytes, vr: str, character_set: bytes) -> list[str]:
    """Return the values of an element of a text VR, without padding, empty ones left out; a name by its groups."""
    text = decode(value, character_set)
    if vr in SINGLE:
        parts = [text]
    else:
        parts = text.split("\\", VALUES)
        if vr == "PN":
            parts = [group for part in parts for group in part.split("=")]
    return [stripped for part in parts if (stripped := part.strip(" \0\r\n\t"))]


def is_plain(value: bytes, vr: str) -> bool:
    r"""Tell whether a value of a machine's VR is in the form that the VR asks for.

    >>> is_plain(b"20220623", "DA"), is_plain(b"Doe", "DA"), is_plain(b"1.5\\-2e3 ", "DS"), is_plain(b"x", "LO")
    (True, False, True, False)
    """
    pattern = PLAIN.get(vr)
    return pattern is not None and pattern.fullmatch(value.rstrip(b" \0")) is not None


def numbers(value: bytes, vr: str) -> list[str]:
    """Return the first binary numbers as text."""
    code = _NUMBERS.get(vr)
    if code is None:
        return []
    size = calcsize(f"<{code}")
    count = min(len(value) // size, NUMBERS)
    return [str(number) for number in unpack(f"<{count}{code}", value[: count * size])]
