import gzip
import io
import json
import tarfile
from collections.abc import Iterator

import pytest

from fw_gear_deid_check.checkers.archive import ArchiveChecker, MemberChecker
from fw_gear_deid_check.checkers.checker import Finishing
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.litter import LitterChecker
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.evidence import Masker
from fw_gear_deid_check.findings import Finding, Identifier, Observation, Text, Unread
from fw_gear_deid_check.items import Item
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.readers.archive import contents
from tests.hostile import Member, info, make_tar, make_zip

DAY = {"clock": 0x9211, "day": 0x54D7}
STAMP = b"\x55\x54\x05\0\x01" + (1_655_999_999).to_bytes(4, "little")
TICKS = b"\x0a\0\x20\0" + bytes(4) + b"\x01\0\x18\0" + (133_000_000_000_000_000).to_bytes(8, "little") * 3
OWNER = b"\x75\x78\x0b\0\x01\x04\xf5\x01\0\0\x04\x14\0\0\0"
NOBODY = b"\x75\x78\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0"


def extra(header: int, text: bytes) -> bytes:
    return header.to_bytes(2, "little") + len(text).to_bytes(2, "little") + text


def observations(data: bytes, name: str = "x.zip", policy: str = "site") -> Iterator[tuple[str | None, Observation]]:
    judge = Judge(Policy.load(policy), Masker())
    item = Item(name, "file", lambda: io.BytesIO(data))
    checkers = [ArchiveChecker(judge), MemberChecker(judge), LitterChecker(judge)]
    for content in contents(item, Limits()):
        for checker in checkers:
            if checker.applies_to(content):
                try:
                    for observation in checker.check(content):
                        yield content.member, observation
                except Unreadable as error:
                    yield content.member, Unread(checker.name, error.reason)
    for checker in checkers:
        for observation in checker.finish(item) if isinstance(checker, Finishing) else ():
            yield None, observation


def found(data: bytes, name: str = "x.zip", policy: str = "site") -> set[tuple[str | None, str, str, str]]:
    """Return (member, pointer, rule, level) of every finding."""
    return {
        (member, observation.location.pointer, observation.rule.id, observation.level.value)
        for member, observation in observations(data, name, policy)
        if isinstance(observation, Finding)
    }


def judged(data: bytes, name: str = "x.zip") -> set[tuple[str | None, str, str, str]]:
    """Return the same of those that matter under the site's policy."""
    return {each for each in found(data, name) if each[3] != "INFO"}


def tar(**fields: object) -> bytes:
    return make_tar((info("IM_0001.txt", **fields), b"text"), form=tarfile.PAX_FORMAT)


def packed(name: str) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=buffer, mtime=0) as stream:
        stream.write(b"text")
    return buffer.getvalue()


NAMED = b"Patient: DOE^JANE, MRN 00482913"
PLACES = {
    "comment": (make_zip(Member(), comment=NAMED), make_zip(Member(), comment=b"exported by the site")),
    "comment (JSON)": (
        make_zip(Member(), comment=json.dumps({"PatientName": "DOE^JANE"}).encode()),
        make_zip(Member(), comment=json.dumps({"PatientName": ""}).encode()),
    ),
    "comment (JSON in JSON)": (
        make_zip(Member(), comment=json.dumps({"session": {"patient_id": "00482913"}}).encode()),
        make_zip(Member(), comment=json.dumps({"session": {"patient_id": None}}).encode()),
    ),
    "member.comment": (make_zip(Member(comment=NAMED)), make_zip(Member(comment=b"third echo"))),
    "member.extra[0x7075]": (
        make_zip(Member(extra=extra(0x7075, b"\x01....Patient: DOE^JANE"))),
        make_zip(Member(extra=extra(0x7075, b"\x01....IM_0001.txt"))),
    ),
    "member.extra[0x6375]": (
        make_zip(Member(extra=extra(0x6375, b"\x01...." + NAMED))),
        make_zip(Member(extra=extra(0x6375, b"\x01....third echo"))),
    ),
    "member.extra[0x9999]": (
        make_zip(Member(extra=extra(0x9999, b"\0\1\2" + NAMED))),
        make_zip(Member(extra=extra(0x9999, b"\0\1\2\3\4\5\6\7"))),
    ),
    "prepended": (make_zip(Member(), before=NAMED), make_zip(Member(), before=bytes(40))),
    "trailing": (make_zip(Member(), after=NAMED), make_zip(Member(), after=bytes(40))),
    "gap": (make_zip(Member(between=NAMED), Member()), make_zip(Member(between=bytes(40)), Member())),
    "member.pax.comment": (tar(pax_headers={"comment": NAMED.decode()}), tar(pax_headers={"comment": "third echo"})),
    "member.link": (
        make_tar((info("a", type=tarfile.SYMTYPE, linkname="DOE^JANE/00482913.dcm"), b"")),
        make_tar((info("a", type=tarfile.SYMTYPE, linkname="IM_0001.dcm"), b"")),
    ),
    "gzip.name": (packed("DOE^JANE_1980.txt"), packed("IM_0001.txt")),
}


