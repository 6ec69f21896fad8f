"""The gear: config.json in, the check, reports into ``output/``, verdicts back to Flywheel.

The job's log holds ids, counts and our own words. Nothing of any library gets into it: the SDK logs the bodies of
answers and the addresses of files, and pydicom warns with values.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fw_gear_deid_check import __version__, job
from fw_gear_deid_check import manifest as manifests
from fw_gear_deid_check.commands import EXIT_OK, EXIT_REACHED, EXIT_STOPPED, reaches
from fw_gear_deid_check.errors import DeidCheckError, UsageError
from fw_gear_deid_check.limits import COLLECT_AFTER
from fw_gear_deid_check.sources import answers
from fw_gear_deid_check.sources.flywheel import FlywheelSource
from fw_gear_deid_check.sources.site import LEVELS, Site, SiteError
from fw_gear_deid_check.writeback import Wanted, look_again, write

if TYPE_CHECKING:
    from fw_gear_deid_check.audit import Audit
    from fw_gear_deid_check.main import Options

log = logging.getLogger("fw_gear_deid_check.gear")

EXIT_NOT_RUN = 2


@dataclass(frozen=True, slots=True)
class Task:
    """What one job is asked to do.

    Attributes
    ----------
    destination
        ``type`` and ``id`` of where the job's results go: an analysis, or a container.
    file
        Type and id of the container of ``input-file``, and its name; None where there is no such input.
    """

    api_key: str
    destination: tuple[str, str]
    file: tuple[str, str, str] | None
    scope: str
    policy: str
    profile: Path | None
    identifiers: Path | None
    pixels: str
    show_values: bool
    fail_on: str
    wanted: Wanted
    output: Path


def start(folder: Path | None = None) -> int:
    """Run the job that ``config.json`` in a folder describes (``/flywheel/v0``); return its exit status.

    0: the check ran, and is below ``fail-job-on``. 1: it reached ``fail-job-on``, or a tag stays that says less than
    was found. 2: it could not run, or ended by a defect of our own, and one line says why. 130: stopped by SIGINT.
    """
    gc.set_threshold(*COLLECT_AFTER)
    quiet_libraries()
    try:
        from flywheel_gear_toolkit import GearToolkitContext

        job.sound(folder or Path.cwd())
        context = GearToolkitContext(gear_path=folder, log_metadata=False)
        use_room(context)
        log.setLevel(logging.DEBUG if context.config.get("debug") is True else logging.INFO)
        return main(context)
    except DeidCheckError as error:
        log.error("%s", error)
    except Exception as error:  # noqa: BLE001 - no traceback reaches a log: it would show values
        frame = traceback.extract_tb(error.__traceback__)[-1]
        log.error("stopped by an error in this gear: %s in %s:%s", type(error).__name__, frame.name, frame.lineno)
    except KeyboardInterrupt:  # its traceback would show the values of errors that were being handled
        log.error("stopped")
        return EXIT_STOPPED
    return EXIT_NOT_RUN


def main(context: Any) -> int:
    """Run the job of a gear context, and return its exit status."""
    from fw_gear_deid_check import main as checks
    from fw_gear_deid_check import reporters
    from fw_gear_deid_check.progress import Progress

    task = parse_config(context)
    options = options_of(task)
    try:
        reporters.prepare(task.output)
    except UsageError:
        who = f"user {os.getuid()}"
        raise UsageError(f"the output folder can't be written by {who}; build the image with RUN_AS=root") from None
    site = Site.connect(task.api_key)
    try:
        source = source_of(task, site, options)
        if task.file is not None and source.container.id == task.file[1] and source.is_own_report(task.file[2]):
            log.info("the input file is a report of this gear: there is nothing to be checked")
            return EXIT_OK
        container = source.container
        log.info("checking %s %s with %s", container.type, container.id, __version__)
        if task.show_values:
            log.warning("the reports will hold identifiers (show-values)")
        with Progress(sys.stdout) as progress:
            audit = checks.run(source, replace(options, progress=progress), container)
        audit.notes = (*audit.notes, *source.notes)
        contradicted = tell(audit, site, task, source.only_file)
    finally:
        site.close()
    log.info("verdict: %s", audit.verdict)
    return EXIT_REACHED if contradicted or reaches(audit.verdict, task.fail_on) else EXIT_OK


def tell(audit: Audit, site: Site, task: Task, only_file: str | None) -> bool:
    """Look what changed meanwhile, write the reports, then the tags and results: with one verdict in all of them.

    Returns
    -------
    bool
        A tag of an earlier run stands somewhere that says less than was found.
    """
    from fw_gear_deid_check import reporters

    site.hope()  # it may answer again by now
    wanted = task.wanted
    line = look_again(audit, site, wanted.gear, running=wanted.running, only_file=only_file)
    if line:
        log.error("%s", line)
    reporters.write(audit, task.output)
    log.info("%s reports written for %s items", len(list(task.output.iterdir())), len(audit.records))
    site.hope()
    written = write(audit, site, wanted)
    for line in written.lines:
        log.error("%s", line)
    if written.changed:
        audit.report = None
        reporters.write(audit, task.output)
        log.info("the reports were written anew, with what changed")
    return written.contradicted


def parse_config(context: Any) -> Task:
    """Return what the job is asked to do; raise `UsageError` with one line where that can't be done."""
    manifest = context.manifest
    config = {name: field["default"] for name, field in manifest["config"].items()} | context.config
    inputs: Mapping[str, Any] = context.config_json.get("inputs") or {}
    key = (inputs.get("api-key") or {}).get("key")
    if not key:
        raise UsageError("there is no API key: the job needs the input api-key")
    for name, field in manifest["config"].items():
        if not manifests.takes(field, config[name]):
            raise UsageError(f"config {name} has to be {manifests.form(field)}")
    file = None
    if inputs.get("input-file"):
        where = inputs["input-file"]["hierarchy"]
        file = (where["type"], where["id"], inputs["input-file"]["location"]["name"])
    elif config["scope"] == "file":
        raise UsageError("scope is file, and there is no input-file")
    kind, identity = context.destination["type"], context.destination["id"]
    wanted = Wanted(
        # The image holds one manifest: a job that makes no analysis is one of the variant for rules.
        gear=manifest["name"] if kind == "analysis" else manifest["name"] + manifests.RULE,
        tag_prefix=config["tag-prefix"],
        tags=config["write-tags"],
        qc=config["write-qc"],
        job=here["id"] if job.holds(here := context.config_json.get("job"), (("id",),)) else None,
        running=identity,
    )
    return Task(
        api_key=key,
        destination=(kind, identity),
        file=file,
        scope=config["scope"],
        policy=context.get_input_path("policy") or config["policy"],
        profile=_path(context, "deid-profile"),
        identifiers=_path(context, "identifiers"),
        pixels=config["pixels"],
        show_values=config["show-values"],
        fail_on=config["fail-job-on"],
        wanted=wanted,
        output=Path(context.output_dir),
    )


