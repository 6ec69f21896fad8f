"""Judge: what attributes and texts are worth under the policy, the same in every place where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from fw_gear_deid_check.detectors import known, recognizers
from fw_gear_deid_check.detectors.folding import fold
from fw_gear_deid_check.detectors.recognizer import Match
from fw_gear_deid_check.findings import Finding, Identifier, Location, Masker, Text
from fw_gear_deid_check.policy import Demand, Policy
from fw_gear_deid_check.policy.actions import breach
from fw_gear_deid_check.rules import Level, Rule

MATCHES_PER_TEXT = 8
"""Findings of one text; what more there is in it shares their place and their remedy."""

IDENTIFIER_IN_TEXT = Rule(
    id="TXT001",
    slug="identifier-in-text",
    summary="Text holds something that has the form of an identifier",
    level=Level.FAIL,
    source="45 CFR 164.514(b)(2)(i)",
    remedy="Read the text at this place and remove the identifier, or remove the field with the profile",
    why="A profile empties the fields made for identifiers; people also type them into comments and descriptions.",
    bad="ImageComments: repeat scan, MRN 00482913",
    good="ImageComments: repeat scan, motion",
)
SUSPECT_TEXT = Rule(
    id="TXT002",
    slug="suspect-text",
    summary="Text holds something that may be an identifier: a person has to read it",
    level=Level.REVIEW,
    source="45 CFR 164.514(b)(2)(i)",
    remedy="Read the text at this place; if it is harmless, allow it in the policy with the reason",
    why="Some identifiers have no form of their own; what looks like one is shown to a person and not judged.",
    bad="SeriesDescription: jane doe t1",
    good="SeriesDescription: sagittal t1",
)
KNOWN_IDENTIFIER = Rule(
    id="TXT003",
    slug="known-identifier",
    summary="An identifier that is known from another place of the run, or from the user's list, stands here",
    level=Level.FAIL,
    source="45 CFR 164.514(b)(2)(i)",
    remedy="Remove it at this place too; the fingerprint tells where else it stands",
    why="A name emptied in one element is copied by people and converters into comments, headers and file names.",
    bad="descrip: doe_jane t1 (PatientName of the same subject: DOE^JANE)",
    good="descrip: TE=2.9;Time=141830.288;phase=1",
)
STAFF_IN_TEXT = Rule(
    id="TXT004",
    slug="staff-name",
    summary="Text names a member of staff",
    level=Level.FAIL,
    source="PS3.15 Table E.1-1",
    remedy="Remove the name, or lower the rule in the policy where names of staff may stay",
    category="A",
    why="Physicians and operators are persons too, and their names narrow down a patient's.",
    bad="ImageComments: read by Dr. Roe",
    good="ImageComments: read twice",
)
TEXT_RULES = (IDENTIFIER_IN_TEXT, SUSPECT_TEXT, KNOWN_IDENTIFIER, STAFF_IN_TEXT)


def attribute_rules(prefix: str, place: str, remedy: str) -> dict[str, Rule]:
    """Return the rules for attributes in one kind of place, by slug.

    Parameters
    ----------
    prefix
        Three letters, ``DCM``; the rules are numbered from 001.
    place
        What the attribute is a part of, for the summary: ``a DICOM data set``.
    remedy
        One sentence: how attributes in such a place are emptied.
    """
    shared = {"remedy": remedy}
    rules = (
        Rule(
            id=f"{prefix}001",
            slug="direct-identifier",
            summary=f"An attribute of {place} that identifies the person holds a value",
            level=Level.FAIL,
            source="45 CFR 164.514(b)(2)(i)",
            why="Attributes made for the patient's names, numbers, addresses and birth date must be empty or a dummy.",
            bad="PatientName: DOE^JANE",
            good="PatientName: (empty)",
            **shared,
        ),
        Rule(
            id=f"{prefix}002",
            slug="staff-name",
            summary=f"An attribute of {place} names a member of staff",
            level=Level.FAIL,
            source="PS3.15 Table E.1-1",
            why="Physicians and operators are persons too, and their names narrow down a patient's.",
            bad="OperatorsName: ROE^RICHARD",
            good="OperatorsName: (empty)",
            category="A",
            **shared,
        ),
        Rule(
            id=f"{prefix}003",
            slug="indirect-identifier",
            summary=f"An attribute of {place} that identifies together with others holds a value",
            level=Level.INFO,
            source="PS3.15 Table E.1-1",
            why="Most research sites keep dates, UIDs, devices and institutions; stricter policies forbid them.",
            bad="StudyDate: 20210304 (under safe-harbor)",
            good="StudyDate: (empty)",
            **shared,
        ),
        Rule(
            id=f"{prefix}004",
            slug="attribute",
            summary=f"An attribute of {place} that PS3.15 removes or cleans holds a value",
            level=Level.INFO,
            source="PS3.15 Table E.1-1",
            why="Free text and structures are no identifiers in themselves, but the profile of PS3.15 empties them.",
            bad="StudyComments: see previous scan (under ps3.15-basic)",
            good="StudyComments: (absent)",
            **shared,
        ),
        Rule(
            id=f"{prefix}005",
            slug="age-over-89",
            summary=f"An age in {place} is over 89 years",
            level=Level.FAIL,
            source="45 CFR 164.514(b)(2)(i)(C)",
            why="Ages over 89 are rare enough to identify; Safe Harbor puts them into one class, 90 and over.",
            bad="PatientAge: 093Y",
            good="PatientAge: 066Y",
            category="C",
            **shared,
        ),
    )
    return {rule.slug: rule for rule in rules}


class Judge:
    """Judges attributes and texts under one policy; every checker of a run is given the same one."""

    def __init__(self, policy: Policy, masker: Masker) -> None:
        self.policy = policy
        self.masker = masker

    def under(self, policy: Policy) -> Judge:
        """Return a judge under another policy: that of an item's own claims."""
        return self if policy is self.policy else Judge(policy, self.masker)

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
    ) -> Iterator[Finding]:
        """Yield the finding, unless the policy switches its rule off.

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
            return
        evidence = None
        if value is not None:
            evidence = self.masker.evidence(value, identity or (partial(known.identity, kind) if kind else None))
        yield Finding(
            rule=rule,
            level=judged,
            checker=checker,
            location=location,
            message=message,
            category=category or rule.category,
            evidence=evidence,
            source=source,
        )

    def attribute(
        self,
        rules: Mapping[str, Rule],
        checker: str,
        demand: Demand,
        values: Sequence[str],
        location: Location,
        keyword: str = "",
    ) -> Iterator[Finding | Identifier]:
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
        kind = kind_of(demand, location.vr, keyword)
        populated = [value for value in values if not self.policy.is_dummy(value, demand.nature)]
        if demand.nature in {"direct-identifier", "staff-name"} and kind is not None:
            for value in populated:
                staff = demand.nature == "staff-name"
                yield Identifier(kind, value, demand.category or "R", location, staff)
        if keyword in AGES:
            old = [value for value in populated if is_over_89(value)]
            if old:
                message = f"{keyword} is over 89 years"
                told = list(self.finding(rules["age-over-89"], checker, location, message, value=old[0]))
                yield from told
                if told:
                    return
        level = breach(demand, values, populated)
        if level is None:
            return
        rule = rules[demand.nature]
        name = keyword or "this attribute"
        shown = "\\".join(populated) if populated else None
        message = f"{name} holds a value" if populated else f"{name} is there, without a value"
        yield from self.finding(
            rule,
            checker,
            location,
            message,
            value=shown,
            level=level,
            category=demand.category,
            kind=kind,
            source=demand.source,
        )

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
        matches = recognizers.find(value)
        if matches:
            found = {(match.recognizer, value[match.start : match.end]): match for match in reversed(matches)}
            told = [
                finding
                for (_, matched), match in reversed(found.items())
                for finding in self.finding(
                    _rule_of(match),
                    checker,
                    location,
                    f"the text {'holds' if match.strong else 'may hold'} {match.words}",
                    value=matched,
                    level=self.policy.text_level(match.category, match.strong, place, match.recognizer),
                    category=match.category,
                    kind=match.kind,
                )
            ]
            # The worst first: harmless matches must not hide the one that matters.
            yield from sorted(told, key=lambda finding: -finding.level.rank)[:MATCHES_PER_TEXT]
        yield Text(checker, location, value, free=place in {"free", "private"})


def _rule_of(match: Match) -> Rule:
    """Return the rule that a match breaks."""
    if not match.strong:
        return SUSPECT_TEXT
    return STAFF_IN_TEXT if match.recognizer == "staff-name" else IDENTIFIER_IN_TEXT


AGES = frozenset({"PatientAge"})
DATES_OF_BIRTH = frozenset({"PatientBirthDate", "PatientBirthDateInAlternativeCalendar"})
_YEARS_IN = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
_AGE = re.compile(r"(\+?[0-9]{1,8}(?:[.,][0-9]{1,16})?(?:E\+?[0-9]{1,2})?)[ _-]{0,2}([A-Z/]{0,8})\.?(?:[ _-]{1,2}OLD)?")
_LONGEST_AGE = 40
_WORDS_OF_UNITS = {
    "Y": "YEAR YEARS YR YRS YO Y/O ANS AN ANNEES JAHR JAHRE J ANOS ANNI ANNO JAAR",
    "M": "MONTH MONTHS MO MOIS MONAT MONATE MESES MES MESI MAAND MAANDEN",
    "W": "WEEK WEEKS WK WKS WOCHE WOCHEN SEMAINES SEMANAS WEKEN",
    "D": "DAY DAYS TAG TAGE JOURS DIAS GIORNI DAGEN",
}
_UNIT_OF = {word: unit for unit, words in _WORDS_OF_UNITS.items() for word in words.split()}


def is_over_89(value: str) -> bool:
    """Tell whether an age is over 89 years: AS (PS3.5 6.2), a plain number of years, or a number and a word.

    >>> [is_over_89(age) for age in ("089Y", "090Y", "1100M", "91", "066Y", "n/a")]
    [False, True, True, True, False, False]
    >>> [is_over_89(age) for age in ("94 years", "94 Jahre", "94 ans", "94 months", "49 yrs", "94 slices")]
    [True, True, True, False, False, False]
    """
    value = value.strip()
    age = _AGE.fullmatch(fold(value).upper()) if len(value) <= _LONGEST_AGE else None
    if age is None:
        return False
    unit = _UNIT_OF.get(age[2], age[2] or "Y")
    return unit in _YEARS_IN and 90 <= float(age[1].replace(",", ".")) * _YEARS_IN[unit] < 1000


def kind_of(demand: Demand, vr: str | None, keyword: str) -> str | None:
    """Return what an attribute's value is to the search for known identifiers: ``name``, ``id``, ``date`` or None."""
    if demand.nature == "staff-name" or demand.category == "A":
        return "name" if vr in {None, "PN", "LO", "SH", "UN"} and not keyword.endswith("Sequence") else None
    if demand.nature != "direct-identifier":
        return None
    if keyword in DATES_OF_BIRTH:
        return "date"
    return "id" if demand.category in {"G", "H", "I", "J", "R"} and not keyword.endswith("Sequence") else None
