"""docs/reports.md names every field of report.json and every column of the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fw_gear_deid_check.reporters import compare, csv
from fw_gear_deid_check.reporters.json import schema
from fw_gear_deid_check.reporters.words import CATEGORIES

PAGE = (Path(__file__).parents[2] / "docs" / "reports.md").read_text("utf-8")


def section(title: str) -> str:
    """The part of the page below a heading, up to the next."""
    return re.split(r"^#+ ", PAGE.partition(f"# {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def named(text: str) -> set[str]:
    return set(re.findall(r"`([A-Za-z0-9_.]+)`", text))


@pytest.mark.parametrize(
    ("title", "columns"),
    [
        ("findings.csv", csv.FINDING_COLUMNS),
        ("items.csv", csv.ITEM_COLUMNS),
        ("inventory.csv", csv.INVENTORY_COLUMNS),
        ("comparison.json", list(compare.KINDS)),
    ],
)
def test_every_column_is_in_the_data_dictionary(title: str, columns: list[str]) -> None:
    assert set(columns) <= named(section(title))


def test_every_field_of_the_record_is_in_the_data_dictionary() -> None:
    told = named(section("report.json")) | named(section("An item")) | named(section("A finding"))
    assert set(fields(schema())) - {name.rpartition(".")[2] for name in told} == set()


def test_every_category_is_named() -> None:
    assert all(re.search(rf"\b{letter}\s\w", PAGE) for letter in CATEGORIES)


def fields(document: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the properties of a JSON Schema, at any depth."""
    yield from document.get("properties", {})
    for inner in document.get("properties", {}).values():
        yield from fields(inner)
    for choice in document.get("anyOf", []):
        yield from fields(choice)
    if isinstance(document.get("items"), dict):
        yield from fields(document["items"])