@pytest.mark.parametrize("place", PLACES)
def test_places(place: str):
    named, quiet = PLACES[place]
    pointer = place.partition(" (")[0]
    name = "x.zip" if pointer == "prepended" else "x"
    assert pointer in {where for _, where, _, level in judged(named, name) if level == "FAIL"}
    assert judged(quiet, name) == set()


@pytest.mark.parametrize(
    ("named", "quiet"),
    [
        (b"DOE^JANE/IM_0001.txt", b"1 - anat-scout/IM_0001.txt"),
        (b"a/DOE_JANE_19800131/b/IM_0001.txt", b"a/anat_T1w/b/IM_0001.txt"),
        (b"a/DOE_JANE.txt", b"a/2.25.1234567890123456789.MR.txt"),
        (b"a\\DOE_JANE\\IM_0001.txt", b"a\\sub-0123\\IM_0001.txt"),
        (b"a/DOE_JANE/", b"a/ep2d_diff_b1000/"),
    ],
)
def test_member_names_by_component(named: bytes, quiet: bytes):
    one = Member(b"IM_0002.txt", data=b"a")
    places = judged(make_zip(one, Member(named, data=b"" if named.endswith(b"/") else b"a")))
    assert {(member, pointer) for member, pointer, _, _ in places} == {(named.decode(), "member.name")}
    assert "FAIL" in {level for _, _, _, level in places}
    assert judged(make_zip(one, Member(quiet, data=b"" if quiet.endswith(b"/") else b"a"))) == set()


def test_a_name_that_only_the_members_own_header_tells():
    data = make_zip(Member(b"IM_0001.txt", local_name=b"DOE_JANE.txt"))
    assert {(pointer, rule, level) for _, pointer, rule, level in judged(data)} == {
        ("member.name", "TXT001", "FAIL"),
        ("member.name", "ZIP008", "REVIEW"),
    }


def test_a_folder_is_one_finding_however_many_members_share_it():
    data = make_zip(*(Member(b"DOE_JANE/%d.txt" % number) for number in range(20)))
    findings = [each for _, each in observations(data) if isinstance(each, Finding) and each.level.value == "FAIL"]
    assert len(findings) == 20
    assert len(set(map(id, findings))) == 1


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        (make_zip(Member(**DAY)), "member.mtime"),
        (make_zip(Member(extra=STAMP)), "member.extra[0x5455]"),
        (make_zip(Member(extra=TICKS)), "member.extra[0x000a]"),
        (tar(mtime=1_655_999_999), "member.mtime"),
        (gzip.compress(b"text", mtime=1_655_999_999), "gzip.mtime"),
    ],
)
def test_times_are_kept_by_the_site_and_forbidden_by_stricter_policies(data: bytes, pointer: str):
    assert (pointer, "ZIP006", "INFO") in {each[1:] for each in found(data, "x")}
    assert (pointer, "ZIP006", "FAIL") in {each[1:] for each in found(data, "x", "safe-harbor")}


