"""Data that change while a job checks them: one verdict in the reports, the tags, the log and the exit status."""

from __future__ import annotations

import csv

import pytest

from fw_gear_deid_check import main as checks
from fw_gear_deid_check import reporters
from tests.jobs import CANARY, FILES, NAME, analysis_on, archive, dicom, labelled, tags


def replace(server, session):
    server.store.add_file(labelled(server, "T1w"), FILES[0], archive(dicom(PatientName=NAME)))


def same_bytes(server, session):
    acquisition = labelled(server, "T1w")
    [file] = acquisition["files"]
    server.store.add_file(acquisition, FILES[0], server.store.bytes[file["file_id"]], type="dicom")


def new_file(server, session):
    server.store.add_file(labelled(server, "T2w"), "new.dicom.zip", archive(dicom(PatientName=NAME)))


def new_file_of_the_session(server, session):
    server.store.add_file(session, "new.json", b"{}")


def new_acquisition(server, session):
    server.store.add_file(server.store.add("acquisition", "late", session), "x.json", b"{}")


def new_analysis(server, session):
    server.store.add("analysis", "mriqc", session, gear_info={"name": "mriqc"})


def new_analysis_below(server, session):
    server.store.add("analysis", "mriqc", labelled(server, "T1w"), gear_info={"name": "mriqc"})


def new_output(server, session):
    server.store.add_file(labelled(server, "earlier"), "out.json", b"{}")


def info_of_a_file(server, session):
    labelled(server, "T1w")["files"][0]["info"] = {"header": {"dicom": {"PatientName": NAME}}}


def label(server, session):
    labelled(server, "T2w")["label"] = NAME


def own_analysis(server, session):
    server.store.add("analysis", "deid-check", session, gear_info={"name": "deid-check"})


def name_of_the_subject(server, session):
    server.store.containers[session["parents"]["subject"]]["lastname"] = CANARY


def operator(server, session):
    session["operator"] = CANARY


def own_report(server, session):
    server.store.add_file(labelled(server, "T1w"), "report.json", b"{}", gear_info={"name": "deid-check-rule"})


def tags_and_results(server, session):
    labelled(server, "T1w")["tags"] = ["theirs"]
    labelled(server, "T1w")["files"][0]["info"] = {"qc": {"mriqc": {"x": {"state": "PASS"}}}}


def deleted(server, session):
    server.store.remove(labelled(server, "T2w"))


def elsewhere(server, session):
    server.store.add_file(server.store.add("project", "other"), "x.json", b"{}")


CHANGES = (
    replace, new_file, new_file_of_the_session, new_acquisition, new_analysis, new_output, info_of_a_file, label,
    name_of_the_subject, operator,
)  # fmt: skip
LATE = (replace, new_file, new_file_of_the_session, new_analysis, new_analysis_below, info_of_a_file, label, operator)
NONE = (same_bytes, own_analysis, own_report, tags_and_results, elsewhere, lambda *_: None)


@pytest.fixture
def meanwhile(monkeypatch, server, clean):
    """Return what makes a change happen ``before`` the reports are written, or ``after``."""
    server.store.add("analysis", "earlier", clean, gear_info={"name": "mriqc"})

    def happens(change, after):
        waiting = [change]

        def once():
            while waiting:
                waiting.pop()(server, clean)

        check, write = checks.run, reporters.write
        if after:
            monkeypatch.setattr(reporters, "write", lambda *given: (write(*given), once())[0])
        else:
            monkeypatch.setattr(checks, "run", lambda *given: (check(*given), once())[0])

    return happens


