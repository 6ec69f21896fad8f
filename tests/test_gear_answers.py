"""The gear on a site whose answers have another form than the known one.

Each costs the thing that it is about; the job goes on, and nothing passes that was not looked at.
"""

from __future__ import annotations

import json
import shutil

import pytest

from fw_gear_deid_check import reporters
from tests.flywheel_server import Fault, FlywheelServer, routes
from tests.jobs import NAME, ROOT, analysis_on, archive, dicom, tags

FILES = ("t1.dicom.zip", "t2.dicom.zip")


@pytest.fixture
def answers(monkeypatch):
    """Return what makes a route answer otherwise: ``answers(routes.get_container, change)``."""

    def otherwise(route, change):
        def changed(call):
            given = route(call)
            if given.status != 200:
                return given
            said = json.loads(given.body)
            return routes.ok(change(said) or said)

        table = [(methods, path, changed if each is route else each) for methods, path, each in routes.COMPILED]
        monkeypatch.setattr(routes, "COMPILED", table)

    return otherwise


def of(kind, **fields):
    """Return a change of the answers for one kind of container."""

    def change(said):
        if said.get("container_type") == kind:
            said.update(fields)

    return change


def of_files(**fields):
    """Return a change of the first acquisition's files."""

    def change(said):
        for file in said.get("files") or []:
            if file.get("name") == FILES[0]:
                file.update(fields)

    return change


def without(kind, field):
    def change(said):
        if said.get("container_type") == kind:
            said.pop(field, None)

    return change


def reasons(job):
    return {each["path"]: each["reason"] for each in job.report["coverage"]["not_checked"]}


NOT_CHECKED = {
    "no files": (without("acquisition", "files"), "T1w", "list of files"),
    "files null": (of("acquisition", files=None), "T1w", "list of files"),
    "files an object": (of("acquisition", files={"count": 1}), "T1w", "list of files"),
    "files of the session null": (of("session", files=None), "ses-01", "list of files"),
    "file without name": (of_files(name=None), "T1w/file without a name", "without a name"),
    "file no object": (of("acquisition", files=["x"]), "T1w/file without a name", "without a name"),
    "info a list": (of("acquisition", info=["x"]), "T1w", "did not give its info"),
    "analyses of nothing": (of("acquisition", analyses=[{}]), "T1w/analyses/no id", "no container"),
    "analyses null entries": (of("acquisition", analyses=[None]), "T1w/analyses/no id", "no container"),
    "id a number": (of("acquisition", _id=5), "T1w", "no container"),
    "no subject": (of("session", parents={}), "../subject", "which subject"),
    "parents a list": (of("session", parents=["x"], subject=7), "../subject", "which subject"),
}


PERSON = "Patient Quokkawitz, Jane, MRN 83746152, tel 215-555-0133"
TYPED = [
    ({"classification": {"Custom": [PERSON]}}, {"classification": {"Intent": ["Structural"], "Measurement": ["T1"]}}),
    ({"modality": PERSON}, {"modality": "MR"}),
    ({"type": PERSON}, {"type": "source code"}),
    ({"mimetype": PERSON}, {"mimetype": "application/zip"}),
    ({"deid_log_skip_reason": PERSON}, {"deid_log_skip_reason": "No de-identification profile"}),
]


@pytest.mark.parametrize(("fields", "neighbour"), TYPED, ids=[next(iter(fields)) for fields, _ in TYPED])
def test_what_people_type_into_the_fields_of_a_file_is_read(server, job, clean, fields, neighbour):
    file = next(each for each in server.store.files.values() if each["name"] == FILES[0])
    file.update(neighbour)
    assert job.run(analysis_on(server, clean))[1].splitlines()[-1] == "INFO verdict: PASS"
    file.update(fields)
    assert job.run(analysis_on(server, clean))[1].splitlines()[-1] == "INFO verdict: FAIL"
    assert tags(server)[FILES[0]] == ["deid-check-FAIL"]


@pytest.mark.parametrize(("change", "path", "words"), NOT_CHECKED.values(), ids=NOT_CHECKED)
def test_what_an_answer_does_not_say_is_not_checked(server, job, clean, answers, change, path, words):
    answers(routes.get_container, change)
    status, log = job.run(analysis_on(server, clean))
    assert (status, log.splitlines()[-1]) == (0, "INFO verdict: INCOMPLETE")
    assert words in reasons(job)[path]
    assert "deid-check-PASS" not in tags(server)["ses-01"]


