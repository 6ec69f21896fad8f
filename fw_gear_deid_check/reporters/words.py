"""What a report says in words: the sentence under the verdict, the coverage, the HIPAA categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from fw_gear_deid_check.reporters.leaks import counting, pressing
from fw_gear_deid_check.reporters.plain import count, enumerate_words, plain, size

Report = Mapping[str, Any]
"""A report as report.json has it."""

CATEGORIES = {
    "A": "names",
    "B": "places smaller than a state",
    "C": "dates and ages over 89",
    "D": "telephone numbers",
    "E": "fax numbers",
    "F": "e-mail addresses",
    "G": "social security numbers",
    "H": "medical record numbers",
    "I": "health plan numbers",
    "J": "account numbers",
    "K": "certificate and licence numbers",
    "L": "vehicles and their plates",
    "M": "devices and their serial numbers",
    "N": "web addresses",
    "O": "IP addresses",
    "P": "biometric identifiers",
    "Q": "photographs of the face",
    "R": "any other unique number or code",
}
"""45 CFR 164.514(b)(2)(i), by letter."""

MEANING = {
    "FAIL": "Don't share these data.",
    "INCOMPLETE": "Not an answer yet.",
    "REVIEW": "A person has to look.",
    "PASS": "Nothing was found that the policy forbids.",
}
"""What a verdict means to the person who waits for it."""


def headline(report: Report) -> str:
    """Return one sentence: why the verdict is what it is."""
    counted = counting(report["findings"])
    worst = [finding for finding in counted if finding["level"] == "FAIL"]
    doubtful = [finding for finding in counted if finding["level"] == "REVIEW"]
    missing = len(unread_paths(report))
    items = report["coverage"]["items"]
    if report["verdict"] == "FAIL":
        places = len({finding["path"] for finding in worst})
        also = f"; {count(missing, 'item')} could not be checked" if missing else ""
        return f"{upper_first(natures(worst))} in {places:,} of {count(items, 'item')}{also}."
    if report["verdict"] == "INCOMPLETE":
        if not items:
            return "Nothing was checked: there was nothing to read in what this run was given."
        rest = (
            f"the rest has {count(len(doubtful), 'place')} for a person to look at"
            if doubtful
            else "the rest holds nothing that the policy forbids"
        )
        return f"{missing:,} of {count(items, 'item')} could not be checked to the end; {rest}."
    if report["verdict"] == "REVIEW":
        places = len({finding["path"] for finding in doubtful})
        what = natures(doubtful)
        needs = "needs" if what.endswith("text") and " and " not in what else "need"
        return f"Nothing fails the policy, but {what} in {places:,} of {count(items, 'item')} {needs} a person to look."
    kept = len({finding["pointer"] for finding in counted if finding["level"] == "INFO"})
    stays = f" {count(kept, 'kind of detail stays', 'kinds of detail stay')}, because the policy keeps " if kept else ""
    return f"All {count(items, 'item')} were read to the end, and no rule was broken.{stays}" + (
        f"{'it' if kept == 1 else 'them'}." if kept else ""
    )


def natures(findings: list[Mapping[str, Any]]) -> str:
    """Return what kinds of thing were found, what identifies by itself first, then by number of findings."""
    counts = Counter(str(finding["slug"]) for finding in findings)
    words = [nature(slug) for slug in sorted(counts, key=lambda slug: (pressing(slug), -counts[slug], slug))]
    return enumerate_words(words, noun="kinds of finding") if words else "broken rules"


def upper_first(text: str) -> str:
    """Return the text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def nature(slug: str) -> str:
    """Return the slug of a rule as words in the plural, as far as that can be told.

    >>> nature("direct-identifier"), nature("identifier-in-text"), nature("suspect-text")
    ('direct identifiers', 'identifiers in text', 'suspect text')
    """
    words = plain(slug).replace("-", " ")
    for one, many in (("identifier", "identifiers"), ("name", "names"), ("attribute", "attributes")):
        if one in words.split():
            return words.replace(one, many, 1)
    return words


def unread_paths(report: Report) -> set[str]:
    """Return the paths of items of which something could not be checked."""
    return {entry["path"] for entry in report["coverage"]["not_checked"]}


def unread_members(report: Report) -> int:
    """Return how many items or members could not be checked; one that two checkers could not read counts twice."""
    return sum(entry.get("members", 1) for entry in report["coverage"]["not_checked"])


def coverage(report: Report) -> list[tuple[str, str]]:
    """Return what was looked at, as pairs of a figure and what it counts; the most important first."""
    covered = report["coverage"]
    missing = len(unread_paths(report))
    items = covered["items"]
    pairs = [(f"{items - min(missing, items):,} of {items:,}", "items read to the end")]
    figures = (
        ("instances", "DICOM instance"),
        ("files", "file"),
        ("members", "archive member"),
        ("frames", "frame looked at for text in the picture", "frames looked at for text in the picture"),
    )
    for key, *nouns in figures:
        number = covered.get(key) or 0
        if number or key == "frames":
            pairs.append((f"{number:,}", count(number, *nouns).partition(" ")[2]))
    if covered.get("bytes"):
        amount, _, unit = size(covered["bytes"]).partition(" ")
        pairs.append((f"{amount} {unit}", "read"))
    return pairs


def coverage_sentence(report: Report) -> str:
    """Return the coverage as one sentence."""
    missing = unread_members(report)
    words = ", ".join(f"{figure} {noun}" for figure, noun in coverage(report))
    return f"{words}; {f'{missing:,} not checked' if missing else 'nothing left out'}."


def category_words(letter: str | None) -> str:
    """Return a HIPAA category with its letter, or nothing."""
    return f"{letter}, {CATEGORIES[letter]}" if letter in CATEGORIES else ""
