"""Makes the project's table of PS3.15 Table E.1-1 from the columns of the standard.

Run ``python -m fw_gear_deid_check.policy.make_table INPUT.csv [EDITION]`` when a new edition is out. INPUT.csv has the
standard's columns, one row an attribute; the output, ``ps3_15_EDITION.csv``, stands beside this file and holds facts
only: tag, keyword, the basic profile's action, and the action of each option. Tags with an ``x`` are patterns; the row
of the private attributes has the tag ``private``.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

COLUMNS = {
    "Basic Prof.": "basic",
    "Rtn. Safe Priv. Opt.": "safe-private",
    "Rtn. UIDs Opt.": "uids",
    "Rtn. Dev. Id. Opt.": "device",
    "Rtn. Inst. Id. Opt.": "institution",
    "Rtn. Pat. Chars. Opt.": "patient-characteristics",
    "Rtn. Long. Full Dates Opt.": "full-dates",
    "Rtn. Long. Modif. Dates Opt.": "modified-dates",
    "Clean Desc. Opt.": "descriptors",
    "Clean Struct. Cont. Opt.": "structured-content",
    "Clean Graph. Opt.": "graphics",
}
"""The standard's column, and the name of the option in a policy."""

KEYWORDS = {
    "Multi-energy Acquisition Description": "MultienergyAcquisitionDescription",
    "Private Attributes": "PrivateAttributes",
}
"""Keywords that PS3.6 doesn't make by its own rule, and the one row that has none."""


def keyword(name: str) -> str:
    """Return the keyword of an attribute name, by the rule of PS3.6: words joined, each with a capital.

    >>> keyword("Name of Physician(s) Reading Study")
    'NameOfPhysiciansReadingStudy'
    >>> keyword("Patient's Birth Date")
    'PatientBirthDate'
    """
    name = re.sub(r"\s*\(see Note \d+\)", "", name)
    if name in KEYWORDS:
        return KEYWORDS[name]
    words = re.split(r"[\s/-]+", re.sub(r"'s\b|[()',]", "", name))
    return "".join(word[:1].upper() + word[1:] for word in words)


def tag(cell: str) -> str:
    """Return the tag of a cell as eight digits, ``60xx3000`` for a repeating group, or ``private``."""
    if "odd" in cell:
        return "private"
    match = re.fullmatch(r"\(([0-9A-Fx]{4}),([0-9A-Fx]{4})\)", cell.strip())
    if match is None:
        raise ValueError(f"not a tag: {cell!r}")
    return match[1] + match[2]


def convert(source: Path, target: Path) -> int:
    """Write the table and return the number of its rows."""
    with source.open(encoding="utf-8-sig", newline="") as stream:
        rows = [
            [tag(row["Tag"]), keyword(row["Attribute Name"]), *(row[column].strip() for column in COLUMNS)]
            for row in csv.DictReader(stream)
        ]
    rows.sort()
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["tag", "keyword", *COLUMNS.values()])
        writer.writerows(rows)
    return len(rows)


if __name__ == "__main__":
    edition = sys.argv[2] if len(sys.argv) > 2 else "2025c"
    table = Path(__file__).parent / f"ps3_15_{edition}.csv"
    sys.stderr.write(f"{convert(Path(sys.argv[1]), table)} rows in {table.name}\n")
