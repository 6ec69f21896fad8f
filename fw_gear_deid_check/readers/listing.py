"""Listing: an archive as a site tells of it without its bytes: comment; name, size, time and comment of members.

What no listing tells stays unread: extra fields, a second header, bytes that belong to no member.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.readers.entries import Budget, Entry, Field

DOUBLE = "more than one member has this name: the site gives only one of them"
NO_SIZE = "the site did not say the size of the member"

Fetch = Callable[[str, int], BinaryIO]


class Listing:
    """An archive whose members are told, and read one by one where there is a way to.

    Parameters
    ----------
    told
        ``{"comment", "members": [{"path", "size", "timestamp", "comment"}]}``, as Flywheel's API answers.
    reason
        Why it can't be read as a whole.
    most
        Members that are told at most.
    fetch
        Returns a member's bytes by its name and size; None where nothing is to be read.
    budget
        What the members may cost.
    """

    def __init__(
        self, told: Mapping[str, Any], reason: str, most: int, fetch: Fetch | None = None, budget: Budget | None = None
    ) -> None:
        comment, members = told.get("comment"), told.get("members")
        self.fields = [Field("comment", comment)] if isinstance(comment, str) and comment else []
        self.times: list[Field] = []
        self.unread = [reason]
        self._reason, self._fetch, self._budget = reason, fetch, budget
        self._held: tuple[int, BinaryIO] | None = None
        self._members: list[Mapping[str, Any]] = []
        for member in members if isinstance(members, list) else []:
            if isinstance(member, Mapping) and isinstance(member.get("path"), str):
                self._members.append(member)
            else:
                self.unread.append("a member without a path")
        if len(self._members) > most:
            self.unread.append(f"the archive has more than {most} members")
            del self._members[most:]
        if not isinstance(members, list):
            self.unread.append("the site did not tell its members")

    def close(self) -> None:
        """Let go of a member that was only begun."""
        if self._held is not None:
            self._held[1].close()
        self._held = None

    def entries(self) -> Iterator[Entry]:
        """Yield every member."""
        names = Counter(str(member["path"]) for member in self._members)
        for number, member in enumerate(self._members):
            problem = DOUBLE if names[str(member["path"])] > 1 else None
            yield _entry_of(number, member, problem if self._fetch else None)

    def head(self, entry: Entry, size: int) -> bytes:
        """Return the first bytes of a member, which is then held for `read`."""
        self.close()
        stream = self._ask(entry)
        self._held = (entry.number, stream)
        found = stream.read(size)
        stream.seek(0)
        return found

    def read(self, entry: Entry) -> bytes | BinaryIO:
        """Return a member's bytes; of their number it is known that it is right, there is no checksum."""
        if self._held is not None and self._held[0] == entry.number:
            stream, self._held = self._held[1], None
        else:
            stream = self._ask(entry)
        if self._budget is None or entry.size > self._budget.limits.in_memory:
            return stream
        with stream:
            return stream.read()

    def _ask(self, entry: Entry) -> BinaryIO:
        """Fetch a member within the budget."""
        if self._fetch is None or self._budget is None:
            raise Unreadable(self._reason)
        self._budget.spend(entry.size)
        return self._fetch(entry.name, entry.size)


def _entry_of(number: int, member: Mapping[str, Any], problem: str | None) -> Entry:
    """Return a member as the site tells of it."""
    time, comment, size = member.get("timestamp"), member.get("comment"), member.get("size")
    times = (Field("member.mtime", time),) if isinstance(time, str) and not time.startswith("1980-01-01") else ()
    fields = (Field("member.comment", comment),) if isinstance(comment, str) and comment else ()
    name, told = str(member["path"]), isinstance(size, int) and size >= 0
    form = "folder" if name.endswith("/") and not size else "file"
    return Entry(
        number,
        name,
        size if isinstance(size, int) and told else 0,
        form=form,
        times=times,
        fields=fields,
        problem=problem or (None if told or form == "folder" else NO_SIZE),
    )
