"""Flywheel records: each place found, its nearest neighbour left alone."""

from __future__ import annotations

import json

import pytest

from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.metadata import MetadataChecker
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.evidence import Masker
from fw_gear_deid_check.findings import Finding, Identifier, Text
from fw_gear_deid_check.items import RECORD, Content, Item, Parents
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.sources.records import Unloaded

SUBJECT = Parents(subject=("5" * 24, "sub-01"))


@pytest.fixture(scope="module")
def policies():
    return {name: Policy.load(name) for name in ("site", "safe-harbor")}


@pytest.fixture
def seen(policies):
    def look(record, kind="file", policy="site", parents=SUBJECT):
        checker = MetadataChecker(Judge(policies[policy], Masker()))
        opener = (lambda: None) if kind == "file" else None
        item = Item("sub-01/x", kind, opener, record=record, parents=parents)
        content = Content(item, None, RECORD if kind == "file" else kind)
        assert checker.applies_to(content)
        return list(checker.check(content))

    return look


@pytest.fixture
def found(seen):
    """Return {pointer: worst level} of the findings at REVIEW or above."""

    def look(*args, **options):
        levels = {}
        for each in seen(*args, **options):
            if isinstance(each, Finding) and each.level.rank:
                pointer = each.location.pointer
                levels[pointer] = max(levels.get(pointer, each.level), each.level, key=lambda level: level.rank)
        return {pointer: str(level) for pointer, level in levels.items()}

    return look


