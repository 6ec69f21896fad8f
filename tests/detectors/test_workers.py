"""Processes that decode and read: real ones, that die, run late and end with the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from pydicom.encaps import generate_frames
from pydicom.uid import JPEG2000Lossless

from fw_gear_deid_check.child import receive, send
from fw_gear_deid_check.detectors import ocr
from fw_gear_deid_check.detectors.workers import LeftOut, Workers
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.readers.pixels import Pixels
from tests.pictures import dataset, ground, written

ENGINE = pytest.mark.skipif(ocr.missing() is not None, reason=str(ocr.missing()))


@pytest.fixture
def workers():
    made = Workers(1, seconds=60)
    yield made
    made.close()


def frame() -> tuple[bytes, Pixels]:
    ds = dataset(ground(40, 50))
    ds.compress(JPEG2000Lossless, generate_instance_uid=False)
    described = Pixels(40, 50, bits=8, stored=8, high=7, transfer_syntax=str(JPEG2000Lossless))
    return next(generate_frames(ds.PixelData, number_of_frames=1)), described


def test_a_frame_is_decoded_in_another_process(workers):
    assert np.array_equal(workers.decode(*frame()), ground(40, 50))


def test_what_cannot_be_decoded_costs_one_answer(workers):
    data, described = frame()
    with pytest.raises(Unreadable, match="can't be decoded"):
        workers.decode(data[:60], described)
    assert workers.decode(data, described).shape == (40, 50)


def test_a_process_that_died_before_is_replaced(workers):
    workers.decode(*frame())
    (child,) = workers._children
    child.process.kill()
    child.process.wait()
    assert workers.decode(*frame()).shape == (40, 50)
    assert child not in workers._children


def test_a_task_that_its_process_dies_of_is_not_inspected_and_the_next_one_is(workers, monkeypatch):
    data, described = frame()
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Unreadable, match="died"):
        workers.decode(data, described)
    monkeypatch.undo()
    assert workers.decode(data, described).shape == (40, 50)


def test_a_task_that_takes_too_long_is_ended(monkeypatch):
    slow = Workers(1, seconds=0.3)
    monkeypatch.setattr(sys, "executable", "/bin/cat")  # neither dies nor answers: it waits for more
    monkeypatch.setattr(subprocess, "Popen", _waiting(subprocess.Popen))
    started = time.monotonic()
    with pytest.raises(Unreadable, match=r"longer than 0\.3 s"):
        slow.decode(*frame())
    assert time.monotonic() - started < 5
    slow.close()


def _waiting(popen):
    return lambda command, **how: popen(["/bin/sleep", "60"], **how)


def test_closing_ends_processes_at_once_and_leaves_the_rest_out():
    made = Workers(1)
    made.decode(*frame())
    (child,) = made._children
    futures = [made.read(ground()) for _ in range(4)]
    started = time.monotonic()
    made.close()
    assert time.monotonic() - started < 6
    assert child.process.poll() is not None
    for future in futures:
        with pytest.raises((LeftOut, Unreadable)):
            future.result(timeout=1)


def test_what_is_not_wanted_any_more_is_not_begun(workers):
    with pytest.raises(LeftOut):
        workers.read(ground(), lambda: False).result(timeout=30)
    assert not workers._children


def test_a_process_ends_with_its_input_and_says_nothing_elsewhere():
    command = [sys.executable, "-m", "fw_gear_deid_check.detectors.worker"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        send(process.stdin, {"task": "decode", "pixels": {"rows": "DOE^JANE"}}, b"DOE^JANE")
        head, body = receive(process.stdout)
        assert head == {"unreadable": "not inspected: the reader of images failed (TypeError)"}
        assert body == b""
        send(process.stdin, {"task": "DOE^JANE"})
        assert receive(process.stdout)[0] == {"unreadable": "not inspected: the reader of images failed (KeyError)"}
        out, err = process.communicate(timeout=20)
        assert (out, err, process.returncode) == (b"", b"", 0)


@ENGINE
def test_images_are_read_grey_and_colour(workers):
    grey = written(ground(), "DOE^JANE 1970", 40, 30)
    readings = [workers.read(image) for image in (grey, np.stack([grey] * 3, axis=2), ground())]
    found = [future.result(timeout=60) for future in readings]
    assert [len(blocks) for blocks in found] == [1, 1, 0]
    assert "JANE" in found[0][0].texts[0]
    assert all(isinstance(value, int) for value in found[0][0].box)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signal here")
def test_a_process_that_hangs_is_ended_in_time():
    hurried = Workers(1, seconds=60)
    hurried.decode(*frame())
    (child,) = hurried._children
    os.kill(child.process.pid, signal.SIGSTOP)
    hurried._seconds = 0.5
    started = time.monotonic()
    with pytest.raises(Unreadable, match=r"longer than 0\.5 s"):
        hurried.decode(*frame())
    assert time.monotonic() - started < 5
    assert child.process.poll() is not None
    hurried._seconds = 60
    assert hurried.decode(*frame()).shape == (40, 50)
    hurried.close()
