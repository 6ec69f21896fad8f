"""The items of a report as a person sees them.

`picture`: one lane for each folder, one tile for each item, so that the bad one is seen at once. `rows`: the table, in
which the many files of a folder that have nothing to tell them apart share a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fw_gear_deid_check.reporters.leaks import ALIKE

MOST_LANES = 60
"""Lanes that are drawn, those with something wrong first; the others are counted."""
MOST_TILES = 24
"""Tiles in one lane, the worst first; the others are counted."""
ORDER = ("FAIL", "INCOMPLETE", "REVIEW", "PASS")


class Row(NamedTuple):
    """A row of the table of items: the first of them, how many files of its folder it stands for, and their bytes."""

    first: Mapping[str, Any]
    items: int = 1
    size: int | None = None


class Tile(NamedTuple):
    """An item: its row in the table of items (one-based), its kind, name and verdict."""

    number: int
    kind: str
    name: str
    verdict: str


class Lane(NamedTuple):
    """The items of one folder or acquisition, and how many more there are than tiles."""

    label: str
    tiles: tuple[Tile, ...]
    more: int
    verdict: str


class Picture(NamedTuple):
    """The lanes in the order of their paths, how many are left out, and counts by kind and verdict."""

    lanes: tuple[Lane, ...]
    left_out: int
    left_out_worst: str
    kinds: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]


def picture(items: Sequence[Mapping[str, Any]], listed: Sequence[Row]) -> Picture:
    """Return the picture of the items of a report; ``listed`` are their rows, to which the tiles lead."""
    ranks = {verdict: rank for rank, verdict in enumerate(ORDER)}
    numbers: dict[object, int] = {}
    for number, row in enumerate(listed, start=1):
        numbers[_alike(row.first) if row.items > 1 else id(row.first)] = number
    folders: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        folders.setdefault(folder(item), []).append(item)
    lanes = []
    for label, inside in folders.items():
        inside.sort(key=lambda item: ranks.get(item["verdict"], 0))
        tiles = tuple(
            Tile(
                numbers.get(id(item)) or numbers[_alike(item)],
                item["kind"] or "unknown",
                item["path"].rpartition("/")[2],
                item["verdict"],
            )
            for item in inside[:MOST_TILES]
        )
        lanes.append(Lane(label, tiles, max(0, len(inside) - MOST_TILES), inside[0]["verdict"]))
    chosen = sorted(range(len(lanes)), key=lambda index: (ranks.get(lanes[index].verdict, 0), index))
    shown, hidden = sorted(chosen[:MOST_LANES]), chosen[MOST_LANES:]
    kinds: dict[str, Counter[str]] = {}
    for item in items:
        kinds.setdefault(item["kind"] or "unknown", Counter())[item["verdict"]] += 1
    return Picture(
        lanes=tuple(lanes[index] for index in shown),
        left_out=len(hidden),
        left_out_worst=lanes[hidden[0]].verdict if hidden else "",
        kinds=tuple(
            (kind, tuple((verdict, counts[verdict]) for verdict in ORDER if counts[verdict]))
            for kind, counts in sorted(kinds.items(), key=lambda pair: (-pair[1].total(), pair[0]))
        ),
    )


def rows(items: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return the rows of the table of items: worst verdict first, then by path."""
    ranks = {verdict: rank for rank, verdict in enumerate(ORDER)}
    alike: dict[tuple[object, ...], list[Mapping[str, Any]]] = {}
    for item in sorted(items, key=lambda item: (ranks.get(item["verdict"], 0), item["path"])):
        alike.setdefault(_alike(item), []).append(item)
    listed: list[Row] = []
    for found in alike.values():
        if len(found) >= ALIKE and not found[0]["members"]:
            listed.append(Row(found[0], len(found), sum(item["size"] or 0 for item in found)))
        else:
            listed += [Row(item, 1, item["size"]) for item in found]
    return listed


def _alike(item: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what an item has in common with those that share its row."""
    origin = item["origin"] or {}
    return (
        folder(item),
        item["kind"],
        item["verdict"],
        tuple(item["checkers"].items()),
        item["members"],
        item["deidentification_method"],
        item["pixels"],
        origin.get("type"),
        origin.get("id"),
        origin.get("name"),
    )


def folder(item: Mapping[str, Any]) -> str:
    """Return the folder that an item is in; a container record stands in its own."""
    path: str = item["path"]
    return (
        path
        if item["kind"] in {"project", "subject", "session", "acquisition", "analysis"}
        else path.rpartition("/")[0]
    )
