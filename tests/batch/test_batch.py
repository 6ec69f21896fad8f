"""deid-check batch, with the real SDK over loopback HTTP and a job queue that fails, retries and is cut off."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

from fw_gear_deid_check import cli
from fw_gear_deid_check.batch import command, driver, plan
from fw_gear_deid_check.batch.plan import Selection
from fw_gear_deid_check.errors import UsageError
from fw_gear_deid_check.reporters.json import schema
from fw_gear_deid_check.sources import transfer
from fw_gear_deid_check.sources.site import Site
from tests.batch.sessions import CANARY, first_jobs, leave, project, report
from tests.flywheel_server.queue import Queue
from tests.jobs import Job, archive, dicom

ROOT = Path(__file__).parents[2]


class Crash(BaseException):
    """The process is gone."""


@pytest.fixture(autouse=True)
def key(running, monkeypatch):
    """Let the program find its key."""
    monkeypatch.setenv("FW_API_KEY", running[0].api_key)
    monkeypatch.setattr("fw_gear_deid_check.sources.site.PAUSE", 0.0)


def pass_all(server):
    def work(job, session):
        leave(server, job, report(session))
        return "complete"

    return Queue(server.store, work)


class Runner:
    """Runs the command as the program does, with a clock that lets the queue work instead of waiting."""

    def __init__(self, site, folder):
        self.site, self.folder, self.lines = site, folder, []
        self.queue = None
        self.at_once = 1000

    def __call__(self, *actions, path="lab/study", selection=None, config=None, size=100, gear="deid-check"):
        wanted = command.Request(
            path, self.folder, gear, config or {}, selection or Selection(), size, frozenset(actions)
        )
        return command.run(self.site, wanted, self.lines.append, self.sleep)

    def sleep(self, _):
        if self.queue is not None:
            self.queue.step(self.at_once)

    @property
    def record(self):
        return json.loads((self.folder / "project.json").read_text())

    def table(self, name):
        with (self.folder / f"project-{name}.csv").open(newline="") as stream:
            return list(csv.DictReader(stream))


@pytest.fixture
def run(site, tmp_path, monkeypatch):
    monkeypatch.setattr(driver, "LOOK_AGAIN", 0.0)
    return Runner(site, tmp_path / "batch")


def test_a_dry_run_tells_and_changes_nothing(server, run):
    project(server, 7)
    assert run(size=3) is None
    assert run.lines == [
        "would start 7 jobs, one a session, in 3 batches, with deid-check 0.1.0",
        "nothing was started; add --start, and --wait to wait for the report",
    ]
    assert not run.folder.exists()
    assert {request.path for request in server.sent("POST")} == {"/lookup"}


def test_start_and_cancel_together_start_nothing(server, run):
    project(server, 2)
    with pytest.raises(UsageError, match="--start and --cancel"):
        run("start", "cancel")
    assert not run.folder.exists()
    assert server.store.jobs == {}


def test_a_batch_that_has_ended_says_so(server, run):
    project(server, 2)
    run("start")
    run("start")
    assert run.lines[-1] == "nothing is left to be started; 2 sessions: 2 started"
    run()
    assert run.lines[-1] == "go on with --start, --wait, --collect or --cancel"
    run("cancel")
    run("start")
    assert run.lines[-1] == "nothing is left to be started; 2 sessions: 2 cancelled"
    run()
    assert run.lines[-1].startswith("it has ended")


def test_start_and_wait(server, run):
    _, sessions = project(server, 5)
    run.queue, run.at_once = pass_all(server), 2
    assert run("start", "wait", size=3) == "PASS"
    assert first_jobs(server) == {session["_id"]: 1 for session in sessions}
    proposals = [request.body for request in server.sent("POST") if request.path == "/batch"]
    assert [len(body["targets"]) for body in proposals] == [3, 2]
    assert proposals[0]["optional_input_policy"] == "ignored"
    assert proposals[0]["analysis"] == {"label": "deid-check"}
    assert run.lines[-1] == "5 sessions: 5 PASS"
    assert {path.name for path in run.folder.iterdir()} == {
        ".batch.lock", "batch.json", "sessions", "project.json", "project.html", "project-sessions.csv",
        "project-leaks.csv", "project-not-checked.csv", "project-uploads.csv",
    }  # fmt: skip


def test_the_reports_that_the_tests_use_are_reports():
    for verdict in ("PASS", "FAIL", "REVIEW", "INCOMPLETE"):
        jsonschema.Draft202012Validator(schema()).validate(report({"_id": "s"}, verdict))


ODD = {
    7: "its job failed 2 times",
    8: "its job failed 2 times",
    31: "its job left no report.json",
    32: "its report isn't JSON",
    33: "the report of its job is that of another container",
    34: "its report isn't one that this version can read",
    35: "its report shows identifiers (show-values), and is left where it is",
}


def hard_work(server, numbers):
    """Return what the jobs of 500 sessions do: fail for good, fail once, leave odd reports, find things."""

    def work(job, session):
        number = numbers[session["_id"]]
        if number in {7, 8} or (number % 25 == 24 and job["previous_job_id"] is None):
            return "failed"
        document = report(session, {0: "FAIL", 1: "REVIEW", 2: "INCOMPLETE"}.get(number % 10, "PASS"), str(number))
        if number == 33:
            document["container"]["id"] = "f" * 24
        if number == 34:
            document.pop("coverage")
        if number == 35:
            document["run"]["values_shown"] = True
        if number != 31:
            leave(server, job, b"{" if number == 32 else document)
        return "complete"

    return work


@pytest.mark.parametrize("filters", [True, False])
def test_500_sessions_with_failures_retries_and_a_driver_that_crashes(server, site, run, monkeypatch, filters):
    _, sessions = project(server, 500)
    numbers = {session["_id"]: number for number, session in enumerate(sessions)}
    server.behaviour.filters, server.behaviour.jobs_of_batch = filters, filters
    run.queue, run.at_once = Queue(server.store, hard_work(server, numbers)), 40
    monkeypatch.setattr(driver, "NEVER_ARRIVED", -1.0)
    server.fail("POST", "^/batch$", status=503, times=2)
    server.fail("POST", "^/batch$", "lost")
    server.fail("POST", "/run$", "lost")
    server.fail("GET", "^/batch/", status=500, times=3)
    server.fail("GET", "report.json", "truncate", times=transfer.ATTEMPTS - 1)  # whoever meets them all still gets it
    server.fail("GET", "^/jobs", status=500, times=5)
    server.fail("GET", "^/jobs", "reset", times=20)
    crashes = crash_at(monkeypatch, before={9, 40, 130}, after={5, 12, 60, 300})
    ended, starts = None, time.monotonic()
    while ended is None:
        try:
            ended = run("start", "wait")
        except Crash:
            for path in run.folder.glob("*.json"):
                json.loads(path.read_text())
    print(f"{len(server.requests)} requests, {time.monotonic() - starts:.1f} s, {crashes()} crashes")
    assert crashes() == 7
    assert [fault for fault in server.faults if fault.times] == []
    assert first_jobs(server) == dict.fromkeys(numbers, 1)
    wanted = {
        number: "INCOMPLETE" if number in ODD else {0: "FAIL", 1: "REVIEW", 2: "INCOMPLETE"}.get(number % 10, "PASS")
        for number in numbers.values()
    }
    record = run.record
    assert ended == record["verdict"] == "FAIL"
    assert {numbers[row["id"]]: row["verdict"] for row in record["sessions"]} == wanted
    assert {numbers[row["id"]]: row["reason"] for row in record["sessions"] if row["reason"]} == ODD
    assert record["counts"] == {verdict: Counter(wanted.values())[verdict] for verdict in record["counts"]}
    tries = {numbers[row["id"]]: len(row["jobs"]) for row in record["sessions"]}
    assert {number for number, count in tries.items() if count == 2} == {7, 8, *range(24, 500, 25)}
    [failing] = [leak for leak in record["leaks"] if leak["level"] == "FAIL"]
    assert (failing["pointer"], failing["sessions"]) == ("RequestAttributesSequence[].PatientName", 50)
    assert (failing["places"], failing["members"]) == (50, 100)
    assert [(row["type"], row["files"], row["fail"]) for row in record["uploads"]] == [("user", 493, 50)]
    assert Counter(row["reason"] for row in record["not_checked"])["cut short"] == 50 - 1
    assert len(run.table("sessions")) == 500
    assert len(run.table("not-checked")) == len(record["not_checked"]) == 49 + 7
    for path in run.folder.rglob("*"):
        assert not path.is_file() or CANARY not in path.read_text(), path.name
    assert CANARY not in "\n".join(run.lines)


def crash_at(monkeypatch, before=frozenset(), after=frozenset()):
    """Let the process be gone before, or after, its n-th question to the site; return how often it was."""
    ask, count, crashes = Site._call, iter(range(1, 1 << 30)), []

    def call(self, *question):
        number = next(count)
        if number in before:
            crashes.append(number)
            raise Crash
        answer = ask(self, *question)
        if number in after:
            answer.close()
            crashes.append(number)
            raise Crash
        return answer

    monkeypatch.setattr(Site, "_call", call)
    return lambda: len(crashes)


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 15))
def test_a_crash_at_any_question_starts_nothing_twice(server, run, monkeypatch, where, number):
    _, sessions = project(server, 3)
    run.queue = pass_all(server)
    monkeypatch.setattr(driver, "NEVER_ARRIVED", -1.0)
    crashes = crash_at(monkeypatch, **{where: {number}})
    with pytest.raises(Crash):
        run("start", "wait", size=2)
    assert crashes() == 1
    assert run("start", "wait", size=2) == "PASS"
    assert first_jobs(server) == {session["_id"]: 1 for session in sessions}


def test_a_start_in_doubt_is_left_alone_until_it_surely_never_arrived(server, run, monkeypatch):
    project(server, 2)
    run.queue = pass_all(server)
    server.fail("POST", "/run$", "reset")
    run("start")
    assert "did not answer whether it was started" in run.lines[-1]
    run("start")
    assert len([request for request in server.sent("POST") if request.path.endswith("/run")]) == 1
    monkeypatch.setattr(driver, "NEVER_ARRIVED", -1.0)
    assert run("start", "wait") == "PASS"
    assert set(first_jobs(server).values()) == {1}


def test_a_start_whose_answer_is_lost_is_read_back(server, run):
    project(server, 2)
    server.fail("POST", "/run$", "lost")
    run("start")
    assert run.lines[-1] == "batch 1 of 1: started, 2 sessions"
    assert len([request for request in server.sent("POST") if request.path.endswith("/run")]) == 1


@pytest.mark.parametrize(("status", "posts"), [(403, 1), (429, 5)])
def test_a_start_that_is_refused_can_be_asked_for_again(server, run, status, posts):
    project(server, 2)
    run.queue = pass_all(server)
    server.fail("POST", "/run$", status=status, times=5)
    with pytest.raises(Exception, match=f"the site answered {status}"):
        run("start")
    assert len([request for request in server.sent("POST") if request.path.endswith("/run")]) == posts
    server.faults.clear()
    assert run("start", "wait") == "PASS"


def test_a_process_that_is_killed_while_it_starts(server, run, tmp_path, monkeypatch):
    """With the real program, killed while the site makes the jobs of the second batch."""
    _, sessions = project(server, 6)
    fault = server.fail("POST", "/run$", "slow", seconds=0.0, times=1)
    server.fail("POST", "/run$", "slow", seconds=1.5)
    program = [sys.executable, "-m", "fw_gear_deid_check.cli", "batch", "lab/study", "--start", "--size", "2"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}
    process = subprocess.Popen([*program, "-o", run.folder], env=environment, stdout=subprocess.PIPE, text=True)
    while len([request for request in server.sent("POST") if request.path.endswith("/run")]) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert fault.times == 0
    time.sleep(1.7)  # the site does what it was asked, whoever waits for the answer
    run.queue = pass_all(server)
    assert run("start", "wait", size=2) == "PASS"
    assert first_jobs(server) == {session["_id"]: 1 for session in sessions}


def test_two_at_once_in_one_folder(server, run):
    project(server, 2)
    run("start")
    with command.state.alone(run.folder), pytest.raises(UsageError, match="another deid-check batch is at work"):
        run("collect")
    assert run("collect") == "INCOMPLETE"


def test_collect_later(server, run):
    project(server, 4)
    queue = pass_all(server)
    run("start")
    queue.step(3)
    assert run("collect") == "INCOMPLETE"
    assert Counter(row["reason"] for row in run.record["sessions"]) == {None: 3, "its job has not ended": 1}
    asked = len(server.requests)
    queue.step(3)
    assert run("collect") == "PASS"
    assert len([request for request in server.requests[asked:] if "report.json" in request.path]) == 1


def test_cancel(server, run):
    project(server, 6)
    queue = pass_all(server)
    run("start", size=2)
    queue.step(3)
    server.fail("POST", "/cancel$", "lost")
    run("cancel")
    assert run.lines[-1] == "cancelled; 6 sessions: 3 complete, 3 cancelled"
    assert run("collect") == "INCOMPLETE"
    reasons = Counter(row["reason"] for row in run.record["sessions"])
    assert reasons == {None: 3, "its job was cancelled": 3}
    run("start")
    assert set(first_jobs(server).values()) == {1}


def test_cancel_before_all_was_started(server, run):
    project(server, 4)
    server.fail("POST", "/run$", status=403, times=1)
    with pytest.raises(Exception, match="403"):
        run("start", size=2)
    run("cancel")
    assert run.lines[-1] == "cancelled; 4 sessions: 4 cancelled"
    assert server.store.jobs == {}


def test_sessions_that_the_site_leaves_out_are_told(server, run):
    _, sessions = project(server, 4)
    sessions[1]["tags"] = ["forbidden"]
    run.queue = pass_all(server)
    assert run("start", "wait") == "INCOMPLETE"
    [left] = [row for row in run.record["sessions"] if row["reason"]]
    assert (left["id"], left["reason"]) == (sessions[1]["_id"], driver.NO_PERMISSION)


def test_when_the_site_takes_none(server, run):
    _, sessions = project(server, 2)
    for session in sessions:
        session["tags"] = ["forbidden"]
    assert run("start", "wait") == "INCOMPLETE"
    assert {row["reason"] for row in run.record["sessions"]} == {driver.NO_PERMISSION}
    assert server.store.jobs == {}


SELECTIONS = [
    (Selection(only_unchecked=True), [0, 1, 3, 4], "2 checked already"),
    (Selection(only_uploaded_by_users=True), [0, 2, 4], "3 nothing in it was uploaded by a user"),
    (Selection(only_unchecked=True, only_uploaded_by_users=True), [0, 4], "2 checked already; 2 nothing in it"),
]


@pytest.mark.parametrize(("selection", "wanted", "words"), SELECTIONS)
@pytest.mark.parametrize("lists", [True, False])
def test_which_sessions(server, run, selection, wanted, words, lists):
    _, sessions = project(server, 6, users={0, 2, 4})
    sessions[2]["tags"] = ["raw", "deid-check-REVIEW"]
    sessions[5]["info"] = {"qc": {"deid-check": {}}}
    sessions[3]["tags"] = ["deid-check-elsewhere"]
    server.behaviour.files_in_lists = server.behaviour.tags_in_lists = server.behaviour.info_in_lists = lists
    run(selection=selection)
    assert f"would start {len(wanted)} jobs" in run.lines[0]
    assert words in run.lines[0]
    run("start", selection=selection)
    assert set(first_jobs(server)) == {sessions[number]["_id"] for number in wanted}


def test_listed_sessions(server, run, tmp_path):
    _, sessions = project(server, 6)
    path = tmp_path / "list.txt"
    path.write_text(f"# three\n{sessions[0]['_id']}\n\n{CANARY} 3\n{CANARY}-2/{CANARY} 4\n")
    selection = Selection(listed=command.plan.read_list(path))
    run("start", selection=selection)
    assert set(first_jobs(server)) == {sessions[number]["_id"] for number in (0, 3, 4)}
    assert CANARY not in (run.folder / "batch.json").read_text()
    path.write_text(f"{sessions[0]['_id']}\nelsewhere\n")
    run.folder = tmp_path / "other"
    with pytest.raises(UsageError, match="1 of the 2 listed sessions are not in the project"):
        run("start", selection=Selection(listed=command.plan.read_list(path)))


def test_a_filter_is_the_site_s_business(server, run):
    _, sessions = project(server, 3)
    sessions[1]["label"] = "V2"
    run("start", selection=Selection(condition="label=V2"))
    assert set(first_jobs(server)) == {sessions[1]["_id"]}


def test_other_wishes_do_not_go_into_a_batch_that_is_kept(server, run):
    project(server, 3)
    selection = Selection(only_unchecked=True)
    run("start", selection=selection)
    run("collect")
    run("start", selection=selection)
    with pytest.raises(UsageError, match="asked for otherwise"):
        run("start", selection=Selection(condition="label=V2"))
    server.store.add("project", "other")
    with pytest.raises(UsageError, match="of another project"):
        run("collect", path="lab/other")
    run()
    assert run.lines[-1] == "go on with --start, --wait, --collect or --cancel"


def test_a_site_that_makes_no_job_for_a_session(server, run):
    _, sessions = project(server, 3)
    run.queue = pass_all(server)
    run("start")
    lost = next(job for job in server.store.jobs.values() if job["parents"]["session"] == sessions[1]["_id"])
    server.store.jobs.pop(lost["_id"])
    for batch in server.store.batches.values():
        batch["jobs"].remove(lost["_id"])
    kept = json.loads((run.folder / "batch.json").read_text())
    kept["batches"][0]["jobs"].remove(lost["_id"])
    (run.folder / "batch.json").write_text(json.dumps(kept))
    assert run("wait") == "INCOMPLETE"
    assert [row["reason"] for row in run.record["sessions"] if row["reason"]] == ["the site made no job for it"]


def test_a_job_in_a_state_that_is_not_known_goes_on(server, run, monkeypatch):
    project(server, 1)
    monkeypatch.setattr(command, "LONGEST", 60.0)
    run("start")
    for job in server.store.jobs.values():
        job["state"] = "hibernating"
    assert run("wait") == "INCOMPLETE"
    assert run.record["sessions"][0]["reason"] == "its job has not ended"


def test_a_site_that_would_run_it_on_acquisitions(server, run, monkeypatch):
    project(server, 1)
    post = Site.post

    def other(self, *path, body=None):
        answer = post(self, *path, body=body)
        return answer | {"matched": [{"_id": "f" * 24}]} if path == ("batch",) else answer

    monkeypatch.setattr(Site, "post", other)
    with pytest.raises(UsageError, match="something else than sessions; nothing was started"):
        run("start")
    assert server.store.jobs == {}


@pytest.mark.parametrize("damage", [b"{", b"[]", b'{"schema": "deid-check-batch/1"}', b"\xff"])
def test_a_state_that_cannot_be_read_starts_nothing(server, run, damage):
    project(server, 1)
    run.folder.mkdir()
    (run.folder / "batch.json").write_bytes(damage)
    with pytest.raises(UsageError, match="can't be read; choose another folder"):
        run("start")
    assert server.store.jobs == {}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lab/study", "--collect"], "no batch is kept in this folder"),
        (["lab/study/sub"], "batch takes GROUP/PROJECT"),
        (["lab/nowhere"], "nothing is at this place"),
        (["lab/study", "--gear", "other"], "the site has no gear other"),
        (["lab/study", "--config", "show-values=true"], "would put identifiers"),
        (["lab/study", "--config", "pixels=some"], "--config pixels has to be auto or all or off"),
        (["lab/study", "--config", "colour=red"], "--config takes NAME=VALUE with one of policy, pixels"),
        (["lab/study", "--sessions", "/nowhere"], "can't be read as text"),
        (["lab/study", "--start", "--filter", "label=none"], "there is no session to be checked"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(server, capsys, tmp_path, arguments, words):
    project(server, 1)
    status = cli.main(["batch", *arguments, "-o", str(tmp_path / "out")])
    captured = capsys.readouterr()
    assert (status, captured.out) == (2, "")
    assert len(captured.err.splitlines()) == 1
    assert words in captured.err
    assert server.store.jobs == {}


@pytest.mark.parametrize(("fail_on", "status"), [("incomplete", 1), ("fail", 0), ("never", 0)])
def test_the_program(server, capsys, tmp_path, fail_on, status):
    project(server, 3)
    out = ["-o", str(tmp_path / "out")]
    assert cli.main(["batch", "lab/study", "--start", "--config", "pixels=off", *out]) == 0
    assert {job["config"]["config"]["pixels"] for job in server.store.jobs.values()} == {"off"}
    pass_all(server).step(2)
    assert cli.main(["batch", "lab/study", "--collect", "--fail-on", fail_on, *out]) == status
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["3 sessions: 1 INCOMPLETE, 2 PASS", "verdict: INCOMPLETE"]


def test_the_page_runs_nothing_and_shows_what_leaks(server, run):
    _, sessions = project(server, 4)
    hostile = "<script>window.hit=1</script>"

    def work(job, session):
        number = sessions.index(session)
        leave(server, job, report(session, ["FAIL", "PASS", "INCOMPLETE", "REVIEW"][number], hostile))
        return "complete"

    run.queue = Queue(server.store, work)
    assert run("start", "wait") == "FAIL"
    page = (run.folder / "project.html").read_text()
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "&lt;script&gt;window.hit=1" in page
    assert "RequestAttributesSequence[].PatientName" in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert [row["verdict"] for row in run.record["sessions"]] == ["FAIL", "INCOMPLETE", "REVIEW", "PASS"]


def test_real_jobs_of_the_gear(server, run, tmp_path, monkeypatch):
    """From the data to the project's report, with the gear itself as the job."""
    monkeypatch.setattr("flywheel.rest.RetryTransport._sleep_for", lambda *_: 0)
    _, sessions = project(server, 2)
    for session, name in zip(sessions, ("", f"{CANARY}^JANE"), strict=True):
        session["label"] = "V1"
        server.store.containers[session["parents"]["subject"]].update(label="sub-01", lastname="")
        [acquisition] = server.store.children(session["_id"], "acquisition")
        acquisition["files"].clear()
        server.store.add_file(acquisition, "t1.dicom.zip", archive(dicom(PatientName=name, PatientID="")))

    def work(job, session):
        folder = tmp_path / job["_id"]
        folder.mkdir()
        analysis = server.store.containers[job["destination"]["id"]]
        assert Job(server, folder).run(analysis)[0] == 0
        for path in (folder / "output").iterdir():
            server.store.add_file(analysis, path.name, path.read_bytes())
        return "complete"

    run.queue = Queue(server.store, work)
    assert run("start", "wait") == "FAIL"
    record = run.record
    assert record["project"]["path"] == "lab/study"
    assert [(row["path"], row["verdict"]) for row in record["sessions"]] == [
        ("sub-01/V1", "FAIL"), ("sub-01/V1", record["sessions"][1]["verdict"]),
    ]  # fmt: skip
    assert "PatientName" in {leak["pointer"] for leak in record["leaks"] if leak["level"] == "FAIL"}
    assert "FAIL" not in {row["verdict"] for row in record["sessions"] if row["id"] == sessions[0]["_id"]}
    assert [row["id"] for row in record["uploads"]] == ["uploader@lab.example"]
    for path in run.folder.rglob("*"):
        assert not path.is_file() or CANARY not in path.read_text(), path.name


