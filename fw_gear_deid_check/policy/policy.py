"""Policy: which rules apply, at which level, with which exceptions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.policy import patterns, reading, table
from fw_gear_deid_check.policy.demand import NATURES, Demand, Safe
from fw_gear_deid_check.policy.settings import CLASSES, Element, Settings
from fw_gear_deid_check.policy.table import Attribute
from fw_gear_deid_check.rules import Level, Rule

BIRTH = frozenset({"birth-date", "age-over-89"})
"""Recognizers of text that tell of a birth: direct identifiers, though they are dates."""

_CLASS_OF = {letter: name for name, letters in CLASSES.items() for letter in letters}
_OPTIONS_OF_CLASS = {"date": ("full-dates", "modified-dates"), "device": ("device",), "other": ("uids",)}
_TABLE_SOURCE = "PS3.15 Table E.1-1, action "
_HIPAA_SOURCE = "45 CFR 164.514(b)(2)(i)"

_BY_VR = {
    "PN": ("direct-identifier", "A", frozenset[str](), None),
    "DA": ("indirect-identifier", "C", frozenset[str](), "full-dates"),
    "DT": ("indirect-identifier", "C", frozenset[str](), "full-dates"),
    "UI": ("indirect-identifier", "R", frozenset({"U"}), "uids"),
    "UR": ("indirect-identifier", "N", frozenset[str](), None),
}
"""Nature, letter, actions and option of public elements that no table knows, by VR."""


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
        self._values = frozenset(_fold(value) for value in settings.values)
        self._patterns = tuple(patterns.allowed(pattern) for pattern in settings.patterns)
        self._suppress = [(entry, _glob(entry.path), _glob(entry.pointer)) for entry in settings.suppress]
        self._out_of_scope = [(entry, _glob(entry.path)) for entry in settings.out_of_scope]
        self._by_tag = {attribute.tag: self._demand(attribute) for attribute in table.attributes()}
        self._by_tag.update(self._of_tags_alone())
        self._private = self._known_private()
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
        for key in table.pattern_of(tag):
            if key in self._by_tag:
                return self._by_tag[key]
        return self._by_vr(vr) if vr in _BY_VR else None

    def keyword(self, keyword: str) -> Demand | None:
        """Return what is asked of an attribute by DICOM keyword, in any case and spelling ("Patient's Name")."""
        attribute = table.by_keyword().get(table.fold_keyword(keyword))
        return None if attribute is None else self._by_tag[attribute.tag]

    def private(self, group: int, creator: str, element: int) -> Demand | Safe | None:
        """Return what is asked of a private element; None: nothing is known of it, so its text has to be read.

        Parameters
        ----------
        element
            The low byte of the element number: the block it stands in doesn't matter.
        """
        name = creator.strip(" \0").casefold()
        for key in ((group, name, element), (group, name, None)):
            if key in self._private:
                return self._private[key]
        return self._by_tag["private"]

    def _demand(self, attribute: Attribute) -> Demand | None:
        """Return what is asked of an attribute of the tables."""
        levels = self.settings.levels
        private = attribute.tag == "private"
        if attribute.keyword in levels:
            level = levels[attribute.keyword]
        elif attribute.nature == "none" or self._is_retained(dict(attribute.options), private=private):
            return None
        else:
            level = self._level_of(attribute.nature, attribute.category, in_table=bool(attribute.basic))
            if private and self.settings.basis != "table":
                return None
        if level is None:
            return None
        return self._make(attribute, level)

    def _make(self, attribute: Attribute, level: Level) -> Demand:
        # A few UIDs have the action D; a UID that doesn't tell is a dummy.
        uid = attribute.keyword.endswith("UID") and "D" in attribute.basic
        return Demand(
            nature="attribute" if attribute.nature == "none" else attribute.nature,
            level=level,
            category=attribute.category,
            actions=attribute.basic | {"U"} if uid else attribute.basic,
            source=_TABLE_SOURCE + attribute.written if attribute.basic else self._source(attribute.category),
            strict=self.settings.basis == "table",
        )

    def _source(self, category: str | None) -> str:
        return f"{_HIPAA_SOURCE}({category})" if category else f"policy {self.name}"

    def _level_of(self, nature: str, category: str | None, *, in_table: bool) -> Level | None:
        """Return the level of an attribute by its nature, and by what the policy is based on."""
        level = self.settings.levels.get(nature)
        lesser = nature in {"indirect-identifier", "attribute"}
        counts = {"nature": True, "table": in_table, "safe-harbor": category is not None}[self.settings.basis]
        if level is None or not lesser or counts:
            return level
        return Level.INFO if nature == "indirect-identifier" else None

    def _is_retained(self, options: dict[str, str], *, private: bool) -> bool:
        """Tell whether an option that the policy takes keeps the attribute, or leaves it to cleaning.

        Private attributes aren't kept as such by "retain safe private": those that are safe are.
        """
        taken = self.settings.retain | self.settings.clean
        return not private and any(option in taken for option in options)

    def _by_vr(self, vr: str | None) -> Demand | None:
        nature, category, actions, option = _BY_VR[vr or ""]
        if option in self.settings.retain:
            return None
        level = self._level_of(nature, category, in_table="U" in actions)
        if level is None:
            return None
        return Demand(nature, level, category, actions, self._source(category))

    def _of_tags_alone(self) -> dict[str, Demand | None]:
        """Return the demands on public elements that no table holds, and for which the policy sets a level."""
        found: dict[str, Demand | None] = {}
        for key, level in self.settings.levels.items():
            match = re.fullmatch(r"\(([0-9A-F]{4}),([0-9A-Fx]{4})\)", key)
            if match:
                tag = match[1] + match[2]
                source = self._source(None)
                found[tag] = Demand("attribute", level, None, frozenset(), source) if level else None
        return found

    def _known_private(self) -> dict[tuple[int, str, int | None], Demand | Safe | None]:
        """Return what is known of private elements; what the policy says itself wins over the tables."""
        settings = self.settings
        row = next(attribute for attribute in table.attributes() if attribute.tag == "private")
        strict = settings.basis == "table"
        safe_is_kept = not strict or "safe-private" in settings.retain
        found: dict[tuple[int, str, int | None], Demand | Safe | None] = {}

        def put(element: Element, demand: Demand | Safe | None) -> None:
            found[element.group, element.creator.casefold(), element.element] = demand

        def carried(nature: str, category: str | None, level: Level | None) -> Demand | None:
            if level is None:
                return None
            actions = row.basic if strict else frozenset[str]()
            source = _TABLE_SOURCE + row.written if strict else self._source(category)
            return Demand(nature, level, category, actions, source, strict=strict)

        for known in table.private_elements():
            element = Element(known.group, known.creator, known.element)
            if known.nature != "safe":
                put(element, carried(known.nature, known.category, settings.levels.get(known.nature)))
            elif safe_is_kept:
                put(element, Safe(known.source))
        for element in settings.safe_private:
            if safe_is_kept:
                put(element, Safe(f"policy {self.name}"))
        for carrier in settings.private:
            level = settings.levels.get(carrier.nature)
            put(carrier.element, carried(carrier.nature, carrier.category, level))
        for key, level in settings.levels.items():
            if (named := reading.element(key)) is not None:
                put(named, carried("attribute", None, level))
        return found

    # -- values

    def is_dummy(self, value: str, nature: str = "") -> bool:
        """Tell whether a value stands for no value: empty, ``^^^``, NUL, or allowed by the policy.

        A name is a dummy when all of its components are. Values longer than `patterns.LONGEST` never match a pattern.
        """
        folded = _fold(value)
        if folded in self._values:
            return True
        parts = [part for part in re.split(r"[\^=\\\s]+", folded) if part]
        if all(part in self._values for part in parts):
            return True
        return len(folded) <= patterns.LONGEST and any(pattern.fullmatch(folded) for pattern in self._patterns)

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
            Its name; ``birth-date`` and ``age-over-89`` are direct identifiers.
        """
        kind = "birth" if recognizer in BIRTH else _CLASS_OF.get(category, "direct")
        if any(option in self.settings.retain for option in _OPTIONS_OF_CLASS.get(kind, ())):
            return Level.REVIEW if place == "free" else Level.INFO
        levels = self.settings.text.get((place, kind), (Level.FAIL, Level.REVIEW))
        return levels[0] if strong else levels[1]

    # -- exceptions

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
            self._claimed[known] = Policy(
                replace(
                    settings,
                    retain=settings.retain | (known & table.RETAIN.keys()),
                    clean=settings.clean | (known & table.CLEAN.keys()),
                    claims=False,
                )
            )
        return self._claimed[known]


def _fold(value: str) -> str:
    return value.strip(" \0\t\r\n").casefold()


def _glob(pattern: str | None) -> re.Pattern[str] | None:
    return None if pattern is None else patterns.glob(pattern)


def _matches(pattern: re.Pattern[str] | None, value: str) -> bool:
    return pattern is None or pattern.match(value) is not None