@pytest.mark.parametrize(
    "data", [make_zip(Member()), make_zip(Member(clock=0, day=0)), tar(mtime=0), gzip.compress(b"text", mtime=0)]
)
def test_no_time_is_no_finding_under_any_policy(data: bytes):
    assert found(data, "x", "safe-harbor") == set()


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        (make_zip(Member(extra=OWNER)), "member.extra[0x7875]"),
        (tar(uname="rroe"), "member.uname"),
        (tar(gname="radiology-a"), "member.gname"),
    ],
)
def test_owners(data: bytes, pointer: str):
    assert (pointer, "ZIP009", "INFO") in {each[1:] for each in found(data, "x")}


@pytest.mark.parametrize("data", [make_zip(Member(extra=NOBODY)), tar(uname="root", gname="wheel")])
def test_nobodys_accounts(data: bytes):
    assert found(data, "x") == set()


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        (make_zip(Member(), before=b"\x90\x91\x92"), "prepended"),
        (make_zip(Member(), after=b"\x90\x91\x92"), "trailing"),
        (make_zip(Member(between=b"\x90\x91\x92"), Member()), "gap"),
        (make_tar((info("a"), b"")) + b"\x90\x91\x92", "trailing"),
    ],
)
def test_bytes_that_belong_to_nothing_are_for_a_person(data: bytes, pointer: str):
    assert judged(data, "x.zip") == {(None, pointer, "ZIP007", "REVIEW")}


