"""What policies ask for: levels, dummies, text, private elements, exceptions, claims."""

import pickle

import pytest
import yaml

from fw_gear_deid_check.policy import Demand, Policy, Safe, reading, table
from fw_gear_deid_check.policy.actions import breach
from fw_gear_deid_check.policy.policy import MOST_CLAIMS
from fw_gear_deid_check.rules import Level, Rule

FAIL, REVIEW, INFO = Level.FAIL, Level.REVIEW, Level.INFO
NAMES = reading.names()
SITE = Policy.load("site")


@pytest.fixture
def policy(tmp_path):
    def policy(text):
        path = tmp_path / "own.yaml"
        path.write_text(text)
        return Policy.load(path)

    return policy


def level(policy, keyword, *values):
    """Level of a finding on an attribute with these values, as a checker judges it."""
    demand = policy.keyword(keyword)
    if demand is None:
        return None
    return breach(demand, [value for value in values if not policy.is_dummy(value)])


def rule(number, slug, own=FAIL):
    return Rule(number, slug, "", own, "", "")


TELLING = "1.3.12.2.1107.5.2.43.66044.2022062314151234567890"


@pytest.mark.parametrize(
    ("keyword", "value", "site", "basic", "harbor"),
    [
        ("PatientName", "DOE^JANE", FAIL, FAIL, FAIL),
        ("PatientName", "ANON^ANON", None, None, None),
        ("PatientID", "00482913", FAIL, FAIL, FAIL),
        ("PatientID", "sub-0123", None, None, None),
        ("PatientBirthDate", "19800131", FAIL, FAIL, FAIL),
        ("PatientBirthDate", "19000101", None, None, None),
        ("AccessionNumber", "A1234567", FAIL, FAIL, FAIL),
        ("OtherPatientNames", "ROE^JANE", FAIL, FAIL, FAIL),
        ("OtherPatientNames", "REMOVED", None, INFO, None),
        ("ReferringPhysicianName", "ROE^RICHARD", FAIL, FAIL, FAIL),
        ("OperatorsName", "rr", FAIL, FAIL, FAIL),
        ("OrderEnteredBy", "ROE", FAIL, FAIL, FAIL),
        ("StudyDate", "20220623", INFO, FAIL, FAIL),
        ("StudyTime", "141512", INFO, FAIL, INFO),
        ("DeviceSerialNumber", "66044", INFO, FAIL, FAIL),
        ("StationName", "AWP12345", INFO, FAIL, FAIL),
        ("InstitutionName", "General Hospital", INFO, FAIL, FAIL),
        ("InstitutionAddress", "1 Main Street", INFO, FAIL, FAIL),
        ("StudyID", "1", INFO, FAIL, FAIL),
        ("PerformedProcedureStepID", "MR20220623141512", INFO, FAIL, FAIL),
        ("SOPInstanceUID", TELLING, INFO, FAIL, FAIL),
        ("SOPInstanceUID", "2.25.3298007356985862956", None, None, None),
        ("RetrieveURL", "http://pacs/1", INFO, INFO, FAIL),
        ("PatientSex", "F", INFO, FAIL, INFO),
        ("PatientAge", "066Y", INFO, FAIL, INFO),
        ("PatientSize", "0", None, INFO, None),
        ("SeriesDescription", "T1w MPRAGE", None, FAIL, None),
        ("ContentSequence", "an item", None, FAIL, None),
        ("EchoTime", "2.9", None, None, None),
    ],
)
def test_attributes_under_the_built_in_policies(keyword, value, site, basic, harbor):
    found = [level(Policy.load(name), keyword, value) for name in ("site", "ps3.15-basic", "safe-harbor")]
    assert found == [site, basic, harbor]


@pytest.mark.parametrize("name", NAMES)
def test_a_resolved_policy_is_the_same_policy(name, tmp_path):
    policy = Policy.load(name)
    path = tmp_path / "resolved.yaml"
    path.write_text(yaml.safe_dump(policy.resolved(), sort_keys=False))
    again = Policy.load(path)
    assert again == policy
    assert hash(again) == hash(policy)
    assert again.sha256 == policy.sha256
    assert again.resolved() == policy.resolved()


