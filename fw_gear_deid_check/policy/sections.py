"""Sections: each section of a policy file -> settings, with every mistake in it and its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.policy import patterns, table
from fw_gear_deid_check.policy.demand import NATURES
from fw_gear_deid_check.policy.document import Document, Route
from fw_gear_deid_check.policy.settings import (
    BASES,
    CLASSES,
    PLACES,
    Carrier,
    Element,
    Exclusion,
    Settings,
    Suppression,
)
from fw_gear_deid_check.rules import Level

LONGEST_MISTAKE = 300
"""Characters of a mistake."""

_RULE_ID = re.compile(r"[A-Z]{3}[0-9]{3}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),\s*([0-9A-Fa-f]{4})\)?")
_LETTER = re.compile(r"[A-R]")


@dataclass
class Reader:
    """Turns the values of one file into settings, and collects what is wrong with them, with line numbers."""

    document: Document
    catalogue: frozenset[str] | None
    mistakes: list[tuple[int, str]] = field(default_factory=list)

    def _wrong(self, path: Route, what: str) -> None:
        line = self.document.line(path)
        where = ".".join(str(part) if isinstance(part, str) else f"[{part}]" for part in path).replace(".[", "[")
        self.mistakes.append((line, one_line(f"line {line}: {where}: {what}" if where else f"line {line}: {what}")))

    # -- shapes

    def mapping(self, value: Any, path: Route, known: Iterable[str] = ()) -> dict[str, Any]:
        """Return a mapping; anything else is a mistake, and so is a key that isn't ``known``, where some are."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._wrong(path, "has to be a mapping of keys to values")
            return {}
        known = list(known)
        for key in value:
            if known and key not in known:
                self._wrong((*path, key), f"unknown key{_guess(key, known)}")
        return {key: item for key, item in value.items() if not known or key in known}

    def _listed(self, value: Any, path: Route) -> list[tuple[Route, Any]]:
        if value is None:
            return []
        if not isinstance(value, list):
            self._wrong(path, "has to be a list")
            return []
        return [((*path, index), item) for index, item in enumerate(value)]

    def _word(self, value: Any, path: Route) -> str:
        if isinstance(value, str) and value:
            return value
        self._wrong(path, "has to be a text")
        return ""

    def _choice(self, value: Any, path: Route, choices: Iterable[str]) -> str:
        choices = list(choices)
        if value in choices:
            return str(value)
        self._wrong(path, f"has to be one of {', '.join(choices)}")
        return choices[0]

    def _options(self, value: Any, path: Route, choices: Iterable[str]) -> frozenset[str]:
        return frozenset(self._choice(item, where, choices) for where, item in self._listed(value, path))

    def _level(self, value: Any, path: Route) -> Level | None:
        if isinstance(value, str) and value.upper() in {*Level, "OFF"}:
            return None if value.upper() == "OFF" else Level(value.upper())
        self._wrong(path, f"has to be one of {', '.join(Level)}, off")
        return None

    # -- sections

    def settings(self, values: dict[str, Any], base: Settings, name: str) -> Settings:
        """Return the base with what the file says on top: single values replace, lists and mappings add."""
        sections: dict[str, Callable[[Any, Settings], Mapping[str, Any]]] = {
            "name": lambda value, _: {"name": self._word(value, ("name",))},
            "extends": self._extends,
            "standard": self._standard,
            "basis": lambda value, _: {"basis": self._choice(value, ("basis",), BASES)},
            "claims": lambda value, _: {"claims": self._choice(value, ("claims",), ("true", "false")) == "true"},
            "levels": self._levels,
            "text": self._text,
            "retain": lambda value, old: {"retain": old.retain | self._options(value, ("retain",), table.RETAIN)},
            "clean": lambda value, old: {"clean": old.clean | self._options(value, ("clean",), table.CLEAN)},
            "allow": self._allow,
            "suppress": self._suppress,
            "safe_private": self._safe_private,
            "private": self._carriers,
            "out_of_scope": self._out_of_scope,
            "limits": self._limits,
        }
        settings = replace(base, name=name)
        for key, value in self.mapping(values, (), sections).items():
            settings = replace(settings, **sections[key](value, settings))
        return settings

    def _extends(self, value: Any, _: Settings) -> Mapping[str, Any]:
        self._word(value, ("extends",))
        return {}

    def _standard(self, value: Any, _: Settings) -> Mapping[str, Any]:
        self._choice(value, ("standard",), (table.EDITION,))
        return {}

    def _levels(self, value: Any, old: Settings) -> Mapping[str, Any]:
        levels = dict(old.levels)
        for key, item in self.mapping(value, ("levels",)).items():
            path = ("levels", key)
            level = self._level(item, path)
            name = self._subject(key, path)
            if name:
                levels[name] = level
        return {"levels": levels}

    def _subject(self, key: str, path: Route) -> str | None:
        """Return what a level is set for, in its one spelling: a nature, rule, attribute, tag or private element."""
        if key in NATURES or key == table.PRIVATE_ATTRIBUTES:
            return key
        if (named := Element.read(key)) is not None:
            return str(named)
        if (match := _TAG.fullmatch(key)) is not None:
            tag = (match[1] + match[2]).upper()
            known = next((one.keyword for one in table.attributes() if one.tag == tag), None)
            if int(match[1], 16) & 1:
                self._wrong(path, 'a private element is written (gggg,"CREATOR",ee)')
                return None
            return known or f"({tag[:4]},{tag[4:]})"
        if key[:1].isupper() and not _RULE_ID.fullmatch(key):
            attribute = table.by_keyword().get(key.lower())
            if attribute is not None:
                return attribute.keyword
            keywords = [one.keyword for one in table.attributes()]
            guess = _guess(key, keywords) or "; one that no table holds is named by tag, (gggg,eeee)"
            self._wrong(path, f"unknown attribute{guess}")
            return None
        return self._rule(key, path)

    def _rule(self, key: str, path: Route) -> str | None:
        """Return the id or slug of a rule, None (and a mistake) where there is none."""
        shaped = _RULE_ID.fullmatch(key) or _SLUG.fullmatch(key)
        if key in NATURES or (shaped and (self.catalogue is None or key in self.catalogue)):
            return key
        self._wrong(path, f"unknown rule{_guess(key, [*NATURES, *(self.catalogue or ())])}")
        return None

    def _text(self, value: Any, old: Settings) -> Mapping[str, Any]:
        text = dict(old.text)
        for place, kinds in self.mapping(value, ("text",), PLACES).items():
            for kind, item in self.mapping(kinds, ("text", place), CLASSES).items():
                path = ("text", place, kind)
                levels = [self._level(level, where) for where, level in self._listed(item, path)]
                if len(levels) != 2 or None in levels:
                    self._wrong(path, "has to be two levels, of a strong and of a weak match: [FAIL, REVIEW]")
                else:
                    text[place, kind] = (levels[0] or Level.FAIL, levels[1] or Level.FAIL)
        return {"text": text}

    def _allow(self, value: Any, old: Settings) -> Mapping[str, Any]:
        parts = self.mapping(value, ("allow",), ("values", "patterns"))
        values, expressions = list(old.values), list(old.patterns)
        for path, item in self._listed(parts.get("values"), ("allow", "values")):
            values.append(self._word(item, path))
            if len(values[-1]) > patterns.LONGEST:
                self._wrong(path, f"is longer than {patterns.LONGEST} characters")
        for path, item in self._listed(parts.get("patterns"), ("allow", "patterns")):
            pattern = self._word(item, path)
            reason = patterns.why_not(pattern) if pattern else None
            if reason is not None:
                self._wrong(path, reason)
            else:
                expressions.append(pattern)
        return {"values": tuple(dict.fromkeys(values)), "patterns": tuple(dict.fromkeys(expressions))}

    def _reason(self, entry: dict[str, Any], path: Route) -> str:
        if "reason" not in entry:
            self._wrong(path, "needs a reason: it is shown in the report")
            return ""
        return self._word(entry["reason"], (*path, "reason"))

    def _optional(self, entry: dict[str, Any], key: str, path: Route) -> str | None:
        return self._word(entry[key], (*path, key)) if key in entry else None

    def _suppress(self, value: Any, old: Settings) -> Mapping[str, Any]:
        entries = list(old.suppress)
        for path, item in self._listed(value, ("suppress",)):
            entry = self.mapping(item, path, ("rule", "path", "pointer", "reason"))
            if "rule" not in entry:
                self._wrong(path, "needs a rule: its id or slug")
            rule = self._rule(self._word(entry["rule"], (*path, "rule")), (*path, "rule")) if "rule" in entry else None
            entries.append(
                Suppression(
                    rule=rule or "",
                    path=self._optional(entry, "path", path),
                    pointer=self._optional(entry, "pointer", path),
                    reason=self._reason(entry, path),
                )
            )
        return {"suppress": tuple(entries)}

    def _element(self, value: Any, path: Route) -> Element:
        found = Element.read(value) if isinstance(value, str) else None
        if found is None:
            self._wrong(path, 'has to be a private element, (gggg,"CREATOR",ee), or xx for all of a creator')
        return found or Element(1, "", None)

    def _safe_private(self, value: Any, old: Settings) -> Mapping[str, Any]:
        elements = [self._element(item, path) for path, item in self._listed(value, ("safe_private",))]
        return {"safe_private": tuple(dict.fromkeys([*old.safe_private, *elements]))}

    def _carriers(self, value: Any, old: Settings) -> Mapping[str, Any]:
        carriers = list(old.private)
        for path, item in self._listed(value, ("private",)):
            entry = self.mapping(item, path, ("element", "nature", "category"))
            category = entry.get("category")
            if category is not None and not _LETTER.fullmatch(str(category)):
                self._wrong((*path, "category"), "has to be a HIPAA letter, A to R")
            nature = self._choice(entry.get("nature", "direct-identifier"), (*path, "nature"), NATURES)
            carriers.append(Carrier(self._element(entry.get("element"), (*path, "element")), nature, category))
        return {"private": tuple(dict.fromkeys(carriers))}

    def _out_of_scope(self, value: Any, old: Settings) -> Mapping[str, Any]:
        entries = list(old.out_of_scope)
        for path, item in self._listed(value, ("out_of_scope",)):
            entry = self.mapping(item, path, ("path", "kind", "reason"))
            if not {"path", "kind"} & entry.keys():
                self._wrong(path, "needs a path (a glob) or a kind")
            entries.append(
                Exclusion(
                    path=self._optional(entry, "path", path),
                    kind=self._optional(entry, "kind", path),
                    reason=self._reason(entry, path),
                )
            )
        return {"out_of_scope": tuple(entries)}

    def _limits(self, value: Any, old: Settings) -> Mapping[str, Any]:
        changed: dict[str, int] = {}
        for key, item in self.mapping(value, ("limits",), sorted(Limits.names())).items():
            if isinstance(item, str) and re.fullmatch(r"[0-9_]{1,16}", item) and int(item) > 0:
                changed[key] = int(item)
            else:
                self._wrong(("limits", key), "has to be a whole number above 0")
        return {"limits": replace(old.limits, **changed)}


def one_line(text: str) -> str:
    """Return a mistake as a terminal may show it: what the file holds can't break the line or move the cursor."""
    return "".join(character if character.isprintable() else "·" for character in text)[:LONGEST_MISTAKE]


def _guess(word: str, known: Iterable[str]) -> str:
    """Return ", did you mean …?" where something known is close."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.75)
    return f"; did you mean {close[0]}?" if close else ""
