"""What each request does: a table of method, path pattern and function."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.flywheel_server.store import PLURALS, SINGULARS, Json

if TYPE_CHECKING:
    from tests.flywheel_server.http import FlywheelServer, Request

WRITES = ("POST", "PUT", "PATCH", "DELETE")


@dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def ok(data: Any) -> Answer:
    return Answer(200, json.dumps(data).encode(), {"Content-Type": "application/json"})


def error(status: int, message: str, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps({"message": message, "status_code": status}).encode(), headers or {})


class MissingError(Exception):
    """404."""


class Call:
    """One request and the site it goes to, with what the pattern of the route matched."""

    def __init__(self, site: FlywheelServer, request: Request, parts: dict[str, str]) -> None:
        self.site, self.request, self.parts = site, request, parts
        self.store, self.behaviour = site.store, site.behaviour

    @property
    def container(self) -> Json:
        found = self.store.containers.get(self.parts["id"])
        plural = self.parts.get("plural", "containers")
        if found is None or plural not in ("containers", PLURALS[found["container_type"]]):
            raise MissingError
        return found

    @property
    def file(self) -> Json:
        if "name" in self.parts:
            found = self.store.find_file(self.container, self.parts["name"])
        else:
            found = self.store.files.get(self.parts["id"])
            if found and found["parent_ref"]["id"] not in self.store.containers:
                found = None
        if found is None:
            raise MissingError
        return found

    @property
    def thing(self) -> Json:
        """What has tags and info: the file where the path names one, else the container."""
        return self.file if "name" in self.parts or self.parts.get("plural") == "files" else self.container


# -- reading ----------------------------------------------------------------------------------------------------------


def auth_status(call: Call) -> Answer:
    return ok({"origin": {"type": "user", "id": "me@lab.example"}, "user_id": "me@lab.example", "user_is_admin": False})


def site_config(call: Call) -> Answer:
    return ok({"signed_url": False, "features": {}})


def shown_file(call: Call, file: Json, *, info: bool, tags: bool = True) -> Json:
    hidden = {"info"} if not info else set()
    hidden |= set() if tags else {"tags"}
    hidden |= set() if call.behaviour.hashes else {"hash"}
    return {key: value for key, value in file.items() if key not in hidden} | {"info_exists": bool(file["info"])}


def get_container(call: Call) -> Answer:
    container = dict(call.container)
    container["files"] = [
        shown_file(call, file, info=call.behaviour.file_info_in_container) for file in container["files"]
    ]
    if container["container_type"] != "analysis" and call.behaviour.analyses_in_container:
        container["analyses"] = [in_list(call, one) for one in call.store.children(container["_id"], "analysis")]
    if not call.behaviour.kinds:
        container.pop("container_type")
    return ok(container)


def in_list(call: Call, container: Json) -> Json:
    behaviour = call.behaviour
    info = behaviour.info_in_lists or call.request.query.get("include_all_info") == "true"
    shown = dict(container) | {"info_exists": bool(container["info"])}
    shown["files"] = [shown_file(call, file, info=info, tags=behaviour.tags_in_lists) for file in container["files"]]
    hidden = ("info", not info), ("tags", not behaviour.tags_in_lists), ("files", not behaviour.files_in_lists)
    for name, is_hidden in hidden:
        if is_hidden:
            shown.pop(name)
    return shown


def page(call: Call, entries: list[Json], key: str = "_id") -> Answer:
    query, limit = call.request.query, call.behaviour.page_limit
    conditions = query.get("filter", "") if call.behaviour.filters else ""
    for condition in filter(None, conditions.split(",")):
        name, _, wanted = condition.partition("=")
        entries = [entry for entry in entries if value_at(entry, name) == wanted]
    if "after_id" in query and call.behaviour.pages:
        entries = [entry for entry in entries if entry[key] > query["after_id"]]
    if "limit" in query:
        limit = min(int(query["limit"]), limit or int(query["limit"]))
    if "page" in query and limit:
        entries = entries[(int(query["page"]) - 1) * limit :]
    return ok(entries[: limit or None])


def value_at(entry: Json, path: str) -> Any:
    value: Any = entry
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def list_children(call: Call) -> Answer:
    kind = SINGULARS[call.parts["children"]]
    return page(call, [in_list(call, child) for child in call.store.children(call.container["_id"], kind)])


def list_all(call: Call) -> Answer:
    kind = SINGULARS[call.parts["plural"]]
    found = [one for _, one in sorted(call.store.containers.items()) if one["container_type"] == kind]
    return page(call, [in_list(call, one) for one in found])


def lookup(call: Call) -> Answer:
    """Answer `POST /lookup` (the container) and `/resolve` (the path to it and its children)."""
    names = list(call.request.body["path"])
    if names[:1] == ["gears"]:
        gear = next((gear for gear in call.store.gears.values() if gear["gear"]["name"] == names[1]), None)
        return ok(gear | {"container_type": "gear"}) if gear else error(404, "no such gear")
    if names.pop(0) != call.store.group:
        raise MissingError
    trail: list[Json] = []
    for kind, label in zip(("project", "subject", "session", "acquisition"), names, strict=False):
        above = trail[-1]["_id"] if trail else call.store.group
        found = [one for one in call.store.children(above, kind) if label in (one["label"], f"<id:{one['_id']}>")]
        if not found:
            raise MissingError
        trail.append(found[0])
    if call.request.path == "/resolve":
        return ok({"path": [in_list(call, one) for one in trail], "children": []})
    return ok(in_list(call, trail[-1]))


def get_file(call: Call) -> Answer:
    return ok(shown_file(call, call.file, info=True))


def get_file_info(call: Call) -> Answer:
    return ok(call.file["info"])


def zip_info(call: Call) -> Answer:
    found = call.store.zip_info(call.file)
    return ok(found) if found is not None else error(400, "not a zip file")


def download(call: Call) -> Answer:
    if call.request.query.get("info") == "true":
        return zip_info(call)
    if "member" in call.request.query:
        data = call.store.zip_member(call.file, call.request.query["member"])
        return Answer(200, data) if data is not None else error(400, "no such member")
    if call.behaviour.redirects and call.parts.get("plural") != "storage":
        return Answer(302, b"", {"Location": f"/storage/{call.file['file_id']}"})
    return ranged(call, call.store.bytes[call.file["file_id"]])


def ranged(call: Call, data: bytes) -> Answer:
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", call.request.headers.get("range", ""))
    viewed = call.request.query.get("view") == "true" or call.parts.get("plural") == "storage"
    if asked is None or (call.behaviour.range_needs_view and not viewed):
        return Answer(200, data)
    start, end = int(asked[1]), int(asked[2] or len(data) - 1)
    if start >= len(data):
        return error(416, "range not satisfiable")
    if end >= len(data) and not call.behaviour.range_clamps:
        return Answer(200, data)
    part = data[start : end + 1]
    return Answer(206, part, {"Content-Range": f"bytes {start}-{start + len(part) - 1}/{len(data)}"})


# -- writing ----------------------------------------------------------------------------------------------------------


def change_tags(call: Call) -> Answer:
    thing, body, method = call.thing, call.request.body, call.request.method
    if method == "POST":
        if body["value"] in thing["tags"]:
            return error(409, "tag exists")
        thing["tags"] = [*thing["tags"], body["value"]]
        return ok({"modified": 1})
    if method == "DELETE":
        if call.behaviour.absent_tag_is_404 and not set(body) <= set(thing["tags"]):
            return error(404, "no such tag")
        thing["tags"] = [tag for tag in thing["tags"] if tag not in body]
    else:
        kept = [] if method == "PUT" else thing["tags"]
        thing["tags"] = list(dict.fromkeys([*kept, *body]))
    return ok(thing["tags"])


def delete_tag(call: Call) -> Answer:
    if call.parts["tag"] not in call.thing["tags"]:
        raise MissingError
    call.thing["tags"] = [tag for tag in call.thing["tags"] if tag != call.parts["tag"]]
    return ok({"modified": 1})


def change_info(call: Call) -> Answer:
    thing, body = call.thing, call.request.body
    if "replace" in body:
        if set(body) != {"replace"}:
            return error(400, "replace goes alone")
        thing["info"] = clean(body["replace"])
    else:
        new = clean(body.get("set", {}))
        thing["info"] = deep(thing["info"], new) if call.behaviour.info_set_is_deep else thing["info"] | new
        thing["info"] = {key: value for key, value in thing["info"].items() if key not in body.get("delete", [])}
    return ok({"modified": 1})


def clean(value: Any) -> Any:
    """Return the value with the characters replaced that keys may not have."""
    if isinstance(value, dict):
        return {key.replace(".", "_").replace("$", "-"): clean(inner) for key, inner in value.items()}
    return [clean(inner) for inner in value] if isinstance(value, list) else value


def deep(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {key: deep(old.get(key), value) for key, value in new.items()}
    return new


def change_container(call: Call) -> Answer:
    call.container.update(call.request.body)
    return ok({"modified": 1})


def delete_container(call: Call) -> Answer:
    call.store.remove(call.container)
    return ok({"deleted": 1})


def add_analysis(call: Call) -> Answer:
    body = dict(call.request.body)
    job = body.pop("job", None)
    analysis = call.store.add("analysis", body.pop("label"), call.container, **body)
    if job is not None:
        analysis["job"] = add_job_of(call, job, {"type": "analysis", "id": analysis["_id"]})["_id"]
    return ok({"_id": analysis["_id"]})


# -- gears, jobs, batches: the shape only; what runs them is the test's business -----


def add_job_of(call: Call, job: Json, destination: Json) -> Json:
    made = {
        "_id": call.store.new_id(), "state": "pending", "gear_id": job["gear_id"], "destination": destination,
        "config": {"config": job.get("config", {}), "inputs": job.get("inputs", {}), "destination": destination},
        "tags": job.get("tags", []), "batch": job.get("batch"), "previous_job_id": None,
    }  # fmt: skip
    call.store.jobs[made["_id"]] = made
    return made


def add_job(call: Call) -> Answer:
    body = call.request.body
    destination = body.get("destination") or next(
        ({"type": one["type"], "id": one["id"]} for one in body.get("inputs", {}).values()), {}
    )
    return ok({"_id": add_job_of(call, body, destination)["_id"]})


def one_of(table: str, key: str = "_id") -> Callable[[Call], Answer]:
    def get(call: Call) -> Answer:
        found = getattr(call.store, table).get(call.parts["id"])
        if found is None:
            raise MissingError
        return ok({key: found["_id"]} | {name: value for name, value in found.items() if name != "_id"})

    return get


def all_of(table: str) -> Callable[[Call], Answer]:
    return lambda call: page(call, [one for _, one in sorted(getattr(call.store, table).items())])


def jobs_of_container(call: Call) -> Answer:
    mine = [job for job in call.store.jobs.values() if job.get("parents", {}).get("session") == call.container["_id"]]
    return ok({"jobs": mine})


def change_job(call: Call) -> Answer:
    call.store.jobs[call.parts["id"]].update(call.request.body)
    return ok({})


def propose_batch(call: Call) -> Answer:
    body = call.request.body
    known = [target for target in body["targets"] if target["id"] in call.store.containers]
    forbidden = [target for target in known if "forbidden" in call.store.containers[target["id"]]["tags"]]
    targets = [target for target in known if target not in forbidden]
    batch = {"_id": call.store.new_id(), "state": "pending", "gear_id": body["gear_id"], "jobs": []}
    batch["proposal"] = body | {"targets": targets}
    if targets:
        call.store.batches[batch["_id"]] = batch
    else:
        batch.pop("_id")
    return ok(batch | {"matched": targets, "ambiguous": [], "not_matched": [], "improper_permissions": forbidden})


def run_batch(call: Call) -> Answer:
    batch = call.store.batches[call.parts["id"]]
    if batch["state"] != "pending":
        return error(400, "batch is not pending")
    body, jobs = batch["proposal"], []
    for target in body["targets"]:
        session = call.store.containers[target["id"]]
        analysis = call.store.add("analysis", body.get("analysis", {}).get("label", "batch"), session)
        job = body | {"tags": [*body.get("tags", []), "batch"], "batch": batch["_id"]}
        jobs.append(add_job_of(call, job, {"type": "analysis", "id": analysis["_id"]}))
        jobs[-1]["parents"] = analysis["parents"]
    batch.update(state="running", jobs=[job["_id"] for job in jobs])
    return ok([{"id": job["_id"]} | job for job in jobs] if call.behaviour.jobs_of_batch else [])


def cancel_batch(call: Call) -> Answer:
    batch = call.store.batches[call.parts["id"]]
    if batch["state"] != "running":
        return error(400, "batch is not running")
    waiting = [job for job in call.store.jobs.values() if job["batch"] == batch["_id"] and job["state"] == "pending"]
    for job in waiting:
        job["state"] = "cancelled"
    batch["state"] = "cancelled"
    return ok({"number_cancelled": len(waiting)})


CONTAINERS = r"(?P<plural>containers|projects|subjects|sessions|acquisitions|analyses)/(?P<id>[^/]+)"
FILES = r"(?P<plural>files)/(?P<id>[^/]+)"
ROUTES: tuple[tuple[str, str, Callable[[Call], Answer]], ...] = (
    ("GET", "auth/status", auth_status),
    ("GET", "config", site_config),
    ("POST", "lookup|resolve", lookup),
    ("GET", r"(?P<plural>projects|subjects|sessions|acquisitions|analyses)", list_all),
    ("GET", CONTAINERS, get_container),
    ("PUT", CONTAINERS, change_container),
    ("DELETE", CONTAINERS, delete_container),
    ("GET", CONTAINERS + r"/(?P<children>subjects|sessions|acquisitions|analyses)", list_children),
    ("GET", CONTAINERS + "/jobs", jobs_of_container),
    ("POST", CONTAINERS + "/analyses", add_analysis),
    ("GET", CONTAINERS + r"/files/(?P<name>[^/]+)", download),
    ("GET", CONTAINERS + r"/files/(?P<name>[^/]+)/info", get_file),
    ("PATCH", CONTAINERS + r"/files/(?P<name>[^/]+)/info", change_info),
    ("PATCH", CONTAINERS + "/info", change_info),
    ("POST|PUT|PATCH|DELETE", CONTAINERS + "/tags", change_tags),
    ("DELETE", CONTAINERS + "/tags/(?P<tag>[^/]+)", delete_tag),
    ("GET", FILES, get_file),
    ("GET", FILES + "/info", get_file_info),
    ("GET", FILES + "/zip_info", zip_info),
    ("PUT|PATCH|DELETE", FILES + "/tags", change_tags),
    ("GET", r"(?P<plural>storage)/(?P<id>[^/]+)", download),
    ("GET", "gears", all_of("gears")),
    ("GET", "gears/(?P<id>[^/]+)", one_of("gears")),
    ("GET", "jobs", all_of("jobs")),
    ("POST", "jobs/add", add_job),
    ("GET", "jobs/(?P<id>[^/]+)", one_of("jobs", key="id")),
    ("PUT", "jobs/(?P<id>[^/]+)", change_job),
    ("GET", "batch", all_of("batches")),
    ("POST", "batch", propose_batch),
    ("GET", "batch/(?P<id>[^/]+)", one_of("batches")),
    ("POST", "batch/(?P<id>[^/]+)/run", run_batch),
    ("POST", "batch/(?P<id>[^/]+)/cancel", cancel_batch),
)
COMPILED = [(re.compile(methods), re.compile("/" + f"(?:{path})"), function) for methods, path, function in ROUTES]


def answer(site: FlywheelServer, request: Request) -> Answer:
    """Find the route of a request and return its answer."""
    if site.behaviour.read_only and request.method in WRITES and request.path not in ("/lookup", "/resolve"):
        return error(403, "read-only key")
    for methods, path, function in COMPILED:
        found = path.fullmatch(request.path)
        if found and methods.fullmatch(request.method):
            try:
                return function(Call(site, request, found.groupdict()))
            except MissingError:
                return error(404, "not found")
    return error(404, f"no route for {request.method} {request.path}")
