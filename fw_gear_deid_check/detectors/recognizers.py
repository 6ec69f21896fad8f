"""Find text that looks like an identifier: every recognizer, over text of any length, at a cost that stays linear.

>>> [(match.recognizer, match.category, match.strong) for match in find("DOB: 01/31/1980")]
[('birth-date', 'C', True)]
>>> find("HEAD^Brain Routine")
[]
"""

# ruff: noqa: E501 - tables and patterns read better whole

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Protocol

from fw_gear_deid_check.detectors import contacts, dumps, eponyms, name_labels, names, numbers, places, traits
from fw_gear_deid_check.detectors.date_recognizer import Dates
from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.folding import fold
from fw_gear_deid_check.detectors.recognizer import Match
from fw_gear_deid_check.detectors.vocabulary import CAMEL


class Finder(Protocol):
    """What every recognizer offers."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def features(self) -> frozenset[str]: ...  # noqa: D102
    def find(self, text: str) -> Iterator[Match]: ...  # noqa: D102


RECOGNIZERS: tuple[Finder, ...] = (
    Dates(),
    *contacts.RECOGNIZERS,
    *numbers.RECOGNIZERS,
    *places.RECOGNIZERS,
    *traits.RECOGNIZERS,
    *dumps.RECOGNIZERS,
    *name_labels.RECOGNIZERS,
    *names.RECOGNIZERS,
)

WINDOW = 1024
"""Characters of long text that are looked at together."""
SHORT = 128
"""Characters of text whose matches are remembered."""
OVERLAP = 256
"""Characters that neighbouring windows share: no match is longer."""

SIGNS = ("^", "@", "+", ",", "\\\\", "://", "c/o", "M.D", "Ph.D", "R.N", "R.T", "D.O", "様", "さま", "殿")
SHAPES = {
    "~date": r"\d{8}|\d[\-/._ ]\d{1,2}[\-/._ ]\d\d|\d{4}-\d\d|[年년]",
    "~phone": r"\d{3}\)?[.\- ]?\d{3}[.\-]\d{4}",
    "~ssn": r"\d{3}-\d\d-\d{4}",
    "~ip": r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d",
    "~colons": r":[0-9A-Fa-f]{0,4}:",
    "~mac": r"[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}",
    "~long": r"[A-Z0-9]{17}",
    "~medicare": r"[1-9][A-Z][A-Z0-9]\d-?[A-Z]",
    "~dump": r"00(?:08|10)[,_ ] ?\d{4}",
    "~mrn": r"[Mm][Rr][Nn][A-Za-z]\d{5}",
    "~fiscal": r"[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]",
    "~udi": r"\(01\)\d",
    "~number": r"\A[\s\0\"'#]{0,8}[A-Z]?\d{7}",
    "~zip": r"[A-Z]{2}[ ,]{1,2}(?:US,? ?)?\d{5}",
    "~postcode": r"\d[A-Z\d]? \d[A-Z]{2}",
    "~age": r"(?:9\d|1[0-2]\d)[ \-]?[yYjJaAåÅvVлЛ歳岁歲세]|(?:9\d|1[0-2]\d) lat",
    "~initial": r"[A-Z]\.[ _]?[A-Z]",
}
DIGIT_SHAPES = tuple(
    (name, expression(pattern)) for name, pattern in SHAPES.items() if name not in {"~initial", "~colons"}
)
INITIAL = expression(SHAPES["~initial"])
COLONS = expression(SHAPES["~colons"])
NUMBERS = expression(r"\d{2}|\d[^A-Za-z\d]\d|\d\W?[年년]|[1-9][A-Z][A-Z0-9]\d")
TITLES = expression(r"\A(?:\d{3,12}[_\-])?[A-Z][a-z]{3,20}_[A-Z]")
CAMEL_CASE = expression(r"[a-z\d][A-Z]|[A-Z]{2}[a-z]")
STREETS = (
    "str",
    "gasse",
    "weg",
    "platz",
    "allee",
    "ufer",
    "ring",
    "damm",
    "gurtel",
    "guertel",
    "steig",
    "promenade",
    "gatan",
    "vagen",
    "vej",
    "veien",
    "gata",
    "straat",
    "gracht",
    "laan",
    "katu",
)
INSTITUTIONS = (
    "hospi", "clinic", "klini", "hopi", "univ", "infirm", "spital", "kranken", "ospedale", "ziekenh", "sykehus", "sjukhus", "sygehus", "chu", "cent", "ctr",
    "campus", "associates", "institute", "system",
)  # fmt: skip
WORDS = expression(r"[^\W\d_]+")

NAMES = frozenset({"person-name", "staff-name"})

_LOOK_ALIKES = {
    " ": "\u00a0\u2007\u202f\u3000\u200b\u200e\u200f\ufeff\0",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2212\u00ad\uff0d",
    "/": "\u2044\uff0f",
    ",": "\uff0c\u3001",
    ":": "\uff1a",
    "@": "\uff20",
    "^": "\uff3e",
    "'": "\u2019",
    **{str(digit): chr(0xFF10 + digit) + chr(0x0660 + digit) for digit in range(10)},
}
PLAIN = {ord(like): plain for plain, likes in _LOOK_ALIKES.items() for like in likes}
"""Look-alikes of what the patterns ask for, one character for one."""

UID = expression(
    r"(?<![\w.])(?:[0-2]|\d{1,4})(?:\.\d{1,64}){4,}|(?<![\w.])[0-2]\.\d{1,3}\.\d{4,64}(?:\.\d{1,64}){1,}|(?<![\w.])2\.25\.\d{6,64}"
)
PRODUCT = expression(
    r"N\d_V[A-Z]\d\d[A-Z]_LATEST_\d{8}(?:_P\d{1,2})?|[Vv]?\d{1,3}(?:\.\d{1,3}){1,3}\.(?:19|20)\d{6}(?!\d)"
)

DECIMALS = expression(
    r"[-+]?\d{0,6}(?:\.\d{0,20})?(?:[eE][-+]?\d{1,3})?(?:\\[-+]?\d{0,6}(?:\.\d{0,20})?(?:[eE][-+]?\d{1,3})?)*"
)
"""One number or many, as DS and IS elements hold them: no identifier."""

BY_FEATURE: dict[str, tuple[int, ...]] = {}
for _index, _recognizer in enumerate(RECOGNIZERS):
    for _feature in _recognizer.features:
        BY_FEATURE[_feature] = (*BY_FEATURE.get(_feature, ()), _index)
FEATURES = BY_FEATURE.keys()


def features(text: str) -> set[str]:
    """Return the features of a text that some recognizer asks for: words, signs and shapes."""
    lower = text.lower() if text.isascii() else fold(text)
    found = set(WORDS.findall(lower))
    found.update([sign for sign in SIGNS if sign in text])
    if CAMEL_CASE.search(text):
        found.update([part.lower() for part in CAMEL.findall(text)])
        found.add("~initial")
    if "." in text and INITIAL.search(text):
        found.add("~initial")
    if NUMBERS.search(text):
        found.update([name for name, pattern in DIGIT_SHAPES if pattern.search(text)])
        if any(part in lower for part in STREETS):
            found.add("~street")
    if "_" in text and TITLES.match(text):
        found.add("~titles")
    if ":" in text and COLONS.search(text):
        found.add("~colons")
    if any(part in lower for part in INSTITUTIONS):
        found.add("~institution")
    return found & FEATURES


def _blank(hit: re.Match[str]) -> str:
    return "\x01" * (hit.end() - hit.start())


def _find(text: str) -> list[Match]:
    if DECIMALS.fullmatch(text):
        return []
    if text.count(".") >= 2:
        text = PRODUCT.sub(_blank, UID.sub(_blank, text))
    elif "LATEST" in text:
        text = PRODUCT.sub(_blank, text)
    asked = features(text)
    if not asked:
        return []
    indexes = {index for feature in asked for index in BY_FEATURE[feature]}
    return [
        judged
        for index in sorted(indexes)
        for match in RECOGNIZERS[index].find(text)
        if (judged := eponyms.judged(text, match) if match.recognizer in NAMES else match)
    ]


def _windows(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    while True:
        yield start, text[start : start + WINDOW]
        if start + WINDOW >= len(text):
            return
        start += WINDOW - OVERLAP


_start = attrgetter("start")


def _best(matches: list[Match]) -> list[Match]:
    """Return matches that don't overlap: strong before weak, long before short; in the order of the text."""
    kept: list[Match] = []
    for match in sorted(
        set(matches), key=lambda match: (not match.strong, match.start - match.end, match.start, match.recognizer)
    ):
        at = bisect_left(kept, match.end, key=_start)  # kept stand in order and don't overlap: look at the one before
        if not at or kept[at - 1].end <= match.start:
            kept.insert(at, match)
    return kept


def find(text: str) -> list[Match]:
    """Return what looks like an identifier in a text, without overlaps, in the order of the text."""
    return list(_found(text)) if len(text) <= SHORT else _find_all(text)


@lru_cache(maxsize=8192)
def _found(text: str) -> tuple[Match, ...]:
    """Headers say the same in a thousand instances."""
    return tuple(_find_all(text))


def _find_all(text: str) -> list[Match]:
    if not text.isascii() or "\0" in text:
        text = text.translate(PLAIN)
    if len(text) <= WINDOW:
        matches = _find(text)
    else:
        matches = [
            Match(match.recognizer, match.category, match.strong, match.start + offset, match.end + offset)
            for offset, window in _windows(text)
            for match in _find(window)
        ]
    return _best(matches) if len(matches) > 1 else matches
