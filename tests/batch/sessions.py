"""A project of many sessions on the test server, whose jobs leave reports as a test wants them."""

from __future__ import annotations

import json

from fw_gear_deid_check.reporters.json import SCHEMA

CANARY = "QUOKKAWITZ"
"""An invented surname: it stands in every label, and must come out nowhere."""


def project(server, sessions, *, users=None):
    """Make a gear and a project of so many sessions, two to a subject; return (project, sessions)."""
    store = server.store
    gear = store.new_id()
    store.gears[gear] = {"_id": gear, "category": "analysis", "gear": {"name": "deid-check", "version": "0.1.0"}}
    made, found = store.add("project", "study"), []
    for number in range(sessions):
        if number % 2 == 0:
            subject = store.add("subject", f"{CANARY}-{number // 2}", made, lastname=CANARY)
        found.append(store.add("session", f"{CANARY} {number}", subject, subject={"label": subject["label"]}))
        acquisition = store.add("acquisition", "T1w", found[-1])
        by = "user" if users is None or number in users else "device"
        store.add_file(acquisition, "t1.nii.gz", b"x", origin={"type": by, "id": f"{by}@lab.example"})
    return made, found


def report(session, verdict="PASS", path="s", **changes):
    """Return a session's report of one file, as the gear would leave it."""
    finding = {
        "rule": "DCM001", "slug": "direct-identifier", "checker": "dicom", "level": verdict, "category": "A",
        "path": "T1w/t1.nii.gz", "member": "1.dcm", "members": 2, "pointer": "RequestAttributesSequence[4].PatientName",
        "tag": None, "vr": None, "frame": None, "box": None, "image": None, "evidence": None, "message": "a name",
        "source": "PS3.15", "remedy": "remove it", "suppressed": None,
    }  # fmt: skip
    unread = {"path": "T1w/t1.nii.gz", "member": None, "checker": "nifti", "reason": "cut short", "members": 1}
    origin = {"type": "user", "id": "user@lab.example", "name": None, "created": "2026-01-02T03:04:05Z"}
    return {
        "schema": SCHEMA,
        "tool": {"name": "fw-gear-deid-check", "version": "0.1.0"},
        "policy": {"name": "site", "sha256": "0" * 64, "standard": "PS3.15 2025c"},
        "profile": None,
        "run": {
            "started": "2026-11-22T09:00:00Z", "finished": "2026-11-22T09:01:00Z", "source": "flywheel",
            "values_shown": False, "notes": [],
        },
        "container": {"type": "session", "id": session["_id"], "path": f"lab/study/sub/{path}"},
        "verdict": verdict,
        "coverage": {
            "items": 1, "files": 1, "members": 2, "instances": 2, "frames": 0, "bytes": 9,
            "not_checked": [unread] if verdict == "INCOMPLETE" else [],
        },
        "items": [{
            "path": "T1w/t1.nii.gz", "kind": "dicom", "id": "f", "size": 9, "verdict": verdict,
            "checkers": {"dicom": verdict}, "members": 2, "instances": 2, "deidentification_method": None,
            "pixels": None, "out_of_scope": None, "origin": origin,
        }],
        "findings": [finding] if verdict in {"FAIL", "REVIEW"} else [],
    } | changes  # fmt: skip


def leave(server, job, document):
    """Put a report into the analysis of a job."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    server.store.add_file(server.store.containers[job["destination"]["id"]], "report.json", data)


def first_jobs(server):
    """Return how many jobs each session was given that are no second tries."""
    counts = {}
    for job in server.store.jobs.values():
        if job["previous_job_id"] is None:
            counts[job["parents"]["session"]] = counts.get(job["parents"]["session"], 0) + 1
    return counts
