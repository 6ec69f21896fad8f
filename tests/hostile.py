"""Files that mean harm, or are merely broken: each made anew, by name.

``FILES`` maps a file name to its maker and to what has to come of it: ``unread`` where something in it can't be
checked, ``read`` where all of it can, and has to be, ``any`` where both are right.
"""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import json
import lzma
import os
import pickle
import random
import struct
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
ROW, LOCAL, END = struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s5H3L2H"), struct.Struct("<4s4H2LH")


@dataclass(frozen=True)
class Hostile:
    make: Callable[[], bytes]
    outcome: str = "unread"


FILES: dict[str, Hostile] = {}


def hostile(*names: str, outcome: str = "unread"):
    def register(make: Callable[[], bytes]) -> Callable[[], bytes]:
        for name in names:
            FILES[name] = Hostile(make, outcome)
        return make

    return register


def write(folder: Path) -> list[str]:
    """Write all of them, and what only a file system can hold; return their names."""
    for name, each in FILES.items():
        folder.joinpath(name).write_bytes(each.make())
    folder.joinpath("link.dcm").symlink_to("/etc/hostname")
    folder.joinpath("link_to_nothing").symlink_to("nothing")
    folder.joinpath("link_to_folder").symlink_to("/")
    os.mkfifo(folder / "pipe.dcm")
    return [*FILES, "link.dcm", "link_to_nothing", "link_to_folder", "pipe.dcm"]


# -- zip, made by hand


@dataclass
class Member:
    """A member, each field of which can be made to lie."""

    name: bytes = b"IM_0001.txt"
    data: bytes = b"a quiet line of text\n"
    method: int = 8
    flags: int = 0
    packed: bytes | None = None
    crc: int | None = None
    size: int | None = None
    mode: int = 0
    comment: bytes = b""
    extra: bytes = b""
    local_name: bytes | None = None
    local_size: int | None = None
    local_extra: bytes | None = None
    offset: int | None = None
    clock: int = 0
    day: int = 0x21
    between: bytes = b""
    listed: bool = True

    def __post_init__(self) -> None:
        if self.packed is None:
            squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
            self.packed = squeezer.compress(self.data) + squeezer.flush() if self.method == 8 else self.data
        self.crc = zlib.crc32(self.data) if self.crc is None else self.crc
        self.size = len(self.data) if self.size is None else self.size


def make_zip(
    *members: Member, before: bytes = b"", after: bytes = b"", comment: bytes = b"", count: int | None = None,
    gap: bytes = b"", directory: bytes | None = None, size: int | None = None,
) -> bytes:  # fmt: skip
    body, rows = bytearray(before), bytearray()
    for member in members:
        start = len(body) if member.offset is None else member.offset
        name = member.name if member.local_name is None else member.local_name
        extra = member.extra if member.local_extra is None else member.local_extra
        if member.offset is None:
            local_size = member.size if member.local_size is None else member.local_size
            body += LOCAL.pack(
                b"PK\3\4", 20, member.flags, member.method, member.clock, member.day,
                member.crc, len(member.packed), local_size, len(name), len(extra),
            )  # fmt: skip
            body += name + extra + member.packed + member.between
        if member.listed:
            rows += ROW.pack(
                b"PK\1\2", 0x031E, 20, member.flags, member.method, member.clock, member.day, member.crc,
                len(member.packed), member.size, len(member.name), len(member.extra), len(member.comment), 0, 0,
                member.mode << 16, start,
            )  # fmt: skip
            rows += member.name + member.extra + member.comment
    body += gap
    rows = rows if directory is None else bytearray(directory)
    listed = sum(member.listed for member in members) if count is None else count
    end = END.pack(b"PK\5\6", 0, 0, listed, listed, len(rows) if size is None else size, len(body), len(comment))
    return bytes(body + rows + end + comment + after)


@hostile("ratio_bomb.zip")
def _() -> bytes:
    return make_zip(Member(b"zeros.dcm", bytes(160 * MIB)))


