"""Search for a set of known identifiers in text.

Every identifier becomes squashed keys (letters and digits only, folded). A text is searched by its 4-grams: one set
intersection says that it holds none of the keys, which is what nearly every text says. What is left is verified in the
text itself, where boundaries and gaps are seen. Dates are compared as days, whatever their form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from fw_gear_deid_check.detectors import boundaries, dates, person
from fw_gear_deid_check.detectors.folding import fold, fold_with_offsets, squash, squash_with_offsets
from fw_gear_deid_check.detectors.vocabulary import imaging_words, is_word
from fw_gear_deid_check.detectors.vocabulary import is_dummy as is_dummy_word

GRAM = 4
WINDOW, OVERLAP = 8192, 512
"""Characters of long text that are searched together, and that neighbours share."""
TRIES = 64
"""Hits of one key in one window that are looked at."""
WORDS = re.compile(r"[^\W\d_]+")
_DELETE = str.maketrans({chr(code): chr(code).lower() if chr(code).isalnum() else None for code in range(128)})
_TRIVIAL = re.compile(r"(\d)\1*|\D{0,3}")


TELEPHONE = frozenset({"D", "E"})
"""HIPAA letters of telephone and fax numbers."""
NATIONAL = 8
"""Digits of a telephone number that are enough without the code of the country."""
NORTH_AMERICAN = 10
"""Digits of a telephone number of North America, before which its 1 may stand."""
_ABROAD = re.compile(r"\s{0,4}(?:\+|00)")


@dataclass(frozen=True, slots=True)
class KnownMatch:
    """A known identifier in a text.

    Attributes
    ----------
    kind
        ``name``, ``id``, ``date`` or ``text``.
    category
        HIPAA letter of the place that it was learned from.
    identity
        What it is, canonically: never to be shown, only for the fingerprint.
    start, end
        Where in the text, zero-based, end exclusive.
    strong
        Whether it is hardly anything else; a given name alone is not.
    staff
        The name of somebody of the staff.
    """

    kind: str
    category: str
    identity: str = field(repr=False)
    start: int
    end: int
    strong: bool = True
    staff: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One known identifier, as it was learned."""

    kind: str
    category: str
    identity: str = field(repr=False)
    value: str = field(repr=False)
    staff: bool


@dataclass(frozen=True, slots=True)
class _Key:
    text: str = field(repr=False)
    entry: Entry
    strong: bool
    fits: Callable[[str, int, int, list[int]], bool]
    """Given the text, the first and the last index in it, and the indexes of all characters of the hit."""


def days(value: str) -> tuple[date, ...]:
    """Return the days that a value can mean; none where it is no date."""
    for sighting in dates.sightings(value, loose=True):
        return sighting.days
    return ()


