"""Search for identifiers that are known: learned anywhere in the run, or given by the user.

The second pass of a run. It opens no file: it goes over the text that the first pass kept, once what was learned from
all items is known, and it masks the paths and names in which it, or a recognizer, finds an identifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.text_rules import KNOWN_IDENTIFIER, STAFF_IN_TEXT
from fw_gear_deid_check.detectors import recognizers
from fw_gear_deid_check.detectors.identifiers_file import Listed
from fw_gear_deid_check.detectors.known import Known, KnownMatch
from fw_gear_deid_check.evidence import shape
from fw_gear_deid_check.findings import Finding, Identifier, Shared, Text, Unread, texts_of
from fw_gear_deid_check.readers.escapes import readings
from fw_gear_deid_check.records import Record
from fw_gear_deid_check.rules import Level
from fw_gear_deid_check.sightings import Sighting

_FOLDERS = re.compile(r"(!?[/\\])")
"""What separates the names of a path, and an archive from its members."""
_ON_UNIX = re.compile(r"(!?/)")
"""The same where a backslash is a letter like others."""
_KEYS = re.compile(r"([.\[\]\"])")
"""What separates the keys of a pointer, and a private creator from its group and element."""


class Search:
    """Collects what is known, and finds it in what was kept."""

    def __init__(self, judge: Judge, listed: Sequence[Listed] = ()) -> None:
        self._judge = judge
        self._known = Known(listed)
        self._listed = len(listed)
        self._kept = 0
        self._held: set[Text | Shared] = set()
        self._budget = judge.policy.limits.kept_text
        self._subjects: dict[str | None, None] = {None: None}  # in order: two runs give one report
        self._learned: dict[tuple[Shared, str | None], bool] = {}
        self._found: dict[tuple[str | None, Text | Shared], list[Finding]] = {}

    def unsearchable(self) -> Unread | None:
        """Return what is to be said of entries of the user's list that are too short to be searched for."""
        count = self._known.unsearchable
        reason = f"{count} of {self._listed} listed identifiers are too short to be searched for"
        return Unread("identifiers", reason) if count else None

    def learn(self, identifier: Identifier, subject: str | None) -> bool:
        """Learn an identifier of a subject; dummies and study codes are left alone. Tell whether there was room."""
        dropped = self._known.dropped
        self._known.learn(
            identifier.kind,
            identifier.value,
            identifier.category,
            subject,
            staff=identifier.staff,
            is_dummy=self._judge.policy.is_dummy,
        )
        return self._known.dropped == dropped

    def learn_all(self, shared: Shared, subject: str | None) -> bool:
        """Learn what is shared, once for a subject; tell whether there was room."""
        if not shared.identifiers:
            return True
        room = self._learned.get((shared, subject))
        if room is None:
            learned = [self.learn(each, subject) for each in shared.identifiers]
            room = self._learned[shared, subject] = all(learned)
        return room

    def keep(self, record: Record) -> None:
        """Count the text that a record keeps, once what records share.

        Beyond the budget it is let go, and said to be not searched.
        """
        self._subjects[record.item.subject] = None
        for sighting in record.texts:
            if sighting.of not in self._held and self._kept <= self._budget:
                self._held.add(sighting.of)
                self._kept += sum(len(text.value) for text in texts_of(sighting.of))
        if self._kept > self._budget:
            self._held.clear()
            record.texts.clear()
            for name in record.ran:
                record.unread(Unread(name, "more text than is kept for the search for known identifiers"), None)

    def over(self, record: Record) -> None:
        """Search the text that a record kept, and add what is found to its findings."""
        subject = record.item.subject
        for sighting in record.texts:
            found = self._found.get((subject, sighting.of))
            for finding in self._known_in(sighting.of, subject) if found is None else found:
                record.findings.append(Sighting(finding, sighting.member, sighting.members, sighting.last))
        record.settle()

    def _known_in(self, kept: Text | Shared, subject: str | None) -> list[Finding]:
        """Return what is known in a text, or in those that are shared; each is searched once for a subject."""
        found = self._found.get((subject, kept))
        if found is None:
            if isinstance(kept, Shared):
                found = [each for text in kept.texts for each in self._known_in(text, subject)]
            else:
                found = list(self._in(kept, subject))
            self._found[subject, kept] = found
        return found

    def _in(self, text: Text, subject: str | None) -> Iterator[Finding]:
        """Yield what is known in a text; what belongs to no subject is searched for those of all of them."""
        seen: set[str] = set()
        if text.masked:
            return
        for one in [subject] if subject is not None else self._subjects:
            for reading in readings(text.value):
                yield from self._told(text, reading, self._known.searcher(one).find(reading), seen)
            if text.location.box is not None:  # an engine read it in a picture, and may have read it wrong
                misread = self._known.misread(one).find(text.value)
                yield from self._told(text, text.value, misread, seen, "what may be read as ")

    def _told(
        self, text: Text, reading: str, matches: Sequence[KnownMatch], seen: set[str], words: str = ""
    ) -> Iterator[Finding]:
        """Yield a finding for each match that wasn't seen yet."""
        for match in matches:
            if match.identity in seen:
                continue
            seen.add(match.identity)
            yield from self._judge.finding(
                STAFF_IN_TEXT if match.staff else KNOWN_IDENTIFIER,
                text.checker,
                text.location,
                f"the text {'holds' if match.strong else 'may hold'} {words}a known {match.kind}",
                value=reading[match.start : match.end],
                level=None if match.strong else Level.REVIEW,
                category=match.category,
                identity=match.identity,
            )

    def mask(self, path: str) -> str:
        """Return a path, member name or label with each part masked that holds an identifier."""
        if self._judge.masker.show_values:
            return path
        if "\\" not in path:
            return self._masked(path, _FOLDERS)
        names = _ON_UNIX.split(path)  # a backslash may separate folders, and be part of a name or an escape
        return "".join(
            name if index % 2 else self._mask_part(self._masked(name, _FOLDERS)) for index, name in enumerate(names)
        )

    def mask_pointer(self, pointer: str) -> str:
        """Return a pointer with each key masked that holds an identifier, or all of it where it spans keys."""
        if self._judge.masker.show_values:
            return pointer
        masked = self._masked(pointer, _KEYS)
        return self._mask_part(masked)

    @cache  # noqa: B019 - lives as long as the run
    def _masked(self, path: str, separator: re.Pattern[str]) -> str:
        """Return the parts masked that hold an identifier; every second one is a separator."""
        parts = separator.split(path)
        return "".join(part if index % 2 else self._mask_part(part) for index, part in enumerate(parts))

    def _mask_part(self, part: str) -> str:
        """Return a name, masked where it holds an identifier, with a fingerprint that tells it from others."""
        return f"{shape(part)}~{self._judge.masker.fingerprint(part)[:6]}" if self._holds(part) else part

    @cache  # noqa: B019 - lives as long as the run
    def _holds(self, part: str) -> bool:
        """Tell whether a name holds an identifier, by its form or because it is known of any subject."""
        policy = self._judge.policy
        if not part or policy.is_dummy(part):
            return False
        for reading in readings(part):
            if any(self._known.searcher(subject).find(reading) for subject in self._subjects):
                return True
            if any(
                policy.text_level(match.category, match.strong, "name", match.recognizer) is not Level.INFO
                for match in recognizers.find(reading)
            ):
                return True
        return False
