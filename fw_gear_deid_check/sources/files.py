"""Files: the files of containers and analyses, as items."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.items import Item, Origin, Parents
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.sources import answers, transfer
from fw_gear_deid_check.sources.ahead import Download
from fw_gear_deid_check.sources.records import Unloaded, has_info, is_zip, record_of, step
from fw_gear_deid_check.sources.site import Json, Site, SiteError

METADATA_ONLY = "metadata only: its bytes were not read"
NO_NAME = "the site gave a file without a name"

Owner = tuple[str, str]
"""Plural and id of the container or analysis that a file is in."""


class Files:
    """Makes items of the files that a site tells of.

    Parameters
    ----------
    gear
        Name of this gear, whose reports are left out, and counted in `left_out`; with ``""`` they are not.
    metadata_only
        Download nothing: of an archive there is what the site tells of its members.
    """

    def __init__(self, site: Site, limits: Limits, gear: str, *, metadata_only: bool) -> None:
        self._site = site
        self._limits = limits
        self._gear = gear
        self._metadata_only = metadata_only
        self._asked: dict[str, Future[Mapping[str, Any]]] = {}
        self.left_out = 0

    def items(
        self, owner: Owner, listed: list[Json | None], trail: tuple[str, ...], parents: Parents, *, ours: bool = False
    ) -> Iterator[Item]:
        """Yield the files of a container or analysis; the reports of this gear are left out."""
        for file in listed:
            if file is None:
                subject = parents.subject[0] if parents.subject else None
                path = "/".join([*trail, "file without a name"])
                yield Item(path, "file", _nameless, record=Unloaded(NO_NAME), subject=subject, parents=parents)
            elif answers.is_report(file, self._gear, inside=ours):
                self.left_out += 1
            else:
                yield self.item(owner, file, trail, parents)

    def item(self, owner: Owner, file: Json, trail: tuple[str, ...], parents: Parents) -> Item:
        """Return a file."""
        content, size = (*owner, "files", file["name"]), file.get("size")
        download = None
        if not self._metadata_only:
            download = Download(content, size, file.get("hash"), file.get("version"))
        origin = {key: answers.text(value) for key, value in file["origin"].items()}
        return Item(
            path="/".join([*trail, step(file["name"])]),
            kind="file",
            opener=download or _refuse,
            size=size,
            id=file.get("file_id") or file.get("_id"),
            record=self._record(owner, file),
            subject=parents.subject[0] if parents.subject else None,
            origin=Origin(origin.get("type"), origin.get("id"), origin.get("name"), file.get("created")),
            parents=parents,
            listing=partial(self._listing, owner, file, download),
            member=None if download is None else partial(self._member, content),
        )

    def ask_ahead(self, owner: Owner, data: Json, pool: Executor) -> None:
        """Have the archives of a container listed before it is their turn."""
        for file in answers.files(data) or []:
            if file is None or not is_zip(file) or answers.is_report(file, self._gear):
                continue
            place = "/".join((*owner, file["name"]))
            if place not in self._asked:
                self._asked[place] = pool.submit(self._list, owner, file, METADATA_ONLY)

    def _listing(self, owner: Owner, file: Json, download: Download | None) -> Mapping[str, Any] | None:
        """Return what the site tells of an archive that is not downloaded; None where nothing says that it is one."""
        if not is_zip(file):
            return None
        if download is not None:
            return self._list(owner, file, "no room for the download") if download.is_too_big else None
        asked = self._asked.pop("/".join((*owner, file["name"])), None)
        return self._list(owner, file, METADATA_ONLY) if asked is None else asked.result()

    def _list(self, owner: Owner, file: Json, why: str) -> Mapping[str, Any]:
        """Ask for the members of an archive, and say why where that fails."""
        try:
            if file.get("file_id"):
                told = self._site.get("files", file["file_id"], "zip_info")
            else:
                told = self._site.get(*owner, "files", file["name"], info="true")
        except SiteError as error:
            raise Unreadable(f"{why}; its members could not be listed: {error}") from None
        return told if isinstance(told, Mapping) else {}

    def _member(self, content: tuple[str, ...], name: str, size: int) -> BinaryIO:
        """Return the bytes of one member of an archive, which the site inflates."""
        stream: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        try:
            room = min(self._limits.member_size, shutil.disk_usage(tempfile.gettempdir()).free)
            if size > room:
                raise SiteError(f"no room for the member, {size} bytes", final=True)
            transfer.download(self._site, content, stream, size, None, room, member=name)
        except (SiteError, OSError) as error:
            with suppress(OSError):
                stream.close()
            raise Unreadable(str(error) if isinstance(error, SiteError) else "no room for the member") from None
        stream.seek(0)
        return stream

    def _record(self, owner: Owner, file: Json) -> Mapping[str, Any]:
        """Return what the site keeps of a file; asked for where the container's answer leaves ``info`` or tags open."""
        if not has_info(file) or "tags" not in file:
            try:
                if file.get("file_id"):
                    asked = self._site.get("files", file["file_id"])
                else:
                    asked = self._site.get(*owner, "files", file["name"], "info")
            except SiteError as error:
                return Unloaded(str(error))
            if not isinstance(asked, dict):
                return Unloaded("the site's answer is no file")
            file = asked
        return {name: value for name, value in record_of(file).items() if name != "name"}


def _refuse() -> BinaryIO:
    raise Unreadable(METADATA_ONLY)


def _nameless() -> BinaryIO:
    raise Unreadable(NO_NAME)
