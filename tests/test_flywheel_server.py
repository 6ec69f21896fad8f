"""The test server: what the real SDK gets from it, so that tests with it can be trusted."""

from __future__ import annotations

import io
import zipfile

import flywheel
import httpx2
import pytest


@pytest.fixture
def client(running, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return running[0].client()


@pytest.fixture
def made(server):
    store = server.store
    project = store.add("project", "P")
    session = store.add("session", "V", store.add("subject", "S", project))
    acquisition = store.add("acquisition", "A", session, metadata={"PatientName": "x"}, info={"a": 1}, tags=["t"])
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.comment = b"remark"
        archive.writestr("s/1.dcm", b"hello")
    file = store.add_file(acquisition, "odd na+me#1.zip", data.getvalue(), info={"x": {"y": 1}})
    return {"session": session, "acquisition": acquisition, "file": file, "data": data.getvalue()}


def test_hierarchy_and_lookup(server, client, made):
    assert client.lookup("lab/P/S/V").id == made["session"]["_id"]
    found = client.get(made["acquisition"]["_id"])
    assert (found.metadata, found.files[0].info) == ({"PatientName": "x"}, {"x": {"y": 1}})
    assert [each.label for each in client.resolve("lab/P").path] == ["P"]
    with pytest.raises(flywheel.ApiException) as caught:
        client.lookup("lab/P/S/gone")
    assert caught.value.status == 404


def test_files(server, client, made, tmp_path):
    file = client.get(made["acquisition"]["_id"]).files[0]
    assert file.read() == made["data"]
    assert file.read(range="bytes=0-3", view=True) == made["data"][:4]
    assert file.read(range="bytes=0-3") == made["data"]
    server.behaviour.range_needs_view = False
    assert file.read(range="bytes=0-3") == made["data"][:4]
    assert file.read(range="bytes=2-99999", view=True) == made["data"]
    server.behaviour.range_clamps = True
    assert file.read(range="bytes=2-99999", view=True) == made["data"][2:]
    assert file.read_zip_member("s/1.dcm") == b"hello"
    assert (file.get_zip_info().comment, file.get_zip_info().members[0].path) == ("remark", "s/1.dcm")
    server.behaviour.redirects = True
    file.download(str(tmp_path / "f"))
    assert (tmp_path / "f").read_bytes() == made["data"]


def test_tags_and_info(server, client, made):
    file = client.get(made["acquisition"]["_id"]).files[0]
    file.add_tags(["a", "b"])
    client.delete_file_tags(file.file_id, body=["a"])
    client.add_acquisition_tags(made["acquisition"]["_id"], ["u", "t"])
    client.delete_acquisition_tags(made["acquisition"]["_id"], ["t"])
    file.update_info({"x": {"z": 2}, "new": 1})
    assert made["file"]["tags"] == ["b"]
    assert made["acquisition"]["tags"] == ["u"]
    assert made["file"]["info"] == {"x": {"z": 2}, "new": 1}
    server.behaviour.info_set_is_deep = True
    file.update_info({"x": {"y": 1}})
    assert made["file"]["info"]["x"] == {"z": 2, "y": 1}
    file.replace_info({"only": 1})
    assert made["file"]["info"] == {"only": 1}
    server.behaviour.read_only = True
    with pytest.raises(flywheel.ApiException) as caught:
        file.add_tags(["c"])
    assert caught.value.status == 403


@pytest.mark.parametrize("switch", [True, False])
def test_lists(server, client, made, switch):
    server.behaviour.info_in_lists = server.behaviour.tags_in_lists = switch
    server.behaviour.page_limit = 2
    for number in range(4):
        server.store.add("acquisition", f"more-{number}", made["session"])
    listed = list(client.get_session(made["session"]["_id"]).acquisitions.iter())
    assert len(listed) == 5
    assert (listed[0].info, listed[0].tags) == (({"a": 1}, ["t"]) if switch else (None, None))
    assert len(client.get_session_acquisitions(made["session"]["_id"])) == 2
    assert client.get_session_acquisitions(made["session"]["_id"], include_all_info=True)[0].info == {"a": 1}


def test_faults(server, client, made, tmp_path):
    server.fail("GET", "/acquisitions/", times=3)
    server.fail("GET", "/acquisitions/", "reset", times=2)
    server.requests.clear()
    assert client.get_acquisition(made["acquisition"]["_id"]).label == "A"
    assert len(server.requests) == 6
    server.fail("PATCH", "/tags", "lost")
    client.add_acquisition_tags(made["acquisition"]["_id"], ["u"])
    assert made["acquisition"]["tags"] == ["t", "u"]
    file = client.get(made["acquisition"]["_id"]).files[0]
    server.fail("GET", "/files/", "truncate")
    with pytest.raises(httpx2.RemoteProtocolError):
        file.download(str(tmp_path / "f"))
    server.fail("GET", "/files/", "short")
    file.download(str(tmp_path / "f"))
    assert (tmp_path / "f").stat().st_size == len(made["data"]) // 2
    server.fail("GET", "/files/", "slow", seconds=0.05)
    assert file.read() == made["data"]


def test_jobs_and_batches(server, client, made):
    gear_id = server.store.new_id()
    server.store.gears[gear_id] = {
        "_id": gear_id, "category": "analysis", "gear": {"name": "deid-check", "version": "0.1.0", "config": {}},
    }  # fmt: skip
    gear = client.lookup("gears/deid-check")
    proposal = gear.propose_batch([client.get_session(made["session"]["_id"])], config={}, analysis_label="L")
    jobs = proposal.run()
    assert [job.state for job in jobs] == ["pending"]
    batch = client.get_batch(proposal.id)
    assert (batch.state, batch.jobs) == ("running", [jobs[0].id])
    assert client.get_job(jobs[0].id).destination.type == "analysis"
    client.change_job_state(jobs[0].id, "complete")
    assert [job.id for job in client.jobs.find("state=complete")] == [jobs[0].id]
    with pytest.raises(flywheel.ApiException):
        client.start_batch(proposal.id)
    assert client.cancel_batch(proposal.id) == 0


def test_a_wrong_key_gets_nothing(server):
    http = httpx2.get(f"http://{server.api_key.split(':')[0]}:{server.api_key.split(':')[1]}/api/projects")
    assert http.status_code == 401
