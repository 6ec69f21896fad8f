"""The DICOM checker: planted identifiers and their clean neighbours, in every place of a file."""

from __future__ import annotations

import gzip
import io
import logging
import random
import subprocess
import sys
import zlib
from pathlib import Path
from struct import pack

import pytest
from pydicom._private_dict import private_dictionaries

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Fact, Finding, Identifier, Shared, Text, Unread, texts_of
from fw_gear_deid_check.items import Item, Parents
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.readers import dicom
from fw_gear_deid_check.readers.dicom_elements import read_elements
from fw_gear_deid_check.readers.dicom_window import Window
from fw_gear_deid_check.records import Record
from tests.checkers.dicom_data import (
    PIXELS,
    VENDOR_UID,
    checker,
    content_of,
    dicom_file,
    element,
    findings,
    item,
    observe,
    of,
    sequence,
    shared_data,
    told,
)
from tests.readers.test_csa import header
from tests.readers.test_dicom import damaged

SHARED = shared_data() / "penn_prisma"
NAME = "Quux^Corge"
EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
SIEMENS = element(0x00290010, "LO", "SIEMENS CSA HEADER")
ACME = element(0x00290010, "LO", "ACME 1")


def csa_with(name: str) -> bytes:
    """Return a private CSA header whose protocol names the patient."""
    lines = "".join(f"sSlice[{n}].dSag = {n}.5\n" for n in range(400))
    protocol = f'<XProtocol>\n<ParamString."tPatientName"> {{ "{name}" }}\n{lines}'
    return element(0x00291020, "OB", header({"MrPhoenixProtocol": [protocol.encode()], "ReadoutOS": [b"2.00000000"]}))


