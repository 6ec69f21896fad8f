"""The command line: ``deid-check``."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fw_gear_deid_check import __version__
from fw_gear_deid_check.errors import DeidCheckError, PolicyError, ProfileError, UsageError
from fw_gear_deid_check.rules import Verdict

if TYPE_CHECKING:
    from fw_gear_deid_check.audit import Audit
    from fw_gear_deid_check.items import Source
    from fw_gear_deid_check.main import Options

EXIT_OK, EXIT_REACHED, EXIT_USAGE = 0, 1, 2
FORMATS = ("csv", "json", "html")
FAIL_ON = {"fail": Verdict.FAIL, "incomplete": Verdict.INCOMPLETE, "review": Verdict.REVIEW, "never": None}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``deid-check`` and return its exit status: 0 below ``--fail-on``, 1 reached, 2 wrong usage."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return EXIT_USAGE
    _log(verbose=getattr(options, "verbose", False))
    try:
        status: int = options.run(options)
    except (PolicyError, ProfileError) as error:
        kind = "policy" if isinstance(error, PolicyError) else "profile"
        for mistake in error.mistakes:
            print(f"deid-check: {kind} {error.name}: {mistake}", file=sys.stderr)
        return EXIT_USAGE
    except DeidCheckError as error:
        print(f"deid-check: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("deid-check: stopped; no report was written", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except OSError as error:
        print(f"deid-check: stopped: {error.strerror or type(error).__name__}; no report was written", file=sys.stderr)
        return EXIT_USAGE
    except Exception as error:  # noqa: BLE001 - its text and its traceback may hold values
        print(f"deid-check: stopped by a defect of its own: {type(error).__name__}", file=sys.stderr)
        return EXIT_USAGE
    return status


def _log(*, verbose: bool) -> None:
    """Log what this package says, and nothing of what libraries say: their messages may hold values."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    package = logging.getLogger(__package__)
    package.handlers = [handler]
    package.propagate = False
    package.setLevel(logging.DEBUG if verbose else logging.WARNING)
    logging.lastResort = None
    warnings.simplefilter("ignore")


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="deid-check",
        description="Says whether imaging data are free of identifiers, and what could not be checked.",
    )
    parser.add_argument("--version", action="version", version=f"deid-check {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    scan = commands.add_parser(
        "scan", help="check folders, files, archives on this machine, or a container on Flywheel"
    )
    scan.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    scan.add_argument(
        "--flywheel",
        metavar="GROUP/PROJECT[/SUBJECT[/SESSION[/ACQUISITION]]]",
        help="check this instead, with the API key in FW_API_KEY or of `fw login`; writes nothing to the site",
    )
    scan.add_argument(
        "--metadata-only",
        action="store_true",
        help="with --flywheel: download nothing; records and names are checked, contents are not",
    )
    scan.set_defaults(run=_scan)
    _add_scan_options(scan)

    demo = commands.add_parser("demo", help="make a synthetic session with planted identifiers, then scan it")
    demo.set_defaults(run=_demo)
    _add_scan_options(demo)

    preview = commands.add_parser("preview", help="apply a Flywheel profile to a copy of local data, then scan that")
    preview.add_argument("applied", type=Path, metavar="PROFILE")
    preview.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    preview.add_argument(
        "--data", type=Path, default=Path("deid-check-preview"), metavar="DIR", help="new folder for the copy"
    )
    preview.set_defaults(run=_preview)
    _add_scan_options(preview)

    rules = commands.add_parser("rules", help="list the rules, or explain one")
    rules.add_argument("ids", nargs="*", metavar="ID")
    rules.add_argument("--markdown", action="store_true", help="print all of them as docs/rules.md has them")
    rules.set_defaults(run=_rules)

    policy = commands.add_parser("policy", help="print a policy fully resolved")
    policy.add_argument("name", nargs="?", default="site", metavar="NAME|FILE")
    policy.set_defaults(run=_policy)

    schema = commands.add_parser("schema", help="print the JSON Schema of report.json")
    schema.set_defaults(run=_schema)

    manifest = commands.add_parser("manifest", help="print the gear's manifest")
    manifest.add_argument("--rule", action="store_true", help="that of the variant which gear rules run")
    manifest.set_defaults(run=_manifest)

    _add_batch(commands)

    return parser


