"""The gear as the platform runs it: run.py in a folder with config.json, against a site over loopback HTTP."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile

import pytest

from fw_gear_deid_check.errors import UsageError
from tests.jobs import CANARY, NAME, analysis_on, archive, dicom, tags


@pytest.fixture
def session(server):
    """A session with an identifier planted in every place, one to an acquisition, and a clean acquisition."""
    store = server.store
    project = store.add("project", "study")
    subject = store.add("subject", "sub-01", project)
    session = store.add("session", "ses-01", subject, tags=["theirs"])
    made = {}
    for label, fields in {"archive": {}, "sidecar": {}, "header": {}, "flat": {}, "clean": {}}.items():
        made[label] = store.add("acquisition", label, session, **fields)
    made["legacy"] = store.add("acquisition", "legacy", session, metadata={"PatientName": NAME})
    clean = archive(dicom(PatientName="", PatientID="sub-01"))
    store.add_file(made["archive"], "a.dicom.zip", archive(dicom(), dicom(PatientName=NAME), dicom()), type="dicom")
    store.add_file(made["sidecar"], "s.json", json.dumps({"PatientName": NAME, "EchoTime": 0.1}).encode())
    store.add_file(made["header"], "h.dicom.zip", clean, info={"header": {"dicom": {"PatientName": NAME}}})
    store.add_file(
        made["flat"], "f.dicom.zip", clean, info={"PatientName": NAME, "qc": {"other": {"x": {"state": "PASS"}}}}
    )
    store.add_file(made["legacy"], "l.dicom.zip", clean)
    store.add_file(made["clean"], "c.dicom.zip", clean, tags=["raw", "deid-check-FAIL"])
    server.requests.clear()
    return session


PLANTED = {"archive": "a.dicom.zip", "sidecar": "s.json", "header": "h.dicom.zip", "flat": "f.dicom.zip"}


def test_a_session_end_to_end(server, job, session):
    status, log = job.run(analysis_on(server, session), apart=True)
    assert (status, log.splitlines()[-1]) == (0, "INFO verdict: FAIL")
    assert tags(server) == {
        "ses-01": ["deid-check-FAIL", "theirs"],
        **{label: ["deid-check-FAIL"] for label in (*PLANTED, *PLANTED.values(), "legacy")},
        "l.dicom.zip": ["deid-check-PASS"],
        "clean": ["deid-check-PASS"], "c.dicom.zip": ["deid-check-PASS", "raw"],
    }  # fmt: skip
    report = job.report
    assert report["container"] == {"type": "session", "id": session["_id"], "path": "lab/study/sub-01/ses-01"}
    found = {(row["path"], row["pointer"]) for row in report["findings"] if row["level"] == "FAIL"}
    assert {
        ("archive/a.dicom.zip", "PatientName"), ("sidecar/s.json", "PatientName"),
        ("header/h.dicom.zip", "info.header.dicom.PatientName"), ("flat/f.dicom.zip", "info.PatientName"),
        ("legacy", "metadata.PatientName"),
    } <= found  # fmt: skip
    by_path = {row["path"]: row for row in report["items"]}
    assert by_path["clean/c.dicom.zip"]["origin"]["id"] == "uploader@lab.example"
    assert [
        row["member"] for row in report["findings"] if row["path"] == "archive/a.dicom.zip" and row["level"] == "FAIL"
    ] == ["series/IM_0001.dcm"]
    assert report["coverage"]["not_checked"] == []
    assert sorted(path.name for path in (job.folder / "output").iterdir())[:3] == [
        "findings.csv",
        "inventory.csv",
        "items.csv",
    ]


def test_the_number_of_requests_is_the_documented_one(server, job, session):
    """``A + N + F + 2 pages + 8``, docs/gear-rule.md."""
    job.run(analysis_on(server, session), {"write-tags": False, "write-qc": False})
    acquisitions, analyses, files, pages = 6, 0, 6, 2
    assert len(server.requests) == acquisitions + analyses + files + 2 * pages + 8
    assert {request.method for request in server.requests} == {"GET"}


def test_qc_results_are_written_beside_those_of_others(server, job, session):
    job.run(analysis_on(server, session))
    flat = next(file for file in server.store.files.values() if file["name"] == "f.dicom.zip")
    assert flat["info"]["qc"]["other"] == {"x": {"state": "PASS"}}
    assert flat["info"]["qc"]["deid-check"]["metadata"]["state"] == "FAIL"
    assert flat["info"]["qc"]["deid-check"]["verdict"]["policy"] == "site"
    assert flat["info"]["PatientName"] == NAME
    assert session["info"]["qc"]["deid-check"]["job_info"]["job_id"] == "5f0c2b6e8a1d4f0012ab34cd"


def test_a_second_run_changes_nothing(server, job, session):
    job.run(analysis_on(server, session))
    before = server.store.snapshot()
    first = [(row["path"], row["verdict"]) for row in job.report["items"]]
    own = next(each for each in server.store.containers.values() if each["container_type"] == "analysis")
    own["label"] = "deid-check 11/22/2026 15:30:39"
    server.store.add_file(own, "report.json", (job.folder / "output" / "report.json").read_bytes())
    before[own["_id"]] = {"tags": [], "info": {}}
    server.requests.clear()
    destination = analysis_on(server, session)
    status, _ = job.run(destination)
    after = server.store.snapshot()
    after.pop(destination["_id"])
    after.pop(own["files"][0]["file_id"])
    assert (status, after) == (0, before)
    assert server.sent("PUT", "PATCH", "DELETE", "POST") == []
    second = [(row["path"], row["verdict"]) for row in job.report["items"]]
    assert [row for row in second if not row[0].startswith("analyses/")] == first
    assert [row for row in second if row not in first] == [(f"analyses/{own['_id']}", "PASS")]
    assert job.report["run"]["notes"] == ["1 results of this gear were left out"]


def plant_everywhere(server, session):
    """Put the canary into every other place of a session that can hold a value."""
    store = server.store
    subject = store.containers[session["parents"]["subject"]]
    subject.update(lastname=CANARY, firstname="JANE", code=f"{CANARY}-1")
    session.update(label=f"{CANARY}, Jane", notes=[{"text": f"called {CANARY}", "user": "me@lab.example"}])
    session["info"] = {CANARY: {"deep": [f"{CANARY} again"]}, "json": json.dumps({"PatientName": NAME})}
    clean = next(each for each in store.containers.values() if each["label"] == "clean")
    clean["tags"] = [CANARY]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as target:
        target.comment = json.dumps({"lastname": CANARY}).encode()
        target.writestr(f"{CANARY}_JANE/IM_1.dcm", dicom(PatientName=NAME, PatientComments=f"seen by {CANARY}"))
        target.writestr("broken.dcm", b"\0" * 128 + b"DICM" + NAME.encode() * 9)
    store.add_file(clean, f"{CANARY}_JANE_T1.dicom.zip", data.getvalue())
    store.add_file(clean, "broken.json", b'{"PatientName": "' + NAME.encode())
    store.add_file(clean, "table.tsv", f"participant_id\tname\nsub-01\t{NAME}\n".encode())
    store.add_file(clean, "note.txt", f"Patient: {NAME}, MRN 00482913".encode())


@pytest.mark.parametrize("debug", [True, False])
def test_no_value_leaves_the_data(server, job, session, debug):
    """Not in the log, not in any request, tag, info written by us, report, or file name."""
    plant_everywhere(server, session)
    before = json.dumps(server.store.snapshot()).count(CANARY)
    status, log = job.run(analysis_on(server, session), {"debug": debug}, apart=True)
    outputs = list((job.folder / "output").iterdir())
    assert status == 0
    assert len(outputs) >= 4
    bodies = [json.dumps(request.body) for request in server.requests]
    for place in [log, *bodies, *[path.name for path in outputs], *[path.read_text() for path in outputs]]:
        assert CANARY.lower() not in place.lower()
    assert json.dumps(server.store.snapshot()).count(CANARY) == before
    paths = {request.path for request in server.requests if CANARY in request.path}
    assert all("/files/" in path for path in paths), "only a file's own name may stand in an address"


def test_shown_values_are_in_the_reports_only_and_after_a_warning(server, job, session):
    _, log = job.run(analysis_on(server, session), {"show-values": True})
    assert "WARNING the reports will hold identifiers (show-values)" in log
    assert CANARY in (job.folder / "output" / "report.json").read_text()
    assert CANARY not in log
    assert not [request for request in server.requests if CANARY in request.raw]


def test_a_rule_run_checks_the_acquisition_of_its_file(server, job, session):
    acquisition = next(each for each in server.store.containers.values() if each["label"] == "sidecar")
    status, _ = job.run(acquisition, inputs={"input-file": job.input_file(acquisition, "s.json")})
    assert status == 0
    assert {row["path"] for row in job.report["items"]} == {"sidecar", "s.json"}
    assert tags(server)["sidecar"] == ["deid-check-FAIL"]
    assert tags(server)["ses-01"] == ["theirs"]


def test_scope_file_checks_the_file_alone(server, job, session):
    acquisition = next(each for each in server.store.containers.values() if each["label"] == "legacy")
    inputs = {"input-file": job.input_file(acquisition, "l.dicom.zip")}
    job.run(acquisition, {"scope": "file"}, inputs)
    assert {row["path"] for row in job.report["items"]} == {"l.dicom.zip"}
    assert tags(server)["l.dicom.zip"] == ["deid-check-PASS"]
    assert tags(server)["legacy"] == []


@pytest.mark.parametrize(("fail_on", "status"), [("never", 0), ("fail", 1), ("incomplete", 1), ("review", 1)])
def test_the_exit_status_of_the_job(server, job, session, fail_on, status):
    assert job.run(analysis_on(server, session), {"fail-job-on": fail_on})[0] == status


def test_an_unreadable_file_is_incomplete_and_named(server, job, session):
    acquisition = next(each for each in server.store.containers.values() if each["label"] == "clean")
    server.fail("GET", r"c\.dicom\.zip", "truncate", times=99)
    status, _ = job.run(acquisition, {"fail-job-on": "fail"})
    assert (status, job.report["verdict"]) == (0, "INCOMPLETE")
    [missing] = job.report["coverage"]["not_checked"]
    assert missing["path"] == "c.dicom.zip"
    assert missing["reason"].startswith("download: cut short")
    assert tags(server)["clean"] == ["deid-check-INCOMPLETE"]


def test_a_read_only_key_still_leaves_reports(server, job, session):
    server.behaviour.read_only = True
    status, log = job.run(analysis_on(server, session))
    assert status == 0
    assert job.report["verdict"] == "FAIL"
    assert "tags of session: 1 not written" in log
    assert tags(server)["ses-01"] == ["theirs"]


def test_an_output_folder_that_cannot_be_written(job, session, monkeypatch):
    def refuse(folder):
        raise UsageError("no")

    monkeypatch.setattr("fw_gear_deid_check.reporters.prepare", refuse)
    status, log = job.run(session)
    assert status == 2
    assert "build the image with RUN_AS=root" in log


def test_a_read_only_root_leaves_the_work_folder(job, session, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", list)
    status, _ = job.run(session)
    assert (status, tempfile.tempdir) == (0, str(job.folder / "work"))


def test_an_error_of_ours_shows_no_value(job, session, monkeypatch):
    def fail(*_):
        raise KeyError(NAME) from ValueError(NAME)

    monkeypatch.setattr("fw_gear_deid_check.main.run", fail)
    status, log = job.run(session)
    assert status == 2
    assert log.splitlines()[-1].startswith("ERROR stopped by an error in this gear: KeyError in fail:")
    assert CANARY not in log


def test_an_interrupted_job_shows_no_value(job, session, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt from ValueError(NAME)

    monkeypatch.setattr("fw_gear_deid_check.main.run", interrupted)
    status, log = job.run(session)
    assert (status, log.splitlines()[-1]) == (130, "ERROR stopped")
    assert CANARY not in log


def test_an_empty_acquisition_is_checked_as_a_record(server, job, session):
    empty = server.store.add("acquisition", "empty", session)
    job.run(empty)
    assert [row["path"] for row in job.report["items"]] == ["empty"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": ""}, "there is no API key"),
        ({"key": "nonsense"}, "the API key is not of the form"),
        ({"key": "127.0.0.1:1:__force_insecure:abc"}, "login failed: GET: no answer from the site"),
        ({"config": {"policy": "nowhere"}}, "config policy has to be site or"),
        ({"config": {"tag-prefix": "deid\n"}}, "config tag-prefix has to be text of the form"),
        ({"config": {"write-tags": "yes"}}, "config write-tags has to be true or false"),
        ({"config": {"scope": "file"}}, "scope is file, and there is no input-file"),
        ({"config": {"tag-prefix": "a b"}}, "config tag-prefix has to be text of the form ^[A-Za-z0-9]"),
        (
            {"destination": {"container_type": "acquisition", "_id": "f" * 24}},
            "can't be read: GET: the site answered 404",
        ),
        ({"destination": {"container_type": "analysis", "_id": "f" * 24}}, "can't be read: GET: the site answered 404"),
    ],
)
def test_what_cannot_run_says_why_in_one_line(server, job, session, change, words):
    change = {"destination": session} | change
    status, log = job.run(change.pop("destination"), **change)
    assert status == 2
    [line] = log.splitlines()
    assert line.startswith("ERROR ")
    assert words in line
    assert not (job.folder / "output" / "report.json").exists()
    assert server.sent("PATCH", "PUT", "POST", "DELETE") == []


def test_a_wrong_policy_file_tells_its_mistakes(server, job, session):
    path = job.folder / "policy.yaml"
    path.write_text("name: x\nextends: nowhere\nlevels: 7\n")
    status, log = job.run(session, inputs={"policy": job.input_file(session, "policy.yaml", path)})
    assert status == 2
    assert len(log.splitlines()) == 1


def test_a_profile_is_held_against_the_data(server, job, session):
    path = job.folder / "profile.yaml"
    path.write_text("name: site\ndicom: {fields: [{name: PatientName, replace-with: ''}]}\n")
    job.run(session, inputs={"deid-profile": job.input_file(session, "profile.yaml", path)})
    report = job.report
    assert report["profile"]["name"] == "site"
    assert "PRF001" in {finding["rule"] for finding in report["findings"]}
    assert CANARY not in (job.folder / "output" / "suggested-profile.yaml").read_text()


def test_a_wrong_profile_tells_its_mistakes(server, job, session):
    path = job.folder / "profile.yaml"
    path.write_text("dicom: {fields: [{name: Nobody, remove: true}], bogus: 1}\n")
    status, log = job.run(session, inputs={"deid-profile": job.input_file(session, "profile.yaml", path)})
    assert status == 2
    assert "Nobody" in log
    assert "bogus" in log


def test_a_policy_that_names_an_unknown_rule_is_a_mistake(job, session):
    path = job.folder / "policy.yaml"
    path.write_text("name: x\nextends: site\nlevels: {no-such-rule: INFO}\n")
    status, log = job.run(session, inputs={"policy": job.input_file(session, "policy.yaml", path)})
    assert status == 2
    assert "mistake" in log
