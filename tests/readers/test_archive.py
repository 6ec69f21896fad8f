import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.items import Item
from fw_gear_deid_check.limits import KIB, MIB, Limits
from fw_gear_deid_check.readers.archive import Part, contents
from fw_gear_deid_check.readers.kinds import sniff
from tests.hostile import Member, dicom, info, make_tar, make_zip, nifti

REAL = "shared/data/penn_prisma/flywheel"
IN_MEMORY = 64 * KIB
LARGE = b"".join(b"line %d, and %d\n" % (number, number * number % 99991) for number in range(10_000))


def parts(data: bytes, name: str = "x.zip", **limits: int) -> Iterator[Part]:
    for content in contents(Item(name, "file", lambda: io.BytesIO(data)), Limits(**{"in_memory": IN_MEMORY} | limits)):
        assert isinstance(content, Part)
        yield content


def read(part: Part) -> bytes:
    with part.open() as stream:
        return stream.read()


def members(data: bytes, name: str = "x.zip", **limits: int) -> list[tuple[str, str | None, bytes | str]]:
    """Return name, kind, and the bytes or why they can't be read, of every member."""
    found = []
    for part in parts(data, name, **limits):
        if part.member is not None:
            try:
                found.append((part.member, part.kind, read(part)))
            except Unreadable as error:
                found.append((part.member, part.kind, error.reason))
    return found


def written(method: int, data: bytes = b"text\n" * 1000, **how: object) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, **how) as archive:
        archive.writestr("a/b.txt", data)
    return buffer.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("data", [b"", b"x", b"text\n" * 1000, LARGE], ids=["none", "one", "small", "large"])
def test_every_compression(method: int, data: bytes):
    ((name, _, found),) = members(written(method, data))
    assert name == "a/b.txt"
    assert found == data


def test_streamed_zip_with_descriptors():
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"first")
        with archive.open("b.txt", "w", force_zip64=True) as member:
            member.write(b"second")
    whole, *_ = parts(pipe.data)
    assert whole.archive is not None
    assert (whole.archive.fields, whole.archive.unread) == ([], [])
    assert [found for _, _, found in members(pipe.data)] == [b"first", b"second"]


@pytest.mark.parametrize("name", ["1 - anat-scout.zip", "6 - anat_acq_vnavsetter_T1w.zip"])
def test_as_flywheel_writes_them(name: str):
    path = next((each / REAL / name for each in Path(__file__).parents if (each / REAL).exists()), None)
    if path is None:
        pytest.skip("no phantom data here")
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        expected = [(entry.filename, "dicom", archive.read(entry)) for entry in archive.infolist()]
    assert members(data) == expected
    whole, *_ = parts(data)
    assert whole.archive is not None
    assert (whole.archive.fields, whole.archive.unread, whole.archive.times) == ([], [], [])


def test_nothing_is_read_twice_while_it_is_current(monkeypatch: pytest.MonkeyPatch):
    from fw_gear_deid_check.readers.zipfiles import ZipArchive

    reads = []
    plain = ZipArchive.read
    monkeypatch.setattr(ZipArchive, "read", lambda self, entry: reads.append(entry.name) or plain(self, entry))
    for part in parts(make_zip(Member(b"a.txt"), Member(b"b.txt", LARGE))):
        if part.member:
            assert read(part) == read(part)
    assert reads == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    ("flawed", "reason"),
    [
        (Member(b"x", crc=1), "wrong checksum"),
        (Member(b"x", LARGE, crc=1), "wrong checksum"),
        (Member(b"x", LARGE, method=0, crc=1), "wrong checksum"),
        (Member(b"x", flags=1), "encrypted"),
        (Member(b"x", method=98), "unknown compression, method 98 (PPMd)"),
        (Member(b"x", size=3), "larger than the zip directory says"),
        (Member(b"x", size=300), "smaller than the zip directory says"),
        (Member(b"x", LARGE, size=70 * KIB), "larger than the zip directory says"),
        (Member(b"x", LARGE, size=MIB), "smaller than the zip directory says"),
        (Member(b"x", bytes(2 * MIB), packed=b"", size=2 * MIB), "compressed more than 1100 to 1"),
        (Member(b"x", packed=b"\xff\xff"), "damaged compressed data"),
        (Member(b"x", mode=0o120777), "a link, which is not followed"),
        (Member(b"x", mode=0o010644), "a device, pipe or socket, which is not opened"),
    ],
)
def test_a_flawed_member_costs_nothing_but_itself(flawed: Member, reason: str):
    before, found, after = members(make_zip(Member(b"a.txt"), flawed, Member(b"b.txt")))
    assert found[2] == reason
    assert before[2] == after[2] == b"a quiet line of text\n"


