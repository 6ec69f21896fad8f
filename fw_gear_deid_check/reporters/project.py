"""The report of a project: what the reports of its sessions come to.

``project.json`` is the record; three tables and a page are views of it. Everything in it comes from the sessions' own
reports, which hold no values; of a session without one, only its id and why.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from fw_gear_deid_check import __version__
from fw_gear_deid_check.findings import unnumbered
from fw_gear_deid_check.reporters.plain import count
from fw_gear_deid_check.rules import Level, Verdict

SCHEMA = "deid-check-project/1"
REPORT = "deid-check-report/1"
MOST_ROWS = 2_000
"""Rows of each table on the page; project.json and the CSV tables have them all."""
NOT_CHECKED_OF_A_SESSION = 1_000
"""Things of one session that are named when they could not be checked."""

LEAK = ("rule", "slug", "checker", "level", "category", "pointer")
SESSION_COLUMNS = [
    "verdict", "id", "path", "stage", "reason", "items", "files", "members", "not_checked", "fail", "review", "info",
    "suppressed", "uploaded_by_users", "policy", "version", "finished", "jobs", "analysis",
]  # fmt: skip
LEAK_COLUMNS = [*LEAK, "sessions", "places", "members", "first_session", "message", "source", "remedy"]
NOT_CHECKED_COLUMNS = ["session", "path", "member", "checker", "reason", "members"]
UPLOAD_COLUMNS = ["type", "id", "name", "files", "sessions", "fail", "incomplete", "review", "pass", "first", "last"]


class Project:
    """What is told of a project, session by session.

    Parameters
    ----------
    project_id
        The project.
    gear
        ``id``, ``name``, ``version`` of the gear whose jobs these are.
    config
        How it was run.
    left_out
        Sessions that were not to be checked, by reason.
    """

    def __init__(
        self, project_id: str, gear: Mapping[str, str], config: Mapping[str, Any], left_out: Mapping[str, int]
    ) -> None:
        self._id = project_id
        self._gear = dict(gear)
        self._config = dict(config)
        self._left_out = dict(left_out)
        self._path: str | None = None
        self._sessions: list[dict[str, Any]] = []
        self._leaks: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._not_checked: list[dict[str, Any]] = []
        self._uploads: dict[tuple[Any, ...], dict[str, Any]] = {}

    def add(
        self, session: str, report: Any, reason: str | None, *, stage: str, jobs: Sequence[str], analysis: str | None
    ) -> None:
        """Add a session with the report of its job; without a usable one it is not checked.

        Parameters
        ----------
        report
            As report.json has it, as far as anybody knows: it was fetched from the site.
        reason
            Why there is none.
        """
        row: dict[str, Any] = {"id": session, "stage": str(stage), "jobs": list(jobs), "analysis": analysis}
        told: dict[str, Any] = {}
        if report is not None and reason is None:
            try:
                told = _read(session, report)
            except (KeyError, TypeError, ValueError, AttributeError):
                reason = "its report isn't one that this version can read"
            else:
                reason = told["row"].pop("problem", None)
        if reason is not None:
            self._sessions.append(row | dict.fromkeys(_EMPTY) | {"verdict": Verdict.INCOMPLETE, "reason": reason})
            unread = {"path": None, "member": None, "checker": "job", "reason": reason, "members": 1}
            self._not_checked.append({"session": session} | unread)
            return
        self._sessions.append(row | told["row"] | {"reason": None})
        self._path = self._path or told["project"]
        self._not_checked += told["not_checked"]
        for key, leak in told["leaks"].items():
            self._add_leak(key, leak, session)
        for who, files in told["uploads"].items():
            self._add_upload(who, files)

    def _add_leak(self, key: tuple[Any, ...], leak: dict[str, Any], session: str) -> None:
        known = self._leaks.setdefault(key, leak | {"sessions": 0, "places": 0, "members": 0, "first_session": session})
        known["sessions"] += 1
        known["places"] += leak["places"]
        known["members"] += leak["members"]

    def _add_upload(self, who: tuple[Any, ...], files: list[tuple[str, str]]) -> None:
        row = dict(zip(("type", "id", "name"), who, strict=True))
        row |= dict.fromkeys(("files", "sessions", "fail", "incomplete", "review", "pass"), 0)
        row = self._uploads.setdefault(who, row | {"first": None, "last": None})
        row["files"] += len(files)
        row["sessions"] += 1
        for verdict, created in files:
            row[verdict.lower()] += 1
            if created:
                row["first"] = min(row["first"] or created, created)
                row["last"] = max(row["last"] or created, created)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all sessions; INCOMPLETE where there is none."""
        return Verdict.worst(Verdict(row["verdict"]) for row in self._sessions)

    @property
    def headline(self) -> str:
        """What it comes to, in one line."""
        counts = Counter(str(row["verdict"]) for row in self._sessions)
        told = ", ".join(f"{counts[each]:,} {each}" for each in reversed(list(Verdict)) if counts[each])
        return f"{count(len(self._sessions), 'session')}: {told}"

    def build(self) -> dict[str, Any]:
        """Return the record, the worst first."""
        sessions = sorted(self._sessions, key=lambda row: (-Verdict(row["verdict"]).rank, row["path"] or "", row["id"]))
        leaks = sorted(self._leaks.values(), key=lambda leak: (-Level(leak["level"]).rank, -leak["sessions"]))
        counts = Counter(str(row["verdict"]) for row in self._sessions)
        return {
            "schema": SCHEMA,
            "tool": {"name": "fw-gear-deid-check", "version": __version__},
            "project": {"id": self._id, "path": self._path},
            "gear": self._gear,
            "config": self._config,
            "made": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "verdict": str(self.verdict),
            "counts": {str(verdict): counts[verdict] for verdict in Verdict},
            "notes": self._notes(),
            "left_out": self._left_out,
            "sessions": [row | {"verdict": str(row["verdict"])} for row in sessions],
            "leaks": leaks,
            "not_checked": self._not_checked,
            "uploads": sorted(self._uploads.values(), key=lambda row: (-row["fail"], -row["files"])),
        }

    def _notes(self) -> list[str]:
        """Return what one has to know to read it."""
        notes = [f"{number:,} sessions were left out: {reason}" for reason, number in sorted(self._left_out.items())]
        for key, many in (("policy", "different policies"), ("version", "different versions of the gear")):
            if len({row[key] for row in self._sessions if row[key]}) > 1:
                notes.append(f"the sessions were judged by {many}")
        return notes