PLANTED = {
    "top level": ([of("PatientName", NAME)], "PatientName", [of("PatientName", "^^^^")]),
    "second value": ([of("OtherPatientIDs", "\\4711-0815")], "OtherPatientIDs", [of("OtherPatientIDs", "\\")]),
    "ideographic group": ([of("PatientName", "=Quux^Corge=")], "PatientName", [of("PatientName", "==")]),
    "second item": (
        [sequence("OtherPatientIDsSequence", item(), item(of("PatientID", "471108")))],
        "OtherPatientIDsSequence[1].PatientID",
        [sequence("OtherPatientIDsSequence", item(), item(of("PatientID", ""), of("TypeOfPatientID", "TEXT")))],
    ),
    "sequence about a person": (
        [sequence("PersonIdentificationCodeSequence", item(of("CodeValue", "R471108")))],
        "PersonIdentificationCodeSequence",
        [sequence("PersonIdentificationCodeSequence", item(of("CodingSchemeDesignator", "L")))],
    ),
    "undefined length item": (
        [sequence("RequestAttributesSequence", item(of("AccessionNumber", "A471108"), undefined=True))],
        "RequestAttributesSequence[0].AccessionNumber",
        [sequence("RequestAttributesSequence", item(of("AccessionNumber", ""), undefined=True))],
    ),
    "original attributes": (
        [
            sequence(
                "OriginalAttributesSequence",
                item(sequence("ModifiedAttributesSequence", item(of("PatientName", NAME)))),
            )
        ],
        "OriginalAttributesSequence[0].ModifiedAttributesSequence[0].PatientName",
        [sequence("OriginalAttributesSequence", item(sequence("ModifiedAttributesSequence", item())))],
    ),
    "structured report": (
        [
            sequence(
                "ContentSequence",
                item(sequence("ContentSequence", item(sequence("ContentSequence", item(of("PersonName", NAME)))))),
            )
        ],
        "ContentSequence[0].ContentSequence[0].ContentSequence[0].PersonName",
        [sequence("ContentSequence", item(sequence("ContentSequence", item(of("PersonName", "")))))],
    ),
    "unknown VR that is a sequence": (
        [element(0x00400275, "UN", item(of("AccessionNumber", "A471108", explicit=False)))],
        "RequestAttributesSequence[0].AccessionNumber",
        [element(0x00400275, "UN", item(of("AccessionNumber", "", explicit=False)))],
    ),
    "unknown VR of a known element": (
        [element(0x00100010, "UN", NAME)],
        "PatientName",
        [element(0x00100010, "UN", "")],
    ),
    "private sequence": (
        [ACME, element(0x00291001, "SQ", item(of("PatientName", NAME)))],
        '(0029,"ACME 1",01)[0].PatientName',
        [ACME, element(0x00291001, "SQ", item(of("PatientName", "")))],
    ),
    "comment": (
        [of("ImageComments", "pt MRN: 00471108, moved")],
        "ImageComments",
        [of("ImageComments", "repeat, moved")],
    ),
    "code meaning": (
        [sequence("ProcedureCodeSequence", item(of("CodeMeaning", "call jane.quux@mail.example.org")))],
        "ProcedureCodeSequence[0].CodeMeaning",
        [sequence("ProcedureCodeSequence", item(of("CodeMeaning", "MR head without contrast")))],
    ),
    "text in a date": (
        [of("AcquisitionDate", "DOB 03/04/1971")],
        "AcquisitionDate",
        [of("AcquisitionDate", "20210304")],
    ),
    "text in a number": ([of("EchoTime", "SSN 219-09-9999")], "EchoTime", [of("EchoTime", "2.9")]),
    "private text": (
        [ACME, element(0x00291001, "LO", "Patient Name: Corge Quux")],
        '(0029,"ACME 1",01)',
        [ACME, element(0x00291001, "LO", "ChannelMixing")],
    ),
    "private creator": (
        [element(0x00290010, "LO", "Patient MRN: 84736251"), element(0x00291001, "LO", "ChannelMixing")],
        "(0029,0010)",
        [element(0x00290010, "LO", "GEMS_IDEN_01"), element(0x00291001, "LO", "ChannelMixing")],
    ),
    "private bytes, zlib": (
        [ACME, element(0x00291001, "OB", pack("<L", 99) + zlib.compress(b"Patient Name: Corge Quux"))],
        '(0029,"ACME 1",01)',
        [ACME, element(0x00291001, "OB", pack("<L", 99) + zlib.compress(b"Channel mixing off"))],
    ),
    "private text, other block": (
        [element(0x00290011, "LO", "ACME 1"), element(0x00291101, "LO", "Patient Name: Corge Quux")],
        '(0029,"ACME 1",01)',
        [element(0x00290011, "LO", "ACME 1"), element(0x00291101, "LO", "ChannelMixing")],
    ),
    "private orphan": (
        [element(0x00291001, "LO", "Patient Name: Corge Quux")],
        "(0029,1001)",
        [element(0x00291001, "LO", "ChannelMixing")],
    ),
    "private bytes, UTF-16": (
        [ACME, element(0x00291001, "OB", "Patient Name: Corge Quux".encode("utf-16-le"))],
        '(0029,"ACME 1",01)',
        [ACME, element(0x00291001, "OB", "Channel mixing off".encode("utf-16-le"))],
    ),
    "private bytes among binary": (
        [ACME, element(0x00291001, "UN", bytes(range(40)) + b"DOB: 03/04/1971\0" + bytes(range(200, 250)))],
        '(0029,"ACME 1",01)',
        [ACME, element(0x00291001, "UN", bytes(range(40)) + bytes(range(200, 250)))],
    ),
    "known private carrier": (
        [element(0x00090010, "LO", "GEMS_PETD_01"), element(0x00091002, "LO", "x471108")],
        '(0009,"GEMS_PETD_01",02)',
        [element(0x00090010, "LO", "GEMS_PETD_01"), element(0x00091002, "LO", "")],
    ),
    "CSA protocol": ([SIEMENS, csa_with(NAME)], '(0029,"SIEMENS CSA HEADER",20)', [SIEMENS, csa_with("xxxxxxxx")]),
    "GE protocol": (
        [
            element(0x00250010, "LO", "GEMS_SERS_01"),
            element(0x0025101B, "OB", pack("<L", 99) + gzip.compress(b'set PATNAME "x"\nPatient Name: Corge Quux\n')),
        ],
        '(0025,"GEMS_SERS_01",1B)',
        [
            element(0x00250010, "LO", "GEMS_SERS_01"),
            element(0x0025101B, "OB", pack("<L", 99) + gzip.compress(b'set COIL "8HRBRAIN"\nset NEX "1"\n')),
        ],
    ),
}


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", IMPLICIT], ids=["explicit", "implicit"])
@pytest.mark.parametrize("place", PLANTED)
def test_a_planted_identifier_is_found_where_it_stands(place: str, syntax: str) -> None:
    planted, pointer, clean = PLANTED[place]
    if syntax == IMPLICIT:
        planted, clean = [implicit(each) for each in planted], [implicit(each) for each in clean]
        if place == "unknown VR of a known element":
            pytest.skip("implicit VR has no UN")
    found = {each[2] for each in told(dicom_file(*planted, syntax=syntax))}
    assert pointer in found
    assert told(dicom_file(*clean, syntax=syntax)) == set()