HARMLESS = [
    {"created": 1_700_000_000}, {"created": {"$date": 1}}, {"origin": "user"}, {"origin": {"type": 1, "id": {}}},
    {"gear_info": "x"}, {"gear_info": {"name": ["deid-check"]}}, {"hash": 5}, {"size": "12"}, {"size": True},
    {"size": -1}, {"size": 1e30}, {"zip_member_count": "x"}, {"modality": ["x"]}, {"mimetype": 5},
]  # fmt: skip


@pytest.mark.parametrize("fields", HARMLESS, ids=str)
def test_what_is_said_oddly_of_a_file_does_not_keep_it_from_being_read(server, job, clean, answers, fields):
    acquisition = next(each for each in server.store.containers.values() if each["label"] == "T1w")
    server.store.add_file(acquisition, FILES[0], archive(dicom(PatientName=NAME)))
    answers(routes.get_container, of_files(**fields))
    status, log = job.run(analysis_on(server, clean))
    assert (status, log.splitlines()[-1]) == (0, "INFO verdict: FAIL")
    assert tags(server)[FILES[0]] == ["deid-check-FAIL"]


@pytest.mark.parametrize("plain", [True, False])
def test_the_subject_is_found_where_parents_do_not_name_it(server, job, clean, plain):
    subject = clean["parents"].pop("subject")
    server.store.containers[subject]["lastname"] = NAME
    clean["subject"] = subject if plain else {"_id": subject, "label": "sub-01"}
    job.run(analysis_on(server, clean))
    assert job.report["verdict"] == "FAIL"
    assert {row["path"] for row in job.report["findings"] if row["level"] == "FAIL"} == {"../sub-01"}


def test_a_list_that_is_none_is_told(server, job, clean, answers):
    answers(routes.list_children, lambda _: {"count": 2, "results": []})
    status, _ = job.run(analysis_on(server, clean))
    assert (status, job.report["verdict"]) == (0, "INCOMPLETE")
    assert "no list" in reasons(job)["ses-01"]


@pytest.mark.parametrize("inside", [True, False])
def test_a_rule_that_a_report_of_ours_started_ends_at_once(server, job, clean, inside):
    """A report started it: nothing is checked, nothing is tagged; a file of the same name by others is checked."""
    acquisition = next(each for each in server.store.containers.values() if each["label"] == "T1w")
    made = {"gear_info": {"name": "deid-check-rule"}} if inside else {}
    server.store.add_file(acquisition, "report.json", b"{}", **made)
    inputs = {"input-file": job.input_file(acquisition, "report.json")}
    status, log = job.run(acquisition, inputs=inputs)
    assert status == 0
    if inside:
        assert log == "INFO the input file is a report of this gear: there is nothing to be checked\n"
        assert server.sent("PATCH", "PUT", "POST", "DELETE") == []
    else:
        assert tags(server)["report.json"]


BASE = {"config": {}, "inputs": {"api-key": {"key": "a:b"}}, "destination": {"type": "session", "id": "5"}}
WRONG = {
    "not JSON": ("{oops", "config.json isn't JSON"),
    "empty": ("", "config.json isn't JSON"),
    "absent": (None, "there is no config.json"),
    "a list": ("[]", "config.json has to be an object"),
    "config null": (BASE | {"config": None}, "config in config.json has to be an object"),
    "config text": (BASE | {"config": "x"}, "config in config.json has to be an object"),
    "inputs a list": (BASE | {"inputs": []}, "inputs in config.json has to be an object"),
    "no destination": ({"config": {}, "inputs": {}}, "destination in config.json has to be an object"),
    "destination without id": (BASE | {"destination": {"type": "session"}}, "has to have a type and an id"),
    "key a number": (BASE | {"inputs": {"api-key": {"key": 5}}}, "input api-key in config.json has to have key"),
    "key as text": (BASE | {"inputs": {"api-key": "a:b"}}, "input api-key in config.json has to have key"),
    "no hierarchy": (BASE | {"inputs": {"input-file": {"location": {"name": "x"}}}}, "has to have hierarchy.type"),
}


@pytest.mark.parametrize(("document", "words"), WRONG.values(), ids=WRONG)
def test_a_job_that_is_described_wrongly_says_so_in_one_line(server, job, document, words):
    shutil.copy(ROOT / "manifest.json", job.folder)
    if document is not None:
        (job.folder / "config.json").write_text(document if isinstance(document, str) else json.dumps(document))
    status, log = job._here()
    assert status == 2
    [line] = log.splitlines()
    assert line.startswith("ERROR ")
    assert words in line
    assert server.requests == []


def test_a_job_without_a_manifest_says_so(job):
    assert job._here() == (
        2,
        "ERROR there is no manifest.json in the job's folder that can be read: start it as a gear\n",
    )


