"""The gear on a site of another dialect: whole sites whose every answer has another form, or comes another way.

Each must end with the same verdict as the known one, or INCOMPLETE with its reason; never PASS for what was not read.
"""

from __future__ import annotations

import gzip
import json

import pytest

from tests.flywheel_server import http, routes
from tests.jobs import FILES, NAME, analysis_on, archive, dicom, labelled, tags


def every(change):
    """Return a change of each container and file of an answer, inside lists too."""

    def changed(said):
        if isinstance(said, list):
            return [changed(each) for each in said]
        if isinstance(said, dict) and ("_id" in said or "file_id" in said):
            for name in ("files", "analyses"):
                if isinstance(said.get(name), list):
                    said[name] = changed(said[name])
            change(said)
        return said

    return changed


def without(*names):
    return every(lambda thing: [thing.pop(name, None) for name in names])


def null(*names):
    return every(lambda thing: thing.update({name: None for name in names if name in thing}))


def extended(said):
    return every(lambda thing: thing.update({"_links": {"self": "x"}, "kind": 5, "stats": [1], "x": [{}]}))(said)


ANSWERS = {
    "tags null": null("tags"),
    "tags absent": without("tags"),
    "info absent": without("info", "info_exists"),
    "info null": null("info"),
    "notes null": null("notes"),
    "parents null": null("parents"),
    "no origin": without("origin", "created", "modified"),
    "no hash, size, version": without("hash", "size", "version"),
    "no kinds": without("container_type"),
    "fields of its own": extended,
    "labels null": null("label"),
    "file ids null": null("file_id"),
    "lists in envelopes": lambda said: {"results": said, "count": len(said)} if isinstance(said, list) else said,
    "objects in lists": lambda said: [said] if isinstance(said, dict) else said,
    "all text": lambda said: "ok",
    "all null": lambda said: None,
    "all numbers": lambda said: 7,
    "empty objects": lambda said: {},
    "empty lists": lambda said: [],
    "files as an object": every(lambda thing: "files" in thing and thing.update(files={"0": {"name": "x"}})),
}


@pytest.fixture
def dialect(monkeypatch):
    """Return what puts every JSON answer of the site through a change."""

    def speak(change):
        answer = routes.answer

        def changed(site, request):
            given = answer(site, request)
            if given.status != 200 or given.headers.get("Content-Type") != "application/json":
                return given
            return routes.ok(change(json.loads(given.body)))

        monkeypatch.setattr(routes, "answer", changed)

    return speak


