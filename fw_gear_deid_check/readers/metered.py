"""Metered: a stream that bounds how much pydicom reads of a header, and how often."""

from __future__ import annotations

from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import MIB

HEADER_BYTES = 128 * MIB
"""Bytes that are read of a header, pixel data apart."""
HEADER_READS = 400_000
"""Times that pydicom reads from a header, two or three for each data element."""


class Metered:
    """A stream that gives so many bytes, so many times, and then refuses: what pydicom reads it holds."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = HEADER_BYTES
        self._reads = HEADER_READS
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; raise `errors.Unreadable` where they are too many."""
        if size is None or size < 0:  # that is how pydicom reads what it then inflates, however much comes out
            raise Unreadable("not inspected: a deflated data set with a damaged header")
        data = self._stream.read(min(size, self._left + 1))
        self._left -= len(data)
        self._reads -= 1
        if self._left < 0 or self._reads < 0:
            raise Unreadable("not inspected: the header is too large")
        return data

    def close(self) -> None:
        """Leave the stream open: it isn't ours."""
