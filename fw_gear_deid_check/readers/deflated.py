"""Deflated data sets (PS3.5 A.5), inflated within bounds before pydicom sees them."""

from __future__ import annotations

import tempfile
import zlib
from typing import BinaryIO

from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import GIB, MIB

INFLATED = GIB
"""Bytes of a deflated data set."""
_DEFLATED = DeflatedExplicitVRLittleEndian.encode()


def inflated(stream: BinaryIO) -> BinaryIO:
    """Return a deflated data set inflated, with the transfer syntax that it has then; any other stream as it is."""
    stream.seek(0)
    head = stream.read(4 * 1024)
    stream.seek(0)
    if _DEFLATED not in head or head[128:132] != b"DICM" or head[132:136] != b"\x02\x00\x00\x00":
        return stream
    end = 144 + int.from_bytes(head[140:144], "little")
    if end > len(head) or _DEFLATED not in head[:end]:
        return stream
    target: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - the image closes it
    try:
        target.write(head[:end].replace(_DEFLATED, str(ExplicitVRLittleEndian).encode().ljust(len(_DEFLATED), b"\0")))
        stream.seek(end)
        _inflate(stream, target)
    except Unreadable:
        target.close()
        raise
    target.seek(0)
    return target


def _inflate(stream: BinaryIO, target: BinaryIO) -> None:
    inflate, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    try:
        while not inflate.eof and (data := inflate.unconsumed_tail or stream.read(MIB)):
            piece = inflate.decompress(data, MIB)
            size += len(piece)
            if size > INFLATED:
                raise Unreadable(f"not inspected: the deflated data set is larger than {INFLATED} bytes")
            target.write(piece)
    except zlib.error:
        raise Unreadable("not inspected: the deflated data set is damaged") from None
