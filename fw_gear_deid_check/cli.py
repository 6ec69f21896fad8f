"""The command line: ``deid-check``."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from fw_gear_deid_check import __version__, commands
from fw_gear_deid_check.commands import EXIT_OK, EXIT_STOPPED, EXIT_USAGE, FAIL_ON
from fw_gear_deid_check.errors import DeidCheckError, PolicyError, ProfileError
from fw_gear_deid_check.limits import COLLECT_AFTER


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``deid-check`` and return its exit status.

    0: below ``--fail-on``. 1: it was reached. 2: wrong usage, no report could be written, or a defect of our own. 130:
    stopped by Ctrl-C.
    """
    gc.set_threshold(*COLLECT_AFTER)
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
        return EXIT_STOPPED
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
    add = parser.add_subparsers(dest="command", metavar="COMMAND").add_parser

    scan = add("scan", help="check folders, files, archives on this machine, or a container on Flywheel")
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
    scan.set_defaults(run=commands.scan)
    _add_scan_options(scan)

    demo = add("demo", help="make a synthetic session with planted identifiers, then scan it")
    demo.set_defaults(run=commands.demo)
    _add_scan_options(demo)

    preview = add("preview", help="apply a Flywheel profile to a copy of local data, then scan that")
    preview.add_argument("applied", type=Path, metavar="PROFILE")
    preview.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    preview.add_argument(
        "--data", type=Path, default=Path("deid-check-preview"), metavar="DIR", help="new folder for the copy"
    )
    preview.set_defaults(run=commands.preview, profile=None)
    _add_scan_options(preview, profile=False)

    rules = add("rules", help="list the rules, or explain one")
    rules.add_argument("ids", nargs="*", metavar="ID")
    rules.add_argument("--markdown", action="store_true", help="print all of them as docs/rules.md has them")
    rules.set_defaults(run=commands.rules)

    policy = add("policy", help="print a policy fully resolved")
    policy.add_argument("name", nargs="?", default="site", metavar="NAME|FILE")
    policy.set_defaults(run=commands.policy)

    schema = add("schema", help="print the JSON Schema of report.json")
    schema.set_defaults(run=commands.schema)

    manifest = add("manifest", help="print the gear's manifest")
    manifest.add_argument("--rule", action="store_true", help="that of the variant which gear rules run")
    manifest.set_defaults(run=commands.manifest)

    _add_batch(add("batch", help="run the gear over a project on Flywheel, and gather one report"))

    return parser


def _add_batch(batch: argparse.ArgumentParser) -> None:
    """Add the command that runs the gear over a project."""
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
    batch.set_defaults(run=commands.batch)


def _add_scan_options(parser: argparse.ArgumentParser, *, profile: bool = True) -> None:
    """Add the options that every command shares that scans, with or without that of a profile to check against."""
    add = parser.add_argument
    add("-o", "--output", type=Path, default=Path("deid-check-report"), metavar="DIR", help="where the reports go")
    add(
        "--policy",
        default="site",
        metavar="NAME|FILE",
        help="site, ps3.15-basic, safe-harbor, as-claimed or a YAML file",
    )
    if profile:
        add("--profile", type=Path, metavar="FILE", help="also check that this Flywheel profile was applied")
    add(
        "--baseline", type=Path, metavar="FILE", help="an earlier report.json: also say what is new, fixed, still there"
    )
    add("--identifiers", type=Path, metavar="FILE", help="CSV or text: identifiers that must appear nowhere")
    add("--pixels", choices=("auto", "all", "off"), default="auto", help="where to look for burned-in text")
    add("--format", default="csv,json,html", metavar="LIST", help="which reports (default: csv,json,html)")
    add("--fail-on", choices=tuple(FAIL_ON), default="incomplete", help="the verdict that makes the exit status 1")
    add("--show-values", action="store_true", help="put the identifiers themselves into the reports")
    add("--jobs", type=_number, default=os.cpu_count() or 1, metavar="N", help="processes that decode and read images")
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("--quiet", action="store_true", help="no progress, only the verdict")
    loudness.add_argument("--verbose", action="store_true", help="debug log: ids and counts")


def _number(text: str) -> int:
    """Return a number of processes or sessions."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