def implicit(each: bytes) -> bytes:
    """Return an element, and what is in it, in implicit VR."""
    data = dicom.DataSet()
    window = Window(io.BytesIO(each), len(each), Limits())
    read_elements(window, True, data.rows, None)
    ((tag, vr, _, raw, start, _),) = data.rows
    value = raw[start:]
    if vr == b"SQ":
        value = reencoded(value)
    return pack("<HHL", tag >> 16, tag & 0xFFFF, len(value)) + value


def reencoded(value: bytes) -> bytes:
    if not value:
        return b""
    length = int.from_bytes(value[4:8], "little")
    undefined = length == 0xFFFFFFFF
    body = value[8:-8] if undefined else value[8 : 8 + length]
    rest = b"" if undefined else value[8 + length :]
    rows: list[dicom.Row] = []
    read_elements(Window(io.BytesIO(body), len(body), Limits()), True, rows, None)
    return item(*(implicit(row[3]) for row in rows), undefined=undefined) + reencoded(rest)


def test_in_the_file_meta_information() -> None:
    meta = element(0x00020100, "UI", "1.2.3") + element(0x00020102, "OB", b"Patient Name: Corge Quux")
    assert ("FAIL", "identifier-in-text", "file_meta.PrivateInformation") in told(dicom_file(meta=meta))
    meta = element(0x00020016, "AE", "MR01")
    assert told(dicom_file(meta=meta)) == set()
    assert any(
        each.location.pointer == "file_meta.SourceApplicationEntityTitle" for each in findings(dicom_file(meta=meta))
    )


def test_after_the_pixel_data() -> None:
    signer = sequence("DigitalSignaturesSequence", item(of("CertificateOfSigner", b"CN=Patient Name: Corge Quux")))
    found = told(dicom_file(after=signer))
    assert ("REVIEW", "content-not-readable", "DigitalSignaturesSequence") in found
    assert ("FAIL", "identifier-in-text", "DigitalSignaturesSequence[0].CertificateOfSigner") in found


@pytest.mark.parametrize("change", ["whole", "truncated", "too large"])
def test_a_compressed_protocol_is_read_to_its_end_or_not_checked(change: str) -> None:
    text = b"noise " * (1 << 20) if change == "too large" else b"Patient Name: Corge Quux"
    packed = gzip.compress(text)
    data = dicom_file(ACME, element(0x00291001, "OB", packed[:-12] if change == "truncated" else packed))
    assert any(isinstance(each, Unread) for each in observe(data)) == (change != "whole")


@pytest.mark.parametrize("creator", sorted(private_dictionaries))
def test_creators_that_are_known_are_quiet(creator: str) -> None:
    assert told(dicom_file(element(0x00290010, "LO", creator.encode()))) == set()


def test_two_bytes_as_zlib_has_them_are_no_zlib() -> None:
    noise = random.Random(7)
    for _ in range(50):
        value = bytes([0x78, 0x9C]) + noise.randbytes(400)
        assert not any(isinstance(each, Unread) for each in observe(dicom_file(ACME, element(0x00291001, "OB", value))))
    cut = zlib.compress(b"Channel mixing off, " * 1000)[:-20]
    assert any(isinstance(each, Unread) for each in observe(dicom_file(ACME, element(0x00291001, "OB", cut))))


def image(length: int | bytes, *, tag: int = 0x7FE00010, vr: str = "OW", syntax: str = EXPLICIT, **geometry) -> bytes:
    """Return an instance of 5 x 3 pixels of 16 bits, but for what is told."""
    shape = {"Rows": 5, "Columns": 3, "SamplesPerPixel": 1, "BitsAllocated": 16} | geometry
    shape = {key: value if isinstance(value, str) else pack("<H", value) for key, value in shape.items()}
    explicit = syntax != IMPLICIT
    data = length if isinstance(length, bytes) else b"\1" * length
    pixels = element(tag, vr, data, explicit=explicit)
    return dicom_file(
        *(of(*each, explicit=explicit) for each in shape.items()), after=pixels, pixels=False, syntax=syntax
    )


FITTING = {
    "16 bits": (30, {}),
    "8 bits, padded": (16, {"BitsAllocated": 8}),
    "frames": (90, {"NumberOfFrames": "3"}),
    "RGB": (90, {"SamplesPerPixel": 3}),
    "YBR_FULL_422": (120, {"Columns": 4, "SamplesPerPixel": 3, "PhotometricInterpretation": "YBR_FULL"}),
    "YBR_FULL_422, shared": (80, {"Columns": 4, "SamplesPerPixel": 3, "PhotometricInterpretation": "YBR_FULL_422"}),
    "1 bit": (6, {"BitsAllocated": 1, "NumberOfFrames": "3"}),
    "12 bits": (24, {"BitsAllocated": 12}),
    "float": (60, {"BitsAllocated": 32, "tag": 0x7FE00008, "vr": "OF"}),
    "double": (120, {"BitsAllocated": 64, "tag": 0x7FE00009, "vr": "OD"}),
    "implicit": (30, {"syntax": IMPLICIT}),
}


