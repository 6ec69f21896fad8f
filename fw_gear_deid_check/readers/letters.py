"""Bytes to text: whole documents piece by piece, and the strings that stand in binary bytes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable

PIECE = 1 << 16
"""Characters of a document that are handed out at once, about."""
SHORTEST = 4
"""Shorter runs of printable characters are noise in binary bytes."""

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_RUN = re.compile(rb"(?:[\t\x20-\x7e]|[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|[\xa0-\xff]){%d,}+" % SHORTEST)
_WIDE_RUN = re.compile(rb"(?:[\t\x20-\x7e\xa0-\xff]\x00){%d,}" % SHORTEST)
_WIDE_BIG_RUN = re.compile(rb"(?:\x00[\t\x20-\x7e\xa0-\xff]){%d,}+" % SHORTEST)
_SURROGATE = re.compile("[\ud800-\udfff]")


def encoding_of(head: bytes) -> tuple[str, int]:
    r"""Return the encoding that the first bytes of a document tell, and the length of its byte order mark.

    Without a mark, every other byte zero means UTF-16; else UTF-8, which `pieces` gives up for Latin-1 where it fails.

    >>> encoding_of(b"{\x00}\x00"), encoding_of(b"caf\xc3\xa9")
    (('utf-16-le', 0), ('utf-8', 0))
    """
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, len(mark)
    sample = head[:256]
    if len(sample) >= 4:
        half = len(sample) // 2
        if sample[1::2].count(0) > 0.7 * half and sample[::2].count(0) == 0:
            return "utf-16-le", 0
        if sample[::2].count(0) > 0.7 * half and sample[1::2].count(0) == 0:
            return "utf-16-be", 0
    return "utf-8", 0


def decoded(stream: BinaryIO, limit: int, chunk: int = 1 << 20) -> Iterator[str]:
    """Yield the text of a document, about ``chunk`` bytes at a time; what isn't UTF-8 is read as Latin-1.

    Raises
    ------
    Unreadable
        After ``limit`` bytes, if there are more; at the end, if there were zero bytes in it: something else than text
        stands there, an archive perhaps.
    """
    data = stream.read(chunk)
    encoding, mark = encoding_of(data)
    decoder = codecs.getincrementaldecoder(encoding)("strict" if encoding == "utf-8" else "replace")
    data = data[mark:]
    done = 0
    binary = False
    while True:
        done += len(data)
        if done > limit:
            raise Unreadable(f"text of more than {limit} bytes")
        following = stream.read(chunk)
        pending = decoder.getstate()[0]
        try:
            text = decoder.decode(data, final=not following)
        except UnicodeDecodeError:
            decoder = codecs.getincrementaldecoder("latin-1")("strict")
            text = decoder.decode(pending + data)
        if text:
            yield text
        binary = binary or "\0" in text
        if not following:
            break
        data = following
    if binary:
        raise Unreadable("bytes that are no text stand in it")


def pieces(stream: BinaryIO, limit: int, size: int = PIECE) -> Iterator[str]:
    """Yield the text of a document in pieces of ``size`` characters, cut at the end of a line if they can be."""
    rest = ""
    for text in decoded(stream, limit):
        rest += text
        start = 0
        while len(rest) - start > 2 * size:
            end = rest.rfind("\n", start, start + size) + 1 or start + size
            yield rest[start:end]
            start = end
        rest = rest[start:]
    if rest:
        yield rest


def _end(text: str, start: int, end: int) -> int:
    """Return where to cut: after a line, else a paragraph of XML, else a tag, else a word, where there is one."""
    for mark in ("\n", "p>", ">", " "):
        found = text.rfind(mark, start, end)
        if found >= 0:
            return found + len(mark)
    return end


def strings(data: bytes) -> list[str]:
    r"""Return the text that stands in bytes of unknown make: the whole where it is text, else its readable runs.

    >>> strings(b"Doe, Jane\0\0"), strings(b"\x01\x02D\0o\0e\0 \0J\0\x07 rest")
    (['Doe, Jane'], ['Doe J', ' rest'])
    >>> strings(b"\x00\x00\x00\x04\x00J\x00a\x00n\x00eIloc")
    ['Jane', 'Iloc']
    """
    data = data.strip(b"\0")
    if not data:
        return []
    encoding, mark = encoding_of(data)
    try:
        text = data[mark:].decode(encoding)
    except UnicodeDecodeError:
        text = "\x01"
    if "\0" not in text and sum(not (c.isprintable() or c in "\t\r\n") for c in text) * 20 <= len(text):
        return [text]
    wide: list[str] = []

    def big(run: re.Match[bytes]) -> bytes:
        """Take big-endian text out; zeros that go on after it belong to the letters before them: little-endian."""
        if data[run.end() : run.end() + 1] == b"\0":
            return run.group()
        wide.append(run.group()[1::2].decode("latin-1"))
        after_text = data[max(run.start() - 1, 0) : run.start()].isalnum()
        return run.group() if after_text else b"\0\0"  # it may be either: both are read

    data = _WIDE_BIG_RUN.sub(big, data)
    wide += [run.group()[::2].decode("latin-1") for run in _WIDE_RUN.finditer(data)]
    narrow = [text_of(run.group()) for run in _RUN.finditer(_WIDE_RUN.sub(b"\0", data))]
    return wide + narrow


def wide(data: bytes) -> list[str]:
    r"""Return what bytes that are said to be UTF-16 are in either byte order, where most of it is letters.

    >>> "张伟明" in wide("张伟明".encode("utf-16-be")), wide(b"\0\1" * 3)
    (True, [])
    """
    readings = [data[: len(data) // 2 * 2].decode(name, "replace") for name in ("utf-16-le", "utf-16-be")]
    texts = [text.strip("\0\ufeff ") for text in readings]
    return [text for text in texts if sum(map(str.isalnum, text)) * 2 > len(text) > 1 and len(set(text)) > 1]


def field(data: bytes) -> str:
    r"""Return a fixed-width text field: up to its first NUL, as UTF-8 or Latin-1, without padding.

    >>> field(b"FSL5.0\0\0")
    'FSL5.0'
    """
    return text_of(data.split(b"\0", 1)[0]).strip()


def fields(data: bytes) -> list[str]:
    r"""Return the texts of a fixed-width field, what stands behind its first NUL included: it may be older text.

    >>> fields(b"MPRAGE\0JANE DOE\0\0")
    ['MPRAGE', 'JANE DOE']
    """
    first, _, rest = data.partition(b"\0")
    texts = [text_of(first).strip()]
    texts += [text_of(part).strip() for part in rest.split(b"\0") if len(part) >= SHORTEST]
    return [text for text in texts if text]


def recoded(text: str) -> str:
    """Return what was read as Latin-1 as the UTF-8 that it is, where it is.

    >>> recoded("KÃ¥re"), recoded("Kåre")
    ('Kåre', 'Kåre')
    """
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


def sound(text: str) -> str:
    """Return the text without lone surrogates, which no report could be written with."""
    return _SURROGATE.sub("\ufffd", text)


def text_of(data: bytes) -> str:
    """Return bytes as UTF-8 where they are, else as Latin-1."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