def _path(context: Any, name: str) -> Path | None:
    """Return the path of an input, None where it wasn't given."""
    path = context.get_input_path(name)
    return Path(path) if path else None


def options_of(task: Task) -> Options:
    """Return the options of the check."""
    from fw_gear_deid_check.checkers import RULES
    from fw_gear_deid_check.detectors import identifiers_file
    from fw_gear_deid_check.main import Options
    from fw_gear_deid_check.policy import Policy
    from fw_gear_deid_check.profile.profile import Profile

    return Options(
        policy=Policy.load(task.policy, RULES),
        profile=Profile.load(task.profile) if task.profile is not None else None,
        identifiers=identifiers_file.read(task.identifiers) if task.identifiers else (),
        pixels=task.pixels,
        show_values=task.show_values,
        jobs=os.cpu_count() or 1,
    )


def source_of(task: Task, site: Site, options: Options) -> FlywheelSource:
    """Return the items to be checked.

    An analysis checks what it belongs to, a utility job the container of ``input-file``, or its destination; with scope
    ``file`` it is that file alone.
    """
    kind, container_id = task.destination
    only_file = None
    if task.file is not None and (kind != "analysis" or task.scope == "file"):
        kind, container_id, name = task.file
        only_file = name if task.scope == "file" else None
    try:
        if kind == "analysis":
            parent = answers.mapping(answers.container(site.get("analyses", container_id)).get("parent"))
            kind, container_id = str(parent.get("type")), str(parent.get("id"))
    except SiteError as error:
        raise UsageError(f"the analysis of this job can't be read: {error}") from None
    if kind not in LEVELS:
        raise UsageError("the job has to run on a project, subject, session or acquisition")
    return FlywheelSource(
        site,
        container_id,
        kind=kind,
        only_file=only_file,
        limits=options.policy.limits,
        gear=task.wanted.gear,
        running=task.destination[1],
    )


def use_room(context: Any) -> None:
    """Put temporary files into the job's work folder where there is no other room: the root may be read-only."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        tempfile.tempdir = str(context.work_dir)


def quiet_libraries() -> None:
    """Log our own records only, to standard output, one line each; warnings of libraries are dropped."""
    warnings.simplefilter("ignore")
    logging.captureWarnings(capture=False)
    logging.lastResort = None
    root, ours = logging.getLogger(), logging.getLogger("fw_gear_deid_check")
    root.handlers = [logging.NullHandler()]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    ours.handlers, ours.propagate = [handler], False
    ours.setLevel(logging.INFO)
