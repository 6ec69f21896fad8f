"""Changes: what became of the data while they were checked.

A run takes minutes or hours, and a site goes on: files are replaced, others come, a gear fills ``info``. The verdict
would then be about what is there no more. So once all is checked, and before the reports are written, the site is asked
again; whatever is other than what was checked is "not checked", and with it all that it is in. When the verdicts are
written back, each thing is read once more and compared in the same way: what is noticed only then goes into reports
that are written anew.

To ask again costs one request for each page of a list of acquisitions, and one for each project, subject and session,
the subject of a session that is checked alone included.
An acquisition is asked for itself where its entry in the list leaves open what is in it, or shows a change.

What is no longer there changes nothing: the verdict holds for the rest. Tags and ``info.qc`` are no data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fw_gear_deid_check.audit import Audit
from fw_gear_deid_check.findings import Unread
from fw_gear_deid_check.records import Record
from fw_gear_deid_check.sources import answers
from fw_gear_deid_check.sources.ahead import Download
from fw_gear_deid_check.sources.records import Unloaded, record_of
from fw_gear_deid_check.sources.site import CHILD, PLURALS, Json, Site, SiteError

CHECKER = "changes"
OTHER_BYTES = "other bytes came in its place while it was checked"
OTHER_WORDS = "its label, info, notes or names were changed while it was checked"
CAME = "came while it was checked"
UNKNOWN = "whether it changed while it was checked is not known"
WORDS = ("label", "code", "firstname", "lastname", "date_of_birth", "operator", "info", "notes", "metadata")
"""Parts of a record that are compared."""


def look_again(audit: Audit, site: Site, gear: str, *, running: str = "", only_file: str | None = None) -> str | None:
    """Mark what is other than it was when it was checked; return one line about it, None where nothing is.

    Parameters
    ----------
    gear, running
        As of `FlywheelSource`: its reports, and the analysis that is being made, are no change.
    only_file
        Name of the one file of the container that was checked.
    """
    changes = Changes(audit, gear, running)
    if audit.container is not None:
        root = audit.container
        if only_file is None:
            second = _Second(changes, site)
            second.subject_above(root.id)
            second.container(root.type, root.id)
        else:
            _single(changes, site, (PLURALS[root.type], root.id), only_file)
    return changes.line


class Changes:
    """Holds what a site says now against what was checked, and marks the records of what is other."""

    def __init__(self, audit: Audit, gear: str, running: str) -> None:
        self._gear = gear
        self._running = running
        self.marked: list[str] = []
        self._unread: set[str | None] = set()
        self.records: dict[str, Record] = {}
        self.files: dict[tuple[str, ...], dict[str, Record]] = {}
        for record in audit.records:
            item = record.item
            if isinstance(item.record, Unloaded):
                self._unread.add(item.id)
            if item.kind in PLURALS and item.id:
                self.records.setdefault(item.id, record)
            elif isinstance(item.opener, Download):
                self.files.setdefault(item.opener.path[:2], {})[item.opener.path[-1]] = record

    @property
    def line(self) -> str | None:
        """What was noticed, in one line."""
        if not self.marked:
            return None
        return (
            f"{len(self.marked)} files or containers changed while they were checked, or could not be read again, and "
            f"are INCOMPLETE with all that they are in, first {min(self.marked)}: run the check again"
        )

    def mark(self, record: Record, reason: str) -> None:
        """Note that what was checked is not what is there."""
        if all(each.checker != CHECKER for each in record.not_checked):
            record.unread(Unread(CHECKER, reason), None)
            self.marked.append(record.item.id or "a file without an id")

    def file(self, record: Record, now: Json) -> None:
        """Compare a file."""
        if isinstance(record.item.opener, Download) and differs(record.item.opener, now):
            self.mark(record, OTHER_BYTES)
        elif says_otherwise(record, now):
            self.mark(record, OTHER_WORDS)

    def container(self, owner: tuple[str, str], now: Json) -> None:
        """Compare a container or analysis, its files, and its analyses where the answer has them."""
        record = self.records[owner[1]]
        if owner[1] in self._unread:
            return  # not all of it could be read the first time, and the report says so
        if owner[0] != PLURALS["analysis"] and says_otherwise(record, now):
            self.mark(record, OTHER_WORDS)
        listed = answers.files(now)
        if listed is None:
            self.mark(record, f"{UNKNOWN}: the site did not give its list of files")
        ours = owner[0] == PLURALS["analysis"] and answers.made_by(now, self._gear)
        for file in listed or []:
            if file is None or answers.is_report(file, self._gear, inside=ours):
                continue
            known = self.files.get(owner, {}).get(file["name"])
            if known is None:
                self.mark(record, f"a file {CAME}")
            else:
                self.file(known, file)
        entries = now.get("analyses")
        for entry in entries if isinstance(entries, list) else []:
            self.analysis(record, answers.mapping(entry))

    def analysis(self, record: Record, entry: Json) -> bool:
        """Note an analysis that came; tell whether it is one that was checked."""
        identity = entry.get("_id")
        if not answers.named(identity) or identity == self._running:
            return False
        if identity in self.records:
            return True
        files = answers.files(entry) or []
        alien = [file for file in files if file and not answers.is_report(file, self._gear, inside=True)]
        if alien or not answers.made_by(entry, self._gear):  # two jobs of this gear at once are no change
            self.mark(record, f"an analysis {CAME}")
        return False

    def is_plain(self, owner: tuple[str, str], entry: Json) -> bool:
        """Tell whether an entry of a list shows that nothing of a container's files is other or new."""
        listed = answers.files(entry)
        known = self.files.get(owner, {})
        if listed is None or not {file["name"] for file in listed if file} >= set(known):
            return False
        for file in listed:
            if file is None or file["name"] not in known:
                return False
            checked = known[file["name"]].item.opener
            if not isinstance(checked, Download) or not is_same(checked, file):
                return False
        return True


