"""Preview: a profile applied to a copy; what it leaves is found, pixel data stay, the input is never touched."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from fw_gear_deid_check import cli, demo
from fw_gear_deid_check.profile.engine import Engine
from fw_gear_deid_check.profile.profile import Profile
from tests.checkers.dicom_data import dicom_file, element, item, of, sequence, shared_data

PROFILE = """
dicom:
  fields:
  - {name: PatientName, replace-with: ''}
  - {name: PatientIdentityRemoved, replace-with: 'YES'}
  - {name: DeidentificationMethod, replace-with: site_v1.0}
"""
CANARY = "QUOKKAWITZ"


def preview(tmp_path: Path, source: Path, profile: str = PROFILE, *options: str) -> tuple[int, dict, Path]:
    """Return the exit status, the report, and the folder of the copy."""
    written = tmp_path / "profile.yaml"
    written.write_text(profile)
    data, output = tmp_path / "copy", tmp_path / "report"
    status = cli.main(
        ["preview", str(written), str(source), "--data", str(data), "-o", str(output), "--pixels", "off", *options]
    )
    report = output / "report.json"
    return status, json.loads(report.read_text()) if report.is_file() else {}, data


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "in"
    (folder / "s").mkdir(parents=True)
    return folder


def counting(report: dict) -> set[tuple[str, str]]:
    return {(row["rule"], row["pointer"]) for row in report["findings"] if row["level"] != "INFO"}


def unread(report: dict) -> list[tuple[str, str]]:
    rows = report["coverage"]["not_checked"]
    return [(row["path"], row["reason"]) for row in rows if row["checker"] != "pixels"]  # these are switched off


def test_headers_are_rewritten_and_pixels_stay(tmp_path, source, capsys):
    original = dicom_file(of("PatientName", f"{CANARY}^JANE"), of("Modality", "MR"), clean=False, after=b"trailing")
    (source / "s" / "a.dcm").write_bytes(original)
    (source / "notes.txt").write_text("a quiet scan")
    before = snapshot(source)
    status, report, data = preview(tmp_path, source)
    assert status == 0
    assert (counting(report), unread(report)) == ({("DCM010", "trailing")}, [])
    made = (data / "s" / "a.dcm").read_bytes()
    start = original.index(b"\xe0\x7f\x10\x00")
    assert made.endswith(original[start:])
    assert CANARY.encode() not in made
    assert (data / "notes.txt").read_text() == "a quiet scan"
    assert snapshot(source) == before
    told = capsys.readouterr()
    assert "PatientName" in told.out
    assert CANARY not in told.out + told.err
    assert report["profile"]["name"] == "profile"


def test_what_the_profile_leaves_is_found(tmp_path, source):
    """The name is gone from its field, and known all the same."""
    (source / "a.dcm").write_bytes(
        dicom_file(of("PatientName", f"{CANARY}^JANE"), of("ImageComments", f"{CANARY.lower()} moved"), clean=False)
    )
    _, report, _ = preview(tmp_path, source)
    assert ("TXT003", "ImageComments") in counting(report)
    assert CANARY.lower() not in json.dumps(report).lower()


def test_archives_are_rebuilt(tmp_path, source):
    path = source / "s" / "a.dicom.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("s/1.dcm", dicom_file(of("PatientName", CANARY)))
        archive.writestr("s/2.dcm", dicom_file())
        archive.writestr("s/readme.txt", "quiet")
        archive.comment = CANARY.encode()
    _, report, data = preview(tmp_path, source, PROFILE + "zip: {fields: [{name: comment, replace-with: ''}]}\n")
    with zipfile.ZipFile(data / "s" / "a.dicom.zip") as archive:
        assert archive.namelist() == ["s/1.dcm", "s/2.dcm", "s/readme.txt"]
        assert archive.comment == b""
        assert archive.testzip() is None
        assert all(CANARY.encode() not in archive.read(name) for name in archive.namelist())
    assert (counting(report), unread(report), report["coverage"]["instances"]) == (set(), [], 2)


def test_an_archive_keeps_its_comment_without_a_section_for_it(tmp_path, source):
    with zipfile.ZipFile(source / "a.zip", "w") as archive:
        archive.writestr("1.dcm", dicom_file())
        archive.comment = b"MRN 00482913"
    _, report, data = preview(tmp_path, source)
    assert zipfile.ZipFile(data / "a.zip").comment == b"MRN 00482913"
    assert any(pointer == "comment" for _, pointer in counting(report))


def test_what_the_engine_refuses_is_not_imported(tmp_path, source, capsys):
    nested = PROFILE + "  - {name: RequestAttributesSequence.*.AccessionNumber, replace-with: ''}\n"
    (source / "with.dcm").write_bytes(
        dicom_file(sequence("RequestAttributesSequence", item(of("AccessionNumber", "A1"))))
    )
    (source / "without.dcm").write_bytes(dicom_file())
    (source / "broken.dcm").write_bytes(dicom_file()[:-30])
    _, report, data = preview(tmp_path, source, nested)
    assert [path.name for path in data.iterdir()] == ["with.dcm"]
    assert report["verdict"] == "INCOMPLETE"
    reasons = dict(unread(report))
    told = "the profile's field RequestAttributesSequence.*.AccessionNumber can't be applied to it: a selector names"
    assert told in reasons["without.dcm"]
    assert "broken.dcm" in reasons
    assert "not imported: without.dcm" in capsys.readouterr().out


def test_the_file_filter_is_heeded_and_told(tmp_path, source):
    (source / "a.dcm").write_bytes(dicom_file(of("PatientName", CANARY)))
    (source / "a.ima").write_bytes(dicom_file(of("PatientName", CANARY)))
    text = PROFILE.replace("  fields:", "  file-filter: ['*.dcm']\n  fields:")
    _, report, data = preview(tmp_path, source, text)
    assert CANARY.encode() not in (data / "a.dcm").read_bytes()
    assert CANARY.encode() in (data / "a.ima").read_bytes()
    assert [path for path, _ in unread(report)] == ["a.ima"]


def test_files_are_renamed(tmp_path, source):
    (source / "JANE.dcm").write_bytes(dicom_file(of("SOPInstanceUID", "1.2.3.4")))
    text = PROFILE.replace("  fields:", "  filenames: [{input-regex: '.*', output: '{SOPInstanceUID}.dcm'}]\n  fields:")
    _, _, data = preview(tmp_path, source, text)
    assert [path.name for path in data.iterdir()] == ["1.2.3.4.dcm"]


def test_names_cannot_leave_the_folder(tmp_path, source):
    (source / "a.dcm").write_bytes(dicom_file(of("SeriesDescription", "../../../escaped")))
    text = PROFILE.replace(
        "  fields:", "  filenames: [{input-regex: '.*', output: '{SeriesDescription}.dcm'}]\n  fields:"
    )
    _, _, data = preview(tmp_path, source, text)
    assert [path.parent for path in data.rglob("*.dcm")] == [data]
    assert not list(tmp_path.glob("escaped*"))


def test_sidecars(tmp_path, source):
    (source / "a.json").write_text('{"PatientName": "Doe", "EchoTime": 1}')
    _, report, data = preview(tmp_path, source, "json: {fields: [{name: PatientName, remove: true}]}\n")
    assert json.loads((data / "a.json").read_text()) == {"EchoTime": 1}
    assert report["verdict"] == "PASS"


@pytest.mark.parametrize("where", ["in", "in/copy", "."])
def test_it_never_writes_into_the_input(tmp_path, source, where, capsys):
    (source / "a.txt").write_text("x")
    (tmp_path / "p.yaml").write_text(PROFILE)
    before = snapshot(source)
    command = [
        "preview",
        str(tmp_path / "p.yaml"),
        str(source),
        "--data",
        str(tmp_path / where),
        "-o",
        str(tmp_path / "o"),
    ]
    assert cli.main(command) == 2
    assert snapshot(source) == before
    assert "--data" in capsys.readouterr().err


def test_it_never_writes_over_anything(tmp_path, source):
    (source / "a.txt").write_text("x")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mine.txt").write_text("mine")
    assert preview(tmp_path, source)[0] == 2
    assert snapshot(tmp_path / "copy") == {"mine.txt": b"mine"}
    assert not (tmp_path / "report").exists()


def test_a_wrong_profile_lists_every_mistake(tmp_path, source, capsys):
    status, report, _ = preview(tmp_path, source, "dicom: {fields: [{name: Nobody, remove: true}, {nam: x}]}\nfoo: 1\n")
    assert (status, report) == (2, {})
    told = [line.split(": ")[2] for line in capsys.readouterr().err.splitlines()]
    assert told == ["foo", "dicom.fields[1]", "dicom.fields[0]", "dicom.fields[1]"]


# -- the round trip


def fixable(folder: Path, tmp_path: Path, *options: str) -> tuple[str, dict, str | None]:
    """Scan, apply what is suggested, scan again; return the suggestion, the second report, the second suggestion."""
    cli.main(["scan", str(folder), "-o", str(tmp_path / "first"), "--quiet", "--pixels", "off", *options])
    suggested = (tmp_path / "first" / "suggested-profile.yaml").read_text()
    _, report, _ = preview(tmp_path, folder, suggested, "--quiet", *options)
    again = tmp_path / "report" / "suggested-profile.yaml"
    return suggested, report, again.read_text() if again.exists() else None


def test_the_round_trip(tmp_path):
    folder = tmp_path / "demo"
    folder.mkdir()
    planted = demo.make(folder)
    suggested, report, again = fixable(folder, tmp_path)
    assert again is None
    left = {(row["path"], row["pointer"]) for row in report["findings"] if row["level"] != "INFO"}
    by_hand = {each for each in planted if each.path.endswith((".nii.gz", ".txt", ".tsv")) or each.pointer == "comment"}
    assert left == {(each.path, each.pointer) for each in by_hand}
    first = json.loads((tmp_path / "first" / "report.json").read_text())
    assert {(row["path"], row["pointer"]) for row in first["manual_work"]} == left
    assert {(row["path"], row["pointer"]) for row in report["manual_work"]} == left
    assert all(f"{each.pointer}: " in suggested for each in by_hand)
    assert CANARY not in suggested


def test_the_suggestion_is_one_the_engine_takes_without_warning(tmp_path, source):
    (source / "a.dcm").write_bytes(
        dicom_file(
            of("PatientName", "DOE^JANE"),
            of("PatientAge", "093Y"),
            sequence("OtherPatientIDsSequence", item(of("PatientID", "MRN00482913"))),
            clean=False,
        )
    )
    suggested, report, again = fixable(source, tmp_path)
    assert (counting(report), unread(report), again) == (set(), [], None)
    from fw_file_rs import dcm

    assert dcm.DeidProfile.from_yaml(suggested).validate() == {"warnings": [], "errors": []}
    assert "093" not in suggested
    assert "# DCM001: PatientName holds a value [1 item]" in suggested


def test_a_suggestion_is_merged_with_the_profile_that_is_given(tmp_path, source):
    given = """
