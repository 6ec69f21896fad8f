"""Tables: what PS3.15 acts on, what each attribute is by nature, and which private elements are known.

Three files of data stand beside this module: ``ps3_15_2025c.csv`` (made by `make_table`), ``natures.csv`` (the
project's own reading of each row, and of attributes outside the table that carry identifiers), and ``private.csv``.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

EDITION = "PS3.15 2025c"
TABLE = "ps3_15_2025c.csv"
NATURES = "natures.csv"
PRIVATE = "private.csv"

RETAIN = {
    "safe-private": "113111",
    "uids": "113110",
    "device": "113109",
    "institution": "113112",
    "patient-characteristics": "113108",
    "full-dates": "113106",
    "modified-dates": "113107",
}
"""Options that retain, with their codes in CID 7050."""
CLEAN = {"descriptors": "113105", "structured-content": "113104", "graphics": "113103"}
"""Options that clean, with their codes in CID 7050."""
OPTIONS = RETAIN | CLEAN

PRIVATE_ATTRIBUTES = "PrivateAttributes"
"""The name of the table's row for private attributes; it is no DICOM keyword."""

_REPEATING = {0x50: "50xx", 0x60: "60xx"}


class Attribute(NamedTuple):
    """An attribute that PS3.15 acts on, or that carries identifiers.

    Attributes
    ----------
    tag
        Eight hexadecimal digits; ``60xx3000`` or ``50xxxxxx`` for a repeating group, ``private`` for private ones.
    nature
        ``direct-identifier``, ``staff-name``, ``indirect-identifier``, ``attribute`` or ``none``.
    category
        HIPAA Safe Harbor letter, or None.
    basic
        Actions of the basic profile, ``{"X", "Z"}``; empty where the attribute isn't in Table E.1-1.
    written
        The actions as the standard writes them, ``X/Z``.
    options
        What each option does to it: ``{"uids": "K"}``.
    """

    tag: str
    keyword: str
    nature: str
    category: str | None
    basic: frozenset[str]
    written: str
    options: tuple[tuple[str, str], ...]


class PrivateElement(NamedTuple):
    """A private element that is known: a carrier of identifiers, or safe."""

    group: int
    creator: str
    element: int | None
    nature: str
    category: str | None
    source: str


def _rows(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@cache
def attributes() -> tuple[Attribute, ...]:
    """Return all attributes, by tag."""
    table = {row["tag"]: row for row in _rows(TABLE)}
    found = []
    for row in _rows(NATURES):
        acts = table.get(row["tag"], {})
        written = acts.get("basic", "")
        options = tuple((option, acts[option]) for option in OPTIONS if acts.get(option))
        found.append(
            Attribute(
                tag=row["tag"],
                keyword=row["keyword"],
                nature=row["nature"],
                category=row["category"] or None,
                basic=frozenset(written.split("/")) if written else frozenset(),
                written=written,
                options=options or tuple((option, "K") for option in [row["option"]] if option),
            )
        )
    return tuple(found)


@cache
def private_elements() -> tuple[PrivateElement, ...]:
    """Return the private elements that are known: carriers of identifiers, and safe ones (nature ``safe``)."""
    return tuple(
        PrivateElement(
            group=int(row["group"], 16),
            creator=row["creator"],
            element=None if row["element"] == "xx" else int(row["element"], 16),
            nature=row["nature"],
            category=row["category"] or None,
            source=row["source"],
        )
        for row in _rows(PRIVATE)
    )


@cache
def digest() -> str:
    """Return the SHA-256 of the three files: a policy's own digest covers it."""
    total = hashlib.sha256()
    for name in (TABLE, NATURES, PRIVATE):
        total.update(Path(__file__).with_name(name).read_bytes())
    return total.hexdigest()


@cache
def by_keyword() -> Mapping[str, Attribute]:
    """Return the attributes by folded keyword (`fold_keyword`), older keywords included."""
    found = {fold_keyword(attribute.keyword): attribute for attribute in attributes() if attribute.tag != "private"}
    return {old: found[fold_keyword(new)] for old, new in _OLD_KEYWORDS.items()} | found


_OLD_KEYWORDS = {
    "patientsname": "PatientName",
    "patientsbirthdate": "PatientBirthDate",
    "patientsbirthtime": "PatientBirthTime",
    "patientssex": "PatientSex",
    "patientsage": "PatientAge",
    "patientssize": "PatientSize",
    "patientsweight": "PatientWeight",
    "patientsaddress": "PatientAddress",
    "patientstelephonenumbers": "PatientTelephoneNumbers",
    "patientsbirthname": "PatientBirthName",
    "patientsmothersbirthname": "PatientMotherBirthName",
    "referringphysiciansname": "ReferringPhysicianName",
    "performingphysiciansname": "PerformingPhysicianName",
    "operatorname": "OperatorsName",
    "otherpatientid": "OtherPatientIDs",
}
"""Keywords as older dictionaries and other tools write them, folded."""


def fold_keyword(keyword: str) -> str:
    """Return a keyword as a comparison should see it: lower case, letters and digits only.

    >>> fold_keyword("Patient's Name") == fold_keyword("patients_name")
    True
    """
    return re.sub(r"[^a-z0-9]", "", keyword[:128].lower())


def pattern_of(tag: int) -> Iterator[str]:
    """Yield the keys under which an element may stand in the table: itself, then its repeating group."""
    yield f"{tag:08X}"
    repeating = _REPEATING.get(tag >> 24)
    if repeating is not None and not (tag >> 16) & 1:
        yield f"{repeating}{tag & 0xFFFF:04X}"
        yield f"{repeating}xxxx"