@hostile("ratio_bomb_bzip2.zip")
def _() -> bytes:
    data = bytes(64 * MIB)
    return make_zip(Member(b"zeros.dcm", data, method=12, packed=bz2.compress(data)))


@hostile("ratio_bomb_unknown.zip")
def _() -> bytes:
    return make_zip(Member(b"zeros.bin", bytes(128 * MIB)))


@hostile("nested_bomb.zip")
def _() -> bytes:
    inner = make_zip(*(Member(b"%d.dcm" % number, bytes(4 * MIB)) for number in range(4)))
    for _ in range(5):
        inner = make_zip(*(Member(b"%d.zip" % number, inner) for number in range(12)))
    return inner


@hostile("deep.zip")
def _() -> bytes:
    inner = b"the innermost text"
    for number in range(40):
        inner = make_zip(Member(b"%d.zip" % number if number else b"a.txt", inner))
    return inner


@hostile("same_place.zip")
def _() -> bytes:
    first = Member(b"0.dcm", bytes(MIB))
    again = {"offset": 0, "packed": first.packed, "crc": first.crc, "size": first.size}
    return make_zip(first, *(Member(b"%d.dcm" % number, **again) for number in range(1, 5000)))


@hostile("overlapping.zip")
def _() -> bytes:
    inner = Member(b"b.txt", b"inside the other")
    header = LOCAL.pack(b"PK\3\4", 20, 0, 8, 0, 0x21, inner.crc, len(inner.packed), inner.size, 5, 0) + b"b.txt"
    data = b"before " + header + inner.packed + b" behind"
    outer = Member(b"a.txt", data, method=0)
    inner.offset = LOCAL.size + 5 + 7
    return make_zip(outer, inner)


@hostile("larger_than_told.zip")
def _() -> bytes:
    return make_zip(Member(b"a.txt", b"x" * 100_000, size=100))


@hostile("smaller_than_told.zip")
def _() -> bytes:
    return make_zip(Member(b"a.txt", b"x" * 100, size=100_000))


@hostile("much_larger_than_told.zip")
def _() -> bytes:
    return make_zip(Member(b"a.dcm", bytes(64 * MIB), size=9 * MIB))


@hostile("told_to_be_huge.zip")
def _() -> bytes:
    return make_zip(Member(b"a.txt", size=0xFFFFFFF0))


@hostile("told_to_be_huger.zip")
def _() -> bytes:
    wide = struct.pack("<HHQ", 1, 8, 1 << 62)
    return make_zip(Member(b"a.txt", size=0xFFFFFFFF, extra=wide))


@hostile("outside.zip", outcome="read")
def _() -> bytes:
    names = (b"../../../../tmp/deid_check_outside.txt", b"/tmp/deid_check_outside.txt", b"C:\\deid_check_outside.txt")
    return make_zip(*(Member(name) for name in names), Member(b"a/../../deid_check_outside.txt"), Member(b""))


@hostile("links_and_devices.zip")
def _() -> bytes:
    return make_zip(
        Member(b"link", b"/etc/passwd", mode=0o120777), Member(b"pipe", b"", mode=0o010644),
        Member(b"device", b"", mode=0o060644), Member(b"fine.txt"),
    )  # fmt: skip


@hostile("encrypted.zip")
def _() -> bytes:
    return make_zip(Member(b"a.dcm", flags=1), Member(b"b.dcm", method=99), Member(b"fine.txt"))


@hostile("truncated.zip")
def _() -> bytes:
    return make_zip(Member(data=random.Random(1).randbytes(5000)), Member())[:-40]


@hostile("beheaded.zip")
def _() -> bytes:
    return make_zip(Member(data=random.Random(1).randbytes(5000)), Member())[2000:]


@hostile("two_ends.zip")
def _() -> bytes:
    first = make_zip(Member(b"shown.txt"))
    return make_zip(Member(b"hidden.txt"), before=first)[: -END.size] + _end_twice(first)