class Searcher:
    """Finds a set of known identifiers in text."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._anchors: dict[str, list[_Key]] = {}
        self._short: list[_Key] = []
        self._pairs: dict[str, list[tuple[str, Entry]]] = {}
        self._days: dict[date, Entry] = {}
        for entry in entries:
            if entry.kind == "date":
                for day in days(entry.value):
                    self._days.setdefault(day, entry)
            elif entry.kind == "name" or (entry.kind == "id" and entry.identity.startswith("name:")):
                self._add_name(entry)
                if entry.kind == "id":
                    self._add_key(_Key(squash(entry.value), entry, True, boundaries.word_fits))
            else:
                self._add_code(entry)
        years = {f"{day.year % 100:02}" for day in self._days}
        self._years = re.compile("|".join(sorted(years))) if years else None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that it could find."""
        return not (self._anchors or self._short or self._pairs or self._days)

    def _add_key(self, key: _Key) -> None:
        if len(key.text) < GRAM:
            self._short.append(key)
            return
        grams = [key.text[at : at + GRAM] for at in range(len(key.text) - GRAM + 1)]
        anchor = min(grams, key=lambda gram: (gram in common_grams(), len(self._anchors.get(gram, ()))))
        self._anchors.setdefault(anchor, []).append(key)

    def _add_name(self, entry: Entry) -> None:
        for form in person.forms(entry.value):
            if form.parts == 1:
                fits = boundaries.proper_fits if form.proper else boundaries.token_fits
            elif form.initials:
                fits = boundaries.initials_fit
            else:
                fits = boundaries.joined_fits if len(form.text) >= 6 else boundaries.tight_fits
                if form.everyday and len(form.text) >= 6:
                    fits = boundaries.apart_fits
            if not form.text.isascii():
                fits = boundaries.anywhere
            self._add_key(_Key(form.text, entry, form.strong, fits))
        for one, two in person.short_pairs(entry.value):
            self._pairs.setdefault(one, []).append((two, entry))

    def _add_code(self, entry: Entry) -> None:
        squashed = squash(entry.value)
        digits = sum(map(str.isdigit, squashed))
        if not digits:
            if (len(squashed) >= 4 and not is_word(squashed) and not is_dummy_word(squashed)) or (
                entry.kind == "text" and len(squashed) >= 3
            ):
                self._add_key(_Key(squashed, entry, True, boundaries.word_fits))
            return
        core = squashed.lstrip("0")
        if len(core) < 4 or (_TRIVIAL.fullmatch(core) and digits >= len(core) - 3):
            if entry.kind == "text" and len(squashed) >= 3:
                self._add_key(_Key(squashed, entry, True, boundaries.word_fits))
            return
        if core.isdigit():
            fits = boundaries.number_fits if len(core) >= 6 else boundaries.short_number_fits
            self._add_key(_Key(core, entry, len(core) >= 5, fits))
            if entry.category in TELEPHONE and len(core) == NORTH_AMERICAN:
                self._add_key(_Key(f"1{core}", entry, True, boundaries.number_fits))
            if entry.category in TELEPHONE and _ABROAD.match(entry.value):
                for code in (1, 2, 3):
                    if len(core) - code >= NATIONAL:
                        self._add_key(_Key(core[code:].lstrip("0"), entry, True, boundaries.number_fits))
            return
        self._add_key(_Key(core, entry, True, boundaries.code_fits))
        for run in re.findall(r"\d{6,}", core):
            if run.lstrip("0") != core and len(run.lstrip("0")) >= 6:
                self._add_key(_Key(run.lstrip("0"), entry, True, boundaries.number_fits))

    def find(self, text: str) -> list[KnownMatch]:
        """Return what is known in a text, without overlaps, in the order of the text."""
        if len(text) <= WINDOW:
            return self._find(text)
        found: dict[tuple[int, int], KnownMatch] = {}
        for start in range(0, len(text), WINDOW - OVERLAP):
            for match in self._find(text[start : start + WINDOW]):
                moved = _moved(match, start)
                found[moved.start, moved.end] = moved
        return _best(list(found.values()))

    def _find(self, text: str) -> list[KnownMatch]:
        ascii_only = text.isascii()
        squashed = text.translate(_DELETE) if ascii_only else squash(text)
        matches: list[KnownMatch] = []
        anchors = self._anchors
        if anchors:
            hits = anchors.keys() & {squashed[at : at + GRAM] for at in range(len(squashed) - GRAM + 1)}
            if hits:
                matches += self._verify(text, [key for gram in hits for key in anchors[gram]])
        if self._short:
            matches += self._verify(text, [key for key in self._short if key.text in squashed])
        if self._pairs:
            folded = text.lower() if ascii_only else fold(text)
            words = set(WORDS.findall(folded))
            for one in self._pairs.keys() & words:
                for two, entry in self._pairs[one]:
                    if two in words:
                        matches += self._side_by_side(text, one, two, entry)
        if self._years is not None and self._years.search(text):
            matches += self._find_days(text)
        return _best(matches) if len(matches) > 1 else matches

    @staticmethod
    def _verify(text: str, keys: list[_Key]) -> Iterator[KnownMatch]:
        squashed, offsets = squash_with_offsets(text)
        for key in keys:
            at = squashed.find(key.text)
            tries = 0
            while at >= 0 and tries < TRIES:
                indexes = offsets[at : at + len(key.text)]
                if key.fits(text, indexes[0], indexes[-1], indexes):
                    entry = key.entry
                    yield KnownMatch(
                        "name" if entry.identity.startswith("name:") else entry.kind,
                        entry.category, entry.identity, indexes[0], indexes[-1] + 1, key.strong, entry.staff,
                    )  # fmt: skip
                    break
                at = squashed.find(key.text, at + 1)
                tries += 1

    @staticmethod
    def _side_by_side(text: str, one: str, two: str, entry: Entry) -> Iterator[KnownMatch]:
        """Yield the two parts of a short or everyday name next to each other, an initial between them or not."""
        folded, offsets = fold_with_offsets(text)
        between = r"[\W_]{1,5}(?:[a-z]\.?[\W_]{1,2})?"
        end = r"(?![^\W_])" if len(one) + len(two) <= 5 else r"(?![^\W\d_])"
        hit = re.search(rf"(?<![^\W\d_])(?:{one}{between}{two}|{two}{between}{one}){end}", folded)
        if hit:
            yield KnownMatch(
                "name",
                entry.category,
                entry.identity,
                offsets[hit.start()],
                offsets[hit.end() - 1] + 1,
                True,
                entry.staff,
            )

    def _find_days(self, text: str) -> Iterator[KnownMatch]:
        for sighting in dates.sightings(text, loose=True):
            for day in sighting.days:
                entry = self._days.get(day)
                if entry is not None:
                    strong = sighting.sure or sighting.end - sighting.start > 6
                    yield KnownMatch(
                        "date", entry.category, entry.identity, sighting.start, sighting.end, strong, entry.staff
                    )
                    break


def _moved(match: KnownMatch, offset: int) -> KnownMatch:
    start, end = match.start + offset, match.end + offset
    return KnownMatch(match.kind, match.category, match.identity, start, end, match.strong, match.staff)


def _best(matches: list[KnownMatch]) -> list[KnownMatch]:
    """Return matches without those that overlap a stronger or longer one, in the order of the text."""
    kept: list[KnownMatch] = []
    for match in sorted(
        set(matches), key=lambda match: (match.staff, not match.strong, match.start - match.end, match.start)
    ):
        if not any(match.start < other.end and other.start < match.end for other in kept):
            kept.append(match)
    return sorted(kept, key=lambda match: match.start)


@cache
def common_grams() -> frozenset[str]:
    """Return the 4-grams of imaging's words: bad anchors."""
    return frozenset(word[at : at + GRAM] for word in imaging_words() for at in range(len(word) - GRAM + 1))
