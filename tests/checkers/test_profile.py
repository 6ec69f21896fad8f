"""The profile checker, by minimal pairs: the same place, found where the profile was not applied, else left alone."""

import io
import json
import time
import zipfile

import pytest

from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.profile import ProfileChecker
from fw_gear_deid_check.evidence import Masker
from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.profile import engine
from fw_gear_deid_check.profile.profile import Profile
from fw_gear_deid_check.readers.archive import contents
from tests.checkers.dicom_data import VENDOR_UID, content_of, dicom_file, element, item, load, of, sequence, shared_data
from tests.checkers.looking import Seen, look

FAIL, INFO, REVIEW = "FAIL", "INFO", "REVIEW"
NOT_APPLIED, FILLER, FORM, UNTOLD = "profile-not-applied", "profile-filler", "profile-form", "profile-untold"
HASHED = "1.3.12.2.755611.126205.162541.592059.321011.558181.567890"
CREATOR = element(0x00290010, "LO", "SITE RIS")
PRIVATE = '(0029,"SITE RIS",20)'


def made(text: str, *, memo: bool = True, show: bool = True, policy: Policy | None = None) -> ProfileChecker:
    judge = Judge(policy or load("site"), Masker(show_values=show, key=b"0" * 32))
    return ProfileChecker(judge, Profile.read(text.encode()), memo=memo)


def dicom(*fields: str, **settings: str) -> str:
    rows = [f"  {name.replace('_', '-')}: {value}" for name, value in settings.items()]
    return "\n".join(["dicom:", *rows, f"  fields: [{', '.join(fields)}]"]) + "\n"


def seen(text: str, data: bytes, name: str = "a.dcm") -> Seen:
    checker = made(text)
    found = look(checker, name, data)
    found.unread += [each.reason for each in checker.finish(Item(name, "file"))]
    return found


def request(*elements: bytes) -> bytes:
    return sequence("RequestAttributesSequence", item(*elements))


REMOVE_NAME = "{name: PatientName, remove: true}"
EMPTY_NAME = "{name: PatientName, replace-with: ''}"
NESTED = "{name: RequestAttributesSequence.*.AccessionNumber, replace-with: ''}"
BY_REGEX = r"{regex: '^RequestAttributesSequence\.\d+\.AccessionNumber$', remove: true}"
IN_PRIVATE = "{name: '" + PRIVATE + "', remove: true}"

