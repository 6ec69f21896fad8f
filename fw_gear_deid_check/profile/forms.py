"""Forms of what a profile writes where it can't be told by applying it once more: hashes, shifted dates, jitter.

A hash has its length and its alphabet; a hashed UID keeps the first and the last components and has six groups of six
digits between them. Whether a date was shifted, or a number moved a little, nothing but the original tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HASH = re.compile(r"[0-9a-f]{16}")
"""What ``hash`` writes."""
PREFIX, SUFFIX, GROUPS = 4, 1, 6
"""Components of a UID that ``hashuid`` keeps at the beginning and at the end, and the groups it puts between them."""
BY_FORM = frozenset({"hash", "hash-uid", "hashuid"})
UNTOLD = frozenset({"increment-date", "increment-datetime", "jitter"})


def is_hash(value: str) -> bool:
    """Tell whether a value may be a hash.

    >>> is_hash("6080b0f8f86d6b34"), is_hash("MRN123")
    (True, False)
    """
    return HASH.fullmatch(value) is not None


def is_hashed_uid(value: str, settings: Mapping[str, Any]) -> bool:
    """Tell whether a UID may be a hashed one, by the settings of its section.

    >>> is_hashed_uid("1.2.3.4.184185.242108.138122.910713.747142.205198.5", {}), is_hashed_uid("1.2.3.4.5", {})
    (True, False)
    """
    root = str(settings.get("uid-numeric-name") or "").strip(".")
    before = root.count(".") + 1 if root else _number(settings.get("uid-prefix-fields"), PREFIX)
    after = _number(settings.get("uid-suffix-fields"), SUFFIX)
    parts = value.split(".")
    groups = parts[before : len(parts) - after]
    if root and not value.startswith(f"{root}."):
        return False
    return len(groups) == GROUPS and all(len(group) == 6 and group.isdigit() for group in groups)


def _number(value: Any, default: int) -> int:
    text = str(value if value is not None else "")
    return int(text) if text.isdigit() else default


def fits(action: str, value: str, settings: Mapping[str, Any]) -> bool | None:
    """Tell whether a value has the form that an action gives it; None where only the original could tell."""
    if action == "hash":
        return is_hash(value)
    if action in BY_FORM:
        return is_hashed_uid(value, settings)
    return None
