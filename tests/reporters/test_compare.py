"""A place is fixed only where the new run looked for it again."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from fw_gear_deid_check.errors import UsageError
from fw_gear_deid_check.reporters.compare import KINDS, SCHEMA, compare
from tests.reporters import reports
from tests.reporters.reports import finding, item

UNREAD = {"path": "a.zip", "member": None, "checker": "dicom", "reason": "damaged data set"}


def report(
    *findings: dict[str, Any], items: tuple[dict[str, Any], ...] | None = None, unread: tuple[dict[str, Any], ...] = ()
) -> dict[str, Any]:
    return reports.report(list(findings), list(items if items is not None else [item("a.zip")]), list(unread), "FAIL")


def place(**fields: Any) -> dict[str, Any]:
    return finding(path="a.zip", **fields)


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (report(), report(place()), "new"),
        (report(place()), report(), "fixed"),
        (report(place()), report(place()), "same"),
        (report(place(members=3)), report(place(members=4)), "more"),
        (report(place(members=4)), report(place(members=3)), "fewer"),
        (report(place(level="REVIEW")), report(place()), "worse"),
        (report(place()), report(place(level="REVIEW")), "milder"),
        (report(place(level="INFO")), report(place()), "worse"),
        (report(place()), report(place(level="INFO")), "milder"),
        (report(place()), report(place(suppressed="looked at")), "milder"),
        (report(place(suppressed="looked at")), report(place()), "worse"),
        (report(place()), report(items=()), "gone"),
        (report(place()), report(items=(item("b.zip"),)), "gone"),
        (report(place()), report(unread=(UNREAD,)), "unknown"),
        (report(place()), report(unread=(UNREAD | {"checker": "zip"},)), "unknown"),
        (report(place()), report(unread=(UNREAD | {"path": "b.zip"},)), "fixed"),
        (report(place(members=4)), report(place(members=3), unread=(UNREAD,)), "unknown"),
        (report(place(checker="pixels")), report(), "unknown"),
        (report(place(checker="pixels")), report(items=(item("a.zip", checkers={"pixels": "PASS"}),)), "fixed"),
        (report(place(slug="known-identifier")), report(), "unknown"),
        (report(place(slug="known-identifier")), report(place(slug="known-identifier")), "same"),
        (report(place(pointer="S[0].A")), report(place(pointer="S[1].A")), "same"),
        (report(place(value="DOE^JANE")), report(place(value="ROE^R")), "same"),
    ],
)
def test_what_became_of_a_place(old: dict[str, Any], new: dict[str, Any], kind: str) -> None:
    compared = compare(old, new)
    assert [change.kind for change in compared.changes] == [kind]
    assert compared.counts == {kind: 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (report(), report()),
        (report(place(level="INFO")), report()),
        (report(), report(place(level="INFO"))),
        (report(place(suppressed="looked at")), report()),
    ],
)
def test_what_never_counted_is_no_change(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert compare(old, new).changes == ()


def test_other_rules_checkers_items_and_pointers_are_other_places() -> None:
    items = (item("a.zip", checkers={"dicom": "FAIL", "sidecar": "FAIL"}), item("b.zip"))
    for other in ({"rule": "DCM002"}, {"checker": "sidecar"}, {"path": "b.zip"}, {"pointer": "PatientID"}):
        changes = compare(report(place(), items=items), report(place() | other, items=items)).counts
        assert changes == {"new": 1, "fixed": 1}, other


def test_reasons_say_why_it_can_not_be_told() -> None:
    (change,) = compare(report(place()), report(unread=(UNREAD,))).changes
    assert change.reason == "damaged data set"
    (change,) = compare(report(place(checker="pixels")), report()).changes
    assert change.reason == "the checker pixels did not run on it"


def test_a_known_identifier_is_fixed_only_where_it_was_searched_for() -> None:
    old, new = report(place(slug="known-identifier")), report()
    assert compare(old, new).counts == {"unknown": 1}
    assert compare(old, new, listed=True).counts == {"fixed": 1}
    assert compare(old, report(unread=(UNREAD,)), listed=True).counts == {"unknown": 1}


def test_what_can_be_read_now_and_what_can_not() -> None:
    compared = compare(report(unread=(UNREAD,)), report(unread=(UNREAD | {"checker": "zip"},)))
    assert compared.unread == (("a.zip", None, "zip"),)
    assert compared.read == (("a.zip", None, "dicom"),)
    gone = compare(report(unread=(UNREAD,)), report(items=()))
    assert gone.read == ()


def test_cautions() -> None:
    old, new = report(), report()
    assert compare(old, new).cautions == ()
    new["policy"] = new["policy"] | {"sha256": "other"}
    new["profile"] = None
    new["tool"] = new["tool"] | {"version": "9"}
    assert compare(old, new).cautions == (
        "the policy is another one, so levels may differ",
        "the profile is another one",
        "the program is another version",
    )


@pytest.mark.parametrize(
    "old",
    [
        {},
        {"schema": "something-else/1"},
        {"schema": "deid-check-report/1"},
        report(place()) | {"findings": "DOE^JANE"},
        report(place()) | {"findings": [{"path": "DOE^JANE"}]},
        report(place(level="DOE^JANE")),
        [],
        None,
    ],
)
def test_a_baseline_that_is_none_is_refused_without_its_text(old: Any) -> None:
    with pytest.raises(UsageError) as refused:
        compare(old, report())
    assert "baseline" in str(refused.value)
    assert "DOE" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_it_is_json_and_says_every_change_once() -> None:
    old, new = reports.mixed(), reports.mixed()
    del new["findings"][0]
    made = compare(old, new).to_dict()
    again = json.loads(json.dumps(made))
    assert again["schema"] == SCHEMA
    assert sum(again["counts"].values()) == len(again["changes"]) > 0
    assert set(again["counts"]) <= set(KINDS)
    assert again["changes"] == made["changes"]


def test_reports_are_left_as_they_were() -> None:
    old, new = reports.mixed(), reports.mixed()
    before = copy.deepcopy((old, new))
    compare(old, new)
    assert (old, new) == before


def test_four_thousand_places_are_compared() -> None:
    old, new = reports.many(), reports.many()
    new["findings"] = new["findings"][:3000]
    compared = compare(old, new)
    assert compared.counts["same"] + compared.counts["fixed"] == len(compared.changes) == 4000
