"""Text: notes, logs, README, XML, HTML, YAML, .bval and .bvec.

Each line is judged as text; where it reads ``Patient name: …``, is an XML element of such a name, or a line of a DICOM
dump, its value is judged as that attribute (PS3.15 Table E.1-1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from fw_gear_deid_check.checkers.attribute_rules import attribute_rules
from fw_gear_deid_check.checkers.dumps import dumped
from fw_gear_deid_check.checkers.flow import Flow
from fw_gear_deid_check.checkers.grids import Grid, pairs
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.labels import Label, Labels, is_subject_label
from fw_gear_deid_check.checkers.text_rules import TEXT_RULES
from fw_gear_deid_check.checkers.workbooks import CELLS, Workbooks
from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.numbers import IN_FORM
from fw_gear_deid_check.findings import Location, Observation, Text, Unread
from fw_gear_deid_check.items import Content
from fw_gear_deid_check.readers import letters, rtf
from fw_gear_deid_check.readers.escapes import of_markup
from fw_gear_deid_check.readers.markup import Markup
from fw_gear_deid_check.readers.rtf import RichText
from fw_gear_deid_check.rules import Level, Rule

NAME = "text"
ATTRIBUTES = attribute_rules("DOC", "a text file", "Remove the line, or the file")
LETTERS = Rule(
    id="DOC006",
    slug="letters-among-numbers",
    summary="A file of numbers holds letters",
    level=Level.REVIEW,
    source="BIDS, diffusion imaging data",
    remedy="Read the file; it should hold the gradient table and nothing else",
    why="b-values and gradient directions are numbers: letters were put there by something that isn't a converter.",
    bad="0 1000 1000 jane",
    good="0 1000 1e3 nan",
)
CONTENT = Location("content")
LINES_REMEMBERED = 20_000
"""Distinct lines of one document that are remembered, so that logs cost little."""
STAMPS = 16
"""Lines that begin with a time whose time is judged: of the thousands more in a log, only what follows it."""
BARS = 64
"""Cells of a line of text that are separated by bars."""
LONG_LINE = 512
"""Longer lines aren't searched for a name with its value."""

_GRADIENTS = expression(r"\.b(?:val|vec)s?$", re.IGNORECASE)
_NUMBERS = expression(
    r"(?:[\s,;+-]|\d++(?:\.\d*+)?+(?:[eE][+-]?\d++)?+|\.\d++(?:[eE][+-]?\d++)?+|nan|inf)*+", re.IGNORECASE
)
_STAMP = expression(r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?Z?\]?")
_PLAIN = expression(r"[\s\d.,;:+eE-]{0,2048}")
_LABELLED = expression(
    r"""^[\s#*|>"'.-]{0,16}([^\W\d_][\w .'/()-]{1,48}?)["']?\s{0,8}[:\uff1a=\t]\s{0,8}["']?(\S.{0,200}?)["',;]{0,3}$"""
)
_RULE = expression(r"[\s|:+=-]{1,2048}")
"""What separates the header of a table in Markdown from its rows."""
_AFNI = expression(r"\+(?:orig|acpc|tlrc)\.HEAD$")
_AFNI_NAMES = expression(r"^\s{0,4}(?:type|name|count)\s{1,4}=.*$", re.MULTILINE)
"""What AFNI writes before each attribute: its own names, in capitals like those of persons."""
_NATIVE = expression(r"<DicomAttribute\s([^<>]{1,256})>((?:\s{0,64}<[A-Za-z][^<>]{0,80}>){1,4})([^<>]{1,256})<")
_ELEMENT = expression(r"<(?:[\w-]{1,32}:)?([^\W\d_][\w.-]{1,48})(\s[^<>]{0,256})?>([^<>]{1,256})</")
_TAG = expression(r"<[^\W\d_][\w:.-]{0,64}(\s[^<>]{3,1024})>")
_XML_ATTRIBUTE = expression(r"""\s(?:[\w-]{1,32}:)?([^\W\d_][\w.-]{1,48})\s?=\s?["']([^"'<>]{1,256})["']""")
_KEYWORD = expression(r"""(?:keyword|tag|name|id)=["']([\w ,()-]{2,48})["']""", re.IGNORECASE)
_NAMESPACE = expression(
    r"""\b(?:xmlns(?::[\w-]{1,32})?|xsi:[\w-]{1,32}|rdf:about)=(?:"[^"]{0,512}"|'[^']{0,512}')|<!DOCTYPE[^>]{0,512}>"""
)


class TextChecker:
    """Reads text files."""

    name: ClassVar[str] = NAME
    rules: ClassVar[tuple[Rule, ...]] = (*ATTRIBUTES.values(), LETTERS, *TEXT_RULES)
    reads: ClassVar[bool] = True

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._labels = Labels(judge.policy)
        self._workbooks = Workbooks()

    def applies_to(self, content: Content) -> bool:
        """Tell whether it is text."""
        return content.kind == "text"

    def check(self, content: Content) -> Iterator[Observation]:
        """Yield what is seen, line by line; what is kept for the search is kept in pieces."""
        flow = Flow(self.name)
        document = _Document(self._judge, self._labels, content, self._workbooks)
        with content.open() as stream:
            for piece in letters.pieces(stream, self._judge.policy.limits.text_size):
                yield from flow.of(document.piece(letters.sound(piece)))
        yield from flow.of(document.close())


