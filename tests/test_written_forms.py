"""Identifiers in the forms that containers give text: each beside its neighbour, through the whole run.

Bytes of unknown meaning, runs of a word processor, escapes, control words, tables, dumps: the same identifiers are
planted in one folder, and others in the same places of a second, whose headers don't know them.
"""

import io
import json
import struct
import zipfile

import pytest
from PIL import Image

from fw_gear_deid_check import cli
from fw_gear_deid_check.checkers import workbooks
from tests.checkers.dicom_data import dicom_file, element, of

BINARY = b"\x01\x02\0\0", b"\0\0\x7f\xff\xfe"
KNOWN = ("Bjørnstad^Kåre", "Okonkwo^Chukwuemeka", "41500632")
HAN = "张伟明"
OTHER = {"Bjørnstad": "Grønlund", "Kåre": "Åge", "Okonkwo": "Olayinka", "41500632": "41500633", HAN: "李小龙"}


def packed(*members: tuple[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in members:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)
    return stream.getvalue()


def private(vr: str, value: bytes, *more: bytes) -> bytes:
    return dicom_file(*more, element(0x00290010, "LO", "ACME 1"), element(0x00291001, vr, value))


def among(value: bytes) -> bytes:
    return BINARY[0] + value + BINARY[1]


def split(text: str, between: str) -> str:
    return text[: len(text) // 2] + between + text[len(text) // 2 :]


def word(text: str) -> bytes:
    runs = split(text, '</w:t></w:r><w:proofErr w:type="spellStart"/><w:r><w:rPr><w:b/></w:rPr><w:t>')
    return packed(("word/document.xml", f"<w:document><w:p><w:r><w:t>{runs}</w:t></w:r></w:p></w:document>"))


def slide(text: str) -> bytes:
    runs = split(text, "</a:t></a:r><a:r><a:t>")
    return packed(("ppt/slides/slide1.xml", f"<p:sld><a:p><a:r><a:t>{runs}</a:t></a:r></a:p></p:sld>"))


def odt(text: str) -> bytes:
    runs = split(text, '<text:span text:style-name="T1">') + "</text:span>"
    return packed(("content.xml", f"<office:text><text:p>{runs}</text:p></office:text>"))


def rda(text: str) -> bytes:
    return f">>> Begin of header <<<\nSeriesDescription: {text}\n>>> End of header <<<\n".encode() + bytes(64)


def rtf(text: str) -> bytes:
    return ("{\\rtf1\\ansi " + "".join(c if c.isascii() else f"\\u{ord(c)}?" for c in text) + "\\par}").encode()


def rtf_bytes(text: str) -> bytes:
    return (
        b"{\\rtf1\\ansi\\ansicpg1252 "
        + "".join(c if c.isascii() else f"\\'{c.encode('cp1252').hex()}" for c in text).encode()
        + b"\\par}"
    )


def tiff(text: str) -> bytes:
    """Return a picture of one pixel with a description: Pillow would write no letters beyond ASCII."""
    value = text.encode() + b"\0"
    entries = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(270, 2, len(value), 136), (273, 4, 1, 8), (277, 3, 1, 1), (278, 3, 1, 1), (279, 4, 1, 1)]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHLL", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<L", 10) + b"\x80\0" + directory + bytes(4) + value


def jpeg(text: str) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (8, 8)).save(stream, "JPEG", exif=b"Exif\0\0" + tiff(text))
    return stream.getvalue()


def percent(text: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in text)


def comment(text: str) -> bytes:
    return dicom_file(of("ImageComments", text))


