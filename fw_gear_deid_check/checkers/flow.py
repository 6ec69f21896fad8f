"""Flow: keeps what one document says within bounds, however long it is.

A table of 100,000 rows would say the same 100,000 times. The first sightings are told each at its own place; what is
beyond is told at the place of the first, or, of text, gathered into long pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fw_gear_deid_check.findings import Finding, Identifier, Location, Observation, Text, Unread, unnumbered

FINDINGS = 32
"""Findings that say the same of one kind of place, the zero-based indices left aside."""
PLACES = 5_000
"""Kinds of place that are told apart."""
TEXTS = 5_000
"""Texts that are told each at its own place."""
GATHERED = 1 << 16
"""Characters of a piece of gathered text, about."""
IDENTIFIERS = 20_000
"""Identifiers that are learned from one document."""


class Flow:
    """One document's observations, made for each document anew.

    Parameters
    ----------
    checker
        Name of the checker.
    findings
        How many findings of one rule at one kind of place are told.
    """

    def __init__(self, checker: str, findings: int = FINDINGS) -> None:
        self._checker = checker
        self._findings = findings
        self._told: dict[tuple[str, str, str, str], int] = {}
        self._texts = 0
        self._learned = 0
        self._gathered: list[str] = []
        self._size = 0
        self._place: Location | None = None

    def of(self, observations: Iterable[Observation]) -> Iterator[Observation]:
        """Yield what is to be told of these observations."""
        for observation in observations:
            match observation:
                case Finding():
                    if self._is_new(observation):
                        yield observation
                case Text():
                    yield from self._text(observation)
                case Identifier():
                    self._learned += 1
                    if self._learned <= IDENTIFIERS:
                        yield observation
                    elif self._learned == IDENTIFIERS + 1:
                        yield Unread(self._checker, f"more than {IDENTIFIERS} identifiers: not all are searched for")
                case _:
                    yield observation

    def _is_new(self, finding: Finding) -> bool:
        place = unnumbered(finding.location.pointer) if len(self._told) < PLACES else ""
        kind = (finding.rule.id, finding.level, finding.message, place)
        self._told[kind] = self._told.get(kind, 0) + 1
        return self._told[kind] <= self._findings

    def _text(self, text: Text) -> Iterator[Text]:
        self._texts += 1
        if self._texts <= TEXTS:
            yield text
            return
        self._place = self._place or text.location
        self._gathered.append(text.value)
        self._size += len(text.value) + 1
        if self._size >= GATHERED:
            yield from self.close()

    def close(self) -> Iterator[Text]:
        """Yield what was gathered; at the end of the document."""
        if self._place is not None:
            yield Text(self._checker, self._place, "\n".join(self._gathered))
        self._gathered, self._size, self._place = [], 0, None
