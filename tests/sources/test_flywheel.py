"""The Flywheel source, with the real SDK over loopback HTTP."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

import pytest

from fw_gear_deid_check import reporters
from fw_gear_deid_check.errors import Unreadable, UsageError
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.reporters import project
from fw_gear_deid_check.sources import ahead as ahead_module
from fw_gear_deid_check.sources import answers, transfer
from fw_gear_deid_check.sources.flywheel import FlywheelSource
from fw_gear_deid_check.sources.site import Site, SiteError
from tests.flywheel_server import routes


@pytest.fixture
def study(server):
    """A project with one session of two acquisitions, attachments, an analysis and a report of this gear."""
    store = server.store
    made = {"project": store.add("project", "study", info={"protocol": "p"})}
    made["subject"] = store.add("subject", "sub-01", made["project"], firstname="CANARYFIRST", lastname="CANARYLAST")
    made["session"] = store.add("session", "ses-01", made["subject"], info={"site": "a"})
    made["t1"] = store.add("acquisition", "T1w", made["session"], metadata={"PatientName": "CANARYNAME"})
    made["t2"] = store.add("acquisition", "T2/FLAIR", made["session"])
    made["file"] = store.add_file(made["t1"], "t1.nii.gz", b"one" * 100, info={"PatientID": "CANARYID"}, tags=["mine"])
    made["bare"] = store.add_file(made["t2"], "odd na+me#1.txt", b"two")
    made["note"] = store.add_file(made["session"], "notes.txt", b"three")
    made["analysis"] = store.add("analysis", "qc", made["session"], gear_info={"name": "mriqc"})
    made["output"] = store.add_file(made["analysis"], "out.csv", b"four")
    made["own"] = store.add("analysis", "deid", made["session"], gear_info={"name": "deid-check"})
    store.add_file(made["own"], "report.json", b"{}")
    return made


SESSION_ITEMS = [
    ("subject", "../sub-01"),
    ("session", "ses-01"),
    ("file", "notes.txt"),
    ("analysis", "analyses/qc"),
    ("file", "analyses/qc/out.csv"),
    ("analysis", "analyses/{own}"),
    ("acquisition", "T1w"),
    ("file", "T1w/t1.nii.gz"),
    ("acquisition", "T2%2FFLAIR"),
    ("file", "T2%2FFLAIR/odd na+me#1.txt"),
]


def walk(source):
    """Return (kind, path, record or reason, bytes or reason) of every item."""
    seen = []
    for item in source.items():
        try:
            record = {name: dict(value) if name == "info" else value for name, value in item.record.items()}
        except Unreadable as error:
            record = error.reason
        data = None
        if item.opener:
            try:
                with item.opener() as stream:
                    data = stream.read()
            except Unreadable as error:
                data = error.reason
        seen.append((item.kind, item.path, record, data))
    return seen


def by_path(source):
    return {(kind, path): (record, data) for kind, path, record, data in walk(source)}


def test_a_session_is_walked_with_its_subject_attachments_and_analyses(server, site, study):
    source = FlywheelSource(site, study["session"]["_id"], gear="deid-check")
    found = walk(source)
    assert [(kind, path) for kind, path, _, _ in found] == [
        (kind, path.format(own=study["own"]["_id"])) for kind, path in SESSION_ITEMS
    ]
    assert [data for _, _, _, data in found if data is not None] == [b"three", b"four", b"one" * 100, b"two"]
    assert source.left_out == 1
    assert (source.container.type, source.container.path) == ("session", "lab/study/sub-01/ses-01")


def test_results_of_the_rule_gear_lie_beside_the_data(server, site, study):
    for name, gear in {"report.json": "deid-check-rule", "derived.json": "dcm2niix"}.items():
        server.store.add_file(study["t1"], name, b"{}", gear_info={"name": gear})
    for gear in ("deid-check", "deid-check-rule"):
        source = FlywheelSource(site, study["t1"]["_id"], gear=gear)
        assert [path for _, path, _, _ in walk(source)] == ["T1w", "t1.nii.gz", "derived.json"]
        assert source.left_out == 1


def test_only_reports_of_this_gear_are_left_out(server, site, study):
    """What else lies in its analyses, or says that it is of this gear, is looked at; a file of a report's name too."""
    server.store.add_file(study["own"], "scan.dcm", b"five")
    server.store.add_file(study["t1"], "scan.json", b"{}", gear_info={"name": "deid-check"})
    server.store.add_file(study["t2"], "report.json", b"{}")
    source = FlywheelSource(site, study["session"]["_id"], gear="deid-check")
    paths = {path for _, path, _, _ in walk(source)}
    assert {f"analyses/{study['own']['_id']}/scan.dcm", "T1w/scan.json", "T2%2FFLAIR/report.json"} <= paths
    assert f"analyses/{study['own']['_id']}/report.json" not in paths
    assert source.left_out == 1


