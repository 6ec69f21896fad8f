import json

import pytest

from fw_gear_deid_check import cli, demo


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    status = cli.main(["demo", "-o", str(folder), "--quiet"])
    return status, json.loads((folder / "report.json").read_text())


def test_every_planted_identifier_is_found_at_its_place_and_fails(report, tmp_path):
    status, document = report
    assert status == 1
    found = {(each["path"], each["pointer"]) for each in document["findings"] if each["level"] == "FAIL"}
    missed = [planted for planted in demo.make(tmp_path) if (planted.path, planted.pointer) not in found]
    assert missed == []


def test_nothing_else_is_raised(report, tmp_path):
    planted = {(each.path, each.pointer) for each in demo.make(tmp_path)}
    raised = {
        (each["path"], each["pointer"], each["message"])
        for each in report[1]["findings"]
        if each["level"] != "INFO" and each["slug"] != "no-deidentification-record"
    }
    assert {each for each in raised if each[:2] not in planted} == set()


def test_the_one_instance_of_twelve_is_named(report):
    (name,) = (
        each
        for each in report[1]["findings"]
        if each["pointer"] == "PatientName" and each["path"].endswith(".zip") and each["level"] == "FAIL"
    )
    assert (name["member"], name["members"]) == ("T1w/IM_0006.dcm", 1)


def test_everything_was_checked(report):
    assert report[1]["coverage"]["not_checked"] == []
    assert report[1]["coverage"]["instances"] == demo.SLICES + 1


def test_no_planted_value_is_in_a_report(tmp_path):
    cli.main(["demo", "-o", str(tmp_path), "--quiet"])
    text = "".join(path.read_text("utf-8").casefold() for path in tmp_path.iterdir())
    for value in (demo.NAME, demo.MOTHER, demo.PHYSICIAN, demo.OPERATOR, demo.BIRTH_DATE, demo.MRN, demo.ACCESSION):
        for part in value.casefold().split("^"):
            assert part not in text
