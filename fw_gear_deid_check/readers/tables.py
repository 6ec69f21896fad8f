"""Tables: CSV and TSV row by row, whatever their delimiter and encoding."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator
from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers.letters import decoded, sound

DELIMITERS = "\t,;|"
SAMPLE_LINES = 20
LINE = 1 << 20
"""Characters of one line."""
COLUMNS = 16_384
"""Columns of one table."""

_WHOLE = re.compile(r"(\d{4,16})\.0{1,8}")
_END = re.compile(r"\r\n|\n|\r")
_QUOTED = re.compile(r'"[^"]*"')


def rows(stream: BinaryIO, limits: Limits) -> Iterator[list[str]]:
    """Yield the rows of a table, the header among them, empty ones left out.

    Raises
    ------
    Unreadable
        Where a line, a cell or the number of columns is beyond what a table has.
    """
    lines = _lines(decoded(stream, limits.member_size))
    sample = list(itertools.islice(lines, SAMPLE_LINES))
    reader = csv.reader(itertools.chain(sample, lines), delimiter=delimiter_of(sample), strict=False)
    try:
        for row in reader:
            if len(row) > COLUMNS:
                raise Unreadable(f"a table of more than {COLUMNS} columns")
            if row:
                yield [sound(cell) for cell in row]
    except csv.Error:
        raise Unreadable(f"not a table from line {reader.line_num} on") from None


def delimiter_of(lines: list[str]) -> str:
    r"""Return what separates the cells: what most lines hold equally often, the tab before the comma.

    >>> delimiter_of(["a;b;c\n", "1,5;2;3\n"]), delimiter_of(["name"])
    (';', '\t')
    """
    plain = [line for line in _QUOTED.sub("x", "".join(lines)).splitlines() if line.strip()]

    def consistency(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in plain]
        first = counts[0] if counts else 0
        return (sum(count == first for count in counts) if first else 0, first)

    return max(DELIMITERS, key=consistency)


def whole(cell: str) -> str:
    """Return a whole number without the decimals that software gave it for want of a better type.

    >>> whole("41500632.0"), whole("41500632.5"), whole("1.0")
    ('41500632', '41500632.5', '1.0')
    """
    number = _WHOLE.fullmatch(cell)
    return number[1] if number else cell


def _lines(chunks: Iterator[str]) -> Iterator[str]:
    """Yield the lines of a text, their ends included: LF, CR LF or CR, and no other of Unicode's line ends."""
    rest = ""
    for chunk in chunks:
        text = rest + chunk
        end = 0
        for line in _END.finditer(text):
            if line.end() == len(text) and text.endswith("\r"):
                break  # it may be half of a CR LF
            yield text[end : line.end()]
            end = line.end()
        rest = text[end:]
        if len(rest) > LINE:
            raise Unreadable(f"a line of more than {LINE} characters")
    if rest:
        yield rest
