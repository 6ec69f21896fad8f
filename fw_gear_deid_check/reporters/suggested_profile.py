"""suggested-profile.yaml: a Flywheel profile whose application would remove what was found."""

from __future__ import annotations

from fw_gear_deid_check.audit import Audit, Sighting
from fw_gear_deid_check.findings import Finding
from fw_gear_deid_check.profile import Profile
from fw_gear_deid_check.profile.suggest import Suggester, Suggestion, Wanted
from fw_gear_deid_check.rules import Level

KINDS = {"dicom": "dicom", "profile": "dicom", "sidecar": "json", "zip": "zip"}
"""Section that reaches what a checker looks at."""


def suggest(audit: Audit, given: Profile | None = None) -> Suggestion:
    """Return the profile for all findings of an audit that count, merged with the given one."""
    suggester = Suggester(given)
    for record in audit.records:
        path = audit.mask(record.item.path)
        for sighting in record.findings:
            finding = sighting.of
            if finding.suppressed is None and finding.level is not Level.INFO:
                suggester.add(_wanted(sighting, path, audit))
    return suggester.suggestion()


def _wanted(sighting: Sighting[Finding], path: str, audit: Audit) -> Wanted:
    finding = sighting.of
    location = finding.location
    pointer = audit.mask_pointer(location.pointer)
    kind = KINDS.get(finding.checker)
    if finding.checker == "zip" and location.pointer != "comment":
        kind = None
    if finding.checker == "profile" and location.tag is None:
        kind = "zip" if location.pointer == "comment" else None if location.pointer.endswith("name") else "json"
    return Wanted(
        rule=finding.rule.id,
        kind=kind,
        path=path,
        pointer=pointer,
        tag=location.tag,
        vr=location.vr,
        message=finding.message,
        hidden=pointer != location.pointer,
    )
