"""A stack gives few images to read, and the one with the text is among them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("cv2")

from fw_gear_deid_check.detectors import glyphs
from fw_gear_deid_check.detectors.stack import Even, Source, Stack, windowed
from tests.pictures import ground, written

COUNT = 90


def volume(count: int = COUNT) -> list[np.ndarray]:
    """Return slices through a blob that grows and shrinks."""
    return [
        np.roll((ground(120, 140, seed).astype(np.uint16) * (8 + min(seed, count - seed) // 4)), seed // 6, 1)
        for seed in range(count)
    ]


def stacked(frames: list[np.ndarray], budget: int = 12, **how: bool) -> Stack:
    stack = Stack(budget, **how)
    for index, frame in enumerate(frames):
        stack.add(frame, Source(f"IM_{index}", 0))
    return stack


def burned(frame: np.ndarray, ink: int, row: int = 50) -> np.ndarray:
    mask = written(np.zeros(frame.shape, np.uint8), "DOE^JANE 1970", row, 12, 14)
    return np.where(mask > 127, ink, frame).astype(frame.dtype)


@pytest.mark.parametrize("which", [0, 1, 37, COUNT - 1])
@pytest.mark.parametrize("ink", [4000, 0])
def test_the_one_frame_with_text_is_read(which, ink):
    frames = volume()
    frames[which] = burned(frames[which], ink)
    views = list(stacked(frames).views())
    assert len(views) <= 12
    assert which in {int(view.source.member[3:]) for view in views if view.source}


def test_without_text_the_budget_holds_and_projections_come_first():
    views = list(stacked(volume()).views())
    assert [view.name for view in views[:2]] == ["maximum", "minimum"]
    assert all(view.source is None for view in views[:2])
    assert len(views) <= 12
    assert all(view.image.dtype == np.uint8 for view in views)


def test_projections_show_text_of_one_frame_and_tell_which():
    frames = volume()
    frames[37] = burned(frames[37], 4000)
    stack = stacked(frames)
    maximum = next(stack.views()).image
    assert (maximum[50:66, 12:110] > 250).sum() > 150
    assert stack.source_of((50, 12, 16, 100)) == Source("IM_37", 0)
    assert stack.source_of((90, 60, 20, 20)) != Source("IM_37", 0)


@pytest.mark.parametrize(("thorough", "count", "read"), [(True, 40, 40), (False, 8, 8), (True, 500, 60)])
def test_every_frame_is_read_where_it_is_to_be_up_to_the_budget(thorough, count, read):
    frames = [np.full((16, 16), index, np.uint16) for index in range(count)]
    views = list(stacked(frames, 60 if thorough else 12, thorough=thorough).views())
    seen = {view.source for view in views if view.source}
    assert len(seen) == read if count <= read else read // 2 <= len(seen) <= read


def test_a_single_frame_is_one_image():
    assert [view.name for view in stacked([ground().astype(np.uint16)]).views()] == ["frame 0"]


def test_text_that_the_window_would_clip_is_shown_unclipped():
    frame = ground().astype(np.uint16)
    frame[0, :20], frame[0, 20:30] = 60000, 50000  # bright enough, and small enough, to lie beyond the window
    views = {view.name: view.image for view in stacked([frame]).views()}
    assert list(views) == ["maximum, unclipped", "frame 0"]
    assert len(set(views["frame 0"][0, :30])) == 1
    assert len(set(views["maximum, unclipped"][0, :30])) == 2


def test_what_is_kept_does_not_grow_with_the_series():
    frame = np.zeros((64, 64), np.uint16)
    short, long = stacked([frame + n % 7 for n in range(60)]), stacked([frame + n % 7 for n in range(1200)])
    assert long.held <= short.held * 1.5


def test_once_released_it_still_tells_where_text_comes_from():
    frames = volume()
    frames[37] = burned(frames[37], 4000)
    stack = stacked(frames)
    before = stack.held
    stack.release()
    assert stack.held < before / 2
    assert stack.shape == (120, 140)
    assert stack.source_of((50, 12, 16, 100)) == Source("IM_37", 0)
    assert list(stack.views()) == []
    alone = stacked(frames[:1])
    alone.release()
    assert (alone.held, alone.shape) == (0, (120, 140))
    assert alone.source_of((0, 0, 5, 5)) == Source("IM_0", 0)


@pytest.mark.parametrize(
    "frame",
    [
        np.full((8, 8), np.nan, np.float32),
        np.full((8, 8), np.inf),
        np.zeros((1, 1), np.int8),
        np.zeros((5, 9, 3), np.uint8),
    ],
)
def test_odd_frames_are_taken(frame):
    assert all(view.image.dtype == np.uint8 for view in stacked([frame, frame]).views())


def test_a_window_maps_its_ends_to_black_and_white():
    assert windowed(np.array([[0, 10, 20, 30]], np.uint16), (10, 20)).tolist() == [[0, 0, 255, 255]]


def test_an_even_sample_stays_even_and_small():
    sample = Even(8)
    for index in range(1000):
        sample.add(index, index)
    places = [index for index, _ in sample.kept]
    assert 4 <= len(places) <= 8
    assert {after - before for before, after in pairwise(places)} == {sample.stride}


def test_glyphs_in_a_row_score_in_any_direction_and_polarity():
    plain = ground(seed=3)
    text = written(plain, "DOE^JANE 1970", 60, 40)
    assert glyphs.chains(plain) <= 3
    assert glyphs.chains(text) >= 6
    assert glyphs.chains(np.ascontiguousarray(np.rot90(text))) >= 6
    assert glyphs.chains(255 - text) >= 6


def test_excess_counts_what_neighbours_do_not_have():
    plain = ground(seed=3)
    bright, dark = glyphs.excess(written(plain, "DOE^JANE", 60, 40), (plain, plain))
    assert bright >= 4 > 1 > dark
    bright, dark = glyphs.excess(written(plain, "DOE^JANE", 90, 90, ink=0), (plain, plain))
    assert dark >= 4 > 1 > bright
    assert glyphs.excess(written(plain, "DOE^JANE"), (written(plain, "DOE^JANE"),)) == (0, 0)


def test_an_edge_that_moves_counts_less_than_a_row_of_glyphs():
    plain = ground(seed=3)
    ring, moved = plain.copy(), plain.copy()
    ring[40:160, 40:43] = ring[40:160, 200:203] = 255
    moved[40:160, 46:49] = moved[40:160, 194:197] = 255
    edge, _ = glyphs.excess(moved, (ring, ring))
    text, _ = glyphs.excess(written(plain, "DOE^JANE", 60, 40, size=14), (plain, plain))
    assert 0 < edge < 1 < text
