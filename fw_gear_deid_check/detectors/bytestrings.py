"""Text in bytes of unknown make: runs of UTF-8 or Latin-1, and of UTF-16 in both byte orders."""

from __future__ import annotations

import re
from collections.abc import Iterator

BYTES = re.compile(rb"[\t\x20-\x7e\x80-\xff]{4,65536}")
_BASIC = rb"[\t\x20-\x7e\xa0-\xff]"
WIDE_LITTLE = re.compile(
    rb"(?:%b\x00|[\x00-\xff][\x01\x1e](?=%b\x00))(?:%b\x00|[\x00-\xff][\x01-\x05\x1e\x20]){2,32768}"
    % (_BASIC, _BASIC, _BASIC)
)
WIDE_BIG = re.compile(
    rb"(?:\x00%b|[\x01\x1e][\x00-\xff](?=\x00%b))(?:\x00%b|[\x01-\x05\x1e\x20][\x00-\xff]){2,32768}"
    % (_BASIC, _BASIC, _BASIC)
)
"""Latin letters with and without marks, Greek and Cyrillic; a Latin one starts, so that the alignment is right."""


def strings(data: bytes) -> Iterator[tuple[int, int, str]]:
    r"""Yield (offset in bytes, bytes a character, text); what isn't text is skipped.

    >>> [text for _, _, text in strings(b"\x00\x01DOE^JANE\x00\x02")]
    ['DOE^JANE']
    """
    for run in BYTES.finditer(data):
        raw = run[0]
        if raw.isascii():
            yield run.start(), 1, raw.decode("ascii")
            continue
        try:
            yield run.start(), 1, raw.decode("utf-8")
        except UnicodeDecodeError:
            yield run.start(), 1, raw.decode("latin-1")
    if b"\0" not in data:
        return
    for pattern, encoding in ((WIDE_LITTLE, "utf-16-le"), (WIDE_BIG, "utf-16-be")):
        for run in pattern.finditer(data):
            text = run[0].decode(encoding, "replace")
            if sum(map(str.isalnum, text)) * 2 >= len(text):
                yield run.start(), 2, text
