"""Whether a hit in squashed text stands in the text itself as an identifier does: boundaries, gaps, leading zeros.

Every rule is given the text, the first and the last index of the hit, and the index of each of its characters.
"""

# ruff: noqa: RUF001 - names are written in many ways

from __future__ import annotations

import itertools
import re

NUMBER_SEPARATORS = frozenset("-_./ :")
_DIGITS = frozenset("0123456789")
_LEADING_ZEROS = re.compile(r"(?<![0-9])(?:0+[-_./ :])*0*$")
LABELLED = re.compile(
    r"(?:id|mrn|pid|pat|patient|pt|subj|subject|acc|accession|no|nr|num|number|#)[ _:=#.\-]{0,3}0*$", re.IGNORECASE
)
_BEFORE_PEOPLE = re.compile(
    r"(?<![\w])(?:of|for|by|from|with|and|to|is|was|called|named|name|patient|pt|subject|participant|volunteer|mr|mrs|ms|"
    r"miss|mother|father|wife|husband|son|daughter|sister|brother|family|told|asked|saw|see|met|scanned|rescanned|repeated)"
    r"[.:]?[ \t]{1,2}$",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"(?![\w\-'’^])(?![ \t]{0,2}[\-–][ \t]{0,2}\w)(?![ \t]{1,2}[A-Z])")
"""What stands behind a name in a sentence: no other capitalised word, no hyphen."""
_INSIDE = frozenset("'’＇-‐－．. \u00ad\u200b\u200c\u200d\u2060\ufeff")
"""What may stand inside one part of a name, what nobody sees included."""
WIDEST = 5
"""Separators between the parts of a name."""


def _starts(text: str, first: int) -> bool:
    """Whether no letter goes on before a letter: a boundary, or a capital after a small letter."""
    if first == 0 or not text[first - 1].isalpha():
        return True
    return text[first].isupper() and not text[first - 1].isupper()


def _ends(text: str, last: int) -> bool:
    if last + 1 >= len(text) or not text[last + 1].isalpha():
        return True
    return text[last + 1].isupper() and not text[last].isupper()


def _gap(indexes: list[int]) -> int:
    return max((after - before for before, after in itertools.pairwise(indexes)), default=1) - 1


def token_fits(text: str, first: int, last: int, indexes: list[int]) -> bool:
    """One part of a name: at letter boundaries, in one piece but for an apostrophe or hyphen."""
    if not (_starts(text, first) and _ends(text, last)):
        return False
    if last - first + 1 == len(indexes):
        return True
    return _gap(indexes) <= 1 and all(
        character.isalpha() or character in "'’-‐－．. " for character in text[first:last]
    )


def joined_fits(text: str, first: int, last: int, indexes: list[int]) -> bool:
    """Both parts of a name: in any order of three separators and fewer; one boundary is enough for a long one."""
    if _gap(indexes) > WIDEST:
        return False
    starts, ends = _starts(text, first), _ends(text, last)
    return (starts and ends) or (len(indexes) >= 8 and (starts or ends))


def apart_fits(text: str, first: int, last: int, indexes: list[int]) -> bool:
    """Both parts of a name that is made of everyday words: at boundaries on both sides."""
    return _gap(indexes) <= WIDEST and _starts(text, first) and _ends(text, last)


def tight_fits(text: str, first: int, last: int, indexes: list[int]) -> bool:
    """Both parts of a very short name, run together: at boundaries, in one piece."""
    return last - first + 1 == len(indexes) and _starts(text, first) and _ends(text, last)


def initials_fit(text: str, first: int, last: int, indexes: list[int]) -> bool:
    """An initial and a part of a name: at boundaries on both sides, two separators between them at most."""
    if not (_starts(text, first) and _ends(text, last)):
        return False
    gaps = [at for at, (before, after) in enumerate(itertools.pairwise(indexes)) if after - before > 1]
    if not gaps:
        return True
    return _gap(indexes) <= 2 and (gaps[0] <= 2 or (len(gaps) <= 2 and gaps[-1] >= len(indexes) - 4))


def proper_fits(text: str, first: int, last: int, indexes: list[int]) -> bool:
    """A family name that is a word as well: with a capital among small words, behind one that people stand behind.

    >>> [proper_fits(text, 8, 12, [8, 9, 10, 11, 12]) for text in ("scan of White again", "T1w 3D, White matter")]
    [True, False]
    """
    if last - first + 1 != len(indexes) or not text[first].isupper() or not text[first + 1 : last + 1].islower():
        return False
    if text[last + 1 : last + 3] in {"'s", "’s"}:
        return first == 0 or not text[first - 1].isalnum()
    return (
        _BEFORE_PEOPLE.search(text[max(0, first - 16) : first]) is not None
        and _GOES_ON.match(text, last + 1) is not None
    )


def word_fits(text: str, first: int, last: int, indexes: list[int]) -> bool:
    """Letters that are no name: at boundaries."""
    return _starts(text, first) and _ends(text, last) and _gap(indexes) <= 2


def anywhere(text: str, first: int, last: int, indexes: list[int]) -> bool:
    """Writing without spaces: anywhere, in one piece or with small gaps."""
    return last >= first and _gap(indexes) <= 2 and bool(text)


def number_fits(text: str, first: int, last: int, indexes: list[int]) -> bool:
    """Digits: none beside them but leading zeros; separators between them only where the number ends with them."""
    zeros = _LEADING_ZEROS.search(text, max(0, first - 16), first)
    if zeros is None or (last + 1 < len(text) and text[last + 1].isdigit()):
        return False
    start = zeros.start()
    if last - first + 1 == len(indexes):
        return not (
            start > 0
            and text[start - 1] == "."
            and start > 1
            and text[start - 2].isdigit()
            and last + 1 < len(text)
            and text[last + 1] == "."
        )
    if _gap(indexes) > 1 or any(
        character not in NUMBER_SEPARATORS for character in text[first:last] if not character.isdigit()
    ):
        return False
    between = set(text[first:last]) - _DIGITS  # another separator ends the number: a folder, a time of day
    before = text[max(0, start - 2) : start]
    after = text[last + 1 : last + 3]
    return not (len(before) == 2 and before[0].isdigit() and before[1] in between) and not (
        len(after) == 2 and after[0] in between and after[1].isdigit()
    )


def short_number_fits(text: str, first: int, last: int, indexes: list[int]) -> bool:
    """Four or five digits: in one piece, alone, no part of a decimal, a list or a version; four need a label, too."""
    if last - first + 1 != len(indexes):
        return False
    start = first
    while start > 0 and text[start - 1] == "0":
        start -= 1
    before, after = text[max(0, start - 1) : start], text[last + 1 : last + 2]
    if before.isalnum() or before in {".", "\\", "-", "+"} or after.isalnum() or after in {".", "\\"}:
        return False
    if last - first + 1 > 4:
        return True
    return text.strip(" 0\0") == text[first : last + 1] or bool(LABELLED.search(text[max(0, start - 16) : start]))


def code_fits(text: str, first: int, last: int, indexes: list[int]) -> bool:
    """Letters and digits: not in the midst of a longer run of the same kind."""
    if _gap(indexes) > 1:
        return False
    before, after = text[first - 1 : first] if first else "", text[last + 1 : last + 2]
    starts = (not before.isdigit() or before == "0") if text[first].isdigit() else _starts(text, first)
    ends = not after.isdigit() if text[last].isdigit() else _ends(text, last)
    return starts and ends
