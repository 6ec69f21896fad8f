"""Identifiers in pictures, PDF and scanner files, each beside its clean neighbour."""

import io
import struct
import zlib

import pypdf
import pytest
from PIL import Image, PngImagePlugin

from fw_gear_deid_check.checkers.fields import ImageChecker, PdfChecker, ScannerChecker
from fw_gear_deid_check.checkers.pixels import PixelsChecker
from fw_gear_deid_check.findings import Unread
from fw_gear_deid_check.items import Content, Item
from tests.checkers.looking import look, site_judge

NAME = "DOE^JANE"


@pytest.fixture(scope="module")
def images():
    return ImageChecker(site_judge())


@pytest.fixture(scope="module")
def pdfs():
    return PdfChecker(site_judge())


@pytest.fixture(scope="module")
def scanners():
    return ScannerChecker(site_judge())


def saved(form, **options) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (8, 8)).save(stream, form, **options)
    return stream.getvalue()


def exif(tag=None, value=None, directory=None) -> Image.Exif:
    made = Image.Exif()
    if tag is not None:
        (made if directory is None else made.get_ifd(directory))[tag] = value
    return made


def png(**texts) -> bytes:
    made = PngImagePlugin.PngInfo()
    for key, value in texts.items():
        made.add_text(key, value)
    return saved("PNG", pnginfo=made)


def behind(data: bytes, chunk: bytes) -> bytes:
    """Return a PNG file with a text chunk behind its pixels."""
    end = struct.pack(">I", len(chunk)) + b"tEXt" + chunk + struct.pack(">I", zlib.crc32(b"tEXt" + chunk))
    return data[:-12] + end + data[-12:]


def packed_text(value: str) -> bytes:
    made = PngImagePlugin.PngInfo()
    made.add_text("Comment", value, zip=True)
    return saved("PNG", pnginfo=made)


def international(value: str) -> bytes:
    made = PngImagePlugin.PngInfo()
    made.add_itxt("Comment", value, "en", "Comment", zip=True)
    return saved("PNG", pnginfo=made)


XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:li>%s</rdf:li></x:xmpmeta>'
IMAGES = {
    "exif.ImageDescription": lambda value: saved("JPEG", exif=exif(270, value)),
    "exif.UserComment": lambda value: saved("JPEG", exif=exif(0x9286, b"ASCII\0\0\0" + value.encode(), 0x8769)),
    "exif.XPComment": lambda value: saved("JPEG", exif=exif(0x9C9C, value.encode("utf-16-le"))),
    "comment": lambda value: saved("JPEG", comment=value.encode()),
    "text.Comment": lambda value: png(Comment=value),
    "text.Title": lambda value: behind(png(), b"Title\0" + value.encode()),
    "tiff.ImageDescription": lambda value: saved("TIFF", tiffinfo={270: value}),
    "trailing": lambda value: saved("JPEG") + value.encode(),
}


@pytest.mark.parametrize("pointer", IMAGES)
def test_pictures(images, pointer):
    seen = look(images, "a.bin", IMAGES[pointer](NAME))
    assert (seen.failed, seen.unread) == ({pointer}, [])
    assert not look(images, "a.bin", IMAGES[pointer]("HEAD^Brain")).told


@pytest.mark.parametrize("make", [packed_text, international])
def test_packed_text_of_png(images, make):
    assert look(images, "a.png", make(NAME)).failed == {"text.Comment"}
    assert not look(images, "a.png", make("HEAD^Brain")).told


@pytest.mark.parametrize(
    ("make", "pointer"),
    [
        (lambda value: saved("GIF", comment=value.encode()), "comment"),
        (lambda value: saved("PNG", exif=exif(270, value)), "exif.ImageDescription"),
        (lambda value: saved("BMP") + value.encode(), "trailing"),
        (lambda value: saved("PNG") + value.encode(), "trailing"),
        (lambda value: saved("GIF") + value.encode(), "trailing"),
        (lambda value: saved("JPEG", xmp=(XMP % value).encode()), "xmp"),
    ],
)
def test_other_places_of_pictures(images, make, pointer):
    assert {place for place, _, _ in look(images, "a", make("jane.doe@example.org")).told} == {pointer}
    assert not look(images, "a", make("phantom")).told


