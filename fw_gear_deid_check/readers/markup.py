"""Markup: what XML, HTML and the XML of office documents say when their tags are taken away.

Word processors write a new run wherever a spelling was looked at, a number half in bold: ``<w:t>415</w:t>…<w:t>00632
</w:t>`` is one word. Here the runs of a paragraph are put together, and the cells of a table into rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from fw_gear_deid_check.readers.escapes import of_markup

LONGEST = 1 << 16
"""Characters of a paragraph; longer ones are handed out in parts."""
CELLS = 1 << 10
"""Cells of a row."""
CELL = 1 << 12
"""Characters of a cell."""

_TAG = re.compile(r"<(?:(/?)(?:([A-Za-z][\w.-]{0,32}):)?([A-Za-z][\w.-]{0,48})([^<>]{0,2048})|[!?][^<>]{0,2048})>")
_SHEET = re.compile(r"spreadsheetml|<(?:worksheet|sst)\b")
_REFERENCE = re.compile(r'\br="([A-Z]{1,3})\d')
_SHARED = re.compile(r'\bt="s"')
SHARED = "\0"
"""Stands before the number of a shared string in a cell of Excel, whose text is in another file."""


class _Does(Enum):
    """What a tag does to the text around it."""

    NOTHING = 0
    SPACE = 1
    BREAK = 2
    CELL = 3
    ROW = 4
    TABLE = 5
    STRING = 6


_OFFICE = {
    "w": {
        **dict.fromkeys(("p", "br", "cr"), _Does.BREAK),
        "tab": _Does.SPACE,
        "tc": _Does.CELL,
        "tr": _Does.ROW,
        "tbl": _Does.TABLE,
    },
    "a": {"p": _Does.BREAK, "br": _Does.BREAK, "tc": _Does.CELL, "tr": _Does.ROW, "tbl": _Does.TABLE},
    "text": {"p": _Does.BREAK, "h": _Does.BREAK, "line-break": _Does.BREAK, "tab": _Does.SPACE, "s": _Does.SPACE},
    "table": {"table-cell": _Does.CELL, "covered-table-cell": _Does.CELL, "table-row": _Does.ROW, "table": _Does.TABLE},
}
"""Of the prefixes that Word, PowerPoint and OpenDocument give their tags; what isn't named stands inside a word."""
_SHEETS = {"row": _Does.ROW, "c": _Does.CELL, "si": _Does.STRING}
"""Of Excel's tags, which have no prefix."""
_INLINE = (
    *("span", "tspan", "b", "i", "em", "strong", "font", "u", "s", "sub", "sup", "mark", "small", "big", "a", "abbr"),
    *("code", "var", "q", "cite", "kbd", "samp", "bdi", "bdo", "ins", "del", "tt", "wbr"),
)
_HTML = {
    "td": _Does.CELL,
    "th": _Does.CELL,
    "tr": _Does.ROW,
    "table": _Does.TABLE,
    **dict.fromkeys(_INLINE, _Does.NOTHING),
}


class Markup:
    """Reads a document piece by piece, and remembers what is open.

    Attributes
    ----------
    rows
        Those of tables that have ended; an empty one at the end of a table.
    strings
        Those that the cells of an Excel workbook refer to, in their order.
    """

    def __init__(self) -> None:
        self._does: dict[str, _Does] | None = None
        self._runs: list[str] = []
        self._size = 0
        self._cell: str | None = None
        self._row: list[str] = []
        self._rest = ""
        self._hidden = False
        self.rows: list[list[str]] = []
        self.strings: list[str] = []

    def lines(self, piece: str) -> Iterator[str]:
        """Yield the paragraphs of a piece that are made of several runs; the others stand in it as they are."""
        if self._does is None:
            self._does = _SHEETS if _SHEET.search(piece, 0, 4096) else _HTML
        piece = self._rest + piece
        at = 0
        for tag in _TAG.finditer(piece):
            self._add(piece[at : tag.start()])
            at = tag.end()
            if tag[3]:
                yield from self._tag(tag)
            if self._size > LONGEST:
                yield from self._paragraph()
        rest = piece[at:]
        cut = rest.rfind("<")
        self._rest = rest[cut:] if cut >= 0 and len(rest) - cut < 2048 else ""
        self._add(rest[: len(rest) - len(self._rest)])

    def close(self) -> Iterator[str]:
        """Yield the last paragraph, at the end of the document."""
        self._add(self._rest)
        yield from self._paragraph()
        self._end_of_row()

    def _add(self, text: str) -> None:
        if not text or self._hidden or (text.isspace() and "\n" in text):
            return
        text = of_markup(text)
        self._size += len(text)
        self._runs.append(text)
        if self._cell is not None and len(self._cell) < CELL:
            self._cell += text[:CELL]

    def _tag(self, tag: re.Match[str]) -> Iterator[str]:
        closing, prefix, name, rest = tag[1], tag[2], tag[3], tag[4]
        if self._does is _HTML:
            name = name.lower() if prefix is None else name
            if name in {"script", "style"} and not rest.endswith("/"):
                self._hidden = not closing
        does = self._does_of(prefix, name)
        if does is _Does.NOTHING:
            return
        if does is _Does.SPACE:
            self._add(" ")
            return
        yield from self._paragraph()
        if does is _Does.BREAK:
            if self._cell and len(self._cell) < CELL:
                self._cell += " "
        elif does is _Does.STRING:
            if closing or rest.endswith("/"):
                self.strings.append((self._cell or "").strip())
            self._cell = None if closing or rest.endswith("/") else ""
        elif does is _Does.CELL:
            self._end_of_cell(at_opening=not closing)
            if not closing:
                self._skip_to(rest)
                self._cell = SHARED if _SHARED.search(rest) and self._does is _SHEETS else ""
                if rest.endswith("/"):
                    self._end_of_cell()
        else:
            self._end_of_row()
            if does is _Does.TABLE and self.rows and self.rows[-1]:
                self.rows.append([])

    def _does_of(self, prefix: str | None, name: str) -> _Does:
        known = _OFFICE.get(prefix or "")
        if known is not None:
            return known.get(name, _Does.NOTHING)
        assert self._does is not None
        return self._does.get(name, _Does.NOTHING if self._does is _SHEETS else _Does.BREAK)

    def _skip_to(self, attributes: str) -> None:
        """Fill the row with empty cells up to the column that a cell of Excel says it stands in."""
        reference = _REFERENCE.search(attributes)
        if reference is None or self._does is not _SHEETS:
            return
        column = 0
        for letter in reference[1]:
            column = column * 26 + ord(letter) - ord("A") + 1
        self._row += [""] * (min(column - 1, CELLS) - len(self._row))

    def _end_of_cell(self, *, at_opening: bool = False) -> None:
        if self._cell is not None and len(self._row) < CELLS and (self._cell or not at_opening):
            self._row.append(self._cell.strip())
        self._cell = None

    def _end_of_row(self) -> None:
        self._end_of_cell(at_opening=True)
        if any(self._row):
            self.rows.append(self._row)
        self._row = []

    def _paragraph(self) -> Iterator[str]:
        runs, self._runs, self._size = self._runs, [], 0
        if sum(not run.isspace() for run in runs) > 1:
            text = "".join(runs)
            for start in range(0, len(text), LONGEST):
                yield text[start : start + LONGEST]
