"""Labels: what the name of a column, key or field says about the value beside it.

A name that is a DICOM keyword, however it is spelt, stands under the policy's demand on that attribute, so that the
whole Table E.1-1 applies wherever somebody copied a header to. Other names for the same things are in ``labels.csv``:
the label in lower case without separators, the DICOM keyword it stands for, the HIPAA letter, and ``where`` it means
that: ``any`` place, or only in tables of ``persons`` (``name`` is a channel's in ``channels.tsv``).
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources
from typing import NamedTuple

from fw_gear_deid_check.detectors.folding import fold
from fw_gear_deid_check.items import Content
from fw_gear_deid_check.policy import Demand, Policy, table
from fw_gear_deid_check.rules import Level

LONGEST = 64
"""Longer names are no labels."""
REMEMBERED = 50_000
"""Names whose meaning is remembered."""

_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),?\s?([0-9A-Fa-f]{4})\)?")


TELEPHONE = "PatientTelephoneNumbers"
DIGITS_OF_TELEPHONE = 5
"""Digits that a value under a word like ``phone`` needs to be a number to call: an iPhone 12 is none."""


class Label(NamedTuple):
    """What a name stands for: a DICOM keyword, where there is one, and what the policy demands of it.

    Attributes
    ----------
    word
        It is a word of everyday language, no DICOM keyword: what stands beside it may be something else.
    """

    keyword: str
    demand: Demand
    word: bool = False

    def fits(self, value: str) -> bool:
        """Tell whether a value may be what the name says."""
        if self.word and self.keyword == TELEPHONE:
            return sum(map(str.isdecimal, value)) >= DIGITS_OF_TELEPHONE
        return True


class Labels:
    """Knows the labels under one policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known: dict[tuple[str, bool], Label | None] = {}

    def of(self, name: str, *, persons: bool = False) -> Label | None:
        """Return what a name stands for, or None where it says nothing.

        Parameters
        ----------
        persons
            It is the name of a column in a table of persons, or of a field of a form that describes one.
        """
        if len(name) > LONGEST:
            return None
        key = (name, persons)
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                return self._meaning(name, persons)
            self._known[key] = self._meaning(name, persons)
        return self._known[key]

    def _meaning(self, name: str, persons: bool) -> Label | None:
        tag = _TAG.fullmatch(name)
        if tag:
            number = int(tag[1] + tag[2], 16)
            demand = self._policy.attribute(number)
            return Label(_keywords().get(f"{number:08X}", ""), demand) if demand else None
        plain = _plain(name)
        attribute = table.by_keyword().get(plain)
        if attribute is not None:
            demand = self._policy.keyword(attribute.keyword)
            return Label(attribute.keyword, demand) if demand else None
        row = _table().get(plain)
        if row is None or (row["where"] == "persons" and not persons):
            return None
        keyword, category = row["keyword"], row["category"]
        demand = self._policy.keyword(keyword) if keyword else None
        if demand is None:
            source = f"45 CFR 164.514(b)(2)(i)({category})"
            demand = Demand("direct-identifier", Level.FAIL, category, frozenset(), source)
        return Label(keyword, demand, word=True)


def about_persons(names: list[str]) -> bool:
    """Tell whether a table with such columns has a person in each row.

    >>> about_persons(["participant_id", "name"]), about_persons(["name", "type", "units"])
    (True, False)
    """
    plain = {_plain(name) for name in names}
    return bool(plain & _PERSONS) or any((_table().get(name) or {}).get("where") == "any" for name in plain)


def _plain(name: str) -> str:
    """Return a name as the table has it: letters and digits of any language, without case and diacritics.

    >>> _plain("Patient's Name"), _plain("Numéro de dossier"), _plain("Födelsedatum")
    ('patientsname', 'numerodedossier', 'fodelsedatum')
    """
    return "".join(filter(str.isalnum, fold(name[:128])))


_PERSONS = frozenset(
    {"participant", "participantid", "subject", "subjectid", "sub", "subid", "patient", "patientid"}
    | {"sex", "gender", "handedness", "race", "ethnicity"}
    | {
        "geschlecht",
        "sexe",
        "sexo",
        "sesso",
        "geslacht",
        "kon",
        "kjonn",
        "proband",
        "probandin",
        "patientin",
        "paciente",
    }
    | {"paziente", "sujet", "sujeto", "soggetto", "teilnehmer", "vpn", "versuchsperson", "deelnemer"}
)


def is_subject_label(content: Content, keyword: str, value: str) -> bool:
    """Tell whether a PatientID is nothing but the label of the Flywheel subject it belongs to."""
    subject = content.item.parents.subject
    return keyword.casefold() == "patientid" and subject is not None and value.strip() == subject[1]


@cache
def _keywords() -> dict[str, str]:
    """Return the keywords by tag, of the attributes that the policy knows."""
    return {attribute.tag: attribute.keyword for attribute in table.attributes()}


@cache
def _table() -> dict[str, dict[str, str]]:
    """Return ``labels.csv`` by label."""
    text = resources.files(__package__).joinpath("labels.csv").read_text("utf-8")
    return {row["label"]: row for row in csv.DictReader(text.splitlines())}