def _end_twice(first: bytes) -> bytes:
    other = make_zip(Member(b"hidden.txt"), before=first)
    return other[-END.size : -2] + struct.pack("<H", END.size) + first[-END.size :]


@hostile("two_archives.zip")
def _() -> bytes:
    return make_zip(Member(b"hidden.txt")) + make_zip(Member(b"shown.txt"))


@hostile("wrong_checksum.zip")
def _() -> bytes:
    return make_zip(Member(crc=1), Member(b"fine.txt"))


@hostile("duplicate_names.zip", outcome="read")
def _() -> bytes:
    return make_zip(Member(data=b"first"), Member(data=b"second"), Member(data=b"third"))


@hostile("unknown_compression.zip")
def _() -> bytes:
    return make_zip(*(Member(b"%d.dcm" % method, method=method, packed=b"abc") for method in (1, 6, 9, 93, 95, 97, 98)))


@hostile("damaged_data.zip")
def _() -> bytes:
    lzma_head = b"\x09\x04\x05\0"
    return make_zip(
        Member(b"a.txt", packed=b"\xff" * 100),
        Member(b"b.txt", packed=b""),
        Member(b"c.txt", method=12, packed=b"BZh9xx"),
        Member(b"d.txt", method=14, packed=lzma_head + b"\xff" * 5),
        Member(b"e.txt", method=14, packed=b"\0"),
    )


@hostile("behind_the_data.zip")
def _() -> bytes:
    member = Member()
    member.packed += b"DOE^JANE"
    return make_zip(member)


@hostile("many_members.zip", outcome="read")
def _() -> bytes:
    return make_zip(
        *(Member(b"s/%05d.txt" % number, b"%05d" % number) for number in range(70_000)), count=70_000 & 0xFFFF
    )[: -END.size] + _end64(70_000)


def _end64(count: int) -> bytes:
    # sizes are worked out again: the directory of 70,000 members needs zip64 for its count only
    body = sum(LOCAL.size + 11 + len(Member(data=b"%05d" % number).packed) for number in range(count))
    rows = count * (ROW.size + 11)
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, rows, body)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, body + rows, 1)
    return end + locator + END.pack(b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, rows, body, 0)


@hostile("count_lies.zip")
def _() -> bytes:
    return make_zip(Member(), Member(), count=1)


@hostile("damaged_directory.zip")
def _() -> bytes:
    whole = make_zip(Member(), Member(), Member())
    at = whole.rfind(b"PK\1\2")
    return whole[:at] + b"XX" + whole[at + 2 :]


@hostile("huge_directory.zip")
def _() -> bytes:
    return make_zip(Member(), count=0xFFFE, size=0xFFFFFFF0)


@hostile("not_listed.zip")
def _() -> bytes:
    return make_zip(Member(b"shown.txt"), Member(b"DOE_JANE.dcm", listed=False), Member(b"shown2.txt"))


@hostile("other_header.zip", outcome="read")
def _() -> bytes:
    return make_zip(Member(b"IM_0001.txt", local_name=b"DOE_JANE.tx"))


@hostile("other_size.zip")
def _() -> bytes:
    return make_zip(Member(local_size=7))


@hostile("extras.zip", outcome="read")
def _() -> bytes:
    broken = b"\x55\x54\xff\xff\x01" + b"\x75\x70\x02\0ab" + b"\x0a\0\x20\0" + bytes(32)
    return make_zip(Member(extra=broken), Member(extra=b"\x75\x78\x03\0\x01\x04\x00"), Member(extra=b"\x01\0\0\0"))


@hostile("bomb_and_dicom.dcm", "polyglot.zip", outcome="any")
def _() -> bytes:
    return bytes(128) + b"DICM" + make_zip(Member(b"hidden.txt"))


# -- tar and compressed files