name: ours
dicom:
  replace-with-insert: false
  date-increment: -17
  fields:
  - {name: PatientName, replace-with: ''}
  - name: StudyDate
    increment-date: true
"""
    (source / "a.dcm").write_bytes(
        dicom_file(of("PatientName", ""), of("OperatorsName", "ROE^RICHARD"), of("StudyDate", "20210304"))
    )
    (tmp_path / "ours.yaml").write_text(given)
    options = ["-o", str(tmp_path / "o"), "--quiet", "--profile", str(tmp_path / "ours.yaml")]
    cli.main(["scan", str(source), *options])
    text = (tmp_path / "o" / "suggested-profile.yaml").read_text()
    merged = Profile.read(text.encode())
    assert merged.name == "ours"
    assert merged.dicom.settings == {"replace-with-insert": "false", "date-increment": "-17"}
    names = [field.name for field in merged.dicom.fields]
    assert names[:2] == ["PatientName", "StudyDate"]
    assert "OperatorsName" in names


def test_nothing_is_suggested_where_nothing_is_found(tmp_path, source):
    (source / "a.dcm").write_bytes(dicom_file())
    output = tmp_path / "o"
    output.mkdir()
    (output / "suggested-profile.yaml").write_text("of an earlier run")
    cli.main(["scan", str(source), "-o", str(output), "--quiet", "--pixels", "off"])
    assert (output / "report.json").exists()
    assert not (output / "suggested-profile.yaml").exists()


@pytest.mark.skipif(not shared_data().is_dir(), reason="the real scans are not here")
class TestScans:
    """The real phantom scans."""

    def test_the_copy_is_what_the_site_made(self, tmp_path):
        """Element by element, but for what the site's older engine filled otherwise: see docs/profile.md."""
        import pydicom

        def flat(dataset, prefix=""):
            for one in dataset:
                if one.VR != "SQ":
                    yield prefix + one.keyword + str(one.tag), one.value
                for index, each in enumerate(one.value if one.VR == "SQ" else ()):
                    yield from flat(each, f"{prefix}{one.keyword}[{index}].")

        scans = shared_data() / "penn_prisma"
        text = (shared_data() / "profiles" / "penn_bsc_v3.0.yaml").read_text()
        _, report, data = preview(tmp_path, scans / "raw", text, "--quiet")
        assert report["coverage"]["instances"] == 5
        for path in sorted(data.rglob("*.dcm")):
            name = path.relative_to(data)
            made, site = pydicom.dcmread(path), pydicom.dcmread(scans / "deidentified" / name)
            raw = pydicom.dcmread(scans / "raw" / name)
            ours, theirs = dict(flat(made)), dict(flat(site))
            different = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
            assert different == {"PregnancyStatus(0010,21C0)"}
            assert made.file_meta == site.file_meta
            assert made.PixelData == raw.PixelData
            fillers = {
                each.keyword for each in site if each.VR == "SQ" and len(each.value) != len(made[each.tag].value)
            }
            assert all(not any(True for _ in item) for key in fillers for item in site[key].value)
            assert all(len(made[key].value) == 0 for key in fillers)

    @pytest.mark.parametrize("policy", ["site", "ps3.15-basic"])
    def test_the_round_trip(self, tmp_path, policy):
        suggested, report, again = fixable(shared_data() / "penn_prisma" / "raw", tmp_path, "--policy", policy)
        assert (report["verdict"], again) == ("PASS", None)
        with Engine() as engine:
            assert engine.validate([suggested]) == [[]]