def test_every_entry_is_read_also_under_one_name():
    twice = make_zip(Member(data=b"first"), Member(data=b"second"))
    assert [found for _, _, found in members(twice)] == [b"first", b"second"]


def test_names_are_never_places(tmp_path: Path):
    names = [b"../../x", b"/etc/x", b"C:\\x", b"", b"a\0b", b"\xff\xfe", "ü".encode(), b"a/../b"]
    assert [name for name, _, _ in members(make_zip(*map(Member, names)))] == [
        *("../../x", "/etc/x", "C:\\x", "", "a\0b", b"\xff\xfe".decode("cp437"), "ü", "a/../b")
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "pointer", "value"),
    [
        (make_zip(Member(), before=b"PK\5\6 before"), "prepended", b"PK\5\6 before"),
        (make_zip(Member(), after=b"after"), "trailing", b"after"),
        (make_zip(Member(between=b"between"), Member()), "gap", b"between"),
        (make_zip(Member(), gap=b"between"), "gap", b"between"),
        (make_zip(Member(), comment=b"a comment"), "comment", "a comment"),
        (gzip.compress(b"x") + b"behind", "trailing", b"behind"),
        (bz2.compress(b"x") + b"behind", "trailing", b"behind"),
        (make_tar((info("a"), b"x")) + b"behind", "trailing", b"behind"),
    ],
    ids=["before", "after", "between", "before the directory", "comment", "gzip", "bzip2", "tar"],
)
def test_what_belongs_to_no_member(data: bytes, pointer: str, value: bytes | str):
    whole, member, *_ = parts(data, "x")
    assert whole.archive is not None
    assert [(field.pointer, field.value) for field in whole.archive.fields] == [(pointer, value)]
    assert member.problem is None


@pytest.mark.parametrize(
    "data",
    [
        make_zip(Member()),
        make_zip(Member(between=bytes(99)), Member(), gap=bytes(5), before=bytes(9), after=bytes(7)),
        make_zip(),
        make_tar((info("a"), b"x")) + bytes(9999),
    ],
    ids=["plain", "zeros", "none", "tar"],
)
def test_zeros_are_nothing(data: bytes):
    whole, *_ = parts(data)
    assert whole.archive is not None
    assert (whole.archive.fields, whole.archive.unread) == ([], [])


def test_an_entry_that_the_directory_hides_is_not_checked():
    whole, *_ = parts(make_zip(Member(), Member(listed=False)))
    assert whole.archive is not None
    assert whole.archive.unread == ["the zip archive holds entries that its directory does not list"]


def test_two_end_records_are_ambiguous_and_an_archive_in_an_archive_is_not():
    inner = make_zip(Member(b"inner.txt"))
    whole, *rest = parts(make_zip(Member(b"inner.zip", inner, method=0)))
    assert whole.problem is None
    assert [part.member for part in rest] == ["inner.zip", "inner.zip!/inner.txt"]
    outer = make_zip(Member(b"outer.txt"), before=inner)
    comment = len(outer) - 22
    both = outer[:-2] + len(inner[-22:]).to_bytes(2, "little") + inner[-22:]
    assert outer[comment : comment + 4] == b"PK\5\6"
    (whole,) = parts(both)
    assert whole.problem == "ambiguous zip archive: more than one end record"


def test_a_header_with_another_name():
    _, member = parts(make_zip(Member(b"IM_0001.txt", local_name=b"DOE_JANE.txt")))
    assert member.entry is not None
    assert member.entry.contradictions == ("name",)
    assert [(field.pointer, field.value) for field in member.entry.fields] == [("member.name", "DOE_JANE.txt")]
    _, member = parts(make_zip(Member(b"IM_0001.txt", local_name=b"IM_0001.txt")))
    assert member.entry is not None
    assert (member.entry.contradictions, member.entry.fields) == ((), ())


def test_times_and_extra_fields():
    path = b"\x75\x70\x0d\0\x01....DOE_JANE"
    stamp = b"\x55\x54\x05\0\x01" + (1_655_999_999).to_bytes(4, "little")
    ticks = (133_000_000_000_000_000).to_bytes(8, "little")
    ntfs = b"\x0a\0\x20\0" + bytes(4) + b"\x01\0\x18\0" + ticks * 3
    owner = b"\x75\x78\x0b\0\x01\x04\xf5\x01\0\0\x04\x14\0\0\0"
    extra = path + stamp + ntfs + owner + b"\xca\xfe\x03\0abc" + b"\xfe\xca\0\0" + b"rest"
    _, member = parts(make_zip(Member(extra=extra, clock=0x9211, day=0x54D7, comment=b"of a member")))
    assert member.entry is not None
    assert [(field.pointer, field.value) for field in member.entry.times] == [
        ("member.mtime", "2022-06-23 18:16:34"),
        ("member.extra[0x5455]", "2022-06-23 15:59:59"),
        ("member.extra[0x000a]", "2022-06-18 04:26:40"),
    ]
    assert [(field.pointer, field.value) for field in member.entry.fields] == [
        ("member.comment", "of a member"),
        ("member.extra[0x7075]", "DOE_JANE"),
        ("member.extra[0x7875]", "uid 501 gid 20"),
        ("member.extra[0xfeca]", b"abc"),
        ("member.extra", b"rest"),
    ]


