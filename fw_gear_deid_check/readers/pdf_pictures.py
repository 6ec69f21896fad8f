"""Pictures in a PDF, such as scanned pages: taken out by pypdf, one at a time, within bounds.

Called in a worker process, as pages of picture files are.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from PIL import Image

from fw_gear_deid_check.errors import Unreadable, in_our_words
from fw_gear_deid_check.readers import pictures

if TYPE_CHECKING:
    from fw_gear_deid_check.readers.pictures import Array

PAGES = 500
"""Pages of a PDF whose pictures are looked at; what is behind them is told by who reads the text."""

_DAMAGED = "not inspected: a picture in a PDF that is damaged, or that no codec here takes"


def page(data: bytes, number: int) -> tuple[list[Array], bool]:
    """Return a picture as `pictures.page` returns a page of a picture file; whether more follow.

    Raises
    ------
    errors.Unreadable
        Where it is too large or damaged, or no codec takes it.
    """
    import pypdf

    Image.MAX_IMAGE_PIXELS = None  # the size is looked at here
    logging.getLogger("pypdf").disabled = True
    with in_our_words(_DAMAGED), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        places = list(_places(reader))
        if number >= len(places):
            return [], False
        sheet, name = places[number]
        if _size(sheet, name) > pictures.PIXELS:
            raise Unreadable(f"not inspected: a picture of more than {pictures.PIXELS >> 20} million pixels")
        picture = sheet.images[name].image
        if picture is None:
            raise Unreadable("not inspected: a picture in a PDF that no codec here takes")
        return pictures.arrays(picture), number + 1 < len(places)


def _places(reader: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (page, name of the picture on it)."""
    for number, sheet in enumerate(reader.pages):
        if number >= PAGES:
            return
        for name in sheet.images.keys():  # noqa: SIM118 - it is no mapping
            yield sheet, name


def _size(sheet: Any, name: Any) -> int:
    """Return the pixels of a picture, by its own dictionary; 0 for one that stands among the text of the page."""
    holder = sheet
    for step in name if isinstance(name, (list, tuple)) else [name]:
        if str(step).startswith("~"):
            return 0
        holder = holder["/Resources"].get_object()["/XObject"].get_object()[step].get_object()
    return int(holder.get("/Width", 0)) * int(holder.get("/Height", 0))
