"""Data elements that are treated apart: what a machine writes, what can't be read through, what is compared."""

from __future__ import annotations

NOT_READ_THROUGH = {
    0x04000500: ("encrypted attributes", True),
    0x00420011: ("an encapsulated document", True),
    0x00880200: ("an icon image", False),
    0x60003000: ("an overlay", False),
    0x50003000: ("a curve", False),
    0x5000200C: ("audio", True),
    0xFFFAFFFA: ("digital signatures", False),
}
"""What it is and whether it is "not checked" besides, by tag; of repeating groups the first."""
REPEATED = frozenset({0x50, 0x60})
"""First bytes of repeating groups: curves and overlays."""
QUIET_BYTES = frozenset({0x04000520, 0x04000510, 0x04000120, 0xFFFCFFFC})
"""Public elements of bytes in which no text is looked for: encrypted, digests, or looked at elsewhere."""
MACHINE = frozenset(
    {
        0x00020013,
        0x00080070,
        0x00080116,
        0x00081090,
        0x00180024,
        0x00181016,
        0x00181018,
        0x00181020,
        0x00181250,
        0x00181251,
        0x00189005,
    }
)
"""Text that a machine writes: makers, models, versions, sequences and coils by name, coding schemes."""
ORGANISATION = frozenset({0x00080116})
"""Elements in which the place of an organisation belongs."""
SPOKEN = frozenset({0x0020000D, 0x0020000E, 0x00200052})
"""UIDs that are kept for the search for known numbers, as dates are; those of instances, where they are listed."""
MAY_BE_SEQUENCE = frozenset({b"SQ", b"UN", b""})
NUMBERS = frozenset({b"DS", b"IS"})
KINDS = frozenset({"CS", "DA", "DT", "TM", "UI"})
CODING = frozenset({0x00080102, 0x00080103})
"""What doesn't identify anybody in a sequence about a person: kinds, times, UIDs, coding schemes."""
METHOD = 0x00120063
BIRTH = 0x00100030
TRAITS = {
    0x00020002: "sop_class",
    0x00080016: "sop_class",
    0x0020000E: "series",
    0x00100020: "patient_id",
    0x00120062: "identity_removed",
    METHOD: "method",
    0x00120064: "codes",
    0x00280303: "longitudinal",
    BIRTH: "birth_date",
    0x00080020: "study_date",
    0x00080021: "series_date",
    0x00080022: "acquisition_date",
    0x54000100: "waveform",
}
"""What is judged together once all of an instance is known: value by name, as far as an instance has it."""
