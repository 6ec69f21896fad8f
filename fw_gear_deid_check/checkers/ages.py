"""Ages: a number and its unit, as DICOM, tables and people write them."""

from __future__ import annotations

import re

from fw_gear_deid_check.detectors.folding import fold

AGES = frozenset({"PatientAge"})
_YEARS_IN = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
_AGE = re.compile(r"(\+?[0-9]{1,8}(?:[.,][0-9]{1,16})?(?:E\+?[0-9]{1,2})?)[ _-]{0,2}([A-Z/]{0,8})\.?(?:[ _-]{1,2}OLD)?")
_LONGEST_AGE = 40
_WORDS_OF_UNITS = {
    "Y": "YEAR YEARS YR YRS YO Y/O ANS AN ANNEES JAHR JAHRE J ANOS ANNI ANNO JAAR",
    "M": "MONTH MONTHS MO MOIS MONAT MONATE MESES MES MESI MAAND MAANDEN",
    "W": "WEEK WEEKS WK WKS WOCHE WOCHEN SEMAINES SEMANAS WEKEN",
    "D": "DAY DAYS TAG TAGE JOURS DIAS GIORNI DAGEN",
}
_UNIT_OF = {word: unit for unit, words in _WORDS_OF_UNITS.items() for word in words.split()}


def is_over_89(value: str) -> bool:
    """Tell whether an age is over 89 years: AS (PS3.5 6.2), a plain number of years, or a number and a word.

    >>> [is_over_89(age) for age in ("089Y", "090Y", "1100M", "91", "066Y", "n/a")]
    [False, True, True, True, False, False]
    >>> [is_over_89(age) for age in ("94 years", "94 Jahre", "94 ans", "94 months", "49 yrs", "94 slices")]
    [True, True, True, False, False, False]
    """
    value = value.strip()
    age = _AGE.fullmatch(fold(value).upper()) if len(value) <= _LONGEST_AGE else None
    if age is None:
        return False
    unit = _UNIT_OF.get(age[2], age[2] or "Y")
    return unit in _YEARS_IN and 90 <= float(age[1].replace(",", ".")) * _YEARS_IN[unit] < 1000
