"""What to do: the most urgent first, one task for what one action settles."""

from __future__ import annotations

import pytest

from fw_gear_deid_check.reporters.leaks import leaks
from fw_gear_deid_check.reporters.tasks import PLACES, tasks
from tests.reporters.reports import finding

UNREAD = {"path": "b.zip", "member": None, "checker": "zip", "reason": "encrypted archive"}


def test_fields_with_one_remedy_are_one_task() -> None:
    found = tasks(leaks([finding(pointer="PatientName"), finding(pointer="PatientID")]), [])
    assert [[leak.pointer for leak in task.places] for task in found] == [["PatientID", "PatientName"]]
    assert found[0].place == PLACES["dicom"]


def test_the_same_remedy_at_another_place_is_another_task() -> None:
    remedy = "Remove it here too"
    found = tasks(leaks([finding(remedy=remedy), finding(remedy=remedy, checker="sidecar")]), [])
    assert [task.place for task in found] == [PLACES["dicom"], PLACES["sidecar"]]


def test_a_place_with_several_leaks_is_named_once() -> None:
    (task,) = tasks(leaks([finding(), finding(message="another"), finding(pointer="PatientID")]), [])
    assert [leak.pointer for leak in task.places] == ["PatientID", "PatientName"]
    assert len(task.leaks) == 3


def test_order_is_fail_then_not_checked_then_review_and_info_needs_nothing() -> None:
    found = [finding(level=level, remedy=level) for level in ("INFO", "REVIEW", "FAIL")]
    assert [task.level for task in tasks(leaks(found), [UNREAD])] == ["FAIL", "INCOMPLETE", "REVIEW"]


def test_what_was_not_checked_for_one_reason_is_one_task() -> None:
    other = UNREAD | {"path": "c.zip"}
    encrypted, damaged = tasks([], [UNREAD, other, UNREAD | {"member": "x"}, UNREAD | {"reason": "damaged"}])
    assert encrypted.paths == {"b.zip", "c.zip"}
    assert encrypted.why == "Not checked: encrypted archive"
    assert damaged.paths == {"b.zip"}


AGAIN = {"rule": "PRF001", "checker": "profile", "remedy": "Import again"}


def test_what_the_given_profile_covers_is_no_task_of_its_own() -> None:
    """To add the element to a profile that has it would be the wrong advice."""
    found = tasks(leaks([finding(remedy="Add it"), finding(**AGAIN)]), [])
    assert [(task.title, task.place) for task in found] == [("Import again", PLACES["profile"])]
    assert {leak.first["rule"] for leak in found[0].leaks} == {"DCM001", "PRF001"}


@pytest.mark.parametrize("apart", [{"pointer": "PatientID"}, {"path": "another.dcm"}, {"checker": "pixels"}])
def test_what_it_does_not_cover_is_one(apart: dict[str, str]) -> None:
    found = tasks(leaks([finding(remedy="Add it", **apart), finding(**AGAIN)]), [])
    assert {task.title for task in found} == {"Add it", "Import again"}


def test_the_place_of_a_header_names_the_action() -> None:
    assert "(replace-with '' or remove)" in PLACES["dicom"]


HAND = {"rule": "DCM001", "path": finding()["path"], "pointer": "PatientName", "member": None, "members": 1}


@pytest.mark.parametrize(
    ("hand", "title", "why"),
    [
        ([], "Add it", ()),
        ([HAND | {"what": "Add it", "why": "no profile reaches it"}], "Add it", ("no profile reaches it",)),
        ([HAND | {"what": "Use a tool", "why": "no selector"}], "Use a tool", ("no selector",)),
        ([HAND | {"what": "Use a tool", "why": "no selector", "path": "another"}], "Add it", ()),
    ],
)
def test_work_by_hand_is_not_told_to_be_the_profiles(hand: list[dict[str, object]], title: str, why: tuple) -> None:
    (task,) = tasks(leaks([finding(remedy="Add it")]), [], hand)
    assert (task.title, task.by_hand) == (title, why)
    assert (task.place == "") is (title != "Add it")
