"""Table E.1-1 of PS3.15 through the whole checker: each row found, and quiet when its option retains it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from fw_gear_deid_check.findings import Finding
from fw_gear_deid_check.policy import Policy, table
from fw_gear_deid_check.readers import dictionary
from fw_gear_deid_check.readers.dicom import pointer_name
from tests.checkers.dicom_data import VENDOR_UID, dicom_file, element, findings, item, of, rows_of_the_table, sequence

VALUES = {
    "PN": "Quux^Corge", "DA": "20210304", "DT": "20210304101112", "TM": "101112.5", "UI": VENDOR_UID, "AS": "045Y",
    "DS": "71.5", "IS": "3", "UR": "http://intra.invalid/x", "AE": "STORE7", "CS": "WEST", "LO": "Body", "SH": "Body",
    "ST": "Body", "LT": "Body", "UT": "Body", "UC": "Body",
}  # fmt: skip
PRIVATE = [element(0x00290010, "LO", "ACME 1"), element(0x00291001, "LO", "Body")]
ROWS = list(rows_of_the_table())
FIRST_EDITION = (
    "InstanceCreatorUID SOPInstanceUID AccessionNumber InstitutionName InstitutionAddress ReferringPhysicianName "
    "ReferringPhysicianAddress ReferringPhysicianTelephoneNumbers StationName StudyDescription SeriesDescription "
    "InstitutionalDepartmentName PhysiciansOfRecord PerformingPhysicianName NameOfPhysiciansReadingStudy OperatorsName "
    "AdmittingDiagnosesDescription ReferencedSOPInstanceUID DerivationDescription PatientName PatientID "
    "PatientBirthDate PatientBirthTime PatientSex OtherPatientIDs OtherPatientNames PatientAge PatientSize "
    "PatientWeight MedicalRecordLocator EthnicGroup Occupation AdditionalPatientHistory PatientComments "
    "DeviceSerialNumber ProtocolName StudyInstanceUID SeriesInstanceUID StudyID FrameOfReferenceUID "
    "SynchronizationFrameOfReferenceUID ImageComments RequestAttributesSequence UID ContentSequence "
    "StorageMediaFileSetUID ReferencedFrameOfReferenceUID RelatedFrameOfReferenceUID"
)
"""What the first edition of the profile removed; studies of de-identification tools still count these."""


def tag_and_element(attribute: table.Attribute) -> tuple[int, list[bytes]]:
    """Return the tag of a row, and a populated element of it."""
    if attribute.tag == "private":
        return 0x00291001, PRIVATE
    tag = int(attribute.tag.replace("x", "0"), 16)
    if attribute.tag == "50xxxxxx":
        tag = 0x50003000
    vr = dictionary.vr(tag) or "LO"
    if vr == "SQ":
        return tag, [element(tag, "SQ", item() + item(of("CodeMeaning", "Body")))]
    return tag, [element(tag, vr, VALUES.get(vr, b"\x01\x02\x03\x04"))]


def found_at(attribute: table.Attribute, policy: str | Policy, *, nested: bool) -> list[Finding]:
    tag, elements = tag_and_element(attribute)
    creator = b"ACME 1" if attribute.tag == "private" else None
    pointer = pointer_name(tag, creator)
    if tag >> 16 == 2:
        data = dicom_file(meta=b"".join(elements))
        pointer = f"file_meta.{pointer}"
    elif nested:
        data = dicom_file(sequence("SourceImageSequence", item(), item(*elements)))
        pointer = f"SourceImageSequence[1].{pointer}"
    else:
        data = dicom_file(*elements)
    slugs = {"direct-identifier", "staff-name", "indirect-identifier", "attribute"}
    return [each for each in findings(data, policy) if each.location.pointer == pointer and each.rule.slug in slugs]


@cache
def retaining(option: str, folder: Path) -> Policy:
    """Return the basic profile with one option."""
    key = "retain" if option in table.RETAIN else "clean"
    path = folder / f"{option}.yaml"
    path.write_text(f"name: {option}\nextends: ps3.15-basic\n{key}: [{option}]\n")
    return Policy.load(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("policies")


BASIC = Policy.load("ps3.15-basic")


@pytest.mark.parametrize("nested", [False, True], ids=["top", "nested"])
@pytest.mark.parametrize("attribute", ROWS, ids=lambda attribute: attribute.keyword or attribute.tag)
def test_a_populated_element_is_found(attribute: table.Attribute, nested: bool) -> None:
    found = found_at(attribute, BASIC, nested=nested)
    if "U*" in attribute.basic:  # its UIDs are judged where they stand
        assert not found
    else:
        assert [each.level.value for each in found] == ["FAIL"]
        assert "Table E.1-1" in (found[0].source or "") or "164.514" in (found[0].source or "")


@pytest.mark.parametrize("attribute", [row for row in ROWS if row.options], ids=lambda row: row.keyword or row.tag)
def test_it_is_quiet_when_its_option_keeps_or_cleans_it(attribute: table.Attribute, folder: Path) -> None:
    for option, _ in attribute.options:
        found = found_at(attribute, retaining(option, folder), nested=False)
        if attribute.tag == "private":
            assert found  # only private elements that are known to be safe are retained
        else:
            assert not found


@pytest.mark.parametrize("keyword", FIRST_EDITION.split())
def test_the_first_edition(keyword: str) -> None:
    attribute = table.by_keyword()[table.fold_keyword(keyword)]
    levels = [
        each.level.value for name in ("safe-harbor", "ps3.15-basic") for each in found_at(attribute, name, nested=False)
    ]
    assert "FAIL" in levels


def test_safe_private_elements_are_retained(folder: Path) -> None:
    safe = [element(0x00190010, "LO", "SIEMENS MR HEADER"), element(0x0019100C, "IS", "1000")]
    unknown = [element(0x00190010, "LO", "SIEMENS MR HEADER"), element(0x001910FE, "LO", "Body")]
    policy = retaining("safe-private", folder)
    assert not [each for each in findings(dicom_file(*safe), policy) if each.location.pointer.startswith("(")]
    assert [each for each in findings(dicom_file(*unknown), policy) if each.location.pointer.startswith("(")]
