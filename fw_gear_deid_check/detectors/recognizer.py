"""Match and Recognizer: what looks like an identifier, and what finds it.

A recognizer is a bounded pattern and a reader of what it hit. It runs only on text that has one of its features: words
(letters only, folded), characters, or one of the shapes in `SHAPES`. Most text in imaging has none of any recognizer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """Text that looks like an identifier.

    Attributes
    ----------
    recognizer
        Its name: ``birth-date``, ``staff-name``.
    category
        HIPAA Safe Harbor letter, 45 CFR 164.514(b)(2)(i)(A) to (R).
    strong
        The form leaves little doubt; otherwise a person has to look.
    start, end
        Where in the text, zero-based, end exclusive.
    """

    recognizer: str
    category: str
    strong: bool
    start: int
    end: int


Reader = Callable[[re.Match[str]], Match | None]


@dataclass(frozen=True, slots=True)
class Recognizer:
    """A pattern, the features a text must have one of, and the reader that judges a hit; None is no match."""

    name: str
    pattern: re.Pattern[str]
    features: frozenset[str]
    read: Reader

    def find(self, text: str) -> Iterator[Match]:
        """Yield the matches in a text of bounded length."""
        for hit in self.pattern.finditer(text):
            match = self.read(hit)
            if match is not None:
                yield match


def always(name: str, category: str, *, strong: bool, group: int | str = 0) -> Reader:
    """Return a reader that takes every hit."""

    def read(hit: re.Match[str]) -> Match | None:
        return Match(name, category, strong, *hit.span(group))

    return read