@pytest.mark.parametrize(
    ("change", "after"), [(change, False) for change in CHANGES] + [(change, True) for change in LATE]
)
@pytest.mark.parametrize("lists", ["whole", "without files", "without hashes"])
def test_a_change_is_incomplete_everywhere(server, job, clean, meanwhile, change, after, lists):
    server.behaviour.files_in_lists = lists != "without files"
    server.behaviour.hashes = lists != "without hashes"
    meanwhile(change, after)
    status, log = job.run(analysis_on(server, clean), {"fail-job-on": "incomplete"})
    assert status == 1
    assert log.splitlines()[-1] == "INFO verdict: INCOMPLETE"
    assert [
        line for line in log.splitlines() if line.startswith("ERROR ") and "changed while they were checked" in line
    ]
    report = job.report
    assert report["verdict"] == "INCOMPLETE"
    [missing] = report["coverage"]["not_checked"]
    assert missing["checker"] == "changes"
    with (job.folder / "output" / "items.csv").open() as stream:
        assert "INCOMPLETE" in {row["verdict"] for row in csv.DictReader(stream)}
    assert clean["tags"] == ["deid-check-INCOMPLETE"]
    assert clean["info"]["qc"]["deid-check"]["verdict"]["verdict"] == "INCOMPLETE"
    by_path = {row["path"]: row["verdict"] for row in report["items"]}
    for thing in (labelled(server, "ses-01"), *server.store.files.values()):
        path = next((path for path in by_path if path.endswith(thing.get("name", "ses-01"))), None)
        if thing["tags"] and thing is not clean:
            assert thing["tags"] == [f"deid-check-{by_path[path]}"]


@pytest.mark.parametrize("change", [*NONE, deleted])
def test_what_is_no_change_of_the_data_changes_nothing(server, job, clean, meanwhile, change):
    meanwhile(change, after=False)
    _, log = job.run(analysis_on(server, clean))
    assert log.splitlines()[-1] == "INFO verdict: PASS"
    assert "changed" not in log
    assert clean["tags"] == ["deid-check-PASS"]


@pytest.mark.parametrize("write", [True, False])
def test_a_change_is_seen_where_nothing_is_written_back(server, job, clean, meanwhile, write):
    meanwhile(new_acquisition, after=False)
    job.run(analysis_on(server, clean), {"write-tags": write, "write-qc": False})
    assert job.report["verdict"] == "INCOMPLETE"
    assert job.report["coverage"]["not_checked"][0]["reason"] == "an acquisition came while it was checked"


@pytest.mark.parametrize(
    ("change", "verdict"), [(replace, "INCOMPLETE"), (new_file, "PASS"), (info_of_a_file, "INCOMPLETE")]
)
def test_a_file_alone(server, job, clean, meanwhile, change, verdict):
    meanwhile(change, after=False)
    acquisition = labelled(server, "T1w")
    job.run(acquisition, {"scope": "file"}, {"input-file": job.input_file(acquisition, FILES[0])})
    assert job.report["verdict"] == verdict
    assert tags(server)["T1w"] == []


def test_what_cannot_be_looked_at_again_is_not_known(server, job, clean, meanwhile):
    meanwhile(
        lambda *_: server.fail("GET", f"^/sessions/{clean['_id']}/acquisitions$", status=500, times=99), after=False
    )
    job.run(analysis_on(server, clean))
    assert job.report["verdict"] == "INCOMPLETE"
    assert "is not known" in job.report["coverage"]["not_checked"][0]["reason"]


def test_looking_again_costs_a_request_for_each_page(server, job, clean, monkeypatch):
    for number in range(20):
        server.store.add_file(server.store.add("acquisition", f"more-{number}", clean), "a.json", b"{}")
    check, asked = checks.run, []
    monkeypatch.setattr(checks, "run", lambda *given: (check(*given), asked.append(len(server.requests)))[0])
    job.run(analysis_on(server, clean), {"write-tags": False, "write-qc": False})
    assert len(server.requests) - asked[0] == 1 + 1 + 2
    assert job.report["verdict"] == "PASS"


def test_a_scan_looks_again_too(server, job, clean, meanwhile, monkeypatch, capsys, tmp_path):
    from fw_gear_deid_check import cli

    monkeypatch.setenv("FW_API_KEY", server.api_key)
    meanwhile(new_acquisition, after=False)
    assert cli.main(["scan", "--flywheel", "lab/study", "--jobs", "1", "-o", str(tmp_path / "out")]) == 1
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == "verdict: INCOMPLETE"
    assert "changed while they were checked" in captured.err
