"""Ahead: downloads of the next files while one is checked, with a bounded number of files and bytes on disk."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.items import Item
from fw_gear_deid_check.limits import GIB, Limits
from fw_gear_deid_check.sources import transfer
from fw_gear_deid_check.sources.site import NoRoomError, Site, SiteError

BYTES_AHEAD = 2 * GIB
"""Bytes that may lie on the disk for files whose turn has not come; a larger file waits for its turn."""

ITEMS_AHEAD = 64
"""Items that are looked at to find the next files."""


class Download:
    """Opener of a file on a site. Fetched when its turn comes, or before; gone when the next item is asked for."""

    def __init__(self, path: tuple[str, ...], size: int | None, digest: str | None, version: int | None = None) -> None:
        self.path = path
        self.size = size
        self.digest = digest
        self.version = version
        self._fetched: Future[Path] | None = None

    def start(self, fetched: Future[Path]) -> None:
        """Note who fetches it."""
        self._fetched = fetched

    @property
    def started(self) -> bool:
        """Whether it is being fetched or has been."""
        return self._fetched is not None

    @property
    def is_too_big(self) -> bool:
        """Whether it could not be fetched because there is no room for it."""
        return self._fetched is not None and isinstance(self._fetched.exception(), NoRoomError)

    def __call__(self) -> BinaryIO:
        """Return the bytes, complete; raise `Unreadable` where they could not be fetched."""
        if self._fetched is None:
            raise Unreadable("the file was asked for out of its turn")
        try:
            return self._fetched.result().open("rb")
        except SiteError as error:
            raise Unreadable(str(error)) from None
        except OSError:
            raise Unreadable("the downloaded file can't be opened") from None

    def drop(self) -> None:
        """Delete what was fetched."""
        if self._fetched is not None and not self._fetched.cancel():
            with contextlib.suppress(SiteError, OSError):
                self._fetched.result().unlink(missing_ok=True)


class Ahead:
    """Looks ahead in a stream of items and fetches what is coming; a ``with`` block that leaves nothing on disk."""

    def __init__(self, site: Site, limits: Limits, files: int = 2) -> None:
        self._site = site
        self._limits = limits
        self._files = files

    def __enter__(self) -> Ahead:
        self._folder = tempfile.TemporaryDirectory(prefix="deid-check-")
        self._pool = ThreadPoolExecutor(max_workers=max(1, self._files), thread_name_prefix="download")
        self._count = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._folder.cleanup()

    def over(self, items: Iterator[Item]) -> Iterator[Item]:
        """Yield the items in their order, each with its bytes fetched or being fetched."""
        waiting: deque[Item] = deque()
        for item in items:
            waiting.append(item)
            self._start(waiting)
            while waiting and self._is_turn(waiting):
                yield from self._turn(waiting)
        while waiting:
            yield from self._turn(waiting)

    def _is_turn(self, waiting: deque[Item]) -> bool:
        """Tell whether enough was looked ahead; a record has nothing to wait for."""
        files = sum(each.opener is not None for each in waiting)
        return waiting[0].opener is None or files > self._files or len(waiting) > ITEMS_AHEAD

    def _turn(self, waiting: deque[Item]) -> Iterator[Item]:
        """Yield the first item, then delete its bytes."""
        self._start(waiting, first=True)
        item = waiting[0]
        try:
            yield item
        finally:
            waiting.popleft()
            if isinstance(item.opener, Download):
                item.opener.drop()

    def _start(self, waiting: deque[Item], *, first: bool = False) -> None:
        """Fetch what fits into `BYTES_AHEAD`, in order; the file whose turn it is in any case."""
        room = BYTES_AHEAD
        for place, item in enumerate(waiting):
            if not isinstance(item.opener, Download):
                continue
            room -= BYTES_AHEAD if item.opener.size is None else item.opener.size
            if item.opener.started:
                continue
            if room >= 0 or (first and place == 0):
                item.opener.start(self._pool.submit(self._fetch, item.opener))
            else:
                return

    def _fetch(self, download: Download) -> Path:
        self._count += 1
        path = Path(self._folder.name) / f"{id(download):x}-{self._count}"
        room = min(self._limits.archive_total, shutil.disk_usage(self._folder.name).free)
        if (download.size or 0) > room:
            raise NoRoomError(f"no room for the download, {download.size} bytes", final=True)
        try:
            with path.open("wb") as file:
                transfer.download(self._site, download.path, file, download.size, download.digest, room)
        except BaseException:  # whatever ended it, and it goes on
            path.unlink(missing_ok=True)
            raise
        return path
