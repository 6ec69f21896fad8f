"""The commands of ``deid-check``: each takes its parsed arguments and returns an exit status."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fw_gear_deid_check.errors import UsageError
from fw_gear_deid_check.rules import Verdict

if TYPE_CHECKING:
    from fw_gear_deid_check.audit import Audit
    from fw_gear_deid_check.items import Source
    from fw_gear_deid_check.main import Options
    from fw_gear_deid_check.sources.flywheel import FlywheelSource
    from fw_gear_deid_check.sources.site import Site

EXIT_OK, EXIT_REACHED, EXIT_USAGE, EXIT_STOPPED = 0, 1, 2, 130
"""Below ``--fail-on``; reached; wrong usage or no report for another reason; Ctrl-C, 128 and the signal's number."""
FAIL_ON = {"fail": Verdict.FAIL, "incomplete": Verdict.INCOMPLETE, "review": Verdict.REVIEW, "never": None}


def reaches(verdict: Verdict, fail_on: str) -> bool:
    """Tell whether a verdict is as bad as what ``--fail-on`` names.

    >>> reaches(Verdict.INCOMPLETE, "incomplete"), reaches(Verdict.REVIEW, "incomplete"), reaches(Verdict.FAIL, "never")
    (True, False, False)
    """
    threshold = FAIL_ON[fail_on]
    return threshold is not None and verdict.rank >= threshold.rank


def scan(arguments: argparse.Namespace) -> int:
    """Check what lies on this machine, or a container on Flywheel."""
    if bool(arguments.paths) == (arguments.flywheel is not None):
        raise UsageError("scan takes paths, or --flywheel GROUP/PROJECT, and not both")
    if arguments.flywheel is not None:
        return _scan_site(arguments)
    if arguments.metadata_only:
        raise UsageError("--metadata-only goes with --flywheel")
    from fw_gear_deid_check.sources.folder import FolderSource

    return _check(FolderSource(arguments.paths, exclude=arguments.output), arguments)


def _scan_site(arguments: argparse.Namespace) -> int:
    """Check a container on Flywheel."""
    from fw_gear_deid_check import manifest
    from fw_gear_deid_check.sources import login
    from fw_gear_deid_check.sources.flywheel import FlywheelSource

    _formats(arguments.format)
    options = _options(arguments)  # its mistakes first: logging in takes longer
    site = login.login()
    try:
        source = FlywheelSource(
            site,
            login.find(site, arguments.flywheel),
            limits=options.policy.limits,
            gear=manifest.read()["name"],
            metadata_only=arguments.metadata_only,
        )
        return _check(source, arguments, lambda audit: _changes(audit, site, source, arguments))
    finally:
        site.close()


def _changes(audit: Audit, site: Site, source: FlywheelSource, arguments: argparse.Namespace) -> None:
    """Look what changed on the site meanwhile.

    Without the files' bytes nothing passes that has files, and a second look would tell nothing that matters.
    """
    from fw_gear_deid_check.writeback import look_again

    if source.metadata_only and audit.verdict.rank >= Verdict.INCOMPLETE.rank:
        return
    line = look_again(audit, site, source.gear)
    if line and not arguments.quiet:
        print(f"deid-check: {line}", file=sys.stderr)


