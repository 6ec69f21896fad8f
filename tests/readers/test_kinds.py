import gzip
import io
import struct
import tarfile
import zipfile

import pytest

from fw_gear_deid_check.items import HEAD
from fw_gear_deid_check.readers.kinds import sniff
from tests.hostile import dicom, element, nifti


def a_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "a")
    return buffer.getvalue()


def a_tar(mode: str = "w", form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=form) as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return buffer.getvalue()


def old_tar() -> bytes:
    block = bytearray(a_tar(form=tarfile.USTAR_FORMAT)[:512])
    block[257:265] = bytes(8)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + bytes(1024)


def analyze(order: str = "<", size: int = 348, dimensions: int = 4) -> bytes:
    header = bytearray(348)
    struct.pack_into(order + "i", header, 0, size)
    struct.pack_into(order + "h", header, 40, dimensions)
    return bytes(header)


EXPLICIT = element(8, 5, b"CS", b"ISO_IR 100")
IMPLICIT = struct.pack("<HHL", 8, 5, 10) + b"ISO_IR 100"
BIG = struct.pack(">HH2sH", 8, 5, b"CS", 10) + b"ISO_IR 100"
NIFTI_2 = struct.pack("<i", 540) + b"n+2\0\r\n\x1a\n" + bytes(540)
TWIX_VB = struct.pack("<II", 1000, 6) + b"Config\0" + bytes(1000)
TWIX_VD = struct.pack("<IIIIQQ", 0, 2, 1, 1, 10240, 5000) + bytes(1000)
PAR = b"# === DATA DESCRIPTION FILE ======\r\n#\r\n"
VOXELS = bytes(range(256)) * 8

CONTENT_FIRST = [
    (dicom(b""), "notes.txt", "dicom"),
    (EXPLICIT, "notes.txt", "dicom"),
    (IMPLICIT, "x", "dicom"),
    (BIG, "x", "dicom"),
    (b"II*\0".ljust(128, b"\0") + b"DICM", "x.tif", "dicom"),
    (a_zip(), "scan.dcm", "zip"),
    (b"PK\5\6" + bytes(18), "empty", "zip"),
    (a_tar(), "x.zip", "tar"),
    (old_tar(), "x", "tar"),
    (a_tar("w:gz"), "x.nii.gz", "tgz"),
    (gzip.compress(nifti()), "x.dcm", "nifti"),
    (gzip.compress(dicom(b"")), "x.dcm.gz", "gzip"),
    (gzip.compress(b"a line"), "x.nii.gz", "gzip"),
    (nifti(), "x.dcm", "nifti"),
    (NIFTI_2, "x", "nifti"),
    (analyze(), "x.hdr", "nifti"),
    (analyze(">"), "x", "nifti"),
    (b'{"EchoTime": 0.003}', "x.txt", "json"),
    (b'\xef\xbb\xbf [\n {"a": 1}]', "x", "json"),
    ('{"a": 1}'.encode("utf-16"), "x", "json"),
    (b"\x89PNG\r\n\x1a\n", "x.dcm", "image"),
    (b"\xff\xd8\xff\xe0", "x", "image"),
    (b"%PDF-1.4", "x.txt", "pdf"),
    (PAR, "x.txt", "par"),
    (b">>> Begin of header <<<", "x", "rda"),
    (b"##TITLE=Parameter List", "acqp", "bruker"),
    (TWIX_VB, "meas.dat", "twix"),
    (TWIX_VD, "x", "twix"),
    (b"a plain line\n", "x.dcm", "text"),
    (b"a plain line\n", "x.nii", "text"),
    ("Größe\n".encode("latin-1"), "x", "text"),
    ("a line\n".encode("utf-16"), "x", "text"),
    (b"BZh91AY", "x.txt", "bzip2"),
    (b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X", "._IM_0001.dcm", "appledouble"),
    (b"\x00\x00\x00\x01Bud1\x00", ".DS_Store", "dsstore"),
    (b"7z\xbc\xaf\x27\x1c", "x.zip", "7z"),
]
NAME_LAST = [
    (b"a,b\n1,2\n", "x.csv", "table"),
    (b"a\tb\n", "participants.TSV", "table"),
    (b"[INFO] started\n", "x.log", "text"),
    (b"<x/>", "x.xml", "text"),
    (b"key: value", "x.yaml", "text"),
    (b"0 1000 2000", "x.bval", "text"),
    (b"no magic in here", "x.par", "par"),
    (b"anything at all before the first entry", "x.zip", "zip"),
    (VOXELS, "x.img", "nifti-data"),
    (VOXELS, "x.rec", "rec"),
    (VOXELS, "P12345.7", "pfile"),
    (VOXELS, "raw/meas_MID00012_t1.dat", "twix"),
    (VOXELS, "x.dcm", "dicom"),
    (VOXELS, "a/DICOMDIR", "dicom"),
    (VOXELS, "x.nii", "nifti"),
    (b"", "x.dcm", "dicom"),
    (b"", "x.json", "json"),
    (b"", "x.zip", "zip"),
    (b"", "README", "text"),
    (b"\x1f\x8b", "x.nii.gz", "nifti"),
    (b"\x1f\x8b\xff", "x.tar.gz", "tgz"),
]
UNKNOWN = [
    (VOXELS, "x"),
    (VOXELS, "x.txt"),
    (VOXELS, "x.dat"),
    (analyze(size=347), "x"),
    (analyze(dimensions=9), "x"),
    (struct.pack("<HHL", 9, 5, 10) + bytes(10), "x"),
    (struct.pack("<HHL", 8, 5, 1 << 30) + bytes(2000), "x"),
    (b"\x80\x04\x95" + bytes(20), "x.pkl"),
    (b"text with a \x00 in it", "x.txt"),
    (b"text with an escape \x01\x02", "x.log"),
]


@pytest.mark.parametrize(("head", "name", "kind"), CONTENT_FIRST + NAME_LAST)
def test_known(head: bytes, name: str, kind: str):
    assert sniff(head[:HEAD], name) == kind


@pytest.mark.parametrize(("head", "name"), UNKNOWN)
def test_unknown(head: bytes, name: str):
    assert sniff(head[:HEAD], name) is None


def test_text_cut_in_a_character():
    whole = "ü" * HEAD
    assert sniff(whole.encode()[: HEAD - 1], "x") == "text"


def test_a_cut_gzip_head_is_enough():
    packed = gzip.compress(nifti(data=500_000) + bytes(range(256)) * 1000)
    assert sniff(packed[:HEAD], "x") == "nifti"
