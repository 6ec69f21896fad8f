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
LATER = ("batch",)
"""Commands of the interface that are not built yet."""


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

    scan = commands.add_parser("scan", help="check folders, files, archives on this machine")
    scan.add_argument("paths", nargs="+", type=Path, metavar="PATH")
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

    for name in LATER:
        later = commands.add_parser(name, help="comes in a later version")
        later.add_argument("rest", nargs=argparse.REMAINDER)
        later.set_defaults(run=_later)
    return parser


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
    add("--jobs", type=_jobs, default=os.cpu_count() or 1, metavar="N", help="worker processes")
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("--quiet", action="store_true", help="no progress, only the verdict")
    loudness.add_argument("--verbose", action="store_true", help="debug log: ids and counts")


def _jobs(text: str) -> int:
    """Return a number of worker processes."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _scan(arguments: argparse.Namespace) -> int:
    """Check what lies on this machine."""
    from fw_gear_deid_check.sources.folder import FolderSource

    return _check(FolderSource(arguments.paths, exclude=arguments.output), arguments)


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

    return _report(lambda options: checks.run(source, options), arguments)


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


def _later(arguments: argparse.Namespace) -> int:
    """Say in one line that a command isn't built yet."""
    raise UsageError(f"{arguments.command} comes in a later version")


if __name__ == "__main__":
    sys.exit(main())