PAIRS = [
    # kind, pointer, record that is found, its nearest neighbour
    ("file", "info.PatientName", {"info": {"PatientName": "DOE^JANE"}}, {"info": {"PatientName": "^^^"}}),
    ("file", "info.patientname", {"info": {"patientname": "DOE^JANE"}}, {"info": {"patientname": ""}}),
    (
        "file", "info.header.dicom.PatientName",
        {"info": {"header": {"dicom": {"PatientName": "DOE^JANE"}}}},
        {"info": {"header": {"dicom": {"PatientName": "ANONYMOUS"}}}},
    ),
    (
        "file", "info.header.dicom_array.PatientID[1]",
        {"info": {"header": {"dicom_array": {"PatientID": ["", "00482913"]}}}},
        {"info": {"header": {"dicom_array": {"PatientID": ["", ""]}}}},
    ),
    (
        "file", "info.header.dicom.RequestAttributesSequence[0].AccessionNumber",
        {"info": {"header": {"dicom": {"RequestAttributesSequence": [{"AccessionNumber": "A4711233"}]}}}},
        {"info": {"header": {"dicom": {"RequestAttributesSequence": [{}]}}}},
    ),
    (
        "file", "info.header.csa.tPatientComment",
        {"info": {"header": {"csa": {"tPatientComment": "mail jane.doe@example.com"}}}},
        {"info": {"header": {"csa": {"tPatientComment": "0.0 0.0 1.0"}}}},
    ),
    (
        "file", "info.blob.PatientBirthDate",
        {"info": {"blob": json.dumps({"PatientBirthDate": "19650321"})}},
        {"info": {"blob": json.dumps({"PatientBirthDate": ""})}},
    ),
    ("file", "info.form.mrn", {"info": {"form": {"mrn": 482913}}}, {"info": {"form": {"n": 482913}}}),
    ("file", "info.PatientAge", {"info": {"PatientAge": "093Y"}}, {"info": {"PatientAge": "066Y"}}),
    ("file", "tags[0]", {"tags": ["jane.doe@example.com"]}, {"tags": ["deid-check-PASS"]}),
    ("file", "info.OperatorsName", {"info": {"OperatorsName": "ROE^R"}}, {"info": {"OperatorsName": None}}),
    ("acquisition", "metadata.PatientName", {"metadata": {"PatientName": "DOE^JANE"}}, {"metadata": {}}),
    ("acquisition", "notes[0]", {"notes": [{"text": "call 555-867-5309", "user": "me@lab.example"}]},
     {"notes": [{"text": "motion in run 2", "user": "me@lab.example"}]}),
    ("subject", "firstname", {"firstname": "Jane"}, {"firstname": ""}),
    ("subject", "lastname", {"lastname": "Doe"}, {"lastname": None}),
    ("subject", "date_of_birth", {"date_of_birth": "1965-03-21"}, {"date_of_birth": None}),
    ("subject", "code", {"code": "123-45-6789"}, {"code": "sub-01"}),
    ("session", "label", {"label": "jane.doe@example.com"}, {"label": "ses-01"}),
    ("session", "operator", {"operator": "Richard Roe"}, {"operator": ""}),
    ("session", "age", {"age": 94 * 31_557_600}, {"age": 44 * 31_557_600}),
    ("project", "description", {"description": "Ask jane.doe@example.com"}, {"description": "A study of sleep."}),
    ("analysis", "info.PatientID", {"info": {"PatientID": "00482913"}}, {"info": {"PatientID": "sub-01"}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "pointer", "bad", "good"), PAIRS, ids=[f"{pair[0]}-{pair[1]}" for pair in PAIRS])
def test_minimal_pairs(found, kind, pointer, bad, good):
    assert pointer in found(bad, kind)
    assert found(good, kind) == {}


def test_direct_identifiers_fail(found):
    assert found({"firstname": "Jane", "info": {"PatientID": "00482913"}}, "subject") == {
        "firstname": "FAIL",
        "info.PatientID": "FAIL",
    }


def test_identifiers_are_learned(seen):
    learned = [
        each for each in seen({"firstname": "Jane", "lastname": "Doe"}, "subject") if isinstance(each, Identifier)
    ]
    assert [(each.kind, each.value) for each in learned] == [("name", "Jane"), ("name", "Doe")]


def test_a_patient_id_that_is_the_subject_label_is_no_identifier(found, seen):
    assert found({"info": {"PatientID": "sub-01"}}) == {}
    assert not [each for each in seen({"info": {"PatientID": "P0447"}}, parents=Parents(subject=("5", "P0447")))
                if isinstance(each, (Finding, Identifier))]  # fmt: skip
    assert found({"info": {"PatientID": "P0447"}}) == {"info.PatientID": "FAIL"}


def test_dates_are_kept_by_a_research_site_and_not_by_safe_harbor(found):
    record = {"info": {"StudyDate": "20210304"}, "timestamp": "2021-03-04T10:11:12+00:00"}
    assert found(record, "session") == {}
    assert found(record, "session", "safe-harbor")["info.StudyDate"] == "FAIL"


OWN_RESULT = {
    "job_info": {"version": "0.1.0", "job_id": "5f0c2b6e8a1d4f0012ab34cd", "inputs": {}, "config": {}},
    "dicom": {"state": "NA", "verdict": "REVIEW"},
    "verdict": {
        "state": "FAIL", "verdict": "FAIL", "rules": {"DCM001": 2}, "policy": "site",
        "policy_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
}  # fmt: skip
HEADER = {
    "Manufacturer": "SIEMENS", "ManufacturerModelName": "Prisma", "BodyPartExamined": "BRAIN", "PatientSex": "F",
    "ProtocolName": "T1w_MPRAGE", "SoftwareVersions": "syngo MR E11",
}  # fmt: skip


def test_our_own_results_and_what_gears_write_are_quiet(found):
    info = {"qc": {"deid-check": OWN_RESULT}, "header": {"dicom": HEADER}, "RepetitionTime": 2.4}
    info |= {"SliceTiming": [0, 0.5, 1.0], "empty": {}, "none": None, "flag": True}
    assert found({"tags": ["deid-check-FAIL", "raw"], "info": info}) == {}


def test_what_was_not_given_is_not_checked(seen):
    with pytest.raises(Unreadable, match="did not give"):
        seen({"label": "x", "info": Unloaded("the site did not give its info")})
    with pytest.raises(Unreadable, match="404"):
        seen(Unloaded("GET: the site answered 404"), "acquisition")


def test_what_was_given_is_checked_before_what_was_not(policies):
    item = Item("x", "subject", record={"firstname": "Jane", "info": Unloaded("not given")})
    observations = MetadataChecker(Judge(policies["site"], Masker())).check(Content(item, None, "subject"))
    assert isinstance(next(observations), Identifier)
    assert isinstance(next(observations), Finding)
    with pytest.raises(Unreadable):
        list(observations)


def test_depth_and_floods_are_bounded(seen):
    deep = "x"
    for _ in range(100):
        deep = {"a": deep}
    with pytest.raises(Unreadable, match="deeper"):
        seen({"info": deep})
    flood = seen({"info": {"header": {"dicom_array": {"PatientID": [f"{number:08}" for number in range(5000)]}}}})
    assert 1 <= sum(isinstance(each, Finding) for each in flood) < 100


def test_text_is_kept_for_the_search(seen):
    kept = [each for each in seen({"label": "x", "info": {"comment": "seen by somebody"}}) if isinstance(each, Text)]
    assert ("info.comment", "seen by somebody") in [(each.location.pointer, each.value) for each in kept]


def test_what_is_remembered_is_not_what_was_seen_elsewhere(policies):
    """The same value at the same place, of two subjects: the label of one, an identifier of the other."""
    checker = MetadataChecker(Judge(policies["site"], Masker()))
    levels = []
    for label in ("P0447", "P0448", "P0447"):
        parents = Parents(subject=("5", label))
        item = Item("x", "file", lambda: None, record={"info": {"PatientID": "P0447"}}, parents=parents)
        seen = checker.check(Content(item, None, RECORD))
        levels.append([str(each.level) for each in seen if isinstance(each, Finding)])
    assert levels == [[], ["FAIL"], []]


def test_bytes_and_members_are_for_others():
    item = Item("x", "file", lambda: None, record={"info": {}})
    checker = MetadataChecker.__new__(MetadataChecker)
    assert not checker.applies_to(Content(item, None, "dicom", lambda: None))
    assert not checker.applies_to(Content(item, "m.dcm", None, lambda: None))
