"""The mark that a profile leaves: its name and version in DeidentificationMethod, and what stands there instead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.profile_rules import METHOD, NAME
from fw_gear_deid_check.checkers.profile_values import location_of, text_of
from fw_gear_deid_check.findings import Location, Observation
from fw_gear_deid_check.profile.header import Leaf

TAG = 0x00120063
_VERSION = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}")
_SHOWN = 100
"""Characters of a method that are shown: it is the profile's."""


def another(judge: Judge, method: str, leaf: Leaf) -> Iterator[Observation]:
    """Yield that an element says another method than the profile writes."""
    text = text_of(leaf)
    versions = another_version(text, method)
    if versions is not None:
        message = f"another version of the profile was applied: was {versions[0]}, expected {versions[1]}"
    elif text:
        message = f"another method than {method[:_SHOWN]} is recorded"
    else:
        message = f"no method is recorded; the profile writes {method[:_SHOWN]}"
    yield from judge.finding(METHOD, NAME, location_of(leaf), message, value=text or None)


def absent(judge: Judge, method: str) -> Iterator[Observation]:
    """Yield that no element says by which method the data were treated."""
    location = Location("DeidentificationMethod", "(0012,0063)", "LO")
    message = f"no method is recorded; the profile writes {method[:_SHOWN]}"
    yield from judge.finding(METHOD, NAME, location, message)


def another_version(found: str, wanted: str) -> tuple[str, str] | None:
    """Return both versions where a method differs from the wanted one in its version only.

    >>> another_version("site_profile_v3.0", "site_profile_v4.0")
    ('v3.0', 'v4.0')
    >>> another_version("by hand", "site_profile_v4.0") is None
    True
    """
    old, new = _VERSION.findall(found), _VERSION.findall(wanted)
    if len(old) != len(new) or _VERSION.split(found) != _VERSION.split(wanted):
        return None
    different = [(one, other) for one, other in zip(old, new, strict=True) if one != other]
    return (f"v{different[0][0]}", f"v{different[0][1]}") if len(different) == 1 else None
