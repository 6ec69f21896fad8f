"""The picture of the container shows the bad item among many, and the outline the box in its frame."""

from __future__ import annotations

from typing import Any

import pytest

from fw_gear_deid_check.reporters.outline import HEIGHT, WIDTH, Outline
from fw_gear_deid_check.reporters.picture import MOST_LANES, MOST_TILES, Picture, picture, rows
from tests.reporters.reports import finding, item


def draw(items: list[dict[str, Any]]) -> Picture:
    return picture(items, rows(items))


def test_one_lane_a_folder_in_the_order_of_the_run() -> None:
    drawn = draw([item("b/1.zip"), item("a/1.zip"), item("b/2.zip", verdict="FAIL"), item("b", "acquisition")])
    assert [lane.label for lane in drawn.lanes] == ["b", "a"]
    assert [tile.name for tile in drawn.lanes[0].tiles] == ["2.zip", "1.zip", "b"]
    assert drawn.lanes[0].verdict == "FAIL"


def test_the_bad_lane_is_drawn_however_many_there_are() -> None:
    items = [item(f"{index:04}/x.zip", verdict="FAIL" if index == 900 else "PASS") for index in range(1000)]
    drawn = draw(items)
    assert len(drawn.lanes) == MOST_LANES
    assert drawn.lanes[-1].label == "0900"
    assert (drawn.left_out, drawn.left_out_worst) == (1000 - MOST_LANES, "PASS")


def test_the_bad_tile_is_drawn_however_many_there_are() -> None:
    items = [item(f"a/{index:04}.dcm", verdict="FAIL" if index == 900 else "PASS") for index in range(1000)]
    (lane,) = draw(items).lanes
    assert lane.tiles[0].verdict == "FAIL"
    assert (len(lane.tiles), lane.more) == (MOST_TILES, 1000 - MOST_TILES)


def test_many_files_of_a_folder_that_are_alike_share_a_row() -> None:
    alike = [item(f"a/{index:04}.dcm", members=0, size=1000) for index in range(60)]
    others = [item("a/bad.dcm", verdict="FAIL", members=0), item("b/0000.dcm", members=0, size=None)]
    listed = rows([*alike, *others])
    assert [(row.first["path"], row.items, row.size) for row in listed] == [
        ("a/bad.dcm", 1, others[0]["size"]),
        ("a/0000.dcm", 60, 60_000),
        ("b/0000.dcm", 1, None),
    ]
    lanes = draw([*alike, *others]).lanes
    assert [tile.number for lane in lanes for tile in lane.tiles] == [1, *[2] * (MOST_TILES - 1), 3]


def test_few_files_and_archives_have_a_row_each() -> None:
    few = [item(f"a/{index:04}.dcm", members=0) for index in range(20)]
    archives = [item(f"b/{index:04}.zip") for index in range(60)]
    assert [row.items for row in rows([*few, *archives])] == [1] * 80


def test_kinds_are_counted_by_verdict() -> None:
    drawn = draw([item("a"), item("b", verdict="FAIL"), item("c", "nifti"), item("d", kind=None)])
    assert drawn.kinds == (
        ("dicom", (("FAIL", 1), ("PASS", 1))),
        ("nifti", (("PASS", 1),)),
        ("unknown", (("PASS", 1),)),
    )


def test_outline_is_to_scale() -> None:
    drawn = Outline.of(finding(box=[0, 256, 128, 256], image=[512, 512]))
    assert drawn is not None
    assert drawn.whole
    assert drawn.height == HEIGHT
    parts = (drawn.x / drawn.width, drawn.box_width / drawn.width, drawn.box_height / drawn.height)
    assert parts == pytest.approx((0.5, 0.5, 0.25), abs=0.01)


@pytest.mark.parametrize("image", [None, [10, 10], [0, 0]])
def test_an_outline_without_a_sound_size_does_not_pretend_one(image: list[int] | None) -> None:
    drawn = Outline.of(finding(box=[10, 20, 30, 40], image=image))
    assert drawn is not None
    assert not drawn.whole
    assert "isn't recorded" in drawn.words


@pytest.mark.parametrize("box", [[0, 0, 0, 0], [10**9, 10**9, 1, 1], [0, 0, 10**9, 1], [-5, -5, 10, 10]])
def test_odd_boxes_are_drawn_within_the_drawing(box: list[int]) -> None:
    drawn = Outline.of(finding(box=box))
    assert drawn is not None
    assert drawn.width <= WIDTH
    assert drawn.height <= HEIGHT
    assert drawn.box_width >= 3


def test_no_box_no_outline() -> None:
    assert Outline.of(finding()) is None