class _Document:
    """One document, read piece by piece."""

    def __init__(self, judge: Judge, labels: Labels, content: Content, workbooks: Workbooks) -> None:
        self._judge = judge
        self._labels = labels
        self._content = content
        self._workbooks = workbooks
        self._gradients = _GRADIENTS.search(content.name) is not None
        self._headers = _AFNI.search(content.name) is not None
        self._seen: set[str] = set()
        self._stamped = 0
        self._markup: Markup | None = None
        self._rich: RichText | None = None
        self._grid = Grid(labels)
        self._bars = Grid(labels)

    def piece(self, text: str) -> Iterator[Observation]:
        """Yield what is seen in a piece: as it stands, and as it reads without its tags or control words."""
        if self._headers:
            text = _AFNI_NAMES.sub("", text)
        if self._gradients and not _NUMBERS.fullmatch(text):
            message = "letters in a file that holds numbers"
            yield from self._judge.finding(LETTERS, NAME, CONTENT, message, value=text.strip())
        if "<" in text:
            yield from self._attributes(_marked(text))
            self._markup = self._markup or Markup()
        yield from self._lines(text)
        yield Text(NAME, CONTENT, text)
        if text.startswith(rtf.MAGIC):
            self._rich = rtf.RichText()
        if self._rich is not None:
            yield from self._again(self._rich.plain(text))
        if self._markup is not None:
            yield from self._again("\n".join(self._markup.lines(text)))
            yield from self._rows()

    def close(self) -> Iterator[Observation]:
        """Yield what is seen at the end."""
        if self._markup is not None:
            yield from self._again("\n".join(self._markup.close()))
            yield from self._rows()
            yield from self._table(Grid(self._labels), self._workbooks.waiting(self._content))
            if self._workbooks.cut:
                yield Unread(NAME, f"a workbook of more than {CELLS} cells, not all read by the headings of columns")

    def _again(self, text: str) -> Iterator[Observation]:
        """Yield what is seen in another reading of what was read already."""
        if text and not text.isspace():
            yield from self._lines(text)
            yield Text(NAME, CONTENT, text, listed=False)

    def _rows(self) -> Iterator[Observation]:
        """Yield what is seen in the rows of tables that have ended."""
        assert self._markup is not None
        yield from self._table(self._grid, self._workbooks.rows(self._content, self._markup))

    def _table(self, grid: Grid, rows: list[list[str]]) -> Iterator[Observation]:
        yield from self._named(grid.named(rows))
        for row in rows:
            for line in pairs(row):
                yield from self._text(line)

    def _lines(self, text: str) -> Iterator[Observation]:
        for whole in text.splitlines():
            line = whole
            if stamp := _STAMP.match(whole):
                self._stamped += 1
                line = whole[stamp.end() :] if self._stamped > STAMPS else whole
            if "|" in line:
                cells = [cell.strip() for cell in line.strip(" |").split("|")[:BARS]]
                yield from self._table(self._bars, [] if _RULE.fullmatch(line) else [cells])
            elif not line.isspace():
                self._bars.end()
            if line in self._seen or (_PLAIN.fullmatch(line) and not IN_FORM.search(line)):
                continue
            if len(self._seen) < LINES_REMEMBERED:
                self._seen.add(line)
            yield from self._line(line)

    def _line(self, line: str) -> Iterator[Observation]:
        if "<" in line:
            line = _NAMESPACE.sub(" ", line)
        if "&" in line:
            line = of_markup(line)
        yield from self._attributes(_labelled(line))
        yield from self._text(line)

    def _text(self, line: str) -> Iterator[Observation]:
        for observation in self._judge.text(NAME, line, CONTENT):
            if not isinstance(observation, Text):
                yield observation

    def _attributes(self, values: Iterable[tuple[str, str]]) -> Iterator[Observation]:
        """Yield what is seen in values that stand beside a name."""
        for name, value in values:
            label = self._labels.of(name)
            if label is not None and (value.strip().isdigit() or self._labels.of(value.strip()) is None):
                yield from self._named([(label, value)])

    def _named(self, values: Iterable[tuple[Label, str]]) -> Iterator[Observation]:
        for label, value in values:
            if label.fits(value) and not is_subject_label(self._content, label.keyword, value):
                yield from self._judge.attribute(
                    ATTRIBUTES, NAME, label.demand, [value.strip()], CONTENT, keyword=label.keyword
                )


def _marked(text: str) -> Iterator[tuple[str, str]]:
    r"""Yield what XML and HTML say, as names and values.

    >>> list(_marked("<PatientID>\n 0042</PatientID>"))
    [('PatientID', ' 0042')]
    """
    for element in _ELEMENT.finditer(text):
        value = of_markup(element[3]).strip("\r\n")
        yield element[1], value
        for keyword in _KEYWORD.findall(element[2] or ""):
            yield keyword, value
    for tag in _TAG.finditer(text):
        for written in _XML_ATTRIBUTE.finditer(tag[1]):
            yield written[1], of_markup(written[2])
    for attribute in _NATIVE.finditer(text):
        for keyword in _KEYWORD.findall(attribute[1]):
            yield keyword, of_markup(attribute[3])


def _labelled(line: str) -> Iterator[tuple[str, str]]:
    """Yield what a line says of itself, as names and values.

    >>> list(_labelled("Patient Name: DOE^JANE"))
    [('Patient Name', 'DOE^JANE')]
    >>> list(_labelled("(0010,0010) PN [DOE^JANE]   #   8, 1 PatientName"))
    [('(0010,0010)', 'DOE^JANE')]
    """
    if len(line) > LONG_LINE:
        return
    elements = list(dumped(line))
    if elements:
        yield from elements
        return
    labelled = _LABELLED.match(line)
    if labelled and "<" not in labelled[1]:
        yield labelled[1], labelled[2]