TABLE = [
    # profile, elements, (pointer, slug, level) or None
    (dicom(REMOVE_NAME), [of("PatientName", "DOE^JANE")], ("PatientName", NOT_APPLIED, FAIL)),
    (dicom(REMOVE_NAME), [of("PatientName", "")], ("PatientName", FILLER, INFO)),
    (dicom(REMOVE_NAME), [], None),
    (dicom(REMOVE_NAME), [of("PatientID", "MRN123")], None),
    (dicom(EMPTY_NAME), [of("PatientName", "DOE^JANE")], ("PatientName", NOT_APPLIED, FAIL)),
    (dicom(EMPTY_NAME), [of("PatientName", "")], None),
    (dicom(EMPTY_NAME), [], ("PatientName", FILLER, INFO)),
    (dicom(EMPTY_NAME, replace_with_insert="false"), [], None),
    (dicom("{name: '(0010,0010)', remove: true}"), [of("PatientName", "DOE^JANE")], ("PatientName", NOT_APPLIED, FAIL)),
    (dicom("{name: PatientID, replace-with: X1}"), [of("PatientID", "MRN123")], ("PatientID", NOT_APPLIED, FAIL)),
    (dicom("{name: PatientID, replace-with: X1}"), [of("PatientID", "X1")], None),
    (dicom("{name: PatientSize, replace-with: 0}"), [of("PatientSize", "")], ("PatientSize", FILLER, INFO)),
    (dicom("{name: PatientSize, replace-with: 0}"), [of("PatientSize", "1.7")], ("PatientSize", NOT_APPLIED, FAIL)),
    (
        dicom("{name: PregnancyStatus, remove: true}"),
        [of("PregnancyStatus", b"\0\0")],
        ("PregnancyStatus", FILLER, INFO),
    ),
    (
        dicom("{name: PregnancyStatus, remove: true}"),
        [of("PregnancyStatus", b"\2\0")],
        ("PregnancyStatus", NOT_APPLIED, FAIL),
    ),
    # sequences
    (
        dicom("{name: RequestAttributesSequence, replace-with: ''}"),
        [request(of("AccessionNumber", "ACC1"))],
        ("RequestAttributesSequence", NOT_APPLIED, FAIL),
    ),
    (
        dicom("{name: RequestAttributesSequence, replace-with: ''}"),
        [request(of("AccessionNumber", ""))],
        ("RequestAttributesSequence", FILLER, INFO),
    ),
    (dicom("{name: RequestAttributesSequence, replace-with: ''}"), [sequence("RequestAttributesSequence")], None),
    (
        dicom(NESTED),
        [request(of("AccessionNumber", "ACC1"))],
        ("RequestAttributesSequence[0].AccessionNumber", NOT_APPLIED, FAIL),
    ),
    (dicom(NESTED), [request(of("AccessionNumber", ""))], None),
    (dicom(NESTED), [], None),
    (dicom(NESTED), [of("AccessionNumber", "ACC1")], None),
    (
        dicom(BY_REGEX),
        [request(of("AccessionNumber", "ACC1"))],
        ("RequestAttributesSequence[0].AccessionNumber", NOT_APPLIED, FAIL),
    ),
    (dicom(BY_REGEX), [of("AccessionNumber", "ACC1")], None),
    (
        dicom("{name: AccessionNumber, remove: true}", recurse_sequence="true"),
        [request(of("AccessionNumber", "ACC1"))],
        ("RequestAttributesSequence[0].AccessionNumber", NOT_APPLIED, FAIL),
    ),
    (dicom("{name: AccessionNumber, remove: true}"), [request(of("AccessionNumber", "ACC1"))], None),
    # private elements
    (dicom(IN_PRIVATE), [CREATOR, element(0x00291020, "LO", "DOE")], (PRIVATE, NOT_APPLIED, FAIL)),
    (dicom(IN_PRIVATE), [CREATOR, element(0x00291021, "LO", "DOE")], None),
    (dicom(IN_PRIVATE), [element(0x00290010, "LO", "OTHER"), element(0x00291020, "LO", "DOE")], None),
    (dicom("{name: '" + PRIVATE + "', replace-with: ''}"), [], None),
    (
        dicom(remove_private_tags="true"),
        [CREATOR, element(0x00291021, "LO", "DOE")],
        ('(0029,"SITE RIS",21)', NOT_APPLIED, FAIL),
    ),
    (dicom(remove_private_tags="true"), [of("PatientName", "DOE^JANE")], None),
    # all but what is listed
    (
        dicom("{name: PatientIdentityRemoved}", "{name: DeidentificationMethod}", remove_undefined="true"),
        [of("PatientName", "DOE^JANE")],
        ("PatientName", NOT_APPLIED, FAIL),
    ),
    (
        dicom(
            "{name: PatientIdentityRemoved}",
            "{name: DeidentificationMethod}",
            "{name: PatientName}",
            remove_undefined="true",
        ),
        [of("PatientName", "DOE^JANE")],
        None,
    ),
    # by form
    (dicom("{name: PatientID, hash: true}"), [of("PatientID", "MRN123")], ("PatientID", FORM, FAIL)),
    (dicom("{name: PatientID, hash: true}"), [of("PatientID", "6080b0f8f86d6b34")], None),
    (dicom("{name: PatientID, hash: true}"), [of("PatientID", "")], None),
    (
        dicom("{name: StudyInstanceUID, hashuid: true}"),
        [of("StudyInstanceUID", VENDOR_UID)],
        ("StudyInstanceUID", FORM, FAIL),
    ),
    (dicom("{name: StudyInstanceUID, hashuid: true}"), [of("StudyInstanceUID", HASHED)], None),
    (
        dicom("{name: StudyDate, increment-date: true}", date_increment="-17"),
        [of("StudyDate", "20210304")],
        ("StudyDate", UNTOLD, REVIEW),
    ),
    (dicom("{name: StudyDate, increment-date: true}", date_increment="-17"), [of("StudyDate", "")], None),
    (
        dicom("{name: PatientWeight, jitter: true}", jitter_range="2"),
        [of("PatientWeight", "70.5")],
        ("PatientWeight", UNTOLD, REVIEW),
    ),
    (
        dicom("{name: PatientName, keep: true}", "{name: PatientID, remove: true}"),
        [of("PatientName", "DOE^JANE")],
        None,
    ),
    # the age is worked out from the birth date
    (
        dicom("{name: PatientBirthDate, replace-with: ''}", patient_age_from_birthdate="true", patient_age_units="Y"),
        [of("PatientBirthDate", ""), of("StudyDate", "20210304"), of("PatientAge", "041Y")],
        None,
    ),
    (
        dicom(patient_age_from_birthdate="true", patient_age_units="Y"),
        [of("PatientBirthDate", "19800102"), of("StudyDate", "20210304"), of("PatientAge", "040Y")],
        ("PatientAge", NOT_APPLIED, FAIL),
    ),
    # the file meta information
    (
        dicom("{name: MediaStorageSOPInstanceUID, hashuid: true}"),
        [],
        None,
    ),
]


