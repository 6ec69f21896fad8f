"""Rules of attributes: five natures, the same in every kind of place, with the place's own ids and remedy."""

from __future__ import annotations

from dataclasses import replace

from fw_gear_deid_check.rules import Level, Rule

_NATURES = (
    Rule(
        id="001",
        slug="direct-identifier",
        summary="An attribute of {place} that identifies the person holds a value",
        level=Level.FAIL,
        source="45 CFR 164.514(b)(2)(i)",
        remedy="",
        why="Attributes made for the patient's names, numbers, addresses and birth date must be empty or a dummy.",
        bad="PatientName: DOE^JANE",
        good="PatientName: (empty)",
    ),
    Rule(
        id="002",
        slug="staff-name",
        summary="An attribute of {place} names a member of staff",
        level=Level.FAIL,
        source="PS3.15 Table E.1-1",
        remedy="",
        why="Physicians and operators are persons too, and their names narrow down a patient's.",
        bad="OperatorsName: ROE^RICHARD",
        good="OperatorsName: (empty)",
        category="A",
    ),
    Rule(
        id="003",
        slug="indirect-identifier",
        summary="An attribute of {place} that identifies together with others holds a value",
        level=Level.INFO,
        source="PS3.15 Table E.1-1",
        remedy="",
        why="Most research sites keep dates, UIDs, devices and institutions; stricter policies forbid them.",
        bad="StudyDate: 20210304 (under safe-harbor)",
        good="StudyDate: (empty)",
    ),
    Rule(
        id="004",
        slug="attribute",
        summary="An attribute of {place} that PS3.15 removes or cleans holds a value",
        level=Level.INFO,
        source="PS3.15 Table E.1-1",
        remedy="",
        why="Free text and structures are no identifiers in themselves, but the profile of PS3.15 empties them.",
        bad="StudyComments: see previous scan (under ps3.15-basic)",
        good="StudyComments: (absent)",
    ),
    Rule(
        id="005",
        slug="age-over-89",
        summary="An age in {place} is over 89 years",
        level=Level.FAIL,
        source="45 CFR 164.514(b)(2)(i)(C)",
        remedy="",
        why="Ages over 89 are rare enough to identify; Safe Harbor puts them into one class, 90 and over.",
        bad="PatientAge: 093Y",
        good="PatientAge: 066Y",
        category="C",
    ),
)
"""In ``summary``, ``{place}`` stands for what the attribute is a part of."""


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

    Examples
    --------
    >>> attribute_rules("DCM", "a DICOM data set", "")["staff-name"].summary
    'An attribute of a DICOM data set names a member of staff'
    """
    return {
        rule.slug: replace(rule, id=prefix + rule.id, summary=rule.summary.replace("{place}", place), remedy=remedy)
        for rule in _NATURES
    }
