"""Decodes the text of data elements: Specific Character Set (0008,0005), code extensions included (PS3.5 6.1).

Decoding never fails: what a character set can't decode is read as UTF-8, then as Latin-1, so that text stays text.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SINGLE = {
    "": "ascii",
    "ISO_IR 6": "ascii",
    "ISO_IR 100": "latin-1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 144": "iso8859_5",
    "ISO_IR 127": "iso8859_6",
    "ISO_IR 126": "iso8859_7",
    "ISO_IR 138": "iso8859_8",
    "ISO_IR 148": "iso8859_9",
    "ISO_IR 203": "iso8859_15",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "iso8859_11",
    "ISO_IR 192": "utf-8",
    "GB18030": "gb18030",
    "GBK": "gbk",
    "ISO_IR 58": "gb2312",
    "ISO_IR 149": "euc_kr",
}
"""Codecs by defined term, PS3.3 C.12.1.1.2."""

SINGLE_BYTE = frozenset(name for name in _SINGLE.values() if name.startswith("iso8859"))
"""Codecs of scripts beyond Western Europe's, a byte a character."""

_ESCAPES = {
    b"\x1b(B": "ascii",
    b"\x1b(J": "shift_jis",
    b"\x1b)I": "shift_jis",
    b"\x1b-A": "latin-1",
    b"\x1b-B": "iso8859_2",
    b"\x1b-C": "iso8859_3",
    b"\x1b-D": "iso8859_4",
    b"\x1b-L": "iso8859_5",
    b"\x1b-G": "iso8859_6",
    b"\x1b-F": "iso8859_7",
    b"\x1b-H": "iso8859_8",
    b"\x1b-M": "iso8859_9",
    b"\x1b-b": "iso8859_15",
    b"\x1b-T": "iso8859_11",
    b"\x1b$)C": "euc_kr",
    b"\x1b$)A": "gb2312",
    b"\x1b$B": "iso2022_jp_2",
    b"\x1b$@": "iso2022_jp_2",
    b"\x1b$(D": "iso2022_jp_2",
}
"""Codecs by the escape sequence that switches to them, PS3.3 C.12.1.1.2."""

_ESCAPE = re.compile(rb"(\x1b(?:\$[()][A-D]|\$[@AB]|[()\-][A-Zb]))")
_WITH_ESCAPE = "iso2022_jp_2"
"""The codec that wants to see the escape sequence itself."""
UTF16 = re.compile(rb"(?:[\x20-\x7e\r\n\t]\x00){4,}")
PRINTABLE = re.compile(rb"(?:[\x20-\x7e\r\n\t]|[\xc3-\xc5\xce-\xd1\xd7-\xdb][\x80-\xbf]|[\xe1-\xed][\x80-\xbf]{2}){6,}")
"""Runs of UTF-8: ASCII, the letters of Europe, Hebrew, Arabic, and the scripts of Asia."""
_PLAIN = re.compile(r"[^\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]*")
_ODD = re.compile(r"[^\w\s^=,.\-:/\\]")
_WORDS = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}|[0-9]{2,}|[^\W_A-Za-z0-9]{2,}")
_FLAT = re.compile(r"([A-Za-z1-9])\1{5}")
CODECS = 8
"""Values of (0008,0005) that are looked at."""
FRAGMENTS = 2000
"""Runs of text that are taken out of one binary value."""


@lru_cache(maxsize=1000)
def codec(character_set: bytes) -> str:
    """Return the codec of the first value of (0008,0005); of an unknown term, that of the default repertoire."""
    first = character_set.split(b"\\")[0].decode("latin-1").strip(" \0").upper()
    return _SINGLE.get(first.replace("ISO 2022 IR", "ISO_IR").replace("ISO IR", "ISO_IR"), "ascii")


@lru_cache(maxsize=1000)
def codecs(character_set: bytes) -> tuple[str, ...]:
    r"""Return the codecs of all values of (0008,0005) that say more than UTF-8 and Latin-1 would.

    >>> codecs(b"ISO_IR 192"), codecs(rb"\ISO 2022 IR 149")
    ((), ('euc_kr',))
    """
    names = [codec(part) for part in character_set.split(b"\\")[:CODECS]]
    return tuple(dict.fromkeys(name for name in names if name not in {"ascii", "latin-1", "utf-8"}))