def test_one_500_is_got_over(server, job, clean):
    """The SDK doesn't ask again after it."""
    placed = [
        server.fail("GET", "^/auth/status", status=500),
        server.fail("GET", "^/acquisitions/[0-9a-f]+$", status=500),
        server.fail("GET", "/acquisitions$", status=500),
        server.fail("GET", "^/subjects/[0-9a-f]+$", "truncate"),
        server.fail("PATCH", "/tags", status=500),
        server.fail("PATCH", "/info", status=500),
    ]
    _, log = job.run(analysis_on(server, clean))
    assert [each.times for each in placed] == [0] * len(placed)
    assert log.splitlines()[-1] == "INFO verdict: PASS"
    assert "ERROR" not in log
    assert tags(server) == {name: ["deid-check-PASS"] for name in ("ses-01", "T1w", "T2w", *FILES)}


@pytest.fixture
def before_writing(monkeypatch):
    """Return what makes something happen after the check and before the write-back."""

    def happens(action):
        write, waiting = reporters.write, [action]

        def written(*given):
            while waiting:
                waiting.pop()()
            return write(*given)

        monkeypatch.setattr(reporters, "write", written)

    return happens


def test_writing_is_tried_after_an_outage(server, job, clean, monkeypatch, before_writing):
    for number in range(4):
        acquisition = server.store.add("acquisition", f"more-{number}", clean, tags=["deid-check-PASS"])
        server.store.add_file(acquisition, "x.json", b"{}")
    take, down = FlywheelServer.take_fault, []

    def gone(self, method, path):
        down.extend([True] if "x.json" in path and not down else [])
        return Fault(method, path, "reset") if down and down[-1] else take(self, method, path)

    monkeypatch.setattr(FlywheelServer, "take_fault", gone)
    before_writing(lambda: down.append(False))
    _, log = job.run(analysis_on(server, clean))
    assert log.splitlines()[-1] == "INFO verdict: INCOMPLETE"
    assert tags(server)["ses-01"] == tags(server)["more-0"] == ["deid-check-INCOMPLETE"]
    assert "not written" not in log


CHANGED = "changed while they were checked, or could not be read again, and are INCOMPLETE"


@pytest.mark.parametrize("name", [FILES[0], "new.dicom.zip"])
def test_what_changed_since_it_was_checked_is_incomplete(server, job, clean, before_writing, name):
    acquisition = next(each for each in server.store.containers.values() if each["label"] == "T1w")
    before_writing(lambda: server.store.add_file(acquisition, name, archive(dicom(PatientName=NAME))))
    _, log = job.run(analysis_on(server, clean))
    assert [line for line in log.splitlines() if CHANGED in line and line.startswith("ERROR ")]
    found = tags(server)
    assert found["T1w"] == found["ses-01"] == ["deid-check-INCOMPLETE"]
    assert found[name] == (["deid-check-INCOMPLETE"] if name in FILES else [])
    assert found["T2w"] == found[FILES[1]] == ["deid-check-PASS"]
    assert acquisition["info"]["qc"]["deid-check"]["verdict"]["verdict"] == "INCOMPLETE"


def test_a_file_without_an_id_is_told(server, job, clean, answers):
    answers(routes.get_container, of_files(file_id=None))
    _, log = job.run(analysis_on(server, clean))
    assert "tags and QC results of file: 1 not written, first in acquisitions " in log
    assert "the site gives no id for it" in log
    assert tags(server)["T1w"] == ["deid-check-PASS"]


@pytest.mark.parametrize("given", [None, "deid-check-PASS"])
def test_tags_that_the_site_does_not_show_are_set_and_told(server, job, clean, answers, given):
    clean["tags"] = ["deid-check-FAIL", "theirs"]
    answers(routes.get_container, of("session", tags=given))
    _, log = job.run(analysis_on(server, clean))
    assert "tags of session: 1 not written" in log
    assert "the site does not show its tags" in log
    assert sorted(clean["tags"]) == ["deid-check-PASS", "theirs"]


def test_a_tag_that_is_there_twice_is_mended(server, job, clean):
    clean["tags"] = ["deid-check-PASS", "deid-check-PASS", "theirs"]
    _, log = job.run(analysis_on(server, clean))
    assert "ERROR" not in log
    assert sorted(clean["tags"]) == ["deid-check-PASS", "theirs"]


@pytest.mark.parametrize("said", [["x"], "x", 7])
def test_an_odd_answer_while_writing_costs_its_own_thing(server, job, clean, answers, said):
    answers(routes.get_file, lambda _: said)
    _, log = job.run(analysis_on(server, clean))
    assert log.splitlines()[-1] == "INFO verdict: PASS"
    assert "tags and QC results of file: 2 not written" in log
    assert tags(server)["T1w"] == ["deid-check-PASS"]
