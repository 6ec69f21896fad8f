"""Field and Missing: what readers of files with a header find in them."""

from __future__ import annotations

from typing import NamedTuple


class Field(NamedTuple):
    """A text that stands at a place with a name.

    Attributes
    ----------
    pointer
        Where it stands: ``exif.Artist``, ``info.Author``, ``Patient name``.
    label
        The name of the field, as far as it tells what the value is.
    place
        ``free`` or ``structured`` text, or ``private``: see `Judge.text`.
    """

    pointer: str
    text: str
    label: str = ""
    place: str = "free"


class Missing(NamedTuple):
    """A part of the file that wasn't read, and why; made of the reader's own words."""

    reason: str
