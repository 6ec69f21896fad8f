"""Writing: each target is read, compared, written where it isn't right yet, and read again.

Everything is read before it is written, so that what is right already costs one request and changes nothing; other
people's tags and other gears' results stay. Each failure costs its own thing only.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from fw_gear_deid_check.audit import Audit
from fw_gear_deid_check.sources.ahead import Download
from fw_gear_deid_check.sources.records import Unloaded
from fw_gear_deid_check.sources.site import Json, Site, SiteError, UntoldError
from fw_gear_deid_check.writeback.changes import Changes
from fw_gear_deid_check.writeback.results import Results
from fw_gear_deid_check.writeback.tags import Tags
from fw_gear_deid_check.writeback.target import TAGGED, Target, Wanted, targets

ATTEMPTS = 3
"""Times that something is written and read again when another writer was faster, or the site lost the answer."""
AT_ONCE = 4
"""Files and containers that are written at the same time."""


class Failure(NamedTuple):
    """Something that could not be written: what, to what kind of thing, its id, and why."""

    what: str
    kind: str
    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it.

    Attributes
    ----------
    lines
        One for each kind of thing that could not be written, and for what changed, without values.
    changed
        Something was noticed that changed since it was checked: the audit has it now, reports from before don't.
    contradicted
        A tag of an earlier run stands somewhere that says less than was found now, and can't be taken away.
    """

    lines: list[str]
    changed: bool = False
    contradicted: bool = False


def write(audit: Audit, site: Site, wanted: Wanted) -> Written:
    """Write what is wanted."""
    if not (wanted.tags or wanted.qc):
        return Written([])
    writer = _Writer(site, wanted, audit)
    failures = list(_nameless(audit))
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="write") as pool:
        for _, level in groupby(targets(audit), key=lambda target: target.kind):  # a change below is known above
            failures += [failure for found in pool.map(writer.write, list(level)) for failure in found]
    lines = [line for line in (writer.changes.line,) if line]
    counts = Counter(f"{each.what} of {each.kind}" for each in failures)
    first = {f"{each.what} of {each.kind}": each for each in reversed(failures)}
    lines += [
        f"{what}: {count} not written, first {first[what].id}: {first[what].why}" for what, count in counts.items()
    ]
    if writer.contradicted:
        lines.append(
            f"a tag of an earlier run that says less than was found now stands on {len(writer.contradicted)} files or "
            f"containers, first {min(writer.contradicted)}, and could not be taken away: do it by hand"
        )
    return Written(lines, bool(writer.changes.marked), bool(writer.contradicted))


def _nameless(audit: Audit) -> Iterator[Failure]:
    """Yield the files that can't be written to, as failures: the site gives them no id."""
    for record in audit.records:
        if isinstance(record.item.opener, Download) and not record.item.id:
            place = " ".join(record.item.opener.path[:2])
            yield Failure("tags and QC results", "file", f"in {place}", "the site gives no id for it")


class _Writer:
    """Writes one target at a time."""

    def __init__(self, site: Site, wanted: Wanted, audit: Audit) -> None:
        self._site = site
        self._wanted = wanted
        self._audit = audit
        self.changes = Changes(audit, wanted.gear, wanted.running)
        self.contradicted: set[str] = set()

    def write(self, target: Target) -> list[Failure]:
        """Write tags and QC result; return what failed."""
        try:
            now = self._read(target)
            if target.kind == "file":
                self.changes.file(target.own, now)
            else:
                self.changes.container((target.read[0], target.id), now)
        except Exception as error:  # noqa: BLE001 - an answer of no known form costs its own thing only
            self._leave(target, None if getattr(error, "status", None) != 404 else {})
            return [Failure("tags and QC results", target.kind, target.id, _told(error))]
        parts: list[Results | Tags] = []
        if self._wanted.qc:
            parts.append(Results(self._site, self._wanted, target, self._audit))
        if self._wanted.tags and target.kind in TAGGED:
            parts.append(Tags(self._site, self._wanted, target))
        return self._settle(target, parts, now)

    def _settle(self, target: Target, parts: list[Results | Tags], now: Json) -> list[Failure]:
        """Write the parts and look what came of it, until all is right or `ATTEMPTS` are over."""
        failures: list[Failure] = []
        last: dict[str, str] = {}
        for attempt in range(ATTEMPTS + 1):
            due = []
            for part in list(parts):
                try:
                    if part.is_settled(now):
                        continue
                    if attempt == ATTEMPTS:
                        raise SiteError(last.get(part.what, "another run keeps changing them"))
                    due.append(part)
                    self._put(part, now, last)
                except Exception as error:  # noqa: BLE001 - as above
                    failures.append(Failure(part.what, target.kind, target.id, _told(error)))
                    parts.remove(part)
            if not any(part in parts for part in due):
                break
            try:
                now = self._read_back(target, [part for part in due if part in parts])
            except Exception as error:  # noqa: BLE001 - as above
                failures += [Failure(part.what, target.kind, target.id, _told(error)) for part in due if part in parts]
                break
        if any(failure.what == Tags.what for failure in failures):
            self._leave(target, self._again(target, now))
        return failures

    def _read_back(self, target: Target, written: list[Results | Tags]) -> Json:
        """Return what the site has now; one that still tells what was before is asked again, a little later.

        A site may answer from a copy that lags behind: our own old tag is not to be taken for another run at work.
        """
        now = self._read(target)
        if all(part.shows(now) for part in written):
            return now
        time.sleep(self._site.pause)
        return self._read(target)

    def _put(self, part: Results | Tags, now: Json, last: dict[str, str]) -> None:
        """Write a part; keep why it may have failed, where looking again tells."""
        try:
            part.put(now)
            last.pop(part.what, None)
        except SiteError as error:
            if isinstance(error, UntoldError) or error.status not in part.passing:
                raise
            last[part.what] = str(error)

    def _again(self, target: Target, now: Json) -> Json:
        """Return what the site has of a target after all; what it had last where it does not say."""
        try:
            return self._read(target)
        except SiteError as error:
            return {} if error.status == 404 else now

    def _leave(self, target: Target, now: Json | None) -> None:
        """Note where a tag of an earlier run is left standing that says less; without an answer, as it was checked."""
        if not self._wanted.tags or target.kind not in TAGGED:
            return
        tags = Tags(self._site, self._wanted, target)
        if now is None:
            record = target.own.item.record
            now = {} if isinstance(record, Unloaded) else dict(record)
        if tags.milder(tags.ours(now)):
            self.contradicted.add(target.id)

    def _read(self, target: Target) -> Json:
        """Return what the site has of a target now."""
        found = self._site.get(*target.read)
        if not isinstance(found, dict):
            raise SiteError("the site's answer is no file and no container")
        return found


def _told(error: Exception) -> str:
    """Return an error in our own words."""
    return str(error) if isinstance(error, SiteError) else f"an answer not understood ({type(error).__name__})"
