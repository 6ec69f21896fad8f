"""A rule explains itself: what, why, examples, remedy, how to suppress it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from fw_gear_deid_check.checkers import RULES
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.reporters.rules import explanation, listing, markdown, suppression
from fw_gear_deid_check.rules import Level, Rule

FULL = Rule(
    id="XYZ002",
    slug="direct-identifier",
    summary="An attribute | holds a value",
    level=Level.FAIL,
    source="45 CFR 164.514(b)(2)(i)(A)",
    remedy="Empty it",
    category="A",
    why="Names identify",
    bad="PatientName: DOE^JANE",
    good="PatientName: (empty)",
)
SPARE = Rule(id="XYZ001", slug="spare", summary="Something", level=Level.INFO, source="PS3.15", remedy="Nothing")
OTHER = Rule(id="ABC001", slug="other", summary="Else", level=Level.REVIEW, source="PS3.15", remedy="Look at it.")


def test_an_explanation_tells_everything() -> None:
    text = explanation(FULL)
    for words in (
        "XYZ002 direct-identifier",
        "Names identify.",
        "FAIL: a finding makes the verdict FAIL",
        "45 CFR 164.514(b)(2)(i)(A)",
        "A, names",
        "PatientName: DOE^JANE",
        "PatientName: (empty)",
        "Empty it.",
        "- rule: XYZ002",
    ):
        assert words in text


def test_an_explanation_leaves_out_what_is_not_there() -> None:
    text = explanation(SPARE)
    assert "Bad" not in text
    assert "HIPAA" not in text


@pytest.mark.parametrize("width", [40, 88])
def test_an_explanation_fits_its_width(width: int) -> None:
    assert max(len(line) for line in explanation(FULL, width).splitlines() if "reason:" not in line) <= width


def test_a_suppression_is_yaml_with_a_reason() -> None:
    (entry,) = yaml.safe_load(suppression(FULL))["suppress"]
    assert entry["rule"] == "XYZ002"
    assert entry["reason"]


def test_a_suppression_is_taken_by_a_policy(tmp_path: Path) -> None:
    for rule in RULES:
        path = tmp_path / "policy.yaml"
        path.write_text(f"extends: site\n{suppression(rule)}\n", "utf-8")
        reason = Policy.load(str(path), RULES).suppression(rule, "localizer/x.zip", "PatientName")
        assert reason == "who looked, when, and why it may stay"


def test_the_list_is_in_the_order_of_ids() -> None:
    assert [line.split()[0] for line in listing([FULL, SPARE, OTHER]).splitlines()] == ["ABC001", "XYZ001", "XYZ002"]


def test_the_page_has_every_rule_once_in_the_overview_and_once_in_full() -> None:
    page = markdown([FULL, SPARE, OTHER])
    for rule in (FULL, SPARE, OTHER):
        assert page.count(f"| [{rule.id}](#{rule.id.lower()}) |") == 1
        assert page.count(f"### {rule.id}\n") == 1
    assert "An attribute \\| holds a value" in page
    assert page.index("## ABC") < page.index("## XYZ")
    assert page == markdown([OTHER, FULL, SPARE])
