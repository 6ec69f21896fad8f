"""Outline: a picture's frame with the box of the text in it, drawn without a single pixel of the picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

WIDTH = 220
"""Width of the drawing in CSS pixels; tall pictures are drawn narrower."""
HEIGHT = 165


class Outline(NamedTuple):
    """Where a box is in a picture, in CSS pixels of the drawing, and in words.

    Attributes
    ----------
    width, height
        Of the drawing.
    x, y, box_width, box_height
        Of the box, at least 3 so that it can be seen.
    whole
        The size of the picture is known; else the drawing ends where the box does, and its far edges are open.
    words
        The same for those who can't see it.
    """

    width: float
    height: float
    x: float
    y: float
    box_width: float
    box_height: float
    whole: bool
    words: str

    @classmethod
    def of(cls, finding: Mapping[str, Any]) -> Outline | None:
        """Return the outline of a finding that has a box, ``[row, column, height, width]``.

        ``image``, ``[rows, columns]``, is the size of the picture where the report has it.
        """
        box = finding.get("box")
        if not box or len(box) != 4:
            return None
        row, column, height, width = (max(0, int(number)) for number in box)
        image = finding.get("image")
        rows, columns = (int(image[0]), int(image[1])) if image else (0, 0)
        whole = rows >= row + height and columns >= column + width and rows > 0 and columns > 0
        if not whole:
            rows, columns = row + height * 2 + 1, column + width + max(width // 4, 8)
        scale = min(WIDTH / columns, HEIGHT / rows)
        return cls(
            width=round(columns * scale, 1),
            height=round(rows * scale, 1),
            x=round(column * scale, 1),
            y=round(row * scale, 1),
            box_width=max(3.0, round(width * scale, 1)),
            box_height=max(3.0, round(height * scale, 1)),
            whole=whole,
            words=f"rows {row} to {row + height}, columns {column} to {column + width}"
            + (f" of {rows} by {columns} pixels" if whole else " (pixels; the size of the picture isn't recorded)"),
        )