@pytest.mark.parametrize("case", FITTING)
def test_pixel_data_are_as_long_as_the_image(case: str) -> None:
    length, geometry = FITTING[case]
    misfit = {("REVIEW", "pixel-data-length", {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData"}.get(
        geometry.get("tag", 0), "PixelData"))}  # fmt: skip
    assert told(image(length, **geometry)) == set()
    assert told(image(length + 8, **geometry)) == misfit
    assert told(image(length - 2 if length > 2 else 0, **geometry)) == misfit


def test_text_after_the_last_pixel_is_read() -> None:
    text = b"Patient Name: Corge Quux"
    for syntax in (EXPLICIT, IMPLICIT):
        found = told(image(b"\1" * 30 + text, syntax=syntax))
        assert {("FAIL", "identifier-in-text", "PixelData"), ("REVIEW", "pixel-data-length", "PixelData")} <= found
        assert told(image(b"\1" * 30 + bytes(24), syntax=syntax)) == set()
        assert told(image(text + b"\1" * 6, syntax=syntax)) == set()  # a matter of the pixels
        assert told(image(b"", syntax=syntax)) == set()  # a header without pixels


def test_a_surplus_that_is_not_read_is_not_checked() -> None:
    judge = checker()
    limits = judge._judge.policy.limits.element_text
    data = image(b"\1" * (30 + limits + 2))
    assert any(isinstance(each, Unread) for each in observe(data))
    assert not any(isinstance(each, Unread) for each in observe(image(b"\1" * (30 + limits))))


def test_hidden_bytes() -> None:
    text = b"Patient Name: Corge Quux"
    for place in ("preamble", "trailing", "DataSetTrailingPadding"):
        planted = {
            "preamble": dicom_file(preamble=text.ljust(128, b"\0")),
            "trailing": dicom_file(after=text),
            "DataSetTrailingPadding": dicom_file(after=element(0xFFFCFFFC, "OB", text)),
        }[place]
        clean = {
            "preamble": dicom_file(preamble=b"II*\0".ljust(128, b"\0")),
            "trailing": dicom_file(after=bytes(24)),
            "DataSetTrailingPadding": dicom_file(after=element(0xFFFCFFFC, "OB", bytes(24))),
        }[place]
        assert {("REVIEW", "hidden-bytes", place), ("FAIL", "identifier-in-text", place)} <= told(planted)
        assert told(clean) == set()


def test_both_of_two_elements_with_one_tag() -> None:
    for names in (("", NAME), (NAME, "")):
        found = findings(dicom_file(*(of("PatientName", name) for name in names)))
        assert {"direct-identifier", "duplicate-element"} <= {each.rule.slug for each in found}
    assert "duplicate-element" not in {each.rule.slug for each in findings(dicom_file(of("PatientName", "")))}


HARD_NEGATIVES = {
    "caret name": of("PatientName", "^^^"),
    "NUL padding": of("PatientID", "\0\0"),
    "dummy": of("PatientName", "ANONYMOUS"),
    "removed": of("PatientID", "XXXX"),
    "BIDS label": of("PatientID", "sub-0123"),
    "empty item": sequence("RequestAttributesSequence", item()),
    "birth date": of("PatientBirthDate", "19000101"),
    "age": of("PatientAge", "066Y"),
    "size": of("PatientSize", "0"),
    "time": of("AcquisitionTime", "141542.056000"),
    "software": of("SoftwareVersions", "syngo MR E11\\4.0.1.2"),
    "exam": of("StudyDescription", "HEAD^Brain"),
    "series": of("SeriesDescription", "T1w MPRAGE"),
    "coil": of("ReceiveCoilName", "HeadNeck_64"),
    "model": of("ManufacturerModelName", "Discovery MR750"),
    "body part": of("BodyPartExamined", "HAND"),
    "random UID": of("SOPInstanceUID", "2.25.6125551234567890123456789012345678901"),
    "implementation": of("ImplementationVersionName", "OFFIS_DCMTK_366"),
    "numbers": of("WindowCenter", "40\\400"),
    "creator": element(0x00290010, "LO", "SIEMENS MEDCOM HEADER2"),
    "colon": of("ImageComments", "DOB:"),
}


