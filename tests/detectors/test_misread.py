"""Identifiers that an engine read wrong: found, and what is another left alone."""

from __future__ import annotations

import random

import pytest

from fw_gear_deid_check.detectors.known import identity
from fw_gear_deid_check.detectors.misread import Misread, distance
from fw_gear_deid_check.detectors.searcher import Entry


def entry(kind: str, value: str) -> Entry:
    return Entry(kind, "A", identity(kind, value), value, staff=False)


ENTRIES = [
    entry("name", "DOE^JANE"),
    entry("name", "GONZALEZ^MARIA"),
    entry("id", "1234567"),
    entry("id", "KXQ7731P"),
    entry("id", "4711"),
    entry("date", "19570312"),
]
KNOWN = Misread(ENTRIES)
READ = [  # (what was read, the kind that it is, or None)
    ("DOEAJANE", "name"),
    ("D0E~JANE", "name"),
    ("DOF JANE", "name"),
    ("DOF JONE", None),  # two of seven
    ("GONZALE2^MAR1A", "name"),
    ("Name:GONZAIEZMMARIA", "name"),
    ("GONZALE2", "name"),  # long enough alone
    ("MARIA", None),
    ("DOE", None),
    ("MRN l2E4S67", "id"),
    ("MRN 1234567 F", "id"),
    ("1D:123 4567", "id"),
    ("MRN 1284576", None),
    ("91234567312", None),  # within a longer number
    ("KX07731P", "id"),
    ("KXQ77", None),
    ("47I1", None),  # too short to be anything else's misreading
    ("03/12/1957", None),  # dates are compared as days, elsewhere
    ("TR 2300 TE 2.9", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "kind"), READ)
def test_readings(text, kind):
    found = KNOWN.find(text)
    assert [match.kind for match in found] == ([kind] if kind else [])
    for match in found:
        assert 0 <= match.start < match.end <= len(text)
        assert match.strong


def test_many_known_numbers_ask_for_longer_ones():
    text = "MRN 12E4567"
    one = entry("id", "1234567")
    assert Misread([one]).find(text)
    assert not Misread([one, *(entry("id", f"9{number:06}") for number in range(200))]).find(text)


def test_rn_and_m():
    assert Misread([entry("name", "HAMMOND^CARMEN")]).find("HArnrnOND CARrnEN")
    assert not Misread([entry("name", "HAMMOND^CARMEN")]).find("HARMON CARSON")


def plain(key: str, text: str, *, within: bool) -> int:
    """Work the distance out by its definition."""
    before = [0] * (len(text) + 1) if within else list(range(len(text) + 1))
    for row, one in enumerate(key, 1):
        now = [row]
        for column, other in enumerate(text, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (one != other)))
        before = now
    return min(before) if within else before[-1]


def test_the_distance_is_the_one_of_its_definition():
    chosen = random.Random(1)
    for _ in range(2000):
        key = "".join(chosen.choices("abc", k=chosen.randint(1, 9)))
        text = "".join(chosen.choices("abc", k=chosen.randint(0, 12)))
        for within in (False, True):
            assert distance(key, text, 20, within=within) == plain(key, text, within=within)
    assert distance("abcdef", "uvwxyz", 2) == 3
