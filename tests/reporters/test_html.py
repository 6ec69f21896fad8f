"""The page is self-contained, escapes everything that comes from data, and leaves nothing out silently."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from fw_gear_deid_check.reporters import html
from fw_gear_deid_check.reporters.compare import compare
from fw_gear_deid_check.reporters.leaks import leaks
from tests.reporters import reports
from tests.reporters.reports import finding, item

ELEMENTS_OF_THE_PAGE = re.compile(
    "html|head|meta|title|style|body|script|a|header|main|section|nav|p|b|h1|h2|h3|small|dl|dt|dd|div|ol|ul|li|strong"
    "|span|details|summary|form|label|input|fieldset|legend|select|option|button|output|code|time|table|thead|tbody|tr"
    "|th|td|figure|figcaption|svg|rect|path"
)


class Outline(HTMLParser):
    """Collects what a browser would see: elements with their attributes, and text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.text = "".join(self.texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


ALL = [reports.mixed, reports.passing, reports.empty, reports.hostile]


@pytest.mark.parametrize("make", ALL)
def test_the_policy_of_the_page_allows_its_own_style_and_script_only(make: Any) -> None:
    page = html.render(make())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    directives = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert directives == {
        "default-src": "'none'",
        "style-src": digest(re.findall(r"<style>(.*?)</style>", page, re.DOTALL)),
        "script-src": digest(re.findall(r"<script>(.*?)</script>", page, re.DOTALL)),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def digest(texts: list[str]) -> str:
    (text,) = texts
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("make", ALL)
def test_the_page_has_only_its_own_elements_and_no_address(make: Any) -> None:
    seen = Outline(html.render(make()))
    assert not [tag for tag, _ in seen.elements if not ELEMENTS_OF_THE_PAGE.fullmatch(tag)]
    for tag, attributes in seen.elements:
        assert not [
            name for name in attributes if name.startswith("on") or name in {"style", "src", "srcset", "action"}
        ]
        assert (attributes.get("href") or "#").startswith("#"), tag


def test_hostile_text_is_shown_as_text() -> None:
    seen = Outline(html.render(reports.hostile()))
    for text in reports.HOSTILE[:6]:
        assert text in seen.text
    assert "\u202e" not in seen.text
    assert "\x1b" not in seen.text
    assert "49" not in [text for tag, attributes in seen.elements for text in attributes.values() if text]


def test_every_id_is_there_once_and_every_link_leads_somewhere() -> None:
    for make in (*ALL, reports.many):
        seen = Outline(html.render(make()))
        ids = [attributes["id"] for _, attributes in seen.elements if "id" in attributes]
        links = {(attributes.get("href") or "")[1:] for tag, attributes in seen.elements if tag == "a"}
        assert len(ids) == len(set(ids))
        assert links <= set(ids)


def test_everything_of_the_report_is_on_the_page() -> None:
    report = reports.mixed()
    text = Outline(html.render(report)).text
    for found in report["findings"]:
        assert found["path"] in text
        assert re.sub(r"\[\d+\]", "[]", found["pointer"]) in text
    for entry in report["coverage"]["not_checked"]:
        assert entry["path"] in text
        assert entry["reason"] in text
    for entry in report["items"]:
        assert entry["path"] in text
    for words in ("Penn_BSC_profile_v4.0", "tech@example.org", "9c1d" * 16, "41ab" * 16, "PS3.15 2025c", "0.1.0"):
        assert words in text
    assert "The localizer shows a ruler" in text


@pytest.mark.parametrize("verdict", ["PASS", "REVIEW", "INCOMPLETE", "FAIL"])
def test_the_verdict_is_the_report_s_and_in_words(verdict: str) -> None:
    seen = Outline(html.render(reports.passing() | {"verdict": verdict}))
    assert re.search(rf"\b{verdict}\b", seen.text.partition("What to do now")[0])


def test_values_only_when_the_report_has_them() -> None:
    hidden = html.render(reports.report([finding()], [item(reports.T1)], [], "FAIL"))
    report = reports.report([finding(show=True)], [item(reports.T1)], [], "FAIL")
    report["run"]["values_shown"] = True
    shown = html.render(report)
    assert "DOE^JANE" not in hidden
    assert "This report shows identifiers" not in hidden
    assert "DOE^JANE" in shown
    assert "This report shows identifiers" in shown


def test_places_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_PLACES", 5)
    found = [finding(path=f"{index}.zip") for index in range(40)] + [finding(pointer="PatientID", path="p.zip")]
    text = Outline(html.render(reports.report(found, [item("p.zip")], [], "FAIL"))).text
    assert "And 20 more places: see findings.csv." in text
    assert "41 places" in text
    assert "p.zip" in text


def test_many_files_of_a_folder_that_hold_the_same_are_one_place() -> None:
    alike = [finding(path=f"a/{index:04}.dcm", member=None) for index in range(60)]
    other = finding(path="a/other.dcm", member=None, value="another")
    report = reports.report([*alike, other], [item("a/0000.dcm")], [], "FAIL")
    seen = Outline(html.render(report))
    assert "a/0000.dcm and 59 more files of this folder" in seen.text
    assert "a/0007.dcm" not in seen.text
    assert "a/other.dcm" in seen.text
    assert "61 places" in seen.text
    (leak,) = leaks(report["findings"])
    assert [place.files for place in leak.places] == [60, 1]


def test_rows_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_ROWS", 3)
    single, alike = [item(f"{index}.zip") for index in range(10)], [item(f"z/{n:02}.txt", "text") for n in range(60)]
    gap = {"member": "a", "checker": "dicom", "members": 20}
    gaps = [gap | {"path": f"{index}.zip", "reason": "encrypted"} for index in range(5)]
    text = Outline(html.render(reports.report([], [*single, *alike], gaps, "INCOMPLETE"))).text
    assert "And 67 more items: see report.json." in text
    assert "And 40 more places: see report.json." in text


@pytest.mark.parametrize("limit", ["MOST_LEAKS", "MOST_IDENTIFIERS", "MOST_ROWS", "MOST_PLACES"])
def test_links_lead_somewhere_when_something_is_left_out(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(html, limit, 1)
    found = [
        finding(pointer=pointer, path=f"{index}.zip", value=f"value {index}")
        for index in range(4)
        for pointer in ("PatientName", "PatientID", "OtherPatientIDs")
    ]
    seen = Outline(html.render(reports.report(found, [item(f"{index}.zip") for index in range(4)], [], "FAIL")))
    ids = {attributes["id"] for _, attributes in seen.elements if "id" in attributes}
    assert {(attributes.get("href") or "")[1:] for tag, attributes in seen.elements if tag == "a"} <= ids
    assert "more" in seen.text


def test_members_that_were_not_checked_for_one_reason_are_one_row() -> None:
    entry = {"path": "a.zip", "member": "1.dcm", "checker": "dicom", "reason": "damaged", "members": 1}
    unread = [entry, entry | {"member": "2.dcm"}, entry | {"member": None, "members": 40}, entry | {"reason": "other"}]
    gaps = html.gaps(unread)
    assert [(gap.member, gap.reason, gap.members) for gap in gaps] == [("1.dcm", "damaged", 42), ("1.dcm", "other", 1)]
    text = Outline(html.render(reports.report([], [item("a.zip")], unread, "INCOMPLETE"))).text
    assert "1.dcm and 41 more members" in " ".join(text.split())


def test_the_comparison_is_on_the_page() -> None:
    new = reports.mixed()
    old = copy.deepcopy(new)
    old["policy"]["sha256"] = "another"
    new["findings"] = [found for found in new["findings"] if found["pointer"] != "OperatorsName"]
    text = Outline(html.render(new, compare(old, new))).text
    assert "Since the baseline" in text
    assert "1 fixed: looked for again, and not there" in " ".join(text.split())
    assert "the policy is another one" in text


def test_the_same_report_makes_the_same_page_and_is_left_as_it_was() -> None:
    report = reports.mixed()
    before = copy.deepcopy(report)
    assert html.render(report) == html.render(report)
    assert report == before
