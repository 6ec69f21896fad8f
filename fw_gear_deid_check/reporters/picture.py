"""Picture of the container: one lane for each folder, one tile for each item, so that the bad one is seen at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_LANES = 60
"""Lanes that are drawn, those with something wrong first; the others are counted."""
MOST_TILES = 24
"""Tiles in one lane, the worst first; the others are counted."""
ORDER = ("FAIL", "INCOMPLETE", "REVIEW", "PASS")


@dataclass(frozen=True, slots=True)
class Tile:
    """An item: its place in the table of items (one-based), its kind, name and verdict."""

    number: int
    kind: str
    name: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Lane:
    """The items of one folder or acquisition, and how many more there are than tiles."""

    label: str
    tiles: tuple[Tile, ...]
    more: int
    verdict: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The lanes in the order of their paths, how many are left out, and counts by kind and verdict."""

    lanes: tuple[Lane, ...]
    left_out: int
    left_out_worst: str
    kinds: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]


def picture(items: Sequence[Mapping[str, Any]]) -> Picture:
    """Return the picture of the items of a report."""
    ranks = {verdict: rank for rank, verdict in enumerate(ORDER)}
    numbers = {id(item): number for number, item in enumerate(worst_first(items), start=1)}
    folders: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        folders.setdefault(folder(item), []).append(item)
    lanes = []
    for label, inside in folders.items():
        inside.sort(key=lambda item: ranks.get(item["verdict"], 0))
        tiles = tuple(
            Tile(numbers[id(item)], item["kind"] or "unknown", item["path"].rpartition("/")[2], item["verdict"])
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


def worst_first(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the items in the order of the table: worst verdict first, then by path."""
    ranks = {verdict: rank for rank, verdict in enumerate(ORDER)}
    return sorted(items, key=lambda item: (ranks.get(item["verdict"], 0), item["path"]))


def folder(item: Mapping[str, Any]) -> str:
    """Return the folder that an item is in; a container record stands in its own."""
    path: str = item["path"]
    return (
        path
        if item["kind"] in {"project", "subject", "session", "acquisition", "analysis"}
        else path.rpartition("/")[0]
    )