def test_the_beginning_of_1980_is_no_time():
    _, member = parts(make_zip(Member(clock=0, day=0x21)))
    assert member.entry is not None
    assert member.entry.times == ()


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("compress", ["", "gz", "bz2", "xz"])
def test_every_form_of_tar(form: int, compress: str):
    long = "f" * 80 + "/" + "n" * 90
    owner = {"uname": "rroe", "gname": "mri", "mtime": 1_655_999_999}
    data = make_tar(
        (info("folder/", type=tarfile.DIRTYPE), b""),
        (info("folder/a.txt", **owner), b"text\n"),
        (info(long), LARGE),
        (info("to", type=tarfile.SYMTYPE, linkname="folder/a.txt"), b""),
        compress=compress,
        form=form,
    )
    whole, folder, first, second, link = parts(data, "x")
    assert whole.kind == ("tar", "tgz", "bzip2", "xz")[("", "gz", "bz2", "xz").index(compress)]
    assert whole.archive is not None
    assert whole.archive.unread == []
    assert folder.kind == "folder"
    assert link.problem == "a link, which is not followed"
    assert first.entry is not None
    assert {(field.pointer, field.value) for field in (*first.entry.fields, *first.entry.times)} == {
        ("member.uname", "rroe"),
        ("member.gname", "mri"),
        ("member.mtime", "2022-06-23 15:59:59"),
    }
    found = {name: content for name, _, content in members(data, "x")}
    assert found[long] == LARGE
    assert found["folder/a.txt"] == b"text\n"
    assert second.member == long


def test_pax_headers_are_told():
    data = make_tar(
        (info("a.txt", pax_headers={"comment": "DOE^JANE", "SCHILY.xattr.user.from": "https://pacs.example"}), b"x"),
        form=tarfile.PAX_FORMAT,
    )
    _, member = parts(data, "x.tar")
    assert member.entry is not None
    assert [(field.pointer, field.value) for field in member.entry.fields] == [
        ("member.pax.comment", "DOE^JANE"),
        ("member.pax.SCHILY.xattr.user.from", "https://pacs.example"),
    ]


def test_padding_in_a_tar_archive_is_told():
    data = bytearray(make_tar((info("a.txt"), b"x")))
    data[513:521] = b"DOE^JANE"
    _, member = parts(bytes(data), "x.tar")
    assert member.entry is not None
    assert member.entry.fields[0].pointer == "member.padding"
    assert b"DOE^JANE" in member.entry.fields[0].value


def test_a_compressed_file_is_an_archive_of_one():
    packed = io.BytesIO()
    with gzip.GzipFile("DOE_JANE.json", "wb", fileobj=packed, mtime=1_655_999_999) as stream:
        stream.write(b'{"a": 1}')
    whole, member = parts(packed.getvalue(), "sub-01/x.json.gz")
    assert (member.member, member.kind, read_now(packed.getvalue())) == ("x.json", "json", b'{"a": 1}')
    assert whole.archive is not None
    assert [(field.pointer, field.value) for field in whole.archive.fields] == [("gzip.name", b"DOE_JANE.json")]
    assert [(field.pointer, field.value) for field in whole.archive.times] == [("gzip.mtime", "2022-06-23 15:59:59")]


def read_now(data: bytes) -> bytes | str:
    ((_, _, found),) = members(data, "x.json.gz")
    return found


def test_streams_behind_one_another():
    for squeeze, name in ((bz2.compress, "x.txt.bz2"), (lzma.compress, "x.txt.xz"), (gzip.compress, "x.txt.gz")):
        ((_, _, found),) = members(squeeze(b"one ") + squeeze(b"two"), name)
        assert found == b"one two"


