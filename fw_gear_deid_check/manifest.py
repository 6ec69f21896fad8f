"""Manifest: what Flywheel is told of the gear, and of the same image as a second gear that a gear rule can run.

There is one ``manifest.json``, at the root of the repository, where Flywheel's tools and the image want it; building
the package puts a copy inside (``setup.py``).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from fw_gear_deid_check.errors import UsageError

RULE = "-rule"
"""What the name of the rule variant ends with."""
TRIGGER = "input-file"


def read() -> dict[str, Any]:
    """Return the manifest: that of the built package, or that of the clone or image it runs from."""
    inside = resources.files(__package__) / "manifest.json"
    beside = Path(__file__).parent.parent / "manifest.json"
    for place in (inside, beside):
        if place.is_file():
            document: dict[str, Any] = json.loads(place.read_text("utf-8"))
            return document
    raise UsageError("manifest.json is missing from this installation; install the package anew")


def for_rule(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of the rule variant: a utility gear whose file input a gear rule fills.

    Everything but its name, label, category and that input is as in the one manifest, the image included.
    """
    made = copy.deepcopy(manifest)
    made["name"] = manifest["name"] + RULE
    made["label"] = f"{manifest['label']} (for gear rules)"
    made["inputs"][TRIGGER].pop("optional", None)
    made["custom"]["gear-builder"]["category"] = "utility"
    return made


def takes(field: Mapping[str, Any], value: Any) -> bool:
    """Tell whether a value is one that a config field takes."""
    import jsonschema  # takes its time, and only a job and a batch need it

    if isinstance(value, str) and value != value.strip():
        return False  # the pattern's $ lets a line feed through
    return bool(jsonschema.Draft4Validator(field).is_valid(value))


def form(field: Mapping[str, Any]) -> str:
    """Return in words what a config field takes.

    >>> form({"type": "boolean"}), form({"type": "string", "enum": ["auto", "off"]})
    ('true or false', 'auto or off')
    """
    if field.get("enum"):
        return " or ".join(field["enum"])
    if field["type"] == "boolean":
        return "true or false"
    return f"text of the form {field['pattern']}" if "pattern" in field else str(field["type"])
