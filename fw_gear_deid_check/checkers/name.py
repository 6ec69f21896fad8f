"""Names: the file's own name and those of the folders it lies in.

A name survives every profile: exports are named after the patient, folders after the day of the visit. Names of archive
members are the archive checker's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.text_rules import TEXT_RULES
from fw_gear_deid_check.findings import Finding, Location, Observation, Text
from fw_gear_deid_check.items import NO_PARENTS, RECORD, Content
from fw_gear_deid_check.readers.letters import sound
from fw_gear_deid_check.rules import Rule

NAME = Location("name")
FOLDERS = 10_000
"""Folders that are remembered, so that each is judged once."""


class NameChecker:
    """Looks at the names in an item's path."""

    name: ClassVar[str] = "name"
    rules: ClassVar[tuple[Rule, ...]] = TEXT_RULES
    reads: ClassVar[bool] = False

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._folders: dict[str, tuple[Finding, ...]] = {}

    def applies_to(self, content: Content) -> bool:
        """Tell whether it is a file itself; a container's label is metadata."""
        return content.member is None and content.item.opener is not None and content.kind != RECORD

    def check(self, content: Content) -> Iterator[Observation]:
        """Yield what the file's name holds and, where it comes from a folder, the names above it.

        On Flywheel these are labels of containers, which are items themselves.
        """
        item = content.item
        folders, _, own = item.path.rpartition("/")
        in_folder = item.parents == NO_PARENTS
        if in_folder:
            for folder in folders.split("/"):
                yield from self._of_folder(folder)
        yield from self._findings(own)
        yield Text(self.name, NAME, item.path if in_folder else own, free=False)

    def _of_folder(self, folder: str) -> tuple[Finding, ...]:
        found = self._folders.get(folder)
        if found is None:
            found = tuple(self._findings(folder))
            if len(self._folders) < FOLDERS:
                self._folders[folder] = found
        return found

    def _findings(self, name: str) -> Iterator[Finding]:
        for observation in self._judge.text(self.name, sound(name), NAME, "name"):
            if isinstance(observation, Finding):
                yield observation
