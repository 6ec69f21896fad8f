"""Verdict: what was made of a data element."""

from __future__ import annotations

from typing import NamedTuple

from fw_gear_deid_check.findings import Observation, Shared, each_of


class Verdict(NamedTuple):
    """What was made of an element: what was observed, and what it adds to the judgement of the whole instance.

    ``direct`` and ``dated`` tell that it holds a direct identifier, or a date other than the birth date.
    """

    observations: tuple[Observation | Shared, ...] = ()
    traits: tuple[tuple[str, str], ...] = ()
    direct: bool = False
    dated: bool = False


QUIET = Verdict()
"""That of an element of which there is nothing to say."""


def join(verdicts: list[Verdict]) -> Verdict:
    """Return the verdicts of several elements as one, what was observed as one object."""
    return Verdict(
        (Shared(each_of(observation for verdict in verdicts for observation in verdict.observations)),),
        tuple(trait for verdict in verdicts for trait in verdict.traits),
        any(verdict.direct for verdict in verdicts),
        any(verdict.dated for verdict in verdicts),
    )