def test_a_second_page(images):
    stream = io.BytesIO()
    first, second = Image.new("L", (8, 8)), Image.new("L", (8, 8))
    second.encoderinfo = {"tiffinfo": {270: NAME}}
    first.save(stream, "TIFF", save_all=True, append_images=[second])
    assert look(images, "a.tif", stream.getvalue()).failed == {"tiff.ImageDescription"}


def test_the_author_of_a_picture(images):
    assert look(images, "a.jpg", saved("JPEG", exif=exif(315, "Quux"))).told == {("exif.Artist", "staff-name", "FAIL")}


def test_position(images):
    place = exif()
    place.get_ifd(0x8825).update({1: "N", 2: (39.0, 57.0, 0.0), 3: "W", 4: (75.0, 10.0, 0.0)})
    assert look(images, "a.jpg", saved("JPEG", exif=place)).told == {("exif.GPSInfo", "position", "FAIL")}


def test_large_pictures_are_read_without_their_pixels(images):
    data = bytearray(saved("PNG"))
    data[16:24] = struct.pack(">II", 2_000_000, 2_000_000)
    assert look(images, "a.png", bytes(data)).unread == []
    data = bytearray(saved("JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    assert look(images, "a.jpg", bytes(data)).unread == []


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "TIFF", "BMP"])
def test_truncated_pictures_are_not_checked(images, form):
    data = saved(form)
    assert look(images, "a", data[: len(data) // 2]).unread


# -- PDF


def pdf(text="", **info) -> bytes:
    stream = f"BT /F1 12 Tf 10 100 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< %s >>" % b" ".join(b"/%s (%s)" % (key.encode(), value.encode()) for key, value in info.items()),
    ]
    data, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + b"trailer << /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)


def test_a_page_of_a_pdf_that_is_too_long_to_be_read_whole_is_said(pdfs):
    long = look(pdfs, "a.pdf", pdf("a scan " * 160_000))
    assert any("a page of a PDF with more than" in reason for reason in long.unread)
    assert not look(pdfs, "a.pdf", pdf("a scan " * 1000)).unread


def test_pdf(pdfs):
    assert look(pdfs, "a.pdf", pdf("scan of jane.doe@example.org")).failed == {"content"}
    assert look(pdfs, "a.pdf", pdf(Title=NAME)).failed == {"info.Title"}
    assert look(pdfs, "a.pdf", pdf(Author="Quux")).told == {("info.Author", "staff-name", "FAIL")}
    clean = look(pdfs, "a.pdf", pdf("scan of a phantom", Title="Report", Producer="pypdf"))
    assert (clean.told, clean.unread) == (set(), [])


def test_encrypted_pdf_is_not_checked(pdfs):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(NAME)))
    writer.encrypt("secret", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    assert look(pdfs, "a.pdf", stream.getvalue()).unread == ["encrypted PDF"]


def test_attachments_of_a_pdf_are_not_checked(pdfs):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("fine")))
    writer.add_attachment("a.txt", NAME.encode())
    stream = io.BytesIO()
    writer.write(stream)
    assert look(pdfs, "a.pdf", stream.getvalue()).unread == ["files attached to a PDF"]


def test_pictures_of_a_pdf_are_handed_to_the_checker_of_pixels(pdfs):
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PDF")
    for data, handed in ((stream.getvalue(), True), (pdf("fine"), False)):
        item = Item("a.pdf", "file", lambda data=data: io.BytesIO(data))
        content = Content(item, None, "pdf", item.opener)
        assert not [each for each in pdfs.check(content) if isinstance(each, Unread)]
        assert PixelsChecker(site_judge()).applies_to(content) is handed