class _Second:
    """Goes through a site's containers a second time."""

    def __init__(self, changes: Changes, site: Site) -> None:
        self._changes = changes
        self._site = site

    def subject_above(self, root: str) -> None:
        """Compare the record of a session's subject, which is checked with the session; what else it has is not."""
        item = self._changes.records[root].item
        above = self._changes.records.get(item.subject or "")
        if item.kind != "session" or above is None or isinstance(above.item.record, Unloaded):
            return
        try:
            now = answers.container(self._site.get(PLURALS["subject"], str(item.subject)))
        except SiteError as error:
            self._changes.mark(above, f"{UNKNOWN}: {error}")
        else:
            if says_otherwise(above, now):
                self._changes.mark(above, OTHER_WORDS)

    def container(self, kind: str, identity: str) -> None:
        """Compare a container with what is below it."""
        owner, record = (PLURALS[kind], identity), self._changes.records[identity]
        if isinstance(record.item.record, Unloaded):
            return  # it could not be read the first time, and the report says so
        try:
            now = answers.container(self._site.get(*owner))
            self._changes.container(owner, now)
            self._analyses(owner, record, now)
            if kind in CHILD:
                for entry in self._site.pages(*owner, PLURALS[CHILD[kind]]):
                    self._child(CHILD[kind], record, entry)
        except SiteError as error:
            self._changes.mark(record, f"{UNKNOWN}: {error}")

    def _child(self, kind: str, above: Record, entry: Json) -> None:
        """Compare a container below, by its entry in the list where that says enough."""
        identity = entry["_id"]
        if identity not in self._changes.records:
            self._changes.mark(above, f"{'an acquisition' if kind == 'acquisition' else f'a {kind}'} {CAME}")
        elif kind != "acquisition" or not self._changes.is_plain((PLURALS[kind], identity), entry):
            self.container(kind, identity)

    def _analyses(self, owner: tuple[str, str], above: Record, now: Json) -> None:
        """Compare the analyses of a container; each is asked for itself where its files are not told."""
        listed = now.get("analyses")
        for entry in listed if isinstance(listed, list) else self._site.pages(*owner, "analyses"):
            told = answers.mapping(entry)
            if not self._changes.analysis(above, told):
                continue
            place = (PLURALS["analysis"], told["_id"])
            if isinstance(self._changes.records[told["_id"]].item.record, Unloaded):
                continue
            if not self._changes.is_plain(place, told):
                told = answers.container(self._site.get(*place))
            self._changes.container(place, told)


def _single(changes: Changes, site: Site, owner: tuple[str, str], name: str) -> None:
    """Compare the one file that was checked."""
    [record] = changes.files[owner].values()
    try:
        listed = answers.files(answers.container(site.get(*owner)))
    except SiteError as error:
        changes.mark(record, f"{UNKNOWN}: {error}")
        return
    for file in listed or []:
        if file and file["name"] == name:
            changes.file(record, file)


def differs(checked: Download, now: Json) -> bool:
    """Tell whether a file is another than the one that was fetched, as far as the site tells: hash, else the rest."""
    if isinstance(checked.digest, str) and isinstance(now.get("hash"), str):
        return bool(checked.digest != now["hash"])
    pairs = ((checked.version, now.get("version")), (checked.size, now.get("size")))
    return any(isinstance(before, int) and isinstance(after, int) and before != after for before, after in pairs)


def is_same(checked: Download, now: Json) -> bool:
    """Tell whether an answer says enough of a file to know that it is the one that was fetched."""
    strong = checked.digest is not None or checked.version is not None
    told = (checked.digest is not None and isinstance(now.get("hash"), str)) or (
        checked.version is not None and isinstance(now.get("version"), int)
    )
    return (told or not strong) and not differs(checked, now)


def says_otherwise(record: Record, now: Json) -> bool:
    """Tell whether what people and gears wrote into a thing is other than what was checked, QC results apart."""
    before = record.item.record
    if isinstance(before, Unloaded):
        return False
    after = record_of(now)
    return any(
        _words(before.get(name)) != _words(after[name])
        for name in WORDS
        if name in after and (name in before or after[name])  # what was not told then, and is there now, was not read
        if not isinstance(before.get(name), Unloaded) and not isinstance(after[name], Unloaded)
    )


def _words(value: Any) -> Any:
    """Return a part of a record without QC results, which stand in ``info`` only."""
    return {name: each for name, each in value.items() if name != "qc"} if isinstance(value, Mapping) else value
