"""Identifiers that are known: learned in the run, or given by the user.

What is learned of one subject is searched for in that subject's data; the user's list goes everywhere, or where its
subject column says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fw_gear_deid_check.detectors import person
from fw_gear_deid_check.detectors.folding import fold, squash
from fw_gear_deid_check.detectors.identifiers_file import Listed
from fw_gear_deid_check.detectors.misread import Misread
from fw_gear_deid_check.detectors.searcher import Entry, KnownMatch, Searcher, days

__all__ = ["Known", "KnownMatch", "Searcher", "identity"]

LONGEST = 256
"""Longer values are not identifiers."""
MOST = 200_000
"""Identifiers that are kept in one run; `Known.dropped` counts the rest."""


def identity(kind: str, value: str) -> str:
    """Return the canonical form of an identifier, the same for all its disguises.

    >>> identity("name", "DOE^JANE") == identity("name", "doe_jane") == identity("id", "DOE_JANE")
    True
    >>> identity("date", "31.01.1980"), identity("id", "00-482-913")
    ('date:1980-01-31', 'id:482913')
    """
    value = value[: LONGEST * 4].strip().strip("\0")
    if kind == "date":
        read = days(value)
        return f"date:{read[0].isoformat()}" if read else f"date:{squash(value)}"
    if kind == "name" or (kind == "id" and not any(map(str.isdigit, value)) and len(person.people(value)) == 1
                          and len(person.people(value)[0].tokens) > 1):  # fmt: skip
        return f"name:{person.identity(value)}"
    squashed = squash(value)
    return f"{kind}:{squashed.lstrip('0') or squashed}"


class Known:
    """Identifiers that are known, each for its subject, or for everybody.

    Parameters
    ----------
    listed
        The user's list; entries without a subject are searched for everywhere.
    """

    def __init__(self, listed: Iterable[Listed] = ()) -> None:
        self._entries: dict[str | None, dict[tuple[str, str], Entry]] = {}
        self._searchers: dict[str | None, Searcher] = {}
        self._misread: dict[str | None, Misread] = {}
        self._count = 0
        self.dropped = 0
        self.unsearchable = 0
        for entry in listed:
            self._list(entry)

    def _list(self, entry: Listed) -> None:
        """Learn an entry of the user's list; a name of one everyday word is searched for as it stands."""
        for kind in (entry.kind, "text"):
            if not Searcher([Entry(kind, entry.category, identity(kind, entry.value), entry.value, False)]).is_empty:
                self.learn(kind, entry.value, entry.category, entry.subject)
                return
        self.unsearchable += 1

    def learn(
        self,
        kind: str,
        value: str,
        category: str,
        subject: str | None = None,
        *,
        staff: bool = False,
        is_dummy: Callable[[str], bool] | None = None,
    ) -> None:
        """Learn one identifier.

        Parameters
        ----------
        kind
            ``name``, ``id``, ``date``, or ``text`` for anything else that must not appear.
        category
            HIPAA letter of the place it comes from.
        subject
            Whose it is: it is searched for in this subject's data only. None: everywhere.
        is_dummy
            Tells study codes and allow-listed values, which are never learned.
        """
        value = value.strip().strip("\0").strip()
        if not value or len(value) > LONGEST or (is_dummy is not None and is_dummy(value)):
            return
        entries = self._entries.setdefault(subject, {})
        name = (kind, identity(kind, value) + ("" if kind != "name" else "\0" + fold(value)))
        known = entries.get(name)
        if known is not None and (not known.staff or staff):
            return
        if known is None:
            if self._count >= MOST:
                self.dropped += 1
                return
            self._count += 1
        entries[name] = Entry(kind, category, identity(kind, value), value, staff)
        self._searchers.clear()
        self._misread.clear()

    def searcher(self, subject: str | None) -> Searcher:
        """Return the search for what is known of a subject and of everybody; made once, and anew after `learn`."""
        searcher = self._searchers.get(subject)
        if searcher is None:
            searcher = self._searchers[subject] = Searcher(self._of(subject))
        return searcher

    def misread(self, subject: str | None) -> Misread:
        """Return the search for the same in what an engine read in a picture, reading errors allowed for."""
        misread = self._misread.get(subject)
        if misread is None:
            misread = self._misread[subject] = Misread(self._of(subject))
        return misread

    def _of(self, subject: str | None) -> list[Entry]:
        entries = [*self._entries.get(None, {}).values()]
        if subject is not None:
            entries += self._entries.get(subject, {}).values()
        return entries
