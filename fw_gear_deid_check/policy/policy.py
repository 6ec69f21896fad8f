"""Policy: which rules apply, at which level, with which exceptions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.policy import patterns, reading, table
from fw_gear_deid_check.policy.demand import NATURES, Demand, Safe
from fw_gear_deid_check.policy.demands import Demands
from fw_gear_deid_check.policy.settings import CLASSES, Settings
from fw_gear_deid_check.rules import Level, Rule

MOST_CLAIMS = 32
"""Sets of claims whose policies are kept; data could hold a thousand."""

STAFF = "staff-name"
"""The recognizer of names of staff, and the nature of attributes that hold them."""

_CLASS_OF_RECOGNIZER = {
    "birth-date": "birth",
    "age-over-89": "birth",
    "life-date": "life",
    "institution": "institution",
}
"""What a recognizer tells better than the letter: a birth is a direct identifier, an institution is no address."""

_NOTHING = " \0\t\r\n^=\\"
"""Padding, and what separates the parts of a name and the values of an element."""
_PARTS = re.compile(r"[\^=\\\s]+")

_CLASS_OF = {letter: name for name, letters in CLASSES.items() for letter in letters}
_OPTIONS_OF_CLASS = {
    "date": ("full-dates", "modified-dates"),
    "device": ("device",),
    "institution": ("institution",),
    "other": ("uids",),
}


class Policy:
    """What a run holds the data to. Immutable; equal policies have one digest, and hash by it.

    Attributes
    ----------
    name, sha256, standard
        Its name; the digest of all that it says; the edition of Table E.1-1.
    limits
        Limits of the run.
    """

    name: str
    sha256: str
    standard: str
    limits: Limits

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.name = settings.name
        self.sha256 = settings.sha256()
        self.standard = table.EDITION
        self.limits = settings.limits
        self._values = frozenset(value.strip(_NOTHING).casefold() for value in settings.values)
        self._allowed = patterns.allowed(settings.patterns)
        self._suppress = [(entry, _glob(entry.path), _glob(entry.pointer)) for entry in settings.suppress]
        self._out_of_scope = [(entry, _glob(entry.path)) for entry in settings.out_of_scope]
        self._demands = Demands(settings)
        self._is_dummy = lru_cache(maxsize=4096)(self._stands_for_nothing)  # each value is asked about several times
        self._claimed: dict[frozenset[str], Policy] = {}

    @classmethod
    def load(cls, source: str | Path, rules: Iterable[Rule] | None = None) -> Policy:
        """Return the policy of that name, or of that YAML file.

        Parameters
        ----------
        rules
            The rules there are; ids and slugs that aren't among them are mistakes. Not looked at where None.

        Raises
        ------
        errors.PolicyError
            With every mistake, one line each.
        """
        return cls(reading.load(source, rules))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and (self.sha256, self.name) == (other.sha256, other.name)

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __reduce__(self) -> tuple[type[Policy], tuple[Settings]]:
        return Policy, (self.settings,)

    def resolved(self) -> dict[str, Any]:
        """Return the whole policy as plain values: as YAML, a policy file with the same digest."""
        return self.settings.plain()

    # -- attributes

    def attribute(self, tag: int, vr: str | None = None) -> Demand | None:
        """Return what is asked of a public element, None where nothing is.

        Parameters
        ----------
        tag
            ``0x00100010``; elements of repeating groups by their own number, ``0x60023000``.
        vr
            Its VR, where known: names, dates, UIDs and URLs are judged in elements that no table holds, too.
        """
        return self._demands.attribute(tag, vr)

    def keyword(self, keyword: str) -> Demand | None:
        """Return what is asked of an attribute by DICOM keyword, in any case and spelling ("Patient's Name")."""
        return self._demands.keyword(keyword)

    def private(self, group: int, creator: str, element: int) -> Demand | Safe | None:
        """Return what is asked of a private element; None: nothing is known of it, so its text has to be read.

        Parameters
        ----------
        element
            The low byte of the element number: the block it stands in doesn't matter.
        """
        return self._demands.private(group, creator, element)

    # -- values

    def is_dummy(self, value: str) -> bool:
        """Tell whether a value stands for no value: empty, ``^^^``, NUL, or allowed by the policy.

        A name is a dummy when all of its components are, and so is one letter over and over (``AAAA^BBBB``); a value
        longer than `patterns.LONGEST` never is.
        """
        value = value.strip(_NOTHING)
        return len(value) <= patterns.LONGEST and self._is_dummy(value)

    def _stands_for_nothing(self, value: str) -> bool:
        folded = value.casefold()
        if folded in self._values or self._allowed.fullmatch(folded) is not None:
            return True
        parts = set(_PARTS.split(folded)).difference(self._values, ("",))
        return all(map(_is_one_letter, parts))

    # -- levels

    def level(self, rule: Rule, default: Level | None = None) -> Level | None:
        """Return the level of a finding of a rule, None where the policy switches the rule off.

        Parameters
        ----------
        default
            The level that the attribute or the match has been given; the rule's own where None. A level that the
            policy sets for the rule moves it in one direction only: lowering a rule raises none of its findings.
        """
        levels = self.settings.levels
        judged = default if default is not None else rule.level
        if rule.id in levels:
            key = rule.id
        elif rule.slug in levels and (rule.slug not in NATURES or default is None):
            key = rule.slug
        else:
            return judged
        level = levels[key]
        if level is None or level.rank == rule.level.rank or default is None:
            return level
        choose = min if level.rank < rule.level.rank else max
        return choose(judged, level, key=lambda one: one.rank)

    def text_level(self, category: str, strong: bool, place: str, recognizer: str = "") -> Level:
        """Return the level of a match in text.

        Parameters
        ----------
        category
            HIPAA Safe Harbor letter.
        place
            ``free`` text that people type, ``private`` elements and vendor headers, ``name`` of a file, folder or
            label, ``structured`` fields that a machine writes.
        recognizer
            Its name; ``birth-date`` and ``age-over-89`` are direct identifiers, ``institution`` isn't, and
            ``staff-name`` is never above the level of attributes that hold such names.
        """
        kind = _CLASS_OF_RECOGNIZER.get(recognizer) or _CLASS_OF.get(category, "direct")
        if any(option in self.settings.retain for option in _OPTIONS_OF_CLASS.get(kind, ())):
            return Level.REVIEW if place == "free" else Level.INFO
        levels = self.settings.text.get((place, kind), (Level.FAIL, Level.REVIEW))
        level = levels[0] if strong else levels[1]
        if recognizer == STAFF:
            most = self.settings.levels.get(STAFF, Level.FAIL) or Level.INFO
            return min(level, most, key=lambda one: one.rank)
        return level

    # -- exceptions

    @property
    def suppresses(self) -> bool:
        """Whether there are findings that don't count."""
        return bool(self._suppress)

    def suppression(self, rule: Rule, path: str, pointer: str) -> str | None:
        """Return the reason why a finding doesn't count, None where it does."""
        for entry, paths, pointers in self._suppress:
            if entry.rule in {rule.id, rule.slug} and _matches(paths, path) and _matches(pointers, pointer):
                return entry.reason
        return None

    def out_of_scope(self, path: str, kind: str | None) -> str | None:
        """Return the reason why content isn't checked, None where it is."""
        for entry, paths in self._out_of_scope:
            if (entry.kind is None or entry.kind == kind) and _matches(paths, path):
                return entry.reason
        return None

    def for_claims(self, codes: frozenset[str]) -> Policy:
        """Return the policy with the options that codes of CID 7050 claim; itself where it doesn't go by claims."""
        if not self.settings.claims:
            return self
        known = frozenset(option for option, code in table.OPTIONS.items() if code in codes)
        if known not in self._claimed:
            settings = self.settings
            if len(self._claimed) >= MOST_CLAIMS:
                self._claimed.clear()
            self._claimed[known] = Policy(
                replace(
                    settings,
                    retain=settings.retain | (known & table.RETAIN.keys()),
                    clean=settings.clean | (known & table.CLEAN.keys()),
                    claims=False,
                )
            )
        return self._claimed[known]


def _is_one_letter(part: str) -> bool:
    """Tell whether a part of a value is one character over and over, as nobody's name is; of digits, zeros only.

    >>> [_is_one_letter(part) for part in ("xx", "aaaa", "aa", "111", "000")]
    [True, True, False, False, True]
    """
    one = part[0]
    return len(set(part)) == 1 and one.isascii() and (one == "0" or not one.isdigit()) and len(part) >= 3 - (one == "x")


def _glob(pattern: str | None) -> re.Pattern[str] | None:
    return None if pattern is None else patterns.glob(pattern)


def _matches(pattern: re.Pattern[str] | None, value: str) -> bool:
    return pattern is None or pattern.match(value) is not None
