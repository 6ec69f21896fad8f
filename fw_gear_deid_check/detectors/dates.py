"""Dates in text: many forms, every one of them a day that exists.

`sightings` is what the recognizer and the search for known dates share: a stretch of text, the days it can mean (31.01.80
one, 03/07/2019 two), and how sure it is that it is a date at all.
"""

# ruff: noqa: E501, RUF001 - tables and patterns read better whole

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from fw_gear_deid_check.detectors import languages
from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.folding import fold
from fw_gear_deid_check.detectors.months import AMBIGUOUS, MONTHS, SPELLINGS, number
from fw_gear_deid_check.detectors.recognizer import Match

FIRST_YEAR, LAST_YEAR = 1880, 2099
FILLER = date(1900, 1, 1)
"""What profiles put in place of a birth date."""

I = re.IGNORECASE  # noqa: E741
RUN = expression(r"(?<!\d)(?<!\d\.)(\d{8,18})(?!\d)(?:\.(\d{1,6})(?!\d))?")
YMD = expression(r"(?<!\d)(?<!\d[-./_])(\d{4})([-/._ ])(\d{1,2})\2(\d{1,2})(?!\d)(?!\.\d)")
DMY = expression(r"(?<!\d)(?<!\d[-./_])(\d{1,2})([-/._])(\d{1,2})\2(\d{4}|\d{2})(?!\d)(?!\2\d{1,5}(?!\d))")
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
MONTH_YEAR = expression(r"(?<![^\W_])(" + SPELLINGS + r")[ \-_/,.]{1,2}(?:de )?((?:19|20)\d{2})(?!\d)", I)
YEAR_MONTH = expression(r"(?<![\w.\-/])((?:19|20)\d{2})-(0[1-9]|1[0-2])(?![\w\-]|\.\d)")
SIX = expression(r"(?<!\d)(?<!\d[.\-/])(\d{6})(?!\d)(?![.]\d)")
SHORT = expression(r"(?<!\d)(?<!\d[/.\-])(\d{1,2})[/.](\d{1,2})(?![\d/]|\.\d)")
YEAR = expression(r"(?<![\w.])((?:19|20)\d{2})(?![\w]|\.\d)")

BIRTH = languages.labelled(
    r"(?:(?<![^\W\d_])(?:d\.? ?o\.? ?b\.?|b-?day|birth[ _]?da(?:y|te)|birth|date[ _]of[ _]birth|born|geb(?:oren|urtsdatum|\.)?"
    r"|n[ée]e?(?=\W+le)|n[ée]e?|fecha de nac(?:imiento|\.)?|nacid[oa]|data di nascita|nat[oa]|geboortedatum|geboren|b\.)"
    r"|birth_?date|dob|(?<![^\W\d_])bd(?=[ ]?:)|(?<![^\W\d_])",
    languages.BIRTH,
    r")[\W_]{0,6}(?:(?:on|am|le|el|il|is|was|the|in|den|em|dnia)[\W_]{1,3})?$",
    I,
)
BIRTH_AFTER = expression(r"[\W_]{0,4}(?:\(?d\.?o\.?b\b|date of birth|birth ?date|birthday|生)", I)
DATED = expression(
    r"(?<![^\W\d_])(?:admit\w{0,4}|adm|discharged?|dc'?d?|surgery|operated|deceased|died|expired|death|lmp|appt|appointment"
    r"|biopsy|fracture|injury|onset|seen|scan(?:ned)?|exam(?:ined)?|study|date|acquired|prior|performed|dated)"
    r"[\W_]{1,3}(?:(?:on|date|of|from|is)[\W_]{1,3}){0,2}$",
    I,
)
LIFE = expression(
    r"(?<![^\W\d_])(?:admit\w{0,4}|adm(?:ission)?|discharged?|dc'?d?|surger(?:y|ies)|operated|operation|resection|resected"
    r"|biops(?:y|ied)|deceased|died|expired|death|lmp|fracture|injury|onset|implant(?:ed)?|implanted|placed|seizure|stroke"
    r"|diagnosed|dx|delivered|delivery)"
    r"[\W_]{1,3}(?:(?:on|date|of|from|is|was|placed)[\W_]{1,3}){0,2}$",
    I,
)
"""Words before a day of somebody's life, which no scanner writes: admission, surgery, death."""
FILLERS = frozenset({date(1970, 1, 1), date(1980, 1, 1)})
"""Where clocks of computers and of archives begin."""
SCANS_BEGIN = 2000
"""Days of earlier years in text that a person typed are days of birth more often than of a scan."""
SOFTWARE = expression(
    r"(?<![^\W\d_])(?:latest|build|built|version|ver|release|released|revision|rev|compiled|freesurfer|fsl|afni|ants|itk|vtk|gdcm|dcmtk|mriqc|fmriprep|matlab|python|pydicom|syngo|osirix|xnat|spm ?\d{0,2}|v ?\d{0,3}|gcc"
    r"|clang|slicer|copyright|\(c\)|r|patch|snapshot|nightly|standard|edition)[ _\-.:=(]{0,3}$",
    I,
)
WINDOW = 40
"""Characters before a date that can say what it is."""