@pytest.mark.parametrize(
    ("data", "member", "reason"),
    [
        (make_zip(Member(b"a", flags=1)), "a", "encrypted"),
        (make_zip(Member(b"a", crc=1)), "a", "wrong checksum"),
        (make_zip(Member(), Member(listed=False)), None, "holds entries that its directory does not list"),
        (make_zip(Member())[:-30], None, "no end record"),
        (make_zip(Member(b"a.zip", make_zip(Member())[:-30])), "a.zip", "no end record"),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, member: str | None, reason: str):
    unread = [(where, each.reason) for where, each in observations(data) if isinstance(each, Unread)]
    assert [where for where, _ in unread] == [member]
    assert reason in unread[0][1]


def test_names_of_members_that_cannot_be_read_are_judged():
    assert ("DOE_JANE.dcm", "member.name", "TXT001", "FAIL") in judged(make_zip(Member(b"DOE_JANE.dcm", flags=1)))


def test_what_stands_in_nested_archives():
    inner = make_zip(Member(b"DOE_JANE.txt"), comment=NAMED)
    places = {(member, pointer) for member, pointer, _, _ in judged(make_zip(Member(b"a/inner.zip", inner)))}
    assert places == {("a/inner.zip!/DOE_JANE.txt", "member.name"), ("a/inner.zip", "comment")}


def test_identifiers_are_learned_and_names_kept_for_the_search():
    data = make_zip(Member(b"a/b.txt"), comment=json.dumps({"PatientName": "DOE^JANE"}).encode())
    kinds = [(type(each), each.value) for _, each in observations(data) if isinstance(each, Identifier | Text)]
    assert (Identifier, "DOE^JANE") in kinds
    assert (Text, "a/b.txt") in kinds


def test_many_names_are_kept_in_pieces(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fw_gear_deid_check.checkers.archive.NAMES_APART", 10)
    monkeypatch.setattr("fw_gear_deid_check.checkers.archive.GATHERED", 100)
    data = make_zip(*(Member(b"s/%04d.txt" % number) for number in range(100)))
    texts = [each.value for _, each in observations(data) if isinstance(each, Text)]
    assert len(texts) == 10 + 9
    assert "\n".join(texts).split("\n") == [f"s/{number:04}.txt" for number in range(100)]


def listed_observations(judge, told):
    """Return (member, observation) for an archive of which there is a listing and no bytes."""

    def refuse():
        raise Unreadable("not fetched")

    item = Item("x.zip", "file", refuse, listing=lambda: told)
    checkers = [ArchiveChecker(judge), MemberChecker(judge)]
    return [
        (content.member, seen)
        for content in contents(item, judge.policy.limits)
        for checker in checkers
        if checker.applies_to(content)
        for seen in checker.check(content)
    ]


def test_zip_info_is_judged_without_a_download():
    judge = Judge(Policy.load("site"), Masker())
    members = [
        {"path": "DOE_JANE/1.dcm", "size": 1, "timestamp": "2022-06-23T18:16:34Z", "comment": ""},
        {"path": "a/2.dcm", "size": 1, "timestamp": "1980-01-01T00:00:00Z", "comment": NAMED.decode()},
        {"size": 1},
    ]
    comment = json.dumps({"PatientName": "DOE^JANE"})
    seen = listed_observations(judge, {"comment": comment, "members": members})
    assert {
        (member, each.location.pointer, each.level.value) for member, each in seen if isinstance(each, Finding)
    } >= {
        (None, "comment", "FAIL"),
        ("DOE_JANE/1.dcm", "member.name", "FAIL"),
        ("DOE_JANE/1.dcm", "member.mtime", "INFO"),
        ("a/2.dcm", "member.comment", "FAIL"),
    }
    assert not [
        member for member, each in seen if isinstance(each, Finding) and each.location.pointer == "member.mtime"
    ][1:]
    assert [each.reason for _, each in seen if isinstance(each, Unread)] == ["not fetched", "a member without a path"]
    quiet = {"comment": None, "members": [{"path": "a/1.dcm", "size": 1, "timestamp": None, "comment": None}]}
    assert not [each for _, each in listed_observations(judge, quiet) if isinstance(each, Finding)]
    for odd in ({}, {"members": {}}, {"members": None, "comment": 7}):
        reasons = [each.reason for _, each in listed_observations(judge, odd) if isinstance(each, Unread)]
        assert reasons == ["not fetched", "the site did not tell its members"]


APPLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(20)


def test_desktop_litter():
    url = APPLE + b"com.apple.metadata:kMDItemWhereFroms\0bplist00_\x10https://pacs.example.org/Patient: DOE^JANE\0"
    data = make_zip(Member(b"__MACOSX/._IM_0001.dcm", url), Member(b"__MACOSX/._IM_0002.dcm", APPLE))
    places = found(data)
    assert ("__MACOSX/._IM_0001.dcm", "content", "TXT001", "FAIL") in places
    assert {each for each in places if each[0] == "__MACOSX/._IM_0002.dcm"} == {
        ("__MACOSX/._IM_0002.dcm", "name", "LIT001", "INFO")
    }


@pytest.mark.parametrize("before", [b"Bud1", b"Bud1" + bytes(20), b"Bud1\0\0\0\x0c"])
def test_names_in_ds_store_are_read_to_their_last_letter(before):
    def read(name: str) -> list[str]:
        store = b"\0\0\0\1" + before + name.encode("utf-16-be") + b"Ilocblob\0\0\0\x10" + bytes(8)
        data = make_zip(Member(b".DS_Store", store))
        return [each.value for _, each in observations(data) if isinstance(each, Text) and name in each.value]

    assert read("DOE^JANE")
    assert read("Müller_MRN00482913")


def test_names_in_ds_store_are_read_and_thumbnails_are_not():
    store = b"\x00\x00\x00\x01Bud1" + bytes(20) + "DOE^JANE.dcm".encode("utf-16-be") + bytes(20)
    data = make_zip(Member(b".DS_Store", store), Member(b"Thumbs.db", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99)))
    assert (".DS_Store", "content", "TXT001", "FAIL") in found(data)
    unread = [(member, each.reason) for member, each in observations(data) if isinstance(each, Unread)]
    assert unread == [("Thumbs.db", "thumbnail pictures, which are not inspected")]


@pytest.mark.parametrize("member", [None, Member(b"folder/", data=b"")])
def test_an_archive_without_files_is_not_checked(member):
    empty = make_zip(*[member] if member else [])
    assert [each.reason for _, each in observations(empty) if isinstance(each, Unread)] == [
        "an archive without files in it"
    ]
    full = make_zip(*[member] if member else [], Member(b"a.txt", data=b"a"))
    assert not [each for _, each in observations(full) if isinstance(each, Unread)]


def test_an_empty_tar_archive_in_an_archive_is_not_checked_either():
    data = make_zip(Member(b"a.txt", data=b"a"), Member(b"b.tar", data=make_tar()))
    unread = [(member, each.reason) for member, each in observations(data) if isinstance(each, Unread)]
    assert [member for member, _ in unread] == ["b.tar"]
