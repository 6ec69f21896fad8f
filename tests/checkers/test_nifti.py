"""Every place of a NIfTI file that can hold an identifier, each beside its clean neighbour."""

import gzip
import io
import json
import struct
import zlib

import nibabel
import numpy as np
import pydicom
import pytest

from fw_gear_deid_check.checkers.nifti import NiftiChecker
from fw_gear_deid_check.findings import Finding, Location
from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.rules import Level, Rule
from tests.checkers.looking import look, site_judge

NAME = b"DOE^JANE"


def image(kind=nibabel.Nifti1Image, extensions=(), order="<", **fields) -> bytes:
    made = kind(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.eye(4))
    header = made.header if order == "<" else made.header.as_byteswapped(">")
    made = kind(made.get_fdata().astype(np.int16), np.eye(4), header)
    for name, value in fields.items():
        made.header[name] = value
    for code, content in extensions:
        extension = nibabel.nifti1.Nifti1DicomExtension if code == 2 else nibabel.nifti1.Nifti1Extension
        made.header.extensions.append(extension(code, content))
    return made.to_bytes()


def pair(kind, **fields) -> tuple[bytes, bytes]:
    made = kind(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.eye(4))
    for name, value in fields.items():
        made.header[name] = value
    files = {key: nibabel.fileholders.FileHolder(fileobj=io.BytesIO()) for key in ("header", "image")}
    made.to_file_map(files)
    return files["header"].fileobj.getvalue(), files["image"].fileobj.getvalue()


def packed(data: bytes, name=b"", comment=b"", mtime=0, crc=None) -> bytes:
    deflate = zlib.compressobj(6, wbits=-15)
    flags = (8 if name else 0) | (16 if comment else 0)
    head = struct.pack("<2sBBIBB", b"\x1f\x8b", 8, flags, mtime, 0, 255)
    head += (name + b"\0" if name else b"") + (comment + b"\0" if comment else b"")
    crc = zlib.crc32(data) if crc is None else crc
    return head + deflate.compress(data) + deflate.flush() + struct.pack("<II", crc, len(data))


@pytest.fixture
def checker():
    return NiftiChecker(site_judge())


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("name", ["descrip", "aux_file", "intent_name"])
def test_text_fields(checker, kind, name, order):
    assert look(checker, "a.nii", image(kind, order=order, **{name: NAME})).failed == {name}


@pytest.mark.parametrize("name", ["db_name", "data_type"])
def test_fields_of_nifti1(checker, name):
    assert look(checker, "a.nii", image(**{name: NAME})).failed == {name}


@pytest.mark.parametrize(
    "fields",
    [
        {"descrip": b"TE=2.9;Time=141830.288;phase=1"},
        {"descrip": b"FSL5.0"},
        {"descrip": b"6.0.7:9e026117"},
        {"descrip": b"spm - realigned"},
        {"descrip": b"FreeSurfer Nov 17 2021"[:10]},
        {"aux_file": b"none"},
        {"intent_name": b"Zstat"},
        {"db_name": b"?TR:2000.000 TE:30"},
        {"data_type": b"dsr"},
        {},
    ],
)
def test_what_converters_write_is_quiet(checker, fields):
    seen = look(checker, "a.nii", image(**fields))
    assert not seen.told
    assert not seen.unread


def test_a_bare_number_in_db_name_is_for_a_person_to_see(checker):
    assert ("db_name", "suspect-text", "REVIEW") in look(checker, "a.nii", image(db_name=b"00482913")).told


def test_text_behind_the_end_of_a_field(checker):
    assert look(checker, "a.nii", image(descrip=b"MPRAGE\0DOE^JANE")).failed == {"descrip"}


@pytest.mark.parametrize("field", ["patient_id", "descrip", "generated", "db_name"])
def test_analyze(checker, field):
    offset = {"patient_id": 283, "descrip": 148, "generated": 263, "db_name": 14}[field]
    header, _ = pair(nibabel.AnalyzeImage)
    planted = header[:offset] + NAME + header[offset + len(NAME) :]
    assert look(checker, "a.hdr", planted).failed == {field}
    assert not look(checker, "a.hdr", header).noted


def test_analyze_dates_are_noted(checker):
    header, _ = pair(nibabel.AnalyzeImage)
    planted = header[:293] + b"20220623\0\0" + header[303:]
    assert {pointer for pointer, _, _ in look(checker, "a.hdr", planted).noted} == {"exp_date"}


@pytest.mark.parametrize("code", [0, 4, 6, 8, 14, 18, 32, 40, 99])
def test_extensions_as_text(checker, code):
    assert look(checker, "a.nii", image(extensions=[(code, b"scan of DOE^JANE")])).failed == {"extension[0]"}
    assert not look(checker, "a.nii", image(extensions=[(code, b"scan of a phantom")])).told


def test_the_second_extension_of_nifti2(checker):
    data = image(nibabel.Nifti2Image, extensions=[(6, b"fine"), (6, b"DOE^JANE")], order=">")
    assert look(checker, "a.nii", data).failed == {"extension[1]"}


def test_afni_names_account_and_computer(checker):
    told = look(checker, "a.nii", image(extensions=[(4, b"[jdoe@scanner7: Fri Jun 24 09:12:01 2022] 3dcopy a b")])).told
    assert ("extension[0]", "suspect-text", "REVIEW") in told


