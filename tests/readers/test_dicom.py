"""The DICOM reader against pydicom, element by element, on good files and on damaged ones."""

import io
import logging
import random
import warnings
import zlib
from collections import Counter
from pathlib import Path
from struct import pack

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_files
from pydicom.dataelem import RawDataElement, convert_raw_data_element

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers import dicom, dictionary
from fw_gear_deid_check.readers.dicom import DataSet, Row
from tests.checkers.dicom_data import dicom_file, element, shared_data

SHARED = shared_data()
FILES = [Path(name) for name in sorted(get_testdata_files()) if Path(name).is_file()] + sorted(SHARED.rglob("*.dcm"))
CONVERTED = {0x00020000, 0x00020010, 0x00080005}
"""What pydicom converts while reading."""
Leaf = tuple[str, int, bytes]


def read(data: bytes, limits: Limits | None = None) -> DataSet:
    return dicom.read(io.BytesIO(data), len(data), limits)


def leaves_of_ours(data: DataSet) -> list[Leaf]:
    """(pointer of the item, tag, value) of all elements but pixel data, at every depth."""
    found: list[Leaf] = []

    def visit(prefix: str, _: bytes, row: Row) -> None:
        if row[4] >= 0 and row[0] not in CONVERTED:
            found.append((prefix, row[0], row[3][row[4] :]))

    last = {row[0]: row for row in data.meta + data.rows if row[0] not in CONVERTED}
    for row in last.values():
        vr, name = row[1], dicom.pointer_name(row[0], row[2])
        unknown = vr == b"UN" and row[3][8:12] != b"\xff\xff\xff\xff"
        private = not vr and row[0] >> 16 & 1 and row[3][4:8] != b"\xff\xff\xff\xff"
        if unknown or private or not dicom.expand(row, data.explicit, data.character_set, name, visit, Limits()):
            visit("", b"", row)
    return sorted(found)


def leaves_of_pydicom(raw: bytes) -> list[Leaf]:
    found: list[Leaf] = []

    def walk(dataset: object, prefix: str) -> None:
        creators: dict[int, bytes] = {}
        for key, each in dataset._dict.items():
            tag, value = int(key), each.value
            vr = each.VR
            if isinstance(each, RawDataElement):
                if tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF:
                    creators[tag] = value or b""
                if vr == "SQ" or (vr is None and dictionary.vr(tag) == "SQ"):
                    value = convert_raw_data_element(each).value
                    vr = "SQ"
            if vr != "SQ":
                if tag not in dicom.PIXELS and tag not in CONVERTED:
                    found.append((prefix, tag, value or b""))
                continue
            creator = creators.get(tag >> 16 << 16 | (tag & 0xFFFF) >> 8, b"")
            odd = tag >> 16 & 1
            for index, item in enumerate(value):
                walk(item, f"{prefix}{dicom.pointer_name(tag, creator if odd else None)}[{index}].")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = dcmread(io.BytesIO(raw), force=True)
        walk(dataset, "")
        walk(dataset.file_meta, "")
    return sorted(found)


@pytest.fixture(autouse=True)
def _quiet() -> object:
    logger = logging.getLogger("pydicom")
    logger.disabled, before = True, logger.disabled
    yield
    logger.disabled = before


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_reads_what_pydicom_reads(path: Path) -> None:
    raw = path.read_bytes()
    if path.suffix in {".txt", ".json", ".dump", ".icc", ".gz"} or path.name in {"README", "no_meta.dcm"}:
        with pytest.raises(Unreadable):
            read(raw)
        return
    data = read(raw)
    if "truncated" in path.name:
        assert data.unread
        return
    assert data.unread is None
    ours, theirs = leaves_of_ours(data), leaves_of_pydicom(raw)
    if data.handed_over:
        assert [leaf[:2] for leaf in ours] == [leaf[:2] for leaf in theirs]
    else:
        assert ours == theirs


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("explicit", [True, False])
def test_what_is_the_same_as_before_is_read_the_same(explicit: bool, seed: int) -> None:
    rng = random.Random(seed)
    syntax = "1.2.840.10008.1.2.1" if explicit else "1.2.840.10008.1.2"
    before = dicom.Before()
    reused = 0
    values = dict.fromkeys(range(0x00181000, 0x00181030), "a")
    last: list[Row] = []
    for _ in range(150):
        for tag in rng.sample(sorted(values), rng.choice([0, 0, 1, 3])):
            values[tag] = rng.choice(["a", "bb", "ccc", ""])
        kept = [tag for tag in values if rng.random() > (0.1 if rng.random() < 0.2 else 0)]
        creator = rng.choice(["ACME 1", "ACME 1", "ACME 1", "OTHER 2"])
        elements = [element(tag, "LO", values[tag], explicit=explicit) for tag in kept]
        elements += [element(0x00290010, "LO", creator, explicit=explicit)] * (rng.random() < 0.9)
        elements += [element(tag, "LO", "private", explicit=explicit) for tag in (0x00291001, 0x00291002, 0x00311001)]
        raw = dicom_file(*elements, syntax=syntax, after=element(0xFFFCFFFC, "OB", b"\0\0", explicit=explicit))
        fresh, again = read(raw), dicom.read(io.BytesIO(raw), len(raw), None, before)
        assert again == fresh
        reused += sum(row is old for row, old in zip(again.rows, last, strict=False))
        last = again.rows
    assert reused > 2000


