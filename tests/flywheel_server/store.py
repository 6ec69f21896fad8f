"""What the test server holds: a group's hierarchy, files with their bytes, analyses, gears, jobs, batches."""

from __future__ import annotations

import hashlib
import io
import itertools
import zipfile
from typing import Any

CREATED = "2026-01-02T03:04:05.678000+00:00"
LEVELS = ("project", "subject", "session", "acquisition")
PLURALS = {level: level + "s" for level in LEVELS} | {"analysis": "analyses", "group": "groups"}
SINGULARS = {plural: singular for singular, plural in PLURALS.items()}

Json = dict[str, Any]


class Store:
    """Containers, files, jobs and batches by id; ids are 24 hexadecimal digits that sort in the order of making."""

    def __init__(self, group: str = "lab") -> None:
        self._numbers = itertools.count(1)
        self.group = group
        self.containers: dict[str, Json] = {}
        self.files: dict[str, Json] = {}
        self.bytes: dict[str, bytes] = {}
        self.gears: dict[str, Json] = {}
        self.jobs: dict[str, Json] = {}
        self.batches: dict[str, Json] = {}

    def new_id(self) -> str:
        return f"{next(self._numbers):024x}"

    def add(self, kind: str, label: str, parent: Json | None = None, **fields: Any) -> Json:
        """Make a container below ``parent``: a project where there is none."""
        parents = {"group": self.group}
        if parent is not None:
            parents = parent["parents"] | {parent["container_type"]: parent["_id"]}
        container = {
            "_id": self.new_id(), "container_type": kind, "label": label, "parents": parents, "info": {}, "tags": [],
            "notes": [], "files": [], "created": CREATED, "modified": CREATED, "permissions": [],
        } | fields  # fmt: skip
        if kind == "analysis" and parent is not None:
            container["parent"] = {"type": parent["container_type"], "id": parent["_id"]}
        self.containers[container["_id"]] = container
        return container

    def add_file(self, container: Json, name: str, data: bytes, **fields: Any) -> Json:
        """Put a file into a container; one of the same name becomes the next version, under the same id."""
        old = next((file for file in container["files"] if file["name"] == name), None)
        file = {
            "file_id": old["file_id"] if old else self.new_id(), "version": old["version"] + 1 if old else 1,
            "name": name, "size": len(data), "hash": "v0-sha384-" + hashlib.sha384(data).hexdigest(),
            "type": None, "modality": None, "mimetype": "application/octet-stream", "classification": {}, "tags": [],
            "info": {}, "origin": {"type": "user", "id": "uploader@lab.example"},
            "created": CREATED, "modified": CREATED, "deid_log_id": None,
            "parent_ref": {"type": container["container_type"], "id": container["_id"]},
            "parents": container["parents"] | {container["container_type"]: container["_id"]},
        } | fields  # fmt: skip
        container["files"] = [other for other in container["files"] if other is not old] + [file]
        self.files[file["file_id"]] = file
        self.bytes[file["file_id"]] = data
        return file

    def remove(self, container: Json) -> None:
        """Delete a container and what is below it."""
        for child in list(self.containers.values()):
            if container["_id"] in (child["_id"], *child["parents"].values(), child.get("parent", {}).get("id")):
                self.containers.pop(child["_id"])

    def children(self, parent_id: str, kind: str) -> list[Json]:
        """Return the containers of one kind below (any number of levels), analyses directly below, by id."""
        return [
            container
            for _, container in sorted(self.containers.items())
            if container["container_type"] == kind
            and parent_id in ([container["parent"]["id"]] if kind == "analysis" else container["parents"].values())
        ]

    def find_file(self, container: Json, name: str) -> Json | None:
        return next((file for file in container["files"] if file["name"] == name), None)

    def zip_info(self, file: Json) -> Json | None:
        """Return what the site tells of an archive without a download; None where the file isn't one."""
        try:
            with zipfile.ZipFile(io.BytesIO(self.bytes[file["file_id"]])) as archive:
                return {
                    "comment": archive.comment.decode("latin-1"),
                    "members": [
                        {
                            "path": member.filename,
                            "size": member.file_size,
                            "timestamp": "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+00:00".format(*member.date_time),
                            "comment": member.comment.decode("latin-1"),
                        }
                        for member in archive.infolist()
                    ],
                }
        except zipfile.BadZipFile:
            return None

    def zip_member(self, file: Json, name: str) -> bytes | None:
        try:
            with zipfile.ZipFile(io.BytesIO(self.bytes[file["file_id"]])) as archive:
                return archive.read(name)
        except (zipfile.BadZipFile, KeyError):
            return None

    def snapshot(self) -> Json:
        """Return tags and info of everything, to compare before and after."""
        return {
            thing_id: {"tags": sorted(thing["tags"]), "info": thing["info"]}
            for thing_id, thing in (self.containers | self.files).items()
        }
