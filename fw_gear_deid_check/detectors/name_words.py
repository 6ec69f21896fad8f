"""The words of a name: how one is written, and whether some words may be a name at all."""

# ruff: noqa: E501, RUF001, SIM905 - patterns read better whole

from __future__ import annotations

import itertools
import re

from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.folding import fold
from fw_gear_deid_check.detectors.vocabulary import (
    PARTICLES,
    TITLES,
    is_dummy,
    is_everyday,
    is_first,
    is_last,
    is_name,
    is_pair,
    is_word,
)

L = r"[^\W\d_]"
START = r"(?<![^\W_])"
END = r"(?![^\W_])"
WORD = rf"{L}(?:{L}|['’.\-](?={L})){{0,30}}"
"""A word of a name: letters, with apostrophes, hyphens and dots inside."""
CAPITAL = rf"(?=[^\W\d_a-z]){WORD}"
I = re.IGNORECASE  # noqa: E741
PARTICLE = (
    r"(?:(?:[Vv]an|[Vv]on|[Dd]e|[Oo]p|VAN|VON|DE)(?:[ ](?:der|den|dem|de|het|'t|la|las|los|DER|DEN|DE|LA))?[ ]"
    r"|(?:[Dd]el|[Dd]ella|[Dd]i|[Dd]a|[Dd]os|[Dd]as|[Dd]u|[Ll]a|[Ll]e|[Tt]er|[Tt]en|zu|zum|af|av|al|el|bin|ibn|DEL|DA|DOS|DI|DU)[ ]){0,2}"
)
"""What a family name may begin with, in small letters: ``van den Berg``."""
NAME_WORD = expression(rf"{L}+(?:['’\-]{L}+)*")


COUNTRIES = frozenset(
    "argentina australia austria belgium brazil canada chile china colombia croatia cuba czechia denmark egypt england estonia finland "
    "france germany ghana greece hungary iceland india indonesia iran iraq ireland israel italy japan jordan kenya korea kuwait latvia "
    "lebanon lithuania luxembourg malaysia mexico morocco nepal netherlands nigeria norway pakistan peru philippines poland portugal "
    "qatar romania russia scotland serbia singapore slovakia slovenia spain sweden switzerland taiwan thailand tunisia turkey ukraine "
    "uruguay venezuela vietnam wales california texas florida ohio michigan illinois minnesota massachusetts pennsylvania maryland "
    "oregon colorado wisconsin missouri tennessee alabama connecticut arizona utah bavaria ontario quebec deutschland osterreich "
    "schweiz espana italia suisse nederland danmark norge sverige suomi polska".split()
)
"""What stands behind a city: ``Heidelberg, Germany``; folded."""
MOSTLY_OTHER = frozenset(
    "victoria charlotte florence elizabeth madison austin jordan santiago regina sofia logan chester catalina brittany "
    "hudson adam julia oscar max".split()
)
"""Given names that are as often those of places or programs; behind them a strange word is no family name."""


def tokens_of(text: str) -> list[str]:
    """Return the words of a name without titles, particles and initials."""
    found = NAME_WORD.findall(text)
    return [word for word in found if (len(word) > 1 or not word.isascii()) and fold(word) not in TITLES | PARTICLES]


def _is_capitalised(token: str) -> bool:
    return token[0].isupper() and len(token) > 2 and any(map(str.islower, token))


def doubt(text: str) -> bool | None:
    """Judge words in a place where a name may stand: True strong, False weak, None no name.

    Any word that names a test object, or nothing but words of imaging, is no name; words of imaging beside others leave
    a doubt, unless one of the others is a common name.
    """
    tokens = tokens_of(text)
    if not tokens or any(map(is_dummy, tokens)):
        return None
    others = [token for token in tokens if not is_word(token)]
    if len(others) == len(tokens) or any(map(is_name, others)):
        return True
    if any(is_pair(one, two) or is_pair(two, one) for one, two in itertools.pairwise(tokens)):
        return True
    if (
        len(tokens) == 2 and len(others) == 1 and all(map(_is_capitalised, tokens))
    ):  # Solvej Rasmussen, of whom one is an eponym
        known = tokens[tokens[0] == others[0]]
        if (is_last(known) or is_first(known)) and not is_everyday(known):
            return True
    if len(tokens) == 1 and is_last(tokens[0]) and not is_everyday(tokens[0]):
        return False
    return False if others else None
