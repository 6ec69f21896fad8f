import pytest

from fw_gear_deid_check.evidence import Masker
from fw_gear_deid_check.findings import Fact, Finding, Location, Text, Unread
from fw_gear_deid_check.items import Item
from fw_gear_deid_check.records import MORE_UNREAD, NAMED_UNREAD, Record
from fw_gear_deid_check.rules import Level, Rule, Verdict
from fw_gear_deid_check.sightings import DISTINCT_VALUES

RULE = Rule("DCM001", "direct-identifier", "", Level.FAIL, "", "")
MASKER = Masker()


def finding(value="DOE^JANE", level=Level.FAIL, pointer="PatientName", **more):
    return Finding(
        RULE, level, "dicom", Location(pointer), "PatientName holds a value", evidence=MASKER.evidence(value), **more
    )


def record(*ran):
    made = Record(Item("a.zip", "file"))
    made.ran.extend(ran)
    return made


def test_the_same_object_in_many_members_is_one_finding_that_names_the_first():
    made, shared = record("dicom"), finding()
    for member in ("1.dcm", "2.dcm", "2.dcm", "3.dcm"):
        made.add(shared, member)
    made.settle()
    assert [(each.of, each.member, each.members) for each in made.findings] == [(shared, "1.dcm", 3)]


def test_equal_values_are_rolled_up_and_different_ones_told_apart():
    made = record("dicom")
    for number, value in enumerate(("DOE^JANE", "doe^jane", "ROE^RICHARD")):
        made.add(finding(value), f"{number}.dcm")
    made.settle()
    assert [(each.member, each.members) for each in made.findings] == [("0.dcm", 2), ("2.dcm", 1)]


def test_values_that_differ_everywhere_do_not_flood_the_report():
    made = record("dicom")
    for number in range(1000):
        made.add(finding(f"DOE^{number:04}"), f"{number}.dcm")
    made.settle()
    assert len(made.findings) <= DISTINCT_VALUES + 2
    assert sum(each.members for each in made.findings) == 1000


def test_info_is_rolled_up_whatever_the_value():
    made = record("dicom")
    for number in range(10):
        made.add(finding(str(number), Level.INFO), f"{number}.dcm")
    made.settle()
    assert [each.members for each in made.findings] == [10]


@pytest.mark.parametrize(
    ("level", "unread", "suppressed", "verdict"),
    [
        (None, False, None, Verdict.PASS),
        (Level.INFO, False, None, Verdict.PASS),
        (Level.REVIEW, False, None, Verdict.REVIEW),
        (Level.REVIEW, True, None, Verdict.INCOMPLETE),
        (Level.FAIL, True, None, Verdict.FAIL),
        (Level.FAIL, False, "a phantom", Verdict.PASS),
        (Level.FAIL, True, "a phantom", Verdict.INCOMPLETE),
    ],
)
def test_verdict(level, unread, suppressed, verdict):
    made = record("dicom")
    if level:
        made.add(finding(level=level, suppressed=suppressed), None)
    if unread:
        made.unread(Unread("dicom", "encrypted"), None)
    made.settle()
    assert made.verdict is verdict


def test_nothing_looked_at_is_incomplete():
    assert record().verdict is Verdict.INCOMPLETE


def test_what_only_an_unread_tells_of_is_a_checker_too():
    made = record()
    made.unread(Unread("type", "not read by any checker"), None)
    assert made.verdicts() == {"type": Verdict.INCOMPLETE}


def test_a_flood_of_unread_members_is_counted():
    made = record("zip")
    for number in range(NAMED_UNREAD + 500):
        made.unread(Unread("zip", "encrypted"), f"{number}")
    assert len(made.not_checked) == NAMED_UNREAD + 1
    assert (made.not_checked[-1].reason, made.not_checked[-1].members) == (MORE_UNREAD, 500)


def test_a_flood_of_one_checker_does_not_hide_what_another_could_not_read():
    made = record("type", "dicom")
    for number in range(NAMED_UNREAD + 1):
        made.unread(Unread("type", "unknown"), f"{number}")
    made.unread(Unread("dicom", "truncated"), "x.dcm")
    assert made.verdicts() == {"type": Verdict.INCOMPLETE, "dicom": Verdict.INCOMPLETE}


def test_exactly_so_many_values_are_told_apart():
    made = record("dicom")
    for round_ in range(2):
        for number in range(DISTINCT_VALUES + 1):
            made.add(finding(f"DOE^{number:04}"), f"{round_}-{number}.dcm")
    made.settle()
    assert [each.members for each in made.findings] == [2] * DISTINCT_VALUES + [2]
    assert [each.of.message for each in made.findings if "many" in each.of.message] == [
        "PatientName holds a value; one of many different values"
    ]


def test_facts_add_up_or_are_joined():
    made = record("dicom")
    for method in ("v3.0", "v3.0", "v4.0"):
        made.fact(Fact("instances", 1))
        made.fact(Fact("deidentification_method", method))
    assert made.facts["instances"] == 3
    assert made.texts_of("deidentification_method") == "v3.0; v4.0"
    assert made.texts_of("pixels") is None


def test_text_is_kept_with_its_count():
    made, text = record("dicom"), Text("dicom", Location("ImageComments"), "moved")
    made.add(text, "1.dcm")
    made.add(text, "2.dcm")
    made.settle()
    assert [(each.of, each.members) for each in made.texts] == [(text, 2)]
    assert made.findings == []
