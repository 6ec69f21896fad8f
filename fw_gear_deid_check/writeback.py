"""Write-back: the verdicts of an audit as tags and QC results on Flywheel.

What gets a tag: every checked file, acquisition and session, exactly one of ours. What gets ``info.qc.<gear>``: the
same, and subjects and projects whose whole content was checked. The verdict of a file is its own; that of a container
is the worst of its record and everything below it, of a session also of its subject's record. What was not checked as
a whole (the session of an acquisition, the acquisition of a single file) is left alone.

Everything is read before it is written, so that what is right already costs one request and changes nothing; other
people's tags and other gears' results stay. Two runs at once end with one tag: the milder run gives way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from fw_gear_deid_check import __version__
from fw_gear_deid_check.audit import Audit, Record
from fw_gear_deid_check.rules import Verdict
from fw_gear_deid_check.sources.ahead import Download
from fw_gear_deid_check.sources.site import PLURALS, Json, Site, SiteError

LEVELS = ("project", "subject", "session", "acquisition")
TAGGED = frozenset({"file", "session", "acquisition"})
STATES = {Verdict.PASS: "PASS", Verdict.FAIL: "FAIL", Verdict.REVIEW: "NA", Verdict.INCOMPLETE: "NA"}
"""The states that Flywheel's QC results know."""
ATTEMPTS = 3
"""Times that something is read and written again when another writer was faster."""
AT_ONCE = 4
"""Files and containers that are written at the same time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written, and by whom."""

    gear: str = "deid-check"
    tag_prefix: str = "deid-check"
    tags: bool = True
    qc: bool = True
    job: str | None = None

    def tag(self, verdict: Verdict) -> str:
        """Return the tag of a verdict."""
        return f"{self.tag_prefix}-{verdict}"


@dataclass(slots=True)
class Target:
    """A file or container, and the records that its verdict is made of.

    ``read`` is where its tags and info are read, ``tags`` and ``info`` where they are written.
    """

    kind: str
    id: str
    read: tuple[str, ...]
    tags: tuple[str, ...]
    info: tuple[str, ...]
    records: list[Record] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its records."""
        return Verdict.worst(record.verdict for record in self.records)


def write(audit: Audit, site: Site, wanted: Wanted) -> list[str]:
    """Write what is wanted; return one line for each kind of thing that could not be written, without values."""
    if not (wanted.tags or wanted.qc):
        return []
    writer = _Writer(site, wanted, audit)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="write") as pool:
        failures = [failure for found in pool.map(writer.write, targets(audit)) for failure in found]
    counts = Counter(f"{what} of {kind}" for what, kind, _, _ in failures)
    first = {f"{what} of {kind}": (thing, why) for what, kind, thing, why in reversed(failures)}
    return [f"{what}: {count} not written, first {first[what][0]}: {first[what][1]}" for what, count in counts.items()]


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
            containers[item.id] = Target(item.kind, item.id, here, (*here, "tags"), (*here, "info"))
            if item.kind == "session" and item.subject in subjects:
                containers[item.id].records.append(subjects[item.subject])
        elif isinstance(item.opener, Download) and item.id:
            here = ("files", item.id)
            files.append(Target("file", item.id, here, (*here, "tags"), (*item.opener.path, "info"), [record]))
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


def qc_result(records: Sequence[Record], verdict: Verdict, audit: Audit, job: str | None) -> Json:
    """Return what goes into ``info.qc.<gear>``: states and counts, no values, no paths.

    ``{"job_info": …, "verdict": {"state": "FAIL", "verdict": "FAIL", "rules": {"DCM001": 2}, …}, "dicom": …}``
    """
    checkers: dict[str, list[Verdict]] = {}
    rules: Counter[str] = Counter()
    for record in records:
        for name, each in record.verdicts().items():
            checkers.setdefault(name, []).append(each)
        rules.update(sighting.of.rule.id for sighting in record.findings if sighting.of.suppressed is None)
    result: Json = {name: _state(Verdict.worst(each)) for name, each in sorted(checkers.items())}
    result["verdict"] = _state(verdict) | {
        "rules": dict(sorted(rules.items())),
        "policy": audit.policy["name"],
        "policy_sha256": audit.policy["sha256"],
    }
    return {"job_info": {"version": __version__, "job_id": job, "inputs": {}, "config": {}}} | result


def _state(verdict: Verdict) -> Json:
    return {"state": STATES[verdict], "verdict": str(verdict)}


def _lasting(result: Any) -> Any:
    """Return a QC result without what differs from job to job."""
    if not isinstance(result, dict):
        return result
    job = result.get("job_info")
    kept = {name: value for name, value in job.items() if name != "job_id"} if isinstance(job, dict) else job
    return result | {"job_info": kept}


class _Writer:
    """Writes one target at a time; each failure costs that target only."""

    def __init__(self, site: Site, wanted: Wanted, audit: Audit) -> None:
        self._site = site
        self._wanted = wanted
        self._audit = audit
        self._severity = {wanted.tag(verdict): verdict.rank for verdict in Verdict}

    def write(self, target: Target) -> list[tuple[str, str, str, str]]:
        """Write tags and QC result; return (what, kind, id, why) for each that failed."""
        failures = []
        try:
            before = self._site.get(*target.read)
        except SiteError as error:
            return [("tags and QC results", target.kind, target.id, str(error))]
        if self._wanted.qc:
            try:
                self._write_qc(target, before)
            except SiteError as error:
                failures.append(("QC results", target.kind, target.id, str(error)))
        if self._wanted.tags and target.kind in TAGGED:
            try:
                self._write_tag(target, before)
            except SiteError as error:
                failures.append(("tags", target.kind, target.id, str(error)))
        return failures

    def _write_qc(self, target: Target, before: Json) -> None:
        """Put our result beside those of others; nothing is written where it says the same already."""
        result = qc_result(target.records, target.verdict, self._audit, self._wanted.job)
        for attempt in range(1, ATTEMPTS + 1):
            info = before.get("info")
            if info is None and before.get("info_exists") is not False:
                raise SiteError("the site did not give its info, which is not to be overwritten unread")
            others = (info or {}).get("qc")
            others = others if isinstance(others, dict) else {}
            if _lasting(others.get(self._wanted.gear)) == _lasting(result):
                return
            try:
                # `set` replaces the whole of `qc`: what others have there is written again.
                self._site.patch(*target.info, body={"set": {"qc": others | {self._wanted.gear: result}}})
            except SiteError as error:
                if error.status != 409 or attempt == ATTEMPTS:
                    raise
                before = self._site.get(*target.read)
            else:
                return

    def _write_tag(self, target: Target, before: Json) -> None:
        """Leave exactly one of our tags, and everybody else's."""
        mine = self._wanted.tag(target.verdict)
        ours, last, written = self._ours(before), SiteError("another run keeps changing them"), False
        for _ in range(ATTEMPTS):
            if ours == [mine]:
                return
            if written:
                # Another run is writing: the worse verdict stays, so that both runs end alike.
                mine = max([mine, *ours], key=self._severity.__getitem__)
            try:
                if mine not in ours:
                    self._site.patch(*target.tags, body=[mine])
                stale = [tag for tag in ours if tag != mine]
                if stale:
                    self._site.delete(*target.tags, body=stale)
            except SiteError as error:
                if error.status not in {404, 409, None}:
                    raise
                last = error
            else:
                written = True
            ours = self._ours(self._site.get(*target.read))
        if ours != [mine]:
            raise last

    def _ours(self, thing: Json) -> list[str]:
        """Return which of our tags a file or container has."""
        return [tag for tag in thing.get("tags") or [] if tag in self._severity]
