"""A process that decodes and reads images for another: ``python -m fw_gear_deid_check.detectors.worker``.

Codecs and the engine are native code fed with hostile input: here they can crash, run away or take memory, and cost one
image. Requests come on standard input and answers go to standard output, each a head in JSON and raw bytes; whatever
else writes there or to standard error goes nowhere. It ends with its standard input, so it never outlives the run.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import GIB

if TYPE_CHECKING:
    from fw_gear_deid_check.detectors.ocr import Engine

LENGTHS = struct.Struct("<IQ")
"""Lengths of head and body, bytes."""
MEMORY = 6 * GIB
"""Address space of the process, where the system can limit it."""

Head = dict[str, Any]


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


class Tasks:
    """What the process does, by the name of the task."""

    def __init__(self) -> None:
        self._engine: Engine | None = None

    def read(self, head: Head, body: bytes) -> tuple[Head, bytes]:
        """Read an image of 8-bit pixels, ``shape``; turned, too, where ``aside``."""
        import numpy as np

        from fw_gear_deid_check.detectors import burned_in
        from fw_gear_deid_check.detectors.ocr import RapidOcr

        self._engine = self._engine or RapidOcr()
        image = np.frombuffer(body, np.uint8).reshape(head["shape"])
        blocks = burned_in.read(self._engine, image, aside=head["aside"])
        return {"blocks": [[block.texts, block.score, block.box, block.passes] for block in blocks]}, b""

    def decode(self, head: Head, body: bytes) -> tuple[Head, bytes]:
        """Decode a compressed frame, described by ``pixels``."""
        from fw_gear_deid_check.readers import pixels

        array = pixels.decoded(body, pixels.Pixels(**head["pixels"]))
        return {"shape": array.shape, "dtype": array.dtype.str}, array.tobytes()

    def page(self, head: Head, body: bytes) -> tuple[Head, bytes]:
        """Decode page ``number`` of a picture file, or that picture of a PDF."""
        from fw_gear_deid_check.readers import pdf_pictures, pictures

        arrays, more = (pdf_pictures if head["kind"] == "pdf" else pictures).page(body, head["number"])
        told = [{"shape": array.shape, "dtype": array.dtype.str} for array in arrays]
        return {"arrays": told, "more": more}, b"".join(array.tobytes() for array in arrays)


def main() -> None:
    """Answer requests until standard input ends."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the run ends us, by our input
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tasks = Tasks()
    known: dict[str, Callable[[Head, bytes], tuple[Head, bytes]]] = {
        "read": tasks.read,
        "decode": tasks.decode,
        "page": tasks.page,
    }
    while True:
        try:
            head, body = receive(requests)
        except EOFError:
            return
        try:
            answer = known[head["task"]](head, body)
        except Unreadable as error:
            answer = {"unreadable": error.reason}, b""
        except MemoryError:
            answer = {"unreadable": "not inspected: out of memory"}, b""
        except Exception as error:  # noqa: BLE001 - codecs and engines raise what they like; its text may hold values
            answer = {"unreadable": f"not inspected: the reader of images failed ({type(error).__name__})"}, b""
        send(answers, *answer)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main()
