"""Expressions: compiled when they are first used, and then what `re` makes of them."""

import re

import pytest

from fw_gear_deid_check.checkers import document, face
from fw_gear_deid_check.detectors import (
    contacts,
    dates,
    name_labels,
    name_words,
    names,
    numbers,
    places,
    recognizers,
    traits,
)
from fw_gear_deid_check.detectors.expressions import expression

MODULES = (contacts, dates, document, face, name_labels, name_words, names, numbers, places, recognizers, traits)


def test_nothing_is_compiled_before_it_is_used():
    broken = expression("(")
    with pytest.raises(re.error):
        broken.search("")


def test_flags_count():
    assert expression("a", re.IGNORECASE).fullmatch("A")
    assert not expression("a").fullmatch("A")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_expression_of_the_package_compiles(module):
    made = [value for value in vars(module).values() if type(value).__name__ == "_Expression"]
    assert made
    for each in made:
        assert re.compile(each.pattern, each.flags)