@pytest.mark.parametrize(("text", "elements", "wanted"), TABLE, ids=range(len(TABLE)))
def test_pairs(text, elements, wanted):
    found = seen(text, dicom_file(*elements))
    assert found.noted - {("(0029,0010)", FILLER, INFO)} == (set() if wanted is None else {wanted})
    assert found.unread == []


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_in_every_encoding(syntax):
    explicit = syntax != "1.2.840.10008.1.2"
    data = dicom_file(of("PatientName", "DOE^JANE", explicit=explicit), syntax=syntax)
    assert seen(dicom(REMOVE_NAME), data).failed == {"PatientName"}


COMMENTS = "{name: RequestedProcedureComments, replace-with: FIXED}"


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("explicit", [True, False])
def test_what_follows_a_sequence_is_seen(explicit, undefined):
    """The engine closes what it was given open, in a sequence that says its length: what follows would be lost."""
    inner = sequence(
        "RequestedProcedureCodeSequence", item(of("CodeMeaning", "x", explicit=explicit), undefined=undefined)
    )
    if not explicit:
        inner = inner[:4] + inner[8:]
    rows = (
        of("AccessionNumber", "", explicit=explicit),
        inner,
        of("ScheduledProcedureStepDescription", "y", explicit=explicit),
    )
    outer = sequence("RequestAttributesSequence", item(*rows, undefined=undefined))
    if not explicit:
        outer = outer[:4] + outer[8:]
    data = dicom_file(
        outer,
        of("RequestedProcedureComments", "FIXED", explicit=explicit),
        syntax="1.2.840.10008.1.2.1" if explicit else "1.2.840.10008.1.2",
    )
    assert seen(dicom(NESTED, COMMENTS), data).noted == set()
    untouched = seen(dicom("{regex: ^PatientN, remove: true}", COMMENTS), data)
    assert (untouched.noted, untouched.unread) == (set(), [])


