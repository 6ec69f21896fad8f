"""Names of people that are no person of the data, and the nearest text in which they are; days of programs; labels."""

# ruff: noqa: RUF001 - look-alikes are what is tested

from __future__ import annotations

import time

import pytest

from fw_gear_deid_check.detectors.eponyms import ALONE, COMPOUNDS
from fw_gear_deid_check.detectors.recognizers import find
from fw_gear_deid_check.detectors.vocabulary import is_last


def told(text: str) -> set[tuple[str, bool]]:
    return {(match.recognizer, match.strong) for match in find(text)}


NAME, MAYBE = ("person-name", True), ("person-name", False)

# left alone, and found with one thing changed
PAIRS = [
    ("Mann-Whitney U", "Mann-Whitfield U", MAYBE),
    ("Kolmogorov–Smirnov", "Kolmogorov–Sokolov", MAYBE),
    ("Tukey-Kramer", "Kramer-Tukey", MAYBE),
    ("Dijkstra", "Dijkstra Jan", NAME),
    ("Allen Brain Atlas", "Allen Brain", MAYBE),
    ("Morel thalamus atlas", "Morel thalamus", MAYBE),
    ("Washington grid", "Washington girl", MAYBE),
    ("Hurst exponent", "Hurst expired", MAYBE),
    ("Simon task", "Simon tasked", MAYBE),
    ("(Andersson, Skare, and Ashburner 2003)", "Andersson, Skare", NAME),
    ("(Cox and Collins 1997)", "(Cox and Collins 97)", MAYBE),
    ("(see Collins and Cox 1997; Evans 1998)", "(see Collins and Cox at 1997)", MAYBE),
    ("Collins and Cox (1997)", "Collins and Cox (97)", MAYBE),
    ("Collins et al. 2004", "Collins 2004", MAYBE),
    ("Mary Johnson et al., 2004", "Mary Johnson, 2004", NAME),
    ("Fonov VS, Evans AC, Collins DL. 2009", "Collins DL. 2009", MAYBE),
    ("(FSL, RRID:SCR_002823, Evans, Cox, and Collins 2001)", "(FSL, seen: Collins, and Cox, Evans 2001)", MAYBE),
    (
        'Johnson, Mary, and Peter Collins. 2002. "A Paper." NeuroImage 17 (2): 825-41.',
        "Johnson, Mary, and Peter Collins. 2002. A patient.",
        NAME,
    ),
    ("Collins AB, Johnson Mary. A paper. Neuroimage. 2004;23:208", "Collins AB, Johnson Mary. A paper. 2004; 23", NAME),
    ("Mary Johnson. A paper. Neuroimage. 2004;23:208", "Patient: Mary Johnson. Neuroimage. 2004;23:208", NAME),
    ("Karolinska Sleepiness Scale", "Karolinska Sleep", ("institution", False)),
    ("Copyright MNI 1993-2009 Louis Collins", "Copy MNI 1993-2009 Louis Collins", NAME),
    ("(c) 2011 Mary Johnson", "(d) 2011 Mary Johnson", NAME),
    ("Copyright 2011 by Mary Johnson", "Copyright by Mary Johnson", NAME),
    ("Author: n/a", "Author: Mary Johnson", MAYBE),
    ("# authors = none", "# authors = Mary Johnson", MAYBE),
    ("Authority: T1w", "Authority: Mary Johnson", NAME),
    ("Author: none", "Author: Dr. Patel", ("staff-name", True)),
    ("3D TOF Circle of Willis", "31 TOF Circle", ("address", False)),
    ("Washington University HCP", "Washington University", ("institution", False)),
    ("HEAD^Brain.nii.gz", "HEAD^Zwiebel.nii.gz", MAYBE),
    ("repeat of HEAD^Brain done", "repeat of ZWIEBEL^OTTOKAR done", NAME),
]


@pytest.mark.parametrize(("quiet", "found", "match"), PAIRS)
def test_what_is_named_after_people(quiet: str, found: str, match: tuple[str, bool]) -> None:
    assert not find(quiet)
    assert match in told(found)


def test_single_names_of_methods_are_family_names_too() -> None:
    """Otherwise they need no place in the table; halves of compounds stay names."""
    assert all("-" in compound for compound in COMPOUNDS)
    assert not [name for name in ALONE if "-" in name]
    assert is_last("Whitney")
    assert told("WHITNEY^QUX")


