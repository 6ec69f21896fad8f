"""The real phantom scans of ``../shared/data``: what has to be found there, and what has to be left alone."""

import json
from pathlib import Path

import pytest

from fw_gear_deid_check import cli

DATA = Path(__file__).parents[2] / "shared" / "data" / "penn_prisma"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real scans are not here")


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    done = {}

    def scan(name, *options):
        if (name, *options) not in done:
            folder = tmp_path_factory.mktemp(name)
            cli.main(["scan", str(DATA / name), "-o", str(folder), "--quiet", *options])
            done[name, *options] = json.loads((folder / "report.json").read_text())
        return done[name, *options]

    return scan


def pointers(report, level, *slugs):
    return {
        finding["pointer"]
        for finding in report["findings"]
        if finding["level"] == level and (not slugs or finding["slug"] in slugs)
    }


def test_raw(scanned):
    report = scanned("raw")
    assert report["verdict"] == "FAIL"
    assert pointers(report, "FAIL") >= {
        "PatientName",
        "PatientBirthDate",
        "PatientMotherBirthName",
        "ReferringPhysicianName",
        "OperatorsName",
    }


def test_deidentified_fails_for_the_operator_alone(scanned):
    report = scanned("deidentified")
    assert report["verdict"] == "FAIL"
    assert pointers(report, "FAIL") == {"OperatorsName"}
    assert pointers(report, "REVIEW") == set()
    assert {item["deidentification_method"] for item in report["items"]} == {"Penn_BSC_profile_v3.0"}


def test_archives_are_read(scanned):
    report = scanned("flywheel")
    assert report["coverage"]["not_checked"] == []
    assert [(item["kind"], item["members"], item["instances"]) for item in report["items"]] == [
        ("dicom", 3, 3),
        ("dicom", 32, 32),
    ]


def test_what_ps3_15_removes_is_found(scanned):
    report = scanned("deidentified", "--policy", "ps3.15-basic")
    failed = pointers(report, "FAIL")
    assert failed >= {
        "InstitutionAddress",
        "OperatorsName",
        "StationName",
        "DeviceSerialNumber",
        "StudyDate",
        "PerformedProcedureStepID",
        "SOPInstanceUID",
    }
    kept = pointers(scanned("deidentified"), "INFO")
    assert failed - {"OperatorsName"} - kept - pointers(report, "FAIL", "attribute") == set()
