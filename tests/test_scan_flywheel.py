"""deid-check scan --flywheel: an engineer with an API key, against a site over loopback HTTP."""

from __future__ import annotations

import json
import time
import zipfile
from collections import Counter
from io import BytesIO

import pytest
from flywheel.rest import RetryTransport

from fw_gear_deid_check import cli

CANARY = "QUOKKAWITZ"
NAME = f"{CANARY}^JANE"


@pytest.fixture(autouse=True)
def key(running, monkeypatch, unhurried):
    """Let the program find its key."""
    monkeypatch.setenv("FW_API_KEY", running[0].api_key)


@pytest.fixture
def scan(capsys, tmp_path):
    """Run it; return (exit status, standard output, standard error, report or None)."""

    def run(*arguments):
        status = cli.main(["scan", *arguments, "-o", str(tmp_path / "out"), "--jobs", "1"])
        captured = capsys.readouterr()
        path = tmp_path / "out" / "report.json"
        return status, captured.out, captured.err, json.loads(path.read_text()) if path.exists() else None

    return run


def archive(**members: bytes) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name, data in members.items():
            target.writestr(zipfile.ZipInfo(name), data)
    return stream.getvalue()


@pytest.fixture
def study(server):
    """A project of one session: a clean acquisition, and one that is named in every place outside the bytes."""
    store = server.store
    made = {"project": store.add("project", "study")}
    made["subject"] = store.add("subject", "sub-01", made["project"])
    made["session"] = store.add("session", "ses/01", made["subject"])
    made["clean"] = store.add("acquisition", "clean", made["session"])
    made["named"] = store.add("acquisition", "named", made["session"], metadata={"PatientName": NAME})
    store.add_file(made["clean"], "clean.json", b'{"EchoTime": 0.1}')
    store.add_file(made["clean"], "clean.zip", archive(**{"a/1.json": b'{"EchoTime": 0.1}'}))
    store.add_file(made["named"], "info.json", b"{}", info={"header": {"dicom": {"PatientName": NAME}}})
    store.add_file(made["named"], "a.dicom.zip", archive(**{f"{CANARY}_JANE/1.json": b"{}"}))
    store.add_file(made["named"], f"{CANARY}_JANE.json", b"{}")
    server.requests.clear()
    return made


def test_a_whole_scan_reads_what_the_gear_reads(server, study, scan):
    status, out, err, report = scan("--flywheel", "lab/study/sub-01/ses%2F01")
    assert (status, out.splitlines()[-1], err) == (1, "verdict: FAIL", "")
    assert report["container"] == {
        "type": "session", "id": study["session"]["_id"], "path": "lab/study/sub-01/ses%2F01",
    }  # fmt: skip
    verdicts = {row["path"]: row["verdict"] for row in report["items"]}
    assert (verdicts["clean/clean.json"], verdicts["clean/clean.zip"], verdicts["named"]) == ("PASS", "PASS", "FAIL")
    assert server.sent("PUT", "PATCH", "DELETE") == []
    assert [request.path for request in server.sent("POST")] == ["/lookup"]


def test_metadata_only_downloads_nothing_and_passes_nothing_it_did_not_read(server, study, scan):
    status, out, _, report = scan("--flywheel", "lab/study", "--metadata-only")
    assert (status, out.splitlines()[-1]) == (1, "verdict: FAIL")
    assert not [request for request in server.requests if "/files/" in request.path and "zip_info" not in request.path]
    verdicts = {row["path"].replace("sub-01/ses%2F01/", ""): row["verdict"] for row in report["items"]}
    assert verdicts.pop("study") == verdicts.pop("sub-01") == verdicts.pop("sub-01/ses%2F01") == "PASS"
    assert (verdicts.pop("clean"), verdicts.pop("named")) == ("PASS", "FAIL")
    assert [verdicts.pop(f"clean/clean.{kind}") for kind in ("json", "zip")] == ["INCOMPLETE", "INCOMPLETE"]
    assert set(verdicts.values()) == {"FAIL"}
    assert len(verdicts) == 3
    pointers = {row["pointer"] for row in report["findings"] if row["level"] == "FAIL"}
    assert pointers >= {"metadata.PatientName", "info.header.dicom.PatientName", "member.name", "name"}
    reasons = Counter(row["reason"] for row in report["coverage"]["not_checked"])
    assert reasons == {"metadata only: its bytes were not read": 5}
    assert "no file was downloaded" in report["run"]["notes"][0]
    assert CANARY not in json.dumps(report) + out


def test_clean_metadata_are_incomplete_and_a_project_without_files_is_not(server, study, scan):
    server.store.remove(study["named"])
    assert scan("--flywheel", "lab/study", "--metadata-only")[1].splitlines()[-1] == "verdict: INCOMPLETE"
    assert scan("--flywheel", "lab/study", "--metadata-only", "--fail-on", "fail")[0] == 0
    study["clean"]["files"].clear()
    assert scan("--flywheel", "lab/study", "--metadata-only")[1].splitlines()[-1] == "verdict: PASS"


