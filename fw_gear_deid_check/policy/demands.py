"""Demands: what the settings of a policy ask of every attribute, worked out once."""

from __future__ import annotations

import re

from fw_gear_deid_check.policy import table
from fw_gear_deid_check.policy.demand import Demand, Safe
from fw_gear_deid_check.policy.settings import Element, Settings
from fw_gear_deid_check.policy.table import Attribute
from fw_gear_deid_check.rules import Level

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
REMEMBERED = 20_000
"""Elements whose demand is remembered; more than there are in any dictionary come from hostile files."""


class Demands:
    """What is asked of public attributes, by tag, and of private ones, by creator."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._by_tag = {attribute.tag: self._demand(attribute) for attribute in table.attributes()}
        self._by_tag.update(self._of_tags_alone())
        self._by_vr = {vr: self._of_vr(vr) for vr in _BY_VR}
        self._private = self._known_private()
        self._asked: dict[tuple[int, str | None], Demand | None] = {}

    def attribute(self, tag: int, vr: str | None = None) -> Demand | None:
        """See `Policy.attribute`."""
        try:
            return self._asked[tag, vr]
        except KeyError:
            known = next((key for key in table.pattern_of(tag) if key in self._by_tag), None)
            demand = self._by_vr.get(vr or "") if known is None else self._by_tag[known]
            if len(self._asked) < REMEMBERED:
                self._asked[tag, vr] = demand
            return demand

    def keyword(self, keyword: str) -> Demand | None:
        """See `Policy.keyword`."""
        attribute = table.by_keyword().get(table.fold_keyword(keyword))
        return None if attribute is None else self._by_tag[attribute.tag]

    def private(self, group: int, creator: str, element: int) -> Demand | Safe | None:
        """See `Policy.private`."""
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
        return f"{_HIPAA_SOURCE}({category})" if category else f"policy {self.settings.name}"

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

    def _of_vr(self, vr: str) -> Demand | None:
        """Return what is asked of a public element that no table holds."""
        nature, category, actions, option = _BY_VR[vr]
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
            match = re.fullmatch(r"\(([0-9A-F]{4}),([0-9A-F]{4})\)", key)
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
                put(element, Safe(f"policy {self.settings.name}"))
        for carrier in settings.private:
            level = settings.levels.get(carrier.nature)
            put(carrier.element, carried(carrier.nature, carrier.category, level))
        for key, level in settings.levels.items():
            if (named := Element.read(key)) is not None:
                was = found.get((named.group, named.creator.casefold(), named.element))
                nature, category = (was.nature, was.category) if isinstance(was, Demand) else ("attribute", None)
                put(named, carried(nature, category, level))
        return found
