"""Names that may stand in binary bytes: runs of letters of which one at least is beyond ASCII, in any encoding.

Bytes of numbers look like such runs now and then. So what is found here is only searched for names that are known;
nobody judges it, and nobody is shown it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from fw_gear_deid_check.readers.character_sets import SINGLE_BYTE, codecs

NAMES = 2000
"""Runs that are taken out of one value by each pattern."""
LONGEST = 96
"""Bytes of one run."""
BEFORE = 48
"""Bytes before what a pattern looks for that belong to the same run."""

_ASCII = rb"[A-Za-z ^,.'=\-]"


def _beside_letters(*ranges: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a letter beyond ASCII with letters beside it, and what goes on from there.

    It begins with a range of bytes, so that a value is searched for these alone.
    """
    any_of = b"(?:" + b"|".join(ranges) + b")"
    after = rb"(?=[a-z]{2}|[A-Z]{2}|[ ^=]?+%b)" % any_of
    first = b"|".join(
        rb"%b(?:(?<=[A-Za-z][a-z]%b)|(?<=[A-Z][A-Z]%b)|%b)" % (high, high, high, after) for high in ranges
    )
    return re.compile(rb"(?:%b)(?:%b|%b){0,%d}+" % (first, _ASCII, any_of, LONGEST))


_NARROW = (
    (_beside_letters(rb"[\xc3-\xdf][\x80-\xbf]"), "utf-8"),
    (_beside_letters(rb"[\xe1-\xef][\x80-\xbf]{2}"), "utf-8"),
    (_beside_letters(rb"[\xc0-\xd6\xd8-\xf6\xf8-\xff]"), "latin-1"),
)
_LITTLE = rb"(?:[A-Za-z\xc0-\xff ^,.'=\-]\x00|[\x00-\xff][\x01\x02\x1e])"
_BIG = rb"(?:\x00[A-Za-z\xc0-\xff ^,.'=\-]|[\x01\x02\x1e][\x00-\xff])"
_WIDE = (
    (re.compile(rb"[A-Za-z]\x00[A-Za-z]\x00%b{0,%d}+" % (_LITTLE, LONGEST)), _LITTLE, "utf-16-le"),
    (re.compile(rb"\x00[A-Za-z]\x00[A-Za-z]%b{0,%d}+" % (_BIG, LONGEST)), _BIG, "utf-16-be"),
)
"""Latin with and without marks: two letters of English, and what stands around them."""
_OF_ONE_BYTE = re.compile(rb"(?:[\xa1-\xff]|(?<=[\xa1-\xff])[ ^,.'=\-](?=[\xa1-\xff])){3,%d}+" % LONGEST)
_OF_TWO_BYTES = re.compile(rb"(?:[\x81-\xfe][\x40-\xfe]|(?<=[\x40-\xfe])[ ^=](?=[\x81-\xfe])){2,%d}+" % LONGEST)


def hidden_names(value: bytes, character_set: bytes = b"") -> str:
    r"""Return the runs that may be names, one a line.

    Parameters
    ----------
    character_set
        That of the data set: what it can't be told by the bytes alone is decoded by it.

    Examples
    --------
    >>> hidden_names(b"\x01\x02" + "Jürgen".encode("latin-1") + b"\x03\xff"), hidden_names(bytes(range(256)))
    ('Jürgen', '')
    """
    return "\n".join(dict.fromkeys(_runs(value, character_set)))


def _runs(value: bytes, character_set: bytes) -> Iterator[str]:
    for pattern, encoding in _NARROW:
        for run in islice(pattern.finditer(value), NAMES):
            text = (_before(value, run.start(), _ASCII) + run[0]).decode(encoding, "ignore")
            if _is_name(text) and (encoding == "utf-8" or _is_latin(text)):
                yield text.strip()
    for pattern, unit, encoding in _WIDE:
        for run in islice(pattern.finditer(value), NAMES):
            text = (_before(value, run.start(), unit) + run[0]).decode(encoding, "ignore")
            if _is_name(text) and _is_latin(text) and (encoding == "utf-16-be" or not text.isascii()):
                yield text.strip()
    for name in codecs(character_set):
        for run in islice((_OF_ONE_BYTE if name in SINGLE_BYTE else _OF_TWO_BYTES).finditer(value), NAMES):
            text = run[0].decode(name, "ignore")
            if _is_name(text):
                yield text.strip()


def _before(value: bytes, start: int, unit: bytes) -> bytes:
    """Return the characters that stand right before a run and belong to it."""
    before = re.search(rb"%b{0,%d}\Z" % (unit, BEFORE), value[max(start - BEFORE, 0) : start])
    return before[0] if before else b""


def _is_name(text: str) -> bool:
    """Tell whether a run is mostly letters."""
    letters = sum(map(str.isalpha, text))
    return letters >= 2 and letters * 5 >= len(text) * 3


def _is_latin(text: str) -> bool:
    """Tell whether most letters are those of English: any bytes at all are letters of Latin-1."""
    letters = sum(map(str.isalpha, text))
    return letters >= 4 and sum("a" <= letter <= "z" for letter in text.lower()) * 2 > letters