def test_a_report_with_values_is_left_where_it_is(server, run):
    _, sessions = project(server, 2)

    def work(job, session):
        told = report(session)
        if session is sessions[0]:
            told |= {"run": told["run"] | {"values_shown": True, "notes": [CANARY]}}
        leave(server, job, told)
        return "complete"

    run.queue = Queue(server.store, work)
    run("start", "wait")
    assert [path.stem for path in (run.folder / "sessions").iterdir()] == [sessions[1]["_id"]]
    assert "shows identifiers" in next(row["reason"] for row in run.record["sessions"] if row["reason"])
    for path in run.folder.rglob("*"):
        assert not path.is_file() or CANARY not in path.read_text(), path.name


@pytest.mark.parametrize("given", ["id", None])
def test_sessions_are_found_by_subject_and_label_where_the_list_gives_an_id(server, site, given):
    made, sessions = project(server, 4)
    for session in sessions:
        session["subject"] = session["parents"]["subject"] if given else None
    chosen, left_out = plan.choose(
        site, made["_id"], Selection(listed=(f"{CANARY}-1/{CANARY} 3",)), "deid-check", "deid-check"
    )
    assert chosen == [sessions[3]["_id"]]
    assert sum(left_out.values()) == 3


@pytest.mark.parametrize(
    ("pair", "words"),
    [("scope=file", "needs an input file"), ("tag-prefix=a b", "text of the form"), ("write-qc=x", "true or false")],
)
def test_a_config_that_no_job_of_a_batch_can_have(pair, words):
    with pytest.raises(UsageError, match=words):
        command.parse_config([pair])


