"""Checker: the contract of everything that looks at content and says what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar, Protocol, runtime_checkable

from fw_gear_deid_check.findings import Observation, Shared
from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.rules import Rule


class Checker(Protocol):
    """Looks at content; made once for a run, so it may remember what it judged before.

    Attributes
    ----------
    name
        Its name in reports: ``dicom``, ``zip``, ``sidecar``.
    rules
        Everything it can find.
    reads
        Whether it reads the content through. What no such checker takes is "not checked".
    """

    name: ClassVar[str]
    rules: ClassVar[tuple[Rule, ...]]
    reads: ClassVar[bool]

    def applies_to(self, content: Content) -> bool:
        """Tell whether this checker looks at such content; by its kind, without opening it."""
        ...

    def check(self, content: Content) -> Iterator[Observation | Shared]:
        """Yield what is seen; raise `errors.Unreadable` where the content can't be read to its end."""
        ...


@runtime_checkable
class Finishing(Checker, Protocol):
    """A checker that has more to say when it has seen all of an item."""

    def finish(self, item: Item) -> Iterator[Observation]:
        """Yield what only the whole item tells, after its last content was checked."""
        ...


@runtime_checkable
class Closing(Protocol):
    """A checker that has more to say when the run has seen all items: of files that belong together, of slow work."""

    def close(self, tell: Callable[[str], None]) -> Iterator[tuple[Item, Observation, str | None]]:
        """Yield observations, each with its item and the member of it.

        Parameters
        ----------
        tell
            Called with what is under way, in words without values.
        """
        ...
