"""Rules of text: the same wherever the text stands; every checker that reads text has them."""

from __future__ import annotations

from fw_gear_deid_check.detectors.recognizer import Match
from fw_gear_deid_check.rules import Level, Rule

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


def rule_of(match: Match) -> Rule:
    """Return the rule that a match breaks."""
    if not match.strong:
        return SUSPECT_TEXT
    return STAFF_IN_TEXT if match.recognizer == "staff-name" else IDENTIFIER_IN_TEXT