def batch(arguments: argparse.Namespace) -> int:
    """Run the gear over a project through the site's job queue."""
    from fw_gear_deid_check.batch import command, plan
    from fw_gear_deid_check.sources import login

    request = command.Request(
        path=arguments.project,
        folder=arguments.output,
        gear=arguments.gear,
        config=command.parse_config(arguments.config),
        selection=plan.Selection(
            listed=plan.read_list(arguments.sessions) if arguments.sessions else None,
            condition=arguments.filter,
            only_unchecked=arguments.only_unchecked,
            only_uploaded_by_users=arguments.only_uploaded_by_users,
        ),
        size=arguments.size,
        actions=frozenset(action for action in command.ACTIONS if getattr(arguments, action)),
    )
    site = login.login()
    try:
        verdict = command.run(site, request, lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        print("deid-check: stopped; what was started runs on, and the same command goes on from here", file=sys.stderr)
        return EXIT_STOPPED
    finally:
        site.close()
    if verdict is None:
        return EXIT_OK
    print(f"verdict: {verdict}")
    return EXIT_REACHED if reaches(verdict, arguments.fail_on) else EXIT_OK


def demo(arguments: argparse.Namespace) -> int:
    """Make a synthetic session, and check it."""
    import tempfile

    from fw_gear_deid_check import demo
    from fw_gear_deid_check.sources.folder import FolderSource

    with tempfile.TemporaryDirectory(prefix="deid-check-demo-") as folder:
        demo.make(Path(folder))
        return _check(FolderSource([Path(folder)]), arguments)


def preview(arguments: argparse.Namespace) -> int:
    """Apply a profile to a copy of the data, and check the copy."""
    from fw_gear_deid_check.preview import apart, preview
    from fw_gear_deid_check.profile.profile import Profile

    apart(arguments.paths, arguments.data, arguments.output)
    profile = Profile.load(arguments.applied)

    def apply(options: Options) -> Audit:
        shown = preview(arguments.paths, arguments.data, profile, options)
        if not arguments.quiet:
            print("\n".join(shown.lines()))
        return shown.audit

    return _report(apply, arguments)


def _check(source: Source, arguments: argparse.Namespace, after: Callable[[Audit], None] = lambda audit: None) -> int:
    """Run the checks on a source, do what is to be done ``after`` it, write the reports, print the summary."""
    from fw_gear_deid_check import main as checks

    def audited(options: Options) -> Audit:
        audit = checks.run(source, options, getattr(source, "container", None))
        audit.notes = (*audit.notes, *getattr(source, "notes", ()))
        after(audit)
        return audit

    return _report(audited, arguments)


def _report(audited: Callable[[Options], Audit], arguments: argparse.Namespace) -> int:
    """Make the audit, write the reports, print the summary."""
    from fw_gear_deid_check import reporters
    from fw_gear_deid_check.progress import Progress
    from fw_gear_deid_check.reporters import compare, terminal
    from fw_gear_deid_check.reporters.json import build

    formats = _formats(arguments.format)
    options = _options(arguments)
    baseline = compare.read(arguments.baseline) if arguments.baseline else None
    with _folder(arguments.output):
        if arguments.show_values:
            print("deid-check: warning: the reports will hold identifiers (--show-values)", file=sys.stderr)
        with Progress(sys.stderr, quiet=arguments.quiet) as progress:
            audit = audited(replace(options, progress=progress))
        listed = arguments.identifiers is not None
        comparison = None if baseline is None else compare.compare(baseline, build(audit), listed=listed)
        reporters.write(audit, arguments.output, formats, comparison)
    if not arguments.quiet:
        output, color = str(arguments.output), sys.stdout.isatty()
        print(terminal.summary(build(audit), output=output, comparison=comparison, color=color))
    else:
        print(f"verdict: {audit.verdict}")
    return EXIT_REACHED if reaches(audit.verdict, arguments.fail_on) else EXIT_OK


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[None]:
    """Make the folder for the reports; where none get into it, it goes again, and those above it that were made too."""
    from fw_gear_deid_check import reporters

    made = [each for each in (path, *path.parents) if not os.path.lexists(each)]
    try:
        reporters.prepare(path)
        yield
    finally:
        with contextlib.suppress(OSError):  # not empty any more
            for each in made:
                each.rmdir()


def _options(arguments: argparse.Namespace) -> Options:
    """Return what the run is asked to do; every mistake in it is told before anything is checked."""
    from fw_gear_deid_check.checkers import RULES
    from fw_gear_deid_check.detectors import identifiers_file
    from fw_gear_deid_check.main import Options
    from fw_gear_deid_check.policy import Policy
    from fw_gear_deid_check.profile.profile import Profile

    return Options(
        policy=Policy.load(arguments.policy, RULES),
        profile=Profile.load(arguments.profile) if arguments.profile is not None else None,
        identifiers=identifiers_file.read(arguments.identifiers) if arguments.identifiers else (),
        pixels=arguments.pixels,
        show_values=arguments.show_values,
        jobs=arguments.jobs,
    )


def _formats(text: str) -> list[str]:
    """Return the report formats of a comma-separated list."""
    from fw_gear_deid_check.reporters import FORMATS

    formats = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise UsageError(f"--format takes a list of {', '.join(FORMATS)}")
    return formats


def rules(arguments: argparse.Namespace) -> int:
    """List the rules, or explain some."""
    from fw_gear_deid_check.checkers import RULES
    from fw_gear_deid_check.reporters import rules as texts

    by_id = {rule.id: rule for rule in RULES}
    wanted = [name.upper() for name in arguments.ids]
    unknown = [name for name in wanted if name not in by_id]
    if unknown:
        raise UsageError(f"no rule has the id {unknown[0][:20]}; `deid-check rules` lists them")
    if arguments.markdown:
        print(texts.markdown(RULES), end="")
        return EXIT_OK
    print(texts.listing(RULES) if not wanted else "\n\n".join(texts.explanation(by_id[name]) for name in wanted))
    return EXIT_OK


def policy(arguments: argparse.Namespace) -> int:
    """Print a policy fully resolved."""
    import yaml

    from fw_gear_deid_check.checkers import RULES
    from fw_gear_deid_check.policy import Policy

    resolved = Policy.load(arguments.name, RULES).resolved()
    print(yaml.safe_dump(resolved, sort_keys=False, allow_unicode=True, width=120), end="")
    return EXIT_OK


def schema(arguments: argparse.Namespace) -> int:
    """Print the JSON Schema of report.json."""
    from fw_gear_deid_check.reporters.json import schema

    print(json.dumps(schema(), indent=2))
    return EXIT_OK


def manifest(arguments: argparse.Namespace) -> int:
    """Print the manifest of the gear, or of its variant for gear rules."""
    from fw_gear_deid_check import manifest

    document = manifest.read()
    print(json.dumps(manifest.for_rule(document) if arguments.rule else document, indent=2, ensure_ascii=False))
    return EXIT_OK
