"""Burned-in text through the whole run: real DICOM, real engine, real processes."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from fw_gear_deid_check import main
from fw_gear_deid_check.audit import Audit
from fw_gear_deid_check.checkers.fields import PdfChecker
from fw_gear_deid_check.checkers.pixel_risk import Look
from fw_gear_deid_check.checkers.pixels import PixelsChecker
from fw_gear_deid_check.detectors import identifiers_file, ocr
from fw_gear_deid_check.detectors.burned_in import overlap
from fw_gear_deid_check.findings import Unread
from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.main import Options
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.records import Record
from fw_gear_deid_check.reporters.json import build
from tests.checkers.looking import look, site_judge
from tests.pictures import CAPTURE, dataset, dicom, ground, saved, slices, written

pytestmark = pytest.mark.timeout(400)  # the engine on a busy machine
ENGINE = pytest.mark.skipif(ocr.missing() is not None, reason=str(ocr.missing()))
SHARED = Path(__file__).parents[3] / "shared" / "data" / "penn_prisma"
CAPTURED = {"SOPClassUID": CAPTURE, "Modality": "OT", "ImageType": ["DERIVED", "SECONDARY"]}


class Items:
    """A source of files that are held in memory."""

    name = "memory"

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def items(self):
        for path, data in self._files.items():
            yield Item(path, "file", lambda data=data: io.BytesIO(data), size=len(data), subject="sub-1")


class Anything:
    """Reads everything and finds nothing: the pixel checker leaves the reading of files to others."""

    name, rules, reads = "any", (), True

    def applies_to(self, content):
        return True

    def check(self, content):
        return iter(())


def plain(array: np.ndarray, **elements) -> bytes:
    """Return an image of a modality of low risk, 12 bits of 16."""
    return dicom(array.astype(np.uint16) * 6, bits=12, **elements)


def run(files: dict[str, bytes], monkeypatch, *, mode: str = "auto", policy: str = "site", **options) -> Audit:
    """Check files with the checkers of pixels and of PDF alone, in a real run."""
    checkers = lambda judge, mode, jobs, *_: [PdfChecker(judge), PixelsChecker(judge, mode, jobs), Anything()]  # noqa: E731
    monkeypatch.setattr(main, "make_checkers", checkers)
    return main.run(Items(files), Options(Policy.load(policy), pixels=mode, jobs=2, **options))


def told(audit: Audit) -> set[tuple[str, str, str]]:
    """Return (path, slug, level) of all findings."""
    return {
        (record.item.path, each.of.rule.slug, each.of.level.value)
        for record in audit.records
        for each in record.findings
    }


def volume(count: int = 6) -> list[np.ndarray]:
    return [np.roll(ground(160, 180, seed), seed, 1) for seed in range(count)]


def with_text(arrays: list[np.ndarray], which: int, text: str, **how) -> list[np.ndarray]:
    return [written(array, text, 100, 12, **how) if index == which else array for index, array in enumerate(arrays)]


FRAMES = np.stack([ground(64, 80, seed) for seed in range(5)])


def overlaid() -> bytes:
    """Return an image with a name in an overlay of its own."""
    text = written(np.zeros((200, 260), np.uint8), "DOE^JANE", 80, 40, size=24) > 127
    ds = dataset(ground().astype(np.uint16), bits=12)
    for element, vr, value in (
        (0x0010, "US", 200),
        (0x0011, "US", 260),
        (0x3000, "OW", np.packbits(text, bitorder="little").tobytes()),
    ):
        ds.add_new((0x6000, element), vr, value)
    return saved(ds)


def hidden() -> bytes:
    """Return an image with a name in the bits that it doesn't use."""
    text = written(np.zeros((200, 260), np.uint8), "DOE^JANE", 80, 40, size=24) > 127
    return dicom(ground().astype(np.uint16) | np.where(text, 0x8000, 0).astype(np.uint16), bits=12)


def picture(text: str = "", form: str = "PNG", *, pages: int = 1) -> bytes:
    """Return a picture file, with text on its last page."""
    made = [Image.fromarray(ground(90, 190)) for _ in range(pages)]
    made[-1] = Image.fromarray(written(ground(90, 190), text))
    stream = io.BytesIO()
    made[0].save(stream, form, **({"save_all": True, "append_images": made[1:]} if pages > 1 else {}))
    return stream.getvalue()


