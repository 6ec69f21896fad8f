"""Write-back: the verdicts of an audit as tags and QC results on Flywheel.

What gets a tag: every checked file, acquisition and session, exactly one of ours. What gets ``info.qc.<gear>``: the
same, and subjects and projects whose whole content was checked. The verdict of a file is its own; that of a container
is the worst of its record and everything below it, of a session also of its subject's record. What was not checked as
a whole (the session of an acquisition, the acquisition of a single file) is left alone.

Everything is read before it is written, so that what is right already costs one request and changes nothing; other
people's tags and other gears' results stay. Two runs at once end with one tag: the milder run gives way.

What changed since it was checked (other bytes in a file, another file in a container) is INCOMPLETE, and with it what
it is in: the verdict is about what is there no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from fw_gear_deid_check import __version__
from fw_gear_deid_check.audit import Audit, Record
from fw_gear_deid_check.rules import Verdict
from fw_gear_deid_check.sources import answers
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
    failures = list(_nameless(audit))
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="write") as pool:
        for _, level in groupby(targets(audit), key=lambda target: target.kind):  # a change below is known above
            failures += [failure for found in pool.map(writer.write, list(level)) for failure in found]
    lines = []
    if writer.changed:
        lines.append(
            f"{len(writer.changed)} files or containers changed while they were checked, and are INCOMPLETE with all "
            f"that they are in, first {min(writer.changed)}: run the check again"
        )
    counts = Counter(f"{what} of {kind}" for what, kind, _, _ in failures)
    first = {f"{what} of {kind}": (thing, why) for what, kind, thing, why in reversed(failures)}
    lines += [
        f"{what}: {count} not written, first {first[what][0]}: {first[what][1]}" for what, count in counts.items()
    ]
    return lines


def _nameless(audit: Audit) -> Iterator[tuple[str, str, str, str]]:
    """Yield the files that can't be written to, as failures: the site gives them no id."""
    for record in audit.records:
        if isinstance(record.item.opener, Download) and not record.item.id:
            place = " ".join(record.item.opener.path[:2])
            yield "tags and QC results", "file", f"in {place}", "the site gives no id for it"


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
        self.changed: set[str] = set()
        self._touched: set[str | None] = set()
        self._severity = {wanted.tag(verdict): verdict.rank for verdict in Verdict}

    def write(self, target: Target) -> list[tuple[str, str, str, str]]:
        """Write tags and QC result; return (what, kind, id, why) for each that failed."""
        try:
            before = self._read(target)
            verdict = self._verdict(target, before)
        except SiteError as error:
            return [("tags and QC results", target.kind, target.id, str(error))]
        except Exception as error:  # noqa: BLE001 - an answer of no known form costs its own thing only
            return [
                ("tags and QC results", target.kind, target.id, f"an answer not understood ({type(error).__name__})")
            ]
        wanted = [("QC results", self._write_qc)] if self._wanted.qc else []
        if self._wanted.tags and target.kind in TAGGED:
            wanted.append(("tags", self._write_tag))
        failures = []
        for what, put in wanted:
            try:
                put(target, before, verdict)
            except SiteError as error:
                failures.append((what, target.kind, target.id, str(error)))
            except Exception as error:  # noqa: BLE001 - as above
                failures.append((what, target.kind, target.id, f"an answer not understood ({type(error).__name__})"))
        return failures

    def _read(self, target: Target) -> Json:
        """Return what the site has of a target now."""
        found = self._site.get(*target.read)
        if not isinstance(found, dict):
            raise SiteError("the site's answer is no file and no container")
        return found

    def _verdict(self, target: Target, before: Json) -> Verdict:
        """Return what is to be written of a target: its verdict, where it is still what was checked."""
        changed = is_other(target, before, self._wanted.gear)
        if changed:
            self.changed.add(target.id)
            own = [record for record in target.records if record.item.id == target.id]
            self._touched.update(place for record in own for place in _places(record))
        if changed and target.kind == "file":
            return Verdict.INCOMPLETE
        if target.id in self._touched:
            return Verdict.worst([target.verdict, Verdict.INCOMPLETE])
        return target.verdict

    def _write_qc(self, target: Target, before: Json, verdict: Verdict) -> None:
        """Put our result beside those of others; nothing is written where it says the same already."""
        result = qc_result(target.records, verdict, self._audit, self._wanted.job)
        for attempt in range(1, ATTEMPTS + 1):
            info = before.get("info")
            if not (isinstance(info, dict) or (info is None and before.get("info_exists") is False)):
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
                before = self._read(target)
            else:
                return

    def _write_tag(self, target: Target, before: Json, verdict: Verdict) -> None:
        """Leave exactly one of our tags, and everybody else's."""
        mine = self._wanted.tag(verdict)
        ours, last, written = self._ours(before), SiteError("another run keeps changing them"), False
        for _ in range(ATTEMPTS):
            if ours == [mine]:
                return
            if written and ours:
                # Another run is writing: the worse verdict stays, so that both runs end alike.
                mine = max([mine, *ours], key=self._severity.__getitem__)
            try:
                self._put_tag(target, mine, ours)
            except SiteError as error:
                if error.status not in {404, 409, None}:
                    raise
                last = error
            else:
                written = True
            ours = self._ours(self._read(target))
        if ours is None:
            raise SiteError("the site does not show its tags: whether ours is there, alone, is not known")
        if ours != [mine]:
            raise last

    def _put_tag(self, target: Target, mine: str, ours: list[str] | None) -> None:
        """Add our tag and take away our others; where the site does not show which there are, all others."""
        if ours is None:
            self._site.patch(*target.tags, body=[mine])
            for tag in self._severity:
                if tag != mine:
                    self._delete_unseen(target, tag)
            return
        doubled = ours.count(mine) > 1
        if doubled:
            self._site.delete(*target.tags, body=[mine])
        if doubled or mine not in ours:
            self._site.patch(*target.tags, body=[mine])
        stale = list(dict.fromkeys(tag for tag in ours if tag != mine))
        if stale:
            self._site.delete(*target.tags, body=stale)

    def _delete_unseen(self, target: Target, tag: str) -> None:
        """Take away a tag that may not be there."""
        try:
            self._site.delete(*target.tags, body=[tag])
        except SiteError as error:
            if error.status != 404:
                raise

    def _ours(self, thing: Json) -> list[str] | None:
        """Return which of our tags a file or container has; None where the answer does not say."""
        tags = thing.get("tags")
        return (
            [tag for tag in tags if isinstance(tag, str) and tag in self._severity] if isinstance(tags, list) else None
        )


def is_other(target: Target, now: Json, gear: str) -> bool:
    """Tell whether a file has other bytes than those that were checked, or a container another file."""
    checked = {
        record.item.opener.path: record.item.opener
        for record in target.records
        if isinstance(record.item.opener, Download)
    }
    if target.kind == "file":
        [opener] = checked.values()
        return _differs(opener, now)
    for file in answers.files(now) or []:
        if file is None or answers.is_report(file, gear):
            continue
        known = checked.get((*target.read, "files", file["name"]))
        if known is None or _differs(known, file):
            return True
    return False


def _differs(checked: Download, now: Json) -> bool:
    """Tell whether a file is another version than the one that was fetched, as far as the site tells."""
    for before, after, form in ((checked.digest, now.get("hash"), str), (checked.size, now.get("size"), int)):
        if isinstance(before, form) and isinstance(after, form):
            return before != after
    return False
