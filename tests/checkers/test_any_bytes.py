"""Checkers of files other than DICOM: arbitrary and damaged bytes cost an item at most, and no reason tells a value."""

import gzip
import io
import json

import nibabel
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fw_gear_deid_check.checkers.document import TextChecker
from fw_gear_deid_check.checkers.fields import ImageChecker, ScannerChecker
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.nifti import NiftiChecker
from fw_gear_deid_check.checkers.sidecar import SidecarChecker
from fw_gear_deid_check.checkers.table import TableChecker
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.evidence import Masker
from fw_gear_deid_check.findings import Finding, Unread
from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.policy import Policy
from tests.checkers import test_fields

CANARY = "QUUX^ZEBEDEE"
JUDGE = Judge(Policy.load("site"), Masker())
SIDECARS = SidecarChecker(JUDGE)
IMAGE = nibabel.Nifti1Image(np.ones((3, 4, 5), np.int16), np.eye(4))
IMAGE.header["descrip"] = CANARY.encode()
IMAGE.header.extensions.append(nibabel.nifti1.Nifti1Extension(44, json.dumps({"PatientName": CANARY}).encode()))
SEEDS = [
    (NiftiChecker(JUDGE), "nifti", IMAGE.to_bytes()),
    (NiftiChecker(JUDGE), "nifti", gzip.compress(IMAGE.to_bytes(), mtime=0)),
    (
        SIDECARS,
        "json",
        json.dumps({"a": [{"PatientName": CANARY}, 1.5, None, "\u1234"], "b": '{"x": "' + CANARY + '"}'}).encode(),
    ),
    (TableChecker(JUDGE), "table", f"participant_id\tname\tage\nsub-1\t{CANARY}\t93\n".encode()),
    (TextChecker(JUDGE), "text", f"Patient name: {CANARY}\n<PatientName>{CANARY}</PatientName>\n".encode()),
    (ImageChecker(JUDGE), "image", test_fields.png(Comment=CANARY)),
    (ImageChecker(JUDGE), "image", test_fields.saved("JPEG", exif=test_fields.exif(270, CANARY))),
    (ImageChecker(JUDGE), "image", test_fields.saved("TIFF", tiffinfo={270: CANARY})),
    (ScannerChecker(JUDGE), "par", test_fields.PAR.format(name=CANARY, exam="").encode()),
    (ScannerChecker(JUDGE), "bruker", test_fields.BRUKER.format(name=CANARY, id="", folder="", remarks="").encode()),
    (ScannerChecker(JUDGE), "rda", test_fields.RDA.format(name=CANARY, id="").encode()),
    (
        ScannerChecker(JUDGE),
        "twix",
        test_fields.twix(test_fields.XPROTOCOL.format(key="PatientName", value=f'"{CANARY}"')),
    ),
    (ScannerChecker(JUDGE), "pfile", test_fields.pfile(CANARY.encode())),
]
NUMBERS = range(len(SEEDS))


def told(number: int, data: bytes) -> list[str]:
    """Return the words that would be reported of such bytes."""
    checker, kind, _ = SEEDS[number]
    item = Item("a/b", "file", lambda: io.BytesIO(data))
    words = []
    try:
        for each in checker.check(Content(item, None, kind, item.opener)):
            if isinstance(each, Finding):
                assert each.evidence is None or each.evidence.value is None
                words.append(each.message)
            elif isinstance(each, Unread):
                words.append(each.reason)
    except Unreadable as error:
        assert error.__cause__ is None  # noqa: PT017 - it is no exception of the test
        words.append(error.reason)
    return words


@pytest.mark.parametrize("number", NUMBERS)
def test_the_canary_is_found_and_not_told(number):
    words = told(number, SEEDS[number][2])
    assert words
    assert not any(part in word.upper() for word in words for part in CANARY.split("^"))


@pytest.mark.parametrize("number", NUMBERS)
def test_every_truncation_ends_well(number):
    data = SEEDS[number][2]
    for length in range(0, len(data), max(1, len(data) // 40)):
        words = told(number, data[:length])
        assert not any(part in word.upper() for word in words for part in CANARY.split("^"))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(NUMBERS), st.data())
def test_any_damage(number, data):
    bad = bytearray(SEEDS[number][2])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(bad) - 1))
        bad[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=4))
    words = told(number, bytes(bad))
    assert not any(part in word.upper() for word in words for part in CANARY.split("^"))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(NUMBERS), st.binary(max_size=400))
def test_any_bytes(number, data):
    told(number, data)
