"""Task: something for a person to do, with where to do it; the most urgent first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fw_gear_deid_check.profile.suggest import IMPORT
from fw_gear_deid_check.reporters.leaks import Leak

PROFILE = "De-id profile of the project, group or site, {}; it acts on import: import again, or run a de-id gear"
REPLACE = "The file, or what made it; then replace it on Flywheel, or delete it there"
PLACES = {
    "dicom": PROFILE.format("dicom: fields (replace-with '' or remove)"),
    "profile": PROFILE.format("the one given to this run"),
    "zip": PROFILE.format("zip") + ", or make the archive anew",
    "nifti": "The converter that wrote the file, and its input; then replace the file on Flywheel",
    "sidecar": "The converter that wrote the file, and its input; then replace the file on Flywheel",
    "metadata": "Flywheel: Custom Information of the container or file; and the importer that filled it",
    "pixels": "Flywheel: the viewer, to look; an image redaction gear, or deleting the series, to remove",
    "name": "Flywheel: rename the file or the container, there and at its origin",
    **dict.fromkeys(("image", "litter", "pdf", "raw", "table", "text"), REPLACE),
}
"""Where a person changes what a checker found, by name of the checker."""

UNREAD = {
    "pixels": "Look at these pictures yourself, or run again with text recognition and more time",
}
"""What to do about something that was not checked, by checker, where there is better advice than the usual."""
UNREAD_ADVICE = "Make it readable and run again, or look at it yourself, or remove it"

NOT_APPLIED = "PRF001"
"""Rule that says that a place is in the given profile already: the profile was not applied, and needs nothing more."""

ORDER = ("FAIL", "INCOMPLETE", "REVIEW")


@dataclass(frozen=True)
class Task:
    """One thing to do.

    Attributes
    ----------
    level
        ``FAIL``, ``INCOMPLETE`` or ``REVIEW``: what it does to the verdict while it isn't done.
    title
        What to do, one sentence.
    why
        What was found or was not checked, one sentence.
    place
        Where to do it.
    leaks
        What it settles; empty for what was not checked.
    paths
        Items concerned.
    by_hand
        Why no profile does it, where that is so of any of its places.
    """

    level: str
    title: str
    why: str
    place: str
    leaks: tuple[Leak, ...]
    paths: frozenset[str]
    by_hand: tuple[str, ...] = ()

    @cached_property
    def places(self) -> list[Leak]:
        """The first leak at each pointer: the places inside the items, profile fields for DICOM."""
        return list({leak.pointer: leak for leak in reversed(self.leaks)}.values())[::-1]

    @property
    def profile(self) -> bool:
        """Say whether the pointers are fields of a de-identification profile."""
        return any(leak.first["checker"] in {"dicom", "profile"} for leak in self.leaks)

    @cached_property
    def members(self) -> int:
        """The most instances or archive members that one of its leaks is in."""
        return max((leak.members for leak in self.leaks), default=0)


def tasks(
    leaks: Sequence[Leak], not_checked: Sequence[Mapping[str, Any]], manual: Sequence[Mapping[str, Any]] = ()
) -> list[Task]:
    """Return what has to be done so that the verdict becomes PASS, the most urgent first.

    Parameters
    ----------
    leaks
        Of findings that count, in the order of urgency; those of level INFO need nothing to be done.
    not_checked
        As in ``coverage.not_checked`` of the report.
    manual
        As in its ``manual_work``: what no profile does.
    """
    by_hand = {(entry["rule"], entry["path"], entry["pointer"]): entry for entry in manual}
    groups: dict[tuple[str, str, str], list[Leak]] = defaultdict(list)
    given: dict[str, list[Leak]] = defaultdict(list)
    for leak in leaks:
        if leak.first["rule"] == NOT_APPLIED:
            given[leak.pointer].append(leak)
    for leak in leaks:
        level, told = str(leak.first["level"]), leak.first
        if settled(leak, given.get(leak.pointer, ())):
            told = given[leak.pointer][0].first
        place, remedy = PLACES.get(str(told["checker"]), str(told["checker"])), str(told["remedy"] or "")
        hand = by_hand.get(_key(told))
        if hand is not None and hand["what"] not in {remedy, IMPORT}:
            place, remedy = "", str(hand["what"])  # its remedy is a profile, and a profile can't
        if level in ORDER:
            groups[(level, place, remedy)].append(leak)
    found = [task_of(level, remedy, same, place, by_hand) for (level, place, remedy), same in groups.items()]
    reasons: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in not_checked:
        reasons[(entry["checker"], entry["reason"])].add(entry["path"])
    unread = [
        Task("INCOMPLETE", UNREAD.get(checker, UNREAD_ADVICE), f"Not checked: {reason}", "", (), frozenset(paths))
        for (checker, reason), paths in reasons.items()
    ]
    unread.sort(key=lambda task: (-len(task.paths), task.why))
    return sorted([*found, *unread], key=lambda task: ORDER.index(task.level))


def settled(leak: Leak, given: Sequence[Leak]) -> bool:
    """Tell whether the given profile has what a leak of a header asks for, and was not applied, in all its items.

    Parameters
    ----------
    given
        Leaks of the rule that says so, at the same pointer.
    """
    covered: frozenset[str] = frozenset().union(*(each.paths for each in given))
    return leak.first["checker"] in {"dicom", "sidecar"} and leak.paths <= covered


def _key(finding: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(finding["rule"]), str(finding["path"]), str(finding["pointer"])


def task_of(
    level: str, remedy: str, leaks: list[Leak], place: str, by_hand: Mapping[tuple[str, str, str], Mapping[str, Any]]
) -> Task:
    """Return the task that settles leaks which have place and remedy in common."""
    first = leaks[0].first
    hands = [by_hand[key] for leak in leaks for each in leak.findings if (key := _key(each)) in by_hand]
    messages = dict.fromkeys(leak.message for leak in leaks)
    return Task(
        level=level,
        title=remedy.rstrip(".") or "Remove what was found",
        why=next(iter(messages)) if len(messages) == 1 and first["level"] != "FAIL" else "",
        place=place if place in PLACES.values() else "",
        leaks=tuple(leaks),
        paths=frozenset().union(*(leak.paths for leak in leaks)),
        by_hand=tuple(dict.fromkeys(str(each["why"]) for each in hands)),
    )