def damaged(raw: bytes, rng: random.Random) -> bytes:
    """Change, cut, take out or put in some bytes, in the header more often than not."""
    data = bytearray(raw)
    end = min(len(data), 4000) if rng.random() < 0.7 else len(data)
    position = rng.randrange(end)
    match rng.randrange(4):
        case 0:
            for _ in range(rng.randint(1, 4)):
                data[rng.randrange(end)] = rng.choice([0, 255, rng.randrange(256)])
        case 1:
            del data[rng.randrange(132, len(data)) :]
        case 2:
            del data[position : position + rng.randint(1, 20)]
        case 3:
            data[position:position] = rng.randbytes(rng.randint(1, 12))
    return bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_file_is_read_like_pydicom_or_handed_over_or_not_checked(seed: int) -> None:
    rng = random.Random(seed)
    small = [path.read_bytes() for path in FILES if path.stat().st_size < 60_000 and path.suffix in {"", ".dcm"}]
    endings: Counter[str] = Counter()
    before = dicom.Before()
    for _ in range(1500):
        raw = damaged(rng.choice(small), rng)
        try:
            data = read(raw)
            assert dicom.read(io.BytesIO(raw), len(raw), None, before) == data
            ours = leaves_of_ours(data)
        except Unreadable:
            endings["not checked"] += 1
            continue
        if data.unread or data.trailing:  # said to be not checked, or to have something at its end
            endings["not checked"] += 1
            continue
        if data.handed_over:
            endings["handed over"] += 1
            continue
        try:
            theirs = leaves_of_pydicom(raw)
        except Exception:  # a damaged character set or sequence, which we read and pydicom doesn't
            endings["pydicom fails"] += 1
            continue
        places = {leaf[:2] for leaf in theirs}
        missed = [leaf for leaf in theirs if leaf not in ours and leaf != ("", 0, b"")]  # padding with zeros
        assert not missed
        assert all(leaf in theirs or leaf[:2] in places for leaf in ours)  # of duplicates we see both
        endings["equal"] += 1
    assert endings["pydicom fails"] < 5
    assert min(endings["equal"], endings["handed over"], endings["not checked"]) > 50


def deflated(body: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    start = bytes(128) + b"DICM" + element(0x00020010, "UI", "1.2.840.10008.1.2.1.99")
    return start + deflater.compress(body) + deflater.flush()


def test_a_deflated_data_set_is_read_within_the_limits() -> None:
    body = element(0x00100010, "PN", "Quux^Corge") + element(0x7FE00010, "OW", bytes(3 << 20))
    assert read(deflated(body)).unread is None
    assert "larger than the limit" in (read(deflated(body), Limits(member_size=1 << 20)).unread or "")
    assert "truncated" in (read(deflated(body)[:-20]).unread or "")
    assert "bytes after" in (read(deflated(body) + b"something").unread or "")


def test_a_header_is_held_within_the_limits() -> None:
    raw = dicom_file(*(element(0x00291000 + number, "OB", bytes(1 << 20)) for number in range(8)))
    assert read(raw).unread is None
    small = read(raw, Limits(header_size=4 << 20))
    assert "larger than 4 MiB" in (small.unread or "")
    assert small.rows


def test_pixel_data_are_stepped_over() -> None:
    class Counting(io.BytesIO):
        count = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            self.count += len(data)
            return data

    fragment = pack("<HHL", 0xFFFE, 0xE000, 4 << 20) + bytes(4 << 20)
    encapsulated = (
        pack("<HH2sHL", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF) + fragment * 2 + pack("<HHL", 0xFFFE, 0xE0DD, 0)
    )
    plain = element(0x7FE00010, "OW", bytes(8 << 20))
    for pixels in (plain, encapsulated):
        stream = Counting(dicom_file(pixels=False, after=pixels + element(0xFFFCFFFC, "OB", b"\0\0")))
        data = dicom.read(stream, len(stream.getbuffer()))
        assert [row[0] for row in data.rows][-2:] == [0x7FE00010, 0xFFFCFFFC]
        assert stream.count < 1 << 20
        cut = Counting(stream.getvalue()[: 5 << 20])
        assert dicom.read(cut, len(cut.getbuffer())).unread
