"""The golden report can be opened, and is what the reporters make today."""

from __future__ import annotations

import pytest

from tests.golden.make import HERE, golden


@pytest.mark.parametrize("name", ["report.json", "report.html"])
def test_golden_report_is_what_the_reporters_make(name: str) -> None:
    stored = (HERE / name).read_text("utf-8")
    assert golden()[name] == stored, "if the change is meant: python -m tests.golden.make, and look at the page"
