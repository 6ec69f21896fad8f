"""The search for known identifiers: disguises, subjects kept apart, clean text left alone, identity."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from fw_gear_deid_check.detectors.identifiers_file import Listed
from fw_gear_deid_check.detectors.known import Known, KnownMatch, Searcher, identity
from tests.detectors.disguises import DISGUISES, MORE, subjects, text_in

HERE = Path(__file__).parent


def learn_all() -> Known:
    known = Known()
    for number, subject in enumerate(subjects()):
        known.learn("name", subject.pn, "A", str(number))
        known.learn("id", subject.mrn, "H", str(number))
        known.learn("id", subject.accession, "J", str(number))
        known.learn("date", f"{subject.birth:%Y%m%d}", "C", str(number))
    return known


KNOWN = learn_all()


def search(searcher: Searcher, data: str | bytes) -> list[KnownMatch]:
    return searcher.find(data if isinstance(data, str) else text_in(data))


def searcher(kind: str, value: str, **options: object) -> Searcher:
    known = Known()
    known.learn(kind, value, "A", "s", **options)  # type: ignore[arg-type]
    return known.searcher("s")


def test_twenty_disguises_of_a_hundred_subjects() -> None:
    assert len(DISGUISES) == 20
    found = sum(
        bool(search(KNOWN.searcher(str(number)), disguise(subject)))
        for number, subject in enumerate(subjects())
        for disguise in DISGUISES.values()
    )
    assert found >= 0.97 * 20 * len(subjects())


@pytest.mark.parametrize("name", [name for name in MORE if name != "family alone"])
def test_more_disguises(name: str) -> None:
    missed = [n for n, subject in enumerate(subjects()) if not search(KNOWN.searcher(str(n)), MORE[name](subject))]
    assert missed == []


def test_clean_imaging_text_is_left_alone() -> None:
    texts = []
    for path in (HERE / "heldout.csv", HERE / "unseen.csv"):
        with path.open(encoding="utf-8") as stream:
            texts += [row["text"] for row in csv.DictReader(stream) if not row["category"]]
    hits = [number for number in range(len(subjects())) for text in texts if KNOWN.searcher(str(number)).find(text)]
    assert len(texts) * len(subjects()) > 60_000
    assert hits == []


PAIRS = [
    # kind, learned, found, left alone
    ("name", "DOE^JANE", "doe_jane t1", "doe t1"),
    ("name", "DOE^JANE", "scan of JaneDoe", "scan of janedough"),
    ("name", "HOLLOWAY^PRISCILLA", "spoke with Holloway", "hollow way"),
    ("name", "HOLLOWAY^PRISCILLA", "pholloway", "sholloway"),
    ("name", "HEAD^MARK", "mark_head", "head marker, mark the lesion, head coil"),
    ("name", "LI^NA", "Li, Na", "li na2so4 linac"),
    ("name", "Müller^Jürgen", "MUELLER", "Miller"),
    ("name", "Mueller^Juergen", "Müller", "Moller"),
    ("name", "García Márquez^José", "jose garcia", "josie garza"),
    ("name", "van den Heuvel^Marieke", "vandenheuvel", "van den Berg"),
    ("name", "O'Brien^Kathleen", "obrien", "brie"),
    ("name", "Wang^XiaoDong=王^小东", "王小东", "王子"),
    ("name", "White^Qwentin", "second scan of White repeated", "segmented White matter, white again, grey White"),
    ("name", "Long^Jane", "rescanned for Long", "in Long axis view, of Long-axis, Long"),
    ("name", "Lee^Amy", "scan of Lee, again", "leeway of lee side, of Lee-Smith"),
    ("name", "Smith^Qwentin", "smith_T1w", "blacksmith"),
    ("name", "Dixon^Ann", "spoke with Dixon", "two-point Dixon fat, Dixon water"),
    ("id", "00482913", "MRN 482913", "MRN 4829131"),
    ("id", "00482913", "sub-01/48-29-13_T1w", "01-48-29-13_T1w"),
    ("id", "00482913", "12:30 482913", "12 30482913"),
    ("id", "0012165550188", "call 1-216-555-0188", "call 216.555.0189"),
    ("id", "00482913", "48-29-13", "48-29-13-7"),
    ("id", "256176", "id_256176", "256 176 12"),
    ("id", "A447190", "pat-A447190_T1", "A4471901"),
    ("id", "1500", "MRN: 1500", "TR 1500"),
    ("id", "12345", "id 12345", "0.12345"),
    ("date", "19800131", "31JAN1980", "31JAN1981"),
    ("date", "19800131", "01/31/80", "01/30/80"),
    ("date", "1980-01-31", "310180", "310181"),
]


@pytest.mark.parametrize(("kind", "learned", "found", "clean"), PAIRS)
def test_minimal_pairs(kind: str, learned: str, found: str, clean: str) -> None:
    one = searcher(kind, learned)
    assert [match.identity for match in one.find(found)] == [identity(kind, learned)]
    assert one.find(clean) == []


@pytest.mark.parametrize("value", ["", "   ", "0", "000", "0000000", "12", "999999", "x" * 300])
def test_what_tells_of_nobody_is_not_learned(value: str) -> None:
    one = searcher("id", value)
    assert one.find(f"a {value[:40]} b") == []


def test_study_codes_are_not_learned() -> None:
    assert searcher("id", "BSC-00417", is_dummy=lambda value: value.startswith("BSC")).find("BSC-00417") == []
    assert searcher("id", "BSC-00417", is_dummy=lambda value: False).find("BSC-00417")


def test_subjects_are_kept_apart_and_the_list_goes_everywhere() -> None:
    known = Known([Listed("name", "Roe^Richard", "A"), Listed("id", "7731920", "H", "s2")])
    known.learn("name", "HOLLOWAY^PRISCILLA", "A", "s1")
    text = "Holloway, Richard Roe, 7731920"
    spans = {
        subject: [text[m.start : m.end] for m in known.searcher(subject).find(text)] for subject in ("s1", "s2", None)
    }
    assert spans == {"s1": ["Holloway", "Richard Roe"], "s2": ["Richard Roe", "7731920"], None: ["Richard Roe"]}


def test_what_is_learned_later_is_searched_for_too() -> None:
    known = Known()
    assert known.searcher("s").find("Holloway") == []
    known.learn("name", "Holloway^Priscilla", "A", "s")
    assert len(known.searcher("s").find("Holloway")) == 1


def test_strength_and_staff() -> None:
    one = searcher("name", "HOLLOWAY^PRISCILLA", staff=True)
    (family,), (given,) = one.find("Holloway"), one.find("Priscilla")
    assert (family.strong, given.strong, family.staff) == (True, False, True)


def test_a_patient_who_is_also_staff_counts_as_a_patient() -> None:
    known = Known()
    known.learn("name", "HOLLOWAY^PRISCILLA", "A", "s", staff=True)
    known.learn("name", "HOLLOWAY^PRISCILLA", "A", "s")
    assert [match.staff for match in known.searcher("s").find("Holloway")] == [False]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("name", ["DOE^JANE", "Jane Doe", "doe_jane", "Doe, Jane", "DOE^JANE^M", "JaneDoe", "Dr. Jane Doe"]),
        ("name", ["Müller^Jürgen", "JUERGEN MUELLER", "muller jurgen"]),
        ("id", ["00482913", "482913", "48-29-13"]),
        ("date", ["19800131", "31.01.1980", "1980-01-31", "Jan 31, 1980", "31JAN1980"]),
    ],
)
def test_disguises_share_an_identity(kind: str, values: list[str]) -> None:
    assert len({identity(kind, value) for value in values}) == 1


def test_different_people_do_not_share_an_identity() -> None:
    assert identity("name", "DOE^JANE") != identity("name", "DOE^JOHN")
    assert identity("id", "482913") != identity("id", "482914")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("before", [b"\x00", b"\x07\x00\x01", b"\xff\x00\x01"])
def test_bytes_of_every_encoding_and_alignment(encoding: str, before: bytes) -> None:
    one = searcher("name", "Müller^Jürgen")
    assert search(one, before + "Müller, Jürgen".encode(encoding) + b"\x00\x02")
    assert search(one, before + "Möller, Jörg".encode(encoding) + b"\x00\x02") == []


@pytest.mark.parametrize(
    ("encoding", "character_set"), [("utf-8", b""), ("gb18030", b"GB18030"), ("shift_jis", b"ISO_IR 13")]
)
def test_han_in_bytes(encoding: str, character_set: bytes) -> None:
    one = searcher("name", "Yamada^Tarou=山田^太郎")
    assert one.find(text_in(b"\x01\x02\x03" + "山田太郎".encode(encoding) + b"\x00", character_set))
    assert one.find(text_in(b"\x01\x02\x03" + "鈴木花子".encode(encoding) + b"\x00", character_set)) == []


def test_hostile_values_and_texts_are_bounded() -> None:
    one = searcher("name", "^".join(["a b c d e f"] * 20))
    assert one.find("a" * 200_000) == []
    assert searcher("id", "1" * 255 + "2").find("1" * 100_000) == []
    assert searcher("name", "((((^[a-z]+").find("xx((((") == []


def test_nothing_that_is_printed_holds_the_value() -> None:
    assert "olloway" not in repr(Listed("name", "Holloway", "A"))
    assert "olloway" not in repr(searcher("name", "HOLLOWAY^PRISCILLA"))
    (match,) = searcher("name", "HOLLOWAY^PRISCILLA").find("holloway")
    assert "olloway" not in repr(match)


def test_a_telephone_number_is_known_with_and_without_its_country() -> None:
    known = Known()
    known.learn("id", "+1 216 555 0188", "D", "s")
    one = known.searcher("s")
    assert one.find("call 2165550188")
    assert one.find("call +1-216-555-0188")
    assert not one.find("call 216 555 0189")


def test_a_family_name_that_is_an_eponym_is_for_a_person_to_look_at() -> None:
    known = Known()
    known.learn("name", "Willis^Ann", "A", "s")
    known.learn("name", "Brown^Ann", "A", "t")
    assert [match.strong for match in known.searcher("s").find("the circle of Willis")] == [False]
    assert [match.strong for match in known.searcher("t").find("the scan of Brown")] == [True]
