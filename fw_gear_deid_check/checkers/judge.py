"""Judge: what attributes and texts are worth under the policy, the same in every place where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from fw_gear_deid_check.checkers.ages import AGES, is_over_89
from fw_gear_deid_check.checkers.text_rules import rule_of
from fw_gear_deid_check.detectors import known, recognizers
from fw_gear_deid_check.detectors.dates import is_placeholder
from fw_gear_deid_check.detectors.recognizer import Match
from fw_gear_deid_check.evidence import Masker
from fw_gear_deid_check.findings import Finding, Identifier, Location, Text
from fw_gear_deid_check.policy import Demand, Policy
from fw_gear_deid_check.policy.actions import breach
from fw_gear_deid_check.readers.escapes import readings, unescaped
from fw_gear_deid_check.rules import Level, Rule

SAID = 64
"""Matches of a text as it stands that aren't told again when its escapes are decoded."""
MATCHES_PER_TEXT = 8
"""Findings of one text; what more there is in it shares their place and their remedy."""


class Judge:
    """Judges attributes and texts under one policy; every checker of a run is given the same one.

    Parameters
    ----------
    originals
        UIDs that the user lists: those of the original data, which have to have been replaced wherever they stand.
    """

    def __init__(self, policy: Policy, masker: Masker, originals: frozenset[str] = frozenset()) -> None:
        self.policy = policy
        self.masker = masker
        self.originals = originals

    def under(self, policy: Policy) -> Judge:
        """Return a judge under another policy: that of an item's own claims."""
        return self if policy is self.policy else Judge(policy, self.masker, self.originals)

    def finding(
        self,
        rule: Rule,
        checker: str,
        location: Location,
        message: str,
        *,
        value: str | None = None,
        level: Level | None = None,
        category: str | None = None,
        kind: str | None = None,
        identity: str | None = None,
        source: str | None = None,
    ) -> tuple[Finding, ...]:
        """Return the finding, or nothing where the policy switches its rule off.

        Parameters
        ----------
        value
            What was found; becomes evidence.
        level
            Where the attribute or the match sets it; else the rule's own. The policy has the last word.
        kind
            ``name``, ``id`` or ``date``: makes the fingerprint the same for every disguise of the value.
        identity
            What the value is a disguise of, where that is known already.
        """
        judged = self.policy.level(rule, level)
        if judged is None:
            return ()
        evidence = None
        if value is not None:
            evidence = self.masker.evidence(value, identity or (partial(known.identity, kind) if kind else None))
        return (Finding(rule, judged, checker, location, message, category or rule.category, evidence, source),)

    def attribute(
        self,
        rules: Mapping[str, Rule],
        checker: str,
        demand: Demand,
        values: Sequence[str],
        location: Location,
        keyword: str = "",
    ) -> list[Finding | Identifier]:
        """Judge the values of an attribute that the policy has a demand on, and learn identifiers from them.

        Parameters
        ----------
        rules
            The checker's `attribute_rules`, by slug.
        values
            The decoded values of the attribute, one or more; empty for an attribute that is there without a value.
        keyword
            DICOM keyword of the attribute, where it has one.
        """
        demand = self._as_order(demand, values, keyword)
        kind = kind_of(demand, location.vr, keyword)
        populated = [value for value in values if not self.policy.is_dummy(value)]
        if keyword in DATES_OF_BIRTH:
            populated = [value for value in populated if not is_placeholder(value)]
        told: list[Finding | Identifier] = []
        if kind is not None and demand.nature in {"direct-identifier", "staff-name"}:
            staff = demand.nature == "staff-name"
            told += [
                Identifier(kind, reading, demand.category or "R", location, staff)
                for value in populated
                for reading in readings(value)
            ]
        if keyword in AGES:
            old = [value for value in populated if is_over_89(value)]
            if old:
                message = f"{keyword} is over 89 years"
                found = self.finding(rules["age-over-89"], checker, location, message, value=old[0])
                if found:
                    return [*told, *found]
        level = breach(demand, populated)
        if level is None:
            return told
        name = keyword or "this attribute"
        told += self.finding(
            rules[demand.nature],
            checker,
            location,
            f"{name} holds a value" if populated else f"{name} is there, without a value",
            value="\\".join(populated) if populated else None,
            level=level,
            category=demand.category,
            kind=kind,
            source=demand.source,
        )
        return told

    def _as_order(self, demand: Demand, values: Sequence[str], keyword: str) -> Demand:
        """Return what is asked of an accession number, of an attribute that often repeats one and seems to."""
        if keyword not in REPEATS_ORDER or keyword in self.policy.settings.levels:
            return demand
        order = self.policy.keyword("AccessionNumber")
        return order if order is not None and any(map(is_order_number, values)) else demand

    def text(self, checker: str, value: str, location: Location, place: str = "free") -> Iterator[Finding | Text]:
        """Judge text that may hold identifiers, and keep it for the search for those that are known.

        Parameters
        ----------
        place
            ``free`` text that people type, ``private`` elements and vendor headers, ``name`` of a file, folder or
            label, ``structured`` fields that a machine writes.
        """
        if not value or value.isspace() or self.policy.is_dummy(value):
            return
        found = _matches(value)
        if place == "structured":
            found = {
                key: each._replace(strong=each.strong and not _DOTTED.fullmatch(key[1])) for key, each in found.items()
            }
        told = [
            finding
            for (_, matched), match in found.items()
            for finding in self.finding(
                rule_of(match),
                checker,
                location,
                f"the text {'holds' if match.strong else 'may hold'} {match.words}",
                value=matched,
                level=self.policy.text_level(match.category, match.strong, place, match.recognizer),
                category=match.category,
                kind=match.kind,
            )
        ]
        if told:  # the worst first: harmless matches must not hide the one that matters
            yield from sorted(told, key=lambda finding: -finding.level.rank)[:MATCHES_PER_TEXT]
        yield Text(checker, location, value, free=place in {"free", "private"})


