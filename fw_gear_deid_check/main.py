"""The loop: every item of a source past every checker, then once more for what was learned on the way."""

from __future__ import annotations

import itertools
import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fw_gear_deid_check.audit import Audit, Container
from fw_gear_deid_check.checkers import make_checkers
from fw_gear_deid_check.checkers.checker import Checker, Closing, Finishing
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.search import Search
from fw_gear_deid_check.detectors.identifiers_file import Listed
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.evidence import Masker
from fw_gear_deid_check.findings import Fact, Finding, Identifier, Observation, Shared, Text, Unread
from fw_gear_deid_check.items import RECORD, Content, Item, Source
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.policy.uids import is_uid
from fw_gear_deid_check.profile.profile import Profile
from fw_gear_deid_check.readers.archive import WITHOUT_CONTENT, contents
from fw_gear_deid_check.readers.kinds import ARCHIVES
from fw_gear_deid_check.records import Record

TOO_MANY_KNOWN = "more identifiers than are kept: not all of them are searched for"

log = logging.getLogger(__name__)

Progress = Callable[[int, str], None]
"""Called with the number of items done and what is under way, in words without values."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked to do.

    ``learned`` are identifiers that are known before, each with its subject; ``identifiers`` those of the user's list.
    """

    policy: Policy
    profile: Profile | None = None
    identifiers: Sequence[Listed] = ()
    learned: Sequence[tuple[Identifier, str | None]] = ()
    pixels: str = "auto"
    show_values: bool = False
    jobs: int = 1
    progress: Progress = field(default=lambda done, doing: None)


def run(source: Source, options: Options, container: Container | None = None) -> Audit:
    """Check everything that the source yields, and return what was found.

    Parameters
    ----------
    source
        Yields the items.
    options
        What to check them against, and how.
    container
        The Flywheel container they come from, for the report.
    """
    started = _now()
    originals = frozenset(entry.value for entry in options.identifiers if is_uid(entry.value))
    judge = Judge(options.policy, Masker(show_values=options.show_values), originals)
    checkers = make_checkers(judge, options.pixels, options.jobs, options.profile)
    search = Search(judge, options.identifiers)
    for identifier, subject in options.learned:
        search.learn(identifier, subject)
    finishing = [checker for checker in checkers if isinstance(checker, Finishing)]
    records: list[Record] = []
    for item in source.items():
        options.progress(len(records), f"{item.kind} {len(records) + 1}")
        record = look(item, checkers, finishing, options.policy, search)
        search.keep(record)
        records.append(record)
    unsearchable = search.unsearchable()
    if records and unsearchable is not None:
        records[0].unread(unsearchable, None)
    last_words(records, checkers, search, options.progress)
    options.progress(len(records), "searching for known identifiers")
    for record in records:
        record.settle()  # what the last words added
        search.over(record)
        suppress(record, options.policy)
    return Audit(
        records=records,
        policy={"name": judge.policy.name, "sha256": judge.policy.sha256, "standard": judge.policy.standard},
        profile=told(options.profile),
        given=options.profile,
        source=source.name,
        started=started,
        finished=_now(),
        values_shown=options.show_values,
        container=container,
        mask=search.mask,
        mask_pointer=search.mask_pointer,
    )


def look(
    item: Item, checkers: Sequence[Checker], finishing: Sequence[Finishing], policy: Policy, search: Search
) -> Record:
    """Have every checker look at the contents that are its own, and return what they saw."""
    record = Record(item)
    deadline = time.monotonic() + policy.limits.item_seconds
    excuses: dict[str | None, str] = {}
    for content in _contents(item, policy, record):
        if time.monotonic() > deadline:
            record.unread(Unread("time", f"the item took longer than {policy.limits.item_seconds} s"), content.member)
            break
        _count(record, content)
        excused = _excused(content, policy, excuses)
        if excused is not None:
            record.fact(Fact("out_of_scope", excused))
        read = content.kind in WITHOUT_CONTENT or excused is not None
        for checker in checkers:
            if checker.applies_to(content) and not (checker.reads and excused is not None):
                read = read or checker.reads
                record.read = record.read or checker.reads
                if checker.name not in record.ran:
                    record.ran.append(checker.name)
                take(checker.check(content), checker.name, content.member, record, search, deadline)
        if not read:
            record.unread(Unread("type", _why_unread(content)), content.member)
    for checker in finishing:
        if checker.name in record.ran:
            take(checker.finish(item), checker.name, None, record, search, deadline)
    record.settle()
    return record