@pytest.mark.parametrize("what", HARD_NEGATIVES)
def test_hard_negatives_are_left_alone(what: str) -> None:
    assert told(dicom_file(HARD_NEGATIVES[what])) == set()


@pytest.mark.parametrize(
    ("elements", "clean", "pointer"),
    [
        (
            {"PatientIdentityRemoved": "YES", "PatientName": NAME},
            {"PatientIdentityRemoved": "YES"},
            "PatientIdentityRemoved",
        ),
        ({"PatientIdentityRemoved": "NO"}, {"PatientIdentityRemoved": "YES"}, "PatientIdentityRemoved"),
        ({"DeidentificationMethod": ""}, {"DeidentificationMethod": "Site profile"}, "DeidentificationMethod"),
        (
            {"LongitudinalTemporalInformationModified": "REMOVED", "StudyDate": "20210304"},
            {"LongitudinalTemporalInformationModified": "REMOVED", "StudyDate": ""},
            "LongitudinalTemporalInformationModified",
        ),
    ],
)
def test_claims_that_the_data_contradict(elements: dict[str, str], clean: dict[str, str], pointer: str) -> None:
    def contradictions(values: dict[str, str]) -> set[str]:
        data = dicom_file(*(of(keyword, value) for keyword, value in values.items()))
        return {each[2] for each in told(data) if each[1] == "claim-contradicted"}

    assert contradictions(elements) == {pointer}
    assert contradictions(clean) == set()


def test_no_record_of_deidentification() -> None:
    assert ("REVIEW", "no-deidentification-record", "PatientIdentityRemoved") in told(dicom_file(clean=False))
    codes = sequence("DeidentificationMethodCodeSequence", item(of("CodeValue", "113100")))
    assert told(dicom_file(codes, clean=False)) == set()
    assert told(dicom_file()) == set()


@pytest.mark.parametrize(("age", "old"), [("090Y", True), ("089Y", False), ("999M", False), ("095Y", True)])
def test_ages(age: str, old: bool) -> None:
    found = "age-over-89" in {each.rule.slug for each in findings(dicom_file(of("PatientAge", age)))}
    assert found == old


@pytest.mark.parametrize(("birth", "old"), [("19300305", True), ("19320305", False), ("19000101", False)])
def test_a_birth_date_that_makes_an_age_over_89(birth: str, old: bool) -> None:
    data = dicom_file(of("PatientBirthDate", birth), of("StudyDate", "20210304"))
    assert ("age-over-89" in {each.rule.slug for each in findings(data)}) == old


def test_two_patients_in_one_series() -> None:
    checks = checker()

    def slugs(patient: str, series: str) -> set[str]:
        data = dicom_file(of("PatientID", patient), of("SeriesInstanceUID", series))
        return {each.rule.slug for each in checks.check(content_of(data)) if isinstance(each, Finding)}

    assert "mixed-patients" not in slugs("sub-0012", "2.25.1")
    assert "mixed-patients" not in slugs("sub-0021", "2.25.2")
    assert "mixed-patients" in slugs("sub-0021", "2.25.1")


@pytest.mark.parametrize(
    ("elements", "pointer", "unread"),
    [
        (
            [sequence("EncryptedAttributesSequence", item(of("EncryptedContent", b"\x01\x02")))],
            "EncryptedAttributesSequence",
            True,
        ),
        ([of("EncapsulatedDocument", b"%PDF-1.7 \xff\xfe")], "EncapsulatedDocument", True),
        ([sequence("IconImageSequence", item(element(0x7FE00010, "OW", PIXELS)))], "IconImageSequence", False),
        ([element(0x60003000, "OW", b"\0\x01")], "OverlayData", False),
        ([element(0x50003000, "OW", b"\0\x01")], "CurveData", False),
        ([element(0x5000200C, "OW", b"\0\x01")], "AudioSampleData", True),
    ],
)
def test_what_cant_be_read_through_is_said(elements: list[bytes], pointer: str, unread: bool) -> None:
    seen = observe(dicom_file(*elements))
    assert ("REVIEW", "content-not-readable", pointer) in told(dicom_file(*elements))
    assert any(isinstance(each, Unread) for each in seen) == unread


def test_an_empty_overlay_is_no_finding() -> None:
    assert told(dicom_file(element(0x60003000, "OW", bytes(8)), sequence("IconImageSequence", item()))) == set()


