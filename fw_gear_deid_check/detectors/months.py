"""Names of months in the languages that technologists write."""

# ruff: noqa: SIM905 - tables and patterns read better whole

from __future__ import annotations

from fw_gear_deid_check.detectors.folding import fold

_NAMES = """
january jan januar janner jaenner janvier janv enero ene gennaio gen janeiro januari
february feb februar fevrier fevr febrero febbraio fevereiro fev februari
march mar marz maerz mars marzo marco maart mrt mrz
april apr avril avr abril abr aprile
may mai mayo maggio maio mei mag
june jun juni juin junio giugno junho giu
july jul juli juillet juil julio luglio julho lug
august aug aout agosto ago augustus
september sep sept septembre septiembre settembre setembro set
october oct oktober okt octobre octubre ottobre outubro ott out
november nov novembre noviembre novembro
december dec dezember dez decembre diciembre dic dicembre dezembro december
"""

MONTHS: dict[str, int] = {
    name: number for number, line in enumerate(_NAMES.strip().splitlines(), start=1) for name in line.split()
}
"""Folded name or abbreviation to number, 1 to 12."""

AMBIGUOUS = frozenset("may mai mar mars marco march set out gen mag ago fev ene dic mei".split())
"""Months that are everyday words or abbreviations of other things: not enough with a day alone."""

SPELLINGS = "|".join(
    sorted(
        {*MONTHS, "märz", "jänner", "février", "août", "décembre", "março", "fév", "févr", "déc"},
        key=lambda name: (-len(name), name),
    )
)
"""Alternatives for a pattern, the longest first."""


def number(name: str) -> int:
    """Return the number of a month, 1 to 12.

    >>> number("Août"), number("SEPT")
    (8, 9)
    """
    return MONTHS[fold(name)]
