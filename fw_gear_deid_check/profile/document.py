"""The YAML of a profile as nodes, so that parts of it can be handed on exactly as they were written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

Node = yaml.nodes.Node
Mapping = yaml.nodes.MappingNode
_QUICK = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""For what the engine reads, field by field: a profile has hundreds of them."""
DEEPEST = 12
"""Levels of nesting; a profile uses five."""


def compose(text: str) -> Mapping:
    """Return the document; raise ``ValueError`` with one line where it is no YAML, or no mapping.

    Aliases and deep nesting are mistakes, as they are in a policy: they are how a small file becomes an endless one.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(f"{place}{error.problem or 'no YAML'}") from None
    except (yaml.YAMLError, RecursionError):
        raise ValueError("no YAML") from None
    if not isinstance(node, Mapping):
        raise ValueError("a profile is a mapping with a section dicom, json or zip")
    return node


class _Loader(yaml.SafeLoader):
    """Composes what is bounded by the length of the text."""

    _depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        problem = None
        if self.check_event(yaml.AliasEvent):
            problem = "an alias (*name); write the value out"
        elif self._depth > DEEPEST:
            problem = f"nested deeper than {DEEPEST} levels"
        if problem:
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=self.get_mark())
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def plain(node: Node) -> Any:
    """Return a node as lists and dictionaries of text: a scalar is what is written."""
    if isinstance(node, yaml.nodes.ScalarNode):
        return node.value
    if isinstance(node, yaml.nodes.SequenceNode):
        return [plain(each) for each in node.value]
    return {str(plain(key)): plain(value) for key, value in node.value}


def is_null(node: Node) -> bool:
    """Tell whether nothing is written, or ``null``."""
    return isinstance(node, yaml.nodes.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def parts(node: Node) -> Iterator[tuple[str, Node]]:
    """Yield the keys and values of a mapping; nothing of anything else."""
    if isinstance(node, Mapping):
        for key, value in node.value:
            yield str(plain(key)), value


def elements(node: Node | None) -> list[Node]:
    """Return the elements of a list; nothing of anything else."""
    return list(node.value) if isinstance(node, yaml.nodes.SequenceNode) else []


def section(name: str, settings: Sequence[tuple[str, Node]], fields: Sequence[Node] = ()) -> str:
    """Return the YAML of a profile that has one section only."""
    rows = [(_scalar(key), value) for key, value in settings]
    if fields:
        rows.append((_scalar("fields"), yaml.nodes.SequenceNode("tag:yaml.org,2002:seq", list(fields))))
    inner = Mapping("tag:yaml.org,2002:map", rows)
    return serialize(Mapping("tag:yaml.org,2002:map", [(_scalar(name), inner)]), _QUICK)


def serialize(node: Node, dumper: Any = yaml.SafeDumper) -> str:
    """Return the YAML of a node."""
    text: str = yaml.serialize(node, Dumper=dumper, allow_unicode=True)
    return text


def _scalar(text: str) -> Node:
    return yaml.nodes.ScalarNode("tag:yaml.org,2002:str", text)
