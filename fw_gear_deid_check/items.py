"""Item, Content and Source: what is checked, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO, Protocol

RECORD = "record"
"""Kind of the content without bytes that stands for what a site keeps of a file: ``info``, ``tags``, ``notes``."""
HEAD = 4096
"""Bytes of content that are looked at to tell its kind."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who or what uploaded a file, and when: provenance, never a finding."""

    type: str | None = None
    id: str | None = None
    name: str | None = None
    created: str | None = None


@dataclass(frozen=True, slots=True)
class Parents:
    """The containers above an item on Flywheel, as (id, label); None where there is none, as in a folder."""

    project: tuple[str, str] | None = None
    subject: tuple[str, str] | None = None
    session: tuple[str, str] | None = None
    acquisition: tuple[str, str] | None = None


NO_PARENTS = Parents()
"""Of what isn't on Flywheel."""


@dataclass(slots=True)
class Item:
    """One thing that is checked: a file, or a container record.

    Attributes
    ----------
    path
        Labels below the container that is checked, or the path below the scanned folder; ``/`` between parts.
    kind
        ``file``, or the container's type: ``project``, ``subject``, ``session``, ``acquisition``, ``analysis``.
    opener
        Returns the bytes, seekable; raises `errors.Unreadable`. None for a container record.
    size
        Bytes, as far as the source knows.
    id
        Flywheel id of the file or container.
    record
        The fields of a container record, or of a file on Flywheel (``info``, ``tags``, ``notes``), as plain JSON
        values. Empty for a file in a folder.
    subject
        Whose it is: identifiers that are learned from an item are searched for in items of the same subject.
    listing
        Where the bytes can't be had: returns what the site tells of an archive's members without them (see
        `readers.listing`), None for any other file; raises `errors.Unreadable`.
    member
        Then returns one member of the archive, by its name and size; None where the bytes are not to be read at all.
    """

    path: str
    kind: str
    opener: Callable[[], BinaryIO] | None = None
    size: int | None = None
    id: str | None = None
    record: Mapping[str, Any] = field(default_factory=dict)
    subject: str | None = None
    origin: Origin | None = None
    parents: Parents = NO_PARENTS
    listing: Callable[[], Mapping[str, Any] | None] | None = None
    member: Callable[[str, int], BinaryIO] | None = None

    @property
    def name(self) -> str:
        """The item's own name: the last part of its path."""
        return self.path.rpartition("/")[2]


@dataclass
class Content:
    """Bytes to be read: those of an item, or of a member of an archive item.

    Attributes
    ----------
    item
        The item that it belongs to.
    member
        Name of the member as the archive writes it, nested archives joined by ``!/``; None for the item's own bytes.
    kind
        What the bytes are, told by themselves first and by the name last: see `readers.kinds`. For a container
        record, the kind of the item, for the record of a file `RECORD`. None where nothing here reads it.
    opener
        Returns the bytes anew on each call, seekable, complete and with their checksum verified, or raises
        `errors.Unreadable`.
    read
        What a reader made of the bytes, for the next checker that looks at the same content.
    """

    item: Item
    member: str | None
    kind: str | None
    opener: Callable[[], BinaryIO] | None = None
    size: int | None = None
    read: Any = field(default=None, repr=False)

    def open(self) -> BinaryIO:
        """Return the bytes from their beginning; the caller closes them."""
        if self.opener is None:
            raise TypeError("a container record has no bytes")
        return self.opener()

    @cached_property
    def head(self) -> bytes:
        """The first `HEAD` bytes."""
        with self.open() as stream:
            return stream.read(HEAD)

    @property
    def name(self) -> str:
        """File name of the member or item, without folders."""
        return (self.member or self.item.path).replace("\\", "/").rpartition("/")[2]


class Source(Protocol):
    """Where items come from."""

    name: str

    def items(self) -> Iterator[Item]:
        """Yield the items, lazily, in a stable order; each item's bytes may be gone once the next is asked for."""
        ...
