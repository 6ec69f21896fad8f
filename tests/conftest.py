"""The test server, a site that asks it, and a job of the gear, as the tests of several folders use them."""

from __future__ import annotations

import pytest

from fw_gear_deid_check.sources.site import Site
from tests.flywheel_server import FlywheelServer
from tests.jobs import FILES, Job, archive, dicom


@pytest.fixture(scope="module")
def running():
    with pytest.MonkeyPatch.context() as patch, FlywheelServer() as server:
        patch.setenv("NO_PROXY", "127.0.0.1")
        site = Site(server.client())
        site.pause = 0.0
        yield server, site


@pytest.fixture
def server(running):
    """An empty site that behaves."""
    running[0].reset()
    running[1].hope()
    return running[0]


@pytest.fixture
def site(running):
    """Our client of it, with the real SDK, which doesn't wait before it tries again."""
    return running[1]


@pytest.fixture
def unhurried(monkeypatch):
    """Let clients that are made by what is tested not wait either."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("flywheel.rest.RetryTransport._sleep_for", lambda *_: 0)
    monkeypatch.setattr("fw_gear_deid_check.sources.site.PAUSE", 0.0)


@pytest.fixture
def job(server, tmp_path, unhurried):
    return Job(server, tmp_path)


@pytest.fixture
def clean(server):
    """A session of two acquisitions in which nothing is to be found: without faults it passes."""
    store = server.store
    session = store.add("session", "ses-01", store.add("subject", "sub-01", store.add("project", "study")))
    for label, name in {"T1w": FILES[0], "T2w": FILES[1]}.items():
        data = archive(dicom(PatientName="", PatientID="sub-01"), dicom(PatientName="", PatientID="sub-01"))
        store.add_file(store.add("acquisition", label, session), name, data, type="dicom")
    server.requests.clear()
    return session