def test_hostile_members_of_an_archive(tmp_path, source):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../../escape.dcm", dicom_file())
        archive.writestr("ok.dcm", dicom_file())
    (source / "a.zip").write_bytes(stream.getvalue())
    _, report, data = preview(tmp_path, source)
    assert not list(tmp_path.rglob("escape*"))
    assert report["verdict"] in {"PASS", "INCOMPLETE", "REVIEW"}
    assert data.is_dir()


TWICE = '{"Foo": "QUOKKAWITZ", "Foo": ""}'
ONCE = TWICE.replace('"Foo": ""', '"Bar": ""')
EMPTY_FOO = "json: {fields: [{name: Foo, replace-with: ''}]}\n"


@pytest.mark.parametrize(("document", "written"), [(ONCE, True), (TWICE, False), (f"[{TWICE}]", False)])
def test_a_key_that_stands_twice_is_refused(tmp_path, source, document, written):
    """The engine empties one of them only."""
    (source / "a.json").write_text(document)
    _, report, data = preview(tmp_path, source, EMPTY_FOO)
    assert (data / "a.json").exists() is written
    assert any("stands twice" in reason for _, reason in unread(report)) is not written
    assert CANARY not in "".join(path.read_text() for path in data.rglob("*") if path.is_file())


def test_json_that_stays_as_it_is_counts_as_unchanged(tmp_path, source, capsys):
    (source / "a.json").write_text('{"Foo": "",  "Bar": 1.50}')
    preview(tmp_path, source, EMPTY_FOO)
    assert "with changes in 0 files" in capsys.readouterr().out