def test_big_endian_and_deflated_files_are_judged():
    pydicom = pytest.importorskip("pydicom")
    for syntax in (pydicom.uid.ExplicitVRBigEndian, pydicom.uid.DeflatedExplicitVRLittleEndian):
        dataset = pydicom.dcmread(io.BytesIO(dicom_file(of("PatientName", "DOE^JANE"))))
        dataset.file_meta.TransferSyntaxUID = syntax
        stream = io.BytesIO()
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3.4.5"
        pydicom.dcmwrite(stream, dataset, implicit_vr=False, little_endian=syntax != pydicom.uid.ExplicitVRBigEndian)
        assert seen(dicom(REMOVE_NAME), stream.getvalue()).failed == {"PatientName"}


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("site_v2.0", None),
        ("site_v1.0", "was v1.0, expected v2.0"),
        ("by hand", "another method than site_v2.0 is recorded"),
        ("", "no method is recorded"),
    ],
)
def test_the_mark_of_the_profile(method, words):
    found = seen(
        dicom("{name: DeidentificationMethod, replace-with: site_v2.0}"),
        dicom_file(of("DeidentificationMethod", method)),
    )
    assert [each.rule.slug for each in found.findings] == (["profile-version"] if words else [])
    assert words is None or words in found.findings[0].message


def test_the_mark_is_absent():
    text = dicom("{name: DeidentificationMethod, replace-with: site_v2.0}")
    assert seen(text, dicom_file(clean=False)).told == {("DeidentificationMethod", "profile-version", FAIL)}


def test_a_method_that_is_a_name_is_not_told():
    checker = made(dicom("{name: DeidentificationMethod, replace-with: site_v2.0}"), show=False)
    (finding,) = checker.check(content_of(dicom_file(of("DeidentificationMethod", "DOE^JANE 12.5"))))
    assert "DOE" not in finding.message
    assert "12.5" not in finding.message


ENCRYPT = dicom("{name: PatientID, encrypt: true}", "{name: PatientName, encrypt: true}")


@pytest.mark.parametrize(
    ("elements", "named"),
    [
        ([of("PatientID", "MRN123")], "(PatientID)"),
        ([of("PatientName", "DOE^JANE"), of("PatientID", "MRN123")], "(PatientID, PatientName)"),
        ([of("PatientID", "")], None),
        ([], None),
    ],
)
def test_an_action_of_another_tool_is_not_checked_where_it_had_something_to_do(elements, named):
    found = seen(ENCRYPT, dicom_file(*elements))
    assert [f"the profile's action encrypt was applied isn't known {named}" in reason for reason in found.unread] == (
        [True] if named else []
    )
    assert found.findings == []


@pytest.mark.parametrize(
    ("document", "told"), [({"a": {"b": "x"}}, True), ({"a": {"b": ""}}, False), ({"c": "x"}, False)]
)
def test_the_same_in_json(document, told):
    found = seen("json: {fields: [{name: a.b, encrypt: true}]}", json.dumps(document).encode(), "a.json")
    assert [("encrypt" in reason) for reason in found.unread] == ([True] if told else [])


def test_a_field_that_the_engine_refuses_is_not_checked_and_the_others_are():
    text = dicom("{name: PatientBirthDate, hash: true}", REMOVE_NAME)
    found = seen(text, dicom_file(of("PatientBirthDate", "19800102"), of("PatientName", "DOE^JANE")))
    assert found.failed == {"PatientName"}
    assert found.unread == [
        "the profile's field PatientBirthDate: the value that the profile writes doesn't fit the VR"
    ]


ABSENT = "{name: '(0099,\"NOWHERE\",20)', replace-with: X}"
"""A field that makes the engine refuse every file without the element."""
IN_BLOCK = [CREATOR, element(0x00291020, "LO", "DOE")]


