"""findings.csv, items.csv and inventory.csv: views of the record for spreadsheets and scripts.

The columns are documented in ``docs/reports.md``. A cell that a spreadsheet would run as a formula is made harmless,
and so are control characters and marks that change the direction of text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TextIO

from fw_gear_deid_check.audit import Audit
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Finding
from fw_gear_deid_check.items import NO_PARENTS
from fw_gear_deid_check.records import Record
from fw_gear_deid_check.reporters import inventory
from fw_gear_deid_check.reporters.json import build, finding_parts
from fw_gear_deid_check.reporters.plain import plain
from fw_gear_deid_check.rules import Level

WHAT = ["level", "rule", "slug", "checker", "category"]
PLACE = ["path", "member", "members"]
WHERE = ["pointer", "tag", "vr", "frame", "box", "shape", "length", "fingerprint", "value"]
WHERE += ["message", "source", "remedy", "suppressed"]
FINDING_COLUMNS = [*WHAT, *PLACE, *WHERE]
ITEM_COLUMNS = [
    "path",
    "kind",
    "id",
    "size",
    "verdict",
    "not_checked",
    "members",
    "instances",
    "deidentification_method",
    "pixels",
    "project_id",
    "project_label",
    "subject_id",
    "subject_label",
    "session_id",
    "session_label",
    "acquisition_id",
    "acquisition_label",
    "file_name",
    "origin_type",
    "origin_id",
    "origin_name",
    "created",
    "has_info",
    "has_identifiers",
    "populated",
    "found_fields",
    "checkers",
]
INVENTORY_COLUMNS = ["checker", "pointer", "vr", "private", "free_text", "value", "different_values", "count"]

IDENTIFYING = frozenset({"direct-identifier", "staff-name", "private-identifier"})
"""Slugs of the rules that the columns ``has_identifiers``, ``populated`` and ``found_fields`` are about."""


def write_findings(audit: Audit, stream: TextIO) -> None:
    """Write one row a finding; the cells of what files share are made once."""
    _write(stream, FINDING_COLUMNS, _findings(audit))


def write_items(audit: Audit, stream: TextIO) -> None:
    """Write one row an item."""
    rows = zip(build(audit)["items"], audit.records, strict=True)
    _write(stream, ITEM_COLUMNS, (_cells(_item(row, record, audit), ITEM_COLUMNS) for row, record in rows))


def write_inventory(audit: Audit, stream: TextIO) -> None:
    """Write one row for each distinct pointer, VR and value."""
    _write(stream, INVENTORY_COLUMNS, (_cells(row, INVENTORY_COLUMNS) for row in inventory.rows(audit)))


def harmless(value: object) -> object:
    """Return a cell that a spreadsheet shows as it is.

    >>> harmless("=HYPERLINK(1)"), harmless(12), harmless(None)
    ("'=HYPERLINK(1)", 12, '')
    """
    if value is None:
        return ""
    return _harmless(value) if isinstance(value, str) else value


@lru_cache(maxsize=4096)  # rows say the same again and again
def _harmless(value: str) -> str:
    text = plain(value)
    return f"'{text}" if text.lstrip()[:1] in {"=", "+", "-", "@"} else text


def _write(stream: TextIO, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table; commas, quotes where needed, CR LF (RFC 4180)."""
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows(rows)


def _cells(row: Mapping[str, object], columns: Sequence[str]) -> list[object]:
    return [harmless(row.get(column)) for column in columns]


def _findings(audit: Audit) -> Iterator[list[object]]:
    """Yield the cells of each finding, the evidence spread over columns."""
    made: dict[Finding, tuple[list[object], list[object]]] = {}
    for finding, what, place, where in finding_parts(audit):
        cells = made.get(finding)
        if cells is None:
            box = " ".join(map(str, where["box"])) if where["box"] else None
            spread = {**where, **(where["evidence"] or {}), "box": box}
            cells = made[finding] = (_cells(what, WHAT), _cells(spread, WHERE))
        yield [*cells[0], *_cells(place, PLACE), *cells[1]]


def _item(row: Mapping[str, Any], record: Record, audit: Audit) -> dict[str, Any]:
    """Return an item's row of the report, with the columns of the scripts that went before."""
    origin = row["origin"] or {}
    told = [sighting.of for sighting in record.findings if sighting.of.rule.slug in IDENTIFYING]
    populated = dict.fromkeys(audit.mask_pointer(each.location.pointer) for each in told if each.level != Level.INFO)
    return {
        **row,
        **dict(_parents(record, audit)),
        "checkers": " ".join([f"{name}={verdict}" for name, verdict in row["checkers"].items()]),
        "not_checked": len(record.not_checked),
        "file_name": audit.mask(record.item.name) if record.item.opener else None,
        "origin_type": origin.get("type"),
        "origin_id": origin.get("id"),
        "origin_name": origin.get("name"),
        "created": origin.get("created"),
        "has_info": _has_info(record),
        "has_identifiers": bool(told),
        "populated": len(populated),
        "found_fields": " ".join(populated),
    }


def _has_info(record: Record) -> bool | None:
    """Tell whether the site keeps custom information of an item; None where its record could not be read."""
    try:
        return bool(record.item.record.get("info"))
    except Unreadable:
        return None


def _parents(record: Record, audit: Audit) -> Iterator[tuple[str, str | None]]:
    """Yield the ids and labels of the containers above an item."""
    if record.item.parents is NO_PARENTS:
        return
    for level in ("project", "subject", "session", "acquisition"):
        parent = getattr(record.item.parents, level)
        yield f"{level}_id", parent and parent[0]
        yield f"{level}_label", parent and audit.mask(parent[1])
