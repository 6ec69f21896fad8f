"""Downloads that break off, and archives too big for one, with the real SDK over loopback HTTP."""

from __future__ import annotations

import io
import zipfile

import pytest

from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.main import Options, run
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.sources import transfer
from fw_gear_deid_check.sources.flywheel import FlywheelSource
from fw_gear_deid_check.sources.site import SiteError
from tests.jobs import NAME, dicom

DATA = bytes(range(256)) * 40


@pytest.fixture
def file(server):
    acquisition = server.store.add("acquisition", "a", server.store.add("project", "p"))
    return server.store.add_file(acquisition, "a.bin", DATA)


@pytest.fixture
def fetch(server, site, file, monkeypatch):
    """Return what downloads the file, in chunks of 1,000 bytes."""
    monkeypatch.setattr(transfer, "CHUNK", 1000)

    def download(digest=file["hash"]):
        stream = io.BytesIO()
        path = ("acquisitions", file["parent_ref"]["id"], "files", "a.bin")
        transfer.download(site, path, stream, len(DATA), digest, 10**9)
        return stream.getvalue()

    return download


def ranges(server):
    return [request.headers.get("range") for request in server.requests if "a.bin" in request.path]


@pytest.mark.parametrize("needs_view", [True, False])
@pytest.mark.parametrize("redirects", [True, False])
def test_what_broke_off_goes_on_where_it_was(server, fetch, needs_view, redirects):
    server.behaviour.range_needs_view, server.behaviour.redirects = needs_view, redirects
    server.fail("GET", "^/storage/" if redirects else "a.bin", "truncate")
    assert fetch() == DATA
    assert ranges(server) == [None, "bytes=5000-"]


@pytest.mark.parametrize("refuse", ["ignored", "416", "500"])
def test_where_there_are_no_ranges_it_begins_anew(server, fetch, monkeypatch, refuse):
    server.fail("GET", "a.bin", "truncate")
    take, cut = type(server).take_fault, []

    def answer(self, method, path):
        found = take(self, method, path)
        cut.append(found)
        if len(cut) == 2 and refuse != "ignored":
            return self.fail(method, path, status=int(refuse), times=0)
        return found

    monkeypatch.setattr(type(server), "take_fault", answer)
    if refuse == "ignored":
        monkeypatch.setattr("tests.flywheel_server.routes.ranged", lambda call, data: _whole(data))
    assert fetch() == DATA
    assert ranges(server)[:2] == [None, "bytes=5000-"]
    assert ranges(server)[2:] == ([] if refuse == "ignored" else [None])


def _whole(data):
    from tests.flywheel_server.routes import Answer

    return Answer(200, data)


def test_without_a_hash_nothing_proves_that_parts_belong_together(server, fetch):
    server.fail("GET", "a.bin", "truncate")
    assert fetch(digest=None) == DATA
    assert ranges(server) == [None, None]


def test_parts_of_two_versions_are_no_file(server, fetch, file):
    """Replaced between the parts: the hash tells, and the whole of what is there now is not what was asked for."""
    server.fail("GET", "a.bin", "truncate")
    acquisition = server.store.containers[file["parent_ref"]["id"]]
    digest = file["hash"]
    server.store.add_file(acquisition, "a.bin", DATA[:-1] + b"\0")
    with pytest.raises(SiteError, match="hash"):
        fetch(digest=digest)
    assert ranges(server) == [None, "bytes=5000-", None]


# -- archives that there is no room for --


def archive(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        target.comment = b"packed by hand"
        for name, data in members:
            target.writestr(zipfile.ZipInfo(name), data)
    return stream.getvalue()


@pytest.fixture
def check(server, site):
    """Return what checks an acquisition with one archive that is larger than the limit; returns the audit."""

    def checked(members, **limits):
        acquisition = server.store.add("acquisition", "a", server.store.add("project", "p"))
        data = archive(members)
        server.store.add_file(acquisition, "a.dicom.zip", data)
        server.requests.clear()
        bounds = Limits(**{"archive_total": len(data) - 1} | limits)
        source = FlywheelSource(site, acquisition["_id"], limits=bounds)
        policy = Policy.load("site", ())
        return run(source, Options(policy, pixels="off"))

    return checked


def unread(audit):
    return {(each.member, each.reason) for record in audit.records for each in record.not_checked}


SMALL = [("s/1.dcm", dicom(PatientName="")), ("s/2.dcm", dicom(PatientName=NAME)), ("n/", b"")]
ROOM = "no room for the download, "


def test_an_archive_that_is_too_big_is_read_by_its_members(server, check):
    audit = check(SMALL)
    assert str(audit.verdict) == "FAIL"
    found = {(each.member, each.of.location.pointer) for record in audit.records for each in record.findings}
    assert ("s/2.dcm", "PatientName") in found
    assert {member for member, _ in unread(audit)} == {None}
    assert all(reason.startswith(ROOM) for _, reason in unread(audit))
    assert len([request for request in server.requests if "member" in request.query]) == 2
    assert not [request for request in server.requests if request.path.endswith(".zip") and not request.query]


def test_it_never_passes(check):
    audit = check([("s/1.dcm", dicom(PatientName="")), ("pad.bin", b"")])
    assert str(audit.verdict) == "INCOMPLETE"


def test_members_beyond_the_limits_are_not_checked(server, check):
    audit = check(SMALL, member_size=10)
    assert {member for member, _ in unread(audit)} == {None, "s/1.dcm", "s/2.dcm"}
    assert not [request for request in server.requests if "member" in request.query]


def test_of_two_members_of_one_name_none_is_taken_for_the_other(check):
    with pytest.warns(UserWarning, match="Duplicate"):
        audit = check([("s/1.dcm", dicom(PatientName="")), ("s/1.dcm", dicom(PatientName=NAME))])
    assert ("s/1.dcm", "more than one member has this name: the site gives only one of them") in unread(audit)


@pytest.mark.parametrize("fault", [{"kind": "truncate"}, {"kind": "short"}, {"status": 500}, {"status": 404}])
def test_a_member_that_does_not_come_is_named(server, check, fault):
    server.fail("GET", r"a\.dicom\.zip", times=3, **fault)
    audit = check(SMALL[:1])
    assert {member for member, _ in unread(audit)} >= {"s/1.dcm"}


def test_without_a_list_it_is_told_why(server, check):
    server.fail("GET", "zip_info", status=500, times=9)
    [(member, reason)] = unread(check(SMALL))
    assert member is None
    assert reason == "no room for the download; its members could not be listed: GET: the site answered 500"


def test_what_is_no_archive_and_too_big_is_not_checked(server, site):
    acquisition = server.store.add("acquisition", "a", server.store.add("project", "p"))
    server.store.add_file(acquisition, "a.nii", DATA)
    source = FlywheelSource(site, acquisition["_id"], limits=Limits(archive_total=10))
    audit = run(source, Options(Policy.load("site", ()), pixels="off"))
    assert unread(audit) == {(None, f"{ROOM}{len(DATA)} bytes")}
    assert not [request for request in server.requests if "zip_info" in request.path]