def _matches(value: str) -> dict[tuple[str, str], Match]:
    """Return what is found in each reading of a text, by recognizer and text: each once, the first of equal ones."""
    found: dict[tuple[str, str], Match] = {}
    for text in readings(value):
        said = [(recognizer, unescaped(matched) or matched) for recognizer, matched in islice(found, SAID)]
        for match in recognizers.find(text):
            matched = text[match.start : match.end]
            if not any(recognizer == match.recognizer and matched in whole for recognizer, whole in said):
                found.setdefault((match.recognizer, matched), match)
    return found


REPEATS_ORDER = frozenset({"StudyID", "RequestedProcedureID"})
"""Attributes that count examinations on some scanners, and repeat the accession number where a RIS fills them."""
_DOTTED = re.compile(r"\d{3}\.\d{3}\.\d{4}")
"""A telephone number if a person wrote it; where machines write and no label says more, somebody has to look."""
_ORDER = re.compile(r"[A-Za-z]{0,4}[-_ ]?[0-9]{7,16}")
_WITH_DATE = re.compile(r"(?<!\d)(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")


def is_order_number(value: str) -> bool:
    """Tell whether a value is a number as a RIS gives it to an order, and no scanner's own: long, and no time.

    >>> [is_order_number(value) for value in ("1", "40213", "8812345", "ACC-20817734", "20220623141815")]
    [False, False, True, True, False]
    """
    return _ORDER.fullmatch(value.strip()) is not None and _WITH_DATE.search(value) is None


DATES_OF_BIRTH = frozenset({"PatientBirthDate", "PatientBirthDateInAlternativeCalendar"})


def kind_of(demand: Demand, vr: str | None, keyword: str) -> str | None:
    """Return what an attribute's value is to the search for known identifiers: ``name``, ``id``, ``date`` or None."""
    if demand.nature == "staff-name" or demand.category == "A":
        return "name" if vr in {None, "PN", "LO", "SH", "UN"} and not keyword.endswith("Sequence") else None
    if demand.nature != "direct-identifier":
        return None
    if keyword in DATES_OF_BIRTH:
        return "date"
    return "id" if demand.category in {"D", "E", "G", "H", "I", "J", "R"} and not keyword.endswith("Sequence") else None