def test_everything_a_policy_can_say_survives_resolving(policy, tmp_path):
    own = policy(
        """
        name: mine
        extends: as-claimed
        basis: safe-harbor
        levels: {staff-name: INFO, StudyID: off, "(0008,1090)": REVIEW, abc-d: FAIL, '(0051,"SIEMENS X",0f)': off}
        text: {free: {date: [INFO, INFO]}}
        retain: [uids, safe-private]
        clean: [graphics]
        allow: {values: ["0042"], patterns: ['S[0-9]{3}']}
        suppress: [{rule: abc-d, path: "*/x[1]", pointer: "A[0].*", reason: "it's fine: really"}]
        safe_private: ['(0019,"MINE",xx)']
        private: [{element: '(0019,"MINE",01)', nature: staff-name, category: A}]
        out_of_scope: [{kind: pdf, reason: manuals}]
        limits: {json_size: 5}
        """
    )
    path = tmp_path / "resolved.yaml"
    path.write_text(yaml.safe_dump(own.resolved(), sort_keys=False))
    assert Policy.load(path) == own


def test_the_digest_changes_with_what_a_policy_says_and_not_with_its_name(policy):
    assert policy("name: other").sha256 == SITE.sha256
    assert policy("name: other") != SITE
    for text in ("levels: {StudyID: FAIL}", "retain: [uids]", "allow: {values: [x]}", "limits: {json_size: 5}"):
        assert policy(text).sha256 != SITE.sha256


def test_the_digest_covers_the_tables(monkeypatch):
    monkeypatch.setattr(table, "digest", lambda: "another edition")
    assert Policy.load("site").sha256 != SITE.sha256


def test_policies_travel_to_worker_processes():
    assert pickle.loads(pickle.dumps(SITE)) == SITE


# -- dummies and study codes


@pytest.mark.parametrize(
    ("value", "dummy"),
    [
        ("", True),
        (" ", True),
        ("\0\0", True),
        ("^^^", True),
        ("^^^=^^=", True),
        ("ANON", True),
        ("anonymous", True),
        ("Anonymous^Anonymous", True),
        ("ANON0042", True),
        ("ANON_JANE", False),
        ("ANON^JANE", False),
        ("Phantom", True),
        ("ACR PHANTOM", True),
        ("PHANTOM^QA", True),
        ("TEST^PATIENT", True),
        ("QA_012", True),
        ("TEST^JANE", False),
        ("QA8473625", False),
        ("DEIDENTIFIED", True),
        ("REMOVED", True),
        ("XXXX", True),
        ("X", False),
        ("XXXXY", False),
        ("x" * 64, True),
        ("x" * 65, False),
        ("N/A", True),
        ("unknown", True),
        ("0", True),
        ("000Y", True),
        ("066Y", False),
        ("19000101", True),
        ("19000102", False),
        ("sub-0123", True),
        ("sub-MRI042", True),
        ("sub-19800131", False),
        ("sub-doejane", False),
        ("DOE^JANE", False),
        ("\u0660\u0660\u0660", False),
        ("NONE OF YOUR BUSINESS", False),
        # a label of a study is no person's name
        ("Volunteer", True),
        ("HEALTHY^VOLUNTEER", True),
        ("VOLUNTEER^JANE", False),
        ("Subject 012", True),
        ("SUBJECT^012", True),
        ("Healthy Control 7", True),
        ("HC_012", True),
        ("PILOT3", True),
        ("Pilot", False),
        ("Subject 8473625", False),
        ("Subject A. Roe", False),
        # nor what forms and typists put where a name belongs
        ("XXXX^XXXX", True),
        ("xxx^xxx", True),
        ("XXXX^JANE", False),
        ("AAAA^BBBB", True),
        ("aaa bbb", True),
        ("AA^BB", False),
        ("AAAB^BBBB", False),
        ("111^222", False),
        ("LAST^FIRST", True),
        ("Lastname^Firstname", True),
        ("LAST^JANE", False),
        ("Water^Phantom", True),
        ("ANON^0012", True),
        ("ANON^8473625", False),
    ],
)
def test_dummies(value, dummy):
    assert SITE.is_dummy(value) is dummy


def test_a_site_allows_its_own_study_codes(policy):
    own = policy("allow: {patterns: ['ABC-[0-9]{3}']}")
    assert own.is_dummy("abc-042")
    assert not own.is_dummy("abc-0420")
    assert not own.is_dummy("abc-042\nDOE")
    assert not SITE.is_dummy("abc-042")