_EMPTY = ("path", "items", "files", "members", "not_checked", "fail", "review", "info", "suppressed", "policy",
          "uploaded_by_users", "version", "finished")  # fmt: skip


def _read(session: str, report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what counts of a session's report.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        Where it is no report.
    """
    if report["schema"] != REPORT:
        raise ValueError
    if report["container"]["id"] != session:
        return {"row": {"problem": "the report of its job is that of another container"}}
    if report["run"]["values_shown"]:
        return {"row": {"problem": "its report shows identifiers (show-values), and is left where it is"}}
    place = [str(label) for label in str(report["container"]["path"]).split("/")]
    coverage = report["coverage"]
    not_checked = [
        {"session": session} | {name: each[name] for name in NOT_CHECKED_COLUMNS[1:]}
        for each in coverage["not_checked"][:NOT_CHECKED_OF_A_SESSION]
    ]
    findings = [finding for finding in report["findings"] if not finding.get("suppressed")]
    levels = Counter(Level(finding["level"]) for finding in findings)
    verdicts = [Verdict(report["verdict"]), *([Verdict.INCOMPLETE] if coverage["not_checked"] else [])]
    verdicts += [Verdict.INCOMPLETE] * (not report["items"]) + [Verdict.FAIL] * bool(levels[Level.FAIL])
    uploads = _uploads(report["items"])
    row = {
        "verdict": Verdict.worst(verdicts),
        "path": "/".join(place[2:]),
        **{name: int(coverage[name]) for name in ("items", "files", "members")},
        "not_checked": sum(int(each["members"]) for each in coverage["not_checked"]),
        **{str(level).lower(): levels[level] for level in Level},
        "suppressed": len(report["findings"]) - len(findings),
        "uploaded_by_users": sum(len(files) for who, files in uploads.items() if who[0] == "user"),
        "policy": f"{report['policy']['name']} {str(report['policy']['sha256'])[:12]}",
        "version": str(report["tool"]["version"]),
        "finished": str(report["run"]["finished"]),
    }
    project, leaks = "/".join(place[:2]), _leaks(findings)
    return {"row": row, "project": project, "not_checked": not_checked, "leaks": leaks, "uploads": uploads}


def _leaks(findings: Iterable[Mapping[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return what leaks in a session: findings of one rule at one kind of place are one."""
    leaks: dict[tuple[Any, ...], dict[str, Any]] = {}
    for finding in findings:
        row = {name: finding[name] for name in LEAK} | {"pointer": unnumbered(str(finding["pointer"]))}
        told = {name: finding[name] for name in ("message", "source", "remedy")}
        known = leaks.setdefault(tuple(row.values()), row | told | {"places": 0, "members": 0})
        known["places"] += 1
        known["members"] += int(finding["members"])
    return leaks


def _uploads(items: Iterable[Mapping[str, Any]]) -> dict[tuple[Any, ...], list[tuple[str, str]]]:
    """Return who uploaded which files of a session, as verdict and time of each."""
    uploads: dict[tuple[Any, ...], list[tuple[str, str]]] = {}
    for item in items:
        origin = item.get("origin")
        if origin:
            who = tuple(origin.get(name) for name in ("type", "id", "name"))
            uploads.setdefault(who, []).append((str(Verdict(item["verdict"])), str(origin.get("created") or "")))
    return uploads


def write(project: Project, folder: Path) -> list[Path]:
    """Write project.json, its tables and its page into a folder, each whole or not at all; return their paths."""
    from fw_gear_deid_check.reporters import write_whole

    record = project.build()
    writers: dict[str, Callable[[TextIO], object]] = {
        "project.json": partial(_write_record, record),
        "project-sessions.csv": partial(_write_table, SESSION_COLUMNS, record["sessions"]),
        "project-leaks.csv": partial(_write_table, LEAK_COLUMNS, record["leaks"]),
        "project-not-checked.csv": partial(_write_table, NOT_CHECKED_COLUMNS, record["not_checked"]),
        "project-uploads.csv": partial(_write_table, UPLOAD_COLUMNS, record["uploads"]),
        "project.html": lambda stream: stream.write(render(record)),
    }
    for name, writer in writers.items():
        write_whole(folder / name, writer)
    return [folder / name for name in writers]


def _write_record(record: Mapping[str, Any], stream: TextIO) -> None:
    json.dump(record, stream, ensure_ascii=False, indent=1)
    stream.write("\n")


def _write_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], stream: TextIO) -> None:
    from fw_gear_deid_check.reporters.csv import harmless

    writer = csv.writer(stream)
    writer.writerow(columns)
    for row in rows:
        cells = (row[name] for name in columns)
        writer.writerow([harmless(" ".join(cell) if isinstance(cell, list) else cell) for cell in cells])


def render(record: Mapping[str, Any]) -> str:
    """Return the page, one self-contained HTML document that runs and loads nothing."""
    from markupsafe import Markup

    from fw_gear_deid_check.reporters import words
    from fw_gear_deid_check.reporters.html import asset, environment, source_of

    style = asset("page.css")
    pressing = [leak for leak in record["leaks"] if leak["level"] != Level.INFO]
    reasons = Counter((each["checker"], each["reason"]) for each in record["not_checked"])
    return (
        environment()
        .get_template("project.html")
        .render(
            record=record,
            meaning=words.MEANING,
            pressing=pressing,
            noted=[leak for leak in record["leaks"] if leak["level"] == Level.INFO],
            reasons=reasons.most_common(),
            most=MOST_ROWS,
            csp=Markup(  # noqa: S704 - made of a hash
                f"default-src 'none'; style-src {source_of(style)}; base-uri 'none'; form-action 'none'"
            ),
            style=Markup(style),  # noqa: S704 - our own file
        )
    )