def test_the_title_of_an_encapsulated_document_is_judged() -> None:
    document = of("EncapsulatedDocument", b"%PDF-1.7 \xff\xfe")
    title = of("DocumentTitle", "Report, Patient Name: Corge Quux")
    assert ("FAIL", "identifier-in-text", "DocumentTitle") in told(dicom_file(title, document))


def test_a_recording_of_a_voice() -> None:
    wave = sequence("WaveformSequence", item(element(0x54001010, "OW", PIXELS)))
    voice = of("SOPClassUID", "1.2.840.10008.5.1.4.1.1.9.4.1")
    assert ("REVIEW", "content-not-readable", "WaveformSequence") in told(dicom_file(wave, voice))
    assert told(dicom_file(wave)) == set()


def test_the_method_is_a_fact_unless_it_names_somebody() -> None:
    def methods(value: str) -> list[str | int]:
        data = dicom_file(of("DeidentificationMethod", value))
        return [
            each.value for each in observe(data) if isinstance(each, Fact) and each.name == "deidentification_method"
        ]

    assert methods("Penn_BSC_profile_v4.0") == ["Penn_BSC_profile_v4.0"]
    assert methods("by hand, Patient Name: Corge Quux") == []


def test_identifiers_are_learned_and_dummies_are_not() -> None:
    modified = sequence("ModifiedAttributesSequence", item(of("PatientID", "471108")))
    original = sequence("OriginalAttributesSequence", item(modified))
    data = dicom_file(
        of("PatientName", NAME), of("PatientID", "sub-0012"), of("PatientBirthDate", "19710304"), original
    )
    learned = {(each.kind, each.value) for each in observe(data) if isinstance(each, Identifier)}
    assert learned == {("name", NAME), ("date", "19710304"), ("id", "471108")}


def test_text_is_kept_for_the_search_and_numbers_are_not() -> None:
    data = dicom_file(
        of("SeriesDescription", "sagittal"), of("EchoTime", "2.9"), ACME, element(0x00291001, "OB", b"hello there")
    )
    kept = {each.location.pointer: each.value for each in observe(data) if isinstance(each, Text)}
    assert kept["SeriesDescription"] == "sagittal"
    assert kept['(0029,"ACME 1",01)'] == "hello there"
    assert "EchoTime" not in kept


@pytest.mark.parametrize(("vr", "value", "kept"), [("LO", "471108", True), ("IS", "471108", True), ("IS", "12", False)])
def test_numbers_that_may_be_somebodys_are_kept_for_the_search(vr: str, value: str, kept: bool) -> None:
    seen = observe(dicom_file(ACME, element(0x00291001, vr, value)))
    assert any(isinstance(each, Text) and each.value == value for each in seen) == kept


def test_character_sets() -> None:
    japanese = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"
    data = dicom_file(of("SpecificCharacterSet", "\\ISO 2022 IR 87"), of("PatientName", japanese))
    assert {each.value for each in observe(data) if isinstance(each, Identifier)} == {"Yamada^Tarou", "山田^太郎"}
    data = dicom_file(of("SpecificCharacterSet", "ISO_IR 192"), of("PatientName", "Müller^Jörg".encode()))
    assert {each.value for each in observe(data) if isinstance(each, Identifier)} == {"Müller^Jörg"}
    nested = sequence(
        "OtherPatientIDsSequence",
        item(of("SpecificCharacterSet", "ISO_IR 144"), of("PatientID", "Ъ471".encode("iso8859_5"))),
    )
    assert {each.value for each in observe(dicom_file(nested)) if isinstance(each, Identifier)} == {"Ъ471"}
    broken = dicom_file(of("SpecificCharacterSet", "ISO_IR 192"), of("PatientName", b"M\xfcller^J\xf6rg"))
    assert {each.value for each in observe(broken) if isinstance(each, Identifier)} == {"Müller^Jörg"}


@pytest.mark.parametrize("change", ["big endian", "deflated", "truncated", "large private", "too deep"])
def test_unusual_files_are_read_or_not_checked(change: str) -> None:
    data = dicom_file(of("PatientName", NAME))
    if change == "big endian":
        name = pack(">HH2sH", 0x0010, 0x0010, b"PN", 10) + NAME.encode()
        data = bytes(128) + b"DICM" + element(0x00020010, "UI", "1.2.840.10008.1.2.2") + name
    elif change == "deflated":
        start = data.index(pack("<HH", 0x0010, 0x0010))
        deflater = zlib.compressobj(wbits=-15)
        body = deflater.compress(data[start:]) + deflater.flush()
        data = bytes(128) + b"DICM" + element(0x00020010, "UI", "1.2.840.10008.1.2.1.99") + body
    elif change == "truncated":
        data = data[:-10]
    elif change == "large private":
        data = dicom_file(of("PatientName", NAME), ACME, element(0x00291001, "UN", b"a" * (5 << 20)))
    else:
        deep = item()
        for _ in range(70):
            deep = item(of("ContentSequence", deep))
        data = dicom_file(of("PatientName", NAME), of("ContentSequence", deep))
    seen = observe(data)
    assert ("FAIL", "direct-identifier", "PatientName") in told(data)
    assert any(isinstance(each, Unread) for each in seen) == (change in {"truncated", "large private", "too deep"})


