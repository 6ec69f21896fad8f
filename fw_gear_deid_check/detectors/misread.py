"""Known identifiers in text that an engine read in a picture, and read wrong by a character or two.

Letters that look alike are made one (O and 0, I and 1 and l, rn and m); what then differs by one character, in long
identifiers by two, is the same. How much may differ is bounded by the length, and for numbers by how many are known: a
list of ten thousand numbers lies close to any number.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fw_gear_deid_check.detectors import person
from fw_gear_deid_check.detectors.folding import fold, squash
from fw_gear_deid_check.detectors.searcher import Entry, KnownMatch

ONE_OFF, TWO_OFF = 6, 10
"""Characters from which one, and two, may differ; of numbers, as many more as the count of known ones has digits."""
SURE = 8
"""Characters from which a name may stand within other letters."""
LONGEST = 64
"""Longer identifiers are not compared."""
TOKENS = 3
"""Words or numbers in a row that are compared as one: engines see gaps, and lose them."""
READ = 512
"""Characters of a reading that are looked at."""
PIECE = 3
"""Characters of a piece of a key by which texts are chosen that may hold it."""

_ALIKE = str.maketrans("0o1il|!52867q$", "ooiiiiiszbgtgs")
_WORDS = re.compile(r"[^\W_]+(?:[|!$][^\W_]*)*|[|!$]+[^\W_]+")


@dataclass(frozen=True, slots=True)
class _Key:
    text: str = field(repr=False)
    entry: Entry
    strong: bool
    most: int
    within: bool
    """Whether it may stand within other letters."""


class Misread:
    """Finds identifiers in text with reading errors."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        entries = list(entries)
        codes = sum(entry.kind != "name" for entry in entries)
        more = math.ceil(math.log10(codes)) if codes > 1 else 0
        self._pieces: dict[str, list[_Key]] = {}
        for entry in entries:
            for key in _name_keys(entry) if _is_name(entry) else _code_keys(entry, more):
                for piece in _pieces(key):
                    self._pieces.setdefault(piece, []).append(key)

    def find(self, text: str) -> list[KnownMatch]:
        """Return what is known, as far as it isn't certain to be something else; offsets in the text."""
        text = text[:READ]
        if not self._pieces:
            return []
        tokens = [(hit.start(), hit.end(), alike(hit[0])) for hit in _WORDS.finditer(text)]
        whole = "".join(word for _, _, word in tokens)
        grams = {whole[at : at + PIECE] for at in range(len(whole) - PIECE + 1)}
        keys = dict.fromkeys(itertools.chain.from_iterable(self._pieces[gram] for gram in grams & self._pieces.keys()))
        found: dict[str, KnownMatch] = {}
        for key in keys:
            for start, end, window in _windows(tokens, key):
                if distance(key.text, window, key.most, within=key.within) <= key.most:
                    entry = key.entry
                    kind = "name" if _is_name(entry) else entry.kind
                    match = KnownMatch(kind, entry.category, entry.identity, start, end, key.strong, entry.staff)
                    if entry.identity not in found or (key.strong and not found[entry.identity].strong):
                        found[entry.identity] = match
                    break
        return list(found.values())


def alike(text: str) -> str:
    """Return letters and digits, folded, with those that engines take for one another made one.

    >>> alike("AM-1OO5"), alike("arn l0oS")
    ('amioos', 'amioos')
    """
    joined = squash(fold(text).replace("|", "l").replace("!", "l").replace("$", "s")).translate(_ALIKE)
    return joined.replace("rn", "m").replace("vv", "w").replace("cl", "d")


def distance(key: str, text: str, most: int, *, within: bool = False) -> int:
    """Return by how many characters a text differs from a key, or the part of it that is most like the key.

    Insertions, deletions and substitutions, by Myers' bit vectors; ``most + 1`` stands for anything more.

    >>> distance("doejane", "doeajane", 2), distance("doejane", "namedoeiane", 2, within=True)
    (1, 1)
    """
    size = len(key)
    if not size or (not within and abs(size - len(text)) > most):
        return most + 1
    full, top = (1 << size) - 1, 1 << (size - 1)
    places: dict[str, int] = {}
    for index, character in enumerate(key):
        places[character] = places.get(character, 0) | 1 << index
    plus, minus, score, best = full, 0, size, size
    for character in text:
        equal = places.get(character, 0)
        vertical = equal | minus
        across = (((equal & plus) + plus) ^ plus) | equal
        more, less = minus | ~(across | plus) & full, plus & across
        score += bool(more & top) - bool(less & top)
        more, less = (more << 1 | (not within)) & full, less << 1 & full
        plus, minus = less | ~(vertical | more) & full, more & vertical
        best = min(best, score)
    return min(best if within else score, most + 1)


def _is_name(entry: Entry) -> bool:
    return entry.kind == "name" or (entry.kind == "id" and entry.identity.startswith("name:"))


def _name_keys(entry: Entry) -> Iterator[_Key]:
    """Yield the forms of a name that stand for it: both parts, or a part that does alone."""
    for form in person.forms(entry.value):
        text = alike(form.text)
        if not form.text.isascii() or form.everyday or form.initials or not form.strong or len(text) > LONGEST:
            continue
        if form.parts > 1 and len(text) >= ONE_OFF:
            yield _Key(text, entry, True, 2 if len(text) >= TWO_OFF else 1, len(text) >= SURE)
        elif form.parts == 1 and len(text) > ONE_OFF:
            yield _Key(text, entry, True, 1, within=False)


def _code_keys(entry: Entry, more: int) -> Iterator[_Key]:
    """Yield a number, as it is and without leading zeros."""
    squashed = squash(entry.value)
    if entry.kind == "date" or not any(map(str.isdigit, squashed)):
        return
    for code in dict.fromkeys((squashed, squashed.lstrip("0"))):
        if ONE_OFF + more <= len(code) <= LONGEST and len(set(code)) > 2:
            yield _Key(alike(code), entry, True, 2 if len(code) >= TWO_OFF + more else 1, within=False)


def _pieces(key: _Key) -> Iterator[str]:
    """Yield a part of each piece of a key: where it is found with so many errors, one of the pieces is whole."""
    count = key.most + 1
    size = len(key.text) // count
    for index in range(count):
        yield key.text[index * size : index * size + min(size, PIECE)]


def _windows(tokens: list[tuple[int, int, str]], key: _Key) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, text) of the parts of a reading that a key may be."""
    if not tokens:
        return
    if key.within:
        yield tokens[0][0], tokens[-1][1], "".join(word for _, _, word in tokens)
        return
    for first in range(len(tokens)):
        window = ""
        for last in range(first, min(first + TOKENS, len(tokens))):
            window += tokens[last][2]
            if abs(len(window) - len(key.text)) <= key.most:
                yield tokens[first][0], tokens[last][1], window
