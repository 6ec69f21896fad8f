"""Dates: every form reads as the day it is, and a day that doesn't exist is no date."""

# ruff: noqa: E501 - tables

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fw_gear_deid_check.detectors.dates import sightings

FORMS = [
    "{:%Y%m%d}", "{:%Y-%m-%d}", "{:%Y/%m/%d}", "{:%Y_%m_%d}", "{:%Y.%m.%d}", "{:%d.%m.%Y}", "{:%d/%m/%Y}", "{:%m/%d/%Y}", "{:%d-%m-%Y}", "{:%d%b%Y}", "{:%d-%b-%Y}",
    "{:%d %B %Y}", "{:%B %d, %Y}", "{:%b %d %Y}", "{:%Y-%b-%d}", "{:%d.%m.%y}", "{:%m/%d/%y}", "{:%Y%m%d%H%M%S}", "{:%d. %B %Y}", "{:%b%d%Y}",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@given(day=st.dates(date(1901, 1, 1), date(2068, 12, 31)))
def test_every_day_in_every_form_is_read(form: str, day: date) -> None:
    assert any(day in sighting.days for sighting in sightings(f"x {form.format(day)} y"))


@pytest.mark.parametrize("form", ["{:%d%m%Y}", "{:%d%m%y}", "{:%m%d%y}", "{:%y%m%d}"])
@given(day=st.dates(date(1932, 1, 1), date(2031, 12, 31)))
def test_run_together_forms_are_read_where_a_date_is_looked_for(form: str, day: date) -> None:
    text = form.format(day)
    assert any(day in sighting.days for sighting in sightings(text, loose=True))
    assert not any(day in sighting.days and len(text) == 6 for sighting in sightings(text))


@pytest.mark.parametrize(
    "text",
    [
        "20230229",
        "2023-02-29",
        "31.04.2020",
        "00/00/0000",
        "13/13/2013",
        "19000101",
        "1850-01-01",
        "32 Jan 1980",
        "2022-13-01",
    ],
)
def test_days_that_do_not_exist_are_none(text: str) -> None:
    assert list(sightings(text, loose=True)) == []


def test_ambiguous_orders_give_both_days() -> None:
    (sighting,) = sightings("03/07/2019")
    assert set(sighting.days) == {date(2019, 7, 3), date(2019, 3, 7)}


@given(st.text(alphabet="0123456789-/.: _JanFebMär年月日T", max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    for sighting in sightings(text, loose=True):
        assert 0 <= sighting.start < sighting.end <= len(text)
        assert all(abs(day - date(1990, 1, 1)) < timedelta(days=365 * 115) for day in sighting.days)
