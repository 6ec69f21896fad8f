"""Files and folders on this machine, as items."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable, UsageError
from fw_gear_deid_check.items import Item, Origin

_BIDS_SUBJECT = re.compile(r"(?:^|/)(sub-[A-Za-z0-9]+)(?=[/_.]|$)")


class FolderSource:
    """Yields every file below the given paths, in the order of their names.

    Symbolic links inside a folder are not followed, devices, sockets and pipes are not opened: both are items that
    can't be read, and so are "not checked". Nothing is written.

    Parameters
    ----------
    paths
        Files and folders. One folder gives paths below itself; of several, the folder's name comes first.
    exclude
        A folder that is left out: where the reports go, when it lies below a scanned one.
    """

    name = "folder"

    def __init__(self, paths: Sequence[Path], exclude: Path | None = None) -> None:
        for number, path in enumerate(paths, start=1):
            if not path.exists():
                raise UsageError(f"path {number} of {len(paths)} does not exist; check its spelling")
        self._roots = list(dict.fromkeys(path.resolve() for path in paths))
        self._exclude = exclude.resolve() if exclude else None
        if self._exclude in self._roots:
            raise UsageError("the reports would go into the scanned folder itself; choose another with --output")

    def items(self) -> Iterator[Item]:
        """Yield an item for each file."""
        taken: dict[str, int] = {}
        for root in self._roots:
            taken[root.name] = taken.get(root.name, 0) + 1
            name = root.name if taken[root.name] == 1 else f"{root.name}~{taken[root.name]}"
            if root.is_dir():
                prefix = f"{name}/" if len(self._roots) > 1 else ""
                cut = len(os.fspath(root).rstrip("/")) + 1
                for path, status in self._walk(os.fspath(root)):
                    yield _item(path, (prefix + path[cut:]) or name, status)
            else:
                yield _item(os.fspath(root), name, _status(os.fspath(root)))

    def _walk(self, root: str) -> Iterator[tuple[str, os.stat_result | None]]:
        """Yield the files below a folder, each with its status.

        A folder that can't be listed is yielded itself, to be said not to be readable.
        """
        exclude = None if self._exclude is None else os.fspath(self._exclude)
        left = [root]
        while left:
            path = left.pop()
            status = _status(path)
            if path != root and (status is None or not stat.S_ISDIR(status.st_mode)):
                yield path, status
                continue
            try:
                found = sorted(os.listdir(path), reverse=True)  # noqa: PTH208 - speed
            except OSError:
                yield path, status
                continue
            left += [each for name in found if (each := os.path.join(path, name)) != exclude]  # noqa: PTH118 - speed


def _status(path: str) -> os.stat_result | None:
    """Return the status of a file itself, of a link and not of what it leads to; None where it can't be read."""
    try:
        return os.lstat(path)
    except OSError:
        return None


def _item(path: str, name: str, status: os.stat_result | None) -> Item:
    """Return the item of a file; what can't be opened is found out when it is."""
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    size: int | None = None
    created: str | None = None
    opener: Callable[[], BinaryIO]
    if status is None:
        opener = partial(_refuse, "its status can't be read")
    else:
        size = status.st_size
        created = _moment(status.st_mtime_ns // 1_000_000_000)
        opener = partial(_open, path) if stat.S_ISREG(status.st_mode) else partial(_refuse, _why_not(status.st_mode))
    subject = _BIDS_SUBJECT.search(name)
    return Item(
        path=name,
        kind="file",
        opener=opener,
        size=size,
        subject=subject[1] if subject else None,
        origin=Origin(type="folder", created=created),
    )


@lru_cache(maxsize=1024)  # files of a series are written together
def _moment(seconds: int) -> str | None:
    """Return a time since the epoch as ISO 8601, UTC; None for what is no date: some file systems take any number."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None


def _open(path: str) -> BinaryIO:
    """Open a regular file, and not what may have taken its place."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise Unreadable(f"can't be opened: {os.strerror(error.errno or 0)}") from None
    return io.BufferedReader(io.FileIO(descriptor))


def _refuse(reason: str) -> BinaryIO:
    """Say why something is not opened."""
    raise Unreadable(reason)


def _why_not(mode: int) -> str:
    """Return the reason not to open what is no regular file."""
    if stat.S_ISLNK(mode):
        return "a symbolic link, which is not followed"
    return "a folder that can't be listed" if stat.S_ISDIR(mode) else "a device, pipe or socket, which is not opened"