def test_the_names_of_reports_are_those_that_are_written(tmp_path):
    written = {name for each in reporters._WRITERS.values() for name in each}
    assert written | {"comparison.json", reporters.SUGGESTION} <= answers.REPORTS
    text = Path(project.__file__).read_text()
    assert set(re.findall(r'"(project[-a-z]*\.(?:json|csv|html))": ', text)) == {
        name for name in answers.REPORTS if name.startswith("project")
    }


def test_records_do_not_wait_for_files(server, site, study):
    """A project of thousands of empty acquisitions is told as it is read."""
    for number in range(100):
        server.store.add("acquisition", f"more-{number}", study["session"])
    items = FlywheelSource(site, study["session"]["_id"]).items()
    server.requests.clear()
    for _ in range(20):
        next(items)
    assert len(server.requests) < 100
    items.close()


def test_own_reports_are_checked_where_no_gear_is_named(site, study):
    paths = [path for _, path, _, _ in walk(FlywheelSource(site, study["session"]["_id"]))]
    assert "analyses/deid/report.json" in paths


@pytest.mark.parametrize(
    ("level", "first", "count"),
    [("project", ("project", "study"), 11), ("subject", ("subject", "sub-01"), 10), ("t1", ("acquisition", "T1w"), 2)],
)
def test_every_level_can_be_the_root(site, study, level, first, count):
    found = walk(FlywheelSource(site, study[level]["_id"], gear="deid-check"))
    assert found[0][:2] == first
    assert len(found) == count


def test_one_file_alone(site, study):
    found = walk(FlywheelSource(site, study["t1"]["_id"], only_file="t1.nii.gz"))
    assert [(kind, path, data) for kind, path, _, data in found] == [("file", "t1.nii.gz", b"one" * 100)]


def test_records_hold_what_people_wrote_and_nothing_of_the_housekeeping(site, study):
    found = by_path(FlywheelSource(site, study["session"]["_id"]))
    assert found["subject", "../sub-01"][0]["firstname"] == "CANARYFIRST"
    assert found["acquisition", "T1w"][0] == {
        "label": "T1w", "info": {}, "tags": [], "notes": [], "metadata": {"PatientName": "CANARYNAME"},
    }  # fmt: skip
    assert found["file", "T1w/t1.nii.gz"][0] == {
        "info": {"PatientID": "CANARYID"}, "tags": ["mine"],
        "type": None, "modality": None, "mimetype": "application/octet-stream", "classification": {},
    }  # fmt: skip


def test_items_know_whose_they_are_and_who_uploaded_them(site, study):
    items = {item.path: item for item in FlywheelSource(site, study["project"]["_id"]).items()}
    file = items["sub-01/ses-01/T1w/t1.nii.gz"]
    assert file.subject == study["subject"]["_id"]
    assert file.parents.acquisition == (study["t1"]["_id"], "T1w")
    assert file.parents.project == (study["project"]["_id"], "study")
    assert (file.origin.type, file.origin.id, file.id) == ("user", "uploader@lab.example", study["file"]["file_id"])
    assert items["sub-01"].subject == study["subject"]["_id"]


@pytest.mark.parametrize("switch", ["info_in_lists", "tags_in_lists", "redirects", "range_needs_view"])
@pytest.mark.parametrize("value", [True, False])
def test_the_unknowns_of_the_site_change_nothing(server, site, study, switch, value):
    before = walk(FlywheelSource(site, study["session"]["_id"]))
    setattr(server.behaviour, switch, value)
    assert walk(FlywheelSource(site, study["session"]["_id"])) == before


@pytest.mark.parametrize(
    "behaviour",
    [{"file_info_in_container": False}, {"analyses_in_container": False}, {"files_in_lists": False}, {"hashes": False},
     {"page_limit": 1}],
)  # fmt: skip
def test_what_an_answer_leaves_out_is_asked_for(server, site, study, behaviour):
    before = walk(FlywheelSource(site, study["session"]["_id"]))
    vars(server.behaviour).update(behaviour)
    assert walk(FlywheelSource(site, study["session"]["_id"])) == before


def test_info_that_could_not_be_read_is_not_empty_info(server, site, study):
    server.behaviour.file_info_in_container = False
    server.fail("GET", f"^/files/{study['file']['file_id']}$", status=500, times=9)
    found = by_path(FlywheelSource(site, study["session"]["_id"]))
    assert found["file", "T1w/t1.nii.gz"] == ("GET: the site answered 500", b"one" * 100)
    assert found["file", "T2%2FFLAIR/odd na+me#1.txt"][0]["info"] == {}


