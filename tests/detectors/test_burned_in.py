"""What is believed of a reading, and what is done with tiles and passes; the engine itself is tested on real pixels."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from fw_gear_deid_check.detectors import burned_in, ocr
from fw_gear_deid_check.detectors.burned_in import (
    Block,
    Tile,
    believed,
    convincing,
    degenerate,
    merged,
    overlap,
    sideways,
    tiles,
    turned,
)
from fw_gear_deid_check.detectors.ocr import Line
from tests.pictures import ground, written

BOX = (10, 10, 14, 90)
TEXTS = [  # (what the engine says, whether it is structure and no text)
    ("DOE^JANE", False),
    ("2011-05-25", False),
    ("48213901", False),
    ("MRN 0070070", False),
    ("00000", True),
    ("O0oD", True),
    ("LLL", True),
    ("LLLLM", True),
    ("100100110", True),
    ("..|..", True),
    ("L", True),
    ("工三王", True),
]


@pytest.mark.parametrize(("text", "structure"), TEXTS)
def test_structures_are_told_from_text_by_form(text, structure):
    assert degenerate(text) is structure


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (Line("DOE^JANE", 0.61, BOX), 1),
        (Line("DOE^JANE", 0.59, BOX), 0),
        (Line("DOE^JANE", 0.9, (0, 0, 48, 300)), 1),
        (Line("DOE^JANE", 0.9, (0, 0, 140, 300)), 0),
        (Line("DOE^JANE", 0.9, (0, 0, 300, 20)), 1),  # turned: the shorter side is the height of the letters
    ],
)
def test_a_line_is_believed_by_score_form_and_height(line, kept):
    assert len(believed([line])) == kept


def test_letters_may_be_higher_in_a_larger_image():
    line = Line("DOE^JANE", 0.9, (0, 0, 140, 600))
    assert not believed([line], 120)
    assert believed([line], 500)


@pytest.mark.parametrize(
    ("block", "images", "yes"),
    [
        (Block(("DOE",), 0.9, BOX, 1), 1, False),
        (Block(("DOE",), 0.9, BOX, 2), 1, True),
        (Block(("DOE",), 0.9, BOX, 1), 2, True),
        (Block(("DOE",), 0.7, BOX, 2), 2, False),
        (Block(("JDOE",), 0.7, BOX, 1), 1, True),
    ],
)
def test_short_text_has_to_be_seen_twice(block, images, yes):
    assert convincing(block, images) is yes


def test_readings_of_one_place_are_merged_with_both_texts():
    one, other = Block(("D0E",), 0.7, BOX), Block(("DOE",), 0.9, (11, 12, 13, 88))
    apart = Block(("1970",), 0.8, (60, 10, 14, 90))
    assert merged([one, other, apart]) == [Block(("DOE", "D0E"), 0.9, (11, 12, 13, 88), 2), apart]


@pytest.mark.parametrize(
    ("other", "share"), [((0, 0, 10, 10), 1.0), ((5, 0, 10, 10), 0.5), ((10, 0, 5, 5), 0.0), ((2, 2, 2, 2), 1.0)]
)
def test_overlap_is_a_share_of_the_smaller_box(other, share):
    assert overlap((0, 0, 10, 10), other) == pytest.approx(share)


@pytest.mark.parametrize("shape", [(1024, 1024), (1025, 600), (2500, 2048), (600, 5000, 3)])
def test_tiles_cover_the_image_and_overlap(shape):
    image = np.zeros(shape, np.uint8)
    seen = np.zeros(shape[:2], int)
    found = list(tiles(image))
    for tile in found:
        assert max(tile.image.shape[:2]) <= burned_in.TILE
        if tile.factor == 1:
            seen[tile.row : tile.row + tile.image.shape[0], tile.column : tile.column + tile.image.shape[1]] += 1
    assert seen.min() == 1
    starts = sorted({tile.row for tile in found})
    assert all(after - before <= burned_in.TILE - burned_in.OVERLAP for before, after in pairwise(starts))
    assert [tile.factor for tile in found[-1:]] == [
        1 if max(shape[:2]) <= burned_in.TILE else -(-max(shape[:2]) // 1024)
    ]


def test_what_is_read_in_a_tile_is_placed_in_the_image():
    block = Block(("DOE",), 0.9, (10, 20, 5, 40))
    assert Tile(np.zeros((9, 9), np.uint8), 100, 200).placed(block).box == (110, 220, 5, 40)
    assert Tile(np.zeros((9, 9), np.uint8), factor=3).placed(block).box == (30, 60, 15, 120)


def test_raised_contrast_turns_dark_on_light_over():
    light = written(np.full((120, 200), 230, np.uint8), "DOE^JANE", 50, 40, ink=190)
    raised = burned_in.raised(light)
    assert raised.shape == light.shape
    assert int(raised.max()) - int(np.median(raised)) > 2 * (230 - 190)


class Nothing:
    """An engine that must not be asked."""

    def read(self, image):
        raise AssertionError("asked to read a flat image")


def test_flat_images_cost_nothing():
    assert burned_in.read(Nothing(), np.full((64, 64), 7, np.uint8)) == []


@pytest.fixture(scope="module")
def engine():
    if ocr.missing():
        pytest.skip(ocr.missing())
    return ocr.RapidOcr()


def test_the_engine_reads_a_line_where_it_is(engine):
    picture = written(ground(), "DOE^JANE 1970", 20, 30)
    (block,) = burned_in.read(engine, picture)
    assert "JANE" in block.texts[0]
    row, column, height, width = block.box
    assert overlap(block.box, (20, 30, 20, 130)) > 0.7
    assert (height < 40, width < 180) == (True, True)
    assert (row >= 10, column >= 15) == (True, True)


def test_the_engine_leaves_the_same_picture_without_text_alone(engine):
    assert burned_in.read(engine, ground()) == []


def test_coloured_text_of_one_brightness_is_read(engine):
    picture = np.stack([ground()] * 3, axis=2)
    picture[..., 0] //= 3
    coloured = written(picture, "DOE^JANE", 20, 30)
    coloured[..., 2] = picture[..., 2]
    assert any("DOE" in text for block in burned_in.read(engine, coloured) for text in block.texts)


def test_lines_on_their_side_come_back_to_their_place():
    image = np.zeros((50, 80), np.uint8)
    image[10:40, 20:25] = 255
    rows, columns = np.nonzero(turned(image))
    box = (int(rows[0]), int(columns[0]), 5, 30)
    line = Line("MRN 0482913", 0.9, box)
    (block,) = sideways([line], 48, 80)
    assert block.box == (10, 20, 30, 5)
    assert not list(sideways([line._replace(box=(0, 0, 30, 5))], 48, 80))  # upright: the other passes read it
    assert not list(sideways([line._replace(score=0.7)], 48, 80))
