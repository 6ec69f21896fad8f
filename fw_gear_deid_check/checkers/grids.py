"""Grids: rows of tables that stand in documents, and of the sheets of workbooks.

What a row says of itself (``CPR: | 010190-1234``), and what the header of a column says of the cells below it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from fw_gear_deid_check.checkers.labels import LONGEST, Label, Labels, about_persons
from fw_gear_deid_check.readers.tables import whole

NARROW = 2
"""Columns of a table whose rows may be a name and its value, so that a first row is no header."""
LONGEST_VALUE = 200
"""Characters; longer cells are no values of identifiers."""

_DATA = re.compile(r"[-+]?\d[\d.,:/T -]*|n/?a|.*\^.*", re.IGNORECASE | re.DOTALL)
_DIGIT = re.compile(r"\d")


class Grid:
    """Reads the rows of one table after the other; an empty row ends a table."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._columns: list[Label | None] | None = None

    def named(self, rows: Iterable[list[str]]) -> Iterator[tuple[Label, str]]:
        """Yield the values that a label stands before or above."""
        for row in rows:
            if not row:
                self.end()
                continue
            persons = about_persons(row)
            labels = [None if cell.isdigit() else self._labels.of(cell.strip(" :"), persons=persons) for cell in row]
            if self._columns is None or all(labels):
                self._columns = labels if self._is_header(row, labels) else [None] * len(row)
                if any(self._columns):
                    continue
            for column, cell in zip(self._columns, row, strict=False):
                if column is not None and 0 < len(cell) <= LONGEST_VALUE and column.fits(cell):
                    yield column, whole(cell)
            for label, cell, other in zip(labels, row[1:], labels[1:], strict=False):
                if label is not None and other is None and 0 < len(cell) <= LONGEST_VALUE:
                    yield label, whole(cell)

    def end(self) -> None:
        """End the table."""
        self._columns = None

    @staticmethod
    def _is_header(row: list[str], labels: list[Label | None]) -> bool:
        filled = [label for label, cell in zip(labels, row, strict=True) if cell]
        if all(filled):
            return True
        return len(filled) > NARROW and any(filled) and not any(_DATA.fullmatch(cell) for cell in row)


def pairs(row: list[str]) -> Iterator[str]:
    """Yield each two neighbours of a row as one line says them, where the first may name the second.

    >>> list(pairs(["CPR:", "010190-1234", "Mean FD", "0.2"]))
    ['CPR: 010190-1234', 'Mean FD: 0.2']
    """
    for name, value in itertools.pairwise(row):
        if len(value) <= LONGEST_VALUE and _DIGIT.search(value) and 1 < len(name) <= LONGEST and name[0].isalpha():
            yield f"{name.rstrip(' :')}: {value}"
