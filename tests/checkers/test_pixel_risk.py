"""How hard to look, by header: pairs that differ in one value."""

from __future__ import annotations

import pytest

from fw_gear_deid_check.checkers.pixel_risk import KEYWORDS, RISKS, Look, look, risks

MR = {
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4",
    "Modality": "MR",
    "ImageType": "ORIGINAL\\PRIMARY\\M\\ND",
    "BitsAllocated": "16",
    "SamplesPerPixel": "1",
}
CT = MR | {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "Modality": "CT"}

CASES = [
    (MR, Look.SAMPLE),
    (CT, Look.SAMPLE),
    (MR | {"ImageType": "DERIVED\\SECONDARY\\MPR"}, Look.SAMPLE),
    (CT | {"ImageType": "DERIVED\\SECONDARY\\MPR"}, Look.FRAMES),
    (MR | {"ImageType": "DERIVED\\SECONDARY\\SCREEN SAVE"}, Look.PERSON),
    (MR | {"ImageType": "ORIGINAL\\PRIMARY\\SAVED STATE"}, Look.SAMPLE),
    (MR | {"BitsAllocated": "8"}, Look.PERSON),
    (MR | {"SamplesPerPixel": "3"}, Look.PERSON),
    (MR | {"PhotometricInterpretation": "PALETTE COLOR"}, Look.PERSON),
    (MR | {"Modality": "SEG", "BitsAllocated": "8"}, Look.SAMPLE),
    (MR | {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, Look.PERSON),
    (MR | {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.4"}, Look.PERSON),
    (MR | {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.6"}, Look.PERSON),
    (MR | {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"}, Look.SAMPLE),
    (MR | {"Modality": "US"}, Look.PERSON),
    (MR | {"Modality": "DX"}, Look.FRAMES),
    (MR | {"Modality": "XA"}, Look.FRAMES),
    (MR | {"Modality": "PT", "ImageType": "DERIVED\\SECONDARY"}, Look.FRAMES),
    (MR | {"Modality": "PT"}, Look.SAMPLE),
    (MR | {"SeriesDescription": "DOSE REPORT"}, Look.PERSON),
    (MR | {"SeriesDescription": "SCREENSHOT"}, Look.PERSON),
    (MR | {"SeriesDescription": "T1 3D SPACE EXAM"}, Look.SAMPLE),
    (MR | {"ConversionType": "DF"}, Look.PERSON),
    (MR | {"ConversionType": "WSD"}, Look.FRAMES),
    (MR | {"ConversionType": "DI"}, Look.SAMPLE),
    (MR | {"SecondaryCaptureDeviceID": "X"}, Look.FRAMES),
    (MR | {"Manufacturer": "HOROS"}, Look.FRAMES),
    (MR | {"Manufacturer": "SIEMENS"}, Look.SAMPLE),
    (MR | {"BurnedInAnnotation": "NO"}, Look.SAMPLE),
    (MR | {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "BurnedInAnnotation": "NO"}, Look.PERSON),  # NO earns nothing
]  # fmt: skip


@pytest.mark.parametrize(("header", "expected"), CASES)
def test_look(header, expected):
    assert look(risks(header)) is expected


def test_without_an_image_type_every_frame_is_read():
    header = {keyword: value for keyword, value in MR.items() if keyword != "ImageType"}
    assert look(risks(header | {"Modality": "HD"})) is Look.FRAMES
    assert look(risks(header)) is Look.SAMPLE


def test_the_riskiest_class_comes_first():
    found = risks(MR | {"Modality": "US", "Manufacturer": "HOROS"})
    assert [risk.look for risk in found] == [Look.PERSON, Look.FRAMES]


def test_every_class_is_read_from_the_header_and_has_words():
    assert {risk.keyword for risk in RISKS if risk.keyword} <= set(KEYWORDS)
    assert all(risk.words for risk in RISKS)