SEPARATED = expression(r"\d[-/._ ]\d{1,2}[-/._ ]\d|[년年]")
MONTH = expression(
    r"(?:(?<![^\W\d_])|(?<=\d(?:st|nd|rd|th|er))|(?<=\dº))"
    rf"(?:{'|'.join(sorted({name[:3] for name in MONTHS} | {'mär', 'jän', 'fév', 'aoû', 'déc'}))})[^\W\d_]{{0,9}}"
)
"""What may be a month, in lower case."""
BEFORE_MONTH, AFTER_MONTH = 9, 6
"""Characters in which a digit stands beside a month: ``1st, of May``, ``May, de 1980``."""
BIRTH_HINT = expression(
    r"d\.? ?o\.? ?b|b-?d|birth|born|geb|n[ée]e?|nac|nas|nat|生|출|b\.|ddn|fdn|f[øo]d|född|ur|syn|nar|doğ|dog|рож|д\.? ?р|مي|생|ליד|γεν",
    I,
)


@dataclass(frozen=True, slots=True)
class Sighting:
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


def _years(text: str) -> tuple[int, ...]:
    text = text.lstrip("'")
    return (int(text),) if len(text) == 4 else (1900 + int(text), 2000 + int(text))


def _days(*parts: tuple[str, str, str]) -> tuple[date, ...]:
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


def _runs(text: str, *, loose: bool) -> Iterator[Sighting]:
    for hit in RUN.finditer(text):
        digits, fraction = hit.group(1), hit.group(2)
        days = _days((digits[:4], digits[4:6], digits[6:8]))
        rest = digits[8:]
        if fraction is not None and len(digits) != 14 and not (len(fraction) == 6 and _is_time(fraction)):
            continue
        if len(digits) == 8 and loose and not days:
            days = _days((digits[4:], digits[2:4], digits[:2]), (digits[4:], digits[:2], digits[2:4]))
            if days:
                yield Sighting(*hit.span(1), days, sure=False)
            continue
        if not days or (rest and (len(rest) < 4 or not _is_time(rest[:6]))):
            continue
        yield Sighting(*hit.span(1), days, sure=len(rest) in {0, 4, 6})


def _separated(text: str) -> Iterator[Sighting]:
    for hit in YMD.finditer(text):
        year, separator, month, of_month = hit.groups()
        days = _days((year, month, of_month))
        padded = len(month) == len(of_month) == 2
        if days and (padded or separator in "-/"):
            yield Sighting(*hit.span(), days, sure=separator != " ")
    for hit in DMY.finditer(text):
        first, separator, second, year = hit.groups()
        padded = len(first) == len(second) == 2
        readings = [(year, second, first), (year, first, second)]
        if len(year) == 2:
            if separator == "_" or not (padded or separator == "/" or (separator == "." and int(first) > 12)):
                continue
            if len(first) == 2:
                readings.append((first, second, year))
        elif separator == "_" and not padded:
            continue
        days = _days(*readings)
        if days:
            yield Sighting(*hit.span(), days, sure=len(year) == 4)
    for hit in SPACED_DMY.finditer(text):
        first, second, year = hit.groups()
        days = _days((year, second, first), (year, first, second))
        if days:
            yield Sighting(*hit.span(), days, sure=False)
    for hit in HAN.finditer(text):
        days = _days((hit[1], hit[2], hit[3]))
        if days:
            yield Sighting(*hit.span(), days, sure=True)
    for hit in ERA.finditer(text):
        days = _days((str(ERAS[hit[1]] + (1 if hit[2] == "元" else int(hit[2]))), hit[3], hit[4]))
        if days and ("年" in hit[0] or any(day.year < SCANS_BEGIN for day in days)):
            yield Sighting(*hit.span(), days, sure="年" in hit[0])


def _named(text: str) -> Iterator[Sighting]:
    for hit in DAY_MONTH.finditer(text):
        if hit[3]:
            days = _days((hit[3], str(number(hit[2])), hit[1]))
            if days:
                yield Sighting(*hit.span(), days, sure=len(hit[3]) == 4 or " " not in hit[0])
    for hit in MONTH_DAY.finditer(text):
        year = hit[3] or hit[4]
        if year:
            days = _days((year, str(number(hit[1])), hit[2]))
            if days:
                yield Sighting(*hit.span(), days, sure=True)
    for hit in JOINED_MONTH_DAY.finditer(text):
        days = _days((hit[3], str(number(hit[1])), hit[2]))
        if days:
            yield Sighting(*hit.span(), days, sure=True)
    for hit in YEAR_MONTH_DAY.finditer(text):
        days = _days((hit[1], str(number(hit[2])), hit[3]))
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


