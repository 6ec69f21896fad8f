"""Text from data is fit to be shown."""

from __future__ import annotations

import unicodedata

import pytest

from fw_gear_deid_check.reporters.plain import LENGTH, moment, plain
from tests.reporters.reports import HOSTILE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("T1w MPRAGE", "T1w MPRAGE"),
        ("Müller/Łódź 東京 עברית", "Müller/Łódź 東京 עברית"),
        ("a\nb", "a<U+000A>b"),
        ("a\x1b[31mb", "a<U+001B>[31mb"),
        ("a\u202eb", "a<U+202E>b"),
        ("a\u200bb", "a<U+200B>b"),
        ("a\u2028b", "a<U+2028>b"),
        ("a\ud800b", "a<U+D800>b"),
        ("a\x9bb", "a<U+009B>b"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_only_what_is_not_seen_is_written_out(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_becomes_one_printable_line(text: str) -> None:
    shown = plain(text)
    assert "\n" not in shown
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in shown)
    shown.encode("utf-8")


def test_long_text_is_cut_and_says_so() -> None:
    assert plain("x" * LENGTH) == "x" * LENGTH
    assert plain("x" * (LENGTH + 1)) == "x" * (LENGTH - 1) + "…"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-02-03T04:05:06Z", "3 Feb 2026, 04:05 UTC"),
        ("2026-02-03T04:05:06.123456+00:00", "3 Feb 2026, 04:05 UTC"),
        ("2026-02-03T04:05:06+02:00", "2026-02-03T04:05:06+02:00"),
        ("2026-13-03T04:05:06Z", "2026-13-03T04:05:06Z"),
        ("\uff12026-02-03T04:05:06Z", "\uff12026-02-03T04:05:06Z"),
        (None, ""),
    ],
)
def test_moments_are_read_only_where_they_are_utc(text: str | None, read: str) -> None:
    assert moment(text) == read
