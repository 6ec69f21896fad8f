"""What applying a profile would change: the header before and after, element by element."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.profile.engine import Touched
from fw_gear_deid_check.profile.header import Leaf, leaves
from fw_gear_deid_check.readers import dicom
from fw_gear_deid_check.readers.dicom import DataSet, Row
from fw_gear_deid_check.readers.dictionary import tag_text

DELIMITERS = 0xFFFE
"""Group of what ends items and sequences, where no data element may stand."""
_INDEX = re.compile(r"\[(\d+)\]")
_STEP = re.compile(r"\[\d+\]\.")


class Change(NamedTuple):
    """A change.

    Attributes
    ----------
    leaf
        The element that is changed: the outermost one that goes, or the one whose value does; one that is inserted.
    top
        Tag of the top-level element that it is, or is in.
    values
        Elements with the values that would go: the element itself, or what is in the sequence.
    after
        The value that would stand there, None where the element would be gone.
    inserted
        Whether the element isn't there yet.
    """

    leaf: Leaf
    top: int
    values: tuple[Leaf, ...]
    after: bytes | None
    inserted: bool = False


def changes(
    rows: Sequence[Row], data: DataSet, result: bytes, selectors: Selectors, limits: Limits
) -> Iterator[Change]:
    """Yield what the engine has changed in some elements of a data set.

    Parameters
    ----------
    rows
        The elements that it was given.
    data
        The data set that they are from.
    result
        What it answered.
    selectors
        What it says it touched.

    Raises
    ------
    errors.Unreadable
        Where what it answered is damaged: what is lost was not removed by the profile.
    """
    after = dicom.read(io.BytesIO(result), len(result), limits)
    if after.unread or any(row[0] >> 16 == DELIMITERS for row in after.rows):
        raise Unreadable("what the profile's engine makes of it can't be read")
    present = {row[0] for row in (*data.meta, *data.rows)}  # what it wasn't given isn't inserted
    new: dict[int, Row] = {row[0]: row for row in (*after.meta, *after.rows)}
    seen: set[int] = set()
    for row in rows:
        tag = row[0]
        seen.add(tag)
        if tag & 0xFFFF == 0:
            continue  # group lengths are the engine's own
        old_leaves = leaves(row, data, limits)
        new_leaves = leaves(new[tag], after, limits) if tag in new else {}
        if _same(old_leaves, new_leaves):
            continue
        yield from _of_element(tag, old_leaves, new_leaves, selectors)
    for tag, row in new.items():
        if tag not in seen and tag not in present and tag >> 16 > 2 and tag & 0xFFFF:
            found = leaves(row, after, limits)
            leaf = next(iter(found.values()))
            yield Change(leaf, tag, (), leaf.value or b"", inserted=True)


def _same(old: dict[str, Leaf], new: dict[str, Leaf]) -> bool:
    return old.keys() == new.keys() and all(leaf.value == new[pointer].value for pointer, leaf in old.items())


def _of_element(top: int, old: dict[str, Leaf], new: dict[str, Leaf], selectors: Selectors) -> Iterator[Change]:
    """Yield the changes in one top-level element; what goes together is one change."""
    going: dict[str, list[Leaf]] = {}
    for pointer, leaf in old.items():
        if pointer not in new or leaf.value != new[pointer].value:
            outermost = pointer if selectors.names(leaf) else _outermost(pointer, old, new)
            going.setdefault(outermost, []).append(leaf)
    for pointer, changed in going.items():
        after = new.get(pointer)
        values = tuple(leaf for leaf in changed if leaf.value)
        yield Change(old[pointer], top, values, None if after is None else after.value or b"")
    for pointer, leaf in new.items():
        if pointer not in old:
            yield Change(leaf, top, (), leaf.value or b"", inserted=True)


def _outermost(pointer: str, old: dict[str, Leaf], new: dict[str, Leaf]) -> str:
    """Return the outermost element around one that is gone or emptied itself."""
    for match in _STEP.finditer(pointer):
        above = pointer[: match.start()]
        if above in old and (above not in new or not any(each.startswith(f"{above}[") for each in new)):
            return above
    return pointer


class Selectors:
    """Which field of the profile touched an element, by its pointer."""

    def __init__(self, touched: Sequence[Touched]) -> None:
        self._exact: dict[str, Touched] = {}
        self._patterns: list[tuple[re.Pattern[str], Touched]] = []
        for each in touched:
            path = each.path
            if ".*." in path:
                pattern = r"\.(?:\d+)\.".join(re.escape(part) for part in path.split(".*."))
                self._patterns.append((re.compile(pattern), each))
            elif each.action not in {"keep", "allowlist"}:
                self._exact[path] = each

    def names(self, leaf: Leaf) -> bool:
        """Tell whether an element itself was touched, not only one around it."""
        path = _INDEX.sub(r".\1", leaf.pointer.rstrip("'"))
        return path in self._exact or any(pattern.fullmatch(path) for pattern, _ in self._patterns)

    def of(self, leaf: Leaf) -> Touched | None:
        """Return what touched an element, or one around it."""
        pointer = leaf.pointer.rstrip("'")
        while True:
            path = _INDEX.sub(r".\1", pointer)
            found = self._exact.get(path)
            if found is not None:
                return found
            for pattern, each in self._patterns:
                if pattern.fullmatch(path):
                    return each
            steps = list(_STEP.finditer(pointer))
            if not steps:
                break
            pointer = pointer[: steps[-1].start()]
        return self._exact.get(tag_text(leaf.tag)) or (self._exact.get("PrivateCreator") if leaf.is_creator else None)
