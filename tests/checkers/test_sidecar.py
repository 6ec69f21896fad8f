"""Identifiers in JSON, at any depth and in any shape, each beside its clean neighbour."""

import base64
import json

import pytest

from fw_gear_deid_check.checkers.sidecar import SidecarChecker
from fw_gear_deid_check.items import Parents
from tests.checkers.looking import look, site_judge


@pytest.fixture
def checker():
    return SidecarChecker(site_judge())


def see(checker, document, name="sub-01_T1w.json", **options):
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return look(checker, name, data, **options)


DIRECT = {
    "PatientName": "DOE^JANE",
    "PatientID": "00482913",
    "PatientBirthDate": "19800131",
    "AccessionNumber": "A1234567",
    "PatientAddress": "12 Elm Street",
    "PatientTelephoneNumbers": "215-555-0134",
    "OtherPatientIDs": "77123",
    "patient_name": "Doe",
    "patientname": "Doe",
    "mrn": "482913",
    "date_of_birth": "1980-01-31",
    "First Name": "Jane",
    "ssn": "078-05-1120",
    "00100010": "DOE^JANE",
    "(0010,0010)": "DOE^JANE",
}


@pytest.mark.parametrize("key", DIRECT)
def test_keys_that_are_attributes(checker, key):
    assert see(checker, {key: DIRECT[key]}).failed == {key}
    for empty in ("", None, [], {}, "^^^", "ANONYMOUS"):
        assert not see(checker, {key: empty}).told


@pytest.mark.parametrize("born", ["00010101", "1000-01-01", "9999-12-31", "11111111", "99991231T000000"])
def test_nobodys_dates_of_birth(checker, born):
    assert not see(checker, {"PatientBirthDate": born, "dob": born}).told


@pytest.mark.parametrize("born", ["19000102", "1300-01-01", "13590131", "25230101", "01011980", "11111112"])
def test_dates_of_birth_of_other_calendars_and_orders(checker, born):
    assert see(checker, {"PatientBirthDate": born}).failed == {"PatientBirthDate"}


@pytest.mark.parametrize("key", ["phone", "telefono", "cell phone"])
def test_a_word_before_something_else_than_a_number(checker, key):
    assert see(checker, {key: "555-0134"}).failed == {key}
    for quiet in ("iPhone 12", "none given", True):
        assert not see(checker, {key: quiet}).told
    assert see(checker, {key: "iPhone of Dr. Patel"}).failed == {key}
    assert see(checker, {"PatientTelephoneNumbers": "as before"}).failed == {"PatientTelephoneNumbers"}


@pytest.mark.parametrize("key", ["seed", "RandomSeed", "ulVersion", "fileSize", "n_bytes", "mtime"])
@pytest.mark.parametrize("kind", [int, str])
def test_numbers_that_programs_count(checker, key, kind):
    seen = see(checker, {key: kind(2158675309)})
    assert not seen.told
    assert [text.value for text in seen.texts] == [key, "2158675309"]
    assert see(checker, {key + "Of": kind(2158675309)}).pointers == {key + "Of"}


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"global": {"const": {"PatientID": "00482913"}}}, "global.const.PatientID"),
        ({"a": [0, [{"PatientName": "Doe"}]]}, "a[1][0].PatientName"),
        ([{"PatientName": "Doe"}], "[0].PatientName"),
        ({"PatientID": 482913}, "PatientID"),
        ({"OtherPatientIDs": ["", "77123"]}, "OtherPatientIDs[1]"),
        ({"RequestAttributesSequence": [{"AccessionNumber": "A77"}]}, "RequestAttributesSequence[0].AccessionNumber"),
        ({"PatientName": {"family": "Doe"}}, "PatientName.family"),
        ({"header": json.dumps({"PatientName": "Doe"})}, "header.PatientName"),
        ({"header": json.dumps({"inner": json.dumps({"PatientName": "Doe"})})}, "header.inner.PatientName"),
        (
            {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "DOE^JANE"}]}},
            "00100010.Value[0].Alphabetic",
        ),
        (
            {"00401002": {"vr": "SQ", "Value": [{"00080050": {"vr": "SH", "Value": ["A77"]}}]}},
            "00401002.Value[0].00080050.Value[0]",
        ),
    ],
)
def test_places(checker, document, pointer):
    assert see(checker, document).failed == {pointer}


def test_a_run_of_numbers(checker):
    numbers = list(range(482900, 482950))
    assert "OtherPatientIDs[0]" in see(checker, {"OtherPatientIDs": numbers}).failed
    assert not see(checker, {"SliceIndices": numbers}).told


def test_staff_names_have_a_rule_of_their_own(checker):
    assert see(checker, {"OperatorsName": "ROE^RICHARD"}).told == {("OperatorsName", "staff-name", "FAIL")}


@pytest.mark.parametrize(
    "age", ["093Y", "93", 93, 93.0, "94 years", "94 yrs", "94 ans", "94 Jahre", "94 años", "94-year-old"]
)
def test_ages(checker, age):
    assert see(checker, {"PatientAge": age}).told == {("PatientAge", "age-over-89", "FAIL")}
    assert not see(checker, {"PatientAge": "066Y"}).told


def test_text(checker):
    seen = see(checker, {"ImageComments": "MRN 00482913", "notes": ["fine", "call 215-555-0134"]})
    assert seen.failed == {"ImageComments", "notes[1]"}
    assert not see(checker, {"ImageComments": "motion in run 3", "notes": ["fine", "call again"]}).told


def test_keys_that_are_names(checker):
    assert see(checker, {"scans": {"DOE^JANE": 1}}).failed == {"scans.DOE^JANE"}
    assert not see(checker, {"scans": {"HEAD^Brain": 1}}).told


