"""Plan: which sessions of a project are to be checked, and which are left out, and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fw_gear_deid_check.errors import UsageError
from fw_gear_deid_check.rules import Verdict
from fw_gear_deid_check.sources import answers
from fw_gear_deid_check.sources.site import Json, Site, SiteError

ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""What an id may be: it becomes the name of a file."""
CHECKED = "checked already"
NOT_BY_USERS = "nothing in it was uploaded by a user"
NOT_LISTED = "not in the list of sessions"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which sessions are wanted.

    Attributes
    ----------
    listed
        Session ids, or labels, or ``subject/session``; None for all.
    condition
        A filter that the site applies, ``created>2024-01-01``; ``""`` for none.
    only_unchecked
        Leave out sessions that have one of our tags, or our QC result.
    only_uploaded_by_users
        Leave out sessions of which every file came from a gear, a device or a job.
    """

    listed: tuple[str, ...] | None = None
    condition: str = ""
    only_unchecked: bool = False
    only_uploaded_by_users: bool = False


def read_list(path: Path) -> tuple[str, ...]:
    """Return the sessions that a text file names, one a line, ``#`` for comments."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError):
        raise UsageError("the file of --sessions can't be read as text") from None
    named = [line.strip() for line in lines]
    found = tuple(dict.fromkeys(name for name in named if name and not name.startswith("#")))
    if not found:
        raise UsageError("the file of --sessions names no session")
    return found


def choose(
    site: Site, project: str, selection: Selection, tag_prefix: str, gear: str
) -> tuple[list[str], Counter[str]]:
    """Return the ids of the sessions to be checked, and how many were left out for which reason.

    Costs one request a page of 250 sessions; with ``only_unchecked`` one more a session, with
    ``only_uploaded_by_users`` one more for each page of its acquisitions.
    """
    chosen: list[str] = []
    left_out: Counter[str] = Counter()
    query = {"filter": selection.condition} if selection.condition else {}
    subjects: dict[str, Json] = {}
    missing = set(selection.listed or ())
    for entry in site.pages("projects", project, "sessions", **query):
        if not ID.fullmatch(str(entry["_id"])):
            raise UsageError("the site gave a session an id that is none")
        if selection.listed is not None:
            names = names_of(_with_subject(site, entry, subjects)) & set(selection.listed)
            if not names:
                left_out[NOT_LISTED] += 1
                continue
            missing -= names
        reason = _why_not(site, entry["_id"], selection, tag_prefix, gear)
        if reason is None:
            chosen.append(entry["_id"])
        else:
            left_out[reason] += 1
    if missing:
        raise UsageError(f"{len(missing)} of the {len(selection.listed or ())} listed sessions are not in the project")
    return chosen, left_out


def names_of(entry: Json) -> set[str]:
    """Return the names that a list may give a session."""
    label, subject = str(entry.get("label")), answers.mapping(entry.get("subject"))
    named = {str(subject.get(key)) for key in ("label", "code") if subject.get(key)}
    return {entry["_id"], label, *(f"{each}/{label}" for each in named)}


def _with_subject(site: Site, entry: Json, known: dict[str, Json]) -> Json:
    """Return a session with its subject, which is asked for, once, where the list gives no more than its id."""
    subject = answers.subject_of(entry)
    if isinstance(entry.get("subject"), dict) or subject is None:
        return entry
    if subject not in known:
        try:
            known[subject] = answers.container(site.get("subjects", subject))
        except SiteError:
            known[subject] = {}
    return entry | {"subject": known[subject]}


def _why_not(site: Site, session: str, selection: Selection, tag_prefix: str, gear: str) -> str | None:
    """Return why a session is left out; None where it is not."""
    if selection.only_unchecked and is_checked(answers.container(site.get("sessions", session)), tag_prefix, gear):
        return CHECKED
    if selection.only_uploaded_by_users and not any(file_by_user(file) for file in _files(site, session)):
        return NOT_BY_USERS
    return None


def is_checked(session: Json, tag_prefix: str, gear: str) -> bool:
    """Tell whether a session has a verdict of ours, as a tag or a QC result."""
    tags = {f"{tag_prefix}-{verdict}" for verdict in Verdict}
    results = answers.mapping(answers.mapping(session.get("info")).get("qc"))
    listed = session.get("tags")
    return gear in results or any(
        isinstance(tag, str) and tag in tags for tag in (listed if isinstance(listed, list) else ())
    )


def file_by_user(file: Json) -> bool:
    """Tell whether a file came from a person; where the site doesn't say, it may have."""
    return answers.mapping(file.get("origin")).get("type") in ("user", None)


def _files(site: Site, session: str) -> Iterator[Json]:
    """Yield the files of a session and of its acquisitions, until the caller has seen enough."""
    for entry in site.pages("sessions", session, "acquisitions"):
        listed = answers.files(entry)
        if listed is None:
            listed = answers.files(answers.container(site.get("acquisitions", entry["_id"])))
        yield from _told(listed)
    yield from _told(answers.files(answers.container(site.get("sessions", session))))


def _told(listed: list[Json | None] | None) -> Iterator[Json]:
    """Yield files; where the site doesn't say which, or of one what it is, something of which nothing is known."""
    yield from (file or {} for file in ([None] if listed is None else listed))
