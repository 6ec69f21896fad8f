"""Profiles: read, and every mistake told at once."""

import pytest

from fw_gear_deid_check.errors import ProfileError, UsageError
from fw_gear_deid_check.profile.profile import Profile
from fw_gear_deid_check.profile.selector import reach
from tests.checkers.dicom_data import shared_data

GOOD = """
name: site
dicom:
  date-increment: -17
  fields:
  - {name: PatientName, replace-with: ''}
  - name: DeidentificationMethod
    replace-with: site_v1.0
"""


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
"""A few hundred characters that mean 9 ** 29 values."""


def read(text: str) -> Profile:
    return Profile.read(text.encode(), "site.yaml")


def mistakes(text: str) -> list[str]:
    with pytest.raises(ProfileError) as caught:
        read(text)
    return caught.value.mistakes


def test_a_profile():
    profile = read(GOOD)
    assert (profile.name, profile.method, profile.foreign) == ("site", "site_v1.0", ())
    assert [field.selector for field in profile.dicom.fields] == ["PatientName", "DeidentificationMethod"]
    assert profile.dicom.settings == {"date-increment": "-17"}
    assert profile.json is None


def test_a_profile_without_a_name_is_called_like_its_file():
    assert read("dicom: {fields: []}").name == "site"


def test_every_mistake_is_told_at_once():
    told = mistakes(
        """
version: 2
dicm: {}
dicom:
  date-increment: soon
  jitter-unit: moons
  bogus: 1
  fields:
  - {name: PatientName, replace-with: ''}
  - {nam: PatientID, remove: true}
  - {name: PatientNam, remove: true}
  - {name: StudyDate, replace-with: yesterday}
  - {name: PatientID, replace-with: '', remove: true}
  - {regex: '(', remove: true}
  - {remove: true}
"""
    )
    places = [one.partition(":")[0] for one in told]
    assert places == [
        "dicm",
        "dicom.fields[1]",
        "dicom.fields[6]",
        "version",
        "dicom.date-increment",
        "dicom.jitter-unit",
        "dicom.bogus",
        "dicom.fields[1]",
        "dicom.fields[2]",
        "dicom.fields[3]",
        "dicom.fields[4]",
        "dicom.fields[5]",
    ]
    assert "did you mean dicom?" in told[0]
    assert all("\n" not in one and "line 1" not in one for one in told)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a mapping"),
        ("- dicom", "a mapping"),
        ("dicom: [", "line 1"),
        ("name: x", "no section"),
        ("dicom:", "no section"),
        ("dicom: {fields: 3}", "a list"),
        ("dicom: {fields: [3]}", "a mapping"),
        ("dicom: {}\ndicom: {}", "stands twice"),
        ("dicom: &a {fields: [*a]}", "line 1: an alias"),
        (BOMB, "line 2: an alias"),
        ("dicom: " + "[" * 20_000 + "]" * 20_000, "line 1: nested deeper"),
        ("dicom: " + "{fields: " * 20_000 + "}" * 20_000, "line 1: nested deeper"),
        ("dicom: {fields: [{name: a, regex: b, remove: true}]}", "one of them"),
        ("dicom: {recurse-sequence: true, fields: [{regex: '^Patient', remove: true}]}", "regular expression"),
        ("dicom: {fields: [{name: TransferSyntaxUID, remove: true}]}", "mandatory"),
        ("dicom: {fields: [{name: PatientID}]}", "dicom.fields[0]: a field needs an action"),
        ("json: {fields: [{name: a, remove: true}, {name: b}]}", "json.fields[1]: a field needs an action"),
        ("zip: {fields: [{name: comment}]}", "zip.fields[0]: a field needs an action"),
        ("zip: {fields: [{name: comment, replace_with: ''}]}", "zip.fields[0]: unknown key 'replace_with'"),
        ("zip: {fields: [{name: comment, remove: true, bogus: 1}]}", "zip.fields[0]: unknown key 'bogus'"),
        ("zip: {hash-subdirectoris: true}", "zip.hash-subdirectoris: unknown key"),
        ("dicom: {}\nzip: {bogus: 1, alas: 2}", "zip.alas: unknown key"),
    ],
)
def test_a_wrong_profile(text, words):
    assert any(words in one for one in mistakes(text))