def test_a_pattern_for_names_that_never_ends_costs_that_file(tmp_path, source):
    """The pattern is quick on one name, and takes years on the other."""
    (source / f"{'a' * 42}.dcm").write_bytes(dicom_file())
    (source / "aaab").write_bytes(dicom_file())
    rule = r"{input-regex: '^(?P<x>(a+)+)b$', output: '{x}.dcm'}"
    _, report, data = preview(tmp_path, source, f"dicom: {{filenames: [{rule}], fields: []}}\n")
    assert [path.name for path in data.iterdir()] == ["aaa.dcm"]
    assert [path for path, reason in unread(report) if "too long" in reason] == [f"{'a' * 42}.dcm"]


def suggested(tmp_path: Path, source: Path, given: str) -> str:
    """Return what is suggested to add to a profile, by the names of its fields; and all of it as text."""
    (tmp_path / "given.yaml").write_text(given)
    options = ["-o", str(tmp_path / "s"), "--quiet", "--pixels", "off", "--profile", str(tmp_path / "given.yaml")]
    cli.main(["scan", str(source), *options])
    written = tmp_path / "s" / "suggested-profile.yaml"
    return written.read_text() if written.exists() else ""


OPERATOR = of("OperatorsName", "ROE^RICHARD")
AGE = "dicom: {patient-age-from-birthdate: true, fields: [{name: PatientBirthDate, remove: true}]}\n"
BORN = (of("PatientAge", "040Y"), of("PatientBirthDate", "19200102"), of("StudyDate", "20210304"))


@pytest.mark.parametrize(
    ("given", "elements", "names"),
    [
        (AGE, BORN, ["PatientBirthDate"]),
        (AGE, [of("PatientAge", "092Y")], ["PatientAge", "PatientBirthDate"]),
        ("dicom: {fields: [{name: '(0010,0010)', remove: true}]}\n", [of("PatientName", "DOE^J")], ["(0010,0010)"]),
        ("dicom: {fields: [{name: PatientID, hash: true}]}\n", [of("PatientID", "MRN123")], ["PatientID"]),
        ("dicom: {fields: [{regex: ^PatientN.*$, remove: true}]}\n", [of("PatientName", "DOE^J")], []),
    ],
)
def test_what_the_given_profile_would_settle_needs_no_field(tmp_path, source, given, elements, names):
    """A field ``PatientAge: remove`` would take away what the setting writes."""
    elements = sorted([OPERATOR, *elements], key=lambda each: each[:2] + each[2:4])
    (source / "a.dcm").write_bytes(dicom_file(*elements, clean=False))
    text = suggested(tmp_path, source, given)
    fields = Profile.read(text.encode()).dicom.fields
    of_patient = [one.name for one in fields if one.name and one.name.startswith(("Patient", "("))]
    of_patient = [name for name in of_patient if name not in {"PatientIdentityRemoved", "PatientSex"}]
    assert sorted(of_patient) == sorted(names)
    assert "OperatorsName" in {one.name for one in fields}


KEYS = ["PatientName[x]", "PatientName[0]x", ".PatientName", "PatientName.", "a.b/c", "a.b/c|d", "Patient Name", "a*"]
OWN = "json: {fields: [{name: Zz.y, remove: true}]}\n"


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("above", [(), ("x", 0), ("y.z",)])
def test_keys_with_any_character_are_selected(tmp_path, source, key, above):
    """By another separator, where the profile has no fields that are written with one."""
    value: object = {key: "call +1 215 555 0199", "fine": "1"}
    for step in reversed(above):
        value = [value] if isinstance(step, int) else {step: value}
    (source / "a.json").write_text(json.dumps({"PatientID": "MRN00482913", "whole": value}))
    text, report, again = fixable(source, tmp_path)
    assert (counting(report), report["manual_work"], again) == (set(), [], None)
    assert "fine" in next((tmp_path / "copy").iterdir()).read_text()
    assert warnings(text) == []


@pytest.mark.parametrize(
    ("key", "given", "reached"),
    [
        ("Patient\nName", "json: {fields: []}\n", False),
        ("", "json: {fields: []}\n", False),
        ("./|::", "json: {fields: []}\n", False),
        ("a.b", "json: {fields: []}\n", True),
        ("a.b", OWN, False),
        ("a/b", OWN, True),
        ("a/b", OWN.replace("fields", "separator: /, fields"), False),
        ("a.b", OWN.replace("fields", "separator: /, fields"), True),
    ],
)
def test_keys_that_no_selector_names_are_left_to_a_person(tmp_path, source, key, given, reached):
    (source / "a.json").write_text(json.dumps({"PatientID": "MRN00482913", key: "call +1 215 555 0199"}))
    text = suggested(tmp_path, source, given)
    names = [field.name for field in Profile.read(text.encode()).json.fields]
    assert (key in names, "PatientID" in names) == (reached, True)
    work = json.loads((tmp_path / "s" / "report.json").read_text())["manual_work"]
    assert [row["why"] for row in work] == ([] if reached else ["no selector of a profile names such a key"])
    assert any("such a key" in line for line in text.splitlines() if line.startswith("# By hand")) is not reached


