"""Workers: processes that decode and read images; one that crashes or runs away costs its task and is replaced."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fw_gear_deid_check.child import Child, Ended, Head
from fw_gear_deid_check.detectors.burned_in import Block
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import MIB

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fw_gear_deid_check.readers.pixels import Pixels

SECONDS = 120.0
"""Time one image may take before its process is ended."""
WAITING = 128 * MIB
"""Bytes of images that wait for their turn; who brings more waits too."""


class LeftOut(Exception):
    """The task was not begun: there was a reason not to, by then."""


class _Late(Unreadable):
    """A task ran out of its time: it would do so again."""


@dataclass(slots=True)
class _Task:
    head: Head
    body: bytes | memoryview
    future: Future[tuple[Head, bytes]]
    wanted: Callable[[], bool]


class Workers:
    """Processes that are started when there is something to do.

    Parameters
    ----------
    count
        Processes, at most.
    seconds
        Time one task may take.
    """

    def __init__(self, count: int, seconds: float = SECONDS) -> None:
        self._count = max(1, count)
        self._seconds = seconds
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._children: set[Child] = set()
        self._closed = False
        self._waiting = 0
        self._room = threading.Condition()

    def read(
        self, image: NDArray[np.uint8], wanted: Callable[[], bool] = lambda: True, *, aside: bool = True
    ) -> Future[list[Block]]:
        """Have an image read, later.

        Parameters
        ----------
        image
            (rows, columns) or (rows, columns, 3), RGB.
        wanted
            Asked when its turn comes; where it says no, the future raises `LeftOut`.
        aside
            Look for text that lies on its side, too.
        """
        future: Future[list[Block]] = Future()

        def done(answer: Future[tuple[Head, bytes]]) -> None:
            error = answer.exception()
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result([_block(row) for row in answer.result()[0]["blocks"]])

        head = {"task": "read", "shape": image.shape, "aside": aside}
        self._submit(head, image.tobytes(), wanted).add_done_callback(done)
        return future

    def decode(self, frame: bytes, pixels: Pixels) -> NDArray[Any]:
        """Decode a compressed frame, now.

        Raises
        ------
        errors.Unreadable
            Where it can't be decoded, or its process died over it.
        """
        import numpy as np

        head, body = self._submit({"task": "decode", "pixels": asdict(pixels)}, frame, lambda: True).result()
        return np.frombuffer(body, np.dtype(head["dtype"])).reshape(head["shape"])

    def page(self, picture: bytes, number: int, kind: str = "image") -> tuple[list[NDArray[Any]], bool]:
        """Decode a page of a picture file, or a picture of a PDF, now; tell whether more follow.

        See `readers.pictures.page`, and `readers.pdf_pictures.page` for the kind ``pdf``.
        """
        import numpy as np

        head, body = self._submit({"task": "page", "number": number, "kind": kind}, picture, lambda: True).result()
        arrays, at = [], 0
        for told in head["arrays"]:
            dtype, count = np.dtype(told["dtype"]), math.prod(told["shape"])
            arrays.append(np.frombuffer(body, dtype, count, at).reshape(told["shape"]))
            at += count * dtype.itemsize
        return arrays, head["more"]

    def close(self) -> None:
        """End the processes; what was not begun raises `LeftOut`."""
        self._closed = True
        for _ in self._threads:
            self._tasks.put(None)
        for child in list(self._children):
            child.process.kill()
        for thread in self._threads:
            thread.join(5)
        self._threads = []
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                return
            if task is not None:
                task.future.set_exception(LeftOut())

    def _submit(self, head: Head, body: bytes | memoryview, wanted: Callable[[], bool]) -> Future[tuple[Head, bytes]]:
        future: Future[tuple[Head, bytes]] = Future()
        with self._room:
            while self._waiting > WAITING:
                self._room.wait()
            self._waiting += len(body)
        self._tasks.put(_Task(head, body, future, wanted))
        if len(self._threads) < self._count:
            thread = threading.Thread(target=self._serve, name="pixels", daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def _serve(self) -> None:
        """Hand tasks to one process, in a thread; begin another one where it dies."""
        child: Child | None = None
        while (task := self._tasks.get()) is not None:
            with self._room:
                self._waiting -= len(task.body)
                self._room.notify_all()
            if self._closed or not task.wanted():
                task.future.set_exception(LeftOut())
                continue
            answer = None
            for last_try in (False, True):  # a process may have died before, by no fault of this task
                try:
                    child = child or self._started()
                    answer = self._asked(child, task)
                    break
                except Unreadable as error:
                    self._ended(child)
                    child = None
                    if last_try or self._closed or isinstance(error, _Late):
                        task.future.set_exception(error)
                        break
            if answer is None:
                continue
            if "unreadable" in answer[0]:
                task.future.set_exception(Unreadable(answer[0]["unreadable"]))
            else:
                task.future.set_result(answer)
        self._ended(child)

    def _asked(self, child: Child, task: _Task) -> tuple[Head, bytes]:
        try:
            return child.ask(task.head, task.body, self._seconds)
        except Ended as ended:
            if ended.late:
                raise _Late(f"not inspected: it took longer than {self._seconds:g} s") from None
            raise Unreadable("not inspected: the process that looked at it died") from None

    def _started(self) -> Child:
        try:
            child = Child("fw_gear_deid_check.detectors.worker", {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
        except OSError:
            raise Unreadable("not inspected: no process could be started") from None
        self._children.add(child)
        return child

    def _ended(self, child: Child | None) -> None:
        if child is not None:
            self._children.discard(child)
            child.close()


def _block(row: list[Any]) -> Block:
    texts, score, box, passes = row
    return Block(tuple(texts), score, (box[0], box[1], box[2], box[3]), passes)
