"""suggested-profile.yaml: a Flywheel profile whose application would remove what was found."""

from __future__ import annotations

import re
from typing import Any

from fw_gear_deid_check.audit import Audit
from fw_gear_deid_check.findings import Finding
from fw_gear_deid_check.profile.profile import Profile
from fw_gear_deid_check.profile.suggest import IMPORT, Suggester
from fw_gear_deid_check.profile.suggestion import Suggestion, Wanted
from fw_gear_deid_check.readers.kinds import ARCHIVES
from fw_gear_deid_check.rules import Level
from fw_gear_deid_check.sightings import Sighting

KINDS = {"dicom": "dicom", "profile": "dicom", "sidecar": "json", "zip": "zip"}
"""Section that reaches what a checker looks at."""

GIVEN = frozenset({"PRF001", "PRF002", "PRF004"})
"""Rules that say that the given profile was not applied at a place, by a field or by a setting of it."""
INSIDE = "!/"
"""What stands between the name of an archive and that of a member of it."""
_INDEX = re.compile(r"\[\d+\]")


def suggest(audit: Audit, given: Profile | None = None) -> Suggestion:
    """Return the profile for all findings of an audit that count, merged with the given one."""
    suggester = Suggester(given)
    for record in audit.records:
        path = audit.mask(record.item.path)
        counting = [each for each in record.findings if each.of.suppressed is None and each.of.level is not Level.INFO]
        wanted = [_wanted(sighting, path, audit, record.form) for sighting in counting]
        if given is not None:
            settled = {(each.kind, _route(each.pointer)) for each in wanted if each.rule in GIVEN}
            for each in wanted:
                if _is_settled(each, settled):
                    suggester.settled(each)
                else:
                    suggester.add(each)
            continue
        for each in wanted:
            suggester.add(each)
    return suggester.suggestion()


def of(audit: Audit) -> Suggestion:
    """Return the suggestion of an audit, made once."""
    if audit.suggestion is None:
        audit.suggestion = suggest(audit, audit.given)
    return audit.suggestion


def manual_work(audit: Audit) -> list[dict[str, Any]]:
    """Return what no profile does, one entry a place, as report.json has it."""
    found = [
        {
            "rule": each.wanted.rule,
            "what": each.what,
            "why": each.why,
            "path": each.wanted.path,
            "member": each.wanted.member,
            "members": each.wanted.members,
            "pointer": each.wanted.pointer,
        }
        for each in of(audit).manual
    ]
    return sorted(found, key=lambda entry: (entry["what"] == IMPORT, entry["what"]))  # the same work together


def _route(pointer: str) -> str:
    return _INDEX.sub("", pointer)


def _is_settled(wanted: Wanted, settled: set[tuple[str | None, str]]) -> bool:
    """Tell whether applying the given profile settles a finding: a field more could undo what it means to write."""
    if wanted.rule in GIVEN:
        return True
    route = _route(wanted.pointer)
    while route:
        if (wanted.kind, route) in settled:
            return True
        route = route.rpartition(".")[0]
    return False


def _packed(sighting: Sighting[Finding], form: str) -> str | None:
    """Return a member with a finding that is in an archive which is copied as it is: only zip archives are rebuilt."""
    if form not in ARCHIVES:
        return None
    members = [member for member in (sighting.member, sighting.last) if member is not None]
    if form == "zip" and sighting.of.checker != "zip":  # what is found of an archive is in the one around it
        members = [member for member in members if INSIDE in member]
    return members[0] if members else None


def _wanted(sighting: Sighting[Finding], path: str, audit: Audit, form: str) -> Wanted:
    finding = sighting.of
    location = finding.location
    pointer = audit.mask_pointer(location.pointer)
    kind = KINDS.get(finding.checker)
    packed = _packed(sighting, form)
    member = packed or sighting.member
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
        remedy=finding.remedy or finding.rule.remedy,
        member=None if member is None else audit.mask(member),
        members=sighting.members,
        hidden=pointer != location.pointer,
        steps=location.steps,
        packed=packed is not None,
    )