def make_tar(*members: tuple[tarfile.TarInfo, bytes], compress: str = "", form: int = tarfile.GNU_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{compress}", format=form) as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def info(name: str, **fields: object) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(member, field, value)
    return member


def raw_header(name: bytes, size: int, kind: bytes = b"0", link: bytes = b"") -> bytes:
    block = bytearray(512)
    block[: len(name)] = name
    block[100:124] = b"0000644\x000000000\x000000000\x00"
    block[124:136] = b"\x80" + size.to_bytes(11, "big") if size >= 8**11 else b"%011o\0" % size
    block[136:148] = b"00000000000\0"
    block[148:157] = b"        " + kind
    block[157 : 157 + len(link)] = link
    block[257:265] = b"ustar  \0"
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@hostile("links_and_devices.tar")
def _() -> bytes:
    return make_tar(
        (info("link", type=tarfile.SYMTYPE, linkname="/etc/passwd"), b""),
        (info("hard", type=tarfile.LNKTYPE, linkname="../../etc/passwd"), b""),
        (info("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3), b""),
        (info("pipe", type=tarfile.FIFOTYPE), b""),
        (info("../../fine.txt"), b"fine"),
    )


@hostile("truncated.tar", "truncated.tar.renamed")
def _() -> bytes:
    return make_tar((info("a.txt"), b"a" * 2000), (info("b.txt"), b"b" * 2000))[:3000]


@hostile("huge_size.tar")
def _() -> bytes:
    return raw_header(b"a.dcm", 1 << 62) + bytes(1024)


@hostile("huge_pax.tar")
def _() -> bytes:
    return raw_header(b"x", 1 << 40, b"x") + bytes(2048)


@hostile("damaged_pax.tar")
def _() -> bytes:
    return raw_header(b"x", 30, b"x") + b"99999999999 path=x\n".ljust(512, b"\0") + bytes(1024)


@hostile("long_names.tar", outcome="read")
def _() -> bytes:
    one = raw_header(b"././@LongLink", 5, b"L") + b"name\0".ljust(512, b"\0")
    return one * 20_000 + raw_header(b"a", 0) + bytes(1024)


@hostile("no_end.tar")
def _() -> bytes:
    return raw_header(b"a.txt", 4) + b"text".ljust(512, b"\0")


@hostile("two_archives.tar")
def _() -> bytes:
    return make_tar((info("a.txt"), b"a")) + make_tar((info("DOE_JANE.txt"), b"b"))


@hostile("sparse.tar")
def _() -> bytes:
    return raw_header(b"a.dcm", 512, b"S") + bytes(512) + bytes(1024)


@hostile("bomb.tgz")
def _() -> bytes:
    return gzip.compress(raw_header(b"zeros.dcm", 96 * MIB) + bytes(96 * MIB + 1024), 6)


@hostile("bomb.dcm.gz")
def _() -> bytes:
    return gzip.compress(bytes(96 * MIB), 6)


@hostile("many.gz", outcome="any")
def _() -> bytes:
    return gzip.compress(b"", mtime=0) * 120_000


@hostile("gzip_in_gzip.gz")
def _() -> bytes:
    data = b"the innermost text"
    for _ in range(50):
        data = gzip.compress(data, mtime=0)
    return data


@hostile("truncated.txt.gz")
def _() -> bytes:
    return gzip.compress(random.Random(2).randbytes(9000))[:-2000]


@hostile("wrong_checksum.txt.gz")
def _() -> bytes:
    return gzip.compress(b"text")[:-8] + bytes(8)


@hostile("long_name.gz")
def _() -> bytes:
    return b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * (2 * MIB)


@hostile("bomb.bz2")
def _() -> bytes:
    return bz2.compress(bytes(96 * MIB))


@hostile("memory.xz")
def _() -> bytes:
    data = bytearray(lzma.compress(b"text" * 100, preset=9 | lzma.PRESET_EXTREME))
    at = data.index(b"\x21\x01") + 2
    data[at] = 40
    header = 12
    length = (data[header] + 1) * 4
    data[header + length - 4 : header + length] = struct.pack("<L", zlib.crc32(data[header : header + length - 4]))
    return bytes(data)


# -- JSON, tables, text


@hostile("deep.json")
def _() -> bytes:
    return b"[" * 1_000_000


@hostile("deep_objects.json")
def _() -> bytes:
    return b'{"a":' * 100_000 + b"1" + b"}" * 100_000


@hostile("long_number.json", outcome="any")
def _() -> bytes:
    return b'{"a": ' + b"9" * (9 * MIB // 2) + b"}"


@hostile("long_string.json", outcome="any")
def _() -> bytes:
    return b'{"a": "' + b"\\u0041" * MIB + b'"}'


@hostile("broken.json")
def _() -> bytes:
    return b'{"EchoTime": 1, "SeriesDescription": "t1'


@hostile("many_keys.json", outcome="read")
def _() -> bytes:
    return json.dumps({f"key{number}": number for number in range(50_000)}).encode()


@hostile("surrogates.json", outcome="read")
def _() -> bytes:
    return b'{"a\\ud800": "\\udfff\\u0000\\u202e", "b": NaN, "c": 1e999999}'


@hostile("wide.csv", outcome="any")
def _() -> bytes:
    return b",".join(b"c%d" % number for number in range(200_000)) + b"\n" + b"," * 199_999


@hostile("quote.csv", outcome="any")
def _() -> bytes:
    return b'a,b\n"' + b"x" * (5 * MIB)


@hostile("formula.csv", outcome="read")
def _() -> bytes:
    return b"participant_id\tnote\nsub-01\t=cmd|' /C calc'!A0\nsub-02\t<script>alert(1)</script>\n"


@hostile("one_letter.txt", outcome="read")
def _() -> bytes:
    return b"a" * (2 * MIB)


@hostile("almost_mail.txt", outcome="read")
def _() -> bytes:
    return b"a.-_@" * 100_000 + b"1-" * 100_000 + b"((((" * 50_000 + b"1/1/" * 50_000


@hostile("entities.xml", outcome="any")
def _() -> bytes:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(20))
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{entities}]><x>&e20;</x>'.encode()


@hostile("controls.txt", outcome="any")
def _() -> bytes:
    return "\x1b[2J\x1b]0;title\x07 \u202egnp.exe \u2066 <img src=x onerror=alert(1)> =1+1\r\n".encode()


# -- DICOM


def element(group: int, number: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    length = len(value) if length is None else length
    if vr in {b"OB", b"OW", b"SQ", b"UN", b"UT"}:
        return struct.pack("<HH2s2xL", group, number, vr, length) + value
    return struct.pack("<HH2sH", group, number, vr, length) + value


def dicom(body: bytes, syntax: bytes = b"1.2.840.10008.1.2.1") -> bytes:
    syntax += b"\0" * (len(syntax) % 2)
    meta = element(2, 0x10, b"UI", syntax)
    return bytes(128) + b"DICM" + element(2, 0, b"UL", struct.pack("<L", len(meta))) + meta + body


def data_set() -> bytes:
    return (
        element(8, 0x16, b"UI", b"1.2.840.10008.5.1.4.1.1.4\0") + element(8, 0x18, b"UI", b"2.25.123456789\0\0"[:14])
        + element(8, 0x60, b"CS", b"MR") + element(0x10, 0x10, b"PN", b"")
        + element(0x12, 0x62, b"CS", b"YES ") + element(0x12, 0x63, b"LO", b"profile v1")
    )  # fmt: skip


@hostile("deep_sequences.dcm")
def _() -> bytes:
    opening = struct.pack("<HH2s2xL", 8, 0x1140, b"SQ", 0xFFFFFFFF) + struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    return dicom(data_set() + opening * 100_000)


@hostile("huge_length.dcm")
def _() -> bytes:
    return dicom(data_set() + element(0x7FE0, 0x10, b"OW", b"\0\0", 0xFFFFFFF0))


@hostile("huge_text.dcm")
def _() -> bytes:
    return dicom(element(8, 0x60, b"CS", b"MR") + element(0x10, 0x4000, b"UT", b"text", 0x7FFFFFFF))


@hostile("truncated.dcm")
def _() -> bytes:
    return dicom(data_set() + element(0x7FE0, 0x10, b"OW", bytes(5000)))[:-3000]


@hostile("zeros.dcm")
def _() -> bytes:
    return bytes(20 * MIB)


@hostile("zeros_behind_elements.dcm")
def _() -> bytes:
    return dicom(data_set() + bytes(64 * MIB) + b"end", b"1.2.840.10008.1.2")


@hostile("zeros_in_a_sequence.dcm", outcome="any")
def _() -> bytes:
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 4 * MIB) + bytes(4 * MIB)
    return dicom(data_set() + element(8, 0x1140, b"SQ", item), b"1.2.840.10008.1.2.1")


@hostile("many_items.dcm", outcome="any")
def _() -> bytes:
    items = struct.pack("<HHL", 0xFFFE, 0xE000, 0) * 500_000
    return dicom(data_set() + element(0x40, 0xA730, b"SQ", items))


@hostile("hidden_in_text.txt")
def _() -> bytes:
    return b"a quiet line of text\n" * 500 + make_zip(Member(b"DOE_JANE.txt"))


@hostile("unended.dcm")
def _() -> bytes:
    return dicom(data_set() + struct.pack("<HH2s2xL", 0x7FE0, 0x10, b"OB", 0xFFFFFFFF) + bytes(100))


@hostile("only_a_preamble.dcm")
def _() -> bytes:
    return b"JANE DOE".ljust(128, b"\0") + b"DICM"


@hostile("deflated_bomb.dcm")
def _() -> bytes:
    squeezer = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = data_set() + element(0x7FE0, 0x10, b"OW", bytes(160 * MIB))
    return dicom(squeezer.compress(body) + squeezer.flush(), b"1.2.840.10008.1.2.1.99")


@hostile("many_elements.dcm", outcome="any")
def _() -> bytes:
    return dicom(data_set() + b"".join(element(9, 0x1000 + n % 256, b"LO", b"xx") for n in range(300_000)))


@hostile("huge_image.dcm", outcome="any")
def _() -> bytes:
    def us(number: int, value: int) -> bytes:
        return element(0x28, number, b"US", struct.pack("<H", value))

    image = us(2, 1) + element(0x28, 4, b"CS", b"MONOCHROME2 ") + element(0x28, 8, b"IS", b"99999999")
    image += us(0x10, 65535) + us(0x11, 65535) + us(0x100, 16) + us(0x101, 16) + us(0x102, 15) + us(0x103, 0)
    return dicom(data_set() + image + element(0x7FE0, 0x10, b"OW", bytes(64)))


# -- NIfTI


def nifti(
    dimensions: tuple[int, ...] = (3, 4, 4, 4), offset: float = 352.0, behind: bytes = b"", data: int = 64
) -> bytes:
    header = bytearray(348)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into(f"<{len(dimensions)}h", header, 40, *dimensions)
    struct.pack_into("<2h", header, 70, 2, 8)
    struct.pack_into("<f", header, 108, offset)
    header[344:348] = b"n+1\0"
    return bytes(header) + (behind or bytes(4)) + bytes(data)


@hostile("absurd_dimensions.nii")
def _() -> bytes:
    return nifti((7, *(32767,) * 7))


@hostile("negative_dimensions.nii", outcome="any")
def _() -> bytes:
    return nifti((-3, -4, -4, -4))


@hostile("absurd_offset.nii")
def _() -> bytes:
    return nifti(offset=1e30)


@hostile("no_number_offset.nii")
def _() -> bytes:
    return nifti(offset=float("nan"))


@hostile("huge_extension.nii")
def _() -> bytes:
    return nifti(offset=4096.0, behind=b"\1\0\0\0" + struct.pack("<2i", 0x7FFFFFF0, 6) + b"x" * 3700)


@hostile("negative_extension.nii")
def _() -> bytes:
    return nifti(offset=4096.0, behind=b"\1\0\0\0" + struct.pack("<2i", -16, 6) + b"x" * 3700)


@hostile("pickle_extension.nii")
def _() -> bytes:
    data = pickle.dumps({"a": 1}).ljust(1000, b"\0")
    return nifti(offset=352.0 + 1008, behind=b"\1\0\0\0" + struct.pack("<2i", 1008, 16) + data)


@hostile("truncated.nii.gz")
def _() -> bytes:
    return gzip.compress(nifti(data=64) + random.Random(3).randbytes(9000))[:-4000]


@hostile("bomb.nii.gz", outcome="any")
def _() -> bytes:
    return gzip.compress(nifti(data=96 * MIB), 6)


# -- pictures and documents


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


@hostile("bomb.png")
def _() -> bytes:
    header = struct.pack(">2L5B", 100_000, 100_000, 8, 2, 0, 0, 0)
    text = b"Comment\0\0" + zlib.compress(b"a" * (64 * MIB), 9)
    pixels = zlib.compress(bytes(64 * MIB), 9)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"zTXt", text)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


@hostile("loop.tif")
def _() -> bytes:
    return b"II*\0\x08\0\0\0" + struct.pack("<HHHLL", 1, 315, 2, 0xFFFFFFF0, 8) + struct.pack("<L", 8)


@hostile("truncated.jpg")
def _() -> bytes:
    return b"\xff\xd8\xff\xe1\xff\xffExif\0\0" + b"x" * 100


@hostile("loop.pdf")
def _() -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Parent 2 0 R/Kids[2 0 R 2 0 R]/Count 2000000000>>endobj\n"
        b"3 0 obj<</Author 3 0 R/Title 4 0 R>>endobj\n4 0 obj 4 0 R endobj\n"
        b"trailer<</Root 1 0 R/Info 3 0 R/Size 5/Prev 0>>\nstartxref\n0\n%%EOF"
    )


