"""Reading: policy files -> settings, with every mistake in them, one line each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fw_gear_deid_check.errors import PolicyError
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.policy import document, patterns, table
from fw_gear_deid_check.policy.demand import NATURES
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
from fw_gear_deid_check.rules import Level, Rule

BUILTIN = Path(__file__).with_name("builtin")
DEEPEST = 5
"""Policies that extend policies."""

_RULE_ID = re.compile(r"[A-Z]{3}[0-9]{3}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),\s*([0-9A-Fa-f]{4})\)?")
_ELEMENT = re.compile(r"""\(\s*([0-9A-Fa-f]{4})\s*,\s*["']([^"']{1,64})["']\s*,\s*([0-9A-Fa-f]{2}|xx)\s*\)""")
_LETTER = re.compile(r"[A-R]")


def names() -> list[str]:
    """Return the names of the built-in policies, the default first."""
    found = sorted(path.stem for path in BUILTIN.glob("*.yaml"))
    return sorted(found, key=lambda name: name != "site")


def element(text: str) -> Element | None:
    """Return a private element as a policy writes it, None where the text is none.

    >>> str(element('(0019,"SIEMENS MR HEADER",0c)'))
    '(0019,"SIEMENS MR HEADER",0C)'
    """
    match = _ELEMENT.fullmatch(text.strip())
    if match is None or not int(match[1], 16) & 1:
        return None
    return Element(int(match[1], 16), match[2].strip(), None if match[3] == "xx" else int(match[3], 16))


def load(source: str | Path, rules: Iterable[Rule] | None = None) -> Settings:
    """Return the settings of the policy of that name, or of that YAML file; raise `PolicyError`."""
    catalogue = None if rules is None else frozenset(word for rule in rules for word in (rule.id, rule.slug))
    mistakes: list[str] = []
    settings = _load(source, Path(), catalogue, mistakes, depth=0)
    if mistakes or settings is None:
        raise PolicyError(str(source), mistakes)
    return settings


def _load(
    source: str | Path, folder: Path, catalogue: frozenset[str] | None, mistakes: list[str], depth: int
) -> Settings | None:
    path = BUILTIN / f"{source}.yaml" if source in names() else folder / source
    if depth > DEEPEST:
        mistakes.append(f"extends more than {DEEPEST} policies, or itself")
        return None
    try:
        size = path.stat().st_size if path.is_file() else None
        if size is None:
            mistakes.append(f"no such file; built in are {', '.join(names())}")
            return None
        if size > document.LARGEST:
            mistakes.append(f"larger than {document.LARGEST} bytes")
            return None
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        mistakes.append(f"can't be read: {error.strerror}")
        return None
    except UnicodeDecodeError:
        mistakes.append("not UTF-8 text")
        return None
    read = document.read(text)
    reader = _Reader(read, catalogue)
    if read.mistakes:
        mistakes.extend(read.mistakes)
        return None
    values = reader.mapping(read.values if read.values is not None else {}, ())
    extends = values.get("extends", "site")
    base: Settings | None = Settings()
    if extends != "none":
        inherited: list[str] = []
        base = _load(str(extends), path.parent, catalogue, inherited, depth + 1)
        mistakes.extend(f"line {read.line(('extends',))}: in {extends}: {mistake}" for mistake in inherited)
    settings = reader.settings(values, base or Settings(), path.stem)
    mistakes.extend(mistake for _, mistake in sorted(reader.mistakes))
    return settings


@dataclass
class _Reader:
    """Turns the values of one file into settings, and collects what is wrong with them, with line numbers."""

    document: document.Document
    catalogue: frozenset[str] | None
    mistakes: list[tuple[int, str]] = field(default_factory=list)

    def wrong(self, path: document.Path, what: str) -> None:
        line = self.document.line(path)
        where = ".".join(str(part) if isinstance(part, str) else f"[{part}]" for part in path).replace(".[", "[")
        self.mistakes.append((line, f"line {line}: {where}: {what}" if where else f"line {line}: {what}"))

    # -- shapes

    def mapping(self, value: Any, path: document.Path, known: Iterable[str] = ()) -> dict[str, Any]:
        """Return a mapping; anything else is a mistake, and so is a key that isn't ``known``, where some are."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(path, "has to be a mapping of keys to values")
            return {}
        known = list(known)
        for key in value:
            if known and key not in known:
                self.wrong((*path, key), f"unknown key{_guess(key, known)}")
        return {key: item for key, item in value.items() if not known or key in known}

    def listed(self, value: Any, path: document.Path) -> list[tuple[document.Path, Any]]:
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(path, "has to be a list")
            return []
        return [((*path, index), item) for index, item in enumerate(value)]

    def word(self, value: Any, path: document.Path) -> str:
        if isinstance(value, str) and value:
            return value
        self.wrong(path, "has to be a text")
        return ""

    def choice(self, value: Any, path: document.Path, choices: Iterable[str]) -> str:
        choices = list(choices)
        if value in choices:
            return str(value)
        self.wrong(path, f"has to be one of {', '.join(choices)}")
        return choices[0]

    def options(self, value: Any, path: document.Path, choices: Iterable[str]) -> frozenset[str]:
        return frozenset(self.choice(item, where, choices) for where, item in self.listed(value, path))

    def level(self, value: Any, path: document.Path) -> Level | None:
        if isinstance(value, str) and value.upper() in {*Level, "OFF"}:
            return None if value.upper() == "OFF" else Level(value.upper())
        self.wrong(path, f"has to be one of {', '.join(Level)}, off")
        return None

    # -- sections

    def settings(self, values: dict[str, Any], base: Settings, name: str) -> Settings:
        """Return the base with what the file says on top: single values replace, lists and mappings add."""
        sections: dict[str, Callable[[Any, Settings], Mapping[str, Any]]] = {
            "name": lambda value, _: {"name": self.word(value, ("name",))},
            "extends": self._extends,
            "standard": self._standard,
            "basis": lambda value, _: {"basis": self.choice(value, ("basis",), BASES)},
            "claims": lambda value, _: {"claims": self.choice(value, ("claims",), ("true", "false")) == "true"},
            "levels": self._levels,
            "text": self._text,
            "retain": lambda value, old: {"retain": old.retain | self.options(value, ("retain",), table.RETAIN)},
            "clean": lambda value, old: {"clean": old.clean | self.options(value, ("clean",), table.CLEAN)},
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
        self.word(value, ("extends",))
        return {}

    def _standard(self, value: Any, _: Settings) -> Mapping[str, Any]:
        self.choice(value, ("standard",), (table.EDITION,))
        return {}

    def _levels(self, value: Any, old: Settings) -> Mapping[str, Any]:
        levels = dict(old.levels)
        for key, item in self.mapping(value, ("levels",)).items():
            path = ("levels", key)
            level = self.level(item, path)
            name = self._subject(key, path)
            if name:
                levels[name] = level
        return {"levels": levels}

    def _subject(self, key: str, path: document.Path) -> str | None:
        """Return what a level is set for, in its one spelling: a nature, rule, attribute, tag or private element."""
        if key in NATURES or key == table.PRIVATE_ATTRIBUTES:
            return key
        if (named := element(key)) is not None:
            return str(named)
        if (match := _TAG.fullmatch(key)) is not None:
            tag = (match[1] + match[2]).upper()
            known = next((one.keyword for one in table.attributes() if one.tag == tag), None)
            if int(match[1], 16) & 1:
                self.wrong(path, 'a private element is written (gggg,"CREATOR",ee)')
                return None
            return known or f"({tag[:4]},{tag[4:]})"
        if key[:1].isupper() and not _RULE_ID.fullmatch(key):
            attribute = table.by_keyword().get(table.fold_keyword(key))
            if attribute is not None:
                return attribute.keyword
            keywords = [one.keyword for one in table.attributes()]
            self.wrong(path, f"unknown attribute{_guess(key, keywords)}; others are named by tag, (gggg,eeee)")
            return None
        return self.rule(key, path)

    def rule(self, key: str, path: document.Path) -> str | None:
        """Return the id or slug of a rule, None (and a mistake) where there is none."""
        shaped = _RULE_ID.fullmatch(key) or _SLUG.fullmatch(key)
        if key in NATURES or (shaped and (self.catalogue is None or key in self.catalogue)):
            return key
        self.wrong(path, f"unknown rule{_guess(key, [*NATURES, *(self.catalogue or ())])}")
        return None

    def _text(self, value: Any, old: Settings) -> Mapping[str, Any]:
        text = dict(old.text)
        for place, kinds in self.mapping(value, ("text",), PLACES).items():
            for kind, item in self.mapping(kinds, ("text", place), CLASSES).items():
                path = ("text", place, kind)
                levels = [self.level(level, where) for where, level in self.listed(item, path)]
                if len(levels) != 2 or None in levels:
                    self.wrong(path, "has to be two levels, of a strong and of a weak match: [FAIL, REVIEW]")
                else:
                    text[place, kind] = (levels[0] or Level.FAIL, levels[1] or Level.FAIL)
        return {"text": text}

    def _allow(self, value: Any, old: Settings) -> Mapping[str, Any]:
        parts = self.mapping(value, ("allow",), ("values", "patterns"))
        values, expressions = list(old.values), list(old.patterns)
        for path, item in self.listed(parts.get("values"), ("allow", "values")):
            values.append(self.word(item, path))
        for path, item in self.listed(parts.get("patterns"), ("allow", "patterns")):
            pattern = self.word(item, path)
            reason = patterns.why_not(pattern) if pattern else None
            if reason is not None:
                self.wrong(path, reason)
            else:
                expressions.append(pattern)
        return {"values": tuple(dict.fromkeys(values)), "patterns": tuple(dict.fromkeys(expressions))}

    def _reason(self, entry: dict[str, Any], path: document.Path) -> str:
        if "reason" not in entry:
            self.wrong(path, "needs a reason: it is shown in the report")
            return ""
        return self.word(entry["reason"], (*path, "reason"))

    def _optional(self, entry: dict[str, Any], key: str, path: document.Path) -> str | None:
        return self.word(entry[key], (*path, key)) if key in entry else None

    def _suppress(self, value: Any, old: Settings) -> Mapping[str, Any]:
        entries = list(old.suppress)
        for path, item in self.listed(value, ("suppress",)):
            entry = self.mapping(item, path, ("rule", "path", "pointer", "reason"))
            if "rule" not in entry:
                self.wrong(path, "needs a rule: its id or slug")
            rule = self.rule(self.word(entry["rule"], (*path, "rule")), (*path, "rule")) if "rule" in entry else None
            entries.append(
                Suppression(
                    rule=rule or "",
                    path=self._optional(entry, "path", path),
                    pointer=self._optional(entry, "pointer", path),
                    reason=self._reason(entry, path),
                )
            )
        return {"suppress": tuple(entries)}

    def _element(self, value: Any, path: document.Path) -> Element:
        found = element(value) if isinstance(value, str) else None
        if found is None:
            self.wrong(path, 'has to be a private element, (gggg,"CREATOR",ee), or xx for all of a creator')
        return found or Element(1, "", None)

    def _safe_private(self, value: Any, old: Settings) -> Mapping[str, Any]:
        elements = [self._element(item, path) for path, item in self.listed(value, ("safe_private",))]
        return {"safe_private": tuple(dict.fromkeys([*old.safe_private, *elements]))}

    def _carriers(self, value: Any, old: Settings) -> Mapping[str, Any]:
        carriers = list(old.private)
        for path, item in self.listed(value, ("private",)):
            entry = self.mapping(item, path, ("element", "nature", "category"))
            category = entry.get("category")
            if category is not None and not _LETTER.fullmatch(str(category)):
                self.wrong((*path, "category"), "has to be a HIPAA letter, A to R")
            nature = self.choice(entry.get("nature", "direct-identifier"), (*path, "nature"), NATURES)
            carriers.append(Carrier(self._element(entry.get("element"), (*path, "element")), nature, category))
        return {"private": tuple(dict.fromkeys(carriers))}

    def _out_of_scope(self, value: Any, old: Settings) -> Mapping[str, Any]:
        entries = list(old.out_of_scope)
        for path, item in self.listed(value, ("out_of_scope",)):
            entry = self.mapping(item, path, ("path", "kind", "reason"))
            if not {"path", "kind"} & entry.keys():
                self.wrong(path, "needs a path (a glob) or a kind")
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
                self.wrong(("limits", key), "has to be a whole number above 0")
        return {"limits": replace(old.limits, **changed)}


def _guess(word: str, known: Iterable[str]) -> str:
    """Return ", did you mean …?" where something known is close."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.75)
    return f"; did you mean {close[0]}?" if close else ""
