"""Processes that answer requests: their messages, and what becomes of an answer that is none."""

from __future__ import annotations

import io

import pytest

from fw_gear_deid_check.child import LENGTHS, Child, Ended, receive, send


def test_messages_end_where_they_say():
    stream = io.BytesIO()
    send(stream, {"shape": (2, 3)}, b"abcdef")
    send(stream, {}, b"")
    stream.seek(0)
    assert receive(stream) == ({"shape": [2, 3]}, b"abcdef")
    assert receive(stream) == ({}, b"")
    with pytest.raises(EOFError):
        receive(stream)
    with pytest.raises(EOFError):
        receive(io.BytesIO(LENGTHS.pack(10, 10) + b"{}"))


@pytest.mark.parametrize(("head", "body"), [(b"x", 0), (b"1", 1), (b"1", 1 << 62), (b"1", (1 << 64) - 1)])
def test_an_answer_that_is_none_ends_the_process_and_not_the_run(head, body, tmp_path, monkeypatch):
    (tmp_path / "liar.py").write_text(f"import os; os.write(1, {LENGTHS.pack(1, body) + head!r})")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    child = Child("liar")
    with pytest.raises(Ended) as caught:
        child.ask({"task": "any"}, b"", 30)
    assert not caught.value.late
    child.close()
    assert child.process.poll() is not None
