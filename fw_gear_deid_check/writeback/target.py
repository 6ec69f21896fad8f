"""Target: a file or container that a verdict is written to.

What gets a tag: every checked file, acquisition and session. What gets ``info.qc.<gear>``: the same, and subjects and
projects whose whole content was checked. The verdict of a file is its own; that of a container is the worst of its
record and everything below it, of a session also of its subject's record. What was not checked as a whole (the session
of an acquisition, the acquisition of a single file) is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fw_gear_deid_check.audit import Audit
from fw_gear_deid_check.records import Record
from fw_gear_deid_check.rules import Verdict
from fw_gear_deid_check.sources.ahead import Download
from fw_gear_deid_check.sources.site import LEVELS, PLURALS

TAGGED = frozenset({"file", "session", "acquisition"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written, and by whom.

    ``gear`` is the name under which the results stand, ``running`` the id of the analysis that the job makes.
    """

    gear: str = "deid-check"
    tag_prefix: str = "deid-check"
    tags: bool = True
    qc: bool = True
    job: str | None = None
    running: str = ""

    def tag(self, verdict: Verdict) -> str:
        """Return the tag of a verdict."""
        return f"{self.tag_prefix}-{verdict}"


@dataclass(slots=True)
class Target:
    """A file or container, and the records that its verdict is made of.

    ``read`` is where its tags and info are read, ``tags`` and ``info`` where they are written; ``own`` is the record of
    the thing itself.
    """

    kind: str
    id: str
    read: tuple[str, ...]
    tags: tuple[str, ...]
    info: tuple[str, ...]
    own: Record
    records: list[Record] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its records."""
        return Verdict.worst(record.verdict for record in self.records)


def targets(audit: Audit) -> list[Target]:
    """Return the files and containers that were checked as a whole, files first, then containers from below."""
    root = audit.container.type if audit.container else "acquisition"
    whole = LEVELS[LEVELS.index(root) :]
    files: list[Target] = []
    containers: dict[str, Target] = {}
    subjects: dict[str | None, Record] = {}
    for record in audit.records:
        item = record.item
        if item.kind == "subject":
            subjects[item.id] = record
        if item.kind in whole and item.id and item.id not in containers:
            here = (PLURALS[item.kind], item.id)
            containers[item.id] = Target(item.kind, item.id, here, (*here, "tags"), (*here, "info"), record)
            if item.kind == "session" and item.subject in subjects:
                containers[item.id].records.append(subjects[item.subject])
        elif isinstance(item.opener, Download) and item.id:
            here = ("files", item.id)
            info = (*item.opener.path, "info")
            files.append(Target("file", item.id, here, (*here, "tags"), info, record, [record]))
        for container_id in _places(record):
            if container_id in containers:
                containers[container_id].records.append(record)
    return files + sorted(containers.values(), key=lambda target: -LEVELS.index(target.kind))


def _places(record: Record) -> Iterator[str | None]:
    """Yield the ids of the containers that a record belongs to, its own included."""
    item = record.item
    if item.kind in LEVELS:
        yield item.id
    for level in LEVELS:
        place = getattr(item.parents, level)
        if place:
            yield place[0]
