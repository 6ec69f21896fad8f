"""Labels and values that stand apart on a screen, by their places alone."""

from __future__ import annotations

import pytest

from fw_gear_deid_check.checkers.pixel_findings import labels
from fw_gear_deid_check.checkers.pixel_series import Text
from fw_gear_deid_check.detectors.burned_in import Block

VALUE = (100, 200, 14, 90)


def text(words: str, box: tuple[int, int, int, int]) -> Text:
    return Text(Block((words,), 0.9, box), (), 1)


@pytest.mark.parametrize(
    ("words", "box", "is_label"),
    [
        ("Name:", (100, 120, 14, 40), True),
        ("Name:", (104, 120, 14, 40), True),
        ("Name:", (116, 120, 14, 40), False),  # the line below
        ("Name:", (100, 300, 14, 40), False),  # right of it
        ("Name:", (100, 0, 14, 20), False),  # far away
        ("Gain 51 dB", (100, 120, 14, 60), False),  # a text of its own
        ("This is a line of text and no label", (100, 20, 14, 160), False),
    ],
)
def test_a_label_stands_left_on_the_same_line(words, box, is_label):
    value, other = text("TREGASKIS OTTILIE", VALUE), text(words, box)
    assert labels(value, [value, other]) == ((words,) if is_label else ())


def test_the_nearest_of_two():
    value = text("1234567", VALUE)
    far, near = text("Study", (100, 60, 14, 40)), text("MRN", (100, 150, 14, 30))
    assert labels(value, [far, value, near]) == ("MRN",)
    assert not labels(near, [value, near])
