"""Text from data made fit to be shown: no control characters, nothing that reorders or hides, not too long."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LENGTH = 300
"""Characters of one text that are shown; labels and paths are far below, hostile ones far above."""
NAMED = 3
"""Words of a list that a phrase names, where it says how many more there are."""
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that do something else than be seen: controls, bidi marks, zero widths, lone surrogates."""
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
STAMP = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])-([0-9]{2})T([0-9]{2}:[0-9]{2})(?::[0-9.]{2,9})?(?:Z|\+00:00)\Z")
HARMLESS = re.compile(r"[\x20-\x7e]*")


@lru_cache(maxsize=4096, typed=True)  # reports say the same again and again
def plain(text: object, length: int = LENGTH) -> str:
    r"""Return the text in one line, with unseen characters written out and cut after ``length`` characters.

    >>> plain("scan\x1b[2J\u202egnp.exe")
    'scan<U+001B>[2J<U+202E>gnp.exe'
    >>> plain("a" * 10, length=4)
    'aaa…'
    """
    shown = str(text)
    if len(shown) > length:
        shown = shown[: length - 1] + "…"
    if HARMLESS.fullmatch(shown):
        return shown
    return "".join(f"<U+{ord(character):04X}>" if unseen(character) else character for character in shown)


def unseen(character: str) -> bool:
    """Say whether a character isn't simply seen where it stands."""
    return unicodedata.category(character) in UNSEEN


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    >>> count(1, "file"), count(4000, "file"), count(2, "series", "series")
    ('1 file', '4,000 files', '2 series')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def enumerate_words(words: list[str], noun: str = "") -> str:
    """Return words as a phrase, the first `NAMED` of them and the number of the others.

    >>> enumerate_words(["a", "b"]), enumerate_words(["a", "b", "c", "d"])
    ('a and b', 'a, b, c and d')
    >>> enumerate_words(["a", "b", "c", "d", "e"], noun="letters")
    'a, b, c and 2 more letters'
    """
    shown = words[:NAMED] if len(words) > NAMED + 1 else words
    if len(words) > len(shown):
        return f"{', '.join(shown)} and {len(words) - NAMED:,} more {noun}".rstrip()
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def moment(text: str | None) -> str:
    """Return a time stamp of a report as a person reads it; anything else as it is.

    >>> moment("2026-11-22T09:01:12Z"), moment("yesterday")
    ('22 Nov 2026, 09:01 UTC', 'yesterday')
    """
    if not isinstance(text, str):
        return ""
    stamp = STAMP.match(text)
    if not stamp:
        return text
    year, month, day, clock = stamp.groups()
    return f"{int(day)} {MONTHS[int(month) - 1]} {year}, {clock} UTC"


def size(number: int) -> str:
    """Return bytes as a person says them.

    >>> size(999), size(104857600)
    ('999 bytes', '100 MiB')
    """
    amount = float(number)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.3g} {unit}" if amount < 1000 else f"{amount:.0f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} TiB"