def test_nothing_long_is_allowed(policy):
    own = policy("allow: {patterns: ['S.*']}")
    assert own.is_dummy("S" + "x" * 63)
    assert not own.is_dummy("S" + "x" * 64)


# -- levels


def test_one_line_lowers_the_names_of_staff(policy):
    own = policy("levels: {staff-name: INFO}")
    assert level(own, "OperatorsName", "rr") is INFO
    assert level(own, "PatientName", "DOE") is FAIL
    assert own.level(rule("DCM002", "staff-name"), INFO) is INFO
    assert own.text_level("A", True, "free", "staff-name") is INFO
    assert own.text_level("A", True, "free", "person-name") is FAIL
    assert policy("levels: {staff-name: off}").text_level("A", True, "free", "staff-name") is INFO


@pytest.mark.parametrize("key", ["InstitutionName", "Institutionname", '"(0008,0080)"', '"0008,0080"'])
def test_the_level_of_an_attribute_wins_over_its_nature(policy, key):
    own = policy(f"levels: {{{key}: FAIL}}")
    assert level(own, "InstitutionName", "General") is FAIL
    assert level(own, "InstitutionAddress", "1 Main Street") is INFO
    assert own.level(rule("DCM003", "indirect-identifier", INFO), FAIL) is FAIL


def test_an_attribute_is_switched_off(policy):
    own = policy("levels: {OperatorsName: off}")
    assert own.keyword("OperatorsName") is None
    assert own.keyword("ReferringPhysicianName") is not None


def test_an_attribute_that_no_table_holds(policy):
    assert SITE.attribute(0x00081090) is None
    own = policy('levels: {"(0008,1090)": REVIEW}')
    demand = own.attribute(0x00081090)
    assert demand is not None
    assert (demand.nature, demand.level) == ("attribute", REVIEW)
    assert own.attribute(0x00081091) is None


def test_a_level_wins_over_an_option(policy):
    own = policy("extends: ps3.15-basic\nretain: [uids]\nlevels: {StudyInstanceUID: REVIEW}")
    assert level(own, "StudyInstanceUID", TELLING) is REVIEW
    assert level(own, "SeriesInstanceUID", TELLING) is None


@pytest.mark.parametrize(
    ("levels", "own", "default", "expected"),
    [
        ("{}", FAIL, None, FAIL),
        ("{}", FAIL, INFO, INFO),
        ("{TXT001: REVIEW}", FAIL, None, REVIEW),
        ("{TXT001: REVIEW}", FAIL, FAIL, REVIEW),
        ("{TXT001: REVIEW}", FAIL, INFO, INFO),  # lowering a rule raises nothing
        ("{TXT001: FAIL}", INFO, REVIEW, FAIL),
        ("{TXT001: REVIEW}", INFO, FAIL, FAIL),  # raising a rule lowers nothing
        ("{TXT001: FAIL}", FAIL, INFO, FAIL),
        ("{TXT001: REVIEW}", REVIEW, FAIL, REVIEW),
        ("{TXT001: off}", FAIL, FAIL, None),
        ("{some-slug: REVIEW}", FAIL, None, REVIEW),
        ("{some-slug: off}", FAIL, INFO, None),
        ("{some-slug: INFO, TXT001: FAIL}", FAIL, None, FAIL),  # the id wins over the slug
    ],
)
def test_the_level_of_a_rule(policy, levels, own, default, expected):
    assert policy(f"levels: {levels}").level(rule("TXT001", "some-slug", own), default) is expected


def test_unlisted_elements_are_judged_by_their_vr():
    assert SITE.attribute(0x00091234 & ~0x10000, "PN").level is FAIL
    assert SITE.attribute(0x00081234, "DA").level is INFO
    assert breach(SITE.attribute(0x00081234, "UI"), [TELLING]) is INFO
    assert breach(SITE.attribute(0x00081234, "UI"), ["1.2.840.10008.1.1"]) is None
    for vr in ("LO", "SH", "CS", "DS", "TM", None, "??"):
        assert SITE.attribute(0x00081234, vr) is None
    # what a table holds isn't judged by its VR
    assert SITE.attribute(0x0008010C, "UI").category == "R"
    assert SITE.attribute(0x0008010E, "UR") is None  # CodingSchemeURL


# -- text


