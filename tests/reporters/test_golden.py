"""The golden report can be opened, and is what the reporters make today."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from fw_gear_deid_check.reporters.json import schema
from tests.golden.make import HERE, golden
from tests.reporters import reports


@pytest.mark.parametrize("name", ["report.json", "report.html"])
def test_golden_report_is_what_the_reporters_make(name: str) -> None:
    stored = (HERE / name).read_text("utf-8")
    assert golden()[name] == stored, "if the change is meant: python -m tests.golden.make, and look at the page"


@pytest.mark.parametrize("make", [reports.mixed, reports.passing, reports.empty, reports.many])
def test_reports_that_are_tested_with_are_as_the_program_makes_them(make: Callable[[], dict[str, Any]]) -> None:
    jsonschema.validate(json.loads(json.dumps(make())), schema())
