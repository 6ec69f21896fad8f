"""A suggested profile written out: what is given stays as it was written, what is added says which rule asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import yaml

from fw_gear_deid_check.profile import document
from fw_gear_deid_check.profile.profile import Profile
from fw_gear_deid_check.profile.suggestion import ByHand, Entry, lines

NAME = "suggested"
MOST = 200
"""Lines about work by hand; all of it is in the report."""
COMMENT = ("- name: comment", "  replace-with: ''")
"""Field of the section ``zip`` that empties the comment of an archive."""


def alone(section: str, lines: Sequence[str]) -> str:
    """Return a profile with one field only."""
    return "\n".join([f"{section}:", "  fields:", *(f"  {line}" for line in lines)]) + "\n"


def profile(
    given: Profile | None,
    fields: Mapping[str, Mapping[str, Entry]],
    manual: Sequence[ByHand],
    separator: str | None = None,
    *,
    comments: bool = False,
) -> str:
    """Return the profile as YAML.

    Parameters
    ----------
    fields
        Those to be added, by section.
    separator
        Of JSON paths, where it is to be set.
    comments
        Show the section that empties the comments of archives, as a comment itself: the engine warns of it.
    """
    return "\n".join(_lines(given, fields, manual, separator, comments=comments)) + "\n"


def _lines(
    given: Profile | None,
    fields: Mapping[str, Mapping[str, Entry]],
    manual: Sequence[ByHand],
    separator: str | None,
    *,
    comments: bool,
) -> Iterator[str]:
    yield "# Suggested by deid-check: applying it would clear what its comments name."
    yield "# Read it before you use it: what it removes is gone."
    root = document.compose(given.text) if given else None
    parts = dict(document.parts(root)) if root is not None else {}
    if given is not None:
        yield f"# Made from the profile {plain(given.name)}; give it, and DeidentificationMethod, a new version."
    told = [f"{line} [{_items(count)}]" for line, count in lines(manual).items()]
    yield from (f"# By hand: {plain(line)}" for line in told[:MOST])
    if len(told) > MOST:
        yield f"# By hand: {len(told) - MOST} more, see manual_work in report.json"
    if "name" not in parts:
        yield f"name: {NAME}"
    for key, written in parts.items():
        if key not in fields:
            yield from _block(key, written, 0)
    for section, entries in fields.items():
        node = parts.get(section)
        if entries or (node is not None and not document.is_null(node)):
            yield from _section(section, node, entries, separator if section == "json" else None)
    if comments:
        yield "# Flywheel's connector empties the comments of archives with this section; fw-file-rs warns of it:"
        yield from ("# zip:", "#   fields:", *(f"#   {line}" for line in COMMENT))


def _section(
    name: str, node: document.Node | None, entries: Mapping[str, Entry], separator: str | None
) -> Iterator[str]:
    yield f"{name}:"
    if separator is not None:
        yield f"  separator: '{separator}'"
    for key, value in document.parts(node) if node is not None else ():
        if key != "fields":
            yield from _block(key, value, 2)
    old = dict(document.parts(node)).get("fields") if node is not None else None
    yield "  fields:" if entries or document.elements(old) else "  fields: []"
    for each in document.elements(old):
        rows = document.serialize(each).rstrip("\n").split("\n")
        block = rows if isinstance(each, document.Mapping) and not each.flow_style else [" ".join(rows)]
        yield f"  - {block[0]}"
        yield from (f"    {row}" for row in block[1:])
    for entry in sorted(entries.values(), key=lambda entry: entry.lines[0]):
        for reason, count in entry.reasons.items():
            yield f"  # {plain(reason)} [{_items(count)}]"
        if not entry.wanted:
            yield "  # says that it was applied"
        yield from (f"  {line}" for line in entry.lines)


def _block(key: str, node: document.Node, indent: int) -> Iterable[str]:
    """Yield a setting as it was written, moved in."""
    pair = document.Mapping("tag:yaml.org,2002:map", [(yaml.nodes.ScalarNode("tag:yaml.org,2002:str", key), node)])
    for line in document.serialize(pair).rstrip("\n").split("\n"):
        yield " " * indent + line


def plain(text: str) -> str:
    """Return text that ends no comment."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _items(count: int) -> str:
    return f"{count} items" if count != 1 else "1 item"
