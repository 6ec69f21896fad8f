"""Identifiers in text files, each beside its clean neighbour."""

import time
from dataclasses import replace

import pytest

from fw_gear_deid_check.checkers.document import TextChecker
from tests.checkers.looking import look, site_judge


@pytest.fixture
def checker():
    return TextChecker(site_judge())


def see(checker, text, name="notes.txt", encoding="utf-8"):
    return look(checker, name, text.encode(encoding))


@pytest.mark.parametrize(
    ("found", "quiet"),
    [
        ("Patient Name: Quux", "Patient Name:"),
        ("PatientID = 482913", "PatientID = "),
        ("PatientBirthDate: 19800131", "PatientBirthDate: 19000101"),
        ("date of birth - see DOB: 01/31/1980", "date of birth - see DOB:"),
        ("<PatientName>Quux</PatientName>", "<PatientName></PatientName>"),
        ('<dcm:PatientID type="x">482913</dcm:PatientID>', '<dcm:PatientID type="x"></dcm:PatientID>'),
        ('<element tag="0010,0010" vr="PN">Quux</element>', '<element tag="0018,1030" vr="LO">Quux</element>'),
        ("(0010,0010) PN [Quux]   #   4, 1 PatientName", "(0010,0010) PN (no value available) # 0, 0 PatientName"),
        ("(0010, 0020) Patient ID    LO: '482913'", "(0010, 0020) Patient ID    LO: ''"),
        ("<PatientID>\n  482913\n</PatientID>", "<PatientID>\n  \n</PatientID>"),
        (
            '<DicomAttribute tag="00100020" keyword="PatientID"><Value number="1">482913</Value></DicomAttribute>',
            '<DicomAttribute tag="00181030" keyword="ProtocolName"><Value number="1">T1w</Value></DicomAttribute>',
        ),
        ("<tr><th>Patient ID:</th>\n<td class='x'>482913</td></tr>", "<tr><th>Protocol:</th>\n<td>T1w</td></tr>"),
        ("Patient ID\t482913", "Patient ID\t"),
        ("seen by jane.doe@example.org", "seen by the radiographer"),
        ("call 215-555-0134", "call again"),
        ("215-555-0134", "20-30 0.1 -0.2 1e-05"),
        ("219-09-9998", "256-256-192"),
        ("+49 171 8062246", "+12 -12 +90 -90"),
        ('<series PatientID="482913" n="1"/>', '<series PatientID="" n="482913"/>'),
        ("Ärztin: DOE^JANE", "Ärztin: -"),
        ("DOE^JANE", "HEAD^Brain"),
        ("<td>CPR</td><td>180867-3113</td>", "<td>Run</td><td>180867-3113.4</td>"),
        ("+1 216 639 8808", "+1 1 0.5 -0.5"),
        ("MRN is 41500632", "MRN is removed"),
        ('x:about="http://pacs.example/1999/02/22"', "@prefix x: <http://pacs.example/1999/02/22#> ."),
        ("jane &lt;jane.doe@example.org&gt;", "jane &lt;&gt;"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_lines(checker, found, quiet, encoding):
    assert see(checker, f"first line\n{found}\nlast line\n", encoding=encoding).told
    assert not see(checker, f"first line\n{quiet}\nlast line\n", encoding=encoding).told


@pytest.mark.parametrize("name", ["a.bval", "a.bvec", "dwi.bvecs"])
def test_letters_among_numbers(checker, name):
    assert see(checker, "0 1000 quux\n", name).told == {("content", "letters-among-numbers", "REVIEW")}
    assert not see(checker, "0 1000 -1.5e-3 nan .5 +1\r\n1 0 0\n", name).told
    assert not see(checker, "0 1000 quux\n", "a.txt").told


def test_far_into_a_long_file(checker):
    text = "".join(f"step {number} done\n" for number in range(6_000))
    seen = see(checker, text + "mail jane.doe@example.org\n" + text, "run.log")
    assert seen.failed == {"content"}
    assert sum(len(each.value) for each in seen.texts) == 2 * len(text) + 26
    assert max(len(each.value) for each in seen.texts) < 200_000


def test_documents_that_everybody_has_are_quiet(checker):
    quiet = """<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD" "http://www.w3.org/TR/xhtml1.dtd">
    <root xmlns="http://example.org/ns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><EchoTime>0.003</EchoTime>
    <SeriesDescription>T1w MPRAGE</SeriesDescription></root>"""
    assert not see(checker, quiet, "a.xml").told
    assert not see(checker, "app: fmriprep\nversion: 1.2.3\nsteps:\n  - run: recon-all -all\n", "a.yaml").told


def test_too_long_is_not_checked():
    judge = site_judge()
    judge.policy.limits = replace(judge.policy.limits, text_size=1000)
    seen = see(TextChecker(judge), "word " * 300_000)
    assert seen.unread == ["text of more than 1000 bytes"]


def test_what_afni_calls_its_attributes_is_no_name(checker):
    text = "\ntype = string-attribute\nname = TYPESTRING\ncount = 15\n'%s~\n"
    assert not see(checker, text % "3DIM_HEAD_ANAT", "a+orig.HEAD").told
    assert see(checker, text % "jane.doe@example.org", "a+orig.HEAD").failed


HOSTILE = ("<", "<a>", "<a ", "<t", "<td>a</td>", "<DicomAttribute a><b>", "(0010,0010) ", "a:", "&lt;", "0 ", '="')


@pytest.mark.parametrize("text", HOSTILE)
def test_cost_is_linear(checker, text):
    def cost(size):
        start = time.process_time()
        see(checker, text * (size // len(text)), "a.bval")
        return time.process_time() - start

    assert cost(200_000) < 20 * max(cost(20_000), 0.05)


def test_a_line_without_end(checker):
    seen = see(checker, "x" * 1_000_000 + " jane.doe@example.org")
    assert seen.failed == {"content"}
