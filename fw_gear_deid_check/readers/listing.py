"""Listing: an archive as a site tells of it without its bytes: comment; name, size, time and comment of members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.readers.entries import Entry, Field


class Listing:
    """An archive whose members can be told but not read.

    Parameters
    ----------
    told
        ``{"comment", "members": [{"path", "size", "timestamp", "comment"}]}``, as Flywheel's API answers.
    reason
        Why nothing of it can be read.
    most
        Members that are told at most.
    """

    def __init__(self, told: Mapping[str, Any], reason: str, most: int) -> None:
        comment, members = told.get("comment"), told.get("members")
        self.fields = [Field("comment", comment)] if isinstance(comment, str) and comment else []
        self.times: list[Field] = []
        self.unread = [reason]
        self._reason = reason
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
        """Do nothing: there is nothing open."""

    def entries(self) -> Iterator[Entry]:
        """Yield every member."""
        for number, member in enumerate(self._members):
            yield _entry_of(number, member)

    def head(self, entry: Entry, size: int) -> bytes:
        """Raise `errors.Unreadable`."""
        raise Unreadable(self._reason)

    def read(self, entry: Entry) -> bytes | BinaryIO:
        """Raise `errors.Unreadable`."""
        raise Unreadable(self._reason)


def _entry_of(number: int, member: Mapping[str, Any]) -> Entry:
    """Return a member as the site tells of it."""
    time, comment, size = member.get("timestamp"), member.get("comment"), member.get("size")
    times = (Field("member.mtime", time),) if isinstance(time, str) and not time.startswith("1980-01-01") else ()
    fields = (Field("member.comment", comment),) if isinstance(comment, str) and comment else ()
    return Entry(number, str(member["path"]), size if isinstance(size, int) else 0, times=times, fields=fields)