def test_an_archive_that_cannot_be_listed_is_told(server, study, scan):
    server.fail("GET", "zip_info", status=500, times=99)
    *_, report = scan("--flywheel", "lab/study", "--metadata-only")
    reasons = Counter(row["reason"] for row in report["coverage"]["not_checked"])
    listed = "metadata only: its bytes were not read; its members could not be listed: GET: the site answered 500"
    assert reasons == {listed: 2, "metadata only: its bytes were not read": 3}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--flywheel", "lab/elsewhere"], "nothing is at this place"),
        (["--flywheel", "lab"], "is written GROUP/PROJECT"),
        (["--flywheel", "lab//study"], "is written GROUP/PROJECT"),
        (["--flywheel", "lab/study", "some-folder"], "and not both"),
        ([], "scan takes paths"),
        (["some-folder", "--metadata-only"], "goes with --flywheel"),
    ],
)
def test_wrong_usage(server, study, scan, arguments, words):
    status, out, err, report = scan(*arguments)
    assert (status, out, report) == (2, "", None)
    assert words in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "set FW_API_KEY, or log in with `fw login`"),
        ("{site}x", "login failed: GET: the site answered 401"),
        ("127.0.0.1:1:__force_insecure:k", "login failed: GET: no answer from the site"),
    ],
)
def test_a_key_that_does_not_open(server, study, scan, monkeypatch, tmp_path, key, words):
    _, *others = RetryTransport.__init__.__defaults__  # its seven retries of a site that is not there take two minutes
    monkeypatch.setattr(RetryTransport.__init__, "__defaults__", (1, *others))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FW_API_KEY", key.format(site=server.api_key))
    status, out, err, report = scan("--flywheel", "lab/study")
    assert (status, out, report) == (2, "", None)
    assert words in err
    assert "notarealkey" not in err


@pytest.mark.parametrize(("kept", "status"), [("key", 1), ("other", 2)])
def test_the_key_of_fw_login_is_used(server, study, scan, monkeypatch, tmp_path, kept, status):
    monkeypatch.delenv("FW_API_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".config" / "flywheel").mkdir(parents=True)
    (tmp_path / ".config" / "flywheel" / "user.json").write_text(json.dumps({kept: server.api_key}))
    assert scan("--flywheel", "lab/study", "--metadata-only")[0] == status


def test_a_lookup_is_tried_again(server, study, scan):
    server.fail("POST", "/lookup", "lost")
    server.fail("POST", "/lookup", status=503, times=2)
    assert scan("--flywheel", "lab/study", "--metadata-only")[0] == 1
    assert len(server.sent("POST")) == 4


def test_what_is_read_ahead_changes_nothing(server, study, scan, monkeypatch):
    """Many questions at once, some answered late, some not at all: the same items in the same order."""
    for number in range(40):
        acquisition = server.store.add("acquisition", f"more-{number:02}", study["session"])
        server.store.add_file(acquisition, f"{number}.zip", archive(**{f"{number}.dcm": b""}))
    gone = server.store.find_file(acquisition, "39.zip")["file_id"]

    def told(at_once):
        monkeypatch.setattr("fw_gear_deid_check.sources.flywheel.AT_ONCE", at_once)
        server.faults.clear()
        server.fail("GET", f"/acquisitions/{study['named']['_id']}$", status=500, times=99)
        server.fail("GET", f"{gone}/zip_info$", status=404, times=99)
        server.fail("GET", f"{acquisition['_id'][:-1]}", "slow", seconds=0.05, times=6)
        *_, report = scan("--flywheel", "lab/study", "--metadata-only")
        return report["items"], report["coverage"]

    one = told(1)
    assert told(4) == told(4) == one
    assert len(one[0]) > 80
    assert [each["reason"] for each in one[1]["not_checked"] if "500" in each["reason"] or "404" in each["reason"]]


def test_a_sweep_of_3000_acquisitions(server, scan):
    """Its number of requests, docs/gear-rule.md: one for each container and archive, one for each page and level."""
    store = server.store
    project = store.add("project", "sweep")
    data = archive(**{"s/1.dcm": b""})
    for number in range(30):
        subject = store.add("subject", f"sub-{number:02}", project)
        session = store.add("session", "ses-01", subject)
        for series in range(100):
            fields = {"metadata": {"PatientName": NAME}} if (number, series) == (17, 42) else {}
            acquisition = store.add("acquisition", f"acq-{series:03}", session, **fields)
            store.add_file(acquisition, f"acq-{series:03}.dicom.zip", data, info={"header": {"dicom": {"EchoTime": 4}}})
    began = time.monotonic()
    *_, report = scan("--flywheel", "lab/sweep", "--metadata-only")
    print(f"{len(server.requests)} requests, {time.monotonic() - began:.1f} s")
    assert report["coverage"]["items"] == 1 + 30 + 30 + 3000 + 3000
    assert [row["pointer"] for row in report["findings"] if row["level"] == "FAIL"] == ["metadata.PatientName"]
    containers, archives, pages = 1 + 30 + 30 + 3000, 3000, 2 * (1 + 30 + 30)
    assert len(server.requests) == containers + archives + pages + 2  # login, lookup
