"""Selectors of the section ``json``: keys and indices joined by a separator, which no key may hold.

The engine can't quote a key. It can be told another separator; where a profile has one already, with fields that are
written with it, that one stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.profile.engine import Engine
from fw_gear_deid_check.profile.profile import Section
from fw_gear_deid_check.readers.sidecar import EMBEDDED, Path

SEPARATORS = (".", "/", "|", "::")
"""Those that are tried, the engine's own first."""


def reachable(steps: Path) -> Path:
    """Return the path of what a profile can remove for a place: a list as a whole, a string with the JSON in it.

    >>> reachable(("a", "b", 0)), reachable(("log", EMBEDDED, "user"))
    (('a', 'b'), ('log',))
    """
    if EMBEDDED in steps:
        steps = steps[: steps.index(EMBEDDED)]
    while steps and isinstance(steps[-1], int):
        steps = steps[:-1]
    return steps


def separator(paths: Iterable[Path], given: Section | None) -> tuple[str, bool]:
    """Return the separator for these paths, and whether the profile has to be told."""
    if given is not None and (given.fields or given.settings.get("separator")):
        return str(given.settings.get("separator") or "."), False
    keys = {step for path in paths for step in path if isinstance(step, str)}
    found = next((one for one in SEPARATORS if not any(one in key for key in keys)), SEPARATORS[0])
    return found, found != SEPARATORS[0]


def lines(path: Path, separator: str) -> tuple[str, ...] | None:
    """Return the lines of a field that removes what stands at a path; None where no selector can name it."""
    keys = [step for step in path if isinstance(step, str)]
    if not all(key and key.isprintable() and separator not in key for key in keys):
        return None
    if len(keys) == len(path):
        return (f"- name: {quoted(separator.join(keys))}", "  remove: true")
    parts = [r"\d+" if isinstance(step, int) else re.escape(step).replace(r"\ ", " ") for step in path]
    return (f"- regex: {quoted('^' + re.escape(separator).join(parts) + '$')}", "  remove: true")


def alone(lines: Sequence[str], separator: str) -> str:
    """Return a profile with one field only."""
    return "\n".join([f"json:\n  separator: {quoted(separator)}\n  fields:", *(f"  {line}" for line in lines)]) + "\n"


def removes(engine: Engine, number: int, path: Path) -> bool:
    """Tell whether a profile removes what stands at a path, tried with the engine on a document made for it."""
    document: Any = "x"
    for step in reversed(path):
        document = [document] if isinstance(step, int) else {step: document}
    try:
        applied = engine.apply(number, "a.json", json.dumps(document).encode())
        return bool(json.loads(applied.data) != document)
    except (Unreadable, RecursionError, ValueError):
        return False


def quoted(text: str) -> str:
    """Return text as a scalar of YAML."""
    return "'" + text.replace("'", "''") + "'"
