"""Sections of a profile that ``fw-file-rs`` doesn't know: other tools of Flywheel apply them, none of them is here.

The engine judges ``dicom`` and ``json``; it warns of all others and passes them over. What these do to data can't be
seen by applying them once more, so it is said for which files that leaves something open. Which files a section is for,
is told by its ``file-filter``, else by name, else by kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

PATTERNS: dict[str, tuple[str, ...]] = {
    "nifti": ("*.nii", "*.nii.gz", "*.hdr"),
    "csv": ("*.csv",),
    "tsv": ("*.tsv",),
    "table": ("*.csv", "*.tsv", "*.xls", "*.xlsx"),
    "jpg": ("*.jpg", "*.jpeg"),
    "png": ("*.png",),
    "tiff": ("*.tif", "*.tiff"),
    "xml": ("*.xml",),
    "key-value-text-file": ("*.mhd",),
    "filename": ("*",),
}
"""Names of the files that a section is for where it doesn't say."""
KINDS = {
    "nifti": "nifti",
    **dict.fromkeys(("csv", "tsv", "table"), "table"),
    **dict.fromkeys(("jpg", "png", "tiff"), "image"),
    **dict.fromkeys(("xml", "key-value-text-file"), "text"),
}
"""Kind of content that a section may be for where the name doesn't tell, for it has none of these endings."""
_ENDINGS = tuple(pattern[1:] for patterns in PATTERNS.values() for pattern in patterns if pattern != "*")


class Foreign(NamedTuple):
    """A section of another tool: its name, its ``file-filter``, its rules for names, and what else it says.

    ``plain`` tells that it does nothing but make names, from the name that a file has.
    """

    name: str
    filters: tuple[str, ...] = ()
    filenames: tuple[dict[str, str], ...] = ()
    plain: bool = False

    def is_for(self, name: str, kind: str | None) -> bool:
        """Tell whether a file of this name and kind is one that the section is for."""
        if self.filters:
            return any(fnmatchcase(name, pattern) for pattern in self.filters)
        folded = name.lower()
        if any(fnmatchcase(folded, pattern) for pattern in PATTERNS[self.name]):
            return True
        return kind is not None and kind == KINDS.get(self.name) and not folded.endswith(_ENDINGS)


def section_for(sections: Sequence[Foreign], name: str, kind: str | None) -> Foreign | None:
    """Return the first section that is for a file, the one for names of any files last; None where there is none."""
    ordered = sorted(sections, key=lambda section: section.name == "filename")
    return next((section for section in ordered if section.is_for(name, kind)), None)


def section(name: str, settings: dict[str, object], *, fields: bool) -> Foreign:
    """Return a section by what is written in it, whatever that is.

    Parameters
    ----------
    fields
        Whether it has any.
    """
    filters = settings.get("file-filter")
    listed = filters if isinstance(filters, list) else [filters] if isinstance(filters, str) else []
    rules = settings.get("filenames")
    rows = rules if isinstance(rules, list) else []
    names = [row for row in rows if isinstance(row, dict) and all(isinstance(value, str) for value in row.values())]
    plain = name == "filename" and not fields and bool(rows) and len(names) == len(rows)
    plain = plain and all(row.keys() == {"input-regex", "output"} for row in names)
    return Foreign(
        name, tuple(map(str, listed)), tuple(names), plain and settings.keys() <= {"file-filter", "filenames"}
    )
