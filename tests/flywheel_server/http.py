"""The loopback server: authentication, recording, faults, and sending answers."""

from __future__ import annotations

import json
import re
import socket
import struct
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import flywheel

from tests.flywheel_server import routes
from tests.flywheel_server.store import Store

KEY = "notarealkey0123456789"


@dataclass
class Behaviour:
    """What is not known of the real site, so that a test can have it both ways, and what a site may be set to."""

    info_in_lists: bool = False
    """``info`` of containers and of their files in lists."""
    tags_in_lists: bool = False
    files_in_lists: bool = True
    file_info_in_container: bool = True
    """``info`` of the files in the answer to GET of one container."""
    analyses_in_container: bool = True
    """``analyses`` in the answer to GET of one container; else they have to be listed."""
    kinds: bool = True
    """``container_type`` in the answer to GET of one container."""
    hashes: bool = True
    """``hash`` of files."""
    range_needs_view: bool = True
    """Range is ignored unless ``view=true``."""
    range_clamps: bool = False
    """A range that ends beyond the file is clamped; else the whole file comes with status 200."""
    redirects: bool = False
    """Downloads are redirected to a signed URL."""
    page_limit: int = 0
    """Entries of a list when no limit is asked for, 0 for all of them; larger limits are lowered to it."""
    pages: bool = True
    """``after_id`` is honoured."""
    info_set_is_deep: bool = False
    """``{"set": …}`` merges objects inside ``info``; else it replaces top-level keys."""
    absent_tag_is_404: bool = False
    """Removing a tag that isn't there is an error."""
    filters: bool = True
    """``filter`` of lists is honoured."""
    jobs_of_batch: bool = True
    """The answer to the start of a batch lists its jobs."""
    read_only: bool = False
    """The key may not write."""


@dataclass(frozen=True)
class Request:
    """One request as it came in; ``path`` is decoded and without ``/api``."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]
    raw: str
    """Request line and body as they came over the wire: where a canary must not be."""


@dataclass
class Fault:
    """Something that goes wrong ``times`` times for requests that match.

    ``kind``: ``status`` (answer ``status`` without doing anything), ``lost`` (do it, then drop the connection),
    ``reset`` (drop the connection), ``truncate`` (announce the whole body, send half), ``short`` (send half of the body
    as if it were all), ``corrupt`` (flip the last byte), ``slow`` (wait ``seconds``, then answer).
    """

    method: str
    path: str
    kind: str = "status"
    status: int = 503
    times: int = 1
    seconds: float = 0.0
    message: str = "injected"
    headers: dict[str, str] = field(default_factory=dict)

    def takes(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in (method, "*") and re.search(self.path, path) is not None


class FlywheelServer:
    """A site on 127.0.0.1, for the length of a ``with`` block."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.reset()
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.daemon_threads = True
        self._http.site = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._clients: list[flywheel.Client] = []

    def __enter__(self) -> FlywheelServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client._fw.api_client.rest_client.client.close()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def reset(self) -> None:
        """Become an empty, well-behaved site that was never asked for anything; the clients stay logged in."""
        self.store = Store()
        self.behaviour = Behaviour()
        self.faults: list[Fault] = []
        self.requests: list[Request] = []

    @property
    def api_key(self) -> str:
        return f"127.0.0.1:{self._http.server_port}:__force_insecure:{KEY}"

    def client(self, **options: Any) -> flywheel.Client:
        """Return a real SDK client, whose retries don't wait."""
        client = flywheel.Client(self.api_key, **options)
        client._fw.api_client.rest_client.client._transport.backoff_factor = 0.0
        self._clients.append(client)
        return client

    def fail(self, method: str, path: str, kind: str = "status", **options: Any) -> Fault:
        """Make requests fail whose method is ``method`` (``*``: any) and whose path holds the pattern ``path``."""
        fault = Fault(method, path, kind, **options)
        self.faults.append(fault)
        return fault

    def sent(self, *methods: str) -> list[Request]:
        """Return the requests of these methods; of all, where none is given."""
        return [request for request in self.requests if not methods or request.method in methods]

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.takes(method, path):
                    fault.times -= 1
                    return fault
        return None


class _Server(ThreadingHTTPServer):
    def handle_error(self, *where: Any) -> None:
        """Say nothing of who asked and is gone."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*where)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Any

    def log_message(self, *_: object) -> None:
        """Be quiet."""

    def _serve(self) -> None:
        site: FlywheelServer = self.server.site
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = self._record(site, body)
        if request.path.startswith("/storage/"):
            pass  # a signed URL needs no key
        elif self.headers.get("Authorization") not in (f"scitran-user {KEY}", f"Bearer {KEY}"):
            return self._send(routes.error(401, "Invalid API key"))
        fault = site.take_fault(request.method, request.path)
        if fault and fault.kind == "slow":
            time.sleep(fault.seconds)
        elif fault and fault.kind == "reset":
            return self._drop()
        elif fault and fault.kind == "status":
            return self._send(routes.error(fault.status, fault.message, fault.headers))
        with site.lock:
            answer = routes.answer(site, request)
        if fault and fault.kind == "lost":
            return self._drop()
        return self._send(answer, fault)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815 - names that http.server asks for

    def _record(self, site: FlywheelServer, body: bytes) -> Request:
        url = urlsplit(self.path)
        try:
            parsed = json.loads(body) if body else None
        except ValueError:
            parsed = body
        request = Request(
            method=self.command,
            path=unquote(url.path).removeprefix("/api"),
            query={key: values[-1] for key, values in parse_qs(url.query, keep_blank_values=True).items()},
            body=parsed,
            headers={key.lower(): value for key, value in self.headers.items()},
            raw=f"{self.command} {unquote(self.path)}\n{body.decode('utf-8', 'replace')}",
        )
        with site.lock:
            site.requests.append(request)
        return request

    def _send(self, answer: routes.Answer, fault: Fault | None = None) -> None:
        kind = fault.kind if fault else None
        body = answer.body
        if kind == "short":
            body = body[: len(body) // 2]
        elif kind == "corrupt":
            body = body[:-1] + bytes([body[-1] ^ 1])
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if kind == "truncate":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif kind == "trickle" and fault is not None:
            step = len(body) // 10 + 1
            for start in range(0, len(body), step):
                self.wfile.write(body[start : start + step])
                time.sleep(fault.seconds)
        elif self.command != "HEAD":
            self.wfile.write(body)

    def _drop(self) -> None:
        """Close with a reset instead of an answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
        self.wfile = self.rfile = _Gone()  # type: ignore[assignment]


class _Gone:
    """Stands for the streams of a connection that was dropped."""

    closed = True

    def __getattr__(self, _: str) -> Any:
        return lambda *_: b""