def packed(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.png", data)
    return stream.getvalue()


def bomb() -> bytes:
    """Return a picture that says it is larger than it is."""
    data = bytearray(picture(form="BMP"))
    data[18:26] = struct.pack("<ii", 60_000, 60_000)
    return bytes(data)


def large() -> bytes:
    """Return a radiograph that is read in tiles, with a number in its corner."""
    array = np.full((1400, 900), 90, np.uint8)
    return dicom(
        written(array, "MRN 0482913", 1360, 740, size=22), Modality="DX", SOPClassUID="1.2.840.10008.5.1.4.1.1.1.1"
    )


FILES = {
    "clean.zip": lambda: slices(volume()),
    "burned.zip": lambda: slices(with_text(volume(), 4, "DOB 01/02/1960", size=14)),
    **{
        f"loose/{index}.dcm": (lambda array=array: plain(array))
        for index, array in enumerate(with_text(volume(3), 2, "DOB 01/02/1960", size=14))
    },
    "capture/plain.dcm": lambda: dicom(ground(), **CAPTURED),
    "capture/burned.dcm": lambda: dicom(written(ground(90, 190), "MRN 0482913"), **CAPTURED),
    "capture/technical.dcm": lambda: dicom(written(ground(90, 180), "GAIN 51 dB"), **CAPTURED),
    "capture/known.dcm": lambda: dicom(written(ground(90, 170), "KXQ7731P", size=20), **CAPTURED),
    "rgb/burned.dcm": lambda: dicom(
        written(np.stack([ground(90, 190)] * 3, axis=2), "ZACHARIAS^OTTILIE", 60, 10), **CAPTURED
    ),
    "overlay/a.dcm": overlaid,
    "bits/a.dcm": hidden,
    "none/a.dcm": lambda: plain(ground()),
    "large/a.dcm": large,
    "left/five.dcm": lambda: dicom(FRAMES, Modality="XA"),
    "all/two.dcm": lambda: dicom(FRAMES[:2], Modality="XA"),
    "picture/plain.png": picture,
    "picture/burned.png": lambda: picture("MRN 0482913"),
    "picture/page.tif": lambda: picture("MRN 0482913", "TIFF", pages=3),
    "picture/packed.zip": lambda: packed(plain=picture(), burned=picture("MRN 0482913")),
    "pdf/plain.pdf": lambda: picture(form="PDF"),
    "pdf/second.pdf": lambda: picture("MRN 0482913", "PDF", pages=2),
    "picture/cut.png": lambda: picture("MRN 0482913")[:900],
    "picture/bomb.bmp": bomb,
    "kept/a.dcm": lambda: dicom(written(ground(90, 190), "05/25/2011"), StudyDate="20110525", **CAPTURED),
    "shifted/a.dcm": lambda: dicom(written(ground(90, 190), "05/25/2011"), StudyDate="20110401", **CAPTURED),
    "misread/a.dcm": lambda: dicom(written(ground(90, 190), "KXO7731P", size=20), **CAPTURED),
    "sideways/a.dcm": lambda: dicom(
        np.ascontiguousarray(np.rot90(written(ground(190, 300), "MRN 0482913", size=12))), **CAPTURED
    ),
    "apart/a.dcm": lambda: dicom(
        written(written(ground(90, 420), "Patient name:", 30, 10, 14), "OTTILIE TREGASKIS", 30, 190, 14), **CAPTURED
    ),
    "alone/a.dcm": lambda: dicom(written(ground(90, 420), "OTTILIE TREGASKIS", 30, 190, 14), **CAPTURED),
    "broken/a.dcm": lambda: plain(ground(40, 60), NumberOfFrames=5),
}


@pytest.fixture(scope="module")
def audit(tmp_path_factory) -> Audit:
    """One run over all files: starting the engine is what takes time."""
    from fw_gear_deid_check.checkers import pixel_series

    listed = tmp_path_factory.mktemp("listed") / "identifiers.csv"
    listed.write_text("id\nKXQ7731P\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(pixel_series.BUDGET, Look.FRAMES, 4)
        return run({path: make() for path, make in FILES.items()}, patch, identifiers=identifiers_file.read(listed))


def below(audit: Audit, folder: str) -> set[tuple[str, str, str]]:
    """Return what was told of a folder or file."""
    return {
        (path.removeprefix(f"{folder}/"), slug, level) for path, slug, level in told(audit) if path.startswith(folder)
    }


def record_of(audit: Audit, path: str) -> Record:
    (found,) = (record for record in audit.records if record.item.path == path)
    return found


@ENGINE
def test_a_series_with_a_date_of_birth_on_one_slice_and_its_clean_neighbour(audit):
    assert below(audit, "clean.zip") == set()
    assert below(audit, "burned.zip") == {("burned.zip", "identifier-in-pixels", "FAIL")}
    record = record_of(audit, "burned.zip")
    (sighting,) = record.findings
    assert (sighting.member, sighting.members) == ("IM_004.dcm", 1)
    location = sighting.of.location
    assert (location.pointer, location.frame, location.image) == ("PixelData", 0, (160, 180))
    assert overlap(location.box, (100, 12, 16, 105)) > 0.8
    assert location.box[2] < 30
    assert location.box[3] < 130
    (words,) = record.facts["pixels"]
    read, there = (int(number) for number in re.findall(r"\d+", words))
    assert words == f"series projections and {read} of 6 frames inspected"
    assert record.facts["frames"] == read == there == 6


@ENGINE
def test_loose_files_of_one_folder_are_one_series(audit):
    assert below(audit, "loose") == {("2.dcm", "identifier-in-pixels", "FAIL")}
    records = [record for record in audit.records if record.item.path.startswith("loose")]
    assert {record.facts["pixels"][0] for record in records} == {"series projections and 3 of 3 frames inspected"}
    assert sum(record.facts.get("frames", 0) for record in records) == 3


@ENGINE
def test_a_capture_is_for_a_person_whatever_is_read_and_its_text_is_a_failure(audit):
    assert below(audit, "capture") == {
        ("plain.dcm", "risky-image", "REVIEW"),
        ("burned.dcm", "risky-image", "REVIEW"),
        ("burned.dcm", "identifier-in-pixels", "FAIL"),
        ("technical.dcm", "risky-image", "REVIEW"),
        ("technical.dcm", "technical-text-in-pixels", "INFO"),
        ("known.dcm", "risky-image", "REVIEW"),
        ("known.dcm", "text-in-pixels", "REVIEW"),  # it has no form of its own
        ("known.dcm", "known-identifier", "FAIL"),  # and is on the list
    }


@ENGINE
def test_overlays_and_unused_bits_are_read(audit):
    places = {
        (folder, each.of.location.pointer)
        for folder in ("overlay", "bits", "none")
        for each in record_of(audit, f"{folder}/a.dcm").findings
    }
    assert places == {("overlay", "OverlayData[0]"), ("bits", "PixelData")}


@ENGINE
def test_pictures_are_read_like_captures(audit):
    assert below(audit, "picture") == {
        *((name, "risky-image", "REVIEW") for name in ("plain.png", "burned.png", "page.tif", "packed.zip")),
        *((name, "risky-image", "REVIEW") for name in ("cut.png", "bomb.bmp")),
        *((name, "identifier-in-pixels", "FAIL") for name in ("burned.png", "page.tif", "packed.zip")),
    }
    (page,) = (each for each in record_of(audit, "picture/page.tif").findings if each.of.location.box)
    assert (page.of.location.pointer, page.of.location.frame) == ("content", 2)
    (member,) = (each for each in record_of(audit, "picture/packed.zip").findings if each.of.location.box)
    assert member.member == "burned.png"
    for name, words in (("cut.png", "a damaged picture"), ("bomb.bmp", "million pixels")):
        assert [words in each.reason for each in record_of(audit, f"picture/{name}").not_checked] == [True]
    assert record_of(audit, "picture/plain.png").not_checked == []
    assert record_of(audit, "picture/plain.png").facts["pixels"] == ["1 of 1 frame inspected"]


@ENGINE
def test_pictures_of_a_pdf_are_read(audit):
    risky = {(name, "risky-image", "REVIEW") for name in ("plain.pdf", "second.pdf")}
    told = {row for row in below(audit, "pdf") if row[1] not in {"date", "date-in-text"}}
    assert told >= risky | {("second.pdf", "identifier-in-pixels", "FAIL")}
    assert ("plain.pdf", "identifier-in-pixels", "FAIL") not in told
    (seen,) = (each for each in record_of(audit, "pdf/second.pdf").findings if each.of.location.box)
    assert (seen.of.location.pointer, seen.of.location.frame) == ("content", 1)
    assert not any("picture" in each.reason for each in record_of(audit, "pdf/plain.pdf").not_checked)


@ENGINE
def test_a_date_that_the_header_keeps_and_one_that_it_has_not(audit):
    risky = ("a.dcm", "risky-image", "REVIEW")
    assert below(audit, "kept") == {risky, ("a.dcm", "text-in-pixels", "REVIEW")}
    assert below(audit, "shifted") == {risky, ("a.dcm", "date-in-pixels", "FAIL")}


@ENGINE
def test_a_known_identifier_that_is_read_wrong_and_text_on_its_side(audit):
    slugs = {slug for _, slug, level in below(audit, "misread") if level == "FAIL"}
    assert slugs == {"known-identifier"}
    assert ("a.dcm", "identifier-in-pixels", "FAIL") in below(audit, "sideways")
    (seen,) = (each for each in record_of(audit, "sideways/a.dcm").findings if each.of.location.box)
    assert seen.of.location.box[2] > 3 * seen.of.location.box[3]


@ENGINE
def test_a_name_that_nobody_knows_apart_from_its_label(audit):
    assert ("a.dcm", "identifier-in-pixels", "FAIL") in below(audit, "apart")
    assert ("a.dcm", "identifier-in-pixels", "FAIL") not in below(audit, "alone")


@ENGINE
def test_a_large_image_is_read_in_tiles(audit):
    (sighting,) = record_of(audit, "large/a.dcm").findings
    assert sighting.of.rule.slug == "identifier-in-pixels"
    assert overlap(sighting.of.location.box, (1360, 740, 22, 135)) > 0.8


@ENGINE
def test_frames_beyond_the_budget_of_a_risky_series_are_told(audit):
    assert below(audit, "left") == {("five.dcm", "frames-left-out", "REVIEW")}
    assert below(audit, "all") == set()


@ENGINE
def test_pixels_that_cannot_be_read_are_not_checked(audit):
    broken, whole = record_of(audit, "broken/a.dcm"), record_of(audit, "none/a.dcm")
    assert [each.reason for each in broken.not_checked] == ["not inspected: pixel data end in frame 2 of 5"]
    assert (broken.verdict.value, whole.verdict.value) == ("INCOMPLETE", "PASS")


@ENGINE
def test_nothing_that_was_read_gets_out(audit, capfd, caplog):
    report = json.dumps(build(audit))
    assert "text-in-pixels" in report or "identifier-in-pixels" in report
    assert below(audit, "rgb") >= {("burned.dcm", "risky-image", "REVIEW")}
    texts = [each.of.value for each in record_of(audit, "rgb/burned.dcm").texts]
    assert any("OTTILIE" in text for text in texts)  # it was read
    for told_elsewhere in (report, caplog.text, *capfd.readouterr()):
        assert "OTTILIE" not in told_elsewhere
        assert "KXQ7731P" not in told_elsewhere


@ENGINE
@pytest.mark.skipif(not SHARED.exists(), reason="no real scans here")
def test_no_false_alarm_on_real_scans(monkeypatch):
    files = {
        path.name: path.read_bytes() for path in sorted(SHARED.joinpath("deidentified", "7_anat_T1w").glob("*.dcm"))
    }
    scans = run(files, monkeypatch)
    assert not told(scans)
    assert all("inspected" in record.facts["pixels"][0] for record in scans.records)


@ENGINE
def test_time_that_runs_out_is_told_and_not_passed(monkeypatch):
    policy = Policy.load("site")
    hurried = Policy(replace(policy.settings, limits=replace(policy.limits, pixels_run_seconds=-1)))
    monkeypatch.setattr(Policy, "load", lambda name: hurried)
    (record,) = run({"a.dcm": plain(ground())}, monkeypatch).records
    assert record.verdict.value == "INCOMPLETE"
    assert "for reading pixels in this run were over" in record.not_checked[0].reason


# -- the header alone: no engine is asked


def header_only(monkeypatch, **elements):
    monkeypatch.setattr(ocr, "missing", lambda: ocr.INSTALL)
    return look(PixelsChecker(site_judge()), "a.dcm", plain(ground(), **elements))


def test_without_the_extra_risky_series_are_not_checked_and_plain_ones_are_told(monkeypatch):
    risky = header_only(monkeypatch, **CAPTURED)
    assert risky.unread == ["text in pixels not looked for: pip install 'fw-gear-deid-check[pixels]'"]
    assert header_only(monkeypatch).unread == []
    monkeypatch.setattr(ocr, "missing", lambda: ocr.INSTALL)
    assert look(PixelsChecker(site_judge(), "all"), "a.dcm", plain(ground())).unread


def test_without_the_extra_the_run_says_what_was_not_looked_at(monkeypatch):
    monkeypatch.setattr(ocr, "missing", lambda: ocr.INSTALL)
    audit = run({"plain.dcm": plain(ground()), "capture.dcm": dicom(ground(), **CAPTURED)}, monkeypatch)
    assert {record.item.path: record.verdict.value for record in audit.records} == {
        "plain.dcm": "PASS",
        "capture.dcm": "INCOMPLETE",
    }
    assert audit.records[0].facts["pixels"] == ["not inspected: pip install 'fw-gear-deid-check[pixels]'"]


@pytest.mark.parametrize(
    ("elements", "level"),
    [
        ({"BurnedInAnnotation": "YES"}, "FAIL"),
        ({"BurnedInAnnotation": "NO"}, None),
        ({}, None),
    ],
)
def test_an_annotation_that_is_said_to_be_there(monkeypatch, elements, level):
    seen = header_only(monkeypatch, **elements)
    assert seen.told == ({("BurnedInAnnotation", "burned-in-annotation", level)} if level else set())


def test_an_annotation_that_was_cleaned_is_for_a_person(monkeypatch):
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "113101", "DCM", "Clean Pixel Data Option"
    seen = header_only(monkeypatch, BurnedInAnnotation="YES", DeidentificationMethodCodeSequence=Sequence([code]))
    assert seen.told == {("BurnedInAnnotation", "burned-in-annotation", "REVIEW")}


def test_switched_off_only_the_header_is_judged():
    seen = look(PixelsChecker(site_judge(), "off"), "a.dcm", dicom(ground(), BurnedInAnnotation="YES", **CAPTURED))
    assert {slug for _, slug, _ in seen.told} == {"burned-in-annotation", "risky-image"}
    assert seen.unread == ["text in pixels not looked for: switched off"]


@pytest.mark.parametrize("mode", ["off", "auto"])
def test_pictures_that_are_not_looked_at_are_not_checked(monkeypatch, mode):
    monkeypatch.setattr(ocr, "missing", lambda: ocr.INSTALL)
    seen = look(PixelsChecker(site_judge(), mode), "a.png", picture())
    assert {slug for _, slug, _ in seen.told} == {"risky-image"}
    assert len(seen.unread) == 1


def test_switched_off_an_ordinary_slice_is_not_called_unread():
    slice_of_12_bits = dicom(ground().astype("uint16") * 16)
    assert look(PixelsChecker(site_judge(), "off"), "a.dcm", slice_of_12_bits).unread == []


def test_a_report_without_pixels_is_none_of_our_business():
    seen = look(PixelsChecker(site_judge()), "a.dcm", dicom(ground(), PixelData=None))
    assert (seen.unread, seen.findings) == ([], [])


def test_voxels_of_nifti_are_not_checked_where_everything_is_asked_for():
    item = Item("a.nii", "file", lambda: io.BytesIO(b""))
    content = Content(item, None, "nifti", item.opener)
    for mode, asked in (("auto", False), ("all", True), ("off", False)):
        assert PixelsChecker(site_judge(), mode).applies_to(content) is asked
    (told,) = PixelsChecker(site_judge(), "all").check(content)
    assert isinstance(told, Unread)
    assert "voxels" in told.reason
