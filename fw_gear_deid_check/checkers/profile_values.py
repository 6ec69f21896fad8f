"""Values of headers that are held against a profile: whether one holds anything, and how it is told."""

from __future__ import annotations

import re

from fw_gear_deid_check.checkers.dicom_values import TEXT, numbers, texts
from fw_gear_deid_check.findings import Location
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.profile.header import Leaf
from fw_gear_deid_check.readers.dictionary import tag_text
from fw_gear_deid_check.readers.dictionary import vr as dictionary_vr

_ZERO = re.compile(r"[+-]?0+(?:\.0*)?[YMWD]?")


def is_filler(leaf: Leaf, policy: Policy) -> bool:
    """Tell whether an element holds nothing of its own: empty, zero, a dummy, the creator of a private block."""
    if not leaf.value or leaf.is_creator or not leaf.value.strip(b"\0 "):
        return True
    vr = vr_of(leaf)
    if vr not in TEXT:
        return False
    values = texts(leaf.value, vr, leaf.character_set)
    return all(policy.is_dummy(one) or is_zero(one) for one in values)


def is_zero(value: str) -> bool:
    """Tell whether a value is a zero of some kind: ``0``, ``0.0``, ``000Y``."""
    return _ZERO.fullmatch(value) is not None


def text_of(leaf: Leaf) -> str:
    """Return the value of an element as text, for evidence."""
    if not leaf.value:
        return ""
    vr = vr_of(leaf)
    if vr in TEXT or leaf.creator is not None:
        return "\\".join(texts(leaf.value, vr if vr in TEXT else "LO", leaf.character_set))
    padded = leaf.value + bytes(-len(leaf.value) % 8)
    return "\\".join(numbers(padded, vr)[:1]) or f"{len(leaf.value)} bytes"


def vr_of(leaf: Leaf) -> str:
    """Return the VR; that of the dictionary where the file has none."""
    vr = leaf.vr.decode("latin-1")
    return dictionary_vr(leaf.tag) or "UN" if vr in {"", "UN"} and not leaf.tag & 0x10000 else vr or "UN"


def location_of(leaf: Leaf) -> Location:
    """Return where an element stands."""
    return Location(leaf.pointer.rstrip("'"), tag_text(leaf.tag), vr_of(leaf))
