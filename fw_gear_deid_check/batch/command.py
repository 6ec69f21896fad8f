"""Command: what ``deid-check batch`` does, step by step, with the plan, the driver and the reports."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fw_gear_deid_check import manifest
from fw_gear_deid_check.batch import gather, plan, state
from fw_gear_deid_check.batch.driver import Driver
from fw_gear_deid_check.batch.plan import Selection
from fw_gear_deid_check.batch.state import Batch, Session, Stage, State, Step
from fw_gear_deid_check.errors import UsageError
from fw_gear_deid_check.reporters import project
from fw_gear_deid_check.rules import Verdict
from fw_gear_deid_check.sources.login import find
from fw_gear_deid_check.sources.site import Site, SiteError

POLL = 30.0
"""Seconds between two looks at the jobs."""
LONGEST = 72 * 3600.0
"""Seconds that ``--wait`` waits while nothing changes: a job may be in a state that no version of ours knows."""
ACTIONS = ("start", "wait", "collect", "cancel")
GOING = frozenset({Stage.WAITING, Stage.STARTED})
"""Stages of a session that has not come to an end."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the person asks for: a project, where to keep the state, and any of `ACTIONS`; none is a dry run."""

    path: str
    folder: Path
    gear: str
    config: Mapping[str, Any]
    selection: Selection
    size: int
    actions: frozenset[str]

    @property
    def is_plain(self) -> bool:
        """Whether nothing is said of which sessions, and how."""
        return self.selection == Selection() and not self.config

    @property
    def digest(self) -> str:
        """What the same wishes share: a hash, since the names of sessions stay out of the state."""
        return hashlib.sha256(repr((self.gear, sorted(self.config.items()), self.selection)).encode()).hexdigest()


def parse_config(pairs: Sequence[str]) -> dict[str, Any]:
    """Return the gear's configuration of ``NAME=VALUE`` pairs, checked against the manifest."""
    fields = manifest.read()["config"]
    config: dict[str, Any] = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        if name not in fields:
            raise UsageError(f"--config takes NAME=VALUE with one of {', '.join(fields)}")
        value = {"true": True, "false": False}.get(text, text) if fields[name]["type"] == "boolean" else text
        if not manifest.takes(fields[name], value):
            raise UsageError(f"--config {name} has to be {manifest.form(fields[name])}")
        config[name] = value
    if config.get("show-values"):
        raise UsageError("--config show-values=true would put identifiers into a project's report; run sessions alone")
    if config.get("scope") == "file":
        raise UsageError("--config scope=file needs an input file, which the jobs of a batch don't have")
    return config


def run(
    site: Site, request: Request, tell: Callable[[str], None], sleep: Callable[[float], None] = time.sleep
) -> Verdict | None:
    """Do what is asked for; return the project's verdict where a report was made."""
    if request.actions >= {"start", "cancel"}:
        raise UsageError("--start and --cancel can't go together: what is cancelled is not started")
    project_id = find_project(site, request.path)
    if not request.actions:
        _dry_run(site, project_id, request, tell)
        return None
    with state.alone(request.folder):
        kept = _state(site, project_id, request, tell)
        driver = Driver(site, kept, tell, sleep)
        if "start" in request.actions:
            if all(batch.step in {Step.STARTED, Step.CANCELLED} for batch in kept.batches):
                tell(f"nothing is left to be started; {_counted(kept)}")
            driver.start()
        if "cancel" in request.actions:
            driver.cancel()
            driver.look()
            tell(f"cancelled; {_counted(kept)}")
        if "wait" in request.actions:
            _wait(driver, kept, tell, sleep, start="start" in request.actions)
        elif "collect" in request.actions:
            driver.look()
        if not request.actions & {"wait", "collect"}:
            return None
        gather.gather(site, kept)
        return _report(kept, tell)


def find_project(site: Site, path: str) -> str:
    """Return the id of a project."""
    if len(path.strip("/").split("/")) != 2:
        raise UsageError("batch takes GROUP/PROJECT; --sessions and --filter choose among its sessions")
    return find(site, path)