@pytest.mark.parametrize(
    ("text", "elements", "found"),
    [
        # a setting counts where no field can be applied, and what another field keeps is kept
        (dicom(ABSENT, remove_private_tags="true"), IN_BLOCK, {PRIVATE}),
        (dicom(ABSENT, "{name: '" + PRIVATE + "', keep: true}", remove_private_tags="true"), IN_BLOCK, set()),
        (dicom(ABSENT), [of("PatientID", "1")], set()),
        (dicom(ABSENT, REMOVE_NAME), [of("PatientName", "DOE^JANE")], {"PatientName"}),
        (
            dicom(ABSENT, "{name: PatientSex}", remove_undefined="true"),
            [of("PatientSex", "F"), of("PatientID", "1")],
            {"PatientID"},
        ),
    ],
)
def test_the_rest_of_a_profile_is_applied_as_a_whole_where_a_field_is_refused(text, elements, found):
    result = seen(text, dicom_file(*elements, clean=False))
    pointers = {pointer for pointer, slug, _ in result.told if slug == NOT_APPLIED}
    assert pointers - {"SOPClassUID", "SOPInstanceUID"} == found
    assert result.unread == []


def test_a_pattern_that_the_engine_can_not_apply_is_not_checked_in_every_file():
    """It matches a sequence, and an element in it that is gone by then."""
    checker = made(dicom("{regex: '^.*AttributesSequence.*$', remove: true}"))
    for number, inner in enumerate((request(of("AccessionNumber", "A1")),) * 2 + (of("PatientID", "1"),)):
        found = look(checker, f"{number}.dcm", dicom_file(inner, clean=False))
        assert ["matches a sequence" in why for why in found.unread] == [True] * (number < 2)


@pytest.mark.parametrize("field", ["name: PatientName", "regex: '^PatientName$'"])
@pytest.mark.parametrize(("charset", "value"), [("ISO_IR 192", "Jäne".encode()), ("ISO_IR 100", b"J\xe4ne")])
def test_what_the_profile_writes_is_compared_in_the_character_set_of_the_file(field, charset, value):
    checker = made(dicom("{" + field + ", replace-with: 'Jäne'}"))
    for written, found in ((value, []), (b"DOE", [NOT_APPLIED]), (value + b" ", [])):
        data = dicom_file(of("SpecificCharacterSet", charset), of("PatientName", written), clean=False)
        assert [slug for _, slug, _ in look(checker, "a.dcm", data).noted] == found


def test_recursion_leaves_sequences_of_private_blocks_where_they_are():
    data = dicom_file(CREATOR, element(0x00291030, "SQ", item(of("PatientName", "DOE^JANE"))), clean=False)
    result = seen(dicom(REMOVE_NAME, recurse_sequence="true"), data)
    assert (result.noted, result.unread) == (set(), [])


def test_a_truncated_file_is_not_checked():
    data = dicom_file(of("PatientName", "DOE^JANE"))
    assert seen(dicom(REMOVE_NAME), data[:-40]).unread


def test_a_bomb_is_not_handed_to_the_engine():
    inner = b""
    for _ in range(80):
        inner = sequence("RequestAttributesSequence", item(inner))
    text = dicom("{name: RequestAttributesSequence, remove: true}")
    assert any("deeper than 64" in reason for reason in seen(text, dicom_file(inner)).unread)


def test_a_value_too_large_to_be_held_is_a_value():
    limits = Limits(element_text=1000, in_memory=2000)
    policy = Policy.load("site")
    policy.limits = limits  # type: ignore[misc]
    big = element(0x00291020, "OB", b"x" * 5000)
    checker = made(dicom(remove_private_tags="true"), policy=policy)
    found = {
        each.location.pointer for each in checker.check(content_of(dicom_file(CREATOR, big))) if each.level == FAIL
    }
    assert found == {PRIVATE}


WIDE = dicom(
    r"{regex: '^Patient.*', remove: true}", r"{regex: '^.*\.PatientID$', remove: true}", remove_private_tags="true"
)


