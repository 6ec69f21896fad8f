"""Archives: what they say of themselves and of their members, beside what is in these.

A zip file has a comment, and for each member a name, a time, a comment and extra fields, twice; a tar archive names the
accounts that packed it; a gzip header keeps a file's old name. Bytes that belong to no member can hide anything.
None of it is touched by a profile that changes the DICOM inside (45 CFR 164.514(b)(2)(i)).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from fw_gear_deid_check.checkers.attribute_rules import attribute_rules
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.sidecar import SidecarChecker
from fw_gear_deid_check.checkers.text_rules import TEXT_RULES
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Fact, Finding, Location, Observation, Text, Unread
from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.readers import letters, sidecar
from fw_gear_deid_check.readers.archive import UNREADABLE, Part
from fw_gear_deid_check.readers.entries import Entry, Field
from fw_gear_deid_check.readers.kinds import ARCHIVES
from fw_gear_deid_check.rules import Level, Rule

ATTRIBUTES = attribute_rules("ZIP", "an archive", "Write the archive anew without a comment")
TIME = Rule(
    id="ZIP006",
    slug="archive-time",
    summary="An archive tells when its members were written",
    level=Level.INFO,
    source="45 CFR 164.514(b)(2)(i)(C)",
    remedy="Write the archive anew with all times set to 1980-01-01",
    why="Exports write members on the day of the examination; shifting the dates in DICOM leaves it there.",
    bad="member.mtime: 2022-06-23 18:16:34 (under safe-harbor)",
    good="member.mtime: 1980-01-01 00:00:00",
    category="C",
)
UNLISTED = Rule(
    id="ZIP007",
    slug="unlisted-bytes",
    summary="An archive holds bytes that belong to no member",
    level=Level.REVIEW,
    source="APPNOTE 6.3.10 4.3.6",
    remedy="Write the archive anew from its members",
    why="What was deleted from an archive, or appended to it, is still there for anyone who looks.",
    bad="trailing: 2 KiB of text after the end record",
    good="a file that ends with the end record",
)
CONTRADICTION = Rule(
    id="ZIP008",
    slug="header-contradiction",
    summary="A member's own header and the directory of the archive say different things",
    level=Level.REVIEW,
    source="APPNOTE 6.3.10 4.3.7",
    remedy="Write the archive anew from its members",
    why="Tools differ in which of the two they believe, so that one shows a name that the other hides.",
    bad="header: DOE_JANE.dcm, directory: IM_0001.dcm",
    good="header and directory: IM_0001.dcm",
)
OWNER = Rule(
    id="ZIP009",
    slug="archive-owner",
    summary="An archive names the account that packed it",
    level=Level.INFO,
    source="PS3.15 E.1",
    remedy="Write the archive anew without owners (tar --owner=0 --group=0 --numeric-owner)",
    why="It is a member of staff, not the patient; it tells where and by whom the data were handled.",
    bad="member.uname: rroe",
    good="member.uname: root",
)
NOBODY = frozenset({"root", "wheel", "nobody", "nogroup", "users", "staff", "uid 0 gid 0", "uid 65534 gid 65534"})
"""Accounts that are nobody's own."""
OWNERS = frozenset({"member.uname", "member.gname", "member.extra[0x7875]"})
SPANS = frozenset({"prepended", "gap", "trailing", "member.padding"})
NAME = Location("member.name")
MEMO = 20_000
"""Folder names, times and owners that are remembered, so that each is judged once."""
NAMES_APART = 5_000
"""Member names of one item that are searched for known identifiers each on its own."""
GATHERED = 1 << 16
"""Characters of a piece of gathered member names, about."""


class ArchiveChecker:
    """Looks at what an archive says of itself; its members are contents of their own."""

    name: ClassVar[str] = "zip"
    rules: ClassVar[tuple[Rule, ...]] = (*ATTRIBUTES.values(), TIME, UNLISTED, CONTRADICTION, OWNER, *TEXT_RULES)
    reads: ClassVar[bool] = True

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._fields = Fields(judge)

    def applies_to(self, content: Content) -> bool:
        """Tell whether it is an archive, a compressed file, or a member that can't be got at."""
        return content.kind in ARCHIVES or content.kind == UNREADABLE

    def check(self, content: Content) -> Iterator[Observation]:
        """Yield what the archive says of itself; raise `errors.Unreadable` where it, or a member, can't be opened."""
        if not isinstance(content, Part) or (content.archive is None and content.problem is None):
            raise Unreadable("an archive that was not opened")
        if content.archive is not None:
            for told in content.archive.fields:
                yield from self._fields.judged(told, content)
            for time in content.archive.times:
                yield from self._fields.time(time)
            for reason in dict.fromkeys(content.archive.unread):
                yield Unread(self.name, reason)
        if content.problem is not None:
            raise Unreadable(content.problem)