DAYS = [
    ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http www.w3.org 1999/02/22-rdf", ("life-date", True)),
    ("@prefix x: <http://x.example/1999/02/22#> .", "<http://x.example/1999/02/22#> .", ("url", True)),
    ('xmlns:x="http://x.example/1999/02/22"', 'link:x="http://x.example/1999/02/22"', ("url", True)),
    ("https://www.w3.org/1980/01/31/x", "https://www.w3.org/x?dob=1980/01/31", ("birth-date", True)),
    ("https://www.w3.org/1980/01/31/x", "https://www.w3.org/x 1980/01/31", ("life-date", True)),
    ("Matplotlib v3.7.1, https://matplotlib.org", "Matplotlib v3.7.1, https://plots.example", ("url", True)),
    ("Foobar v3.7, https://foobar.io", "Foobar, https://foobar.io", ("url", True)),
    ("Foobar v3.7, https://foobar.io", "Foobar v3.7, https://pacs.foobar.io", ("url", True)),
    ("Foobar v3.7, https://foobar.io", "Foobar v3.7, https://jane@foobar.io", ("url", True)),
    ("1.0.0 2019-01-01", "1.0 2019-01-01", ("date", True)),
    ("1.0.0 2019-01-01", "1.0.0 1958-01-01", ("life-date", True)),
    ("1.0.0 1998-01-01", "31.01.80 1998-01-01", ("life-date", True)),
    ("## [1.0] - 2019-05-04", "## [ab] - 2019-05-04", ("date", True)),
    ("2.3.1 (2019-05-04)", "DOB 2.3.1 (DOB 2019-05-04)", ("birth-date", True)),
    ("2019-05-04 - version 1.0", "2019-05-04 - visit 1.0", ("date", True)),
    ("XMP Core 5.6-c015 84.159810, 2016/09/10-02:41:30", "84.159810, 2016/09/10-02:41:30", ("date", True)),
    ("7.2.0-20210721-aa8f76b", "7.2.0 a-20210721-aa8f76b", ("date", True)),
    ("convert.c,v 1.226 2016/02/26", "convert.c, 1.226 2016/02/26", ("date", True)),
    ("Python 3.8.10 (default, Nov 26 2021)", "Python (seen, Nov 26 2021)", ("date", True)),
    ("random_seed = 20230401", "random_day = 20230401", ("date", True)),
    ("Release date: 2019-05-04", "Scan date: 2019-05-04", ("date", True)),
]


@pytest.mark.parametrize(("quiet", "found", "match"), DAYS)
def test_days_and_addresses_of_programs(quiet: str, found: str, match: tuple[str, bool]) -> None:
    assert not find(quiet)
    assert match in told(found)


LABELLED = [
    ("MRN is 41500632", "MRN is missing", "mrn"),
    ("medical record number is M4150063", "medical record number is 2 of 3", "mrn"),
    ("MRN (41500632)", "MRN (hidden)", "mrn"),
    ("MRN/41500632", "MRN/DOB", "mrn"),
    ("MRNM4150063", "MRNM4150", "mrn"),
    ("record no. 41500632", "record no. 415", "mrn"),
    ("patient ID is 4150063", "patient ID is 41", "patient-id"),
    ("accession number was 20817734", "accession number was 2081", "accession"),
    ("SSN is 123 45 6789", "SSN is gone", "ssn"),
    ("SIN 046-454-286", "SIN 046.454", "ssn"),
    ("NINO: QQ 12 34 56 C", "NINO: none", "ssn"),
    ("Aadhaar number is 2345 6789 0124", "Aadhaar number is withheld", "national-id"),
    ("IHI: 8003 6083 3335 7894", "IHI: 8003", "national-id"),
    ("RSSMRA80A01H501U", "RSSMRA80Z01H501U", "national-id"),
    ("Patient: A. Kuznetsova", "Patient: A. Brain", "person-name"),
    ("Patient: A Kuznetsova", "Patient: A problem", "person-name"),
    ("Patient name: Eli Manjón", "Patient name: Coil", "person-name"),
    ("Patient name: Brain Zwiebel", "Patient name: Brain Research", "person-name"),
    ("write to jane (at) gmail dot com", "write to jane (at) gmail", "email"),
    ("Patient: Solvej Rasmussen", "Patient: Brain Rasmussen", "person-name"),
    ("(0010,0010) PN [Quux]", "(0010,0010) PN [ANON]", "person-name"),
    ("(0010,0020) LO [M1655361]", "(0010,0020) LO [sub-0123]", "patient-id"),
    ("(0010,0030) DA [19530919]", "(0010,0030) DA [19000101]", "birth-date"),
    ("(0010, 0020) Patient ID  LO: '482913'", "(0018, 1020) Software  LO: '482913'", "patient-id"),
]


@pytest.mark.parametrize(("found", "quiet", "name"), LABELLED)
def test_labels_and_what_they_need(found: str, quiet: str, name: str) -> None:
    assert (name, True) in told(found)
    assert name not in {recognizer for recognizer, _ in told(quiet)}


@pytest.mark.parametrize(
    "unit",
    [
        "Collins, ",
        "(Collins, ",
        "Collins AB, ",
        "(c) 1999 Collins ",
        "Mary Johnson. 2002. ",
        "Author: Mary Johnson ",
        "a-",
        "http://",
        "1.1.1 ",
    ],
)
def test_cost_is_linear(unit: str) -> None:
    """Hostile text of names that each need a look at what is around them."""

    def cost(length: int) -> float:
        text = (unit * length)[:length]
        started = time.process_time()
        find(text)
        return time.process_time() - started

    cost(8_000)
    once = cost(8_000)
    assert cost(32_000) < 8 * once + 0.2


@pytest.mark.parametrize(
    ("found", "quiet"),
    [
        ("scan of Linda Whitcombe repeated", "scan of Linda cluster repeated"),
        ("Linda Whitcombe", "Victoria Whitcombehill"),
        ("rescan for Whitcombe, Harriet today", "rescan for contrast, Axial today"),
        ("Brenna, Annibale", "Turbo, Axial"),
        ("Bognar, Jazmin 00311393", "Siemens, Prisma 00311393"),
        ("Johnson, Mary, 45F", "Friston, Williams, Howard, and Turner (1996)"),
        ("Surname: Moura", "Surname: Coil"),
        ("sub-01_186-77-9431_T1w", "sub-01_186-77-94312_T1w"),
    ],
)
def test_names_that_nobody_knows_and_words_beside_them(found, quiet):
    assert any(match.strong and match.category in "AG" for match in find(found))
    assert not [match for match in find(quiet) if match.category in "AG"]
