"""Write-back, with the real SDK over loopback HTTP."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from fw_gear_deid_check import __version__
from fw_gear_deid_check.audit import Audit
from fw_gear_deid_check.findings import Finding, Location
from fw_gear_deid_check.records import NotChecked, Record
from fw_gear_deid_check.rules import Level, Rule, Verdict
from fw_gear_deid_check.sightings import Sighting
from fw_gear_deid_check.sources.flywheel import FlywheelSource
from fw_gear_deid_check.writeback import Wanted, write
from tests.flywheel_server import routes

RULE = Rule("DCM001", "direct-identifier", "s", Level.FAIL, "src", "r")
LEVELS = {Verdict.FAIL: Level.FAIL, Verdict.REVIEW: Level.REVIEW}


@pytest.fixture
def study(server):
    store = server.store
    made = {"project": store.add("project", "study")}
    made["subject"] = store.add("subject", "sub-01", made["project"])
    made["session"] = store.add("session", "ses-01", made["subject"], tags=["theirs"])
    made["a1"] = store.add("acquisition", "a1", made["session"])
    made["a2"] = store.add("acquisition", "a2", made["session"], info={"qc": {"mriqc": {"x": {"state": "PASS"}}}})
    made["f1"] = store.add_file(made["a1"], "one file.zip", b"1", tags=["raw", "deid-check-PASS"])
    made["f2"] = store.add_file(
        made["a2"], "two.json", b"2", info={"qc": {"other-gear": {"r": {"state": "FAIL"}}}, "x": 1}
    )
    made["note"] = store.add_file(made["session"], "note.txt", b"3")
    server.requests.clear()
    return made


def audit_of(site, container, worse=None, **options):
    """Return an audit in which the named items have the given verdicts, all others PASS."""
    source = FlywheelSource(site, container["_id"], **options)
    records = []
    for item in source.items():
        record = Record(item, ran=["dicom" if item.opener else "metadata"])
        verdict = (worse or {}).get(item.path, Verdict.PASS)
        if verdict is Verdict.INCOMPLETE:
            record.not_checked.append(NotChecked(None, "dicom", "encrypted archive"))
        elif verdict is not Verdict.PASS:
            finding = Finding(RULE, LEVELS[verdict], record.ran[0], Location("PatientName"), "m")
            record.findings.append(Sighting(finding, None))
        records.append(record)
    policy = {"name": "site", "sha256": "0" * 64, "standard": "PS3.15 2025c"}
    return Audit(records, policy, None, "flywheel", "", "", False, container=source.container)


def tags(server):
    return {
        thing.get("label") or thing["name"]: sorted(thing["tags"])
        for thing in [*server.store.containers.values(), *server.store.files.values()]
    }


def test_one_tag_each_and_the_tags_of_others_stay(server, site, study):
    audit = audit_of(site, study["session"], {"a1/one file.zip": Verdict.FAIL, "note.txt": Verdict.REVIEW})
    assert write(audit, site, Wanted()).lines == []
    assert tags(server) == {
        "study": [], "sub-01": [],
        "ses-01": ["deid-check-FAIL", "theirs"],
        "a1": ["deid-check-FAIL"], "a2": ["deid-check-PASS"],
        "one file.zip": ["deid-check-FAIL", "raw"], "two.json": ["deid-check-PASS"],
        "note.txt": ["deid-check-REVIEW"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("worse", "acquisition", "session"),
    [
        ({}, "PASS", "PASS"),
        ({"a2/two.json": Verdict.REVIEW}, "REVIEW", "REVIEW"),
        ({"a2": Verdict.INCOMPLETE, "a1/one file.zip": Verdict.REVIEW}, "INCOMPLETE", "INCOMPLETE"),
        ({"ses-01": Verdict.FAIL}, "PASS", "FAIL"),
        ({"../sub-01": Verdict.FAIL}, "PASS", "FAIL"),
    ],
)
def test_a_container_is_as_bad_as_the_worst_below_it(server, site, study, worse, acquisition, session):
    write(audit_of(site, study["session"], worse), site, Wanted())
    assert tags(server)["a2"] == [f"deid-check-{acquisition}"]
    assert tags(server)["ses-01"] == [f"deid-check-{session}", "theirs"]


def test_a_session_is_judged_the_same_from_the_project(server, site, study):
    write(audit_of(site, study["project"], {"sub-01": Verdict.FAIL}), site, Wanted())
    assert tags(server)["ses-01"] == ["deid-check-FAIL", "theirs"]
    assert tags(server)["a1"] == ["deid-check-PASS"]
    assert study["subject"]["info"]["qc"]["deid-check"]["verdict"]["state"] == "FAIL"
    assert study["subject"]["tags"] == study["project"]["tags"] == []


def test_what_was_not_checked_as_a_whole_is_left_alone(server, site, study):
    write(audit_of(site, study["a1"]), site, Wanted())
    assert tags(server)["a1"] == ["deid-check-PASS"]
    assert tags(server)["ses-01"] == ["theirs"]
    write(audit_of(site, study["a2"], only_file="two.json"), site, Wanted())
    assert tags(server)["two.json"] == ["deid-check-PASS"]
    assert tags(server)["a2"] == []
    assert "deid-check" not in study["a2"]["info"]["qc"]


def test_qc_results(server, site, study):
    write(audit_of(site, study["session"], {"a2/two.json": Verdict.REVIEW}), site, Wanted(job="j1"))
    assert study["f2"]["info"] == {
        "x": 1,
        "qc": {
            "other-gear": {"r": {"state": "FAIL"}},
            "deid-check": {
                "job_info": {"version": __version__, "job_id": "j1", "inputs": {}, "config": {}},
                "dicom": {"state": "NA", "verdict": "REVIEW"},
                "verdict": {
                    "state": "NA", "verdict": "REVIEW", "rules": {"DCM001": 1},
                    "policy": "site", "policy_sha256": "0" * 64,
                },
            },
        },
    }  # fmt: skip
    assert study["a2"]["info"]["qc"]["mriqc"] == {"x": {"state": "PASS"}}
    assert study["session"]["info"]["qc"]["deid-check"]["metadata"] == {"state": "PASS", "verdict": "PASS"}
    assert study["subject"]["info"] == {}


@pytest.mark.parametrize("deep", [True, False])
def test_a_second_run_changes_nothing(server, site, study, deep):
    server.behaviour.info_set_is_deep = deep
    worse = {"a1/one file.zip": Verdict.FAIL}
    write(audit_of(site, study["session"], worse), site, Wanted(job="j1"))
    before = server.store.snapshot()
    server.requests.clear()
    assert write(audit_of(site, study["session"], worse), site, Wanted(job="j2")).lines == []
    assert server.sent("POST", "PUT", "PATCH", "DELETE") == []
    assert server.store.snapshot() == before
    write(audit_of(site, study["session"], {}), site, Wanted(job="j3"))
    assert tags(server)["one file.zip"] == ["deid-check-PASS", "raw"]
    assert study["f1"]["info"]["qc"]["deid-check"]["job_info"]["job_id"] == "j3"


def test_a_site_that_lags_behind_is_no_other_run(server, site, study, monkeypatch):
    write(audit_of(site, study["session"], {"a1/one file.zip": Verdict.FAIL}), site, Wanted())
    told, before = routes.answer, {}

    def lagging(at, request):
        """Answer the first question for a thing after each change of it with what it was before that change."""
        plural, owner, *rest = request.path.split("/")[1:]
        file = at.store.find_file(at.store.containers[owner], rest[1]) if rest[:1] == ["files"] else None
        place = f"/files/{file['file_id']}" if file else f"/{plural}/{owner}"
        if request.method == "GET":
            return before.pop(place, None) or told(at, request)
        before[place] = told(at, replace(request, method="GET", path=place))
        return told(at, request)

    audit = audit_of(site, study["session"])
    monkeypatch.setattr(routes, "answer", lagging)
    assert write(audit, site, Wanted()).lines == []
    assert tags(server)["one file.zip"] == ["deid-check-PASS", "raw"]
    assert tags(server)["ses-01"] == ["deid-check-PASS", "theirs"]


@pytest.mark.parametrize(("wanted", "method"), [({"tags": False}, "tags"), ({"qc": False}, "info")])
def test_each_can_be_switched_off(server, site, study, wanted, method):
    write(audit_of(site, study["session"]), site, Wanted(**wanted))
    assert server.sent("PATCH")
    assert not [request for request in server.sent("PATCH", "DELETE") if request.path.endswith("/" + method)]


def test_a_read_only_key_is_told_once_for_each_kind(server, site, study):
    server.behaviour.read_only = True
    lines = write(audit_of(site, study["session"]), site, Wanted()).lines
    assert sorted(line.split(":")[0] for line in lines) == [
        "QC results of acquisition", "QC results of file", "QC results of session",
        "tags of acquisition", "tags of file", "tags of session",
    ]  # fmt: skip
    assert f"tags of file: 2 not written, first {study['note']['file_id']}: PATCH: the site answered 403" in lines


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "PATCH", "path": "/tags$", "kind": "lost", "times": 2},
        {"method": "DELETE", "path": "/tags$", "kind": "lost", "times": 1},
        {"method": "DELETE", "path": "/tags$", "status": 409, "times": 2},
        {"method": "PATCH", "path": "/info$", "kind": "lost", "times": 2},
        {"method": "PATCH", "path": "/tags$", "status": 409, "times": 2},
        {"method": "PATCH", "path": "/info$", "status": 409, "times": 2},
        {"method": "*", "path": "/", "status": 503, "times": 5},
        {"method": "GET", "path": "/", "kind": "reset", "times": 3},
    ],
)
@pytest.mark.parametrize("absent_tag_is_404", [True, False])
def test_faults_that_pass(server, site, study, fault, absent_tag_is_404):
    server.behaviour.absent_tag_is_404 = absent_tag_is_404
    audit = audit_of(site, study["session"], {"a1/one file.zip": Verdict.FAIL})
    server.fail(**fault)
    assert write(audit, site, Wanted()).lines == []
    assert tags(server)["one file.zip"] == ["deid-check-FAIL", "raw"]
    assert tags(server)["ses-01"] == ["deid-check-FAIL", "theirs"]
    assert "other-gear" in study["f2"]["info"]["qc"]
    assert study["f2"]["info"]["qc"]["deid-check"]["verdict"]["state"] == "PASS"


def test_a_container_deleted_meanwhile_costs_only_itself(server, site, study):
    audit = audit_of(site, study["session"])
    server.store.remove(study["a1"])
    lines = write(audit, site, Wanted()).lines
    assert sorted(lines) == [
        f"tags and QC results of acquisition: 1 not written, first {study['a1']['_id']}: GET: the site answered 404",
        f"tags and QC results of file: 1 not written, first {study['f1']['file_id']}: GET: the site answered 404",
    ]
    assert tags(server)["a2"] == ["deid-check-PASS"]


def test_info_that_is_not_given_is_not_overwritten(server, site, study, monkeypatch):
    audit = audit_of(site, study["a2"], only_file="two.json")
    asked = site.get
    monkeypatch.setattr(
        site, "get", lambda *path: {name: value for name, value in asked(*path).items() if name != "info"}
    )
    assert "not to be overwritten" in write(audit, site, Wanted()).lines[0]
    assert "deid-check" not in study["f2"]["info"]["qc"]


@pytest.mark.parametrize("verdicts", [(Verdict.PASS, Verdict.PASS), (Verdict.PASS, Verdict.FAIL)])
def test_two_runs_at_once_leave_one_tag(server, site, study, verdicts):
    for _ in range(3):
        audits = [audit_of(site, study["session"], {"a1/one file.zip": verdict}) for verdict in verdicts]
        threads = [threading.Thread(target=write, args=(audit, site, Wanted(qc=False))) for audit in audits]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name, found in tags(server).items():
            if name not in {"study", "sub-01"}:
                assert len([tag for tag in found if tag.startswith("deid-check-")]) == 1, name


def test_another_prefix_and_gear_name(server, site, study):
    write(audit_of(site, study["a1"]), site, Wanted(gear="deid-check-rule", tag_prefix="phi"))
    assert tags(server)["one file.zip"] == ["deid-check-PASS", "phi-PASS", "raw"]
    assert list(study["a1"]["info"]["qc"]) == ["deid-check-rule"]


REFUSED = {"method": "DELETE", "path": "/tags$", "status": 403, "times": 99}


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
def test_where_tags_cannot_be_taken_away_at_once_the_other_ways_are_tried(server, site, study, status):
    study["a1"]["tags"] = ["deid-check-PASS", "theirs"]
    server.fail(**REFUSED | {"status": status})
    written = write(audit_of(site, study["session"], {"a1/one file.zip": Verdict.FAIL}), site, Wanted())
    assert (written.lines, written.contradicted) == ([], False)
    assert tags(server)["a1"] == ["deid-check-FAIL", "theirs"]
    assert tags(server)["one file.zip"] == ["deid-check-FAIL", "raw"]
    assert [request.path for request in server.sent("PUT")] == [f"/files/{study['f1']['file_id']}/tags"]


def test_a_tag_that_says_less_and_stays_is_told(server, site, study):
    study["a1"]["tags"] = ["deid-check-PASS"]
    server.fail("DELETE", "/tags", status=403, times=99)
    server.fail("PUT", "/tags", status=403, times=99)
    written = write(audit_of(site, study["session"], {"a1/one file.zip": Verdict.FAIL}), site, Wanted())
    assert written.contradicted
    assert written.lines[-1].startswith("a tag of an earlier run that says less than was found now stands on 2 files")
    assert "tags of acquisition: 1 not written" in "\n".join(written.lines)


def test_a_tag_that_says_more_and_stays_is_no_contradiction(server, site, study):
    study["a1"]["tags"] = ["deid-check-FAIL"]
    server.fail("DELETE", "/tags", status=403, times=99)
    written = write(audit_of(site, study["a1"]), site, Wanted())
    assert not written.contradicted
    assert "tags of acquisition: 1 not written" in written.lines[0]


def test_where_our_tag_cannot_be_set_one_that_says_less_goes(server, site, study):
    server.fail("PATCH", "/tags", status=403, times=99)
    written = write(audit_of(site, study["a1"], {"one file.zip": Verdict.FAIL}), site, Wanted())
    assert tags(server)["one file.zip"] == ["raw"]
    assert not written.contradicted
    assert any(line.startswith("tags of file: 1 not written") for line in written.lines)


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_thing_that_cannot_be_read_again_keeps_its_tag_and_that_is_told(server, site, study, method):
    audit = audit_of(site, study["a1"], {"one file.zip": Verdict.FAIL})
    server.behaviour.read_only = True
    if method == "GET":
        server.fail("GET", f"^/files/{study['f1']['file_id']}$", status=500, times=99)
    written = write(audit, site, Wanted())
    assert written.contradicted
    assert study["f1"]["file_id"] in written.lines[-1]


def test_a_thing_that_is_gone_has_no_tag(server, site, study):
    audit = audit_of(site, study["a1"], {"one file.zip": Verdict.FAIL})
    server.store.remove(study["a1"])
    assert not write(audit, site, Wanted()).contradicted


def test_without_tags_those_that_stand_are_nobody_s_business(server, site, study):
    audit = audit_of(site, study["a1"], {"one file.zip": Verdict.FAIL})
    assert not write(audit, site, Wanted(tags=False)).contradicted
    assert tags(server)["one file.zip"] == ["deid-check-PASS", "raw"]


@pytest.mark.parametrize("times", [1, 2])
def test_results_that_another_writer_undid_are_put_back(server, site, study, monkeypatch, times):
    """The other one read before we wrote, and writes after."""
    audit, patch, left = audit_of(site, study["a2"], only_file="two.json"), site.patch, [times]

    def overtaken(*path, body):
        given = patch(*path, body=body)
        if path[-1] == "info" and left[0]:
            left[0] -= 1
            study["f2"]["info"] = {"x": 1, "qc": {"late": {"r": {"state": "PASS"}}}}
        return given

    monkeypatch.setattr(site, "patch", overtaken)
    assert write(audit, site, Wanted(tags=False)).lines == []
    assert set(study["f2"]["info"]["qc"]) == {"other-gear", "deid-check", "late"}


def test_results_that_are_undone_for_ever_are_told(server, site, study, monkeypatch):
    audit, patch = audit_of(site, study["a2"], only_file="two.json"), site.patch

    def overtaken(*path, body):
        patch(*path, body=body)
        study["f2"]["info"] = {"qc": {}}

    monkeypatch.setattr(site, "patch", overtaken)
    assert "QC results of file: 1 not written" in write(audit, site, Wanted(tags=False)).lines[0]
    assert len(server.sent("PATCH")) == 3


@pytest.mark.parametrize("verdicts", [(Verdict.PASS, Verdict.FAIL), (Verdict.FAIL, Verdict.PASS)])
def test_of_two_results_at_once_the_worse_stays(server, site, study, monkeypatch, verdicts):
    """Another run of this gear writes right after ours."""
    mine, other = (audit_of(site, study["a2"], {"two.json": verdict}, only_file="two.json") for verdict in verdicts)
    patch, waiting = site.patch, [other]

    def overtaken(*path, body):
        given = patch(*path, body=body)
        if path[-1] == "info" and waiting:
            write(waiting.pop(), site, Wanted(tags=False, job="other"))
        return given

    monkeypatch.setattr(site, "patch", overtaken)
    assert write(mine, site, Wanted(tags=False, job="mine")).lines == []
    assert study["f2"]["info"]["qc"]["deid-check"]["verdict"]["verdict"] == "FAIL"
    assert "other-gear" in study["f2"]["info"]["qc"]


def test_two_gears_at_once_leave_one_tag(server, site, study):
    for _ in range(3):
        audits = [audit_of(site, study["session"], {"a1/one file.zip": each}) for each in (Verdict.PASS, Verdict.FAIL)]
        wanted = [Wanted(gear=name) for name in ("deid-check", "deid-check-rule")]
        with ThreadPoolExecutor(2) as pool:
            written = list(pool.map(write, audits, [site, site], wanted))
        assert [each.lines for each in written] == [[], []]
        for name, found in tags(server).items():
            if name not in {"study", "sub-01"}:
                assert len([tag for tag in found if tag.startswith("deid-check-")]) == 1, name
    assert "other-gear" in study["f2"]["info"]["qc"]