@pytest.mark.parametrize(
    ("category", "recognizer", "strong", "place", "site", "basic", "harbor"),
    [
        ("A", "name", True, "free", FAIL, FAIL, FAIL),
        ("A", "name", False, "free", REVIEW, REVIEW, REVIEW),
        ("H", "mrn", True, "structured", FAIL, FAIL, FAIL),
        ("G", "ssn", True, "private", FAIL, FAIL, FAIL),
        ("F", "email", True, "name", FAIL, FAIL, FAIL),
        ("C", "date", True, "free", REVIEW, FAIL, FAIL),
        ("C", "date", True, "private", INFO, FAIL, FAIL),
        ("C", "date", True, "name", INFO, FAIL, FAIL),
        ("C", "date", True, "structured", INFO, FAIL, FAIL),
        ("C", "birth-date", True, "structured", FAIL, FAIL, FAIL),
        ("C", "birth-date", False, "private", REVIEW, REVIEW, REVIEW),
        ("C", "age-over-89", True, "free", FAIL, FAIL, FAIL),
        ("M", "device", True, "free", FAIL, FAIL, FAIL),
        ("M", "device", True, "structured", INFO, FAIL, FAIL),
        ("N", "url", True, "free", FAIL, FAIL, FAIL),
        ("O", "ip", True, "structured", INFO, FAIL, FAIL),
        ("R", "bare-number", False, "free", REVIEW, REVIEW, REVIEW),
        ("R", "bare-number", False, "private", INFO, REVIEW, REVIEW),
        ("B", "address", True, "structured", FAIL, FAIL, FAIL),
        ("B", "institution", True, "structured", INFO, FAIL, FAIL),
        ("B", "institution", False, "free", REVIEW, REVIEW, REVIEW),
        ("A", "staff-name", True, "free", FAIL, FAIL, FAIL),
    ],
)
def test_text(category, recognizer, strong, place, site, basic, harbor):
    found = [
        Policy.load(name).text_level(category, strong, place, recognizer)
        for name in ("site", "ps3.15-basic", "safe-harbor")
    ]
    assert found == [site, basic, harbor]


def test_an_option_that_keeps_dates_keeps_them_in_text_that_machines_write(policy):
    for option in ("full-dates", "modified-dates"):
        own = policy(f"extends: ps3.15-basic\nretain: [{option}]")
        assert own.text_level("C", True, "structured") is INFO
        assert own.text_level("C", True, "free") is REVIEW
        assert own.text_level("C", True, "structured", "birth-date") is FAIL
        assert own.text_level("M", True, "structured") is FAIL


def test_a_site_sets_the_levels_of_text(policy):
    own = policy("text: {free: {date: [FAIL, INFO]}}")
    assert own.text_level("C", True, "free") is FAIL
    assert own.text_level("C", False, "free") is INFO
    assert own.text_level("C", True, "private") is INFO
    assert own.text_level("A", True, "free") is FAIL


# -- private elements


def test_private_elements_of_the_site(policy):
    own = policy(
        """
        safe_private: ['(0019,"MINE",01)', '(0021,"ALL MINE",xx)']
        private:
          - {element: '(0019,"MINE",02)', category: H}
          - {element: '(0019,"MINE",03)', nature: indirect-identifier}
        levels: {'(0019,"MINE",04)': REVIEW, '(0011,"SIEMENS RIS",11)': INFO}
        """
    )
    assert isinstance(own.private(0x0019, "MINE", 1), Safe)
    assert isinstance(own.private(0x0021, "ALL MINE", 0x42), Safe)
    assert own.private(0x0019, "MINE", 2).level is FAIL
    assert own.private(0x0019, "MINE", 3).level is INFO
    assert own.private(0x0019, "MINE", 4).level is REVIEW
    assert own.private(0x0019, "MINE", 5) is None
    lowered = own.private(0x0011, "SIEMENS RIS", 0x11)
    assert (lowered.level, lowered.nature, lowered.category) == (INFO, "direct-identifier", "H")