def take(
    observations: Iterator[Observation | Shared],
    checker: str,
    member: str | None,
    record: Record,
    search: Search,
    deadline: float = math.inf,
) -> None:
    """Put what a checker sees where it belongs.

    This is the one place where an error becomes "not checked", at the cost of one checker on one content. The error's
    own text is left out: it may hold values. A checker that yields while it reads is stopped at the deadline, in
    monotonic seconds.
    """
    try:
        for observation in observations:
            match observation:
                case Finding() | Text():
                    record.add(observation, member)
                case Shared():
                    record.add(observation, member)
                    if not search.learn_all(observation, record.item.subject):
                        record.unread(Unread(checker, TOO_MANY_KNOWN), None)
                    if observation.others:
                        take(iter(observation.others), checker, member, record, search)
                case Identifier():
                    if not search.learn(observation, record.item.subject):
                        record.unread(Unread(checker, TOO_MANY_KNOWN), None)
                case Fact():
                    record.fact(observation)
                case Unread():
                    record.unread(observation, member)
            if time.monotonic() > deadline:
                raise Unreadable("not read to its end: the item took too long")
    except Unreadable as error:
        record.unread(Unread(checker, error.reason), member)
    except Exception as error:  # noqa: BLE001 - the one broad catch per item and checker
        log.debug("checker %s: %s", checker, type(error).__name__)
        record.unread(Unread(checker, f"the checker failed ({type(error).__name__})"), member)


def last_words(records: Sequence[Record], checkers: Sequence[Checker], search: Search, progress: Progress) -> None:
    """Take what checkers say once all items have been seen; where one fails, what it looked at is "not checked"."""
    record_of = {id(record.item): record for record in records}
    for checker in checkers:
        if not isinstance(checker, Closing):
            continue
        try:
            for item, observation, member in checker.close(lambda doing: progress(len(records), doing)):
                take(iter((observation,)), checker.name, member, record_of[id(item)], search)
        except Exception as error:  # noqa: BLE001 - see take
            for record in records:
                if checker.name in record.ran:
                    record.unread(Unread(checker.name, f"the checker failed ({type(error).__name__})"), None)


def _excused(content: Content, policy: Policy, excuses: dict[str | None, str]) -> str | None:
    """Return the policy's reason not to read a content: its own, or that of an archive that it stands in."""
    member = content.member
    reason = policy.out_of_scope(member or content.item.path, content.kind)
    if reason is None and member is not None:
        outer = [None, *itertools.accumulate(member.split("!/")[:-1], "{}!/{}".format)]
        reason = next((excuses[each] for each in outer if each in excuses), None)
    if reason is not None and content.kind in ARCHIVES:
        excuses[member] = reason
    return reason


def _why_unread(content: Content) -> str:
    """Return why no checker reads a content: it can't be opened, or none knows its type."""
    try:
        content.open().close()
    except Unreadable as error:
        return error.reason
    return f"{content.kind} files are not read by any checker" if content.kind else "a type of file that nothing reads"


def _contents(item: Item, policy: Policy, record: Record) -> Iterator[Content]:
    """Yield the contents of an item; what can't be opened is noted as not checked."""
    if item.opener is None:
        yield Content(item, None, item.kind)
        return
    if item.record:
        yield Content(item, None, RECORD)  # what the site keeps of a file is looked at whether or not it can be opened
    try:
        yield from contents(item, policy.limits)
    except Unreadable as error:
        record.unread(Unread("file", error.reason), None)
    except Exception as error:  # noqa: BLE001 - see take
        log.debug("item %s: %s", item.id, type(error).__name__)
        record.unread(Unread("file", f"could not be opened ({type(error).__name__})"), None)


def _count(record: Record, content: Content) -> None:
    """Count a content towards the coverage, and let the item's kind be told by what is in it."""
    if content.kind == RECORD:
        return
    if content.member is None:
        record.kind = record.form = content.kind or "unknown"
        record.bytes = content.size or 0
        return
    record.members += 1
    if content.kind == "dicom":
        record.kind = "dicom"


def suppress(record: Record, policy: Policy) -> None:
    """Mark the findings that the policy suppresses, with its reason."""
    if not policy.suppresses:
        return
    path = record.item.path
    record.suppress(lambda finding: policy.suppression(finding.rule, path, finding.location.pointer))


def told(profile: Profile | None) -> dict[str, str] | None:
    """Return what a report says of the profile."""
    return None if profile is None else {"name": profile.name, "sha256": profile.sha256}


def _now() -> str:
    """Return the time, ISO 8601, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