def test_a_pdf_that_keeps_what_was_removed_is_not_checked(pdfs):
    writer = pypdf.PdfWriter(io.BytesIO(pdf("fine", Title=NAME)), incremental=True)
    writer.add_metadata({"/Title": "Report"})
    stream = io.BytesIO()
    writer.write(stream)
    assert NAME.encode() in stream.getvalue()
    seen = look(pdfs, "a.pdf", stream.getvalue())
    assert seen.unread == ["earlier revisions that a PDF keeps in itself"]
    assert not seen.told


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.4\n", pdf("fine")[:300], b"%PDF-1.7\n" + b"1 0 obj\n<<" * 50_000],
    ids=["empty", "cut short", "opened 50,000 times"],
)
def test_damaged_pdf_is_not_checked(pdfs, data):
    assert look(pdfs, "a.pdf", data).unread == ["a damaged PDF, or one that takes too much time or memory to read"]


def test_a_pdf_that_loops_is_not_checked(pdfs):
    looping = pdf("fine").replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]")
    assert look(pdfs, "a.pdf", looping).unread


def test_a_pdf_that_swells_is_not_checked(pdfs):
    swollen = zlib.compress(zlib.compress(bytes(1 << 30), 9), 9)
    stream = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(swollen), swollen)
    body = pdf("fine").partition(b"4 0 obj\n")
    rest = body[2].partition(b"\nendobj\n")[2]
    assert look(pdfs, "a.pdf", body[0] + body[1] + stream + b"\nendobj\n" + rest).unread


# -- scanner files

PAR = """# === DATA DESCRIPTION FILE ======================================================
#
# CAUTION - Investigational device.
# === GENERAL INFORMATION ========================================================
#
.    Patient name                       :   {name}
.    Examination name                   :   {exam}
.    Protocol name                      :   T1W 3D TFE
.    Examination date/time              :   2022.06.23 / 14:15:42
.    Series Type                        :   Image   MRSERIES
# === IMAGE INFORMATION ==========================================================
  1   1    1  1 0 2     0  16    62  176  176     0.00000   1.29035 4.28404e-003  1070  1860  0.00  0.00  0.00  0.0
"""
BRUKER = """##TITLE=Parameter List, ParaVision 6.0.1
##JCAMPDX=4.24
##OWNER=nmrsu
$$ /opt/PV6.0.1/data/nmr/{folder}/subject
##$SUBJECT_id=( 60 )
<{id}>
##$SUBJECT_name_string=( 64 )
<{name}>
##$SUBJECT_sex=UNKNOWN
##$PVM_Matrix=( 2 )
128 128
##$SUBJECT_remarks=( 2048 )
<{remarks}>
##END=
"""
RDA = ">>> Begin of header <<<\r\nPatientName: {name}\r\nPatientID: {id}\r\nTR: 2000.0\r\nProtocolName: svs_se_30\r\n"
RDA += ">>> End of header <<<\r\n"


def test_par(scanners):
    assert look(scanners, "a.PAR", PAR.format(name="Quux", exam="knee").encode()).failed == {"Patient name"}
    assert look(scanners, "a.PAR", PAR.format(name="", exam=NAME).encode()).failed == {"Examination name"}
    assert not look(scanners, "a.PAR", PAR.format(name="", exam="knee").encode()).told


def test_rec():
    par = PAR.format(name="", exam="").encode()  # one image of 176 times 176 voxels, 16 bits
    voxels = bytes(2) + b"\xff\x07" * (176 * 176 - 1)
    scanners = ScannerChecker(site_judge())

    def pair(data):
        look(scanners, "d/a.PAR", par)
        return look(scanners, "d/a.REC", data)

    clean = pair(voxels)
    assert (clean.told, clean.unread) == (set(), [])
    assert pair(voxels + NAME.encode()).failed == {"trailing"}
    assert pair(voxels[:-1]).unread == ["fewer voxels than the PAR file says"]
    assert look(scanners, "d/a.REC", voxels).unread == ["a REC file without the PAR that describes it"]


def test_bruker(scanners):
    clean = {"id": "", "name": "", "folder": "study1", "remarks": "fine"}
    assert not look(scanners, "subject", BRUKER.format(**clean).encode()).told
    for key, value, pointer in (
        ("name", "Quux", "SUBJECT_name_string"),
        ("id", "482913", "SUBJECT_id"),
        ("remarks", "call 215-555-0134", "SUBJECT_remarks"),
        ("folder", NAME, "content"),
    ):
        assert look(scanners, "subject", BRUKER.format(**{**clean, key: value}).encode()).failed == {pointer}