IN_BYTES = {
    # path: (what is planted, bytes with it in them)
    "OB-latin1.dcm": ("Bjørnstad", lambda text: private("OB", among(text.encode("latin-1")))),
    "OB-utf16le.dcm": ("Bjørnstad", lambda text: private("OB", among(text.encode("utf-16-le")))),
    "OB-utf16be.dcm": ("Bjørnstad", lambda text: private("OB", among(text.encode("utf-16-be")))),
    "OB-short.dcm": ("Bjørnstad^Kåre", lambda text: private("UN", among(text.encode()))),
    "OB-han.dcm": (HAN, lambda text: private("OB", among(text.encode()))),
    "OB-han-whole.dcm": (HAN, lambda text: private("OB", text.encode())),
    "UN-gb18030.dcm": (
        HAN,
        lambda text: private("UN", among(text.encode("gb18030")), of("SpecificCharacterSet", "GB18030")),
    ),
    "UN-gb18030-whole.dcm": (
        HAN,
        lambda text: private("UN", text.encode("gb18030"), of("SpecificCharacterSet", "GB18030")),
    ),
    "OW.dcm": ("Okonkwo", lambda text: private("OW", text.encode())),
    "OW-han.dcm": (HAN, lambda text: private("OW", text.encode())),
    "OW-among.dcm": ("Okonkwo", lambda text: private("OW", among(text.encode()))),
    "OF.dcm": ("41500632", lambda text: private("OF", text.encode())),
    "OW-unknown.dcm": ("Okonkwo", lambda text: dicom_file(element(0x00091234, "OW", text.encode()))),
}
IN_FILES = {
    "word.docx": ("41500632", word),
    "slide.pptx": ("Okonkwo", slide),
    "text.odt": ("41500632", odt),
    "u.rtf": ("Bjørnstad", rtf),
    "byte.rtf": ("Bjørnstad", rtf_bytes),
    "references.xml": ("41500632", lambda text: f"<a>{''.join(f'&#{ord(c)};' for c in text)}</a>".encode()),
    "references.svg": ("Okonkwo", lambda text: f'<g t="{"".join(f"&#x{ord(c):x};" for c in text)}"/>'.encode()),
    "percent.txt": ("Bjørnstad^Kåre", lambda text: f"see https://localhost/x?q={percent(text)}&n=1\n".encode()),
    "percent.json": ("Bjørnstad^Kåre", lambda text: json.dumps({"note": percent(text)}).encode()),
    "percent.dcm": ("Bjørnstad^Kåre", lambda text: comment(percent(text))),
    "unicode.py": ("Bjørnstad", lambda text: f"x = {json.dumps(text)}\n".encode()),
    "a.rda": ("Bjørnstad", rda),
    "han.rda": (HAN, rda),
    "exif.jpg": ("Bjørnstad", jpeg),
    "han.jpg": (HAN, jpeg),
    "description.tif": ("Bjørnstad", tiff),
    "float.csv": ("41500632", lambda text: f"run,value\n1,{text}.0\n".encode()),
    "float.json": ("41500632", lambda text: f'{{"value": {text}.0}}'.encode()),
}  # fmt: skip
PLACES = IN_BYTES | IN_FILES


def scan(folder, out):
    cli.main(["scan", str(folder), "-o", str(out), "--quiet", "--pixels", "off", "--jobs", "1"])
    return json.loads((out / "report.json").read_text())


def other(text: str) -> str:
    for one, two in OTHER.items():
        text = text.replace(one, two)
    return text


def known_in(root, change):
    folder = root / "in"
    folder.mkdir()
    for number, name in enumerate((*KNOWN[:2], "Zhang^Weiming=张^伟明")):
        header = (of("SpecificCharacterSet", "ISO_IR 192"), of("PatientName", name.encode()), of("PatientID", KNOWN[2]))
        (folder / f"header{number}.dcm").write_bytes(dicom_file(*header, clean=False))
    for path, (text, make) in PLACES.items():
        (folder / path).write_bytes(make(change(text)))
    (folder / f"{percent(change('Bjørnstad^Kåre'))}.txt").write_text("quiet\n")
    report = scan(folder, root / "out")
    return {each["path"] for each in report["findings"] if each["slug"] == "known-identifier"}, report


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return known_in(tmp_path_factory.mktemp("planted"), str)


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return known_in(tmp_path_factory.mktemp("clean"), other)