def test_a_series_whose_41st_instance_differs() -> None:
    checks, hits = checker(), []
    for number in range(60):
        data = dicom_file(of("PatientName", NAME if number == 40 else ""), of("InstanceNumber", str(number)))
        hits += [
            number for each in checks.check(content_of(data)) if isinstance(each, Finding) and each.level == "FAIL"
        ]
    assert hits == [40]


def instances() -> list[bytes]:
    """Return files that share much and differ in something."""
    files = []
    for number in range(12):
        image = header({"Same": [b"text here"], "Position": [f"{number}.5".encode()], "Note": [b"DOB: 03/04/1971"]})
        files.append(
            dicom_file(
                of("PatientName", NAME if number % 3 else ""),
                of("InstanceNumber", str(number)),
                SIEMENS,
                element(0x00291010, "OB", image),
                csa_with(NAME if number == 7 else "xxxx"),
                sequence("ReferencedImageSequence", item(of("ReferencedSOPInstanceUID", f"{VENDOR_UID}{number}"))),
                of("SpecificCharacterSet", "ISO_IR 100" if number % 2 else "ISO_IR 192"),
                of("ImageComments", "Grüße".encode("utf-8" if number % 2 == 0 else "latin-1")),
                syntax="1.2.840.10008.1.2.1",
            )
        )
    return files


@pytest.mark.parametrize("policy", ["site", "ps3.15-basic", "as-claimed"])
def test_without_the_memo_the_report_is_the_same(policy: str) -> None:
    def report(memo: bool) -> list[object]:
        checks, record = checker(policy, memo=memo), Record(Item("a.zip", "file"))
        facts: list[object] = []
        for round_ in range(2):
            for number, data in enumerate(instances()):
                for each in checks.check(content_of(data)):
                    if isinstance(each, Finding | Text | Shared):
                        record.add(each, f"{round_}-{number}")
                    rest = (*each.identifiers, *each.others) if isinstance(each, Shared) else (each,)
                    facts += [
                        (type(one).__name__, getattr(one, "value", None))
                        for one in rest
                        if not isinstance(one, Finding | Text)
                    ]
        texts: dict[object, int] = {}
        record.settle()
        for sighting in record.texts:
            for text in texts_of(sighting.of):
                key = (text.location, text.value, text.free)
                texts[key] = texts.get(key, 0) + sighting.members
        told = [
            (
                of.rule.id,
                of.level,
                of.location,
                of.message,
                of.evidence and of.evidence.fingerprint,
                seen.member,
                seen.members,
            )
            for seen in record.findings
            for of in [seen.of]
        ]
        return [sorted(told, key=repr), sorted(texts.items(), key=repr), sorted(facts, key=repr)]

    assert report(memo=True) == report(memo=False)


def test_remembered_observations_are_the_same_objects() -> None:
    checks, data = checker(), dicom_file(of("PatientName", NAME), of("ImageComments", "hello"))
    first = [each for each in checks.check(content_of(data)) if isinstance(each, Finding | Text)]
    second = [each for each in checks.check(content_of(data)) if isinstance(each, Finding | Text)]
    assert first
    assert all(one is other for one, other in zip(first, second, strict=True))


def test_data_are_held_to_what_they_claim() -> None:
    date = of("StudyDate", "20210304")

    def claims(*codes: str) -> bytes:
        items = (item(of("CodeValue", code)) for code in codes)
        return sequence("DeidentificationMethodCodeSequence", *items)

    def slugs(*elements: bytes) -> set[tuple[str, str]]:
        return {(each.rule.slug, each.location.pointer) for each in findings(dicom_file(date, *elements), "as-claimed")}

    assert ("indirect-identifier", "StudyDate") in slugs(claims("113100"))
    assert ("indirect-identifier", "StudyDate") not in slugs(claims("113100", "113106"))
    assert ("claims-nothing", "DeidentificationMethodCodeSequence") in slugs()
    assert "claims-nothing" not in {slug for slug, _ in slugs(claims("113100"))}