@pytest.mark.parametrize(
    "text",
    [
        "dicom: {}",
        "dicom: {date-increment: &days -17, fields: []}",
        "dicom: {fields: [{name: '(0029,\"SIEMENS CSA HEADER\",20)', replace-with: ''}]}",
        "dicom: {fields: [{name: RequestAttributesSequence.*.AccessionNumber, replace-with: ''}]}",
        "dicom: {fields: [{name: MediaStorageSOPInstanceUID, hashuid: true}]}",
        "dicom: {fields: [{name: PatientBirthDate, hash: true}]}",
        "dicom: {fields: [{name: PatientName, replace-with: ''}, {name: PatientName, remove: true}]}",
        "dicom: {fields: [{name: PatientID, encrypt: true}]}",
        "json: {fields: [{name: a.b, remove: true}]}",
        "dicom: {remove-undefined: true, fields: [{name: Modality}]}",
        "zip: {allow-unmatched-files: true, validate-zip-members: true, hash-subdirectories: true}",
        "zip: {file-filter: ['*.zip'], filenames: [{input-regex: '^(?P<x>.*)$', output: '{x}'}]}",
        "zip: {fields: [{name: comment, replace-with: ''}, {name: comment, hash: true}]}",
        "only-config-profiles: true\nnifti: {fields: [{name: descrip, remove: true}]}",
    ],
)
def test_what_works_on_some_files_is_no_mistake(text):
    assert read(text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="can't be read"):
        Profile.load(tmp_path / "none.yaml")


def test_no_text(tmp_path):
    assert mistakes("dicom: {}\0") != []
    with pytest.raises(ProfileError, match="UTF-8"):
        Profile.read(b"\xff\xfe\x00")


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("PatientID", {0x00100020}),
        ("(0010,0020)", {0x00100020}),
        ("00100020", {0x00100020}),
        ("0x00100020", {0x00100020}),
        ("RequestAttributesSequence.0.AccessionNumber", {0x00400275}),
        ("RequestAttributesSequence.*.ScheduledProtocolCodeSequence.*.CodeMeaning", {0x00400275}),
    ],
)
def test_what_a_name_reaches(name, tags):
    found = reach(name)
    assert (found.tags, found.everything) == (frozenset(tags), False)


def test_what_a_private_name_reaches():
    assert reach('(0029,"SIEMENS CSA HEADER",20)').private == {(0x29, 0x20)}


@pytest.mark.parametrize("name", ["Patient.*", "RequestAttributesSequence.*.(0008,0050)", "NewKeyword", "(50xx,0010)"])
def test_a_name_that_is_not_understood_reaches_everything(name):
    assert reach(name).everything


@pytest.mark.skipif(not shared_data().is_dir(), reason="the site's profiles are not here")
def test_profiles_of_a_site():
    folder = shared_data() / "profiles"
    methods = {path.stem: Profile.load(path).method for path in folder.glob("*.yaml")}
    assert methods == {
        "penn_bsc_v3.0": "Penn_BSC_profile_v3.0",
        "penn_bsc_v4.0": "Penn_BSC_profile_v4.0",
        "penn_bsc_v4.0_zip": "Penn_BSC_profile_v4.0",
        "penn_prototype": "Penn_BSC_profile_v5.0",
    }


def test_a_mistake_controls_no_terminal():
    with pytest.raises(ProfileError) as caught:
        Profile.read(b'dicom: {fields: [{name: "A\\e[31m\\0B", remove: true}]}\n"x\\e]0;y": 1')
    assert len(caught.value.mistakes) == 2
    assert all(mistake.isprintable() for mistake in caught.value.mistakes)