def test_the_basic_profile_removes_private_attributes(policy):
    basic = Policy.load("ps3.15-basic")
    unknown = basic.private(0x0019, "MINE", 1)
    assert isinstance(unknown, Demand)
    assert (unknown.level, unknown.source) == (FAIL, "PS3.15 Table E.1-1, action X")
    kept = policy("extends: ps3.15-basic\nretain: [safe-private]\nsafe_private: ['(0019,\"MINE\",01)']")
    assert isinstance(kept.private(0x0019, "MINE", 1), Safe)
    assert isinstance(kept.private(0x0019, "MINE", 2), Demand)
    assert policy("extends: ps3.15-basic\nlevels: {PrivateAttributes: off}").private(0x0019, "MINE", 1) is None


# -- exceptions


def test_suppressions_carry_their_reason(policy):
    own = policy(
        """
        suppress:
          - {rule: staff-name, path: "phantom/*", pointer: OperatorsName, reason: the phantom's operator agreed}
          - {rule: ZIP004, reason: our reaper}
        """
    )
    operator = rule("DCM002", "staff-name")
    assert own.suppression(operator, "phantom/a.dcm", "OperatorsName") == "the phantom's operator agreed"
    assert own.suppression(operator, "patient/a.dcm", "OperatorsName") is None
    assert own.suppression(operator, "phantom/a.dcm", "ReferringPhysicianName") is None
    assert own.suppression(rule("DCM001", "direct-identifier"), "phantom/a.dcm", "OperatorsName") is None
    assert own.suppression(rule("ZIP004", "archive-comment"), "any.zip", "comment") == "our reaper"
    assert SITE.suppression(operator, "phantom/a.dcm", "OperatorsName") is None


def test_out_of_scope(policy):
    own = policy("out_of_scope: [{path: '*.log', reason: logs}, {path: 'docs/*', kind: pdf, reason: manuals}]")
    assert own.out_of_scope("a/b.log", "text") == "logs"
    assert own.out_of_scope("docs/a.pdf", "pdf") == "manuals"
    assert own.out_of_scope("docs/a.txt", "text") is None
    assert own.out_of_scope("scan/a.pdf", "pdf") is None
    assert SITE.out_of_scope("a/b.log", None) is None


# -- claims


def test_as_claimed_holds_data_to_what_they_claim():
    policy = Policy.load("as-claimed")
    nothing = policy.for_claims(frozenset())
    basic = policy.for_claims(frozenset({"113100"}))
    dates = policy.for_claims(frozenset({"113100", "113106", "no code"}))
    assert level(nothing, "StudyDate", "20220623") is FAIL
    assert level(basic, "StudyDate", "20220623") is FAIL
    assert level(dates, "StudyDate", "20220623") is None
    assert level(dates, "PatientName", "DOE^JANE") is FAIL
    assert level(dates, "DeviceSerialNumber", "66044") is FAIL
    assert dates is policy.for_claims(frozenset({"113106"}))
    assert dates.for_claims(frozenset()) is dates


@pytest.mark.parametrize(
    ("code", "keyword"),
    [
        ("113103", "OverlayData"),
        ("113104", "ContentSequence"),
        ("113105", "SeriesDescription"),
        ("113106", "StudyDate"),
        ("113107", "StudyDate"),
        ("113108", "PatientSex"),
        ("113109", "DeviceSerialNumber"),
        ("113110", "StudyInstanceUID"),
        ("113112", "InstitutionName"),
    ],
)
def test_each_claim(code, keyword):
    policy = Policy.load("as-claimed")
    assert policy.for_claims(frozenset({"113100"})).keyword(keyword) is not None
    assert policy.for_claims(frozenset({"113100", code})).keyword(keyword) is None


def test_the_claim_of_safe_private():
    policy = Policy.load("as-claimed")
    assert isinstance(policy.for_claims(frozenset()).private(0x0019, "SIEMENS MR HEADER", 0x0C), Demand)
    assert isinstance(policy.for_claims(frozenset({"113111"})).private(0x0019, "SIEMENS MR HEADER", 0x0C), Safe)


def test_claims_of_hostile_data_do_not_pile_up():
    policy = Policy.load("as-claimed")
    codes = sorted(table.OPTIONS.values())
    for number in range(1 << 7):
        policy.for_claims(frozenset(code for bit, code in enumerate(codes) if number >> bit & 1))
    assert len(policy._claimed) <= MOST_CLAIMS


@pytest.mark.parametrize("name", ["site", "ps3.15-basic", "safe-harbor"])
def test_other_policies_do_not_go_by_claims(name):
    policy = Policy.load(name)
    assert policy.for_claims(frozenset({"113106"})) is policy
