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
COMPONENTS = 300
"""Glyph-like components that are looked at in one frame."""
_KERNEL = np.ones((9, 9), np.uint8)


def excess(frame: Grey, neighbours: tuple[Grey, ...]) -> tuple[int, int]:
    """Return how many pixels are brighter, and how many darker, than in every neighbouring frame, in thin structures.

    Parameters
    ----------
    frame, neighbours
        8-bit frames of one shape, under one window; at least one neighbour.
    """
    brightest, darkest = neighbours[0], neighbours[0]
    for neighbour in neighbours[1:]:
        brightest = cv2.max(brightest, neighbour)
        darkest = cv2.min(darkest, neighbour)
    counts = []
    for difference in (cv2.subtract(frame, brightest), cv2.subtract(darkest, frame)):
        thin = cv2.morphologyEx(difference, cv2.MORPH_TOPHAT, _KERNEL)
        counts.append(int(np.count_nonzero(thin > STEP)))
    return counts[0], counts[1]


def chains(frame: Grey) -> int:
    """Return how many glyph-like components stand in a row between two others, in the better of four readings.

    Bright and dark text, along rows and along columns.
    """
    best = 0
    for operation in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
        thin = cv2.morphologyEx(frame, operation, _KERNEL)
        _, mask = cv2.threshold(thin, 2 * STEP, 255, cv2.THRESH_BINARY)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        boxes = stats[1:]
        upright = _in_a_row(boxes[:, [0, 1, 2, 3, 4]])
        turned = _in_a_row(boxes[:, [1, 0, 3, 2, 4]])
        best = max(best, upright, turned)
    return best


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
