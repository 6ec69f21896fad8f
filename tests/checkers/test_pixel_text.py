"""What text in an image is worth, by its words alone."""

from __future__ import annotations

from datetime import date

import pytest

from fw_gear_deid_check.checkers.pixel_text import judged, technical, variants
from fw_gear_deid_check.policy import Policy

SITE = Policy.load("site")

TEXTS = [  # (text, level where the reading is sure, level where it isn't)
    ("DOB 01/02/1960", "FAIL", "REVIEW"),
    ("MRN 0482913", "FAIL", "REVIEW"),
    ("DOE^JANE", "FAIL", "REVIEW"),
    ("Ward 4 east", "REVIEW", "REVIEW"),
    ("48213901", "FAIL", "REVIEW"),
    ("5/25/2011", "FAIL", "REVIEW"),  # unless the header holds it
    ("ID: 1234567", "FAIL", "REVIEW"),
    ("1D1234567", "FAIL", "REVIEW"),
    ("10: 1234567", "REVIEW", "REVIEW"),
    ("123456", "REVIEW", "REVIEW"),
    ("GONZALEZAJANE", "FAIL", "REVIEW"),  # a caret, misread
    ("DOE~JANE", "FAIL", "REVIEW"),
    ("TREGASKIS, XIOMARA", "FAIL", "REVIEW"),  # two words that nobody knows
    ("OBLIQUE, ERECT", "REVIEW", "REVIEW"),
    ("LEFTKIDNEY", "REVIEW", "REVIEW"),
    ("FR 51Hz", "INFO", "INFO"),
    ("FR51Hz", "INFO", "INFO"),  # engines lose spaces
    ("DOB01/02/1960", "FAIL", "REVIEW"),
    ("MRN0482913", "FAIL", "REVIEW"),
    ("R LAT", "INFO", "INFO"),
    ("120 kV", "INFO", "INFO"),
    ("12345", "INFO", "INFO"),
    ("123456", "REVIEW", "REVIEW"),
    ("AP PORTABLE", "INFO", "INFO"),
    ("AP PORTABLE SMITH", "REVIEW", "REVIEW"),
]


@pytest.mark.parametrize(("text", "sure", "unsure"), TEXTS)
def test_levels(text, sure, unsure):
    assert judged([text], SITE, sure=True).level.value == sure
    assert judged([text], SITE, sure=False).level.value == unsure


def test_the_gravest_of_several_readings_counts():
    assert judged(["FR 51Hz", "MRN 0482913"], SITE, sure=True).level.value == "FAIL"
    assert judged(["MRN 0482913", "FR 51Hz"], SITE, sure=True).text == "0482913"
    assert judged(["FR 51Hz", "FR51Hz"], SITE, sure=True).level.value == "INFO"


def test_a_dummy_is_no_text():
    assert judged(["XXXX"], SITE, sure=True).level.value == "INFO"
    assert judged(["XXXA"], SITE, sure=True).level.value == "REVIEW"


def test_technical_is_only_what_is_explained_as_a_whole():
    assert technical("TR 2300 TE 2.9")
    assert not technical("TR 2300 TE 2.9 DOE")
    assert not technical("^^")


def test_letters_in_numbers_are_turned_back_into_digits():
    assert list(variants(["MRN O48Z9l3", "DOE"])) == ["MRN O48Z9l3", "MRN 0482913", "DOE"]


def test_a_date_that_the_header_keeps():
    for text, kept, level in (
        ("5/25/2011", date(2011, 5, 25), "REVIEW"),
        ("5/25/2011", date(2011, 5, 24), "FAIL"),
        ("DOB 5/25/1951", date(1951, 5, 25), "FAIL"),
    ):
        assert judged([text], SITE, sure=True, kept=frozenset({kept})).level.value == level
