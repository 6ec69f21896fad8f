"""Compiled templates are kept beside compiled modules, and never taken for another text."""

import sys

import pytest
from jinja2 import DictLoader, Environment

from fw_gear_deid_check.reporters.html import Compiled


@pytest.fixture(autouse=True)
def writes(monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def rendered(folder, text):
    made = Environment(loader=DictLoader({"page": text}), bytecode_cache=Compiled(folder), autoescape=True)
    return made.get_template("page").render(a=1)


def test_kept_and_taken_again(tmp_path):
    folder = tmp_path / "kept"
    assert rendered(folder, "a is {{ a }}") == "a is 1"
    (kept,) = folder.iterdir()
    before = kept.stat().st_mtime_ns
    assert rendered(folder, "a is {{ a }}") == "a is 1"
    assert kept.stat().st_mtime_ns == before


def test_another_text_is_compiled_anew(tmp_path):
    assert rendered(tmp_path, "a is {{ a }}") == "a is 1"
    assert rendered(tmp_path, "b is {{ a }}") == "b is 1"


@pytest.mark.parametrize("length", [0, 10, 30, -9])
def test_a_damaged_one_is_compiled_anew(tmp_path, length):
    rendered(tmp_path, "a is {{ a }}")
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:length])
    assert rendered(tmp_path, "a is {{ a }}") == "a is 1"


def test_nothing_is_kept_where_python_keeps_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(tmp_path, "a is {{ a }}") == "a is 1"
    assert not list(tmp_path.iterdir())
    assert rendered(tmp_path / "a" / "b", "a is {{ a }}") == "a is 1"