def decode(value: bytes, character_set: bytes) -> str:
    r"""Return the text of a value, padding included.

    >>> decode(b"Buc^J\xe9r\xf4me", b"ISO_IR 100")
    'Buc^Jérôme'
    """
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    base = codec(character_set)
    if b"\x1b" not in value:
        return _decode(value, base)
    parts = _ESCAPE.split(value)
    text = [_decode(parts[0], base)]
    for escape, part in zip(parts[1::2], parts[2::2], strict=True):
        name = _ESCAPES.get(escape, base)
        text.append(_decode(escape + part if name == _WITH_ESCAPE else part, name))
    return "".join(text)


def _decode(value: bytes, name: str) -> str:
    for attempt in (name, "utf-8"):
        try:
            return value.decode(attempt)
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")


def plausible(value: bytes, character_set: bytes = b"") -> str | None:
    r"""Return bytes of unknown meaning as text, where all of them are text; else None.

    Tried are UTF-16, UTF-8, the data set's own character set and Latin-1.

    >>> plausible("Jane Doe".encode("utf-16-le")), plausible(b"Doe^Jane\0"), plausible(bytes(range(16)))
    ('Jane Doe', 'Doe^Jane', None)
    >>> plausible("Петров".encode("iso8859_5"), b"ISO_IR 144")
    'Петров'
    """
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if value.startswith(mark):
            return _sound(_strict(value[2 : 2 + (len(value) - 2) // 2 * 2], encoding))
    value = value.strip(b"\0")
    if not value:
        return None
    if b"\0" in value:
        if value[1::2].count(0) * 3 < len(value):
            return None
        return _sound(_strict(value + b"\0" * (len(value) % 2), "utf-16-le"))
    if b"\x1b" in value and _ESCAPE.search(value):
        return _plain(decode(value, character_set))
    text = _strict(value, "utf-8")
    for name in codecs(character_set) if text is None else ():
        text = text or _sound(_strict(value, name))
    if text is None:
        text = value.decode("latin-1")
        if sum(byte >= 0x80 for byte in value) * 4 > len(value):
            return None
    return _plain(text)


def _strict(value: bytes, encoding: str) -> str | None:
    try:
        return value.decode(encoding)
    except UnicodeDecodeError:
        return None


def _plain(text: str | None) -> str | None:
    """Return text without control characters, else None."""
    return text if text is not None and _PLAIN.fullmatch(text) else None


def _sound(text: str | None) -> str | None:
    """Return text most of which is letters and digits, else None."""
    text = None if text is None else text.strip("\0\ufeff")
    return text if _plain(text) and text and len(_ODD.sub("", text)) * 10 >= len(text) * 8 else None


def reads(text: str) -> bool:
    """Tell whether a text reads like words and numbers, as the bytes of other numbers hardly ever do by chance.

    >>> [reads(text) for text in ("MRN: 41500632", "Doe^Jane", "xQ?k3$Lp}a", "aaaaaaaabbbbbbbb")]
    [True, True, False, False]
    """
    return sum(len(word[0]) for word in _WORDS.finditer(text)) * 2 >= len(text) and not _FLAT.search(text)


def fragments(value: bytes) -> str:
    r"""Return the runs of text in binary bytes, UTF-8 of Europe and UTF-16LE of ASCII, one a line.

    >>> fragments(b"\x01\x02Doe^Jane\xff\xfe" + "Doe".encode("utf-16-le") + b"\x03")
    'Doe^Jane'
    """
    found: list[str] = []
    for pattern, name in ((PRINTABLE, "utf-8"), (UTF16, "utf-16-le")):
        for match in pattern.finditer(value):
            text = match[0].decode(name, "ignore").strip()
            if len(text) >= 4 and len(_ODD.sub("", text)) * 5 >= len(text) * 3:
                found.append(text)
            if len(found) >= FRAGMENTS:
                return "\n".join(found)
    return "\n".join(found)
