"""Document: a YAML file as plain values, each with the line it stands on.

Every scalar is text, so that ``0010``, ``off`` and ``19000101`` are what was written. Aliases, tags, a second document
and deep nesting are mistakes: a policy needs none of them, and they are how a small file becomes a big one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

LARGEST = 1 << 16
"""Characters of a policy file."""
DEEPEST = 6
"""Levels of nesting; a policy uses three."""

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""libyaml's where it is there, as in all wheels: a tenth of the time."""

Route = tuple[str | int, ...]
"""Keys and indices that lead to a value."""


@dataclass
class Document:
    """Plain values (dict, list, str, None), the line of each by its path, and what is wrong with the file."""

    values: Any = None
    lines: dict[Route, int] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def line(self, path: Route) -> int:
        """Return the line of a value, or of the nearest one above it; 1-based."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(text: str) -> Document:
    """Return a YAML text as a document; what is wrong with it is in ``mistakes``, one line each."""
    document = Document()
    if len(text) > LARGEST:
        document.mistakes.append(f"longer than {LARGEST} characters")
        return document
    try:
        document.mistakes.extend(_refused(text))
        if not document.mistakes:
            node = yaml.compose(text, Loader=_LOADER)
            document.values = None if node is None else _plain(node, (), document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.mistakes.append(f"line {mark.line + 1 if mark else 1}: not YAML: {error.problem or error.context}")
    except yaml.YAMLError:
        document.mistakes.append("not YAML: a character that a text file doesn't hold")
    return document


def _refused(text: str) -> Iterator[str]:
    """Yield what a policy may not use, from the events of the file: nothing is built yet."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                yield f"line {line}: nested deeper than {DEEPEST} levels"
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                yield f"line {line}: a second document; a policy is one"
                return
        if isinstance(event, yaml.AliasEvent):
            yield f"line {line}: an alias (*name); write the value out"
        elif isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) is not None:
            yield f"line {line}: a tag (!name); a policy has plain values only"


def _plain(node: yaml.Node, path: Route, document: Document) -> Any:
    document.lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), document) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                document.mistakes.append(f"line {line}: a key has to be plain text")
                continue
            key = str(key_node.value)
            if key in values:
                document.mistakes.append(f"line {line}: {key[:60]!r} stands here twice")
            values[key] = _plain(value_node, (*path, key), document)
            document.lines[(*path, key)] = line
        return values
    scalar = cast("yaml.ScalarNode", node)
    text = str(scalar.value)
    return None if text in {"", "~", "null"} and not scalar.style else text
