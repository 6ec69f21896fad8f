"""Cases: the n-th image of a set, made from the seed and its number alone, so that a run can go on where it stopped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.burned_in.grounds import GROUNDS, radiograph, series, stored
from benchmarks.burned_in.lines import Case, burn, font, mask, words

PIXELS = (
    "MONOCHROME2", "MONOCHROME2", "inverted", "RGB", "YBR_FULL", "PALETTE", "JPEG", "JPEG 2000", "JPEG-LS", "RLE",
    "coloured", "16 bit",
)  # fmt: skip
LARGE = 20
"""One of so many images is a large radiograph."""
SLICES = 80
"""Slices of a series."""
ROWS, COLUMNS = 320, 300


def generator(seed: int, kind: int, index: int) -> np.random.Generator:
    return np.random.default_rng([seed, kind, index])


def positive(seed: int, index: int) -> Case:
    """An image with one line of text."""
    rng = generator(seed, 1, index)
    if index % LARGE == LARGE - 1:
        rows, columns = int(rng.integers(2000, 3000)), int(rng.integers(2000, 2600))
        case = burn(rng, radiograph(rng, rows, columns), turned=0, size=int(rng.choice((12, 16, 20, 24, 40))))
        kind = "16 bit" if index // LARGE % 2 else "JPEG 2000"
        return replace(case, conditions=case.conditions | {"ground": "large radiograph", "pixels": kind})
    ground = list(GROUNDS)[index % len(GROUNDS)]
    case = burn(rng, GROUNDS[ground](rng))
    return replace(case, conditions=case.conditions | {"ground": ground, "pixels": str(rng.choice(PIXELS))})


def negative(seed: int, index: int) -> Case:
    """An image without text: first the stored ones, then made ones and turned parts of stored ones."""
    rng = generator(seed, 2, index)
    kept = stored()
    if index < len(kept):
        name, image = kept[index]
        return Case(image.astype(np.float32), None, {"ground": "stored", "name": name, "pixels": "MONOCHROME2"})
    index -= len(kept)
    if index % (2 * LARGE) == 2 * LARGE - 1:
        return Case(radiograph(rng, 2500, 2048), None, {"ground": "large radiograph", "pixels": "16 bit"})
    if index % 5 == 4 and kept:
        _, image = kept[int(rng.integers(len(kept)))]
        grey = image if image.ndim == 2 else image.max(axis=2)
        turned = np.rot90(grey, int(rng.integers(4)))[:: int(rng.choice((-1, 1)))]
        return Case(turned.astype(np.float32), None, {"ground": "stored, turned", "pixels": "MONOCHROME2"})
    ground = list(GROUNDS)[index % len(GROUNDS)]
    image = GROUNDS[ground](rng)
    kind = str(rng.choice(("MONOCHROME2", "inverted", "RGB", "JPEG", "16 bit")))
    return Case(image, None, {"ground": ground, "pixels": kind})


def stack(seed: int, index: int) -> tuple[list[np.ndarray], Case, int]:
    """A series of slices, with a line of text on one slice (two of four), on all, or on none; and which slice."""
    rng = generator(seed, 3, index)
    slices = series(rng, SLICES)
    on = ("one slice", "one slice", "every slice", "none")[index % 4]
    which = int(rng.integers(SLICES))
    if on == "none":
        return slices, Case(slices[0], None, {"on": on}), which
    size = int(rng.choice((8, 10, 12, 14, 18, 24)))
    place = str(rng.choice(("middle", "corner")))
    ink = "dark" if place == "middle" and rng.random() < 0.5 else "bright"
    alpha = mask(words(rng), font(rng, size)[1], int(rng.choice((0, 0, 0, 90))))[:240, :240]
    height, width = alpha.shape
    if ink == "dark":  # on brain: nobody can read black on black
        which = int(rng.integers(SLICES * 3 // 8, SLICES * 5 // 8))
        row, column = (
            max(0, (side - size) // 2 + int(rng.integers(-20, 20)))
            for side, size in zip((ROWS, COLUMNS), (height, width), strict=True)
        )
    elif place == "middle":
        row = int(rng.integers(60, max(61, 260 - height)))
        column = int(rng.integers(30, max(31, COLUMNS - 30 - width)))
    else:
        row, column = int(rng.choice((3, ROWS - height - 3))), int(rng.choice((3, COLUMNS - width - 3)))
    for number in range(SLICES) if on == "every slice" else (which,):
        area = slices[number][row : row + height, column : column + width]
        area[:] = (area * (1 - alpha) + (0.0 if ink == "dark" else 1500.0) * alpha).astype(np.uint16)
    conditions = {"on": on, "ink": ink, "place": place, "size": str(size)}
    return slices, Case(slices[which], (row, column, height, width), conditions), which
