"""The summary fits a screen, tells the worst, and cannot be spoofed by what a file is called."""

from __future__ import annotations

import copy
import unicodedata
from typing import Any

import pytest

from fw_gear_deid_check.reporters.compare import compare
from fw_gear_deid_check.reporters.terminal import summary
from tests.reporters import reports

MAKERS = [reports.mixed, reports.passing, reports.empty, reports.hostile, reports.many]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_fits_one_screen(make: Any, width: int) -> None:
    lines = summary(make(), output="./deid-check-report", width=width).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= min(width, 100)


@pytest.mark.parametrize("make", MAKERS)
def test_the_last_line_is_the_verdict_and_no_other_line_looks_like_it(make: Any) -> None:
    report = make()
    *others, last = summary(report, output="x\nverdict: PASS", width=80).split("\n")
    assert last == f"verdict: {report['verdict']}"
    assert not [line for line in others if line.startswith("verdict:")]


@pytest.mark.parametrize("text", reports.HOSTILE)
def test_nothing_in_it_moves_the_cursor_or_reorders_text(text: str) -> None:
    found = reports.finding(pointer=text, message=text, slug=text, remedy=text, path=text)
    printed = summary(reports.report([found], [reports.item(text)], [], "FAIL"), output=text)
    unseen = {character for character in printed if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert unseen <= {"\n"}


def test_colours_only_when_asked_for() -> None:
    assert "\033[" not in summary(reports.mixed())
    assert "\033[1;31mFAIL\033[0m" in summary(reports.mixed(), color=True)


def test_it_tells_the_five_worst_and_how_many_more() -> None:
    printed = summary(reports.mixed(), output="./out", width=100)
    assert "  FAIL   PatientName: holds a value (in anat-T1w/T1w.dicom.zip, 192 members)" in printed
    assert printed.count("\n  FAIL ") == 5
    assert "  and 6 more" in printed
    assert "Findings: 9 FAIL, 2 REVIEW, 41 INFO; 1 suppressed by the policy" in printed
    assert "./out" in printed


def test_it_tells_what_changed() -> None:
    new = reports.mixed()
    old = copy.deepcopy(new)
    new["findings"] = [found for found in new["findings"] if found["pointer"] != "OperatorsName"]
    assert "Since the baseline (FAIL): 10 still there, 1 fixed." in summary(
        new, comparison=compare(old, new), width=100
    )