def test_tags_that_the_container_leaves_out_are_asked_for(server, site, study, monkeypatch):
    told = routes.get_container

    def without_tags(call):
        said = json.loads(told(call).body)
        for file in said["files"]:
            del file["tags"]
        return routes.ok(said)

    table = [(methods, path, without_tags if each is told else each) for methods, path, each in routes.COMPILED]
    monkeypatch.setattr(routes, "COMPILED", table)
    assert by_path(FlywheelSource(site, study["session"]["_id"]))["file", "T1w/t1.nii.gz"][0]["tags"] == ["mine"]


def test_a_container_deleted_meanwhile_is_not_checked(server, site, study):
    server.fail("GET", f"^/acquisitions/{study['t1']['_id']}$", status=404, times=9)
    found = by_path(FlywheelSource(site, study["session"]["_id"]))
    assert found["acquisition", "T1w"] == ("GET: the site answered 404", None)
    assert ("acquisition", "T2%2FFLAIR") in found


def test_a_list_that_cannot_be_read_is_told(server, site, study):
    server.fail("GET", "/acquisitions$", status=500, times=99)
    found = walk(FlywheelSource(site, study["session"]["_id"]))
    assert found[-1][:3] == ("session", "ses-01", "what is below it could not be listed: GET: the site answered 500")


@pytest.mark.parametrize("page_limit", [0, 1])
def test_a_list_that_gives_the_same_page_again_may_not_be_whole(server, site, study, page_limit):
    server.behaviour.pages = False
    server.behaviour.page_limit = page_limit
    with pytest.raises(SiteError, match="same page"):
        list(site.pages("sessions", study["session"]["_id"], "acquisitions"))


CUT = "download cut short: the site says 300 bytes and sent "
LOST = "download: cut short after"


@pytest.mark.parametrize(
    ("kind", "reason"), [("short", CUT), ("truncate", LOST), ("corrupt", "its hash is not the one that the site says")]
)
@pytest.mark.parametrize(("times", "read"), [(2, True), (3, False)])
def test_a_broken_download_is_tried_three_times_and_never_taken_for_the_file(
    server, site, study, kind, reason, times, read
):
    server.fail("GET", "t1.nii.gz", kind, times=times)
    found = by_path(FlywheelSource(site, study["session"]["_id"]))
    data = found["file", "T1w/t1.nii.gz"][1]
    assert data == b"one" * 100 if read else reason in data
    assert found["file", "notes.txt"][1] == b"three"


@pytest.mark.parametrize(
    ("fault", "requests", "read"),
    [
        ({"status": 503, "times": 4}, 5, True),
        ({"status": 429, "times": 1, "headers": {"Retry-After": "0"}}, 2, True),
        ({"kind": "reset", "times": 3}, 4, True),
        ({"status": 500, "times": 2}, 3, True),
        ({"status": 500, "times": 9}, 3, False),
        ({"status": 404, "times": 9}, 1, False),
        ({"status": 403, "times": 9}, 1, False),
    ],
)
def test_refused_downloads(server, site, study, fault, requests, read):
    server.fail("GET", "t1.nii.gz", **fault)
    found = by_path(FlywheelSource(site, study["t1"]["_id"]))
    data = found["file", "t1.nii.gz"][1]
    assert (data == b"one" * 100) is read
    if not read:
        assert data == f"GET: the site answered {fault['status']}"
    assert len([request for request in server.requests if "t1.nii.gz" in request.path]) == requests


@pytest.mark.parametrize(("grace", "read"), [(0.05, False), (60.0, True)])
def test_a_download_that_trickles_is_given_up(server, site, study, monkeypatch, grace, read):
    monkeypatch.setattr(transfer, "GRACE", grace)
    monkeypatch.setattr(transfer, "CHUNK", 10)
    server.fail("GET", "t1.nii.gz", "trickle", seconds=0.02)
    data = by_path(FlywheelSource(site, study["t1"]["_id"]))["file", "t1.nii.gz"][1]
    assert data == b"one" * 100 if read else data.startswith("download too slow: ")


def test_a_site_that_is_gone_is_not_asked_for_everything(server, site, study):
    """Each question costs minutes of retries: a project of thousands would take days to be told INCOMPLETE."""
    for number in range(20):
        server.store.add("acquisition", f"more-{number}", study["session"])
    source = FlywheelSource(site, study["session"]["_id"])
    server.fail("GET", "^/acquisitions/[^/]+$", "reset", times=10_000)
    server.requests.clear()
    found = walk(source)
    assert len([request for request in server.requests if request.path.startswith("/acquisitions/")]) == 3 * 8
    assert [record for kind, _, record, _ in found if kind == "acquisition"][3:] == ["the site stopped answering"] * 19
    site._unanswered.clear()


