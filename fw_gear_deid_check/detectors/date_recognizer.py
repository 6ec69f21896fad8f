"""The recognizer of dates: what a day in text is the day of, and parts of dates beside words that say so."""

# ruff: noqa: E501, RUF001 - tables and patterns read better whole

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from fw_gear_deid_check.detectors import languages
from fw_gear_deid_check.detectors.contacts import in_public_address
from fw_gear_deid_check.detectors.dates import (
    DAY_MONTH,
    DMY,
    MONTH_DAY,
    RUN,
    SCANS_BEGIN,
    SIX,
    Sighting,
    in_runs,
    in_six_digits,
    names_a_day,
    possible_days,
    sightings,
)
from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.folding import fold
from fw_gear_deid_check.detectors.months import AMBIGUOUS, MONTHS, SPELLINGS
from fw_gear_deid_check.detectors.recognizer import Match

I = re.IGNORECASE  # noqa: E741
MONTH_YEAR = expression(r"(?<![^\W_])(" + SPELLINGS + r")[ \-_/,.]{1,2}(?:de )?((?:19|20)\d{2})(?!\d)", I)
YEAR_MONTH = expression(r"(?<![\w.\-/])((?:19|20)\d{2})-(0[1-9]|1[0-2])(?![\w\-]|\.\d)")
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
SOFTWARE = expression(
    r"(?<![^\W\d_])(?:latest|build|built|version|ver|release|released|revision|rev|compiled|freesurfer|fsl|afni|ants|itk|vtk|gdcm|dcmtk|mriqc|fmriprep|matlab|python|pydicom|syngo|osirix|xnat|spm ?\d{0,2}|v ?\d{0,3}|gcc"
    r"|clang|slicer|copyright|\(c\)|r|patch|snapshot|nightly|standard|edition|seed|random_?state|(?:built|compiled|released) on|smp(?: preempt(?:_dynamic)?)?(?: [a-z]{3})?|(?:release|build|compile|version)[ _]?date)[ _\-.:=(]{0,3}$",
    I,
)
VERSION = expression(
    r"(?:(?<![\d.])(v?\d{1,4}\.\d{1,4}\.\d{1,6})(?:[.\-+]\w{1,16}){0,3}|(?<![^\W_])(?:v|(?:version|release|build)[ _]?)\d{1,4}(?:\.\d{1,6}){0,3}|\[v?\d{1,4}\.\d{1,6}"
    r"|,v \d{1,3}(?:\.\d{1,5}){1,5}|(?<![^\W_])core \d[\w.\-]{1,12} \d{1,4}\.\d{1,8})[)\]]?[,:;]?(?:[\-+_]|[ \t]{0,3}(?:[\-–—]{1,2}[ ])?[(\[]?(?:released?[ ]|build[ ]|default, |main, )?)$",
    I,
)
"""A version before its day, as in lists of changes: ``1.0.1 2019-05-04``, ``## [1.0] - 2019-05-04``, ``v2.3 (2019-05-04)``."""
VERSION_AFTER = expression(r"\]?[ \t]{0,3}(?:[,:;\-–—]{1,2}[ ]?)?[(\[]?(?:v|version[ ]|release[ ])\d{1,4}\.\d", I)
PROGRAMS_BEGIN = 1990
"""Lists of changes name no earlier day."""
WINDOW = 40
"""Characters before a date that can say what it is."""
BIRTH_HINT = expression(
    r"d\.? ?o\.? ?b|b-?d|birth|born|geb|n[ée]e?|nac|nas|nat|生|출|b\.|ddn|fdn|f[øo]d|född|ur|syn|nar|doğ|dog|рож|д\.? ?р|مي|생|ליד|γεν",
    I,
)


def _is_late(sighting: Sighting) -> bool:
    return all(day.year >= PROGRAMS_BEGIN for day in sighting.days)


def is_of_version(before: str) -> bool:
    """Tell whether what stands before a date is a version, and no date itself.

    >>> is_of_version("1.0.1 "), is_of_version("31.01.80 ")
    (True, False)
    """
    version = VERSION.search(before)
    return version is not None and next(sightings(version[1] or ""), None) is None


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
            elif (
                not needs_birth
                and (not needs_context or DATED.search(before))
                and not SOFTWARE.search(before)
                and not in_public_address(text, start)
            ):
                yield Match("partial-date", "C", False, start, end)

    @staticmethod
    def _judge(text: str, sighting: Sighting) -> Match | None:
        start, end = sighting.start, sighting.end
        before = text[max(0, start - WINDOW) : start]
        if BIRTH.search(before) or BIRTH_AFTER.match(text, end):
            return Match("birth-date", "C", True, start, end)
        if (
            SOFTWARE.search(before)
            or (_is_late(sighting) and (is_of_version(before) or VERSION_AFTER.match(text, end)))
            or in_public_address(text, start)
        ):
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
            if next(in_six_digits(hit[0]), None):
                yield *hit.span(), False, True
        for hit in SHORT.finditer(text):
            if max(int(hit[1]), int(hit[2])) <= 31 and 1 <= min(int(hit[1]), int(hit[2])) <= 12:
                yield *hit.span(), False, True
        spans = [hit.span(1) for hit in RUN.finditer(text) if next(in_runs(hit[1], loose=True), None)]
        spans += [hit.span() for hit in YEAR.finditer(text)]
        spans += [
            hit.span()
            for hit in DMY.finditer(text)
            if possible_days((hit[4], hit[3], hit[1]), (hit[4], hit[1], hit[3]))
        ]
        if spans and BIRTH_HINT.search(text):
            for start, end in spans:
                yield start, end, True, False