def test_rda(scanners):
    data = bytes(range(256)) * 10
    assert look(scanners, "a.rda", RDA.format(name="Quux", id="").encode() + data).failed == {"PatientName"}
    assert look(scanners, "a.rda", RDA.format(name="", id="482913").encode() + data).failed == {"PatientID"}
    assert not look(scanners, "a.rda", RDA.format(name="", id="").encode() + data).told
    assert look(scanners, "a.rda", b">>> Begin of header <<<\r\nPatientName: Quux\r\n").unread


XPROTOCOL = '<XProtocol> {{ <ParamString."{key}"> {{ {value} }} <ParamLong."lCount"> {{ 3 }} }}\n'


def twix(text: str, *, multiple=False, name=b"") -> bytes:
    buffer = text.encode("latin-1") + b"\0"
    header = b"Config\0" + struct.pack("<I", len(buffer)) + buffer
    header = struct.pack("<II", len(header) + 8, 1) + header
    if not multiple:
        return header + bytes(4096)
    start = 8 + 64 * 152
    entry = struct.pack("<IIQQ", 1, 1, start, len(header)) + name.ljust(64, b"\0") + b"T1w".ljust(64, b"\0")
    return (struct.pack("<II", 0, 1) + entry.ljust(152, b"\0")).ljust(start, b"\0") + header


@pytest.mark.parametrize("multiple", [False, True])
@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("tPatientName", '"Quux"', "tPatientName"),
        ("PatientID", '<Visible> "true" "482913"', "PatientID"),
        ("tPatientName", '"xxxx"', None),
        ("tPatientName", "", None),
        ("tProtocolName", '"T1w MPRAGE"', None),
    ],
)
def test_twix(scanners, key, value, found, multiple):
    seen = look(scanners, "meas_1.dat", twix(XPROTOCOL.format(key=key, value=value), multiple=multiple))
    assert seen.failed == ({found} if found else set())
    assert not seen.unread


def test_the_table_of_twix(scanners):
    seen = look(scanners, "meas_1.dat", twix("", multiple=True, name=b"Quux"))
    assert seen.failed == {"PatientName"}


def test_truncated_twix_is_not_checked(scanners):
    assert look(scanners, "meas_1.dat", twix("x" * 1000)[:500]).unread == ["truncated Siemens raw data"]


def pfile(text: bytes = b"", at: int = 100_000, revision: float = 24.0) -> bytes:
    data = bytearray(220_000)
    struct.pack_into("<f", data, 0, revision)
    data[at : at + len(text)] = text
    return bytes(data)


@pytest.mark.parametrize(
    ("revision", "at", "pointer"),
    [
        (24.0, 144_344, "PatientName"),
        (24.0, 144_409, "PatientID"),
        (24.0, 144_474, "AccessionNumber"),
        (11.0, 62_062, "PatientName"),
        (20.006, 144_336, "PatientName"),
        (30.0, 203_441, "PatientID"),
    ],
)
def test_pfile(scanners, revision, at, pointer):
    seen = look(scanners, "P12345.7", pfile(b"482913", at, revision))
    assert (seen.failed, seen.unread) == ({pointer}, [])
    assert not look(scanners, "P12345.7", pfile(revision=revision)).told


def test_birth_date_in_a_pfile(scanners):
    assert look(scanners, "P12345.7", pfile(b"19800131", 144_491)).failed == {"PatientBirthDate"}


def test_strings_of_a_pfile(scanners):
    assert look(scanners, "P12345.7", pfile(NAME.encode())).failed == {"header"}
    assert not look(scanners, "P12345.7", pfile(b"HEAD^Brain")).told
    unknown = look(scanners, "P12345.7", pfile(NAME.encode(), revision=99.0))
    assert unknown.failed == {"header"}
    assert len(unknown.unread) == 1