@pytest.mark.parametrize("name", ["x.pdf", "x.dcm", "x.txt", "x.nii"])
def test_an_archive_behind_other_content_is_read_too(name: str):
    head = {"x.pdf": b"%PDF-1.4\n%%EOF\n", "x.dcm": dicom(b""), "x.txt": b"a line\n" * 1000, "x.nii": nifti()}[name]
    whole, member = parts(head + make_zip(Member(b"hidden.txt")), name)
    assert (whole.kind, member.member, member.kind) == (sniff(head, name), "hidden.txt", "text")
    assert [part.member for part in parts(make_zip(Member(b"a.pdf", head + make_zip(Member(b"hidden.txt")))))] == [
        *(None, "a.pdf", "a.pdf!/hidden.txt")
    ]
    _, refused = parts(head + make_zip(Member(), count=7), name)
    assert (refused.kind, refused.problem) == ("unreadable", "damaged zip archive: no directory")
    (whole,) = parts(head, name)
    assert whole.member is None


def test_depth():
    data = make_zip(Member(b"a.txt"))
    for _ in range(3):
        data = make_zip(Member(b"inner.zip", data))
    assert [part.problem for part in parts(data, archive_depth=3)] == [None] * 5
    *outer, refused = parts(data, archive_depth=2)
    assert [part.problem for part in outer] == [None] * 3
    assert refused.problem == "an archive inside 3 others"


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"member_size": 2_000_000}, "larger than 2000000 bytes"),
        ({"archive_total": 3_000_000}, "the members are larger than 3000000 bytes together"),
        ({"archive_ratio": 2}, "compressed more than 2 to 1"),
        ({"item_seconds": -1}, "the item took longer than -1 s"),
    ],
)
def test_limits_of_members(limits: dict[str, int], reason: str):
    data = make_zip(Member(b"a", b"a" * 2_000_001), Member(b"b", b"b" * 2_000_001))
    assert members(data, **limits)[-1][2] == reason
    assert reason not in {found for _, _, found in members(data)}


@pytest.mark.parametrize("name", ["x.zip", "x.tar"])
def test_limit_of_their_number(name: str):
    data = make_zip(Member(), Member(), Member())
    if name == "x.tar":
        data = make_tar((info("a"), b""), (info("b"), b""), (info("c"), b""))
    whole, *rest = parts(data, name, archive_members=3)
    assert whole.archive is not None
    assert (whole.problem, whole.archive.unread, len(rest)) == (None, [], 3)
    whole, *_ = parts(data, name, archive_members=2)
    assert whole.problem or (whole.archive and whole.archive.unread)


def test_an_item_that_is_no_archive():
    (part,) = parts(b"plain", "x.txt")
    assert (part.member, part.kind, part.size, part.head) == (None, "text", 5, b"plain")
    (part,) = parts(LARGE, "x.bin")
    assert part.size == len(LARGE)


def test_an_item_that_cannot_be_opened():
    def refuse() -> io.BytesIO:
        raise Unreadable("gone")

    with pytest.raises(Unreadable, match="gone"):
        list(contents(Item("x", "file", refuse), Limits()))


SEEDS = [
    make_zip(Member(b"a.txt"), Member(b"b.txt", LARGE[:3000], method=0), comment=b"{}"),
    make_zip(
        Member(extra=b"\x55\x54\x05\0\x01abcd"), Member(flags=8), Member(method=14, packed=b"\x09\x04\x05\0" + bytes(9))
    ),
    make_tar((info("a.txt"), b"a"), (info("b" * 200), b"b"), form=tarfile.PAX_FORMAT),
    make_tar((info("a.txt"), b"a" * 600), compress="gz"),
    bz2.compress(b"text" * 100),
    lzma.compress(b"text" * 100),
    make_zip(Member(b"a.zip", make_zip(Member()))),
]


def exhaust(data: bytes, name: str) -> None:
    try:
        for part in parts(data, name, archive_total=64 * MIB):
            if part.kind == "folder":
                continue
            with suppress(Unreadable):
                read(part)
    except Unreadable:
        pass


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=600), st.sampled_from(["x.zip", "x.tar", "x.tgz", "x.bz2", "x.xz", "x.gz"]))
def test_any_bytes(data: bytes, name: str):
    exhaust(data, name)


@settings(max_examples=600, deadline=None, print_blob=True)
@given(st.sampled_from(SEEDS), st.data())
def test_any_damage(seed: bytes, data: st.DataObject):
    damaged = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        how = data.draw(st.sampled_from(["set", "cut", "insert", "full"]))
        if how == "set":
            damaged[at] = data.draw(st.integers(0, 255))
        elif how == "full":
            damaged[at : at + 4] = b"\xff" * 4
        elif how == "insert":
            damaged[at:at] = data.draw(st.binary(max_size=8))
        elif at:
            del damaged[at:]
    exhaust(bytes(damaged), data.draw(st.sampled_from(["x.zip", "x"])))
