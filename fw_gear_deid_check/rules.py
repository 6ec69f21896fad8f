"""Rule, Level and Verdict: what must not be there, how much it matters, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """What one finding does to the verdict: INFO < REVIEW < FAIL."""

    INFO = "INFO"
    REVIEW = "REVIEW"
    FAIL = "FAIL"

    @property
    def rank(self) -> int:
        """0 for INFO, 1 for REVIEW, 2 for FAIL."""
        return _RANKS_OF_LEVELS[self]


class Verdict(StrEnum):
    """Of a checker on an item, of an item, of a run: PASS < REVIEW < INCOMPLETE < FAIL."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    REVIEW = "REVIEW"
    INCOMPLETE = "INCOMPLETE"
    FAIL = "FAIL"

    @property
    def rank(self) -> int:
        """0 for PASS up to 3 for FAIL."""
        return _RANKS[self]

    @classmethod
    def worst(cls, verdicts: Iterable[Verdict]) -> Verdict:
        """Return the worst of the verdicts; of none, INCOMPLETE: nothing was checked.

        >>> Verdict.worst([Verdict.PASS, Verdict.INCOMPLETE, Verdict.REVIEW]).value
        'INCOMPLETE'
        >>> Verdict.worst([]).value
        'INCOMPLETE'
        """
        return max(verdicts, key=_RANKS.__getitem__, default=cls.INCOMPLETE)


_RANKS_OF_LEVELS = {level: rank for rank, level in enumerate(Level)}
_RANKS = {verdict: rank for rank, verdict in enumerate(Verdict)}
VERDICT_OF_LEVEL = {Level.INFO: Verdict.PASS, Level.REVIEW: Verdict.REVIEW, Level.FAIL: Verdict.FAIL}


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that must not be there, as data, declared once beside the checker that looks for it.

    Attributes
    ----------
    id
        Three letters and three digits, ``DCM001``; never given to another rule.
    slug
        The nature of what is found, ``direct-identifier``. Rules of several checkers share a slug, so that a policy
        can set the level of all of them in one line.
    summary
        One sentence: what the rule looks for.
    level
        The level in the ``site`` policy where neither the attribute nor the match says otherwise.
    source
        The clause it comes from: ``PS3.15 Table E.1-1``, ``45 CFR 164.514(b)(2)(i)(A)``.
    remedy
        One sentence: what the person has to do.
    category
        HIPAA Safe Harbor letter, A to R, where all findings of the rule share one.
    why
        One or two sentences: why it matters, and where it comes from in practice.
    bad, good
        An example that breaks the rule, and its nearest neighbour that doesn't. Invented values only.
    """

    id: str
    slug: str
    summary: str
    level: Level
    source: str
    remedy: str
    category: str | None = None
    why: str = ""
    bad: str = ""
    good: str = ""
