"""Dumps: lines of dcmdump, pydicom and others that name a data element by its tag, and give its value."""

from __future__ import annotations

from collections.abc import Iterator

from fw_gear_deid_check.detectors.expressions import expression

_VRS = "AE|AS|CS|DA|DS|DT|IS|LO|LT|PN|SH|ST|TM|UC|UI|UN|UR|UT|OB"
_DUMPED = expression(
    r"(?<![0-9A-Fa-f])\(?([0-9A-Fa-f]{4}), ?([0-9A-Fa-f]{4})\)?"
    r"(?:\s?[:=]\s?(?P<said>[^\s\[#(][^\[#\n]{0,200})"
    rf"|\s{{1,8}}(?:{_VRS})\s{{1,8}}(?P<bare>[^\s\[#(:][^\[#\n]{{0,200}})"
    r"|[^\[\n]{0,80}?(?:\[(?P<bracketed>[^\]\n]{1,200})\]|\b[A-Z]{2}: ?'?(?P<quoted>[^'\n]{1,200})'?))"
)
LINES = 64
"""Elements of one text that are looked at."""


def dumped(text: str) -> Iterator[tuple[str, str]]:
    """Yield the tags and values of a dump.

    >>> list(dumped("(0010,0010) PN [DOE^JANE]   #   8, 1 PatientName"))
    [('(0010,0010)', 'DOE^JANE')]
    >>> list(dumped("(0010,0020) LO 41500632   #   8, 1 PatientID")), list(dumped("0010,0020: 41500632"))
    ([('(0010,0020)', '41500632')], [('(0010,0020)', '41500632')])
    >>> list(dumped("(0010, 0010) Patient's Name                      PN: 'DOE^JANE'"))
    [('(0010,0010)', 'DOE^JANE')]
    """
    if "," not in text:
        return
    for count, line in enumerate(_DUMPED.finditer(text)):
        if count >= LINES:
            return
        value = line["bracketed"] or line["quoted"] or line["bare"] or line["said"]
        yield f"({line[1]},{line[2]})", value.strip(" '\"\t\r")
