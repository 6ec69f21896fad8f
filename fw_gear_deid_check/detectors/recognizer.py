"""Match and Recognizer: what looks like an identifier, and what finds it.

A recognizer is a bounded pattern and a reader of what it hit. It runs only on text that has one of its features: words
(letters only, folded), characters, or one of the shapes in `recognizers.SHAPES`. Most text in imaging
has none of any recognizer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Match(NamedTuple):
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

    @property
    def words(self) -> str:
        """What it is, for a message: ``a phone number``."""
        return DESCRIPTIONS[self.recognizer][0]

    @property
    def kind(self) -> str | None:
        """What it is to `known.identity`: ``name``, ``id``, ``date``, or None."""
        return DESCRIPTIONS[self.recognizer][1]


DESCRIPTIONS: dict[str, tuple[str, str | None]] = {
    "person-name": ("the name of a person", "name"),
    "staff-name": ("the name of a member of staff", "name"),
    "initials": ("a person's initials", None),
    "address": ("an address", None),
    "zip-code": ("a postal code", None),
    "institution": ("the name of an institution", None),
    "life-date": ("a date of somebody's life", "date"),
    "birth-date": ("a date of birth", "date"),
    "date": ("a date", "date"),
    "partial-date": ("a part of a date", None),
    "age-over-89": ("an age over 89", None),
    "phone": ("a phone number", "id"),
    "fax": ("a fax number", "id"),
    "email": ("an e-mail address", None),
    "user-at-host": ("a user and a computer", None),
    "ssn": ("a social security number", "id"),
    "national-id": ("a national identity number", "id"),
    "mrn": ("a medical record number", "id"),
    "patient-id": ("a patient's number", "id"),
    "health-plan": ("a health plan number", "id"),
    "account": ("an account or visit number", "id"),
    "accession": ("an accession or order number", "id"),
    "licence": ("a licence or certificate number", "id"),
    "vehicle": ("a vehicle's number", "id"),
    "device": ("a device's number", "id"),
    "url": ("a web address", None),
    "ip-address": ("an IP address", None),
    "mac-address": ("a network card's address", None),
    "biometric": ("a biometric identifier", None),
    "photo": ("a photograph", None),
    "other-code": ("a code given to a person", "id"),
    "bare-number": ("a long number", "id"),
    "user-path": ("a user's folder", None),
    "share-path": ("a shared folder", None),
    "patient-path": ("a patient's folder", None),
}
"""By the name on a match: what it is in words, and as what kind of identifier it is compared."""

Reader = Callable[[re.Match[str]], Match | None]


class Recognizer(NamedTuple):
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