def _six(text: str) -> Iterator[Sighting]:
    for hit in SIX.finditer(text):
        a, b, c = hit[1][:2], hit[1][2:4], hit[1][4:]
        days = _days((a, b, c), (c, b, a), (c, a, b))
        if days:
            yield Sighting(*hit.span(), days, sure=False)


def sightings(text: str, *, loose: bool = False) -> Iterator[Sighting]:
    """Yield the whole days that stand in a text; ``loose`` adds bare six digits and eight digits with the year last.

    >>> [sighting.days for sighting in sightings("seen 31JAN1980")]
    [(datetime.date(1980, 1, 31),)]
    """
    yield from _runs(text, loose=loose)
    if SEPARATED.search(text):
        yield from _separated(text)
    if names_a_day(text):
        yield from _named(text)
    if loose:
        yield from _six(text)


class Dates:
    """The recognizer of dates: birth dates, dates, and parts of dates (month and year, day and month)."""

    name = "date"
    features = frozenset(MONTHS) | {
        "~date", "~birth", "dob", "born", "bday", "birth", "birthday", "birthdate", "geb", "geboren", "admit", "admitted",
        "discharge", "discharged", "surgery", "deceased", "died", "lmp", "study", "scan", "scanned", "exam", "date", "acquired",
    }  # fmt: skip

    def find(self, text: str) -> Iterator[Match]:
        """Yield the matches in a text of bounded length."""
        taken: list[tuple[int, int]] = []
        for sighting in sightings(text):
            taken.append((sighting.start, sighting.end))
            match = self._judge(text, sighting)
            if match is not None:
                yield match
        for start, end, needs_birth, needs_context in self._parts(text):
            if any(start < other_end and other_start < end for other_start, other_end in taken):
                continue
            before = text[max(0, start - WINDOW) : start]
            if BIRTH.search(before):
                yield Match("birth-date", "C", end - start >= 6, start, end)
            elif not needs_birth and (not needs_context or DATED.search(before)) and not SOFTWARE.search(before):
                yield Match("partial-date", "C", False, start, end)

    @staticmethod
    def _judge(text: str, sighting: Sighting) -> Match | None:
        start, end = sighting.start, sighting.end
        before = text[max(0, start - WINDOW) : start]
        if BIRTH.search(before) or BIRTH_AFTER.match(text, end):
            return Match("birth-date", "C", True, start, end)
        if SOFTWARE.search(before):
            return None
        old = sighting.sure and all(day.year < SCANS_BEGIN and day not in FILLERS for day in sighting.days)
        if old or LIFE.search(before):
            return Match("life-date", "C", True, start, end)
        return Match("date", "C", sighting.sure or bool(DATED.search(before)), start, end)

    @staticmethod
    def _parts(text: str) -> Iterator[tuple[int, int, bool, bool]]:
        """Yield (start, end, only after a word of birth, only after a word that goes with a date)."""
        if names_a_day(text):
            for hit in MONTH_YEAR.finditer(text):
                yield *hit.span(), False, False
            for pattern, month, of_month in ((MONTH_DAY, 1, 2), (DAY_MONTH, 2, 1)):
                for hit in pattern.finditer(text):
                    if 1 <= int(hit[of_month]) <= 31 and " " in hit[0]:
                        yield *hit.span(), False, fold(hit[month]) in AMBIGUOUS or len(hit[month]) < 4
        if "-" in text:
            for hit in YEAR_MONTH.finditer(text):
                yield *hit.span(), False, False
        if any(character.isalpha() for character in text):
            yield from Dates._beside_words(text)

    @staticmethod
    def _beside_words(text: str) -> Iterator[tuple[int, int, bool, bool]]:
        """Yield what is a date only beside a word that says so."""
        for hit in SIX.finditer(text):
            if next(_six(hit[0]), None):
                yield *hit.span(), False, True
        for hit in SHORT.finditer(text):
            if max(int(hit[1]), int(hit[2])) <= 31 and 1 <= min(int(hit[1]), int(hit[2])) <= 12:
                yield *hit.span(), False, True
        spans = [hit.span(1) for hit in RUN.finditer(text) if next(_runs(hit[1], loose=True), None)]
        spans += [hit.span() for hit in YEAR.finditer(text)]
        spans += [hit.span() for hit in DMY.finditer(text) if _days((hit[4], hit[3], hit[1]), (hit[4], hit[1], hit[3]))]
        if spans and BIRTH_HINT.search(text):
            for start, end in spans:
                yield start, end, True, False
