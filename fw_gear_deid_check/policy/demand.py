"""Demand and Safe: what a policy asks of an attribute."""

from __future__ import annotations

from typing import NamedTuple

from fw_gear_deid_check.rules import Level

NATURES = ("direct-identifier", "staff-name", "indirect-identifier", "attribute")
"""What an attribute can be; each is also the slug of the rules that find it."""


class Demand(NamedTuple):
    """What the policy asks of one attribute.

    Attributes
    ----------
    nature
        One of `NATURES`; ``attribute``: PS3.15 acts on it, but it is no identifier in itself.
    level
        Level of a finding when a populated value breaks the demand.
    category
        HIPAA Safe Harbor letter, or None.
    actions
        Of ``D Z X U U*``, the action of the basic profile; empty where the attribute isn't in Table E.1-1.
    source
        ``PS3.15 Table E.1-1, action Z`` or ``45 CFR 164.514(b)(2)(i)(A)``.
    strict
        The policy holds the data to the form of the action too: an attribute that must be absent is worth a note
        (INFO) when it is there without a value.
    """

    nature: str
    level: Level
    category: str | None
    actions: frozenset[str]
    source: str
    strict: bool = False


class Safe(NamedTuple):
    """A private element that is known to hold no identifier; ``source`` says who says so."""

    source: str
