"""Workbooks: sheets of Excel, whose texts stand in a file of their own and are referred to by their number.

The sheets come before the texts in most archives, and after them in some: whatever comes first is kept, within bounds,
until the other is there.
"""

from __future__ import annotations

import re

from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.readers.markup import SHARED, Markup

CELLS = 200_000
"""Cells of the sheets of one workbook that are kept until their texts come; and texts."""

_SHEET = re.compile(r"^(.*/)?xl/worksheets/[^/]{1,80}\.xml$")
_STRINGS = re.compile(r"^(.*/)?xl/sharedStrings\.xml$")


class Workbooks:
    """Puts the texts of a workbook into its sheets; ``cut`` tells that there was more than is kept."""

    def __init__(self) -> None:
        self._of: tuple[Item, str] | None = None
        self._strings: list[str] = []
        self._sheets: list[list[str]] = []
        self._cells = 0
        self.cut = False

    def rows(self, content: Content, markup: Markup) -> list[list[str]]:
        """Take the rows that can be read now: those of the content, of a workbook those that waited for it."""
        rows, strings = markup.rows, markup.strings
        markup.rows, markup.strings = [], []
        name = content.member or ""
        match = _SHEET.match(name) or _STRINGS.match(name)
        if match is None:
            return rows
        if self._of is None or self._of[0] is not content.item or self._of[1] != (match[1] or ""):
            self._of = (content.item, match[1] or "")
            self._strings, self._sheets, self._cells = [], [], 0
            self.cut = False
        if strings:
            both = [*self._strings, *strings]
            self._strings, self.cut = both[:CELLS], self.cut or len(both) > CELLS
        elif self._strings or not any(cell.startswith(SHARED) for row in (*self._sheets, *rows) for cell in row):
            return [_filled(row, self._strings) for row in rows]
        else:
            for row in rows:
                self._cells += len(row) + 1
                if self._cells <= CELLS:
                    self._sheets.append(row)
                else:
                    self.cut = True
        return []

    def waiting(self, content: Content) -> list[list[str]]:
        """Take the rows that waited for the texts of a workbook, at the end of these."""
        if self._of is None or self._of[0] is not content.item or not _STRINGS.match(content.member or ""):
            return []
        rows, self._sheets = self._sheets, []
        return [_filled(row, self._strings) for row in rows]


def _filled(row: list[str], strings: list[str]) -> list[str]:
    r"""Return a row with its texts.

    >>> _filled(["\0" + "1", "3"], ["a", "mrn"])
    ['mrn', '3']
    """
    return [_text(cell, strings) if cell.startswith(SHARED) else cell for cell in row]


def _text(cell: str, strings: list[str]) -> str:
    number = cell.removeprefix(SHARED).lstrip("0") or "0"
    known = number.isascii() and number.isdigit() and len(number) <= len(str(CELLS)) and int(number) < len(strings)
    return strings[int(number)] if known else ""
