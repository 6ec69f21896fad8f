"""report.json: the record of a run, from which every other report is made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any, TextIO

from fw_gear_deid_check import __version__
from fw_gear_deid_check.audit import Audit
from fw_gear_deid_check.evidence import shape
from fw_gear_deid_check.findings import Finding
from fw_gear_deid_check.records import Record
from fw_gear_deid_check.reporters import suggested_profile
from fw_gear_deid_check.sightings import Sighting

SCHEMA = "deid-check-report/1"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of report.json."""
    text = resources.files("fw_gear_deid_check.reporters").joinpath("report.schema.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def summary(audit: Audit) -> dict[str, Any]:
    """Return the report without its findings."""
    container = audit.container
    return {
        "schema": SCHEMA,
        "tool": {"name": "fw-gear-deid-check", "version": __version__},
        "policy": audit.policy,
        "profile": audit.profile,
        "run": {
            "started": audit.started,
            "finished": audit.finished,
            "source": audit.source,
            "values_shown": audit.values_shown,
            "notes": list(audit.notes),
            **({} if audit.preview is None else {"preview": audit.preview}),
        },
        "container": container and {"type": container.type, "id": container.id, "path": audit.mask(container.path)},
        "verdict": str(audit.verdict),
        "coverage": coverage(audit),
        "manual_work": suggested_profile.manual_work(audit),
        "items": [item_row(record, audit) for record in audit.records],
    }


def build(audit: Audit) -> dict[str, Any]:
    """Return the whole report; made once for an audit."""
    if audit.report is None:
        audit.report = summary(audit)
    if "findings" not in audit.report:
        audit.report["findings"] = list(finding_rows(audit))
    return audit.report


def write(audit: Audit, stream: TextIO) -> None:
    """Write the report, one item and one finding a line.

    A thousand instances share most of their findings: what is the same of each is turned into JSON once.
    """
    if audit.report is None:
        audit.report = summary(audit)
    head = {key: value for key, value in audit.report.items() if key not in {"items", "findings"}}
    items = ",\n  ".join(map(_line, audit.report["items"]))
    stream.write(json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}"))
    stream.write(f',\n "items": [\n  {items}\n ],\n "findings": [')
    lines: dict[Finding, tuple[str, str]] = {}
    separator = "\n  "
    for finding, what, place, where in finding_parts(audit):
        line = lines.get(finding)
        if line is None:
            line = lines[finding] = (_inner(what), _inner(where))
        stream.write(f"{separator}{{{line[0]}, {_inner(place)}, {line[1]}}}")
        separator = ",\n  "
    stream.write("\n ]\n}\n")


def finding_rows(audit: Audit) -> Iterator[dict[str, Any]]:
    """Yield one row a finding."""
    for _, what, place, where in finding_parts(audit):
        yield {**what, **place, **where}


def finding_parts(audit: Audit) -> Iterator[tuple[Finding, dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Yield for each finding what was found, in which file, and where in it; the first and the last are made once."""
    shared: dict[Finding, tuple[dict[str, Any], dict[str, Any]]] = {}
    for record, sighting in audit.findings():
        finding = sighting.of
        parts = shared.get(finding)
        if parts is None:
            parts = shared[finding] = (_what(finding), _where(finding, audit))
        yield finding, parts[0], _place(record, sighting, audit), parts[1]


def item_row(record: Record, audit: Audit) -> dict[str, Any]:
    """Return the row of one item."""
    item = record.item
    origin = item.origin
    method = record.texts_of("deidentification_method")
    return {
        "path": audit.mask(item.path),
        "kind": record.kind if item.opener else item.kind,
        "id": item.id,
        "size": item.size,
        "verdict": str(record.verdict),
        "checkers": {name: str(verdict) for name, verdict in record.verdicts().items()},
        "members": record.members,
        "instances": record.facts.get("instances", 0),
        "deidentification_method": method and _method(method, audit),
        "pixels": record.texts_of("pixels"),
        "out_of_scope": record.texts_of("out_of_scope"),
        "origin": origin and {"type": origin.type, "id": origin.id, "name": origin.name, "created": origin.created},
    }


_METHOD = re.compile(
    r"profile|de-?id|anonym|pseudonym|confidential|option|remov|clean|\bctp\b|hipaa|dicom|method|v?\d{1,3}\.\d",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"\d{5,}")


def _method(method: str, audit: Audit) -> str:
    """Return a de-identification method as it may be told: people type names there, too.

    What doesn't speak of a method is told by its shape, and so is what a recognizer or the search finds in it.
    """
    if audit.values_shown:
        return method
    told = audit.mask(method) if _METHOD.search(method) else shape(method)
    return _LONG_NUMBER.sub(lambda number: "9" * len(number[0]), told)


def coverage(audit: Audit) -> dict[str, Any]:
    """Return how much was looked at, and what was not."""
    records = audit.records
    return {
        "items": len(records),
        "files": sum(record.item.opener is not None for record in records),
        "members": sum(record.members for record in records),
        "instances": sum(record.facts.get("instances", 0) for record in records),
        "frames": sum(record.facts.get("frames", 0) for record in records),
        "bytes": sum(record.bytes for record in records),
        "not_checked": [
            {
                "path": audit.mask(record.item.path),
                "member": each.member and audit.mask(each.member),
                "checker": each.checker,
                "reason": each.reason,
                "members": each.members,
            }
            for record in records
            for each in record.not_checked
        ],
    }


def _what(finding: Finding) -> dict[str, Any]:
    """Return the fields that say what was found."""
    return {
        "rule": finding.rule.id,
        "slug": finding.rule.slug,
        "checker": finding.checker,
        "level": str(finding.level),
        "category": finding.category,
    }


def _where(finding: Finding, audit: Audit) -> dict[str, Any]:
    """Return the fields that say where inside a file, what may be told of it, and what to do."""
    location, evidence = finding.location, finding.evidence
    told: dict[str, Any] | None = None
    if evidence is not None:
        told = {"shape": evidence.shape, "length": evidence.length, "fingerprint": evidence.fingerprint}
        if evidence.value is not None:
            told["value"] = evidence.value
    return {
        "pointer": audit.mask_pointer(location.pointer),
        "tag": location.tag,
        "vr": location.vr,
        "frame": location.frame,
        "box": list(location.box) if location.box else None,
        "image": list(location.image) if location.image else None,
        "evidence": told,
        "message": finding.message,
        "source": finding.source or finding.rule.source,
        "remedy": finding.remedy or finding.rule.remedy,
        "suppressed": finding.suppressed,
    }


def _place(record: Record, sighting: Sighting[Finding], audit: Audit) -> dict[str, Any]:
    """Return the fields that say in which file, masked where it has to be, and in how many."""
    member = None if sighting.member is None else audit.mask(sighting.member)
    return {"path": audit.mask(record.item.path), "member": member, "members": sighting.members}


_line = json.JSONEncoder(ensure_ascii=False).encode


def _inner(fields: dict[str, Any]) -> str:
    """Return the JSON of an object without its braces."""
    return _line(fields)[1:-1]
