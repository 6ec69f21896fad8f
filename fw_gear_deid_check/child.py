"""Child: a process of this package that answers the requests of another one, so that what kills it costs one answer.

Native code that is fed with hostile input can crash, run away or take memory; here it does so beside the run. Requests
come on the child's standard input and answers go to its standard output, each a head in JSON and raw bytes; whatever
else writes there or to standard error goes nowhere. It ends with its standard input, so it never outlives the run.

Plain subprocesses, not ``multiprocessing``: a caller needs no guarded main module, a crash breaks no pool, and answers
are parsed, never unpickled.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

LENGTHS = struct.Struct("<IQ")
"""Lengths of head and body, bytes."""
_ROOT = Path(__file__).resolve().parents[1]

Head = dict[str, Any]
Task = Callable[[Head, bytes], tuple[Head, bytes]]


class Ended(Exception):
    """The process gave no answer, and is of no use any more; ``late``: it was ended for taking too long."""

    def __init__(self, *, late: bool) -> None:
        super().__init__()
        self.late = late


class Child:
    """The process, from its parent's side.

    Parameters
    ----------
    module
        What it runs, by its full name: a module that calls `serve`.
    environment
        Variables of its environment, besides the parent's.

    Raises
    ------
    OSError
        Where it can't be started.
    """

    def __init__(self, module: str, environment: Mapping[str, str] | None = None) -> None:
        path = os.pathsep.join(part for part in (str(_ROOT), os.environ.get("PYTHONPATH", "")) if part)
        self.process = subprocess.Popen(  # noqa: S603 - this package, by this interpreter
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, **(environment or {})},
        )

    def ask(self, head: Head, body: bytes | memoryview, seconds: float) -> tuple[Head, bytes]:
        """Send a request and wait for its answer, with an eye on the clock.

        Raises
        ------
        Ended
            Where it dies, or is ended after ``seconds``; `close` it then.
        """
        late = threading.Event()

        def end() -> None:
            late.set()
            self.process.kill()

        watch = threading.Timer(seconds, end)
        watch.daemon = True
        watch.start()
        try:
            send(cast("BinaryIO", self.process.stdin), head, body)
            return receive(cast("BinaryIO", self.process.stdout))
        except (OSError, EOFError, ValueError, OverflowError, MemoryError):  # or it answers more than there is room for
            raise Ended(late=late.is_set()) from None
        finally:
            watch.cancel()

    def close(self) -> None:
        """End the process, at once: it holds nothing that is worth waiting for."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):  # what was not written yet, and nobody is there to read
                cast("BinaryIO", stream).close()


def serve(tasks: Callable[[], Mapping[str, Task]], memory: int, failed: Callable[[Exception], str]) -> None:
    """Be the child: answer requests until standard input ends.

    Parameters
    ----------
    tasks
        Makes the tasks by their name, here: within the limits, and with nowhere to write to.
    memory
        Address space of the process where the system can limit it, bytes.
    failed
        Says in our own words why there is no answer: the text of an error may hold values.
    """
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the run ends us, by our input
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    known = tasks()
    with contextlib.suppress(BrokenPipeError):
        while True:
            try:
                head, body = receive(requests)
            except EOFError:
                return
            try:
                answer = known[head["task"]](head, body)
            except Exception as error:  # noqa: BLE001 - codecs and engines raise what they like, MemoryError among it
                answer = {"unreadable": failed(error)}, b""
            send(answers, *answer)


def send(stream: BinaryIO, head: Head, body: bytes | memoryview = b"") -> None:
    """Write one message."""
    encoded = json.dumps(head).encode()
    stream.write(LENGTHS.pack(len(encoded), len(body)))
    stream.write(encoded)
    stream.write(body)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[Head, bytes]:
    """Read one message; raise EOFError where the other side is gone."""
    head_length, body_length = LENGTHS.unpack(_exactly(stream, LENGTHS.size))
    return json.loads(_exactly(stream, head_length)), _exactly(stream, body_length)


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data