@pytest.mark.parametrize("path", PLACES)
def test_what_is_known_is_found(planted, path):
    assert path in planted[0]


@pytest.mark.parametrize("path", PLACES)
def test_another_in_its_place_is_not_what_is_known(clean, path):
    assert path not in clean[0]


def the_odd_one(report) -> str:
    """Return the path of the file whose name has escapes, as the report has it."""
    (path,) = {each["path"] for each in report["items"]} - {*PLACES} - {f"header{number}.dcm" for number in range(3)}
    return path


def test_a_name_with_escapes_is_known_and_masked(planted, clean):
    path = the_odd_one(planted[1])
    assert path in planted[0]
    assert "~" in path
    assert the_odd_one(clean[1]) not in clean[0]
    everything = json.dumps(planted[1], ensure_ascii=False)
    assert "rnstad" not in everything


def test_what_is_only_searched_is_in_no_inventory(planted, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.dcm").write_bytes(private("OB", among("Bjørnstad".encode("utf-16-be"))))
    cli.main(["scan", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--quiet", "--pixels", "off", "--show-values"])
    assert "Bjørnstad" not in (tmp_path / "out" / "inventory.csv").read_text("utf-8")


SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRINGS = f'<sst xmlns="{SPREADSHEET}"><si><t>{{}}</t></si><si/><si><r><t>415</t></r><r><t>00632</t></r></si></sst>'


def sheet(*cells: str) -> str:
    rows = "".join(f"<row>{cell}</row>" for cell in cells)
    return f'<worksheet xmlns="{SPREADSHEET}"><sheetData>{rows}</sheetData></worksheet>'


def inline(header: str) -> bytes:
    rows = (f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in (header, "41500632"))
    return packed(("xl/worksheets/sheet1.xml", sheet(*rows)))


def referring(header: str, *, texts_first: bool) -> bytes:
    members = [("xl/worksheets/sheet1.xml", sheet('<c r="B1" t="s"><v>0</v></c>', '<c r="B2" t="s"><v>2</v></c>'))]
    members.insert(0 if texts_first else 1, ("xl/sharedStrings.xml", STRINGS.format(header)))
    return packed(*members)


PAIRS = {
    # path: (an identifier, its neighbour)
    "OW.dcm": (private("OW", b"MRN: 41500632"), private("OW", b"Channel mixing off")),
    "OW-array.dcm": (
        private("OW", among(b"Patient Name: Corge Quux")),
        private("OW", struct.pack("<4096h", *(900 + (7919 * i) % 1201 for i in range(4096)))),
    ),
    "OW-labels.dcm": (
        private("OW", "MRN: 41500632".encode("utf-16-le")),
        private("OW", struct.pack("<4096h", *(48 + (i // 256) % 9 for i in range(4096)))),
    ),
    "OF-array.dcm": (
        private("OF", b"Patient Name: Corge Quux"),
        private("OF", struct.pack("<4096f", *(i * 1.37 - 900 for i in range(4096)))),
    ),
    "OW-public.dcm": (
        private("OW", b"MRN: 41500632"),
        dicom_file(element(0x00281201, "OW", b"MRN: 41500632 ")),
    ),
    "OW-unknown.dcm": (
        dicom_file(element(0x00281999, "OW", b"MRN: 41500632 ")),
        dicom_file(element(0x00281999, "OW", b"Channel mixing off")),
    ),
    "split.docx": (word("MRN: 41500632"), word("coil: 32 channels")),
    "column.xlsx": (inline("mrn"), inline("voxels")),
    "texts-last.xlsx": (referring("mrn", texts_first=False), referring("voxels", texts_first=False)),
    "texts-first.xlsx": (referring("mrn", texts_first=True), referring("voxels", texts_first=True)),
    "cells.html": (
        b"<table><tr><td>CPR:</td><td>010190-1234</td></tr></table>",
        b"<table><tr><td>FD:</td><td>0.1</td></tr></table>",
    ),
    "columns.html": (
        b"<table><tr><th>MRN<th>Rows<th>Coil<tr><td>41500632<td>256<td>Head</table>",
        b"<table><tr><th>Mean<th>Rows<th>Coil<tr><td>41500632<td>256<td>Head</table>",
    ),
    "bars.txt": (b"CPR:|010190-1234\n", b"FD:|0.1\n"),
    "table.md": (
        b"| MRN | Rows | Coil |\n|---|---|---|\n| 41500632 | 256 | Head |\n",
        b"| MRN | Rows | Coil |\n\n| 0.13 | 256 | Head |\n",
    ),
    "u.rtf": (rtf("Fødselsnummer: 13125428337"), rtf("Kørsel: 3")),
    "dump.dcm": (comment("(0010,0020) LO [41500632]"), comment("(0018,1030) LO [41500632]")),
    "dump-bare.txt": (b"(0010,0020) LO 41500632   #   8, 1 PatientID\n", b"(0028,0010) US 256   #   2, 1 Rows\n"),
    "dump-colon.json": (b'{"note": "0010,0020: 41500632"}', b'{"note": "0018,1030: 41500632"}'),
    "dump-birth.dcm": (comment("(0010,0030) DA [19530919]"), comment("(0010,0030) DA []")),
    "float.csv": (b"mrn,run\n41500632.0,1\n", b"mean,run\n41500632.0,1\n"),
    "query.txt": (b"GET /wado?patientName=Jane%20Quux&n=1\n", b"GET /wado?seriesName=T1w%20sag&n=1\n"),
}


@pytest.fixture(scope="module", params=["found", "quiet"])
def levels(request, tmp_path_factory):
    """Return the worst level of each file, and whether the identifiers are in them."""
    root = tmp_path_factory.mktemp(request.param)
    (root / "in").mkdir()
    for path, (found, quiet) in PAIRS.items():
        (root / "in" / path).write_bytes(found if request.param == "found" else quiet)
    report = scan(root / "in", root / "out")
    told = {(each["path"], each["level"]) for each in report["findings"]}
    return {path: next((each for each in ("FAIL", "REVIEW") if (path, each) in told), "") for path in PAIRS}, (
        request.param == "found"
    )


@pytest.mark.parametrize("path", PAIRS)
def test_a_label_is_heeded_whatever_the_form(levels, path):
    assert (levels[0][path] == "FAIL") == levels[1]


@pytest.mark.parametrize("path", [path for path in PAIRS if "array" in path or "labels" in path or "float" in path])
def test_numbers_are_no_text(levels, path):
    assert bool(levels[0][path]) == levels[1]


def test_a_workbook_with_more_cells_than_are_kept_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(workbooks, "CELLS", 5)
    for name, count in (("small", 2), ("large", 9)):
        folder = tmp_path / name
        folder.mkdir()
        cells = [f'<c r="B{row}" t="s"><v>0</v></c>' for row in range(1, count)]
        members = (("xl/worksheets/sheet1.xml", sheet(*cells)), ("xl/sharedStrings.xml", STRINGS.format("voxels")))
        (folder / "a.xlsx").write_bytes(packed(*members))
    assert "workbook" not in str(scan(tmp_path / "small", tmp_path / "out")["coverage"]["not_checked"])
    assert "a workbook of more than" in str(scan(tmp_path / "large", tmp_path / "out")["coverage"]["not_checked"])


def test_numbers_of_no_character_and_of_no_text_are_read(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.html").write_text("<p>&#" + "9" * 5000 + "; MRN: 41500632</p>")
    cells = '<c r="B1" t="s"><v>0000000000</v></c>', '<c r="B2" t="s"><v>0000000002</v></c>'
    (folder / "b.xlsx").write_bytes(
        packed(("xl/sharedStrings.xml", STRINGS.format("mrn")), ("xl/worksheets/sheet1.xml", sheet(*cells)))
    )
    report = scan(folder, tmp_path / "out")
    assert report["coverage"]["not_checked"] == []
    assert [item["verdict"] for item in report["items"]] == ["FAIL", "FAIL"]
