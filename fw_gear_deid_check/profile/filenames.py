"""File names as a profile makes them: an ``output`` with groups of ``input-regex`` and with attributes of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from fw_gear_deid_check.policy.patterns import costly
from fw_gear_deid_check.readers.character_sets import decode
from fw_gear_deid_check.readers.dicom import DataSet
from fw_gear_deid_check.readers.dictionary import tags_of

_PLACE = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_NAMED = re.compile(r"\(\?P<\w+>")
_LONGEST = 255
_UNSAFE = re.compile(r'[/\\:*?"<>|\x00-\x1f]')


def expected(name: str, rules: Sequence[Mapping[str, str]], attributes: Mapping[str, str]) -> str | None:
    """Return the name that a profile gives a file of this name; None where it can't be told.

    Parameters
    ----------
    rules
        ``input-regex`` and ``output`` each; the first that matches is taken.
    attributes
        Values by DICOM keyword.

    >>> rule = {"input-regex": "^(?P<stem>.*)[.]dcm$", "output": "{stem}-{Modality}.dcm"}
    >>> expected("a.dcm", [rule], {"Modality": "MR"})
    'a-MR.dcm'
    """
    if len(name) > _LONGEST:
        return None
    for rule in rules:
        try:
            match = re.match(rule.get("input-regex", ""), name)
        except (re.error, RecursionError):
            return None
        if match is None:
            continue
        values = {**attributes, **{key: value or "" for key, value in match.groupdict().items()}}
        output = rule.get("output", "")
        if any(place not in values for place in _PLACE.findall(output)):
            return None
        made = "".join(part if index % 2 == 0 else values[part] for index, part in enumerate(_PLACE.split(output)))
        return _UNSAFE.sub("_", made) if made.strip(". ") else None
    return None


def are_quick(rules: Sequence[Mapping[str, str]]) -> bool:
    """Tell whether no name can make the patterns of rules take long."""
    return all(_is_quick(rule.get("input-regex", "")) for rule in rules)


@cache
def _is_quick(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return costly(_NAMED.sub("(", pattern), repetitions=2) is None


def attributes(rules: Sequence[Mapping[str, str]], data: DataSet | None) -> dict[str, str]:
    """Return the attributes of an instance that its name is made of, by keyword."""
    found: dict[str, str] = {}
    for keyword in {place for rule in rules for place in _PLACE.findall(rule.get("output", ""))}:
        tags = tags_of(keyword)
        for row in data.rows if data is not None else ():
            if row[0] in tags and row[4] >= 0:
                found[keyword] = decode(row[3][row[4] :], data.character_set if data else b"").strip(" \0")
    return found