def test_json_in_an_extension(checker):
    text = json.dumps({"SpectrometerFrequency": [123.2], "PatientName": "Doe"}).encode()
    assert look(checker, "a.nii", image(extensions=[(44, text)])).failed == {"extension[0].PatientName"}
    text = json.dumps({"SpectrometerFrequency": [123.2], "PatientName": ""}).encode()
    assert not look(checker, "a.nii", image(extensions=[(44, text)])).told


def test_pickles_are_never_opened(checker):
    seen = look(checker, "a.nii", image(extensions=[(16, b"cos\nsystem\n(S'touch /tmp/owned'\ntR.")]))
    assert seen.unread == ["extension[0]: a Python pickle, which is never opened"]


def test_dicom_in_an_extension_goes_to_the_dicom_checker():
    rule = Rule("DCM001", "direct-identifier", "", Level.FAIL, "", "")
    taken = []

    def embedded(content):
        taken.append(content.kind)
        name = pydicom.dcmread(content.open(), force=True).PatientName
        yield Finding(rule, Level.FAIL, "dicom", Location("PatientName", "(0010,0010)", "PN"), f"{len(name)} letters")

    dataset = pydicom.Dataset()
    dataset.PatientName = "DOE^JANE"
    stream = io.BytesIO()
    dataset.save_as(stream, implicit_vr=True, little_endian=True)
    checker = NiftiChecker(site_judge(), embedded=embedded)
    checker.rules = (*checker.rules, rule)
    data = image(extensions=[(2, dataset)])
    assert look(checker, "a.nii", data).failed == {"extension[0].PatientName"}
    assert taken == ["dicom"]
    unwired = look(NiftiChecker(site_judge()), "a.nii", data)
    assert unwired.unread == ["extension[0]: a DICOM data set in a NIfTI extension"]


def test_bytes_after_the_data(checker):
    assert ("trailing", "unaccounted-bytes", "REVIEW") in look(checker, "a.nii", image() + b"\1\2").told
    assert look(checker, "a.nii", image() + NAME).failed == {"trailing"}
    assert not look(checker, "a.nii", image() + bytes(100)).told


def test_the_gap_before_the_data(checker):
    data = image()
    moved = bytearray(data[:352] + bytes(64) + data[352:])
    moved[108:112] = struct.pack("<f", 416)
    assert not look(checker, "a.nii", bytes(moved)).told
    moved[400 : 400 + len(NAME)] = NAME
    assert look(checker, "a.nii", bytes(moved)).failed == {"gap"}


@pytest.mark.parametrize(
    ("told", "pointer"),
    [({"name": b"DOE_JANE_19800131.nii"}, "gzip.name"), ({"comment": b"DOE^JANE"}, "gzip.comment")],
)
def test_gzip_header(checker, told, pointer):
    assert look(checker, "a.nii.gz", packed(image(), **told)).failed == {pointer}


def test_every_gzip_member(checker):
    data = image()
    assert look(checker, "a.nii.gz", packed(data[:100]) + packed(data[100:], name=b"DOE_JANE.nii")).failed == {
        "gzip[1].name"
    }


def test_gzip_time_is_noted(checker):
    seen = look(checker, "a.nii.gz", packed(image(), mtime=1655942400))
    assert seen.noted == {("gzip.mtime", "file-time", "INFO")}
    assert not look(checker, "a.nii.gz", packed(image(), name=b"sub-01_T1w.nii")).noted


def test_bytes_after_the_gzip_file(checker):
    assert look(checker, "a.nii.gz", packed(image()) + NAME).failed == {"gzip.trailing"}
    assert not look(checker, "a.nii.gz", packed(image()) + bytes(512)).told


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (packed(image(), crc=1), "wrong checksum in gzip file"),
        (packed(image())[:-9], "truncated gzip file"),
        (packed(image())[:-4], "truncated gzip file"),
        (image()[:-1], "voxels: fewer bytes than the header says"),
        (image()[:300], "truncated NIfTI header"),
        (gzip.compress(image()[:-1]), "voxels: fewer bytes than the header says"),
    ],
)
def test_what_is_damaged_is_not_checked(checker, data, reason):
    name = "a.nii.gz" if data.startswith(b"\x1f\x8b") else "a.nii"
    assert look(checker, name, data).unread == [reason]


@pytest.mark.parametrize("kind", [nibabel.AnalyzeImage, nibabel.Nifti1Pair])
def test_pairs(checker, kind):
    header, voxels = pair(kind)
    assert not look(checker, "d/a.hdr", header).told
    clean = look(checker, "d/a.img", voxels)
    assert not clean.told
    assert not clean.unread
    look(checker, "d/a.hdr", header)
    assert look(checker, "d/a.img", voxels + NAME).failed == {"trailing"}


def test_pairs_that_are_packed(checker):
    header, voxels = pair(nibabel.Nifti1Pair)
    look(checker, "d/a.hdr.gz", packed(header))
    item = Item("d/a.img.gz", "file", lambda: io.BytesIO(voxels))
    assert list(checker.check(Content(item, "a.img", "nifti-data", item.opener))) == []


def test_an_img_alone_is_not_checked(checker):
    assert look(checker, "a.img", bytes(range(256))).unread == ["an .img file without the .hdr that describes it"]


def test_stricter_policy_fails_the_time():
    seen = look(NiftiChecker(site_judge("safe-harbor")), "a.nii.gz", packed(image(), mtime=1655942400))
    assert "gzip.mtime" in seen.failed