def test_json_in_a_string_goes_with_the_string(tmp_path, source):
    """No selector reaches into it; ``log.PatientID`` would name nothing."""
    inner = json.dumps({"PatientID": "MRN00482913", "more": json.dumps([{"PatientName": "DOE^JANE"}])})
    (source / "a.json").write_text(json.dumps({"log": [{"text": inner}], "fine": 1}))
    text, report, again = fixable(source, tmp_path)
    assert (counting(report), report["manual_work"], again) == (set(), [], None)
    assert [field.regex for field in Profile.read(text.encode()).json.fields] == [r"^log\.\d+\.text$"]


def warnings(text: str) -> list[str]:
    """Return what the engine says of a profile."""
    from fw_file_rs import dcm

    told = dcm.DeidProfile.from_yaml(text).validate()
    return [*told["warnings"], *told["errors"]]


def commented(source: Path) -> None:
    with zipfile.ZipFile(source / "a.zip", "w") as archive:
        archive.writestr("1.dcm", dicom_file(of("PatientName", "DOE^JANE"), clean=False))
        archive.comment = b"MRN 00482913"


def test_the_comment_of_an_archive_is_work_by_hand(tmp_path, source):
    """The engine warns of the section that would empty it."""
    commented(source)
    text, report, _ = fixable(source, tmp_path)
    assert warnings(text) == []
    assert Profile.read(text.encode()).zip is None
    assert "\n# zip:\n#   fields:\n#   - name: comment\n#     replace-with: ''\n" in text
    uncommented = text.replace(
        "\n# zip:\n#   fields:\n#   - name: comment\n#     replace-with: ''\n",
        "\nzip:\n  fields:\n  - name: comment\n    replace-with: ''\n",
    )
    assert Profile.read(uncommented.encode()).zip.fields[0].selector == "comment"
    assert {(row["path"], row["pointer"]) for row in report["manual_work"]} == {("a.zip", "comment")}
    assert {pointer for _, pointer in counting(report)} == {"comment"}


def test_the_comment_of_an_archive_goes_where_the_given_profile_has_the_section(tmp_path, source):
    commented(source)
    text = suggested(tmp_path, source, "zip: {allow-unmatched-files: true}\n")
    assert [field.selector for field in Profile.read(text.encode()).zip.fields] == ["comment"]
    assert len(warnings(text)) == 1
    _, report, data = preview(tmp_path, source, text, "--quiet")
    assert zipfile.ZipFile(data / "a.zip").comment == b""
    assert counting(report) == set()


def test_a_round_trip_through_every_kind_of_selector(tmp_path, source):
    """Top level, nested, private, in a private sequence, in an archive, in JSON at any depth."""
    creator = element(0x00290010, "LO", "SITE RIS")
    instance = dicom_file(
        of("AccessionNumber", "A00482913"),
        of("PatientName", "DOE^JANE"),
        sequence("OtherPatientIDsSequence", item(of("PatientID", "MRN00482913"))),
        creator,
        element(0x00291020, "LO", "call +1 215 555 0199"),
        element(0x00291030, "SQ", item(of("PatientID", "MRN00482913"))),
        sequence(
            "RequestAttributesSequence",
            item(sequence("RequestedProcedureCodeSequence", item(of("CodeMeaning", "call +1 215 555 0199")))),
        ),
        clean=False,
    )
    (source / "a.dcm").write_bytes(instance)
    with zipfile.ZipFile(source / "b.zip", "w") as archive:
        archive.writestr("x/1.dcm", instance)
        archive.writestr("x/1.json", json.dumps({"a": [{"b.c": {"PatientID": "MRN00482913"}}]}))
    text, report, again = fixable(source, tmp_path)
    assert (counting(report), unread(report), report["manual_work"], again) == (set(), [], [], None)
    assert warnings(text) == []
    selectors = {field.selector for field in Profile.read(text.encode()).dicom.fields}
    nested = r"/^RequestAttributesSequence\.\d+\.RequestedProcedureCodeSequence\.\d+\.CodeMeaning$/"
    assert {"AccessionNumber", nested, '(0029,"SITE RIS",20)', '(0029,"SITE RIS",30)'} <= selectors


def test_what_the_given_profile_keeps_is_work_by_hand(tmp_path, source):
    """A second field for the same element would quarrel with the first."""
    (source / "a.dcm").write_bytes(dicom_file(of("PatientComments", "call +1 215 555 0199"), OPERATOR))
    text = suggested(tmp_path, source, "dicom: {fields: [{name: PatientComments, keep: true}]}\n")
    assert [one.action for one in Profile.read(text.encode()).dicom.fields if one.name == "PatientComments"] == ["keep"]
    work = json.loads((tmp_path / "s" / "report.json").read_text())["manual_work"]
    assert [(row["pointer"], row["why"]) for row in work] == [
        ("PatientComments", "the given profile has a field for it")
    ]


