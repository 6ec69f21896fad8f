"""Looks at bytes the way the loop does, without the loop: what one checker sees in one file."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.evidence import Masker
from fw_gear_deid_check.findings import Finding, Identifier, Text, Unread
from fw_gear_deid_check.items import HEAD, Content, Item, Parents
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.readers.kinds import sniff
from fw_gear_deid_check.rules import Level


def site_judge(policy: str = "site") -> Judge:
    return Judge(Policy.load(policy), Masker(show_values=True, key=b"0" * 32))


@dataclass
class Seen:
    """What was seen; ``told`` holds (pointer, slug, level) of what isn't INFO, ``noted`` of all."""

    kind: str | None
    findings: list[Finding] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    learned: list[tuple[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def noted(self) -> set[tuple[str, str, str]]:
        return {(each.location.pointer, each.rule.slug, each.level.value) for each in self.findings}

    @property
    def told(self) -> set[tuple[str, str, str]]:
        return {each for each in self.noted if each[2] != Level.INFO.value}

    @property
    def pointers(self) -> set[str]:
        return {pointer for pointer, _, _ in self.told}

    @property
    def failed(self) -> set[str]:
        return {pointer for pointer, _, level in self.told if level == Level.FAIL.value}


def look(checker, name: str, data: bytes, *, member: str | None = None, parents: Parents | None = None) -> Seen:
    """Return what the checker sees in a file; it has to be one of its own."""
    item = Item(name, "file", lambda: io.BytesIO(data), size=len(data), parents=parents or Parents())
    content = Content(item, member, sniff(data[:HEAD], member or name), item.opener, len(data))
    assert checker.applies_to(content), f"{content.kind} is not for {checker.name}"
    seen = Seen(content.kind)
    try:
        for observation in checker.check(content):
            match observation:
                case Finding():
                    assert observation.rule in checker.rules
                    seen.findings.append(observation)
                case Text():
                    seen.texts.append(observation)
                case Identifier():
                    seen.learned.append((observation.kind, observation.value))
                case Unread():
                    seen.unread.append(observation.reason)
    except Unreadable as error:
        seen.unread.append(error.reason)
    return seen
