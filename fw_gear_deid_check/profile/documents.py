"""JSON documents against a profile: each value by the path that the engine gives it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.readers.sidecar import pointer

VALUES = 1_000_000
"""Values of one document that are compared."""


class Entry(NamedTuple):
    """A value of a document: its pointer, its path as the engine joins it, and its text."""

    pointer: str
    path: str
    text: str


def entries(data: bytes, separator: str) -> dict[str, Entry]:
    """Return the values of a document by pointer; empty objects and lists are values.

    Raises
    ------
    errors.Unreadable
        Where it isn't JSON, is beyond a limit, or names a key of one object twice: the engine changes one of them only,
        and the other keeps its value. The same for keys that make the same pointer, ``a.b`` and ``b`` in ``a``.
    """
    try:
        document = json.loads(
            data.decode("utf-8-sig"), parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_object
        )
        found: dict[str, Entry] = {}
        for path, text in _walk(document, ()):
            place = pointer(path)
            if place in found:
                raise Unreadable("two of its keys read as the same path")
            found[place] = Entry(place, separator.join(map(str, path)), text)
            if len(found) > VALUES:
                raise Unreadable(f"more than {VALUES} values")
    except (ValueError, RecursionError):
        raise Unreadable("it isn't JSON that the profile can be held against") from None
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise Unreadable("a key stands twice in one object, and a profile reaches one of them only")
    return made


def _walk(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _walk(each, (*path, key))
    elif isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield from _walk(each, (*path, index))
    else:
        yield path, "" if value is None or value in ({}, []) else str(value)