def test_work_by_hand_is_told_everywhere_where_no_field_is_suggested(tmp_path, source, capsys):
    with zipfile.ZipFile(source / "a.zip", "w") as archive:
        archive.writestr("notes/n.txt", "call +1 215 555 0199")
    output = tmp_path / "o"
    cli.main(["scan", str(source), "-o", str(output), "--pixels", "off"])
    assert not (output / "suggested-profile.yaml").exists()
    (row,) = json.loads((output / "report.json").read_text())["manual_work"]
    assert (row["path"], row["member"], row["pointer"]) == ("a.zip", "notes/n.txt", "content")
    assert row["rule"].startswith("TXT")
    assert row["what"]
    page = (output / "report.html").read_text()
    assert row["why"] in page[page.index('id="by-hand"') :]
    assert "By hand, no profile does it: 1 place, such as content in a.zip > notes/n.txt" in capsys.readouterr().out


@pytest.mark.parametrize(("repeated", "written"), [(10, True), (26, False)])
def test_a_name_that_is_too_long_costs_that_file(tmp_path, source, repeated, written):
    (source / "0123456789.dcm").write_bytes(dicom_file())
    (source / "other.dcm").write_bytes(dicom_file())
    rule = f"{{input-regex: '^(?P<x>[0-9]+)', output: '{'{x}' * repeated}'}}"
    _, report, data = preview(tmp_path, source, f"dicom: {{filenames: [{rule}], fields: []}}\n")
    made = {path.name for path in data.iterdir()}
    assert made == {"other.dcm"} | ({"0123456789" * repeated} if written else set())
    assert [path for path, reason in unread(report) if "255" in reason] == ([] if written else ["0123456789.dcm"])


@pytest.mark.parametrize(("output", "status"), [("in", 2), ("in/s/new", 2), ("copy", 2), ("copy/report", 2), ("o", 0)])
def test_reports_are_kept_apart(tmp_path, source, capsys, output, status):
    (source / "s" / "a.txt").write_text("a quiet scan")
    before = snapshot(source)
    (tmp_path / "p.yaml").write_text(PROFILE)
    command = ["preview", str(tmp_path / "p.yaml"), str(source), "--data", str(tmp_path / "copy"), "--pixels", "off"]
    assert cli.main([*command, "-o", str(tmp_path / output)]) == status
    assert snapshot(source) == before
    assert (tmp_path / "copy").exists() is (status == 0)
    assert ("-o" in capsys.readouterr().err) is (status == 2)


# -- encodings, archives, and what is said of them


def encoded(syntax: str, *, pixels: bytes = b"\1\2" * 64) -> bytes:
    import pydicom

    dataset = pydicom.dcmread(io.BytesIO(dicom_file(of("PatientName", f"{CANARY}^JANE"), of("Modality", "MR"))))
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3.4.5"
    inner = pydicom.Dataset()
    inner.AccessionNumber = "A1"
    if syntax != "1.2.840.10008.1.2.2":  # see the test of what the engine damages
        dataset.RequestAttributesSequence = [inner]
    dataset.Rows = 258
    dataset.PixelData = pixels
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, dataset, implicit_vr=False, little_endian=syntax != "1.2.840.10008.1.2.2")
    return stream.getvalue()


def test_big_endian_files_are_rewritten(tmp_path, source):
    import pydicom

    original = encoded("1.2.840.10008.1.2.2")
    (source / "a.dcm").write_bytes(original)
    _, report, data = preview(tmp_path, source)
    made = (data / "a.dcm").read_bytes()
    assert unread(report) == []
    assert CANARY.encode() not in made
    assert made.endswith(original[original.index(b"\x7f\xe0\x00\x10") :])
    dataset = pydicom.dcmread(io.BytesIO(made))
    assert (dataset.Rows, dataset.PatientName, dataset.DeidentificationMethod) == (258, "", "site_v1.0")
    assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.2"


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize("undefined", [True, False])
def test_sequences_that_say_their_length_cost_nothing(tmp_path, source, undefined, explicit):
    """The engine would write them so that no reader finds what follows, the pixel data included."""
    import pydicom

    inner, outer, dataset = pydicom.Dataset(), pydicom.Dataset(), pydicom.dcmread(io.BytesIO(dicom_file()))
    inner.CodeMeaning = "head"
    outer.RequestedProcedureCodeSequence = [inner]
    outer.ScheduledProcedureStepDescription = "after the inner sequence"
    dataset.RequestAttributesSequence = [outer, inner]
    dataset["RequestAttributesSequence"].is_undefined_length = undefined
    dataset.RequestedProcedureComments = "after the sequence"
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1" if explicit else "1.2.840.10008.1.2"
    pydicom.dcmwrite(source / "a.dcm", dataset, implicit_vr=not explicit, little_endian=True)
    _, report, data = preview(tmp_path, source)
    assert unread(report) == []
    made = pydicom.dcmread(data / "a.dcm")
    del made.DeidentificationMethod, dataset.DeidentificationMethod, made[0x00100010]
    assert made == dataset


