"""Compression methods of zip archives, inflated in bounded steps."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable, Iterator
from typing import Any, cast

from isal import igzip_lib

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.readers.entries import CHUNK

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
_ISAL_ERROR = cast("type[Exception]", igzip_lib.IsalError)
"""Its stub says that it is an exception, not a type of them."""

Inflate = Callable[[bytes, bool], Iterator[bytes]]


def _stored() -> Inflate:
    return lambda packed, last: iter((packed,))


def _bounded(make: Callable[[], Any], errors: tuple[type[Exception], ...]) -> Callable[[], Inflate]:
    """Return a maker of inflaters that never give more than `CHUNK` bytes at a time."""

    def inflater() -> Inflate:
        state = make()

        def inflate(packed: bytes, last: bool) -> Iterator[bytes]:
            try:
                data = state.decompress(packed, CHUNK)
                while data:
                    yield data
                    data = b"" if state.eof else state.decompress(b"", CHUNK)
                ended = state.eof
            except errors:
                raise Unreadable("damaged compressed data") from None
            if last and not ended:
                raise Unreadable("truncated compressed data")
            if ended and (state.unused_data or not last):
                raise Unreadable("bytes behind the compressed data")

        return inflate

    return inflater


class _Lzma:
    """LZMA as zip writes it: a header with its properties before the raw stream (APPNOTE 5.8.8)."""

    def __init__(self) -> None:
        self._head = b""
        self._state: lzma.LZMADecompressor | None = None

    def decompress(self, packed: bytes, size: int) -> bytes:
        if self._state is None:
            self._head += packed
            length = int.from_bytes(self._head[2:4], "little") if len(self._head) >= 4 else 1 << 16
            if len(self._head) < 4 + length:
                return b""
            if length != 5 or self._head[4] >= 225 or int.from_bytes(self._head[5:9], "little") > 64 * MIB:
                raise lzma.LZMAError
            properties = self._head[4]
            filters = [
                {
                    "id": lzma.FILTER_LZMA1,
                    "dict_size": max(4096, int.from_bytes(self._head[5:9], "little")),
                    "lc": properties % 9,
                    "lp": properties // 9 % 5,
                    "pb": properties // 45,
                }
            ]
            self._state = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
            packed = self._head[9:]
        return self._state.decompress(packed, size)

    @property
    def eof(self) -> bool:
        return self._state is not None and self._state.eof

    @property
    def unused_data(self) -> bytes:
        return self._state.unused_data if self._state is not None else b""


def _deflate() -> Any:
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)


INFLATERS: dict[int, Callable[[], Inflate]] = {
    STORED: _stored,
    DEFLATED: _bounded(_deflate, (_ISAL_ERROR, EOFError, ValueError)),
    BZIP2: _bounded(bz2.BZ2Decompressor, (OSError, EOFError, ValueError)),
    LZMA: _bounded(_Lzma, (lzma.LZMAError, EOFError, ValueError)),
}


def inflate_whole(method: int, packed: bytes, size: int) -> bytes:
    """Return a small member's bytes at once."""
    if method == STORED:
        data = packed
    elif method == DEFLATED:
        state = _deflate()
        try:
            data = state.decompress(packed, size + 1)
            if len(data) == size and not state.eof:
                data += state.decompress(b"", 1)
        except (_ISAL_ERROR, EOFError, ValueError):
            raise Unreadable("damaged compressed data") from None
        if len(data) <= size and not state.eof:
            raise Unreadable("truncated compressed data")
        if state.unused_data:
            raise Unreadable("bytes behind the compressed data")
    else:
        data = b""
        for chunk in INFLATERS[method]()(packed, True):
            data += chunk
            if len(data) > size:
                break
    if len(data) != size:
        raise Unreadable(f"{'larger' if len(data) > size else 'smaller'} than the zip directory says")
    return data
