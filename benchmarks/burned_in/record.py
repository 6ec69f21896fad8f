"""Record: what was measured, a line of JSON for each case, so that a run of hours can be done in pieces."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any


class Record:
    """Lines of a file; a case that stands there is not measured again."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.rows: list[dict[str, Any]] = []
        if path is not None and path.exists():
            self.rows = [json.loads(line) for line in path.read_text().splitlines()]
        self._done = {(row["set"], row["index"]) for row in self.rows}

    def has(self, name: str, index: int) -> bool:
        """Tell whether a case of a set is there."""
        return (name, index) in self._done

    def add(self, name: str, index: int, **values: Any) -> None:
        """Take in a case, and write it down."""
        row = {"set": name, "index": index, **values}
        self.rows.append(row)
        self._done.add((name, index))
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps(row) + "\n")

    def print(self, name: str, title: str) -> None:
        """Print the share of hits, as a whole and by condition, with 95 % confidence bounds."""
        rows = [row for row in self.rows if row["set"] == name and not row.get("skip")]
        if not rows:
            return
        print(f"\n{title}: {told([row['hit'] for row in rows])}")
        groups: dict[tuple[str, str], list[bool]] = defaultdict(list)
        for row in rows:
            for condition, value in row["conditions"].items():
                groups[condition, value].append(row["hit"])
        for (condition, value), hits in sorted(groups.items(), key=lambda group: (group[0][0], group[0][1].zfill(3))):
            if condition != "name":
                print(f"  {condition:10} {value:32} {told(hits)}")


def told(hits: list[bool]) -> str:
    low, high = bounds(sum(hits), len(hits))
    return f"{sum(hits):4} of {len(hits):4}  {sum(hits) / len(hits):6.1%}  ({low:.1%} to {high:.1%})"


def bounds(hits: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's bounds of a share.

    >>> [round(bound, 3) for bound in bounds(0, 103)]
    [0.0, 0.036]
    """
    share, weight = hits / count, z * z / count
    middle = (share + weight / 2) / (1 + weight)
    reach = z / (1 + weight) * math.sqrt(share * (1 - share) / count + weight / (4 * count))
    return max(0.0, middle - reach), min(1.0, middle + reach)
