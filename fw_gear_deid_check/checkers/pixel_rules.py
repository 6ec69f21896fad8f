"""Rules of text in pixels: what may not be burned into an image, and what images a person has to look at."""

from __future__ import annotations

from fw_gear_deid_check.rules import Level, Rule

_SOURCE = "45 CFR 164.514(b)(2)(i)"
IDENTIFIER_IN_PIXELS = Rule(
    id="PIX001",
    slug="identifier-in-pixels",
    summary="Text burned into an image has the form of an identifier",
    level=Level.FAIL,
    source=_SOURCE,
    remedy="Look at the image at this box; remove the series, or clean its pixels with a redaction tool",
    why="Ultrasound screens, captures and dose reports carry name and number in the picture, where no profile reaches.",
    bad="(a frame shows: DOE^JANE 1970-01-01)",
    good="(a frame shows: 120 kV)",
)
TEXT_IN_PIXELS = Rule(
    id="PIX002",
    slug="text-in-pixels",
    summary="Text is burned into an image, and neither scanner nor radiographer explains it",
    level=Level.REVIEW,
    source=_SOURCE,
    remedy="Look at the image at this box; where the text is harmless, say so in the policy with the reason",
    why="Reading pixels is never exact: what is text and isn't technical has to be read by a person.",
    bad="(a frame shows: Ward 4)",
    good="(a frame shows: FR 51Hz)",
)
TECHNICAL_TEXT = Rule(
    id="PIX003",
    slug="technical-text-in-pixels",
    summary="Technical text is burned into an image",
    level=Level.INFO,
    source="PS3.3 C.7.6.1.1.2",
    remedy="Nothing has to be done",
    why="Side markers, depths and exposure are told for completeness: text was seen, and it is harmless.",
    bad="(a frame shows: 120 kV)",
    good="(a frame without text)",
)
BURNED_IN = Rule(
    id="PIX004",
    slug="burned-in-annotation",
    summary="The header says that identifying text is burned into the pixels",
    level=Level.FAIL,
    source="PS3.3 C.7.6.1, BurnedInAnnotation",
    remedy="Remove the series or clean its pixels, then set BurnedInAnnotation to NO",
    why="YES is said by those who know. NO is often said without looking, and earns nothing here.",
    bad="BurnedInAnnotation: YES",
    good="BurnedInAnnotation: NO",
)
RISKY_IMAGE = Rule(
    id="PIX005",
    slug="risky-image",
    summary="Images of this class usually carry text: a person has to look, whatever was read in them",
    level=Level.REVIEW,
    source="PS3.15 Table E.1-1, Clean Pixel Data Option",
    remedy="Look at the images; leave them out of the project where they aren't needed",
    why="A reader of text finds about 19 of 20 lines. Where text is the rule, that is not enough.",
    bad="(a secondary capture)",
    good="(an original MR image)",
)
DATE_IN_PIXELS = Rule(
    id="PIX008",
    slug="date-in-pixels",
    summary="A date is burned into an image, and it is none that the header still holds",
    level=Level.FAIL,
    source="45 CFR 164.514(b)(2)(i)(C)",
    remedy="Look at the image at this box; clean its pixels, or lower this rule where the dates of a project may stay",
    category="C",
    why="A date that was shifted or removed in the header is given away by the picture; it may be that of birth.",
    bad="(a frame shows: 03/12/2014, and the header has no date)",
    good="(a frame shows the date that the policy lets the header keep)",
)
FRAMES_LEFT_OUT = Rule(
    id="PIX006",
    slug="frames-left-out",
    summary="Not every frame of a series of which each should be read was read",
    level=Level.REVIEW,
    source=_SOURCE,
    remedy="Look at the frames, or run again with --pixels all",
    why="A name may stand on one frame only; projections of all frames were read, but don't show all of it.",
    bad="(60 of 400 frames of a fluoroscopy were read)",
    good="(60 of 60 frames were read)",
)
RULES = (
    IDENTIFIER_IN_PIXELS,
    TEXT_IN_PIXELS,
    TECHNICAL_TEXT,
    BURNED_IN,
    RISKY_IMAGE,
    FRAMES_LEFT_OUT,
    DATE_IN_PIXELS,
)
