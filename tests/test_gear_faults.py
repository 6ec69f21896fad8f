"""The gear on a site that fails: the right verdict, or INCOMPLETE with its reason; never PASS for what was not read.

A session without any identifier is checked: without faults it passes, so that every fault that is not got over has to
show.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from pathlib import Path

import pytest

from fw_gear_deid_check.sources import transfer
from tests.flywheel_server import Fault, FlywheelServer
from tests.jobs import NAME, Job, analysis_on, labelled, tags

CLEAN = "T1w/t1.dicom.zip"


PASSED = {label: ["deid-check-PASS"] for label in ("ses-01", "T1w", "t1.dicom.zip", "T2w", "t2.dicom.zip")}


def whole(folder: Path) -> None:
    """Nothing that is half-written lies in the output."""
    for path in (folder / "output").iterdir():
        assert not path.name.startswith("."), path.name
        assert path.read_text().endswith(("\n", "}", "</html>", ">")), path.name


GOT_OVER = {
    "503": {"method": "*", "path": "/", "status": 503, "times": 5},
    "429": {"method": "GET", "path": "/", "status": 429, "times": 5, "headers": {"Retry-After": "0"}},
    "504 for writes": {"method": "PATCH", "path": "/", "status": 504, "times": 5},
    "reset": {"method": "GET", "path": "/", "kind": "reset", "times": 5},
    "truncated": {"method": "GET", "path": "t1.dicom.zip", "kind": "truncate", "times": 2},
    "short": {"method": "GET", "path": "t1.dicom.zip", "kind": "short", "times": 2},
    "corrupt": {"method": "GET", "path": "t1.dicom.zip", "kind": "corrupt", "times": 2},
    "500 for a file": {"method": "GET", "path": "t1.dicom.zip", "status": 500, "times": 2},
    "slow answers": {"method": "*", "path": "/", "kind": "slow", "seconds": 0.1, "times": 5},
    "slow body": {"method": "GET", "path": "t1.dicom.zip", "kind": "trickle", "seconds": 0.02},
    "lost tags": {"method": "PATCH", "path": "/tags", "kind": "lost", "times": 3},
    "lost info": {"method": "PATCH", "path": "/info", "kind": "lost", "times": 3},
}


@pytest.mark.parametrize("fault", GOT_OVER.values(), ids=GOT_OVER)
def test_what_can_be_got_over_changes_nothing(server, job, clean, fault):
    placed = server.fail(**fault)
    status, log = job.run(analysis_on(server, clean))
    assert placed.times == 0
    assert (status, log.splitlines()[-1], job.report["verdict"]) == (0, "INFO verdict: PASS", "PASS")
    assert tags(server) == PASSED
    whole(job.folder)


def test_without_a_fault_it_passes(server, job, clean):
    job.run(analysis_on(server, clean))
    assert tags(server) == PASSED


NOT_GOT_OVER = {
    "download 503": ({"path": "t1.dicom.zip", "status": 503}, CLEAN),
    "download 500": ({"path": "t1.dicom.zip", "status": 500}, CLEAN),
    "download 403": ({"path": "t1.dicom.zip", "status": 403}, CLEAN),
    "download 404": ({"path": "t1.dicom.zip", "status": 404}, CLEAN),
    "download reset": ({"path": "t1.dicom.zip", "kind": "reset"}, CLEAN),
    "download truncated": ({"path": "t1.dicom.zip", "kind": "truncate"}, CLEAN),
    "download short": ({"path": "t1.dicom.zip", "kind": "short"}, CLEAN),
    "download corrupt": ({"path": "t1.dicom.zip", "kind": "corrupt"}, CLEAN),
    "acquisition 500": ({"path": "^/acquisitions/[0-9a-f]+$", "status": 500}, "T1w"),
    "acquisition not JSON": ({"path": "^/acquisitions/[0-9a-f]+$", "kind": "short"}, "T1w"),
    "list 500": ({"path": "^/sessions/[0-9a-f]+/acquisitions$", "status": 500}, "ses-01"),
    "list reset": ({"path": "^/sessions/[0-9a-f]+/acquisitions$", "kind": "reset"}, "ses-01"),
    "subject 500": ({"path": "^/subjects/", "status": 500}, "../"),
}


@pytest.mark.parametrize(("fault", "named"), NOT_GOT_OVER.values(), ids=NOT_GOT_OVER)
def test_what_cannot_be_got_over_is_named_and_never_passes(server, job, clean, fault, named):
    server.fail("GET", **fault, times=100_000)
    status, log = job.run(analysis_on(server, clean))
    report = job.report
    assert (status, log.splitlines()[-1], report["verdict"]) == (0, "INFO verdict: INCOMPLETE", "INCOMPLETE")
    assert [each["path"] for each in report["coverage"]["not_checked"] if each["path"].startswith(named)]
    assert report["findings"] == [] or all(row["level"] == "INFO" for row in report["findings"])
    assert tags(server)["ses-01"] != ["deid-check-PASS"]
    whole(job.folder)


@pytest.mark.parametrize("grace", [0.01])
def test_a_body_that_trickles_for_ever_is_given_up(server, job, clean, monkeypatch, grace):
    monkeypatch.setattr(transfer, "GRACE", grace)
    monkeypatch.setattr(transfer, "CHUNK", 100)
    server.fail("GET", "t1.dicom.zip", "trickle", seconds=0.05, times=99)
    job.run(analysis_on(server, clean))
    assert [each["path"] for each in job.report["coverage"]["not_checked"]] == [CLEAN]
    assert tags(server)["T1w"] == tags(server)["ses-01"] == ["deid-check-INCOMPLETE"]
    assert tags(server)["T2w"] == ["deid-check-PASS"]


@pytest.mark.parametrize("after", [*range(13), 20])
def test_a_site_that_is_gone_after_some_requests(server, job, clean, monkeypatch, after):
    """Whenever it goes: one line and no report, or a report that says what was not checked."""
    take = FlywheelServer.take_fault

    def gone(self, method, path):
        if len(self.requests) > after:
            return Fault(method, path, "reset")
        return take(self, method, path)

    monkeypatch.setattr(FlywheelServer, "take_fault", gone)
    status, log = job.run(analysis_on(server, clean))
    if status == 2:
        assert after <= 2
        assert len(log.splitlines()) == 1
        assert not (job.folder / "output" / "report.json").exists()
    else:
        assert status == 0
        unread = job.report["coverage"]["not_checked"]
        assert job.report["verdict"] == ("INCOMPLETE" if unread else "PASS")
        assert unread or after >= 12
        assert "not written" in log
        whole(job.folder)
    assert "deid-check-PASS" not in json.dumps(tags(server)) or after == 20
    assert "Traceback" not in log


def test_two_jobs_at_once_leave_one_tag_on_each_thing(server, clean, tmp_path):
    """Two processes, as two nodes of a site would run them, which don't come to the same verdict."""
    acquisition = next(each for each in server.store.containers.values() if each["label"] == "T1w")
    ended = []

    def run(number, policy):
        (tmp_path / str(number)).mkdir()
        job = Job(server, tmp_path / str(number))
        ended.append(job.run(acquisition, {"policy": policy}, apart=True)[0])

    threads = [threading.Thread(target=run, args=each) for each in enumerate(("site", "safe-harbor"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == [0, 0]
    found = tags(server)
    assert {len(found[name]) for name in ("T1w", "t1.dicom.zip")} == {1}
    for thing in (acquisition, acquisition["files"][0]):
        assert set(thing["info"]["qc"]) == {"deid-check-rule"}


@pytest.fixture
def asked(monkeypatch):
    """When each request for the first file came, in seconds."""
    take, times = FlywheelServer.take_fault, []

    def noted(self, method, path):
        if (method, path.endswith("/t1.dicom.zip")) == ("GET", True):
            times.append(time.monotonic())
        return take(self, method, path)

    monkeypatch.setattr(FlywheelServer, "take_fault", noted)
    return times


def test_a_site_that_asks_to_wait_is_waited_for(server, job, clean, asked):
    """In a process of its own, where nothing is patched."""
    server.fail("GET", "t1.dicom.zip", status=429, headers={"Retry-After": "1"}, times=2)
    status, log = job.run(analysis_on(server, clean), apart=True)
    assert (status, log.splitlines()[-1]) == (0, "INFO verdict: PASS")
    assert len(asked) == 3
    assert all(1.0 <= after - before < 3.0 for before, after in itertools.pairwise(asked))


def test_a_site_that_asks_to_wait_for_an_hour_is_not(server, job, clean, asked, monkeypatch):
    """The SDK waits no longer than its own limit, of 120 s, here lowered; then the file is "not checked"."""
    monkeypatch.setenv("FLYWHEEL_SDK_BACKOFF_MAX", "1")
    monkeypatch.setenv("FLYWHEEL_SDK_TOTAL_RETRIES", "2")
    server.fail("GET", "t1.dicom.zip", status=429, headers={"Retry-After": "3600"}, times=99)
    status, _ = job.run(analysis_on(server, clean), {"fail-job-on": "incomplete"}, apart=True)
    assert status == 1
    [missing] = job.report["coverage"]["not_checked"]
    assert (missing["path"], missing["reason"]) == (CLEAN, "GET: the site answered 429")
    assert len(asked) == 3
    assert asked[-1] - asked[0] < 10
    assert tags(server)["T2w"] == ["deid-check-PASS"]
    assert tags(server)["ses-01"] == ["deid-check-INCOMPLETE"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_site_that_wants_no_questions_is_not_asked_for_everything(server, job, clean, status):
    for number in range(10):
        server.store.add_file(labelled(server, "T2w"), f"more-{number}.json", b"{}")
    server.fail("GET", "/files/", status=status, times=100_000)
    job.run(analysis_on(server, clean))
    assert len({request.path for request in server.requests if "/files/more" in request.path}) <= 3
    assert job.report["verdict"] == "INCOMPLETE"
    unread = [each["path"] for each in job.report["coverage"]["not_checked"]]
    assert len([path for path in unread if "." in path]) == 12
    assert {path for path in unread if "." not in path} <= {"ses-01"}  # whose list was not read to its end


def test_a_pass_that_stays_beside_a_worse_verdict_fails_the_job(server, job, clean):
    labelled(server, "T1w")["tags"] = ["deid-check-PASS"]
    labelled(server, "T1w")["files"][0]["info"] = {"PatientName": NAME}
    server.fail("DELETE", "/tags", status=403, times=99)
    status, log = job.run(analysis_on(server, clean))
    assert status == 1
    assert "ERROR a tag of an earlier run that says less than was found now stands on 1 files" in log
    assert log.splitlines()[-1] == "INFO verdict: FAIL"


def test_the_gear_of_rules_writes_results_under_its_own_name(server, job, clean):
    acquisition = labelled(server, "T1w")
    job.run(analysis_on(server, clean))
    job.run(acquisition, inputs={"input-file": job.input_file(acquisition, "t1.dicom.zip")})
    assert set(acquisition["info"]["qc"]) == {"deid-check", "deid-check-rule"}
    assert acquisition["tags"] == ["deid-check-PASS"]
    assert set(clean["info"]["qc"]) == {"deid-check"}
