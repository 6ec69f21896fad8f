"""Every limit that keeps a hostile or broken input from costing more than it should, in one place.

What is beyond a limit is "not checked", with the limit named in the reason. Sizes are bytes, times seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30
COLLECT_AFTER = (50_000, 20, 50)
"""Thresholds of the garbage collector: most of what a run makes stays until its reports are written."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one run; a policy's ``limits:`` section may change each of them by its name."""

    in_memory: int = 8 * MIB
    """Content up to this size is held in memory, larger content in an unnamed temporary file."""
    member_size: int = 16 * GIB
    """Size of one archive member when inflated."""
    archive_total: int = 64 * GIB
    """Sum of the sizes of all members of one archive when inflated, nested ones included."""
    archive_ratio: int = 1100
    """Inflated size against compressed size of one member above 1 MiB; DEFLATE itself can't exceed 1032."""
    archive_members: int = 1_000_000
    """Members of one archive."""
    archive_directory: int = 256 * MIB
    """Size of the directory of one zip archive."""
    archive_depth: int = 3
    """Archives inside archives."""
    sequence_depth: int = 64
    """Sequences inside sequences in DICOM; objects inside objects in JSON."""
    header_size: int = 128 * MIB
    """Bytes of one DICOM header that are held at once; pixel data and other bulk data don't count."""
    data_elements: int = 200_000
    """Data elements at the top level of one DICOM data set; real ones have hundreds, zeros look like millions."""
    json_size: int = 256 * MIB
    """Size of one JSON document."""
    text_size: int = 256 * MIB
    """Size of one text document."""
    element_text: int = 4 * MIB
    """Bytes of one data element, field or extension that are read as text."""
    kept_text: int = 192 * MIB
    """Distinct text kept for the search for known identifiers, whole run."""
    item_seconds: int = 900
    """Time one item may take, pixels apart."""
    pixels_series_seconds: int = 300
    """Time that reading text in the pixels of one series may take."""
    pixels_run_seconds: int = 3600
    """Time that reading text in pixels may take, whole run."""

    @classmethod
    def names(cls) -> frozenset[str]:
        """Return the names that a policy may set."""
        return frozenset(field.name for field in fields(cls))
