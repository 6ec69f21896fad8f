"""How much a frame looks as if text were on it: cheap scores that say which frames of a series are read first.

They rank and never decide: as a gate each of them would let half of the text-free frames pass, or lose text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

STEP = 24
"""Grey levels (of 255) by which text stands out of its surroundings at least."""
STARK = 96
"""Grey levels by which bright small letters are told apart, whose soft edges touch at the lower step."""
PIXELS = 10_000
"""Pixels that differ count for less than one glyph in a row, however many they are."""
COMPONENTS = 300
"""Glyph-like components that are looked at in one frame."""
_KERNEL = np.ones((9, 9), np.uint8)


def excess(frame: Grey, neighbours: tuple[Grey, ...]) -> tuple[float, float]:
    """Return how much brighter, and how much darker, thin structures there are than in every neighbouring frame.

    Glyphs in a row count most: an edge that moves from frame to frame differs in many pixels, and stands in no row.

    Parameters
    ----------
    frame, neighbours
        8-bit frames of one shape, under one window; at least one neighbour.
    """
    brightest, darkest = neighbours[0], neighbours[0]
    for neighbour in neighbours[1:]:
        brightest = cv2.max(brightest, neighbour)
        darkest = cv2.min(darkest, neighbour)
    scores = []
    for difference in (cv2.subtract(frame, brightest), cv2.subtract(darkest, frame)):
        thin = cv2.morphologyEx(difference, cv2.MORPH_TOPHAT, _KERNEL)
        rows, pixels = _rows_of_glyphs(thin, STEP)
        scores.append(rows + min(pixels, PIXELS - 1) / PIXELS)
    return scores[0], scores[1]


def chains(frame: Grey) -> int:
    """Return how many glyph-like components stand in a row between two others, in the better of four readings.

    Bright and dark text, along rows and along columns.
    """
    return max(
        _rows_of_glyphs(cv2.morphologyEx(frame, operation, _KERNEL), 2 * STEP)[0]
        for operation in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT)
    )


def _rows_of_glyphs(thin: Grey, step: int) -> tuple[int, int]:
    """Return how many glyphs stand in a row, upright or turned, and how many pixels are above the step at all."""
    found, pixels = 0, 0
    for level in (step, STARK):
        _, mask = cv2.threshold(thin, level, 255, cv2.THRESH_BINARY)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        boxes = stats[1:]
        found = max(found, _in_a_row(boxes), _in_a_row(boxes[:, [1, 0, 3, 2, 4]]))
        pixels = pixels or int(boxes[:, 4].sum())
        if not len(boxes):
            break
    return found, pixels


def _in_a_row(stats: NDArray[np.int32]) -> int:
    """Count components of (left, top, width, height, area) that have a like neighbour on both sides."""
    width, height, area = stats[:, 2], stats[:, 3], stats[:, 4]
    glyph = (height >= 4) & (height <= 32) & (width <= 1.5 * height) & (area >= 4) & (area <= 0.85 * width * height + 8)
    chosen = stats[glyph][:COMPONENTS].astype(np.float32)
    if len(chosen) < 3:
        return 0
    left, right, tall = chosen[:, 0], chosen[:, 0] + chosen[:, 2], chosen[:, 3]
    bottom = chosen[:, 1] + tall
    lower = np.minimum(tall[:, None], tall[None, :])
    aligned = (np.abs(bottom[:, None] - bottom[None, :]) <= 0.35 * lower) & (
        np.maximum(tall[:, None], tall[None, :]) <= 1.7 * lower
    )
    gap = left[None, :] - right[:, None]
    follows = aligned & (gap >= -1) & (gap <= 1.2 * lower)
    return int(np.count_nonzero(follows.any(axis=1) & follows.any(axis=0)))
