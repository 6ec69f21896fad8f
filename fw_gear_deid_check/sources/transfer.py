"""Transfer: the bytes of a file, or of one member of an archive, whole and as the site has them.

A transfer that broke off goes on where it was, if the site gives ranges and tells a hash that proves that the parts
belong together; else it begins anew.
"""

from __future__ import annotations

import hashlib
import re
import time
from typing import Any, BinaryIO

from fw_gear_deid_check.sources.site import AWAY, NoRoomError, Site, SiteError, told_of

ATTEMPTS = 3
"""Times that a download is tried before the file is "not checked"; the SDK's own retries come on top."""
CHUNK = 1 << 20
GRACE = 300.0
"""Seconds that a download may take whatever its size."""
SLOWEST = 64 << 10
"""Bytes a second below which a download is given up, once `GRACE` has passed."""


def download(
    site: Site,
    path: tuple[str, ...],
    into: BinaryIO,
    size: int | None,
    digest: str | None,
    room: int,
    *,
    member: str | None = None,
) -> None:
    """Write a file's bytes into ``into``, whole and as the site has them.

    Parameters
    ----------
    path
        Of the file's content.
    size, digest
        What the site says of it: bytes, and ``v0-sha384-`` with 96 hexadecimal digits; None where it doesn't.
    room
        Bytes that may be written at most.
    member
        Of an archive: that is fetched, inflated by the site, and not the whole.

    Raises
    ------
    SiteError
        After `ATTEMPTS`, or at once where trying again can't help.
    """
    transfer = _Transfer(site, path, into, size, digest, room, member)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return transfer.run()
        except SiteError as error:
            if error.final or attempt == ATTEMPTS:
                raise
            time.sleep(site.pause * 2 ** (attempt - 1))
    return None


class _Transfer:
    """One download, over all its attempts."""

    def __init__(
        self,
        site: Site,
        path: tuple[str, ...],
        into: BinaryIO,
        size: int | None,
        digest: str | None,
        room: int,
        member: str | None,
    ) -> None:
        self._site, self._path, self._into = site, path, into
        self._size, self._room = size, room
        known = re.fullmatch(r"v0-sha384-([0-9a-f]{96})", digest or "")
        self._sha384 = known[1] if known else None
        self._query = {} if member is None else {"member": member}
        self._may_go_on = member is None and self._sha384 is not None and size is not None
        self._begin()

    def _begin(self) -> None:
        """Forget what came so far."""
        self._into.seek(0)
        self._into.truncate()
        self._received, self._hash = 0, hashlib.sha384()

    def run(self) -> None:
        """Fetch what is missing, trying once."""
        response = self._ask()
        try:
            self._take(response)
        except SiteError:
            raise
        except OSError:
            raise NoRoomError("no room for the download", final=True) from None
        except Exception as error:  # noqa: BLE001 - any error of the transport; its text may hold the address
            raise told_of(error, f"download: cut short after {self._received} bytes") from None
        finally:
            response.close()
        size, received = self._size, self._received
        if size is None and received > self._room:
            raise NoRoomError(f"no room for the download, more than {self._room} bytes", final=True)
        if size is not None and received != size:
            more = "more than that" if received > size else f"{received} bytes"
            self._may_go_on = self._may_go_on and received < size
            raise SiteError(f"download cut short: the site says {size} bytes and sent {more}")
        if self._sha384 is not None and self._sha384 != self._hash.hexdigest():
            self._may_go_on = False
            raise SiteError("download damaged: its hash is not the one that the site says")

    def _ask(self) -> Any:
        """Return the answer that has the bytes that are missing."""
        start = self._received if self._may_go_on else 0
        if start:
            response = self._ask_rest(start)
            if response is not None and is_rest(response, start, self._size):
                return response
            self._begin()
            if response is not None and response.status_code == 200:
                return response  # the site takes no notice of ranges
            if response is not None:
                response.close()
        self._begin()
        return self._site.stream(self._path, self._query, {})

    def _ask_rest(self, start: int) -> Any:
        """Return the answer to a range; None where the site refuses it."""
        try:
            # Without `view` a range is not looked at.
            return self._site.stream(self._path, self._query | {"view": "true"}, {"Range": f"bytes={start}-"})
        except SiteError as error:
            self._may_go_on = False
            if error.status in AWAY:
                raise
            return None

    def _take(self, response: Any) -> None:
        """Write what comes."""
        most = self._room if self._size is None else self._size
        started, before = time.monotonic(), self._received
        for chunk in response.iter_content(CHUNK):
            self._received += len(chunk)
            if self._received > most:
                break
            if time.monotonic() - started > GRACE + (self._received - before) / SLOWEST:
                came = f"{self._received} bytes came in {GRACE:.0f} s and more"
                raise SiteError(f"download too slow: {came}", final=True)
            self._hash.update(chunk)
            self._into.write(chunk)


def is_rest(response: Any, start: int, size: int | None) -> bool:
    """Tell whether an answer is the rest of a file from a byte on, and nothing else."""
    headers = response.headers
    if response.status_code != 206 or headers.get("Content-Encoding", "identity") != "identity":
        return False
    return size is not None and headers.get("Content-Range", "") == f"bytes {start}-{size - 1}/{size}"
