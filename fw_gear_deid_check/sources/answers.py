"""Answers: what a site says of containers and files, held against the form that we know.

An answer of another form costs what it is about ("not checked"), never the run, and is never taken for an empty one.
"""

from __future__ import annotations

from typing import Any

from fw_gear_deid_check.sources.site import Json, SiteError

REPORTS = frozenset(
    {"report.json", "findings.csv", "items.csv", "inventory.csv", "report.html", "comparison.json"}
    | {"suggested-profile.yaml", "project.json", "project.html", "project-sessions.csv", "project-leaks.csv"}
    | {"project-not-checked.csv", "project-uploads.csv"}
)
"""Names of the reports that this gear writes."""


def container(answer: Any) -> Json:
    """Return a container; raise `SiteError` where the answer is none."""
    if not isinstance(answer, dict) or not named(answer.get("_id")):
        raise SiteError("the site's answer is no container")
    return answer


def named(value: Any) -> bool:
    """Tell whether a value can be an id or a name."""
    return isinstance(value, str) and bool(value)


def mapping(value: Any) -> Json:
    """Return the value where it is an object, else an empty one: provenance, and what else is not judged."""
    return value if isinstance(value, dict) else {}


def files(data: Json) -> list[Any] | None:
    """Return a container's list of files; None where the answer has none, which does not say that there are none."""
    listed = data.get("files")
    return [file(each) for each in listed] if isinstance(listed, list) else None


def file(answer: Any) -> Json | None:
    """Return a file, without the fields that have another form than theirs; None where it can't be named."""
    if not isinstance(answer, dict) or not named(answer.get("name")):
        return None
    numbers = {key: answer[key] for key in ("size", "version") if type(answer.get(key)) is int and answer[key] >= 0}
    kept = {key: answer[key] for key in ("hash", "created", "file_id", "_id") if isinstance(answer.get(key), str)}
    odd = {"size", "version", "hash", "created", "file_id", "_id", "origin", "gear_info"}
    told = {key: value for key, value in answer.items() if key not in odd}
    objects = {key: mapping(answer.get(key)) for key in ("origin", "gear_info")}
    return told | kept | objects | numbers


def text(value: Any) -> str | None:
    """Return the value where it is text."""
    return value if isinstance(value, str) else None


def subject_of(session: Json) -> str | None:
    """Return the id of a session's subject, wherever the answer has it; None where it does not tell."""
    plain = session.get("subject")
    for found in (mapping(session.get("parents")).get("subject"), plain, mapping(plain).get("_id")):
        if named(found):
            return str(found)
    return None


def made_by(result: Json, gear: str) -> bool:
    """Tell whether an analysis or file was made by this gear, under its own name or as the gear of a rule."""
    name = mapping(result.get("gear_info")).get("name")
    return bool(gear) and name in (gear, f"{gear}-rule", gear.removesuffix("-rule"))


def is_report(file: Json, gear: str, *, inside: bool = False) -> bool:
    """Tell whether a file is a report of this gear; ``inside``: it is an output of an analysis of this gear."""
    return file["name"] in REPORTS and (inside or made_by(file, gear))
