"""Desktop litter: files that macOS and Windows leave beside others, in folders and in archives.

``._IM_0001.dcm`` (AppleDouble) keeps the address a file was downloaded from, ``.DS_Store`` the names of the files that
were once in a folder, ``Thumbs.db`` small pictures of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.text_rules import TEXT_RULES
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Location, Observation
from fw_gear_deid_check.items import Content
from fw_gear_deid_check.readers import letters
from fw_gear_deid_check.rules import Level, Rule

LITTER = Rule(
    id="LIT001",
    slug="desktop-litter",
    summary="A file that a desktop computer left behind",
    level=Level.INFO,
    source="45 CFR 164.514(b)(2)(i)",
    remedy="Delete the file; make archives without it (zip -X, COPYFILE_DISABLE=1)",
    why="It keeps download addresses and the names of files that were renamed or deleted since.",
    bad="__MACOSX/._IM_0001.dcm",
    good="IM_0001.dcm",
)
PICTURES = "thumbnail pictures, which are not inspected"
_KINDS = frozenset({"appledouble", "dsstore"})
_NAMES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store"})


class LitterChecker:
    """Reads desktop litter as strings."""

    name: ClassVar[str] = "litter"
    rules: ClassVar[tuple[Rule, ...]] = (LITTER, *TEXT_RULES)
    reads: ClassVar[bool] = True

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def applies_to(self, content: Content) -> bool:
        """Tell litter by its kind; where that says nothing, by its name."""
        return content.kind in _KINDS or (content.kind in {None, "ole"} and content.name.casefold() in _NAMES)

    def check(self, content: Content) -> Iterator[Observation]:
        """Yield that it is there, and the strings in it."""
        yield from self._judge.finding(LITTER, self.name, Location("name"), "desktop litter")
        if content.kind not in _KINDS:
            raise Unreadable(PICTURES if content.name.casefold().endswith("thumbs.db") else "unknown desktop litter")
        limit = self._judge.policy.limits.element_text
        with content.open() as stream:
            data = stream.read(limit + 1)
        for text in letters.strings(data):
            yield from self._judge.text(self.name, text, Location("content"), "private")
        if len(data) > limit:
            raise Unreadable(f"desktop litter of more than {limit} bytes")
