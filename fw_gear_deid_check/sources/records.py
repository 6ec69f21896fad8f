"""Records: what people and gears wrote into a container or file, out of what a site answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.sources.site import Json

PLUMBING = frozenset(
    {"_id", "id", "file_id", "container_type", "group", "project", "subject", "parents", "parent", "parent_ref"}
    | {"files", "analyses", "inputs", "jobs", "job", "gear_info", "template", "templates", "viewer_apps", "editions"}
    | {"permissions", "providers", "provider_id", "storage", "compliance", "origin", "uploader", "join-origin"}
    | {"created", "modified", "replaced", "deleted", "revision", "version", "uuid", "copy_of", "virus_scan", "packfile"}
    | {"size", "hash", "client_hash", "zip_member_count"}
    | {"info_exists", "stats", "rules_stats", "is_phi_enabled", "deid_log_id"}
    | {"tasks", "task_counts", "reader_task_count"}
)
"""Fields by which a site keeps house, and that nobody types. All others are part of the record: what is new to us, and
a file's type, modality and classification, which take any text."""


class Unloaded(Mapping[str, Any]):
    """A record that could not be read: whoever looks at it learns that, and none takes it for an empty one."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def _refuse(self, *_: object) -> NoReturn:
        raise Unreadable(self.reason)

    def __len__(self) -> int:
        return 1

    __getitem__ = __iter__ = _refuse


def is_zip(file: Json) -> bool:
    """Tell whether the site, or its name, says that a file is a zip archive."""
    said = file.get("zip_member_count") is not None or file.get("mimetype") == "application/zip"
    return said or str(file["name"]).casefold().endswith(".zip")


def label_of(data: Json) -> str:
    """Return a container's label as one step of a path; its id where it has none."""
    return step(str(data.get("label") or data.get("code") or data.get("_id") or "no id"))


def step(label: str) -> str:
    """Return a label or file name as one step of a path.

    >>> step("T1w/T2w 100%")
    'T1w%2FT2w 100%'
    """
    return label.replace("/", "%2F")


def has_info(data: Json) -> bool:
    """Tell whether an answer says what ``info`` is: one may leave it out, and tell by ``info_exists`` that it did."""
    info = data.get("info")
    return isinstance(info, Mapping) or (info is None and data.get("info_exists") is False)


def record_of(data: Json) -> Mapping[str, Any]:
    """Return what people and gears wrote into a container or file: everything but `PLUMBING`.

    An answer that leaves ``info`` open makes that part of the record unread.
    """
    record = {name: value for name, value in data.items() if name not in PLUMBING and name != "info"}
    info = (data.get("info") or {}) if has_info(data) else Unloaded("the site did not give its info")
    return record | {"info": info}