@pytest.mark.parametrize("text", [dicom(EMPTY_NAME, NESTED), WIDE, dicom("{name: Modality}", remove_undefined="true")])
def test_what_is_remembered_changes_nothing(text):
    """A series in which what one instance holds another doesn't: with and without memory, and each on its own."""
    instances = [
        dicom_file(
            of("InstanceNumber", str(number)),
            *([of("PatientName", f"DOE^{number // 3}")] if number % 2 else []),
            *([of("PatientID", "")] if number % 3 else []),
            *([request(of("AccessionNumber", f"A{number % 2}"), of("PatientID", "M1"))] if number % 4 else []),
            *([CREATOR, element(0x00291020, "LO", f"P{number}")] if number % 5 else []),
        )
        for number in range(24)
    ]
    remembering, forgetful = made(text), made(text, memo=False)
    for data in instances:
        told = [
            sorted(
                (each.rule.id, each.location.pointer, each.message, each.evidence.value if each.evidence else "")
                for each in checker.check(content_of(data))
            )
            for checker in (remembering, forgetful)
        ]
        assert told[0] == told[1]


# -- JSON, names, archives


JSON = "json:\n  fields: [{name: PatientName, remove: true}, {name: a.0.b, replace-with: ''}, {name: ID, hash: true}]\n"


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ({"PatientName": "Doe"}, ("PatientName", NOT_APPLIED, FAIL)),
        ({"PatientName": ""}, ("PatientName", FILLER, INFO)),
        ({"Other": "Doe"}, None),
        ({"a": [{"b": "Doe"}]}, ("a[0].b", NOT_APPLIED, FAIL)),
        ({"a": [{"b": ""}]}, None),
        ({"PatientName": {"Alphabetic": "Doe"}}, ("PatientName.Alphabetic", NOT_APPLIED, FAIL)),
        ({"ID": "MRN123"}, ("ID", FORM, FAIL)),
        ({"ID": "6080b0f8f86d6b34"}, None),
    ],
)
def test_sidecars(document, wanted):
    found = seen(JSON, json.dumps(document).encode(), "a.json")
    assert found.noted == (set() if wanted is None else {wanted})
    assert found.unread == []


@pytest.mark.parametrize("data", [b'{"PatientName": "Doe"', b'{"a": ' * 300 + b"1" + b"}" * 300])
def test_a_sidecar_that_cannot_be_read(data):
    assert seen(JSON, data, "a.json").unread


NAMES = "dicom:\n  filenames: [{input-regex: '^.*$', output: '{SOPInstanceUID}.dcm'}]\n"


@pytest.mark.parametrize(
    ("name", "told"), [("1.2.3.dcm", set()), ("DOE_JANE.dcm", {("name", "profile-filename", REVIEW)})]
)
def test_names(name, told):
    assert seen(NAMES, dicom_file(of("SOPInstanceUID", "1.2.3")), name).told == told


def test_a_name_that_cannot_be_told():
    text = NAMES.replace("SOPInstanceUID", "SeriesDescription")
    assert seen(text, dicom_file(), "a.dcm").told == {("name", UNTOLD, REVIEW)}


def archive(comment: bytes, folder: str = "s") -> Item:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made_archive:
        made_archive.writestr(f"{folder}/a.dcm", dicom_file())
        made_archive.comment = comment
    return Item("a.zip", "file", lambda: io.BytesIO(stream.getvalue()))


@pytest.mark.parametrize(
    ("text", "item", "wanted"),
    [
        ("zip: {fields: [{name: comment, replace-with: ''}]}", archive(b"Jane Doe"), {("comment", NOT_APPLIED)}),
        ("zip: {fields: [{name: comment, replace-with: ''}]}", archive(b""), set()),
        ("zip: {fields: [{name: comment, replace-with: FLYWHEEL}]}", archive(b"FLYWHEEL"), set()),
        ("zip: {allow-unmatched-files: true}", archive(b"Jane Doe"), set()),
        ("zip: {hash-subdirectories: true}\ndicom: {}", archive(b"", "doe"), {("member.name", FORM)}),
        ("zip: {hash-subdirectories: true}\ndicom: {}", archive(b"", "6080b0f8f86d6b34"), set()),
    ],
)
def test_archives(text, item, wanted):
    checker = made(text)
    found = [
        each for content in contents(item, Limits()) if checker.applies_to(content) for each in checker.check(content)
    ]
    assert {(each.location.pointer, each.rule.slug) for each in found} == wanted