def test_both_of_two_equal_keys(checker):
    assert see(checker, b'{"PatientID": "00482913", "PatientID": ""}').failed == {"PatientID"}
    assert see(checker, b'{"PatientID": "", "PatientID": "00482913"}').failed == {"PatientID"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_encodings(checker, encoding):
    text = '{"PatientName": "Müller^Jürgen"}'
    mark = "\ufeff" if encoding in {"utf-16-le", "utf-16-be"} else ""
    seen = see(checker, (mark + text).encode(encoding))
    assert seen.failed == {"PatientName"}
    assert seen.learned == [("name", "Müller^Jürgen")]


def test_inline_binary(checker):
    packed = base64.b64encode(b"scan of DOE^JANE").decode()
    assert see(checker, {"00291010": {"vr": "UN", "InlineBinary": packed}}).failed == {"00291010.InlineBinary"}


def test_what_dcm2niix_leaves_out_when_it_anonymises(checker):
    made = {"Modality": "MR", "ConversionSoftware": "dcm2niix", "RepetitionTime": 2.3}
    assert not see(checker, made).told
    assert see(checker, {**made, "PatientSex": "F"}).told == {("PatientSex", "not-anonymised", "REVIEW")}
    assert not see(checker, {"Modality": "MR", "PatientSex": "F"}).told


def test_clean_sidecar(checker):
    document = {
        "Modality": "MR",
        "MagneticFieldStrength": 3,
        "Manufacturer": "Siemens",
        "ManufacturersModelName": "Prisma",
        "InstitutionName": "General",
        "PulseSequenceDetails": "%SiemensSeq%_tfl",
        "SeriesDescription": "T1w MPRAGE",
        "ProtocolName": "ep2d_diff_b1000",
        "SoftwareVersions": "syngo MR E11",
        "AcquisitionTime": "14:15:42.056000",
        "SliceTiming": [0.0, 1.25, 0.0725] * 20,
        "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"],
        "ImageOrientationPatientDICOM": [1, 0, 0, 0, 1, 0],
        "ConversionSoftware": "dcm2niix",
        "ConversionSoftwareVersion": "v1.0.20220720",
        "PatientName": "",
        "dcmmeta_affine": [[1, 0, 0, 0], [0, 1, 0, 0]],
        "broken": float("nan"),
        "b": {"a": [None, True, {}, [], float("-inf")]},
    }
    seen = see(checker, document)
    assert not seen.told
    assert not seen.unread


def test_what_a_data_set_publishes_is_quiet(checker):
    document = {
        "Name": "Faces and places",
        "BIDSVersion": "1.8.0",
        "Authors": ["Jane Doe", "Richard Roe"],
        "License": "CC0",
        "ReferencesAndLinks": ["https://doi.org/10.18112/x"],
        "GeneratedBy": [{"Name": "fMRIPrep", "CodeURL": "https://github.com/nipreps/fmriprep"}],
    }
    seen = see(checker, document, "dataset_description.json")
    assert not seen.told
    assert "Jane Doe" in {text.value for text in seen.texts}
    assert see(checker, {**document, "Acknowledgements": "thanks to MRN 00482913"}, "dataset_description.json").failed


def test_what_is_about_an_attribute_is_not_its_value(checker):
    document = {
        "date_of_birth": {"Description": "Date of birth", "Levels": {"1": "before 1950"}},
        "age": {"Units": "years"},
    }
    assert not see(checker, document, "participants.json").told
    assert see(checker, {"date_of_birth": {"value": "1980-01-31"}}).failed == {"date_of_birth.value"}


def test_the_subject_label_is_no_patient_id(checker):
    parents = Parents(subject=("1", "PILOT7"))
    assert not see(checker, {"PatientID": "PILOT7"}, parents=parents).told
    assert see(checker, {"PatientID": "00482913"}, parents=parents).failed == {"PatientID"}


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1',
        b'{"ImageComments": "DOE^JANE",}',
        b'{"a": "\\x"}',
        b'{"PatientName": "Doe"} rest',
        b"[" * 100 + b"]" * 100,
    ],
)
def test_what_is_no_json_is_not_checked(checker, data):
    seen = see(checker, data, "a.json")
    assert len(seen.unread) == 1
    assert not any("Doe" in reason or "DOE" in reason for reason in seen.unread)


def test_what_stands_before_the_damage_is_found(checker):
    assert see(checker, b'{"PatientName": "Doe", "x": tru').failed == {"PatientName"}
    assert see(checker, b'{"x": tru, "y": "DOE^JANE"').failed == {"content"}


def test_a_long_list_says_it_a_few_times(checker):
    seen = see(checker, [{"PatientName": f"Doe{number}"} for number in range(3000)])
    assert 1 < len(seen.findings) < 100
    assert len(seen.learned) == 3000  # all of them are searched for


def test_many_strings_are_all_kept(checker):
    seen = see(checker, {"words": [f"word{number}" for number in range(20_000)]})
    kept = "\n".join(text.value for text in seen.texts)
    assert all(f"word{number}" in kept for number in (0, 4_999, 5_000, 19_999))
    assert len(seen.texts) < 6_000


def test_numbers_of_any_length(checker):
    assert not see(checker, b'{"x": ' + b"1" * 100_000 + b"}").unread


@pytest.mark.parametrize(("name", "found"), [("PatientID", True), ("MRN", True), ("protocol", False), ("run", False)])
def test_a_value_beside_its_name(checker, name, found):
    seen = see(checker, {"rows": [{"name": name, "value": "H12"}, {"name": "run", "value": "H12"}]})
    assert seen.failed == ({"rows[0].value"} if found else set())