@pytest.mark.parametrize(
    ("said", "checked"),
    [
        ({"tags": None, "info": None}, False), ({}, False), ({"tags": "deid-check-PASS"}, False),
        ({"tags": [{"x": 1}, None, "deid-check-PASS"]}, True), ({"info": ["deid-check"], "tags": []}, False),
        ({"info": {"qc": ["deid-check"]}}, False), ({"info": {"qc": {"deid-check": None}}}, True),
    ],
)  # fmt: skip
def test_a_session_of_another_form_is_taken_for_checked_only_where_it_says_so(said, checked):
    assert plan.is_checked(said, "deid-check", "deid-check") is checked


@pytest.mark.parametrize("files", [None, 5, {"x": 1}, [None], [{"name": "x", "origin": "user"}]])
def test_files_of_another_form_may_be_of_a_user(server, run, files):
    _, sessions = project(server, 2, users=set())
    for container in server.store.containers.values():
        if container["container_type"] == "acquisition" and container["parents"]["session"] == sessions[0]["_id"]:
            container["files"] = []
    server.store.containers[sessions[0]["_id"]]["files"] = []
    assert not any(plan.file_by_user(file) for file in plan._files(run.site, sessions[0]["_id"]))
    asked = run.site.get
    run.site.get = lambda *path, **query: (
        asked(*path, **query) | {"files": files} if path[0] == "sessions" and len(path) == 2 else asked(*path, **query)
    )
    try:
        assert any(plan.file_by_user(file) for file in plan._files(run.site, sessions[0]["_id"]))
    finally:
        del run.site.get