def of_kind(name: str, kind: str | None) -> Content:
    return Content(Item(name, "file"), None, kind, opener=io.BytesIO)


OTHER_SECTIONS = [
    ("nifti: {}", "a.nii.gz", "nifti", "nifti"),
    ("nifti: {}", "a.nii", "nifti", "nifti"),
    ("nifti: {}", "a.json", "json", None),
    ("csv: {}", "a.csv", "table", "csv"),
    ("csv: {}", "a.tsv", "table", None),
    ("csv: {}\ntsv: {}", "a.tsv", "table", "tsv"),
    ("csv: {}\ntsv: {}", "a.csv", "table", "csv"),
    ("table: {reader: csv}", "a.csv", "table", "table"),
    ("png: {}\njpg: {}", "a.PNG", "image", "png"),
    ("png: {}\njpg: {}", "a.jpeg", "image", "jpg"),
    ("png: {}", "scan", "image", "png"),
    ("png: {}", "a.tiff", "image", None),
    ("xml: {}", "a.xml", "text", "xml"),
    ("xml: {}", "a.csv", "table", None),
    ("key-value-text-file: {delimiter: '='}", "a.mhd", "text", "key-value-text-file"),
    ("csv: {file-filter: ['*.dat']}", "a.dat", "text", "csv"),
    ("csv: {file-filter: '*.dat'}", "a.dat", None, "csv"),
    ("csv: {file-filter: ['*.dat']}", "a.csv", "table", None),
    ("csv: 3", "a.csv", "table", "csv"),
    ("csv: [{a: b}]", "a.csv", "table", "csv"),
    ("filename: {fields: [{name: x, hash: true}]}", "a.csv", "table", "filename"),
    ("filename: {filenames: [{input-regex: a, output: b, groups: []}]}", "a.csv", "table", "filename"),
    ("filename: {}", "a.zip", "zip", None),
]


@pytest.mark.parametrize(("text", "name", "kind", "section"), OTHER_SECTIONS)
def test_a_section_of_another_tool_is_not_checked_where_it_is_for_the_file(text, name, kind, section):
    checker = made(f"{text}\n")
    content = of_kind(name, kind)
    assert checker.applies_to(content) is (section is not None)
    if section is None:
        return
    assert [*checker.check(content), *checker.check(content)] == []
    (told,) = checker.finish(content.item)
    assert told.reason.startswith(f"whether the profile's section {section} was applied isn't known: fw-file-rs")
    assert list(checker.finish(content.item)) == []


def test_what_the_engine_says_of_such_sections():
    """The day it judges them, so can this."""
    from fw_file_rs import dcm

    for text, *_ in OTHER_SECTIONS:
        profile = dcm.DeidProfile.from_yaml(text)
        assert all("unrecognized top-level key" in each for each in profile.validate()["warnings"])
        with pytest.raises(ValueError, match="not a file type"):
            profile.deid_file_with_report("a.nii", bytes(400))


@pytest.mark.parametrize(
    ("name", "told"), [("sub-01.csv", set()), ("DOE_JANE.csv", {("name", "profile-filename", REVIEW)})]
)
def test_a_section_that_only_makes_names_is_judged_by_the_name(name, told):
    rule = r"{input-regex: '^(sub-)?(?P<x>\d*).*$', output: 'sub-{x}.csv'}"
    checker = made(f"filename: {{filenames: [{rule}]}}\n")
    found = look(checker, name, b"a,b\n")
    assert found.told == told


# -- a real scan


needs_scans = pytest.mark.skipif(not shared_data().is_dir(), reason="the real scans are not here")


