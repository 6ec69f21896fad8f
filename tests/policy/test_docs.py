"""The policies that docs/policy.md shows are policies, and its tables say what the built-in ones do."""

import re
from pathlib import Path

import pytest

from fw_gear_deid_check.policy import Demand, Policy, Safe
from fw_gear_deid_check.rules import Level, Rule

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def examples(tmp_path):
    policies = []
    for number, text in enumerate(EXAMPLES):
        path = tmp_path / f"example{number}.yaml"
        path.write_text(text, encoding="utf-8")
        policies.append(Policy.load(path))
    return policies


def test_the_examples_do_what_they_say(examples):
    staff, study = examples
    assert staff.keyword("OperatorsName").level is Level.INFO
    assert study.name == "our-study"
    assert study.keyword("StudyID") is None
    assert study.keyword("StudyDate") is None
    assert study.keyword("OperatorsName").level is Level.REVIEW
    assert study.attribute(0x00081090).level is Level.INFO
    assert study.private(0x0051, "SIEMENS MR HEADER", 0x0F).level is Level.REVIEW
    assert isinstance(study.private(0x0019, "SIEMENS MR HEADER", 0x0A), Safe)
    assert isinstance(study.private(0x0021, "OUR SEQUENCE", 0x77), Safe)
    carrier = study.private(0x0029, "OUR RIS", 0x10)
    assert isinstance(carrier, Demand)
    assert (carrier.nature, carrier.category) == ("direct-identifier", "H")
    assert study.is_dummy("os-0042")
    assert study.suppression(Rule("DCM002", "staff-name", "", Level.FAIL, "", ""), "phantoms/a", "OperatorsName")
    assert study.out_of_scope("a.log", None)
    assert study.limits.item_seconds == 1800
    # a retained option lowers, what the policy says itself stays
    assert study.text_level("C", True, "structured") is Level.INFO


def test_the_table_of_text_levels():
    site = Policy.load("site")
    letters = {
        "direct": "A",
        "birth": "C",
        "date": "C",
        "device": "M",
        "institution": "B",
        "network": "N",
        "other": "R",
    }
    recognizers = {"birth": "birth-date", "institution": "institution"}
    table = PAGE.split("under `site`:")[1]
    rows = dict(
        re.findall(r"^\| ((?:birth|date|device|institution|network|other)[^|]*) \| (.*) \|$", table, re.MULTILINE)
    )
    assert len(rows) == 6
    for names, cells in rows.items():
        for name in names.split(", "):
            for place, cell in zip(("free", "private", "name", "structured"), cells.split(" | "), strict=True):
                strong, _, weak = cell.partition(", ")
                told = recognizers.get(name, "")
                assert site.text_level(letters[name], True, place, told) == strong
                assert site.text_level(letters[name], False, place, told) == (weak or strong)
