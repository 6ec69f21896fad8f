"""The sentence under the verdict says why, and the coverage what was looked at."""

from __future__ import annotations

import pytest

from fw_gear_deid_check.reporters.words import coverage, coverage_sentence, headline
from tests.reporters import reports
from tests.reporters.reports import finding, item

A, B = item("a.zip"), item("b.zip")
UNREAD = {"path": "b.zip", "member": None, "checker": "zip", "reason": "encrypted archive"}
REVIEW = finding("TXT002", "suspect-text", level="REVIEW", path="a.zip")
INFO = finding("DCM003", "indirect-identifier", level="INFO", path="a.zip")


@pytest.mark.parametrize(
    ("findings", "unread", "verdict", "sentence"),
    [
        ([finding(path="a.zip")], [], "FAIL", "Direct identifiers in 1 of 2 items."),
        (
            [finding(path="a.zip"), finding("DCM002", "staff-name", path="a.zip")],
            [UNREAD],
            "FAIL",
            "Direct identifiers and staff names in 1 of 2 items; 1 item could not be checked.",
        ),
        (
            [INFO],
            [UNREAD],
            "INCOMPLETE",
            "1 of 2 items could not be checked to the end; the rest holds nothing that the policy forbids.",
        ),
        (
            [REVIEW],
            [UNREAD],
            "INCOMPLETE",
            "1 of 2 items could not be checked to the end; the rest has 1 place for a person to look at.",
        ),
        (
            [REVIEW],
            [],
            "REVIEW",
            "Nothing fails the policy, but suspect text in 1 of 2 items needs a person to look.",
        ),
        ([], [], "PASS", "All 2 items were read to the end, and no rule was broken."),
        (
            [INFO],
            [],
            "PASS",
            "All 2 items were read to the end, and no rule was broken. "
            "1 kind of detail stays, because the policy keeps it.",
        ),
        (
            [finding(path="a.zip", suppressed="looked at")],
            [],
            "PASS",
            "All 2 items were read to the end, and no rule was broken.",
        ),
    ],
)
def test_headline(findings: list, unread: list, verdict: str, sentence: str) -> None:
    assert headline(reports.report(findings, [A, B], unread, verdict)) == sentence


def test_a_run_that_checked_nothing_says_so() -> None:
    assert headline(reports.empty()).startswith("Nothing was checked")


def test_coverage_counts_items_once_however_much_of_them_was_unread() -> None:
    twice = [UNREAD, UNREAD | {"member": "x"}]
    report = reports.report([], [A, B], twice, "INCOMPLETE")
    assert coverage(report)[0] == ("1 of 2", "items read to the end")
    assert coverage_sentence(report).endswith("2 not checked.")


def test_coverage_says_when_no_picture_was_looked_at() -> None:
    report = reports.passing()
    report["coverage"]["frames"] = 0
    assert ("0", "frames looked at for text in the picture") in coverage(report)
