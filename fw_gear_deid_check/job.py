"""Job: the files that the platform leaves in a job's folder, held against their form before anything reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fw_gear_deid_check.errors import UsageError

_FILE = (("location", "path"), ("location", "name"))
INPUTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "api-key": (("key",),),
    "input-file": (("hierarchy", "type"), ("hierarchy", "id"), ("location", "name")),
    "policy": _FILE,
    "identifiers": _FILE,
    "deid-profile": _FILE,
}
"""What the job reads of an input in config.json."""


def sound(folder: Path) -> None:
    """Raise `UsageError` where ``manifest.json`` or ``config.json`` isn't what the platform writes: in one line."""
    config = {}
    for name in ("manifest.json", "config.json"):
        try:
            config = json.loads((folder / name).read_text("utf-8"))
        except OSError:
            raise UsageError(f"there is no {name} in the job's folder that can be read: start it as a gear") from None
        except (ValueError, RecursionError):
            raise UsageError(f"{name} isn't JSON: start the job anew") from None
        if not isinstance(config, dict):
            raise UsageError(f"{name} has to be an object: start the job anew")
    for part in ("config", "inputs", "destination"):
        if not isinstance(config.get(part, {} if part == "inputs" else None), dict):
            raise UsageError(f"{part} in config.json has to be an object: start the job anew")
    if not all(isinstance(config["destination"].get(part), str) for part in ("type", "id")):
        raise UsageError("destination in config.json has to have a type and an id: start the job anew")
    for name, given in (config.get("inputs") or {}).items():
        if name in INPUTS and given is not None and not holds(given, INPUTS[name]):
            told = ", ".join(".".join(path) for path in INPUTS[name])
            raise UsageError(f"input {name} in config.json has to have {told}, as text: start the job anew")


def holds(given: Any, paths: tuple[tuple[str, ...], ...]) -> bool:
    """Tell whether there is text at all of some places."""
    for path in paths:
        found = given
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        if not isinstance(found, str):
            return False
    return True