@pytest.mark.parametrize("change", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("named", [True, False])
def test_another_dialect(server, job, clean, dialect, change, named):
    """With and without an identifier: without, PASS only where all was read; with, never PASS."""
    if named:
        server.store.add_file(labelled(server, "T1w"), FILES[0], archive(dicom(PatientName=NAME)))
    labelled(server, "T2w")["tags"] = ["deid-check-FAIL", "theirs"]
    destination = analysis_on(server, clean)
    dialect(change)
    status, log = job.run(destination)
    assert "Traceback" not in log
    assert "defect" not in log
    assert "error in this gear" not in log, log
    if status == 2:
        assert len(log.splitlines()) == 1
        return
    report = job.report
    assert report["verdict"] != "PASS" or not named
    assert report["verdict"] in {"FAIL", "INCOMPLETE"} or not report["coverage"]["not_checked"]
    if report["verdict"] == "PASS":
        assert {row["path"].rpartition("/")[2] for row in report["items"]} >= set(FILES)
    assert "theirs" in labelled(server, "T2w")["tags"]
    assert "deid-check-PASS" not in tags(server)["ses-01"] or report["verdict"] == "PASS"


@pytest.mark.parametrize("ids", [1, 7, 25, 60])
def test_ids_of_another_length(server, job, clean, monkeypatch, ids):
    numbers = iter(range(1, 10_000))
    monkeypatch.setattr(type(server.store), "new_id", lambda _: f"{next(numbers):0{ids}d}"[-60:])
    project = server.store.add("project", "odd")
    session = server.store.add("session", "s", server.store.add("subject", "u", project))
    for number in range(3):
        server.store.add_file(server.store.add("acquisition", f"a{number}", session), "x.json", b"{}")
    _, log = job.run(analysis_on(server, session))
    assert log.splitlines()[-1] == "INFO verdict: PASS"
    assert session["tags"] == ["deid-check-PASS"]


class Wire:
    """Ways to send an answer: how the bytes come over the wire."""

    def __init__(self, handler, answer):
        self.handler, self.answer = handler, answer

    def start(self, *headers):
        self.handler.send_response(self.answer.status)
        for name, value in (*self.answer.headers.items(), *headers):
            self.handler.send_header(name, value)
        self.handler.end_headers()

    def gzipped(self):
        data = gzip.compress(self.answer.body)
        self.start(("Content-Encoding", "gzip"), ("Content-Length", str(len(data))))
        self.handler.wfile.write(data)

    def cut_gzip(self):
        data = gzip.compress(self.answer.body)
        data = data[: len(data) * 2 // 3]
        self.start(("Content-Encoding", "gzip"), ("Content-Length", str(len(data))))
        self.handler.wfile.write(data)

    def chunked(self, end=b"0\r\n\r\n"):
        self.start(("Transfer-Encoding", "chunked"))
        for start in range(0, len(self.answer.body), 100):
            part = self.answer.body[start : start + 100]
            self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.handler.wfile.write(end)
        self.handler.close_connection = not end

    def cut_chunked(self):
        self.chunked(b"")

    def until_closed(self):
        self.start(("Connection", "close"))
        self.handler.wfile.write(self.answer.body)
        self.handler.close_connection = True

    def dropped_alive(self):
        """Answer, promise to keep the connection, and drop it."""
        self.start(("Content-Length", str(len(self.answer.body))), ("Connection", "keep-alive"))
        self.handler.wfile.write(self.answer.body)
        self.handler.close_connection = True

    def page(self, status=500):
        """What a proxy says instead: HTML."""
        data = f"<html><body>{NAME}: Oops</body></html>".encode()
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", "text/html")
        self.handler.send_header("Content-Length", str(len(data)))
        self.handler.end_headers()
        self.handler.wfile.write(data)

    def login_page(self):
        self.page(200)


@pytest.fixture
def wire(monkeypatch):
    """Return what sends the answers to some paths in another way."""

    def send(way, matches=lambda path: True):
        plain = http._Handler._send

        def sent(handler, answer, fault=None):
            if answer.status not in {200, 206} or not matches(handler.path):
                return plain(handler, answer, fault)
            return getattr(Wire(handler, answer), way)()

        monkeypatch.setattr(http._Handler, "_send", sent)

    return send


@pytest.mark.parametrize("way", ["gzipped", "chunked", "until_closed", "dropped_alive"])
@pytest.mark.parametrize("redirects", [True, False])
def test_bytes_that_come_another_way_are_the_same(server, job, clean, wire, way, redirects):
    server.behaviour.redirects = redirects
    wire(way)
    _, log = job.run(analysis_on(server, clean))
    assert log.splitlines()[-1] == "INFO verdict: PASS"
    assert tags(server)["ses-01"] == ["deid-check-PASS"]


@pytest.mark.parametrize("way", ["cut_gzip", "cut_chunked", "page", "login_page"])
@pytest.mark.parametrize("hashes", [True, False])
@pytest.mark.parametrize("where", ["/files/t1", "/acquisitions/"])
def test_bytes_that_are_not_whole_are_not_checked(server, job, clean, wire, way, hashes, where):
    server.behaviour.hashes = hashes
    wire(way, lambda path: where in path)
    status, log = job.run(analysis_on(server, clean))
    assert NAME not in log
    assert NAME not in (job.folder / "output" / "report.json").read_text()
    assert (status, log.splitlines()[-1]) == (0, "INFO verdict: INCOMPLETE")
    assert tags(server)["ses-01"] == ["deid-check-INCOMPLETE"]


@pytest.mark.parametrize("way", ["page", "login_page", "cut_chunked"])
def test_a_site_that_says_nothing_else_cannot_be_logged_in_to(server, job, clean, wire, way):
    wire(way)
    status, log = job.run(analysis_on(server, clean))
    assert status == 2
    [line] = log.splitlines()
    assert line.startswith("ERROR login failed: ")
    assert NAME not in line
