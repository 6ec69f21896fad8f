"""What checkers say about an item: Finding, Text, Identifier, Unread and Fact, or many of them as Shared.

Checkers yield these observations, and make each of them once: two sightings of the same thing in a thousand instances
are the *same object* seen a thousand times. They compare by identity for that reason; what is equal without being
identical is rolled up when a record settles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fw_gear_deid_check.evidence import Evidence
from fw_gear_deid_check.rules import Level, Rule

_INDEX = re.compile(r"\[[0-9]{1,9}\]")


def unnumbered(pointer: str) -> str:
    """Return a pointer without the numbers of sequence items, rows and list entries: one place for all of them.

    >>> unnumbered("RequestAttributesSequence[3].AccessionNumber")
    'RequestAttributesSequence[].AccessionNumber'
    """
    return _INDEX.sub("[]", pointer)


@dataclass(frozen=True, slots=True)
class Location:
    """Where inside an item or member; the path of the item and of the member are the record's.

    Attributes
    ----------
    pointer
        DICOM keyword path, JSON path, NIfTI field, archive field: see `docs/reports.md`.
    tag, vr
        Of a DICOM data element, ``(0008,0050)`` and ``SH``.
    frame
        Zero-based frame of an image.
    box
        ``(row, column, height, width)`` in stored pixels, zero-based, origin top left.
    image
        ``(rows, columns)`` of the picture that the box is in, so that the report can draw its outline.
    steps
        Of a JSON path, its keys and indices apart: a pointer doesn't tell a key with a dot from two keys. See
        `readers.sidecar.Path`.
    """

    pointer: str
    tag: str | None = None
    vr: str | None = None
    frame: int | None = None
    box: tuple[int, int, int, int] | None = None
    image: tuple[int, int] | None = None
    steps: tuple[str | int, ...] | None = field(default=None, compare=False, repr=False)


@dataclass(eq=False, slots=True)
class Finding:
    """A rule that was broken at a location.

    Attributes
    ----------
    rule, level, category
        The rule; the level under the policy of the run; the HIPAA Safe Harbor letter, A to R, or None.
    checker
        Name of the checker that found it.
    location
        Where inside the item or member.
    message
        One sentence, without any value.
    evidence
        What may be told of the value, where there is one.
    source, remedy
        The clause and the remedy where they are closer than the rule's own (``PS3.15 Table E.1-1, action Z``).
    suppressed
        The policy's reason why it doesn't count; a suppressed finding stays in the report.
    place
        What it says and where: findings of one item that say the same of the same place are rolled up.
    """

    rule: Rule
    level: Level
    checker: str
    location: Location
    message: str
    category: str | None = None
    evidence: Evidence | None = None
    source: str | None = None
    remedy: str | None = None
    suppressed: str | None = None
    place: tuple[object, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        where = self.location
        rule, level = self.rule.id, str(self.level)
        self.place = (rule, self.checker, level, where.pointer, where.frame, where.box, self.message)


@dataclass(eq=False, slots=True)
class Text:
    """Text that was read at a location, kept for the search for known identifiers and for the inventory.

    ``free`` says that a person typed it, or may have (free text, private elements); ``value`` is at most
    ``Limits.element_text`` characters. ``masked`` values have been judged and found to be identifiers: they are
    not searched again. What is not ``listed`` may be noise: it is searched, and the inventory leaves it out.
    """

    checker: str
    location: Location
    value: str
    free: bool = True
    masked: bool = False
    listed: bool = True


@dataclass(eq=False, slots=True)
class Identifier:
    """An identifier that was learned: what it is and whose. Searched for in every other place of the same subject.

    ``kind`` is ``name``, ``id`` or ``date``. ``category`` is the HIPAA letter of the place it was learned from;
    ``staff`` says that it names a member of staff.
    """

    kind: str
    value: str
    category: str
    location: Location
    staff: bool = False


@dataclass(eq=False, slots=True)
class Unread:
    """Something that was not checked, and why. It makes the item INCOMPLETE."""

    checker: str
    reason: str


@dataclass(eq=False, slots=True)
class Fact:
    """Something true of an item that is not a finding: ``deidentification_method``, ``instances``, ``frames``.

    Numbers are added up over the members of an item; of texts, the distinct ones are kept.
    """

    name: str
    value: str | int


Observation = Finding | Text | Identifier | Unread | Fact


@dataclass(eq=False, slots=True, init=False)
class Shared:
    """What content after content has in common, as one object, so that seeing it again costs one step.

    Attributes
    ----------
    findings, texts, identifiers
        In the order in which they were seen.
    others
        What is not checked, and facts.
    alone
        For a record, to keep what it makes of the findings of a file that is no archive.
    """

    findings: tuple[Finding, ...]
    texts: tuple[Text, ...]
    identifiers: tuple[Identifier, ...]
    others: tuple[Unread | Fact, ...]
    alone: tuple[object, ...] | None

    def __init__(self, observations: Iterable[Observation]) -> None:
        seen = tuple(observations)
        self.findings = tuple(each for each in seen if isinstance(each, Finding))
        self.texts = tuple(each for each in seen if isinstance(each, Text))
        self.identifiers = tuple(each for each in seen if isinstance(each, Identifier))
        self.others = tuple(each for each in seen if isinstance(each, Unread | Fact))
        self.alone = None


def texts_of(kept: Text | Shared) -> tuple[Text, ...]:
    """Return the texts of what a record keeps."""
    return kept.texts if isinstance(kept, Shared) else (kept,)


def each_of(observations: Iterable[Observation | Shared]) -> Iterator[Observation]:
    """Yield observations one by one, those of a `Shared` too."""
    for observation in observations:
        if isinstance(observation, Shared):
            yield from observation.findings
            yield from observation.texts
            yield from observation.identifiers
            yield from observation.others
        else:
            yield observation
