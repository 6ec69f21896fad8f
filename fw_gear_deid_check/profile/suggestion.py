"""Suggestion: the profile that would clear findings, and what is left to a person, with the exact place of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

UNPACK = "Unpack the archive, and import what is in it with the profile"
PACKED = "a profile reaches into zip archives only, not into archives in them"


@dataclass(slots=True)
class Wanted:
    """A finding that should go.

    Attributes
    ----------
    kind
        Section of a profile that may reach it: ``dicom``, ``json`` or ``zip``; None where none does.
    pointer
        As it may be told; ``hidden`` says that it is masked, for it holds an identifier itself.
    steps
        Of a place in JSON, its keys and indices; see `readers.sidecar.Path`.
    packed
        Whether it is in an archive that no profile reaches into.
    """

    rule: str
    kind: str | None
    path: str
    pointer: str
    tag: str | None
    vr: str | None
    message: str
    remedy: str = ""
    member: str | None = None
    members: int = 1
    hidden: bool = False
    steps: tuple[str | int, ...] | None = None
    packed: bool = False


class ByHand(NamedTuple):
    """Work that no profile does: what to do, why no profile does it, and at which finding."""

    what: str
    why: str
    wanted: Wanted

    @property
    def line(self) -> str:
        """One line for all places that share it."""
        wanted = self.wanted
        if self.what == UNPACK:
            return f"{UNPACK} ({self.why})"
        return f"{wanted.rule} {wanted.pointer}: {wanted.message} ({self.why})"


@dataclass(slots=True)
class Entry:
    """A field of the suggested profile: its lines, the findings that ask for it.

    Attributes
    ----------
    fallback
        Its second form, where the engine doesn't know the name.
    steps
        Keywords that lead to what it removes.
    """

    lines: tuple[str, ...]
    wanted: list[Wanted] = field(default_factory=list)
    fallback: tuple[str, ...] | None = None
    steps: tuple[str, ...] = ()

    @property
    def reasons(self) -> dict[str, int]:
        """Rules that ask for it, with the number of items each."""
        items: dict[str, set[str]] = {}
        for each in self.wanted:
            items.setdefault(f"{each.rule}: {each.message}", set()).add(each.path)
        return {reason: len(paths) for reason, paths in sorted(items.items())}


class Suggestion(NamedTuple):
    """A profile as YAML, None where no field is to be added; and what has to be done by hand."""

    text: str | None
    manual: tuple[ByHand, ...]


def lines(manual: Sequence[ByHand]) -> dict[str, int]:
    """Return what has to be done by hand, one line for what several places share, with the number of items."""
    items: dict[str, set[str]] = {}
    for each in manual:
        items.setdefault(each.line, set()).add(each.wanted.path)
    return {line: len(paths) for line, paths in sorted(items.items())}
