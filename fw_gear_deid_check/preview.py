"""Preview: what a profile would do to data, before they are uploaded: applied to a copy, and the copy is scanned."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fw_gear_deid_check import main as checks
from fw_gear_deid_check.audit import Audit
from fw_gear_deid_check.checkers.dicom import DicomChecker
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.errors import Unreadable, UsageError
from fw_gear_deid_check.evidence import Masker
from fw_gear_deid_check.findings import Identifier, Unread, each_of
from fw_gear_deid_check.items import Item
from fw_gear_deid_check.main import Options
from fw_gear_deid_check.profile.apply import Applier
from fw_gear_deid_check.profile.outcome import Outcome
from fw_gear_deid_check.profile.profile import Profile
from fw_gear_deid_check.readers.archive import contents
from fw_gear_deid_check.records import Record
from fw_gear_deid_check.reporters.plain import plain
from fw_gear_deid_check.sources.folder import FolderSource

MOST = 40
"""Fields that are listed."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a preview shows: the audit of the result, and what was changed."""

    audit: Audit
    outcome: Outcome

    def lines(self) -> Iterator[str]:
        """Yield what was changed, without any value."""
        told = self.audit.preview or {}
        yield f"files written: {told['written']}, with changes in {told['rewritten']} files or members"
        rows = told["changed"]
        for row in rows[:MOST]:
            yield f"  {row['files']:>6}  {row['action']:<14}  {plain(row['pointer'])}"
        more = len(rows) - MOST + told["changed_more"]
        if more > 0:
            yield f"  and {more} more fields, see report.json"
        for title, places in (("not imported", told["not_imported"]), ("not applied", told["not_applied"])):
            for place in places[:MOST]:
                where = place["path"] if place["member"] is None else f"{place['path']}!/{place['member']}"
                yield f"  {title}: {plain(where)}: {place['reason']}"
            if len(places) > MOST:
                yield f"  {title}: {len(places) - MOST} more, see report.json"


def preview(paths: Sequence[Path], data: Path, profile: Profile, options: Options) -> Preview:
    """Apply a profile to files and folders, and scan the result.

    Identifiers are learned from the originals, so that the copy is searched for what the profile took out of its field.

    Parameters
    ----------
    data
        The new folder for the result; it must not exist, or be empty, and must not lie in a folder that is read.
    """
    prepare(paths, data)
    source = FolderSource(paths)
    applier = Applier(profile, options.policy.limits)
    learned: list[tuple[Identifier, str | None]] = []
    dicom = DicomChecker(Judge(options.policy, Masker()))
    try:
        for number, item in enumerate(source.items()):
            options.progress(number, f"applying the profile to file {number + 1}")
            _write(item, data, applier)
            learned += [(each, item.subject) for each in _identifiers(item, dicom, options)]
    finally:
        applier.close()
    audit = checks.run(FolderSource([data]), replace(options, profile=None, learned=learned))
    audit.profile, audit.given = checks.told(profile), profile
    audit.notes = (*audit.notes, "preview: the profile was applied to a copy of the data, and the copy was scanned")
    outcome = applier.outcome
    audit.preview = outcome.told(audit.mask, audit.mask_pointer)
    unread = [(*each, "not imported: ") for each in outcome.refused]
    unread += [(*each, "the profile was not applied: ") for each in outcome.untouched]
    by_path = {record.item.path: record for record in audit.records}
    records = list(audit.records)
    for path, member, reason, what in unread:
        if path not in by_path:
            by_path[path] = Record(Item(path, "file", opener=None), ran=["profile"])
            records.append(by_path[path])
        by_path[path].unread(Unread("profile", what + reason), member)
    audit.records = records
    return Preview(audit, outcome)


def prepare(paths: Sequence[Path], data: Path) -> None:
    """Make the folder for the result; raise `UsageError` where that would write into the input, or over something."""
    target = data.resolve()
    for path in paths:
        source = path.resolve()
        if source == target or source in target.parents or target in source.parents:
            raise UsageError("the folder for the result can't lie in the input, nor around it; choose another (--data)")
    try:
        data.mkdir(parents=True, exist_ok=True)
        if any(data.iterdir()):
            raise UsageError("the folder for the result is not empty; choose a new one (--data)")
    except OSError as error:
        raise UsageError(f"the folder for the result can't be made: {error.strerror}") from None


def apart(paths: Sequence[Path], data: Path, output: Path) -> None:
    """Raise `UsageError` where the reports would be written into the input, or into the folder of the result."""
    target = output.resolve()
    for place in (*paths, data):
        if target == place.resolve() or place.resolve() in target.parents:
            raise UsageError(
                "the reports can't be written into the input, nor into the result; choose other folders (-o, --data)"
            )


def _write(item: Item, data: Path, applier: Applier) -> None:
    """Write what becomes of an item; what the file system refuses costs that item."""
    try:
        _written(item, data, applier)
    except OSError as error:
        if error.errno not in {errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.ENOTDIR, errno.EEXIST}:
            raise  # a full disk is no matter of one file
        applier.refuse(item, "the file system here takes no such name")


def _written(item: Item, data: Path, applier: Applier) -> None:
    """Write what becomes of an item; what isn't imported leaves nothing behind."""
    folder = (data / item.path).parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".deid-check-", delete=False) as target:
        unfinished = Path(target.name)
    try:
        with unfinished.open("w+b") as target:
            name = applier.apply(item, target)
        if name is None:
            return
        made = folder / name
        if made.exists():
            applier.refuse(item, "two files would have the same name")
            return
        unfinished.replace(made)
        applier.keep()
    finally:
        unfinished.unlink(missing_ok=True)


def _identifiers(item: Item, dicom: DicomChecker, options: Options) -> Iterator[Identifier]:
    """Yield the identifiers in the DICOM headers of an item, each once."""
    seen: set[tuple[str, str]] = set()
    try:
        for content in contents(item, options.policy.limits):
            if content.kind != "dicom":
                continue
            for each in each_of(dicom.check(content)):
                if isinstance(each, Identifier) and (each.kind, each.value) not in seen:
                    seen.add((each.kind, each.value))
                    yield each
    except Unreadable:
        return  # told by the applier
