"""Vocabulary: the language of imaging, and names."""

# ruff: noqa: RUF001 - tables

from __future__ import annotations

from importlib.metadata import version

import pytest

from fw_gear_deid_check.detectors import vocabulary
from fw_gear_deid_check.detectors.folding import fold, squash, squash_with_offsets
from tests.detectors import make_vocabulary


def test_the_dictionary_words_are_those_of_pydicom() -> None:
    if version("pydicom") != "3.0.2":
        pytest.skip("made from pydicom 3.0.2")
    assert make_vocabulary.TARGET.read_text(encoding="ascii").split() == make_vocabulary.words()


@pytest.mark.parametrize(
    "word",
    [
        "Dixon",
        "Hahn",
        "Siegert",
        "Gibbs",
        "Prisma",
        "Skyra",
        "Allegra",
        "Vida",
        "Sylvian",
        "Broca",
        "Talairach",
        "HEAD",
        "Brain",
        "MPRAGE",
        "T1-Head",
        "FTDC",
    ],
)
def test_imaging_words(word: str) -> None:
    assert vocabulary.is_word(word)


@pytest.mark.parametrize("word", ["Holloway", "Okafor", "Nguyen", "Priscilla", "Jane", "Doe", "Takeda"])
def test_names_are_no_imaging_words(word: str) -> None:
    assert not vocabulary.is_word(word)


@pytest.mark.parametrize("name", ["first_names.txt", "last_names.txt", "imaging_words.txt", "dictionary_words.txt"])
def test_the_lists_are_folded(name: str) -> None:
    assert all(fold(word) == word for word in vocabulary._read(name))


@pytest.mark.parametrize(
    "text", ["O'Brien", "Weiß", "ŁUKASZ Ødegård", "Ayşe Yılmaz", "ＤＯＥ", "e\u0301", "山田太郎", "홍길동", "Ⅷ", "ﬁ"]
)
def test_squashing_knows_its_way_back(text: str) -> None:
    squashed, offsets = squash_with_offsets(text)
    assert squashed == squash(text)
    assert len(offsets) == len(squashed)
    assert offsets == sorted(offsets)
    assert all(0 <= offset < len(text) for offset in offsets)
