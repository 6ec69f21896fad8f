"""Patterns: the regular expressions and globs of a policy, bounded, because they meet hostile values.

An allow-list pattern is matched against the whole of a value of at most `LONGEST` characters. Repetitions inside
repetitions, alternatives inside repetitions, look-around and back-references are refused: what is left takes at most
``LONGEST ** REPETITIONS`` steps, and in practice a few.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

LONGEST = 64
"""Characters of a value that an allow-list can allow; a longer value never is."""
LONGEST_PATTERN = 256
REPETITIONS = 3
"""Open repetitions (``*``, ``+``, ``{2,}``) that one pattern may hold."""

_TOKEN = re.compile(
    r"\\(?P<escaped>.)"
    r"|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<group>\((?P<kind>\?(?:.|$))?)"
    r"|(?P<close>\))"
    r"|(?P<or>\|)"
    r"|(?P<repeat>[*+?]|\{[0-9]*,?[0-9]*\})[?+]?"
    r"|.",
    re.DOTALL,
)


def why_not(pattern: str) -> str | None:
    """Return why a pattern can't be used, None where it can.

    >>> why_not("sub-[0-9]{1,6}")
    >>> why_not("(a+)+")
    'repeats a group that holds a repetition or alternatives'
    """
    if len(pattern) > LONGEST_PATTERN:
        return f"is longer than {LONGEST_PATTERN} characters"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"is no regular expression: {error}"
    if re.fullmatch(pattern, "") is not None:
        return "matches nothing at all: an empty value needs no allow-list"
    return costly(pattern)


def costly(pattern: str, repetitions: int = REPETITIONS) -> str | None:
    """Return what in a valid pattern could take long on a hostile value; up to so many open repetitions don't."""
    groups: list[bool] = [False]  # for each open group: whether it holds a repetition or alternatives
    closed: bool | None = None  # of the group that ended just before
    open_ended = 0
    for token in _TOKEN.finditer(pattern):
        previous, closed = closed, None
        if (token["escaped"] or "").isdigit():
            return "refers back to a group"
        if token["kind"] and not pattern.startswith("(?:", token.start()):
            return "uses a (?…) other than (?:…)"
        if token["group"]:
            groups.append(False)
        elif token["close"]:
            closed = groups.pop()
            groups[-1] = groups[-1] or closed
        elif token["or"]:
            groups[-1] = True
        elif token["repeat"]:
            if previous and token["repeat"] != "?":
                return "repeats a group that holds a repetition or alternatives"
            groups[-1] = True
            open_ended += _is_open(token["repeat"])
    if open_ended > repetitions:
        return f"holds more than {repetitions} open repetitions"
    return None


def _is_open(repeat: str) -> bool:
    """Tell whether a repetition can match more than it must, by more than one.

    >>> [_is_open(repeat) for repeat in ("*", "?", "{3}", "{0,1}", "{2,}", "{1,6}")]
    [True, False, False, False, True, True]
    """
    if repeat in "*+":
        return True
    if repeat == "?" or "," not in repeat:
        return False
    least, _, most = repeat.strip("{}").partition(",")
    return not most or int(most) - int(least or 0) > 1


def allowed(patterns: Iterable[str]) -> re.Pattern[str]:
    """Compile the patterns of an allow-list as one; case doesn't matter."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)", re.IGNORECASE | re.DOTALL)


def glob(pattern: str) -> re.Pattern[str]:
    """Compile a glob: ``*`` is any text, also over ``/`` and ``.``, ``?`` one character, all else is itself.

    >>> bool(glob("*/T1*.dcm").match("anat/T1w/IM1.dcm"))
    True
    >>> bool(glob("A[0].B").match("A[0].B"))
    True
    """
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))
