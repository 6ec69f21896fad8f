"""Text: notes, logs, README, XML, HTML, YAML, .bval and .bvec.

Each line is judged as text; where it reads ``Patient name: …``, is an XML element of such a name, or a line of a DICOM
dump, its value is judged as that attribute (PS3.15 Table E.1-1).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from fw_gear_deid_check.checkers.attribute_rules import attribute_rules
from fw_gear_deid_check.checkers.dumps import dumped
from fw_gear_deid_check.checkers.flow import Flow
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.labels import Labels, is_subject_label
from fw_gear_deid_check.checkers.text_rules import TEXT_RULES
from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.numbers import IN_FORM
from fw_gear_deid_check.findings import Location, Observation, Text
from fw_gear_deid_check.items import Content
from fw_gear_deid_check.readers import letters
from fw_gear_deid_check.rules import Level, Rule

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
_AFNI = expression(r"\+(?:orig|acpc|tlrc)\.HEAD$")
_AFNI_NAMES = expression(r"^\s{0,4}(?:type|name|count)\s{1,4}=.*$", re.MULTILINE)
"""What AFNI writes before each attribute: its own names, in capitals like those of persons."""
_NATIVE = expression(r"<DicomAttribute\s([^<>]{1,256})>((?:\s{0,64}<[A-Za-z][^<>]{0,80}>){1,4})([^<>]{1,256})<")
_CELLS = expression(
    r"<t[dh](?:\s[^<>]{0,80})?>([^<>]{2,60})</t[dh]>\s{0,64}<t[dh](?:\s[^<>]{0,80})?>([^<>]{1,200})</t[dh]>"
)
_ELEMENT = expression(r"<(?:[\w-]{1,32}:)?([^\W\d_][\w.-]{1,48})(\s[^<>]{0,256})?>([^<>]{1,256})</")
_TAG = expression(r"<[^\W\d_][\w:.-]{0,64}(\s[^<>]{3,1024})>")
_XML_ATTRIBUTE = expression(r"""\s(?:[\w-]{1,32}:)?([^\W\d_][\w.-]{1,48})\s?=\s?["']([^"'<>]{1,256})["']""")
_KEYWORD = expression(r"""(?:keyword|tag|name|id)=["']([\w ,()-]{2,48})["']""", re.IGNORECASE)
_NAMESPACE = expression(
    r"""\b(?:xmlns(?::[\w-]{1,32})?|xsi:[\w-]{1,32}|rdf:about)=(?:"[^"]{0,512}"|'[^']{0,512}')|<!DOCTYPE[^>]{0,512}>"""
)


class TextChecker:
    """Reads text files."""

    name: ClassVar[str] = "text"
    rules: ClassVar[tuple[Rule, ...]] = (*ATTRIBUTES.values(), LETTERS, *TEXT_RULES)
    reads: ClassVar[bool] = True

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._labels = Labels(judge.policy)

    def applies_to(self, content: Content) -> bool:
        """Tell whether it is text."""
        return content.kind == "text"

    def check(self, content: Content) -> Iterator[Observation]:
        """Yield what is seen, line by line; what is kept for the search is kept in pieces."""
        flow = Flow(self.name)
        seen: set[str] = set()
        stamped = 0
        gradients, headers = _GRADIENTS.search(content.name), _AFNI.search(content.name)
        with content.open() as stream:
            for piece in letters.pieces(stream, self._judge.policy.limits.text_size):
                text = letters.sound(piece)
                if headers:
                    text = _AFNI_NAMES.sub("", text)
                if gradients and not _NUMBERS.fullmatch(text):
                    message = "letters in a file that holds numbers"
                    yield from flow.of(self._judge.finding(LETTERS, self.name, CONTENT, message, value=text.strip()))
                if "<" in text:
                    yield from flow.of(self._attributes(_marked(text), content))
                for whole in text.splitlines():
                    line = whole
                    if stamp := _STAMP.match(whole):
                        stamped += 1
                        line = whole[stamp.end() :] if stamped > STAMPS else whole
                    if line in seen or (_PLAIN.fullmatch(line) and not IN_FORM.search(line)):
                        continue
                    if len(seen) < LINES_REMEMBERED:
                        seen.add(line)
                    yield from flow.of(self._line(line, content))
                yield Text(self.name, CONTENT, text)

    def _line(self, line: str, content: Content) -> Iterator[Observation]:
        if "<" in line:
            line = _NAMESPACE.sub(" ", line)
        if "&" in line:
            line = html.unescape(line)
        yield from self._attributes(_labelled(line), content)
        for observation in self._judge.text(self.name, line, CONTENT, dumps=False):
            if not isinstance(observation, Text):
                yield observation

    def _attributes(self, values: Iterable[tuple[str, str]], content: Content) -> Iterator[Observation]:
        """Yield what is seen in values that stand beside a name."""
        for name, value in values:
            label = self._labels.of(name)
            if label is not None and not is_subject_label(content, label.keyword, value):
                yield from self._judge.attribute(
                    ATTRIBUTES, self.name, label.demand, [value.strip()], CONTENT, keyword=label.keyword
                )


def _marked(text: str) -> Iterator[tuple[str, str]]:
    r"""Yield what XML and HTML say, as names and values.

    >>> list(_marked("<PatientID>\n 0042</PatientID>"))
    [('PatientID', ' 0042')]
    >>> list(_marked("<td>Patient ID</td> <td>0042</td>"))[-1]
    ('Patient ID', '0042')
    """
    for element in _ELEMENT.finditer(text):
        value = html.unescape(element[3]).strip("\r\n")
        yield element[1], value
        for keyword in _KEYWORD.findall(element[2] or ""):
            yield keyword, value
    for tag in _TAG.finditer(text):
        for written in _XML_ATTRIBUTE.finditer(tag[1]):
            yield written[1], html.unescape(written[2])
    for attribute in _NATIVE.finditer(text):
        for keyword in _KEYWORD.findall(attribute[1]):
            yield keyword, html.unescape(attribute[3])
    for cells in _CELLS.finditer(text):
        yield cells[1].strip(" :"), html.unescape(cells[2])


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
