"""What is remembered of the headers of images: nothing that is large."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable

import pytest

from fw_gear_deid_check.checkers import pixel_risk
from fw_gear_deid_check.checkers.dicom import DicomChecker
from fw_gear_deid_check.checkers.dicom_rules import HIDDEN_BYTES
from fw_gear_deid_check.checkers.face import FaceChecker
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.evidence import Masker
from fw_gear_deid_check.findings import Finding
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.readers import dicom
from tests.checkers.dicom_data import content_of, dicom_file, element

FILES = 12


def large(number: int) -> bytes:
    """Return an image whose modality and columns are a mebibyte each."""
    value = bytes([number]) * MIB
    return dicom_file(element(0x00080060, "OB", value), element(0x00280011, "OB", value), clean=False)


def header(data: bytes) -> None:
    dicom.read(io.BytesIO(data), len(data))


def risk(data: bytes) -> None:
    pixel_risk.judged(dicom.read(io.BytesIO(data), len(data)))


def face(data: bytes) -> None:
    list(FaceChecker(Judge(Policy.load("site"), Masker())).check(content_of(data)))


HIDING = DicomChecker(Judge(Policy.load("site"), Masker()), memo=False)


def hidden(data: bytes) -> None:
    padded = data + element(0xFFFCFFFC, "OB", data[-MIB // 2 :])
    assert any(isinstance(each, Finding) and each.rule is HIDDEN_BYTES for each in HIDING.check(content_of(padded)))


@pytest.mark.parametrize("look", [header, risk, face, hidden])
def test_large_elements_are_let_go(look: Callable[[bytes], None]) -> None:
    look(large(0))
    tracemalloc.start()
    try:
        for number in range(1, FILES):
            look(large(number))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 3 * MIB
