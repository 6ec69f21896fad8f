"""Engine: reads an image and returns the lines of text in it. Another engine is another class with this one method.

The engine here is RapidOCR with the PP-OCRv4 models that lie in its wheel: no network, no file outside the package.
It is imported when it is made; ``missing`` tells beforehand what the ``pixels`` extra lacks.
"""

from __future__ import annotations

import importlib.util
import sys
import unicodedata
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODULES = ("numpy", "cv2", "onnxruntime", "rapidocr_onnxruntime")
INSTALL = "pip install 'fw-gear-deid-check[pixels]'"


class Line(NamedTuple):
    """A line of text that an engine read.

    Attributes
    ----------
    score
        The engine's confidence, 0 to 1.
    box
        ``(row, column, height, width)`` in pixels of the image, zero-based, upright around the line.
    """

    text: str
    score: float
    box: tuple[int, int, int, int]


class Engine(Protocol):
    """Reads text out of images."""

    def read(self, image: NDArray[np.uint8]) -> list[Line]:
        """Return the lines in an image of shape (rows, columns) or (rows, columns, 3), RGB."""
        ...


class RapidOcr:
    """PP-OCRv4 by way of ``rapidocr-onnxruntime``, one thread.

    Colour goes in as it is: made grey, coloured text on a coloured ground is lost (measured: 86 against 97 %).
    """

    def __init__(self) -> None:
        import cv2
        from rapidocr_onnxruntime import RapidOCR

        cv2.setNumThreads(1)
        self._engine = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1, text_score=0.3)

    def read(self, image: NDArray[np.uint8]) -> list[Line]:
        """Return the lines in an image of shape (rows, columns) or (rows, columns, 3), RGB."""
        found, _ = self._engine(image)
        return [Line(_plain(str(text)), float(score), _upright(corners)) for corners, text, score in found or ()]


def missing() -> str | None:
    """Tell what keeps the engine from running, as words for the report; None where it can run."""
    if any(importlib.util.find_spec(module) is None for module in MODULES):
        return INSTALL if sys.version_info < (3, 13) else "the text reader needs Python 3.11 or 3.12"
    try:
        import cv2  # noqa: F401
    except ImportError:  # opencv-python is linked with libGL, which a server or a slim image doesn't have
        return "OpenCV can't be loaded (no libGL?): pip install --force-reinstall --no-deps opencv-python-headless"
    return None


def _plain(text: str) -> str:
    """Return the text with full-width commas, colons and letters as the usual ones: the model knows Chinese, too."""
    return unicodedata.normalize("NFKC", text)


def _upright(corners: list[list[float]]) -> tuple[int, int, int, int]:
    columns = [corner[0] for corner in corners]
    rows = [corner[1] for corner in corners]
    row, column = int(min(rows)), int(min(columns))
    return row, column, max(1, round(max(rows)) - row), max(1, round(max(columns)) - column)