def _state(site: Site, project_id: str, request: Request, tell: Callable[[str], None]) -> State:
    """Return the run that is kept in the folder, or a new one where there is none and it is to be started."""
    if state.exists(request.folder):
        kept = state.load(request.folder)
        if kept.project != project_id:
            raise UsageError("the batch in this folder is of another project; choose another folder with --output")
        if not request.is_plain and kept.wanted != request.digest:
            raise UsageError("the batch in this folder was asked for otherwise: give the same options, or another one")
        return kept
    if "start" not in request.actions:
        raise UsageError("no batch is kept in this folder; start one with --start")
    made = _plan(site, project_id, request)
    if not made.sessions:
        raise UsageError(f"there is no session to be checked{_left_out(made.left_out)}")
    made.save()
    tell(_would(made, "starting"))
    return made


def _plan(site: Site, project_id: str, request: Request) -> State:
    """Return what would be done."""
    try:
        found = site.lookup("gears", request.gear)
    except SiteError as error:
        if error.status == 404:
            raise UsageError(f"the site has no gear {request.gear[:40]}, or the API key may not see it") from None
        raise
    prefix = request.config.get("tag-prefix", manifest.read()["config"]["tag-prefix"]["default"])
    chosen, left_out = plan.choose(site, project_id, request.selection, prefix, request.gear)
    version = str((found.get("gear") or {}).get("version"))
    return State(
        folder=request.folder,
        project=project_id,
        gear={"id": str(found["_id"]), "name": request.gear, "version": version},
        config=dict(request.config),
        sessions={session: Session(session) for session in chosen},
        batches=[Batch(chosen[start : start + request.size]) for start in range(0, len(chosen), request.size)],
        left_out=dict(left_out),
        wanted=request.digest,
    )


def _dry_run(site: Site, project_id: str, request: Request, tell: Callable[[str], None]) -> None:
    """Tell what would be started, or how far it is; change nothing, here or there."""
    if state.exists(request.folder):
        kept = state.load(request.folder)
        tell(f"a batch is kept in this folder: {_counted(kept)}")
        if any(session.stage in GOING for session in kept.sessions.values()):
            tell("go on with --start, --wait, --collect or --cancel")
        else:
            tell("it has ended: --collect makes its report; a new one needs another folder, --output")
        return
    tell(_would(_plan(site, project_id, request), "would start"))
    tell("nothing was started; add --start, and --wait to wait for the report")


def _would(made: State, doing: str) -> str:
    """Return in words what a plan comes to."""
    jobs, batches = len(made.sessions), len(made.batches)
    packed = "1 batch" if batches == 1 else f"{batches:,} batches"
    words = f"{doing} {jobs:,} jobs, one a session, in {packed}, with {made.gear['name']}"
    return f"{words} {made.gear['version']}{_left_out(made.left_out)}"


def _left_out(reasons: Mapping[str, int]) -> str:
    """Return in words what was left out."""
    told = "; ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items()))
    return f"; left out: {told}" if told else ""


def _wait(
    driver: Driver, kept: State, tell: Callable[[str], None], sleep: Callable[[float], None], *, start: bool
) -> None:
    """Look again and again until every session has come to an end; start what was in doubt, where that is wanted."""
    told, idle = "", 0.0
    while True:
        doubtful = start and any(batch.step is Step.ASKED for batch in kept.batches)
        if doubtful:
            driver.start()
        driver.look()
        now = _counted(kept)
        if now != told:
            tell(now)
            told, idle = now, 0.0
        if not doubtful and not any(session.stage is Stage.STARTED for session in kept.sessions.values()):
            return
        if idle > LONGEST:
            tell(f"nothing changed for {LONGEST / 3600:.0f} hours; gathering what there is")
            return
        sleep(POLL)
        idle += POLL


def _counted(kept: State) -> str:
    """Return in words how far the sessions are."""
    counts = Counter(session.stage for session in kept.sessions.values())
    told = ", ".join(f"{counts[each]:,} {each}" for each in Stage if counts[each])
    return f"{len(kept.sessions):,} sessions: {told}"


def _report(kept: State, tell: Callable[[str], None]) -> Verdict:
    """Write the project's report, and return its verdict."""
    made = project.Project(kept.project, gear=kept.gear, config=kept.config, left_out=kept.left_out)
    for session, report in gather.reports(kept):
        reason = session.reason
        if report is None and reason is None:
            told = {Stage.COMPLETE: "its report isn't JSON", Stage.WAITING: "it was not started"}
            reason = told.get(session.stage, "its job has not ended")
        made.add(session.id, report, reason, stage=session.stage, jobs=session.jobs, analysis=session.analysis)
    project.write(made, kept.folder)
    tell(made.headline)
    return made.verdict
