"""Gather: the report of each session's job, fetched once and kept beside the state."""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from fw_gear_deid_check.batch.state import Session, Stage, State
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.sources import answers, transfer
from fw_gear_deid_check.sources.site import Site, SiteError

FOLDER = "sessions"
REPORT = "report.json"
LARGEST = 256 * MIB
"""Bytes of one session's report."""
AT_ONCE = 4
VALUES_SHOWN = re.compile(rb'"values_shown"[ \t\r\n]{0,9}:[ \t\r\n]{0,9}true')
SHOWN = "its report shows identifiers (show-values), and is left where it is"
NO_REPORT = "its job left no report.json"


def gather(site: Site, state: State) -> None:
    """Fetch the reports that aren't here yet; where one can't be had, its session says why."""
    (state.folder / FOLDER).mkdir(exist_ok=True)
    wanted = [
        session
        for session in state.sessions.values()
        if session.stage is Stage.COMPLETE and not path_of(state, session).exists()
    ]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="gather") as pool:
        for session, reason in zip(wanted, pool.map(lambda each: _fetch(site, state, each), wanted), strict=True):
            session.reason = reason
    state.save()


def _fetch(site: Site, state: State, session: Session) -> str | None:
    """Fetch one report; return why that failed, None where it didn't."""
    if session.analysis is None:
        return NO_REPORT
    path = path_of(state, session)
    unfinished = path.with_suffix(".partial")
    try:
        analysis = answers.container(site.get("analyses", session.analysis))
        files = [file for file in answers.files(analysis) or [] if file and file["name"] == REPORT]
        if not files:
            return NO_REPORT
        content = ("analyses", session.analysis, "files", REPORT)
        with unfinished.open("wb") as stream:
            transfer.download(site, content, stream, files[0].get("size"), files[0].get("hash"), LARGEST)
        if _shows_values(unfinished):
            return SHOWN
        unfinished.replace(path)
    except SiteError as error:
        return f"its report can't be fetched: {error}"
    except OSError:
        return "its report can't be kept: no room in the output folder"
    finally:
        unfinished.unlink(missing_ok=True)
    return None


def _shows_values(path: Path) -> bool:
    """Tell whether a report says of itself that it holds identifiers; it is looked at where it lies, not loaded."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return VALUES_SHOWN.search(data) is not None


def path_of(state: State, session: Session) -> Path:
    """Return where a session's report is kept."""
    return state.folder / FOLDER / f"{session.id}.json"


def reports(state: State) -> Iterator[tuple[Session, Any]]:
    """Yield each session with its report, one at a time, None where it isn't here or isn't JSON."""
    for session in state.sessions.values():
        try:
            document = json.loads(path_of(state, session).read_bytes())
        except (OSError, ValueError, RecursionError):
            document = None
        yield session, document
