"""The gear on a site whose answers have another form than the known one.

Each costs the thing that it is about; the job goes on, and nothing passes that was not looked at.
"""

from __future__ import annotations

import json

import pytest

from tests.flywheel_server import FlywheelServer, routes
from tests.test_gear import NAME, Job, analysis_on, archive, dicom, tags

FILES = ("t1.dicom.zip", "t2.dicom.zip")


@pytest.fixture(scope="module")
def running():
    with FlywheelServer() as server:
        yield server


@pytest.fixture
def server(running):
    running.reset()
    return running


@pytest.fixture
def session(server):
    """A session of two acquisitions in which nothing is to be found."""
    store = server.store
    subject = store.add("subject", "sub-01", store.add("project", "study"))
    session = store.add("session", "ses-01", subject)
    for label, name in {"T1w": FILES[0], "T2w": FILES[1]}.items():
        store.add_file(store.add("acquisition", label, session), name, archive(dicom(PatientName="")), type="dicom")
    return session


@pytest.fixture
def job(server, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("flywheel.rest.RetryTransport._sleep_for", lambda *_: 0)
    monkeypatch.setattr("fw_gear_deid_check.sources.site.PAUSE", 0.0)
    return Job(server, tmp_path)


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


@pytest.mark.parametrize(("change", "path", "words"), NOT_CHECKED.values(), ids=NOT_CHECKED)
def test_what_an_answer_does_not_say_is_not_checked(server, job, session, answers, change, path, words):
    answers(routes.get_container, change)
    status, log = job.run(analysis_on(server, session))
    assert (status, log.splitlines()[-1]) == (0, "INFO verdict: INCOMPLETE")
    assert words in reasons(job)[path]
    assert "deid-check-PASS" not in tags(server)["ses-01"]


HARMLESS = [
    {"created": 1_700_000_000}, {"created": {"$date": 1}}, {"origin": "user"}, {"origin": {"type": 1, "id": {}}},
    {"gear_info": "x"}, {"gear_info": {"name": ["deid-check"]}}, {"hash": 5}, {"size": "12"}, {"size": True},
    {"size": -1}, {"size": 1e30}, {"zip_member_count": "x"}, {"modality": ["x"]}, {"mimetype": 5},
]  # fmt: skip


@pytest.mark.parametrize("fields", HARMLESS, ids=str)
def test_what_is_said_oddly_of_a_file_does_not_keep_it_from_being_read(server, job, session, answers, fields):
    acquisition = next(each for each in server.store.containers.values() if each["label"] == "T1w")
    server.store.add_file(acquisition, FILES[0], archive(dicom(PatientName=NAME)))
    answers(routes.get_container, of_files(**fields))
    status, log = job.run(analysis_on(server, session))
    assert (status, log.splitlines()[-1]) == (0, "INFO verdict: FAIL")
    assert tags(server)[FILES[0]] == ["deid-check-FAIL"]


@pytest.mark.parametrize("plain", [True, False])
def test_the_subject_is_found_where_parents_do_not_name_it(server, job, session, plain):
    subject = session["parents"].pop("subject")
    server.store.containers[subject]["lastname"] = NAME
    session["subject"] = subject if plain else {"_id": subject, "label": "sub-01"}
    job.run(analysis_on(server, session))
    assert job.report["verdict"] == "FAIL"
    assert {row["path"] for row in job.report["findings"] if row["level"] == "FAIL"} == {"../sub-01"}


def test_a_list_that_is_none_is_told(server, job, session, answers):
    answers(routes.list_children, lambda _: {"count": 2, "results": []})
    status, _ = job.run(analysis_on(server, session))
    assert (status, job.report["verdict"]) == (0, "INCOMPLETE")
    assert "no list" in reasons(job)["ses-01"]
