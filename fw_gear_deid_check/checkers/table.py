"""Tables: CSV and TSV, BIDS's participants.tsv, scans.tsv and sessions.tsv among them.

Columns whose header names an identifier are judged as that attribute, one finding a column; every other cell is judged
as text. Ages over 89 are identifiers (45 CFR 164.514(b)(2)(i)(C)).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from fw_gear_deid_check.checkers.attribute_rules import attribute_rules
from fw_gear_deid_check.checkers.flow import Flow
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.labels import LONGEST, Label, Labels, about_persons, is_subject_label
from fw_gear_deid_check.checkers.text_rules import TEXT_RULES
from fw_gear_deid_check.findings import Location, Observation, Text
from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.readers import tables
from fw_gear_deid_check.rules import Rule

ATTRIBUTES = attribute_rules("TAB", "a table", "Remove the column, or empty the cell")
CELL_FINDINGS = 16
"""Findings of one rule in one column that are told each at its own row."""
NARROW = 3
"""Columns of a table whose rows may be a name and its value."""
SHORT_CELL = 24
"""A longer cell, or one with several words, was typed by a person."""

_PLAIN_NUMBER = re.compile(r"[-+]?(?:\d{1,3}|\d{1,8}\.\d+(?:[eE][-+]?\d+)?)")
_DATA = re.compile(r"[-+]?\d[\d.,:/T -]*|n/?a|.*\^.*", re.IGNORECASE | re.DOTALL)
_FILES = frozenset({"filename", "file", "filepath", "path", "stimfile"})


class _Column(NamedTuple):
    """A column: what its pointer begins with, and what its header says."""

    name: str
    label: Label | None
    files: bool


class TableChecker:
    """Reads CSV and TSV."""

    name: ClassVar[str] = "table"
    rules: ClassVar[tuple[Rule, ...]] = (*ATTRIBUTES.values(), *TEXT_RULES)
    reads: ClassVar[bool] = True

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._labels = Labels(judge.policy)

    def applies_to(self, content: Content) -> bool:
        """Tell whether it is a table."""
        return content.kind == "table"

    def check(self, content: Content) -> Iterator[Observation]:
        """Yield what is seen, row by row."""
        labelled, texts = Flow(self.name, findings=1), Flow(self.name, findings=CELL_FINDINGS)
        with content.open() as stream:
            rows = tables.rows(stream, self._judge.policy.limits)
            first = next(rows, [])
            headless = any(_DATA.fullmatch(cell.strip()) for cell in first)
            columns = [self._column(index, "" if headless else cell, first) for index, cell in enumerate(first)]
            if headless:
                yield from texts.of(self._row(0, first, columns))
            else:
                for column, cell in zip(columns, first, strict=True):
                    if column.label is None:
                        yield from texts.of(self._judge.text(self.name, cell, Location(column.name), "name"))
            for number, row in enumerate(rows, int(headless)):
                while len(columns) < len(row):
                    columns.append(self._column(len(columns), "", first))
                for observation in self._row(number, row, columns, content, labelled):
                    yield from texts.of((observation,))
        yield from texts.close()

    def finish(self, item: Item) -> Iterator[Observation]:
        """Yield nothing: each table stands for itself."""
        yield from ()

    def _column(self, index: int, header: str, headers: list[str]) -> _Column:
        header = header.strip()
        if not header or len(header) > LONGEST:
            return _Column(str(index), None, files=False)
        label = self._labels.of(header, persons=about_persons(headers))
        return _Column(header, label, header.casefold() in _FILES)

    def _row(
        self,
        number: int,
        row: list[str],
        columns: list[_Column],
        content: Content | None = None,
        labelled: Flow | None = None,
    ) -> Iterator[Observation]:
        if len(columns) <= NARROW:
            yield from self._named(number, row, columns)
        for column, cell in zip(columns, row, strict=False):
            written = cell.strip()
            value = tables.whole(written)
            if not value or value == "n/a":
                continue
            location = Location(f"{column.name}[{number}]")
            label = column.label if column.label is None or column.label.fits(value) else None
            if label is not None and labelled is not None and content is not None:
                if is_subject_label(content, label.keyword, value):
                    continue
                yield from labelled.of(
                    self._judge.attribute(ATTRIBUTES, self.name, label.demand, [value], location, keyword=label.keyword)
                )
                if label.demand.nature in {"direct-identifier", "staff-name"}:
                    continue
                if label.demand.nature == "indirect-identifier":
                    if not _PLAIN_NUMBER.fullmatch(value):
                        yield Text(self.name, location, value, free=False)
                    continue
            if value != written:
                yield Text(self.name, location, value, free=False)
            elif not _PLAIN_NUMBER.fullmatch(value):
                place = "name" if column.files else "free" if _is_typed(value) else "structured"
                yield from self._judge.text(self.name, value, location, place)

    def _named(self, number: int, row: list[str], columns: list[_Column]) -> Iterator[Observation]:
        """Yield what is seen in a row that says what its second cell is: ``patient name, DOE^JANE``."""
        if len(row) < 2 or columns[0].label is not None or columns[1].label is not None:
            return
        label, value = self._labels.of(row[0].strip()), tables.whole(row[1].strip())
        if label is None or label.demand.nature not in {"direct-identifier", "staff-name"} or value in {"", "n/a"}:
            return
        if not label.fits(value):
            return
        location = Location(f"{columns[1].name}[{number}]")
        yield from self._judge.attribute(ATTRIBUTES, self.name, label.demand, [value], location, keyword=label.keyword)


def _is_typed(value: str) -> bool:
    """Tell whether a cell is text that a person typed.

    >>> _is_typed("2022-06-23T14:15:42"), _is_typed("seen by Dr. Roe")
    (False, True)
    """
    return len(value) > SHORT_CELL or any(character.isalpha() for character in value.replace("T", "", 1))
