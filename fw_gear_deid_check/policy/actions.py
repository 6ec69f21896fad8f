"""Actions: how each action of Table E.1-1 is judged.

========  ================================================================
X         must be absent
Z         absent, or empty, or a dummy
D         absent, or empty, or a dummy
U         absent, or a UID that doesn't tell (`uids.telling_uid`)
U*        a sequence whose UIDs are judged where they stand
C, K      kept; its text is for the text detectors
========  ================================================================

Of a set, ``X/Z/D``, the weakest holds: a dummy is fine.
"""

from __future__ import annotations

from collections.abc import Sequence

from fw_gear_deid_check.policy.demand import Demand
from fw_gear_deid_check.policy.uids import telling_uid
from fw_gear_deid_check.rules import Level

KEPT = frozenset({"C", "K", "U*"})
DUMMY_ALLOWED = frozenset({"Z", "D", "U"})


def breach(demand: Demand, populated: Sequence[str]) -> Level | None:
    """Return the level at which an attribute that is there breaks a demand, None where it meets it.

    Parameters
    ----------
    populated
        The values of the attribute that are neither empty nor a dummy (`Policy.is_dummy`).
    """
    if demand.actions & KEPT:
        return None
    if not populated:
        formal = demand.strict and "X" in demand.actions and not (demand.actions & DUMMY_ALLOWED)
        return Level.INFO if formal else None
    if "U" in demand.actions and not any(telling_uid(value) for value in populated):
        return None
    return demand.level