def _add_batch(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command that runs the gear over a project."""
    batch = commands.add_parser("batch", help="run the gear over a project on Flywheel, and gather one report")
    add = batch.add_argument
    add("project", metavar="GROUP/PROJECT")
    add(
        "-o",
        "--output",
        type=Path,
        default=Path("deid-check-batch"),
        metavar="DIR",
        help="where the state of the batch and the reports are kept",
    )
    add("--gear", default="deid-check", metavar="NAME", help="the gear's name on the site (default: deid-check)")
    add("--config", action="append", default=[], metavar="NAME=VALUE", help="of the gear; may be given again")
    add("--sessions", type=Path, metavar="FILE", help="only these: ids, labels or SUBJECT/SESSION, one a line")
    add("--filter", default="", metavar="FILTER", help="only what the site finds by this: created>2024-01-01")
    add("--only-unchecked", action="store_true", help="leave out sessions that have a verdict already")
    add("--only-uploaded-by-users", action="store_true", help="leave out sessions without a file that a user uploaded")
    add("--size", type=_number, default=100, metavar="N", help="sessions of one batch (default: 100)")
    add("--start", action="store_true", help="start it; without any of these four, only tell what would be done")
    add("--wait", action="store_true", help="wait for the jobs, then gather the report")
    add("--collect", action="store_true", help="gather the report of what is done by now")
    add("--cancel", action="store_true", help="cancel the jobs that wait")
    add("--fail-on", choices=tuple(FAIL_ON), default="incomplete", help="the verdict that makes the exit status 1")
    add("--verbose", action="store_true", help="debug log: ids and counts")
    batch.set_defaults(run=_batch)


def _add_scan_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command shares that scans."""
    add = parser.add_argument
    add("-o", "--output", type=Path, default=Path("deid-check-report"), metavar="DIR", help="where the reports go")
    add(
        "--policy",
        default="site",
        metavar="NAME|FILE",
        help="site, ps3.15-basic, safe-harbor, as-claimed or a YAML file",
    )
    add("--profile", type=Path, metavar="FILE", help="also check that this Flywheel profile was applied")
    add(
        "--baseline", type=Path, metavar="FILE", help="an earlier report.json: also say what is new, fixed, still there"
    )
    add("--identifiers", type=Path, metavar="FILE", help="CSV or text: identifiers that must appear nowhere")
    add("--pixels", choices=("auto", "all", "off"), default="auto", help="where to look for burned-in text")
    add("--format", default="csv,json,html", metavar="LIST", help="which reports (default: csv,json,html)")
    add("--fail-on", choices=tuple(FAIL_ON), default="incomplete", help="the verdict that makes the exit status 1")
    add("--show-values", action="store_true", help="put the identifiers themselves into the reports")
    add("--jobs", type=_number, default=os.cpu_count() or 1, metavar="N", help="worker processes")
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("--quiet", action="store_true", help="no progress, only the verdict")
    loudness.add_argument("--verbose", action="store_true", help="debug log: ids and counts")


def _number(text: str) -> int:
    """Return a number of worker processes."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _scan(arguments: argparse.Namespace) -> int:
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
        return _check(source, arguments)
    finally:
        site.close()


def _batch(arguments: argparse.Namespace) -> int:
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
        return 130
    finally:
        site.close()
    if verdict is None:
        return EXIT_OK
    print(f"verdict: {verdict}")
    threshold = FAIL_ON[arguments.fail_on]
    return EXIT_REACHED if threshold is not None and verdict.rank >= threshold.rank else EXIT_OK


def _demo(arguments: argparse.Namespace) -> int:
    """Make a synthetic session, and check it."""
    import tempfile

    from fw_gear_deid_check import demo
    from fw_gear_deid_check.sources.folder import FolderSource

    with tempfile.TemporaryDirectory(prefix="deid-check-demo-") as folder:
        demo.make(Path(folder))
        return _check(FolderSource([Path(folder)]), arguments)


def _preview(arguments: argparse.Namespace) -> int:
    """Apply a profile to a copy of the data, and check the copy."""
    from fw_gear_deid_check.preview import preview
    from fw_gear_deid_check.profile import Profile

    if arguments.profile is not None:
        raise UsageError("preview applies its PROFILE; leave --profile out")
    profile = Profile.load(arguments.applied)

    def apply(options: Options) -> Audit:
        shown = preview(arguments.paths, arguments.data, profile, options)
        if not arguments.quiet:
            print("\n".join(shown.lines()))
        return shown.audit

    return _report(apply, arguments)


def _check(source: Source, arguments: argparse.Namespace) -> int:
    """Run the checks on a source, write the reports, print the summary."""
    from fw_gear_deid_check import main as checks

    def audited(options: Options) -> Audit:
        audit = checks.run(source, options, getattr(source, "container", None))
        audit.notes = (*audit.notes, *getattr(source, "notes", ()))
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
    reporters.prepare(arguments.output)
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
    threshold = FAIL_ON[arguments.fail_on]
    return EXIT_REACHED if threshold is not None and audit.verdict.rank >= threshold.rank else EXIT_OK


def _options(arguments: argparse.Namespace) -> Options:
    """Return what the run is asked to do; every mistake in it is told before anything is checked."""
    from fw_gear_deid_check.checkers import RULES
    from fw_gear_deid_check.detectors import identifiers_file
    from fw_gear_deid_check.main import Options
    from fw_gear_deid_check.policy import Policy
    from fw_gear_deid_check.profile import Profile

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
    formats = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise UsageError(f"--format takes a list of {', '.join(FORMATS)}")
    return formats


def _rules(arguments: argparse.Namespace) -> int:
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


def _policy(arguments: argparse.Namespace) -> int:
    """Print a policy fully resolved."""
    import yaml

    from fw_gear_deid_check.checkers import RULES
    from fw_gear_deid_check.policy import Policy

    resolved = Policy.load(arguments.name, RULES).resolved()
    print(yaml.safe_dump(resolved, sort_keys=False, allow_unicode=True, width=120), end="")
    return EXIT_OK


def _schema(arguments: argparse.Namespace) -> int:
    """Print the JSON Schema of report.json."""
    from fw_gear_deid_check.reporters.json import schema

    print(json.dumps(schema(), indent=2))
    return EXIT_OK


def _manifest(arguments: argparse.Namespace) -> int:
    """Print the manifest of the gear, or of its variant for gear rules."""
    from fw_gear_deid_check import manifest

    document = manifest.read()
    print(json.dumps(manifest.for_rule(document) if arguments.rule else document, indent=2, ensure_ascii=False))
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