def of_scan(name: str, version: str) -> Seen:
    profile = (shared_data() / "profiles" / f"penn_bsc_{version}.yaml").read_text()
    data = (shared_data() / "penn_prisma" / name / "1_anat" / "1_anat_000.dcm").read_bytes()
    return seen(profile, data)


@needs_scans
def test_the_scan_that_v3_was_applied_to():
    assert of_scan("deidentified", "v3.0").noted == {("PregnancyStatus", FILLER, INFO)}


@needs_scans
def test_the_same_under_v4():
    found = of_scan("deidentified", "v4.0")
    assert found.told == {("DeidentificationMethod", "profile-version", FAIL)}
    assert any("was v3.0, expected v4.0" in each.message for each in found.findings)
    assert ("OrderEnteredBy", FILLER, INFO) in found.noted


@needs_scans
def test_the_raw_scan_under_v3():
    """Every field of the profile that holds a value in the raw scan is a violation, and nothing else is."""
    import pydicom

    found = of_scan("raw", "v3.0")
    raw = pydicom.dcmread(shared_data() / "penn_prisma" / "raw" / "1_anat" / "1_anat_000.dcm")
    profile = Profile.load(shared_data() / "profiles" / "penn_bsc_v3.0.yaml")
    names = {field.name for field in profile.dicom.fields} - {"DeidentificationMethod"}
    populated = {
        name for name in names if name in raw and raw[name].VR != "SQ" and raw[name].value not in (None, "", 0)
    }
    assert len(populated) > 45
    assert found.failed - {"PatientAge"} == populated


def test_no_value_of_a_header_leaves_the_checker():
    checker = made(
        dicom(REMOVE_NAME, "{name: PatientID, hash: true}", "{name: StudyDate, increment-date: true}"), show=False
    )
    data = dicom_file(of("PatientName", "QUOKKAWITZ"), of("PatientID", "QUOKKAWITZ1"), of("StudyDate", "QUOKKA"))
    told = repr([(each, getattr(each, "evidence", None)) for each in checker.check(content_of(data))])
    assert "PatientName" in told
    assert "QUOKKA" not in told


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ('{"Foo": "SECRETVAL", "Foo": ""}', True),
        ('{"Foo": ""}', False),
        ('{"a": {"Foo": ""}, "Foo": ""}', False),
        ('{"a.b": "SECRETVAL", "a": {"b": ""}, "Foo": ""}', True),
        ('{"a.c": "SECRETVAL", "a": {"b": ""}, "Foo": ""}', False),
    ],
)
def test_a_json_key_that_stands_twice_is_not_checked(document, told):
    """Of two values the last is what most readers see; the profile was applied to that one only."""
    found = seen("json: {fields: [{name: Foo, replace-with: ''}]}", document.encode(), "a.json")
    assert found.findings == []
    assert [reason for reason in found.unread if "key" in reason] == found.unread
    assert bool(found.unread) is told


def test_a_pattern_for_names_that_never_ends_is_not_checked_and_fields_are():
    text = dicom(REMOVE_NAME, filenames=r"[{input-regex: '^(?P<x>(a+)+)b$', output: '{x}.dcm'}]")
    found = seen(text, dicom_file(of("PatientName", "DOE^JANE")), f"{'a' * 42}.dcm")
    assert [one.rule.slug for one in found.findings if one.level == FAIL] == [NOT_APPLIED]
    assert any("too long" in reason for reason in found.unread)


def test_after_some_names_that_took_too_long_no_other_is_tried(monkeypatch):
    monkeypatch.setattr(engine, "NAME_SECONDS", 0.5)
    checker = made(dicom(filenames=r"[{input-regex: '^(?P<x>(a+)+)b$', output: '{x}.dcm'}]"))
    first = look(checker, f"{'a' * 42}.dcm", dicom_file()).unread
    began = time.monotonic()
    assert [look(checker, f"{'a' * length}.dcm", dicom_file()).unread for length in range(42, 62)] == [first] * 20
    assert time.monotonic() - began < 5