@hostile("bomb.pdf", outcome="any")
def _() -> bytes:
    data = zlib.compress(b"BT (a) Tj ET " * (4 * MIB), 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n" % len(data) + data + b"\nendstream",
    ]  # fmt: skip
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj" % number + each + b"endobj\n"
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += (
        b"xref\n0 5\n" + table + b"trailer<</Root 1 0 R/Size 5>>\nstartxref\n%d\n%%%%EOF" % (out.rfind(b"endobj\n") + 7)
    )
    return bytes(out)


# -- names, nothing, anything


for number, name in enumerate(
    (
        "newline\nand\rreturn.txt",
        "\x1b[31mred\x07.txt",
        "\u202etxt.exe",
        "=cmd|'calc'!A0.csv",
        "<script>alert(1).txt",
        "'\"; DROP TABLE.txt",
        "a" * 250 + ".txt",
        " .txt",
        "-rf.txt",
        "%s%n{0}.txt",
    )
):
    FILES[name] = Hostile(lambda number=number: b"a quiet line of text %d\n" % number, "read")
for name in ("empty.json", "empty"):
    FILES[name] = Hostile(lambda: b"", "any")
for name in (
    "empty.dcm",
    "empty.zip",
    "empty.nii",
    "empty.nii.gz",
    "empty.tar",
    "empty.png",
    "empty.pdf",
):
    FILES[name] = Hostile(lambda: b"")
for name, magic in (("a.7z", b"7z\xbc\xaf\x27\x1c"), ("a.rar", b"Rar!\x1a\x07\0"), ("a.zst", b"\x28\xb5\x2f\xfd")):
    FILES[name] = Hostile(lambda magic=magic: magic + bytes(100))
FILES["random.bin"] = Hostile(lambda: random.Random(4).randbytes(100_000))
FILES["a.pkl"] = Hostile(lambda: pickle.dumps(list(itertools.repeat("x", 10))))
