"""The search for what is known, through the whole run: learned in one place, found in disguise in all others."""

import csv
import json
import shutil
from pathlib import Path

import pydicom
import pytest

from fw_gear_deid_check import cli, demo

RAW = Path(__file__).parents[2] / "shared" / "data" / "penn_prisma" / "raw" / "1_anat"


def scan(folder, out, *options):
    cli.main(["scan", str(folder), "-o", str(out), "--quiet", "--pixels", "off", *map(str, options)])
    return json.loads((out / "report.json").read_text())


def prints(report, path, pointer, *slugs):
    """Return the fingerprints of the FAIL findings at a place."""
    return {
        finding["evidence"]["fingerprint"]
        for finding in report["findings"]
        if (finding["path"], finding["pointer"], finding["level"]) == (path, pointer, "FAIL")
        and (not slugs or finding["slug"] in slugs)
    }


@pytest.mark.skipif(not RAW.is_dir(), reason="the real scans are not here")
def test_a_real_name_and_birth_date_are_found_in_disguise_and_tied_to_where_they_come_from(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(RAW / "1_anat_000.dcm", folder / "scan.dcm")
    original = pydicom.dcmread(folder / "scan.dcm", stop_before_pixels=True)
    family, given = str(original.PatientName).split("^")[:2]
    born = original.PatientBirthDate
    assert family
    assert len(born) == 8
    (folder / "side.json").write_text(json.dumps({"note": f"{given.title()}{family.title()} rest"}))
    carrier = demo._instance(0)
    block = carrier.private_block(0x0011, "ACME 1.0", create=True)
    block.add_new(0x01, "OB", f"born {born[4:6]}/{born[6:]}/{born[:4]}".encode("utf-16-le"))
    (folder / "carrier.dcm").write_bytes(demo._bytes(carrier))

    report = scan(folder, tmp_path / "out")
    name = prints(report, "scan.dcm", "PatientName", "direct-identifier")
    birth = prints(report, "scan.dcm", "PatientBirthDate", "direct-identifier")
    assert len(name) == len(birth) == 1
    assert name <= prints(report, "side.json", "note", "known-identifier")
    assert birth <= prints(report, "carrier.dcm", '(0011,"ACME 1.0",01)')


def subjects(tmp_path):
    folder = tmp_path / "in"
    for subject, family in (("sub-01", "Quetzalcoatl"), ("sub-02", "Zanzibarian")):
        (folder / subject).mkdir(parents=True)
        (folder / subject / "scan.json").write_text(json.dumps({"PatientName": f"{family}^Ix"}))
        (folder / subject / "notes.txt").write_text("seen: quetzalcoatl i\n")
    (folder / "README").write_text("quetzalcoatl i was the first\n")
    return folder


def test_a_name_is_searched_for_in_its_own_subject_and_in_what_belongs_to_none(tmp_path):
    report = scan(subjects(tmp_path), tmp_path / "out")
    found = {finding["path"] for finding in report["findings"] if finding["slug"] == "known-identifier"}
    assert found == {"sub-01/notes.txt", "README"}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"subject": "", "name": "Quetzalcoatl^Ix"}, {"sub-01/notes.txt", "sub-02/notes.txt", "README"}),
        ({"subject": "sub-02", "name": "Quetzalcoatl^Ix"}, {"sub-01/notes.txt", "sub-02/notes.txt", "README"}),
    ],
)
def test_the_users_list_crosses_subjects_where_it_says_so(tmp_path, row, found):
    folder = subjects(tmp_path)
    listed = tmp_path / "list.csv"
    with listed.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["subject", "name"])
        writer.writeheader()
        writer.writerow(row)
    report = scan(folder, tmp_path / "out", "--identifiers", listed)
    assert {each["path"] for each in report["findings"] if each["slug"] == "known-identifier"} == found


def test_the_list_proves_absence_where_nothing_is_left_to_learn_from(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "T1w.json").write_text(json.dumps({"ProtocolName": "t1 QTZ7714X brain"}))
    listed = tmp_path / "list.txt"
    listed.write_text("QTZ7714X\n")
    assert scan(folder, tmp_path / "a")["verdict"] == "PASS"
    assert scan(folder, tmp_path / "b", "--identifiers", listed)["verdict"] == "FAIL"


@pytest.mark.parametrize(("entry", "verdict"), [("Smith", "FAIL"), ("Li", "INCOMPLETE"), ("Jones", "PASS")])
def test_a_listed_word_is_searched_for_as_it_stands_or_said_not_to_be(tmp_path, entry, verdict):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "T1w.json").write_text(json.dumps({"ProtocolName": "study of smith done"}))
    listed = tmp_path / "list.txt"
    listed.write_text(f"{entry}\n")
    assert scan(folder, tmp_path / "out", "--identifiers", listed)["verdict"] == verdict


@pytest.mark.parametrize(("changed", "found"), [(False, True), (True, False)])
@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"])
def test_a_uid_of_the_original_data_that_was_not_replaced(tmp_path, keyword, changed, found):
    folder = tmp_path / "in"
    folder.mkdir()
    data = demo._instance(0)
    setattr(data, keyword, "1.2.826.0.1.3680043.8.498.99999.1")
    if keyword == "SOPInstanceUID":
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    (folder / "a.dcm").write_bytes(demo._bytes(data))
    listed = tmp_path / "originals.csv"
    listed.write_text(f"uid\n1.2.826.0.1.3680043.8.498.99999.{2 if changed else 1}\n")
    report = scan(folder, tmp_path / "out", "--identifiers", listed)
    assert bool(prints(report, "a.dcm", keyword, "known-identifier")) == found


def test_a_telephone_number_and_an_id_in_groups_of_digits_are_known_wherever_they_stand(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    original = demo._instance(0)
    original.PatientID, original.PatientTelephoneNumbers = "41500632", "(913) 555-0147"
    (folder / "original.dcm").write_bytes(demo._bytes(original))
    for name, text in (("id", "41 500 632"), ("other", "41 500 633"), ("phone", "913 555 0147")):
        carrier = demo._instance(0)
        carrier.private_block(0x0011, "ACME 1.0", create=True).add_new(0x01, "LT", text)
        (folder / f"{name}.dcm").write_bytes(demo._bytes(carrier))
    (folder / "note.txt").write_text("call 9135550147\n")
    report = scan(folder, tmp_path / "out")
    found = {finding["path"] for finding in report["findings"] if finding["slug"] == "known-identifier"}
    assert found == {"id.dcm", "phone.dcm", "note.txt"}


def test_a_name_with_a_backslash_is_masked_where_its_escapes_are_decoded_to_what_is_known(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    original = demo._instance(0)
    original.PatientID = "QZX4150632"
    (folder / "original.dcm").write_bytes(demo._bytes(original))
    (folder / "QZX\\u0034150632.txt").write_text("nothing\n")
    report = scan(folder, tmp_path / "out")
    told = (tmp_path / "out" / "report.json").read_text() + (tmp_path / "out" / "items.csv").read_text()
    assert "4150632" not in told.replace("\\u0034", "4")
    assert "150632" not in told
    assert [item["verdict"] for item in report["items"]] == ["FAIL", "FAIL"]