def test_what_the_engine_damages_is_not_imported(tmp_path, source):
    """The same in big endian, where the sequence isn't opened here."""
    import pydicom

    inner, dataset = pydicom.Dataset(), pydicom.dcmread(io.BytesIO(encoded("1.2.840.10008.1.2.2")))
    inner.AccessionNumber = "A1"
    dataset.RequestAttributesSequence = [inner]
    pydicom.dcmwrite(source / "a.dcm", dataset, implicit_vr=False, little_endian=False)
    _, report, data = preview(tmp_path, source)
    assert unread(report) == [("a.dcm", "not imported: what the profile's engine makes of it can't be read")]
    assert not list(data.iterdir())


def test_what_the_engine_cannot_read_costs_that_file(tmp_path, source, capsys):
    """The engine doesn't read deflated files: the site would not import them."""
    (source / "deflated.dcm").write_bytes(encoded("1.2.840.10008.1.2.1.99"))
    (source / "fine.dcm").write_bytes(dicom_file())
    _, report, data = preview(tmp_path, source)
    assert [path.name for path in data.iterdir()] == ["fine.dcm"]
    assert unread(report) == [("deflated.dcm", "not imported: Flywheel's engine doesn't read deflated files")]
    assert capsys.readouterr().out.count("not imported: deflated.dcm: Flywheel's engine") == 1
    assert report["verdict"] == "INCOMPLETE"


def tarred(data: bytes, name: str, mode: str) -> bytes:
    import tarfile

    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "inner", "reason"),
    [
        (
            "a.tar",
            ("a.dcm", dicom_file(of("PatientName", CANARY))),
            "a tar archive is copied as it is, the dicom in it",
        ),
        ("a.tgz", ("a.dcm", dicom_file(of("PatientName", CANARY))), "the dicom in it too: only zip"),
        ("a.tar", ("a.txt", b"a quiet scan"), None),
    ],
)
def test_other_archives_are_copied_and_said_to_be(tmp_path, source, name, inner, reason):
    original = tarred(inner[1], inner[0], "w:gz" if name.endswith("gz") else "w")
    (source / name).write_bytes(original)
    _, report, data = preview(tmp_path, source)
    assert (data / name).read_bytes() == original
    assert [reason in told for _, told in unread(report)] == ([True] if reason else [])
    assert [row["path"] for row in report["run"]["preview"]["not_applied"]] == ([name] if reason else [])
    assert report["run"]["preview"]["written"] == 1


def test_archives_in_archives_are_copied_and_said_to_be(tmp_path, source):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("1.dcm", dicom_file(of("PatientName", CANARY)))
    with zipfile.ZipFile(source / "a.zip", "w") as archive:
        archive.writestr("x/inner.zip", inner.getvalue())
        archive.writestr("x/fine.tar", tarred(b"quiet", "a.txt", "w"))
    _, report, _ = preview(tmp_path, source)
    told = report["run"]["preview"]["not_applied"]
    assert [(row["path"], row["member"]) for row in told] == [("a.zip", "x/inner.zip")]
    assert report["verdict"] in {"INCOMPLETE", "FAIL"}


def manual(report: dict) -> set[tuple[str, str | None, str]]:
    return {(row["path"], row["member"], row["pointer"]) for row in report["manual_work"] if "Unpack" in row["what"]}


def test_what_is_in_archives_that_are_not_rebuilt_is_to_be_unpacked(tmp_path, source):
    """The suggested profile has its fields, and says that they don't reach it; so does a preview with them."""
    data = dicom_file(of("PatientName", CANARY))
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("1.dcm", data)
    with zipfile.ZipFile(source / "n.zip", "w") as archive:
        archive.writestr("2.dcm", data)  # the same finding, in a member that the profile reaches
        archive.writestr("x/inner.zip", inner.getvalue())
    with zipfile.ZipFile(source / "z.zip", "w") as archive:
        archive.writestr("3.dcm", data)
    (source / "a.dcm").write_bytes(data)
    (source / "t.tar").write_bytes(tarred(data, "4.dcm", "w"))
    wanted = {("n.zip", "x/inner.zip!/1.dcm", "PatientName"), ("t.tar", "4.dcm", "PatientName")}
    output = tmp_path / "scan"
    cli.main(["scan", str(source), "-o", str(output), "--pixels", "off"])
    assert manual(json.loads((output / "report.json").read_text())) == wanted
    suggested = (output / "suggested-profile.yaml").read_text()
    assert "- name: PatientName" in suggested
    assert suggested.count("Unpack") == 1
    _, report, _ = preview(tmp_path, source, suggested)
    assert manual(report) == wanted
    assert {row["path"] for row in report["manual_work"]} == {"n.zip", "t.tar"}
    assert not any("action of that field" in row["what"] for row in report["manual_work"])


def test_an_object_that_loses_its_last_value_is_not_called_inserted(tmp_path, source):
    (source / "a.json").write_text(json.dumps({"a": {"PatientName": CANARY}, "b": [{"PatientID": "1"}], "c": {}}))
    profile = "json: {fields: [{name: a.PatientName, remove: true}, {name: b.0.PatientID, remove: true}]}"
    _, report, _ = preview(tmp_path, source, profile)
    rows = {(row["pointer"], row["action"]) for row in report["run"]["preview"]["changed"]}
    assert rows == {("a.PatientName", "removed"), ("b[].PatientID", "removed")}


