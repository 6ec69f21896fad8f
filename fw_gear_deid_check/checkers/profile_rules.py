"""What can be found where a profile was not applied, or not as it should have been."""

from __future__ import annotations

from fw_gear_deid_check.rules import Level, Rule

NAME = "profile"
SOURCE = "the Flywheel de-identification profile of the site"

NOT_APPLIED = Rule(
    id="PRF001",
    slug="profile-not-applied",
    summary="A field that the profile removes or replaces holds a value",
    level=Level.FAIL,
    source=SOURCE,
    remedy="Import again with the profile, or find out on which way this file came past it",
    why="Applying a profile to data that it was applied to changes nothing; where it would, it was not applied.",
    bad="PatientName: DOE^JANE (profile: PatientName, replace-with '')",
    good="PatientName: (empty)",
)
METHOD = Rule(
    id="PRF002",
    slug="profile-version",
    summary="DeidentificationMethod isn't the one that the profile writes",
    level=Level.FAIL,
    source=SOURCE,
    remedy="Import again with the profile that is wanted, or check against the version that was applied",
    why="A profile writes its own name and version: another one, or none, was applied here.",
    bad="DeidentificationMethod: site_profile_v3.0 (the profile writes site_profile_v4.0)",
    good="DeidentificationMethod: site_profile_v4.0",
)
FILLER = Rule(
    id="PRF003",
    slug="profile-filler",
    summary="The profile would write another filler; no value is left",
    level=Level.INFO,
    source=SOURCE,
    remedy="Nothing has to be done",
    why="Empty, zero and absent say the same; an importer or a later tool may have written one for the other.",
    bad="PregnancyStatus: 0 (profile: replace-with '')",
    good="PregnancyStatus: (empty)",
)
FORM = Rule(
    id="PRF004",
    slug="profile-form",
    summary="A value doesn't have the form that the profile's hash would give it",
    level=Level.FAIL,
    source=SOURCE,
    remedy="Import again with the profile",
    why="A hash can't be made again without the original, but it has its length and its alphabet.",
    bad="PatientID: MRN123 (profile: hash)",
    good="PatientID: 6080b0f8f86d6b34",
)
UNTOLD = Rule(
    id="PRF005",
    slug="profile-untold",
    summary="Whether the profile changed a value can't be told without the original",
    level=Level.REVIEW,
    source=SOURCE,
    remedy="Compare some files with their originals; then lower this rule in the policy",
    why="A shifted date is a date, and a number with jitter is a number.",
    bad="StudyDate: 20210304 (profile: increment-date)",
    good="StudyDate: (empty)",
)
FILE_NAME = Rule(
    id="PRF006",
    slug="profile-filename",
    summary="A file's name isn't the one that the profile would give it",
    level=Level.REVIEW,
    source=SOURCE,
    remedy="Import again with the profile, or see whether the file was renamed since",
    why="Profiles rename files, because their names hold identifiers as often as their headers.",
    bad="DOE_JANE_0001.dcm (profile: output '{SOPInstanceUID}.dcm')",
    good="2.25.199041.3.1.dcm",
)
RULES = (NOT_APPLIED, METHOD, FILLER, FORM, UNTOLD, FILE_NAME)
