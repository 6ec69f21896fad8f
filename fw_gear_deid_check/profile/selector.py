"""Selectors: which top-level elements a field of a profile can reach, as the engine reads its name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fw_gear_deid_check.readers.dictionary import tags_of

_TAG = re.compile(r"\(?(?:0x)?([0-9A-Fa-f]{4}),? ?([0-9A-Fa-f]{4})\)?")
_PRIVATE = re.compile(r'\(([0-9A-Fa-f]{4}), ?"?([^"]+?)"?, ?([0-9A-Fa-f]{1,2})\)')
_NESTED = re.compile(r"([A-Za-z][A-Za-z0-9]*)(?:\.(?:[0-9]+|\*)\.[A-Za-z][A-Za-z0-9]*)+")


@dataclass(frozen=True, slots=True)
class Reach:
    """Top-level elements that a profile can touch, or that it reads to decide what to write.

    Attributes
    ----------
    tags
        Elements by tag, sequences with all that is in them.
    private
        Private elements by group and low byte.
    private_all, sequences, everything
        All private elements; all sequences; whatever there is.
    """

    tags: frozenset[int] = field(default_factory=frozenset)
    private: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    private_all: bool = False
    sequences: bool = False
    everything: bool = False

    def __or__(self, other: Reach) -> Reach:
        return Reach(
            self.tags | other.tags,
            self.private | other.private,
            self.private_all or other.private_all,
            self.sequences or other.sequences,
            self.everything or other.everything,
        )


EVERYTHING = Reach(everything=True)


def reach(name: str) -> Reach:
    """Return what the name of a field reaches; everything, where this can't tell.

    >>> [hex(tag) for tag in reach("PatientID").tags], reach("Patient.*").everything
    (['0x100020'], True)
    """
    private = _PRIVATE.fullmatch(name)
    if private:
        return Reach(private=frozenset({(int(private[1], 16), int(private[3], 16) & 0xFF)}))
    tag = _TAG.fullmatch(name)
    if tag:
        return Reach(tags=frozenset({int(tag[1] + tag[2], 16)}))
    nested = _NESTED.fullmatch(name)
    found = tags_of(nested[1] if nested else name)
    return Reach(tags=found) if found else EVERYTHING
