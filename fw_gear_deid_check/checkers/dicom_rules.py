"""What the DICOM checker finds."""

from __future__ import annotations

from fw_gear_deid_check.checkers.attribute_rules import attribute_rules
from fw_gear_deid_check.checkers.text_rules import TEXT_RULES
from fw_gear_deid_check.rules import Level, Rule

NAME = "dicom"

ATTRIBUTES = attribute_rules(
    "DCM", "a DICOM data set", "Add the element to the profile, with the action that Table E.1-1 names"
)
"""Rules for data elements, public and private, by slug."""

CANT_BE_READ_THROUGH = Rule(
    id="DCM006",
    slug="content-not-readable",
    summary="The data set holds content that can't be read through for identifiers",
    level=Level.REVIEW,
    source="PS3.15 E.1.1",
    remedy="Remove the element, or look at its content and suppress the finding with the reason",
    why="Encrypted attributes, documents, icon images, overlays and audio can hold whatever the rest has lost.",
    bad="EncapsulatedDocument: 48 kB, application/pdf",
    good="EncapsulatedDocument: (absent)",
)
CONTRADICTED = Rule(
    id="DCM007",
    slug="claim-contradicted",
    summary="The data set claims something about its own de-identification that it contradicts",
    level=Level.REVIEW,
    source="PS3.3 C.7.1.1",
    remedy="Look at how the data were de-identified: the claim was set without the work, or came with the data",
    why="Profiles set PatientIdentityRemoved on whatever they are given, and a second tool may put identifiers back.",
    bad="PatientIdentityRemoved: YES, PatientName: DOE^JANE",
    good="PatientIdentityRemoved: YES, PatientName: (empty)",
)
NO_RECORD = Rule(
    id="DCM008",
    slug="no-deidentification-record",
    summary="The data set doesn't say that it was de-identified",
    level=Level.REVIEW,
    source="PS3.15 E.1.1",
    remedy="Let the profile set PatientIdentityRemoved and DeidentificationMethod, and find out how these data came in",
    why="Data that were uploaded around the profile look like this.",
    bad="PatientIdentityRemoved: (absent), DeidentificationMethod: (absent)",
    good="PatientIdentityRemoved: YES, DeidentificationMethod: Site profile v4",
)
MIXED_PATIENTS = Rule(
    id="DCM009",
    slug="mixed-patients",
    summary="Instances of one series have different patient ids",
    level=Level.REVIEW,
    source="PS3.3 C.7.3.1",
    remedy="Find out whose images these are before anybody uses them",
    why="Images of another patient in a series are somebody else's data, whatever is done to the header.",
    bad="59 instances with PatientID sub-0012, the 41st with sub-0021",
    good="60 instances with PatientID sub-0012",
)
HIDDEN_BYTES = Rule(
    id="DCM010",
    slug="hidden-bytes",
    summary="Bytes that no viewer shows hold something: preamble, padding, or after the end of the data set",
    level=Level.REVIEW,
    source="PS3.10 7.1",
    remedy="Write the file anew; the preamble and what stands after the data set may be zeros or absent",
    why="Rewriting a data set keeps these bytes, and hardly any tool looks at them.",
    bad="preamble: 128 bytes of text",
    good="preamble: 128 zeros",
)
DUPLICATE = Rule(
    id="DCM011",
    slug="duplicate-element",
    summary="A data element stands twice in a data set; both were judged",
    level=Level.INFO,
    source="PS3.5 7.1",
    remedy="Write the file anew, without the second one",
    why="Some tools read the first and some the last: one of them shows what the other has removed.",
    bad="PatientName: (empty), PatientName: DOE^JANE",
    good="PatientName: (empty)",
)
CLAIMS_NOTHING = Rule(
    id="DCM012",
    slug="claims-nothing",
    summary="The data set claims no profile; it was judged by the basic one",
    level=Level.INFO,
    source="PS3.15 E.1.1",
    remedy="Let the profile write DeidentificationMethodCodeSequence with codes of CID 7050",
    why="The policy goes by what each data set says was done to it.",
    bad="DeidentificationMethodCodeSequence: (absent)",
    good="DeidentificationMethodCodeSequence: 113100",
)
PIXEL_DATA_LENGTH = Rule(
    id="DCM013",
    slug="pixel-data-length",
    summary="The pixel data are longer or shorter than the image",
    level=Level.REVIEW,
    source="PS3.5 8.1.1",
    remedy="Write the file anew with the pixels of the image alone, or find out what is missing",
    why="Viewers show as many pixels as the geometry says; what stands behind the last one goes unseen.",
    bad="PixelData: 600 bytes, for 16 rows and 16 columns of 16 bits",
    good="PixelData: 512 bytes",
)
RULES: tuple[Rule, ...] = (
    *ATTRIBUTES.values(),
    CANT_BE_READ_THROUGH,
    CONTRADICTED,
    NO_RECORD,
    MIXED_PATIENTS,
    HIDDEN_BYTES,
    DUPLICATE,
    CLAIMS_NOTHING,
    PIXEL_DATA_LENGTH,
    *TEXT_RULES,
)