def test_what_was_changed_stands_in_the_record_and_on_the_page(tmp_path, source):
    request = sequence(
        "RequestAttributesSequence", item(of("AccessionNumber", "A1")), item(of("AccessionNumber", "A2"))
    )
    (source / "a.dcm").write_bytes(dicom_file(of("PatientName", CANARY), request))
    (source / "b.dcm").write_bytes(dicom_file(of("PatientName", ""), clean=False))
    (source / "c.dcm").write_bytes(encoded("1.2.840.10008.1.2.1.99"))
    (source / "d.csv").write_text("a,b\n1,2\n")
    (source / "notes.txt").write_text("quiet")
    nested = r"  - {regex: '^RequestAttributesSequence\.\d+\.AccessionNumber$', remove: true}" + "\n"
    _, report, _ = preview(tmp_path, source, PROFILE + nested + "csv: {fields: []}\n")
    told = report["run"]["preview"]
    assert (told["written"], told["rewritten"]) == (4, 2)
    rows = {(row["pointer"], row["action"]): row["files"] for row in told["changed"]}
    assert rows["PatientName", "emptied"] == 1
    assert rows["RequestAttributesSequence[].AccessionNumber", "removed"] == 1
    assert [row["path"] for row in told["not_imported"]] == ["c.dcm"]
    assert [row["path"] for row in told["not_applied"]] == ["d.csv"]
    page = (tmp_path / "report" / "report.html").read_text()
    part = page[page.index('<section id="preview"') :].partition("</section>")[0]
    assert all(words in part for words in ("RequestAttributesSequence[].AccessionNumber", "c.dcm", "d.csv", "emptied"))
    assert CANARY not in page
    import jsonschema

    from fw_gear_deid_check.reporters.json import schema

    jsonschema.Draft202012Validator(schema()).validate(report)


def test_a_file_that_cannot_be_named_is_not_counted_as_written(tmp_path, source):
    for name in ("a.dcm", "b.dcm"):
        (source / name).write_bytes(dicom_file(of("PatientName", CANARY), of("SOPInstanceUID", "1.2.3")))
    text = PROFILE.replace("  fields:", "  filenames: [{input-regex: '.*', output: '{SOPInstanceUID}.dcm'}]\n  fields:")
    _, report, data = preview(tmp_path, source, text)
    assert [path.name for path in data.iterdir()] == ["1.2.3.dcm"]
    told = report["run"]["preview"]
    assert (told["written"], told["rewritten"]) == (1, 1)
    assert {row["files"] for row in told["changed"] if row["pointer"] == "PatientName"} == {1}
    assert [row["path"] for row in told["not_imported"]] == ["b.dcm"]


def test_a_section_for_names_names(tmp_path, source):
    (source / "DOE_12.csv").write_text("a,b\n")
    rule = r"{input-regex: '^.*_(?P<x>\d+)[.]csv$', output: 'sub-{x}.csv'}"
    _, report, data = preview(tmp_path, source, f"filename: {{filenames: [{rule}]}}\n")
    assert [path.name for path in data.iterdir()] == ["sub-12.csv"]
    assert unread(report) == []


def test_help_lists_no_option_that_is_refused(capsys):
    with pytest.raises(SystemExit):
        cli.main(["preview", "--help"])
    assert "--profile" not in capsys.readouterr().out
    with pytest.raises(SystemExit) as refused:
        cli.main(["preview", "--profile", "p.yaml", "p.yaml", "."])
    assert refused.value.code == 2


def test_a_full_disk_leaves_nothing_half_written(tmp_path, source, monkeypatch, capsys):
    """The run ends with one line, and without a report: what can't be written isn't the fault of one file."""
    import errno

    from fw_gear_deid_check.profile import apply

    (source / "a.dcm").write_bytes(dicom_file(of("PatientName", CANARY)))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", CANARY)

    monkeypatch.setattr(apply.shutil, "copyfileobj", full)
    status, report, data = preview(tmp_path, source)
    assert (status, report) == (2, {})
    assert list(data.rglob("*")) == []
    told = capsys.readouterr()
    assert "No space left on device" in told.err
    assert CANARY not in told.out + told.err


def test_a_sequence_that_lies_costs_that_file(tmp_path, source):
    lie = b"\xfe\xff\x00\xe0" + (50).to_bytes(4, "little") + of("AccessionNumber", "A1")
    (source / "lie.dcm").write_bytes(dicom_file(of("RequestAttributesSequence", lie)))
    (source / "fine.dcm").write_bytes(dicom_file())
    _, report, data = preview(tmp_path, source)
    assert "fine.dcm" in {path.name for path in data.iterdir()}
    assert {path for path, _ in unread(report)} == {"lie.dcm"}


def test_a_defect_of_our_own_costs_that_file(tmp_path, source, monkeypatch, capsys):
    from fw_gear_deid_check.profile import apply

    (source / "a.dcm").write_bytes(dicom_file(of("PatientName", CANARY)))
    (source / "b.txt").write_text("quiet")

    def broken(*_: object) -> None:
        raise KeyError(CANARY)

    monkeypatch.setattr(apply, "changes", broken)
    _, report, data = preview(tmp_path, source)
    assert [path.name for path in data.iterdir()] == ["b.txt"]
    assert unread(report) == [("a.dcm", "not imported: it can't be treated (KeyError)")]
    assert CANARY not in capsys.readouterr().out