class MemberChecker:
    """Looks at what an archive says of a member: name, times, comment, extra fields, owner."""

    name: ClassVar[str] = "zip"
    rules: ClassVar[tuple[Rule, ...]] = ArchiveChecker.rules
    reads: ClassVar[bool] = False

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._fields = Fields(judge)
        self._folders: dict[str, tuple[Finding, ...]] = {}
        self._names = 0
        self._gathered: list[str] = []
        self._size = 0

    def applies_to(self, content: Content) -> bool:
        """Tell whether it is a member of an archive, whatever its kind."""
        return isinstance(content, Part) and content.entry is not None

    def check(self, content: Content) -> Iterator[Observation]:
        """Yield what stands beside a member."""
        if isinstance(content, Part) and content.entry is not None:
            yield from self._of_entry(content.entry, content)

    def finish(self, item: Item) -> Iterator[Observation]:
        """Yield the member names that were gathered for the search."""
        yield from self._let_go()
        self._names = 0

    def _of_entry(self, entry: Entry, content: Part) -> Iterator[Observation]:
        yield from self._name(entry.name)
        for time in entry.times:
            yield from self._fields.time(time)
        for told in entry.fields:
            if told.pointer == NAME.pointer:
                yield from self._name(letters.sound(str(told.value)))
            else:
                yield from self._fields.judged(told, content)
        for what in entry.contradictions:
            message = f"the member's own header and the archive's directory differ in its {what}"
            yield from self._judge.finding(CONTRADICTION, self.name, Location(f"member.{what}"), message)

    def _name(self, name: str) -> Iterator[Observation]:
        """Judge a member's name, component by component, folders once."""
        name = letters.sound(name)
        folders, _, own = name.replace("\\", "/").rstrip("/").rpartition("/")
        for folder in folders.split("/") if folders else ():
            found = self._folders.get(folder)
            if found is None:
                found = tuple(self._component(folder))
                if len(self._folders) < MEMO:
                    self._folders[folder] = found
            yield from found
        yield from self._component(own)
        self._names += 1
        if self._names <= NAMES_APART:
            yield Text(self.name, NAME, name, free=False)
            return
        self._gathered.append(name)
        self._size += len(name) + 1
        if self._size >= GATHERED:
            yield from self._let_go()

    def _component(self, component: str) -> Iterator[Finding]:
        for observation in self._judge.text(self.name, component, NAME, "name"):
            if isinstance(observation, Finding):
                yield observation

    def _let_go(self) -> Iterator[Text]:
        if self._gathered:
            yield Text(self.name, NAME, "\n".join(self._gathered), free=False)
        self._gathered, self._size = [], 0


class Fields:
    """Judges the fields and times that stand beside members, and those of archives."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._sidecar = SidecarChecker(judge)
        self._known: dict[tuple[str, str], tuple[Observation, ...]] = {}

    def time(self, time: Field) -> tuple[Observation, ...]:
        """Return what a time says: it is told by the day, once for all members that share it."""
        day = str(time.value)[:10]
        return self._once(time.pointer, day, self._time(time.pointer, day))

    def judged(self, told: Field, content: Content) -> Iterator[Observation]:
        """Yield what a field says."""
        if told.pointer in OWNERS:
            yield from self._once(told.pointer, str(told.value), self._owner(told.pointer, str(told.value)))
            return
        if told.pointer in SPANS:
            size = len(told.value)
            yield from self._judge.finding(
                UNLISTED, ArchiveChecker.name, Location(told.pointer), f"{size} bytes that belong to no member"
            )
        strings = letters.strings(told.value) if isinstance(told.value, bytes) else [letters.sound(told.value)]
        place = "free" if told.pointer.endswith("comment") else "private"
        for text in strings:
            yield from self._text(text, told.pointer, place, content)

    def _text(self, text: str, pointer: str, place: str, content: Content) -> Iterator[Observation]:
        """Judge text, as JSON where it is that."""
        limits = self._judge.policy.limits
        if text.lstrip()[:1] in {"{", "["}:
            try:
                values = list(sidecar.values_of(text, limits))
            except Unreadable:
                values = []
            if values:
                for seen in self._sidecar.judged(values, content, ArchiveChecker.name, rules=ATTRIBUTES):
                    # One place, whatever is inside: people's scripts look for `comment`.
                    yield seen if isinstance(seen, Unread | Fact) else replace(seen, location=Location(pointer))
                return
        yield from self._judge.text(ArchiveChecker.name, text[: limits.element_text], Location(pointer), place)
        if len(text) > limits.element_text:
            yield Unread(ArchiveChecker.name, f"text of more than {limits.element_text} characters beside the members")

    def _time(self, pointer: str, day: str) -> Iterator[Observation]:
        level = self._judge.policy.text_level("C", True, "structured")
        yield from self._judge.finding(
            TIME,
            ArchiveChecker.name,
            Location(pointer),
            "the archive keeps the day on which its members were written",
            value=day,
            level=level,
            kind="date",
        )

    def _owner(self, pointer: str, owner: str) -> Iterator[Observation]:
        if owner.casefold() in NOBODY:
            return
        message = "the archive names the account that packed it"
        yield from self._judge.finding(OWNER, ArchiveChecker.name, Location(pointer), message, value=owner)
        if not owner.startswith("uid "):
            yield from self._judge.text(ArchiveChecker.name, owner, Location(pointer), "name")

    def _once(self, pointer: str, value: str, made: Iterator[Observation]) -> tuple[Observation, ...]:
        """Return the observations made of a value the first time it was seen at such a place."""
        found = self._known.get((pointer, value))
        if found is None:
            found = tuple(made)
            if len(self._known) < MEMO:
                self._known[pointer, value] = found
        return found
