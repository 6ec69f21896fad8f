"""Pictures: the pixels of PNG, JPEG, TIFF, GIF and BMP files, a page at a time, decoded by Pillow within bounds.

Called in a worker process: a codec that is fed with hostile input costs that process. Alpha planes are pictures of
their own, for text that shows on any ground but one.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from fw_gear_deid_check.errors import Unreadable, in_our_words
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.readers.pixels import FRAME_BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

FORMATS = ("PNG", "JPEG", "TIFF", "GIF", "BMP")
FILE_BYTES = 256 * MIB
"""Larger files are not decoded."""
PIXELS = 40 << 20
"""Pixels of one page; larger ones are not decoded."""
PAGES = 256
"""Pages, or frames of an animation, of one file."""
_GREY = {"1", "L", "I", "F", "I;16", "I;16L", "I;16B", "I;16N"}
_DAMAGED = "not inspected: a damaged picture, or one that no codec here takes"


def page(data: bytes, number: int) -> tuple[list[Array], bool]:
    """Return a page as (rows, columns) or (rows, columns, 3) arrays, its alpha behind it; and whether more follow.

    Raises
    ------
    errors.Unreadable
        Where it is too large, truncated, or of a kind that isn't decoded.
    """
    Image.MAX_IMAGE_PIXELS = None  # the size is looked at here, before anything is decoded
    with in_our_words(_DAMAGED), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > PIXELS:
                raise Unreadable(f"not inspected: a picture of more than {PIXELS >> 20} million pixels")
            picture.seek(number)
            if picture.width * picture.height > PIXELS:
                raise Unreadable(f"not inspected: a page of more than {PIXELS >> 20} million pixels")
            picture.load()
            found = arrays(picture)
            if any(array.nbytes > FRAME_BYTES for array in found):
                raise Unreadable("not inspected: a picture that is too large when decoded")
            return found, _goes_on(picture, number)


def arrays(picture: Image.Image) -> list[Array]:
    """Return the pixels of an opened picture, its alpha behind them where it shows something."""
    if picture.mode in _GREY:
        array = np.asarray(picture.convert("L") if picture.mode == "1" else picture)
        return [np.ascontiguousarray(array.astype(array.dtype.newbyteorder("=")))]
    clear = picture.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in picture.info
    if picture.mode in {"LA", "La"}:
        found = [np.asarray(picture.getchannel(0))]
    else:
        found = [np.asarray(picture.convert("RGB"))]
    if clear:
        alpha = np.asarray(picture.convert("RGBA").getchannel("A"))
        if alpha.min() != alpha.max():
            found.append(alpha)
    return [np.ascontiguousarray(array) for array in found]


def _goes_on(picture: Image.Image, number: int) -> bool:
    try:
        picture.seek(number + 1)
    except EOFError:
        return False
    return True
