"""The tables: complete, equal to the standard, and every row found and retained as its columns say."""

import csv
from dataclasses import replace
from pathlib import Path

import pydicom.datadict
import pytest

from fw_gear_deid_check.policy import Demand, Policy, Safe, make_table, table
from fw_gear_deid_check.policy.actions import breach
from fw_gear_deid_check.policy.demand import NATURES
from fw_gear_deid_check.rules import Level

STANDARD = Path(__file__).parents[3] / "shared/standard/ps3.15_2025c_table_e1-1.csv"
if not STANDARD.is_file():
    STANDARD = Path("/work/shared/standard/ps3.15_2025c_table_e1-1.csv")

ROWS = [attribute for attribute in table.attributes() if attribute.basic]
TELLING = "1.3.12.2.1107.5.2.43.66044.2022062314151234567890"
QUIET = "2.25.329800735698586629295641978511506172918"

BASIC = Policy.load("ps3.15-basic")


def policy_with(option: str) -> Policy:
    kind = "retain" if option in table.RETAIN else "clean"
    return Policy(replace(BASIC.settings, **{kind: frozenset({option})}))


WITH = {option: policy_with(option) for option in table.OPTIONS}


def demand(policy: Policy, tag: str) -> Demand | Safe | None:
    if tag == "private":
        return policy.private(0x0029, "NOBODY KNOWS", 0x10)
    return policy.attribute(int(tag.replace("xx", "02", 1).replace("x", "1"), 16))


def test_the_table_has_every_row_of_the_standard():
    with Path(table.__file__).with_name(table.TABLE).open() as stream:
        assert len(list(csv.DictReader(stream))) == len(ROWS) == 649


@pytest.mark.skipif(not STANDARD.is_file(), reason="the facts of the standard aren't here")
def test_the_table_is_what_the_script_makes(tmp_path):
    made = tmp_path / "made.csv"
    assert make_table.convert(STANDARD, made) == 649
    assert made.read_bytes() == Path(table.__file__).with_name(table.TABLE).read_bytes()


def test_tags_and_keywords_are_those_of_the_dictionary():
    checked = 0
    for attribute in table.attributes():
        if set("x") & set(attribute.tag) or attribute.tag == "private":
            continue
        tag = int(attribute.tag, 16)
        if pydicom.datadict.dictionary_has_tag(tag):
            assert pydicom.datadict.keyword_for_tag(tag) == attribute.keyword
            checked += 1
    assert checked > 640


def test_every_attribute_has_a_nature():
    assert {attribute.nature for attribute in table.attributes()} == {*NATURES, "none"}
    assert all(attribute.nature != "none" for attribute in ROWS)
    assert all(attribute.category is None or attribute.category in "ABCDEFGHIJKLMNOPQR" for attribute in ROWS)
    direct = [attribute for attribute in table.attributes() if attribute.nature in {"direct-identifier", "staff-name"}]
    assert all(attribute.category for attribute in direct)


def test_every_public_name_of_a_person_is_a_name_in_the_policy():
    """Minimal pair by VR: PN is a name wherever it stands, the neighbours SH and LO are what their row says."""
    names = [tag for tag, entry in pydicom.datadict.DicomDictionary.items() if entry[0] == "PN"]
    assert len(names) > 20
    site = Policy.load("site")
    for tag in names:
        found = site.attribute(tag)
        assert found is not None, hex(tag)
        assert (found.nature in {"direct-identifier", "staff-name"}, found.level) == (True, Level.FAIL), hex(tag)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.keyword)
def test_a_populated_element_is_found_under_the_basic_profile(row):
    found = demand(BASIC, row.tag)
    assert isinstance(found, Demand)
    assert found.source == f"PS3.15 Table E.1-1, action {row.written}"
    value = TELLING if "U" in row.basic or row.keyword.endswith("UID") else "something"
    expected = None if "U*" in row.basic else Level.FAIL
    assert breach(found, [value]) is expected
    formal = Level.INFO if row.basic == {"X"} else None
    assert breach(found, []) is formal


@pytest.mark.parametrize("row", [row for row in ROWS if row.options], ids=lambda row: row.keyword)
def test_it_is_quiet_when_its_option_retains_it_and_found_when_another_does(row):
    options = dict(row.options)
    for option, policy in WITH.items():
        found = demand(policy, row.tag)
        if row.tag == "private":
            # "Retain safe private" keeps those that are safe, no others.
            assert isinstance(found, Demand)
            assert isinstance(policy.private(0x0019, "SIEMENS MR HEADER", 0x0C), Safe) is (option == "safe-private")
        elif option in options:
            assert found is None, option
        else:
            assert isinstance(found, Demand), option


UIDS = [row for row in ROWS if "U" in row.basic or (row.keyword.endswith("UID") and "D" in row.basic)]


@pytest.mark.parametrize("row", UIDS, ids=lambda row: row.keyword)
def test_a_uid_that_tells_nothing_is_a_replaced_uid(row):
    found = demand(BASIC, row.tag)
    assert isinstance(found, Demand)
    assert breach(found, [QUIET]) is None
    assert breach(found, [QUIET, TELLING]) is Level.FAIL


@pytest.mark.parametrize(
    ("tag", "known"),
    [
        (0x60003000, True),
        (0x601E3000, True),
        (0x60024000, True),
        (0x60020010, False),  # rows of an overlay
        (0x60013000, False),  # a private group
        (0x50020010, True),  # curves: every element
        (0x50FE3000, True),
        (0x50013000, False),
    ],
)
def test_repeating_groups(tag, known):
    assert (BASIC.attribute(tag) is not None) is known


@pytest.mark.parametrize(
    ("spelling", "keyword"),
    [
        ("PatientName", "PatientName"),
        ("patientname", "PatientName"),
        ("Patient's Name", "PatientName"),
        ("patient_name", "PatientName"),
        ("PatientsName", "PatientName"),
        ("Operators' Name", "OperatorsName"),
        ("StudyInstanceUID", "StudyInstanceUID"),
        ("IconImageSequence", "IconImageSequence"),
    ],
)
def test_keywords_in_any_spelling(spelling, keyword):
    assert BASIC.keyword(spelling) == BASIC.keyword(keyword) is not None


@pytest.mark.parametrize("spelling", ["", "PatientNames2", "Private Attributes", "EchoTime", "x" * 100_000, "日本"])
def test_other_keys_are_nothing(spelling):
    assert BASIC.keyword(spelling) is None


def test_private_elements_are_known_by_creator_not_by_place():
    site = Policy.load("site")
    carrier = site.private(0x0011, "SIEMENS RIS ", 0x11)
    assert isinstance(carrier, Demand)
    assert (carrier.nature, carrier.level, carrier.category) == ("direct-identifier", Level.FAIL, "H")
    assert site.private(0x0011, "SIEMENS RIX", 0x11) is None
    assert site.private(0x0013, "SIEMENS RIS", 0x11) is None
    assert site.private(0x0011, "SIEMENS RIS", 0x12) is None
    assert isinstance(site.private(0x0019, "SIEMENS MR HEADER", 0x0C), Safe)
    assert isinstance(BASIC.private(0x0019, "SIEMENS MR HEADER", 0x0C), Demand)


def test_known_private_elements_are_odd_distinct_and_sourced():
    known = table.private_elements()
    assert all(one.group & 1 and one.source for one in known)
    assert len({(one.group, one.creator.casefold(), one.element) for one in known}) == len(known)
