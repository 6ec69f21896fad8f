"""Folding and squashing: text without case, diacritics and separators, with the way back to where it stood.

Letters that Unicode doesn't decompose (ø, ł, ß) become their Latin neighbours. Hangul and Han stay whole.
"""

# ruff: noqa: RUF001 - names are written in many ways

from __future__ import annotations

import unicodedata
from functools import lru_cache

PLAIN = {
    "ß": "ss", "ẞ": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "æ": "ae", "Æ": "ae", "œ": "oe",
    "Œ": "oe", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ı": "i", "İ": "i", "ħ": "h", "Ħ": "h",
}  # fmt: skip


@lru_cache(maxsize=4096)
def fold_character(character: str) -> str:
    """Return one character folded: none, one or a few characters.

    >>> [fold_character(c) for c in "Äß洪ｄ"]
    ['a', 'ss', '洪', 'd']
    """
    plain = PLAIN.get(character)
    if plain is not None:
        return plain
    if (
        "\u1100" <= character <= "\uffff"
        and not "\uff00" <= character <= "\uffef"
        and character.isalpha()
        and not "\u1e00" <= character <= "\u1fff"
    ):
        return character
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(part for part in decomposed if not unicodedata.combining(part)).casefold()


def fold(text: str) -> str:
    """Return the text without case and diacritics.

    >>> fold("Jürgen MÜLLER"), fold("Søren Łuczak")
    ('jurgen muller', 'soren luczak')
    """
    if text.isascii():
        return text.lower()
    return "".join(map(fold_character, text))


def squash(text: str) -> str:
    """Return letters and digits only, folded.

    >>> squash("O'Brien, Kathleen (1962-04-17)")
    'obrienkathleen19620417'
    """
    return "".join(filter(str.isalnum, fold(text)))


def squash_with_offsets(text: str) -> tuple[str, list[int]]:
    """Return the squashed text and, for each of its characters, the index in ``text`` that it comes from."""
    characters: list[str] = []
    offsets: list[int] = []
    for index, character in enumerate(text):
        for folded in fold_character(character):
            if folded.isalnum():
                characters.append(folded)
                offsets.append(index)
    return "".join(characters), offsets


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """Return the folded text and, for each of its characters, the index in ``text`` that it comes from."""
    characters: list[str] = []
    offsets: list[int] = []
    for index, character in enumerate(text):
        for folded in fold_character(character):
            characters.append(folded)
            offsets.append(index)
    return "".join(characters), offsets
