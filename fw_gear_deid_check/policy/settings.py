"""Settings: the content of a policy, fully resolved: what a YAML file says, on top of what it extends."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.policy import table
from fw_gear_deid_check.rules import Level

BASES = ("nature", "table", "safe-harbor")
"""What makes an indirect identifier count: its nature, its standing in Table E.1-1, or a HIPAA letter."""

PLACES = ("free", "private", "name", "structured")
"""Kinds of places where text is found; see `Policy.text_level`."""

CLASSES = {
    "birth": "",
    "direct": "ABDEFGHIJKLPQ",
    "life": "",
    "date": "C",
    "device": "M",
    "institution": "",
    "network": "NO",
    "other": "R",
}
"""Classes of what is found in text, with their HIPAA letters; those without one are told by the recognizer."""

_ELEMENT = re.compile(r"""\(\s*([0-9A-Fa-f]{4})\s*,\s*["']([^"']{1,64})["']\s*,\s*([0-9A-Fa-f]{2}|xx)\s*\)""")


@dataclass(frozen=True, slots=True)
class Element:
    """A private element: group, creator, low byte of the element; None stands for every element of the creator."""

    group: int
    creator: str
    element: int | None

    @classmethod
    def read(cls, text: str) -> Element | None:
        """Return a private element as a policy writes it, None where the text is none.

        >>> str(Element.read('(0019,"SIEMENS MR HEADER",0c)'))
        '(0019,"SIEMENS MR HEADER",0C)'
        """
        match = _ELEMENT.fullmatch(text.strip())
        if match is None or not int(match[1], 16) & 1:
            return None
        return cls(int(match[1], 16), match[2].strip(), None if match[3] == "xx" else int(match[3], 16))

    def __str__(self) -> str:
        low = "xx" if self.element is None else f"{self.element:02X}"
        return f'({self.group:04X},"{self.creator}",{low})'


@dataclass(frozen=True, slots=True)
class Carrier:
    """A private element that the site knows to carry identifiers."""

    element: Element
    nature: str
    category: str | None


@dataclass(frozen=True, slots=True)
class Suppression:
    """Findings of a rule (id or slug) that don't count, where path and pointer match; None matches every one."""

    rule: str
    path: str | None
    pointer: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Content that isn't checked: by path (a glob) or by kind."""

    path: str | None
    kind: str | None
    reason: str


@dataclass(frozen=True)
class Settings:
    """The content of a policy.

    Attributes
    ----------
    basis
        One of `BASES`.
    claims
        Add the options that the data claim (CID 7050) to those below.
    levels
        Level, or None for off, by rule id, slug, nature, DICOM keyword, ``(gggg,eeee)`` or
        ``(gggg,"CREATOR",ee)``.
    text
        Levels of a strong and a weak match in text, by place and class.
    values, patterns
        Dummies and study codes: whole values, and regular expressions for whole values.
    """

    name: str = "unnamed"
    basis: str = "nature"
    claims: bool = False
    levels: Mapping[str, Level | None] = field(default_factory=dict)
    text: Mapping[tuple[str, str], tuple[Level, Level]] = field(default_factory=dict)
    retain: frozenset[str] = frozenset()
    clean: frozenset[str] = frozenset()
    values: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    suppress: tuple[Suppression, ...] = ()
    safe_private: tuple[Element, ...] = ()
    private: tuple[Carrier, ...] = ()
    out_of_scope: tuple[Exclusion, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def plain(self) -> dict[str, Any]:
        """Return the settings as a policy file that extends nothing; see `reading.load` for the way back."""
        text: dict[str, dict[str, list[str]]] = {}
        for (place, kind), levels in self.text.items():
            text.setdefault(place, {})[kind] = [level.value for level in levels]
        return {
            "name": self.name,
            "extends": "none",
            "standard": table.EDITION,
            "basis": self.basis,
            "claims": "true" if self.claims else "false",
            "levels": {key: level.value if level else "off" for key, level in sorted(self.levels.items())},
            "text": text,
            "retain": [option for option in table.RETAIN if option in self.retain],
            "clean": [option for option in table.CLEAN if option in self.clean],
            "allow": {"values": list(self.values), "patterns": list(self.patterns)},
            "suppress": [_present(entry) for entry in self.suppress],
            "safe_private": [str(element) for element in self.safe_private],
            "private": [
                _present(carrier) | {"element": str(carrier.element), "nature": carrier.nature}
                for carrier in self.private
            ],
            "out_of_scope": [_present(entry) for entry in self.out_of_scope],
            "limits": {one.name: getattr(self.limits, one.name) for one in fields(self.limits)},
        }

    def sha256(self) -> str:
        """Return the digest of what the policy says, whatever its name, and of the tables that it is read with."""
        plain = self.plain()
        del plain["name"]
        return hashlib.sha256((json.dumps(plain, sort_keys=True) + table.digest()).encode()).hexdigest()


def _present(entry: Suppression | Exclusion | Carrier) -> dict[str, Any]:
    return {one.name: value for one in fields(entry) if (value := getattr(entry, one.name)) is not None}
