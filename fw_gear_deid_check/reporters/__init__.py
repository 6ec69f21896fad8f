"""Reports: report.json is the record; the CSV tables and the page are views of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from functools import partial
from json import dump
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from fw_gear_deid_check.audit import Audit
from fw_gear_deid_check.errors import UsageError
from fw_gear_deid_check.reporters import csv, json, suggested_profile

if TYPE_CHECKING:
    from fw_gear_deid_check.reporters.compare import Comparison

SUGGESTION = "suggested-profile.yaml"
FORMATS = ("csv", "json", "html")
"""What ``--format`` takes."""


def _write_page(audit: Audit, stream: TextIO, comparison: Comparison | None = None) -> None:
    """Write the page."""
    from fw_gear_deid_check.reporters import html  # jinja2 takes a tenth of a second

    stream.write(html.render(json.build(audit), comparison))


def _write_comparison(audit: Audit, stream: TextIO, comparison: Comparison) -> None:
    """Write the comparison with a baseline."""
    dump(comparison.to_dict(), stream, ensure_ascii=False, indent=1)
    stream.write("\n")


_WRITERS: dict[str, dict[str, Callable[[Audit, TextIO], None]]] = {
    "json": {"report.json": json.write},
    "csv": {
        "findings.csv": csv.write_findings,
        "items.csv": csv.write_items,
        "inventory.csv": csv.write_inventory,
    },
    "html": {"report.html": _write_page},
}


def prepare(folder: Path) -> None:
    """Make the folder for the reports, before anything is checked; raise `UsageError` where it can't be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"the output folder can't be written: {error.strerror}; choose another with --output"
        ) from None


def write(
    audit: Audit, folder: Path, formats: Collection[str] = FORMATS, comparison: Comparison | None = None
) -> list[Path]:
    """Write the reports of the given formats into a folder, each under a temporary name first; return their paths.

    With a comparison, the page shows it, and ``comparison.json`` holds it.
    """
    written = []
    for form in formats:
        writers = dict(_WRITERS[form])
        if comparison is not None and form == "html":
            writers["report.html"] = partial(_write_page, comparison=comparison)
        if comparison is not None and form == "json":
            writers["comparison.json"] = partial(_write_comparison, comparison=comparison)
        for name, writer in writers.items():
            path = folder / name
            write_whole(path, partial(writer, audit))
            written.append(path)
    written += _write_suggestion(audit, folder / SUGGESTION)
    for name in (*(name for writers in _WRITERS.values() for name in writers), "comparison.json", SUGGESTION):
        if folder / name not in written:
            (folder / name).unlink(missing_ok=True)  # of an earlier run: it would tell another verdict
    return written


def _write_suggestion(audit: Audit, path: Path) -> list[Path]:
    """Write the suggested profile where there is something to remove; else none is left there."""
    text = suggested_profile.of(audit).text
    if text is None:
        return []
    write_whole(path, lambda stream: stream.write(text))
    return [path]


def write_whole(path: Path, writer: Callable[[TextIO], object]) -> None:
    """Write a file so that it is there whole or not at all."""
    unfinished = path.with_name(f".{path.name}.partial")
    try:
        with unfinished.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            writer(stream)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
