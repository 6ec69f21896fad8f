"""Dates in text: many forms, every one of them a day that exists.

`sightings` is what the recognizer and the search for known dates share: a stretch of text, the days it can mean (31.01.80
one, 03/07/2019 two), and how sure it is that it is a date at all.
"""

# ruff: noqa: E501 - tables and patterns read better whole

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.months import MONTHS, SPELLINGS, number

FIRST_YEAR, LAST_YEAR = 1880, 2099
FILLER = date(1900, 1, 1)
"""What profiles put in place of a birth date."""
SCANS_BEGIN = 2000
"""Days of earlier years in text that a person typed are days of birth more often than of a scan."""

I = re.IGNORECASE  # noqa: E741
RUN = expression(r"(?<!\d)(?<!\d\.)(\d{8,18})(?!\d)(?:\.(\d{1,6})(?!\d))?")
YMD = expression(r"(?<!\d)(?<!\d\.)(\d{4})([-/._ ])(\d{1,2})\2(\d{1,2})(?!\d)(?!\.\d)")
DMY = expression(r"(?<!\d)(?<!\d\.)(\d{1,2})([-/._])(\d{1,2})\2(\d{4}|\d{2})(?!\d)(?!\2\d{1,5}(?!\d))")
SPACED_DMY = expression(r"(?<!\d)(?<!\d[ .])(\d{2}) (\d{2}) ((?:19|20)\d{2})(?!\d)(?![ .]\d)")
HAN = expression(r"(?<!\d)(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
ERA = expression(
    r"(明治|大正|昭和|平成|令和|(?<![A-Za-z])[MTSHR])\s?(\d{1,2}|元)(?:\s?年\s?|[./])(\d{1,2})(?:\s?月\s?|[./])(\d{1,2})(?:\s?日|(?!\d))"
)
ERAS = {
    "明治": 1867,
    "M": 1867,
    "大正": 1911,
    "T": 1911,
    "昭和": 1925,
    "S": 1925,
    "平成": 1988,
    "H": 1988,
    "令和": 2018,
    "R": 2018,
}
"""The years of Japan's eras: what their first year is counted from."""
DAY_MONTH = expression(
    r"(?<![^\W_])(\d{1,2})(?:st|nd|rd|th|er|\.|º)?[ \-./_,]{0,3}(?:(?:de|of|di) )?(" + SPELLINGS + r")"
    r"(?:[.,]?[ \-./_,]{0,3}(?:(?:de|del|of) )?((?:19|20)\d{2}|'?\d{2}))?(?![^\W_])(?![:%]\d)",
    I,
)
MONTH_DAY = expression(
    r"(?<![^\W\d_])(" + SPELLINGS + r")\.?[ \-_/]{0,2}(\d{1,2})(?:st|nd|rd|th)?(?![^\W_])"
    r"(?:(?:,? ?|[\-_/])((?:19|20)\d{2}|'\d{2})(?!\d)|(?: \d\d:\d\d(?::\d\d)?(?: [A-Z]{3,4})? ((?:19|20)\d{2})(?!\d)))?",
    I,
)
JOINED_MONTH_DAY = expression(r"(?<![^\W\d_])(" + SPELLINGS + r")(\d{2})((?:19|20)\d{2})(?!\d)", I)
YEAR_MONTH_DAY = expression(
    r"(?<!\d)((?:19|20)\d{2})[ \-_/.]?(" + SPELLINGS + r")[ \-_/.]?(\d{1,2})(?!\d)(?![^\W_])", I
)
SIX = expression(r"(?<!\d)(?<!\d[.\-/])(\d{6})(?!\d)(?![.]\d)")
SEPARATED = expression(r"\d[-/._ ]\d{1,2}[-/._ ]\d|[년年]")
MONTH = expression(
    r"(?:(?<![^\W\d_])|(?<=\d(?:st|nd|rd|th|er))|(?<=\dº))"
    rf"(?:{'|'.join(sorted({name[:3] for name in MONTHS} | {'mär', 'jän', 'fév', 'aoû', 'déc'}))})[^\W\d_]{{0,9}}"
)
"""What may be a month, in lower case."""
BEFORE_MONTH, AFTER_MONTH = 9, 6
"""Characters in which a digit stands beside a month: ``1st, of May``, ``May, de 1980``."""


class Sighting(NamedTuple):
    """A stretch of text that can be read as one or more days; ``sure`` says that it is hardly anything else."""

    start: int
    end: int
    days: tuple[date, ...]
    sure: bool


def day(year: int, month: int, day_of_month: int) -> date | None:
    """Return the day if it exists, is not the filler 1900-01-01, and lies in a lifetime's reach."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        found = date(year, month, day_of_month)
    except ValueError:
        return None
    return None if found == FILLER else found


PLACEHOLDER = expression(r"\s*(\d{4})([-./]?)(\d{2})\2(\d{2})(?:[ T]?[0:.]{2,16})?\s*")
ANTIQUITY = 1300
"""Years before it are in use in no calendar that dates of birth are written in: Hijri years are from 1300 on."""


def is_placeholder(value: str) -> bool:
    """Tell whether a date of birth is one that a program writes where it has none, and nobody's.

    >>> [is_placeholder(value) for value in ("00010101", "1000-01-01", "99991231", "11111111", "19000102", "13590101")]
    [True, True, True, True, False, False]
    """
    hit = PLACEHOLDER.fullmatch(value)
    if hit is None:
        return False
    digits = hit[1] + hit[3] + hit[4]
    if len(set(digits)) == 1:
        return True
    return digits[4:] in {"0101", "1231"} and (int(hit[1]) < ANTIQUITY or hit[1] == "9999")


def _years(text: str) -> tuple[int, ...]:
    text = text.lstrip("'")
    return (int(text),) if len(text) == 4 else (1900 + int(text), 2000 + int(text))


def possible_days(*parts: tuple[str, str, str]) -> tuple[date, ...]:
    """Return the days that exist among (year, month, day) readings, each once."""
    readings = (
        day(year, int(month), int(day_of_month)) for years, month, day_of_month in parts for year in _years(years)
    )
    return tuple(dict.fromkeys(found for found in readings if found is not None))


def _is_time(digits: str) -> bool:
    """Whether two to six digits are HH, HHMM or HHMMSS."""
    return all(
        int(digits[at : at + 2]) < limit for at, limit in zip(range(0, len(digits), 2), (24, 60, 61), strict=False)
    )


def in_runs(text: str, *, loose: bool) -> Iterator[Sighting]:
    """Yield the days that begin a run of digits: ``20210304``, ``20210304101112``."""
    for hit in RUN.finditer(text):
        digits, fraction = hit.group(1), hit.group(2)
        days = possible_days((digits[:4], digits[4:6], digits[6:8]))
        rest = digits[8:]
        if fraction is not None and len(digits) != 14 and not (len(fraction) == 6 and _is_time(fraction)):
            continue
        if len(digits) == 8 and loose and not days:
            days = possible_days((digits[4:], digits[2:4], digits[:2]), (digits[4:], digits[:2], digits[2:4]))
            if days:
                yield Sighting(*hit.span(1), days, sure=False)
            continue
        if not days or (rest and (len(rest) < 4 or not _is_time(rest[:6]))):
            continue
        yield Sighting(*hit.span(1), days, sure=len(rest) in {0, 4, 6})


def _goes_before(text: str, start: int, separator: str) -> bool:
    """Tell whether a number goes before the date with the date's own separator; a folder's or a run's ends before."""
    return start > 1 and text[start - 1] == separator and text[start - 2].isdigit()


def _separated(text: str) -> Iterator[Sighting]:
    for hit in YMD.finditer(text):
        year, separator, month, of_month = hit.groups()
        if _goes_before(text, hit.start(), separator):
            continue
        days = possible_days((year, month, of_month))
        padded = len(month) == len(of_month) == 2
        if days and (padded or separator in "-/"):
            yield Sighting(*hit.span(), days, sure=separator != " ")
    for hit in DMY.finditer(text):
        first, separator, second, year = hit.groups()
        if _goes_before(text, hit.start(), separator):
            continue
        padded = len(first) == len(second) == 2
        readings = [(year, second, first), (year, first, second)]
        if len(year) == 2:
            if separator == "_" or not (padded or separator == "/" or (separator == "." and int(first) > 12)):
                continue
            if len(first) == 2:
                readings.append((first, second, year))
        elif separator == "_" and not padded:
            continue
        days = possible_days(*readings)
        if days:
            yield Sighting(*hit.span(), days, sure=len(year) == 4)
    for hit in SPACED_DMY.finditer(text):
        first, second, year = hit.groups()
        days = possible_days((year, second, first), (year, first, second))
        if days:
            yield Sighting(*hit.span(), days, sure=False)
    for hit in HAN.finditer(text):
        days = possible_days((hit[1], hit[2], hit[3]))
        if days:
            yield Sighting(*hit.span(), days, sure=True)
    for hit in ERA.finditer(text):
        days = possible_days((str(ERAS[hit[1]] + (1 if hit[2] == "元" else int(hit[2]))), hit[3], hit[4]))
        if days and ("年" in hit[0] or any(day.year < SCANS_BEGIN for day in days)):
            yield Sighting(*hit.span(), days, sure="年" in hit[0])


def _named(text: str) -> Iterator[Sighting]:
    for hit in DAY_MONTH.finditer(text):
        if hit[3]:
            days = possible_days((hit[3], str(number(hit[2])), hit[1]))
            if days:
                yield Sighting(*hit.span(), days, sure=len(hit[3]) == 4 or " " not in hit[0])
    for hit in MONTH_DAY.finditer(text):
        year = hit[3] or hit[4]
        if year:
            days = possible_days((year, str(number(hit[1])), hit[2]))
            if days:
                yield Sighting(*hit.span(), days, sure=True)
    for hit in JOINED_MONTH_DAY.finditer(text):
        days = possible_days((hit[3], str(number(hit[1])), hit[2]))
        if days:
            yield Sighting(*hit.span(), days, sure=True)
    for hit in YEAR_MONTH_DAY.finditer(text):
        days = possible_days((hit[1], str(number(hit[2])), hit[3]))
        if days:
            yield Sighting(*hit.span(), days, sure=True)


@lru_cache(maxsize=8)  # asked twice of each text
def names_a_day(text: str) -> bool:
    """Tell whether a digit stands beside what may be a month."""
    lower = text.lower()
    for hit in MONTH.finditer(lower):
        start, end = hit.span()
        around = lower[max(0, start - BEFORE_MONTH) : start] + lower[end : end + AFTER_MONTH]
        if any(map(str.isdigit, around)):
            return True
    return False


def in_six_digits(text: str) -> Iterator[Sighting]:
    """Yield the days that six digits alone can be."""
    for hit in SIX.finditer(text):
        a, b, c = hit[1][:2], hit[1][2:4], hit[1][4:]
        days = possible_days((a, b, c), (c, b, a), (c, a, b))
        if days:
            yield Sighting(*hit.span(), days, sure=False)


def sightings(text: str, *, loose: bool = False) -> Iterator[Sighting]:
    """Yield the whole days that stand in a text; ``loose`` adds bare six digits and eight digits with the year last.

    >>> [sighting.days for sighting in sightings("seen 31JAN1980")]
    [(datetime.date(1980, 1, 31),)]
    """
    yield from in_runs(text, loose=loose)
    if SEPARATED.search(text):
        yield from _separated(text)
    if names_a_day(text):
        yield from _named(text)
    if loose:
        yield from in_six_digits(text)
