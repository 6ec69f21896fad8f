"""Every mistake of a profile, one line each: what the engine says of each part of it alone, and what it lets pass.

The engine stops at the first mistake of a document; so each setting and each field is shown to it on its own.
"""

from __future__ import annotations

import difflib
import re
import struct
from collections.abc import Collection, Iterator

from fw_gear_deid_check.profile import document
from fw_gear_deid_check.profile.engine import Engine

OWN_KEYS = ("version", "name", "description", "dicom", "json", "zip")
FOREIGN_KEYS = ("only-config-profiles", "deid-log", "secret-key", "map-subjects")
"""Settings of other tools that share the format."""
JUDGED = ("dicom", "json")
"""Sections that the engine reads."""
_WHERE = re.compile(
    r"^YAML parse error: [0-9]+:[0-9]+: |^(?:dicom|json)\.[\w.\[\]-]+: | at line [0-9]+ column [0-9]+.*$", re.DOTALL
)
ZIP_SETTINGS = ("allow-unmatched-files", "hash-subdirectories", "validate-zip-members")
"""Settings that only archives have; the others, and the keys of fields, are those of all sections."""
_TRIED = "no 'dicom' section"
"""What the engine says when a part of another section is tried on a DICOM header."""
LONGEST = 300


def find(root: document.Mapping, known: Collection[str], engine: Engine) -> list[str]:
    """Return the mistakes of a profile, in its order."""
    found = list(_keys(root, known))
    parts = [(key, value) for key, value in document.parts(root) if not document.is_null(value)]
    if not any(key in known and key not in {"version", "name", "description", *FOREIGN_KEYS} for key, _ in parts):
        found.append("there is no section: a profile needs dicom, json or zip")
    whole: list[tuple[str, str]] = []
    for key, value in parts:
        if key in {"version", "name", "description"}:
            whole.append((key, document.serialize(document.Mapping("tag:yaml.org,2002:map", [_pair(key, value)]))))
        if key in {*JUDGED, "zip"}:
            whole += _parts_of(key, value)
            found += _unsaid(key, value)
    if whole:
        for (place, _), told in zip(whole, engine.validate([text for _, text in whole], EMPTY), strict=True):
            found += [f"{place}: {_told(one)}" for one in told if place.startswith("dicom") or _TRIED not in one]
    return list(dict.fromkeys(map(_printable, found)))


def _printable(text: str) -> str:
    """Return text that controls no terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _pair(key: str, value: document.Node) -> tuple[document.Node, document.Node]:
    return document.compose(f"{key}: 0").value[0][0], value


def _told(text: str) -> str:
    """Return what the engine says, without where: it was shown a part of the profile only."""
    previous = ""
    while previous != text:
        previous, text = text, _WHERE.sub("", text)
    return " ".join(text.split())[:LONGEST]


def _keys(root: document.Mapping, known: Collection[str]) -> Iterator[str]:
    seen: set[str] = set()
    for key, _ in document.parts(root):
        if key in seen:
            yield f"{key}: stands twice"
        seen.add(key)
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            yield f"{key[:40]}: no such section" + (f"; did you mean {near[0]}?" if near else "")


def _parts_of(section: str, node: document.Node) -> Iterator[tuple[str, str]]:
    """Yield where it stands and the YAML of each setting and each field of a section.

    The engine doesn't look into ``zip``: its parts are shown as those of a section whose keys are known.
    """
    shown = "json" if section == "zip" else section
    for key, value in document.parts(node):
        if section == "zip" and key in ZIP_SETTINGS:
            continue
        if key != "fields":
            yield f"{section}.{key[:40]}", document.section(shown, [(key, value)])
            continue
        for index, each in enumerate(document.elements(value)):
            yield f"{section}.fields[{index}]", document.section(shown, [], [each])


def _unsaid(section: str, node: document.Node) -> Iterator[str]:
    """Yield mistakes that the engine lets pass."""
    if not isinstance(node, document.Mapping):
        yield f"{section}: a section is a mapping"
        return
    settings = {key: document.plain(value) for key, value in document.parts(node) if key != "fields"}
    named = str(settings.get("remove-undefined")).lower() == "true"  # a name says that it is kept
    recursive = str(settings.get("recurse-sequence")).lower() == "true"
    for key, value in document.parts(node):
        if key != "fields":
            continue
        if not document.is_null(value) and not document.elements(value) and document.plain(value) != []:
            yield f"{section}.fields: a list of fields is needed"
        for index, each in enumerate(document.elements(value)):
            row = document.plain(each)
            if not isinstance(row, dict):
                yield f"{section}.fields[{index}]: a field is a mapping"
                continue
            if ("name" in row) == ("regex" in row):
                yield f"{section}.fields[{index}]: a field needs a name or a regex, one of them"
            elif len(row) == 1 and not named:
                yield f"{section}.fields[{index}]: a field needs an action: remove, replace-with, hash or another"
            elif recursive and "regex" in row:
                yield f"{section}.fields[{index}]: recurse-sequence can't go with a regular expression"


def _element(group: int, element: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", group, element, vr, len(value)) + value


_SYNTAX = _element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0")
EMPTY = bytes(128) + b"DICM" + _element(2, 0, b"UL", struct.pack("<L", len(_SYNTAX))) + _SYNTAX
"""A DICOM header without data."""
