"""Patterns and globs: what is refused, and that what is not refused is fast on hostile values."""

import itertools
import time

import pytest

from fw_gear_deid_check.policy import patterns


@pytest.mark.parametrize(
    "pattern",
    [
        "sub-[0-9]{1,6}",
        "ANON(?:YMOUS)?[ _-]?[0-9]{1,4}",
        "(?:P|S)[0-9]+",
        "(ABC){2,3}",
        r"[A-Z]{3}\d{4}",
        r"[+*(|)]+",
        r"\(\+\)[0-9]*",
        "[]a]+x",
    ],
)
def test_usable(pattern):
    assert patterns.why_not(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("(a+)+", "repeats a group"),
        ("(a*)*b", "repeats a group"),
        ("(?:a|aa)+", "repeats a group"),
        ("(a{1,9}){1,9}b", "repeats a group"),
        ("((a?)b)+", "repeats a group"),
        ("(?:(?:x{5}){5}){5}", "repeats a group"),
        (r"(a)\1", "refers back"),
        ("(?=a)a", "other than"),
        ("(?P<n>a)", "other than"),
        ("(?i)a", "other than"),
        ("a*b*c*d*e", "more than 3"),
        ("a{1,60}b{2,}c+d{,9}e", "more than 3"),
        ("[a", "no regular expression"),
        ("a{2", None),
        ("(a", "no regular expression"),
        ("a*", "matches nothing"),
        ("x" * 300, "longer than"),
    ],
)
def test_refused(pattern, word):
    reason = patterns.why_not(pattern)
    assert (reason is None) if word is None else word in (reason or "")


def test_what_is_usable_is_fast():
    """All short patterns over a small alphabet, against values made to make them backtrack."""
    alphabet = ["a", "a*", "a{1,9}", "(?:a?)", "(a|b)", "(aa)+", "b"]
    values = ["a" * 64, "a" * 63 + "!", "ab" * 32]
    slowest, usable = 0.0, 0
    for parts in itertools.product(alphabet, repeat=4):
        pattern = "".join(parts)
        if patterns.why_not(pattern) is not None:
            continue
        usable += 1
        compiled = patterns.allowed([pattern])
        start = time.process_time()
        for value in values:
            compiled.fullmatch(value)
        slowest = max(slowest, time.process_time() - start)
    assert usable > 500
    assert slowest < 0.1


@pytest.mark.parametrize(
    ("glob", "text", "matches"),
    [
        ("*", "", True),
        ("anat/*.dcm", "anat/a/b.dcm", True),
        ("anat/*.dcm", "func/a.dcm", False),
        ("RequestAttributesSequence[0].*", "RequestAttributesSequence[0].AccessionNumber", True),
        ("RequestAttributesSequence[0].*", "RequestAttributesSequence0.AccessionNumber", False),
        ("RequestAttributesSequence[?].*", "RequestAttributesSequence[3].AccessionNumber", True),
        ("IM_000?", "IM_0001\n", False),
        ("a.b", "axb", False),
    ],
)
def test_globs(glob, text, matches):
    assert (patterns.glob(glob).match(text) is not None) is matches


def test_globs_are_fast():
    glob = patterns.glob("*a" * 50 + "!")
    start = time.process_time()
    assert glob.match("a" * 10_000) is None
    assert time.process_time() - start < 0.5
