"""Text burned into an image: how an image is prepared, read and what of the reading is believed.

An image is read three times: as it is, with its local contrast raised, and turned by a quarter, since the engine misses
small letters that lie on their side. What the engine makes of structures (a row of vertebrae as ``00000``, a ruler as
``LLL``) is dropped by form. Measured by ``benchmarks/burned_in.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fw_gear_deid_check.detectors.ocr import Engine, Line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

SCORE = 0.6
"""Lines below this score are not believed."""
ALPHANUMERICS = 2
"""Lines with fewer letters and digits are not believed: single letters are side markers."""
LETTERS = 48
"""Height of letters in pixels that is believed in any image; in larger images, a quarter of their shorter side."""
SHORT = 3
"""Text of so many letters and digits is often a structure, unless it is seen twice."""
SHORT_SCORE = 0.75
"""And only from this score."""
TILE = 1024
"""Side of the tiles of a large image, pixels."""
OVERLAP = 128
"""Pixels that neighbouring tiles share: more than the height of a line, so that a line is whole in one of them."""

_FOLDED = str.maketrans("oOdDcCQqiIlL|!", "00000000111111")


@dataclass(frozen=True, slots=True)
class Block:
    """Text at a place of an image.

    Attributes
    ----------
    texts
        What was read, best first: the passes may differ, and either may match a known identifier.
    score
        Of the best.
    box
        ``(row, column, height, width)`` in pixels of the image, zero-based.
    passes
        How many readings of the image show it.
    """

    texts: tuple[str, ...]
    score: float
    box: tuple[int, int, int, int]
    passes: int = 1


def read(engine: Engine, image: Image, *, aside: bool = True) -> list[Block]:
    """Return the text in one image, or in one tile of a large image, read three times.

    Parameters
    ----------
    aside
        Read it turned, too.
    """
    if int(image.max(initial=0)) - int(image.min(initial=255)) < 4:
        return []
    largest = max(LETTERS, min(image.shape[:2]) // 4)
    first = believed(engine.read(image), largest)
    second = believed(engine.read(raised(image)), largest)
    third = sideways(engine.read(turned(image)), largest, image.shape[1]) if aside else ()
    return merged([*first, *second, *third])


def turned(image: Image) -> Image:
    """Return the image turned by a quarter, against the clock; the engine turns over what is upside down then."""
    import numpy as np

    return np.ascontiguousarray(np.rot90(image))


def sideways(lines: Iterable[Line], largest: int, columns: int) -> Iterator[Block]:
    """Yield the text that lies on its side, as places of the image before it was turned.

    Parameters
    ----------
    columns
        Of the image before it was turned.
    """
    for block in believed(lines, largest):
        row, column, height, width = block.box
        if width > height and block.score >= SHORT_SCORE:
            yield replace(block, box=(column, columns - row - height, width, height))


def raised(image: Image) -> Image:
    """Return the image in grey with its local contrast raised and dark text on light ground turned over."""
    import cv2
    import numpy as np

    grey = image if image.ndim == 2 else image.max(axis=2)
    if np.median(grey) > 127:
        grey = 255 - grey
    background = cv2.medianBlur(np.ascontiguousarray(grey), 31)
    contrast = 60 + 3 * (grey.astype(np.int16) - background.astype(np.int16))
    result: Image = np.clip(contrast, 0, 255).astype(np.uint8)
    return result


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of an image, or all of it made smaller by ``factor``; ``row`` and ``column`` are its origin."""

    image: Image
    row: int = 0
    column: int = 0
    factor: int = 1

    def placed(self, block: Block) -> Block:
        """Return a block of the tile as one of the image."""
        top, left, height, width = (self.factor * value for value in block.box)
        return replace(block, box=(top + self.row, left + self.column, height, width))


def tiles(image: Image) -> Iterator[Tile]:
    """Yield the image itself where it is small, else overlapping tiles of it, and all of it made smaller."""
    rows, columns = image.shape[:2]
    for row in _starts(rows):
        for column in _starts(columns):
            yield Tile(image[row : row + TILE, column : column + TILE], row, column)
    if max(rows, columns) > TILE:
        import cv2

        factor = -(-max(rows, columns) // TILE)
        size = max(1, columns // factor), max(1, rows // factor)
        yield Tile(cv2.resize(image, size, interpolation=cv2.INTER_AREA), factor=factor)


def _starts(length: int) -> list[int]:
    """Return where tiles start along a side: evenly, the last one ends with the image.

    >>> _starts(1000), _starts(2500)
    ([0], [0, 738, 1476])
    """
    if length <= TILE:
        return [0]
    count = -(-(length - OVERLAP) // (TILE - OVERLAP))
    return [(length - TILE) * index // (count - 1) for index in range(count)]


def believed(lines: Iterable[Line], largest: int = LETTERS) -> list[Block]:
    """Return the lines that are text and not structure; letters higher than ``largest`` pixels are structure."""
    return [
        Block((line.text,), line.score, line.box)
        for line in lines
        if line.score >= SCORE and min(line.box[2:]) <= largest and not degenerate(line.text)
    ]


def degenerate(text: str) -> bool:
    """Tell whether a reading has the form of a structure, not of text.

    >>> [degenerate(text) for text in ("DOE^JANE", "2011-05-25", "00000", "1O0D", "LLL", "L", "....", "III 1l")]
    [False, False, True, True, True, True, True, True]
    """
    characters = [character for character in text if character.isalnum()]
    if len(characters) < ALPHANUMERICS:
        return True
    if sum(character.isascii() for character in characters) * 2 < len(characters):
        return True  # a model of Chinese and English sees Chinese in noise
    folded = Counter("".join(characters).translate(_FOLDED))
    if set(folded) <= {"0", "1"}:
        return True
    return folded.most_common(1)[0][1] >= 0.6 * len(characters) and len(set(folded)) < 4


def merged(blocks: Iterable[Block]) -> list[Block]:
    """Return the blocks with those that lie on one another made one, the best first."""
    kept: list[Block] = []
    for block in sorted(blocks, key=lambda block: -block.score):
        for index, other in enumerate(kept):
            if overlap(block.box, other.box) > 0.5:
                texts = tuple(dict.fromkeys(other.texts + block.texts))
                kept[index] = replace(other, texts=texts, passes=other.passes + block.passes)
                break
        else:
            kept.append(block)
    return kept


def convincing(block: Block, images: int = 1) -> bool:
    """Tell whether text is believed: two or three characters only where a second reading or image shows them too."""
    characters = sum(character.isalnum() for character in block.texts[0])
    return characters > SHORT or (block.score >= SHORT_SCORE and (block.passes > 1 or images > 1))


def overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> float:
    """Return the shared area of two boxes as a part of the smaller one, 0 to 1."""
    height = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    width = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if height <= 0 or width <= 0:
        return 0.0
    return height * width / max(1, min(one[2] * one[3], other[2] * other[3]))