def test_a_telling_uid_under_the_basic_profile() -> None:
    def fails(uid: str) -> bool:
        return any(
            each[2] == "StudyInstanceUID" for each in told(dicom_file(of("StudyInstanceUID", uid)), "ps3.15-basic")
        )

    assert fails(VENDOR_UID)
    assert not fails("2.25.6125551234567890123456789012345678901")


def caught(data: bytes) -> tuple[list[object], Unreadable | None]:
    """Return what is seen, or the one error there may be."""
    try:
        return list(checker(show=False).check(content_of(data))), None
    except Unreadable as error:
        return [], error


def test_no_value_comes_out(caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "Zyxwv^Canary"
    for planted, _, _ in PLANTED.values():
        data = dicom_file(*planted, of("OperatorsName", canary), preamble=canary.encode().ljust(128, b"\0"))
        for cut in (len(data), len(data) - 7, 300, 180):
            seen, error = caught(data[:cut])
            assert "anary" not in repr(error)
            assert getattr(error, "__cause__", None) is None
            for each in seen:
                if isinstance(each, Finding):
                    told = (each.message, each.rule.summary, repr(each.evidence and each.evidence.shape), each.source)
                    assert "anary" not in repr(told)
                    assert "anary" not in each.location.pointer
                elif isinstance(each, Unread):
                    assert "anary" not in each.reason
    assert "anary" not in caplog.text
    assert not [each for each in recwarn if "anary" in str(each.message)]


def test_damaged_files_end_in_nothing_but_unreadable() -> None:
    rng, checks, seen = random.Random(3), checker(), 0
    files = instances() + [dicom_file(*planted) for planted, _, _ in PLANTED.values()]
    for _ in range(600):
        try:
            seen += bool(list(checks.check(content_of(damaged(rng.choice(files), rng)))))
        except Unreadable:
            continue
    assert seen > 300


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared phantom scan isn't here")
def test_the_phantom_scan() -> None:
    indirect = {
        "InstitutionAddress", "StationName", "DeviceSerialNumber", "StudyDate", "PerformedProcedureStepID",
        "SOPInstanceUID", "StudyInstanceUID",
    }  # fmt: skip
    for path in sorted((SHARED / "deidentified").rglob("*.dcm")):
        data = path.read_bytes()
        assert told(data) == {("FAIL", "staff-name", "OperatorsName")}
        assert indirect <= {each.location.pointer for each in findings(data) if each.level == "INFO"}
        strict = {each[2] for each in told(data, "ps3.15-basic") if each[0] == "FAIL"}
        assert {*indirect, "OperatorsName"} <= strict


def test_a_patient_id_that_is_the_subjects_label() -> None:
    data = dicom_file(of("PatientID", "471108"), of("PatientName", ""), *HARD_NEGATIVES.values())
    checks = checker()

    def slugs(label: str) -> set[str]:
        content = content_of(data)
        content.item.parents = Parents(subject=("5f0", label))
        return {each.rule.slug for each in checks.check(content) if isinstance(each, Finding)}

    for _ in range(8):  # the same from the first instance to those that are looked at as one
        assert not slugs("471108") & {"direct-identifier", "claim-contradicted"}
        assert slugs("471109") >= {"direct-identifier", "claim-contradicted"}


@pytest.mark.parametrize(
    ("value", "failed"),
    [("1", False), ("40213", False), ("20220623141815", False), ("8812345", True), ("ACC20817734", True)],
)
@pytest.mark.parametrize("keyword", ["StudyID", "RequestedProcedureID"])
def test_a_study_id_that_repeats_an_accession_number(keyword: str, value: str, failed: bool) -> None:
    seen = told(dicom_file(of(keyword, value)))
    assert any(each[0] == "FAIL" and each[2] == keyword for each in seen) == failed


def test_a_policy_lowers_names_of_staff(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("name: mine\nextends: site\nlevels: {staff-name: INFO}\n")
    data = dicom_file(of("OperatorsName", NAME))
    assert ("FAIL", "staff-name", "OperatorsName") in told(data)
    assert told(data, Policy.load(path)) == set()


def test_a_clean_file_needs_no_pydicom(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(instances()[0])
    code = (
        "import sys; from pathlib import Path; from tests.checkers.dicom_data import observe; "
        f"print(len(observe(Path({str(path)!r}).read_bytes())) > 10, 'pydicom' in sys.modules, 'numpy' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    seen = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert seen.stdout == "True False False\n"