def test_a_file_that_never_comes_does_not_end_the_run(server, site, study):
    server.fail("GET", "t1.nii.gz", "reset", times=10_000)
    found = by_path(FlywheelSource(site, study["session"]["_id"]))
    assert "no answer from the site" in found["file", "T1w/t1.nii.gz"][1]
    assert found["file", "T2%2FFLAIR/odd na+me#1.txt"][1] == b"two"


def test_a_file_that_does_not_fit_is_not_fetched(server, site, study):
    found = by_path(FlywheelSource(site, study["t1"]["_id"], limits=Limits(archive_total=100)))
    assert found["file", "t1.nii.gz"][1] == "no room for the download, 300 bytes"
    assert not [request for request in server.requests if "t1.nii.gz" in request.path]


def test_nothing_stays_on_disk_and_what_lies_there_is_bounded(server, site, study, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for number in range(8):
        server.store.add_file(study["t1"], f"more-{number}.bin", b"x" * 10)
    most = 0
    for item in FlywheelSource(site, study["session"]["_id"]).items():
        if item.opener:
            item.opener().close()
            item.opener().close()
        most = max(most, sum(path.is_file() for path in tmp_path.rglob("*")))
    assert 1 <= most <= 3
    assert list(tmp_path.iterdir()) == []
    walking = FlywheelSource(site, study["session"]["_id"]).items()
    next(walking)
    walking.close()
    assert list(tmp_path.iterdir()) == []


def test_the_bytes_ahead_are_bounded(site, study, monkeypatch):
    monkeypatch.setattr(ahead_module, "BYTES_AHEAD", 4)
    found = by_path(FlywheelSource(site, study["session"]["_id"]))
    assert found["file", "T1w/t1.nii.gz"][1] == b"one" * 100
    assert found["file", "T2%2FFLAIR/odd na+me#1.txt"][1] == b"two"


def test_requests_are_linear(server, site, study):
    """``A + P + N + 4`` for the records, F for the bytes, as the module says (the root and its labels included)."""
    for number in range(10):
        server.store.add_file(server.store.add("acquisition", f"more-{number}", study["session"]), "a.bin", b"x")
    server.requests.clear()
    walk(FlywheelSource(site, study["session"]["_id"], gear="deid-check"))
    acquisitions, pages, analyses, files = 12, 2, 2, 14
    labels = 2  # of project and subject
    assert len(server.requests) == (1 + labels) + 1 + acquisitions + pages + analyses + files


def test_a_root_that_cannot_be_read_is_a_usage_error(server, site, study):
    with pytest.raises(UsageError, match="404"):
        FlywheelSource(site, "f" * 24)
    with pytest.raises(UsageError, match="only a project"):
        FlywheelSource(site, study["analysis"]["_id"])
    with pytest.raises(UsageError, match="no longer"):
        walk(FlywheelSource(site, study["t1"]["_id"], only_file="gone.txt"))


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("nokey", "not of the form"),
        ("{key}x", "the site answered 401"),
        ("127.0.0.1:1:__force_insecure:k", "no answer"),
    ],
)
def test_a_login_that_fails_is_told_in_our_own_words(server, key, words, monkeypatch):
    monkeypatch.setattr("flywheel.rest.RetryTransport._sleep_for", lambda *_: 0)
    with pytest.raises(SiteError, match=words) as caught:
        Site.connect(key.format(key=server.api_key))
    assert "notarealkey" not in str(caught.value)


def test_errors_do_not_repeat_what_the_site_says(server, site, study):
    server.fail("GET", "t1.nii.gz", status=404, message="no file CANARY^NAME")
    data = by_path(FlywheelSource(site, study["t1"]["_id"]))["file", "t1.nii.gz"][1]
    assert "CANARY" not in data
    assert Path(data).name == data


@pytest.mark.parametrize("level", ["project", "subject", "session", "t1"])
@pytest.mark.parametrize("given", [True, False])
def test_the_kind_is_found_where_the_root_does_not_say(server, site, study, level, given):
    server.behaviour.kinds = False
    kind = study[level]["container_type"]
    server.requests.clear()
    source = FlywheelSource(site, study[level]["_id"], kind=kind if given else "")
    assert source.container.type == kind
    assert len(walk(source)) > 1
    assert given or kind in {request.path.split("/")[1].removesuffix("s") for request in server.requests}


def test_a_root_of_no_known_kind_is_told_with_what_helps(server, site, study):
    server.behaviour.kinds = False
    with pytest.raises(UsageError, match="does not say of which kind .* give the place by its labels"):
        FlywheelSource(site, study["analysis"]["_id"])
