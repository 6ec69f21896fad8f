r"""Escapes: characters that are written as others, in text that is read as it stands.

URLs and names of files have ``%5E``, XML and HTML ``&#94;`` and ``&eacute;``, JSON and source code ``\u00e9``. Each is
decoded once, and only to characters that are seen.
"""

from __future__ import annotations

import html
import re

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_UNICODE = re.compile(r"(?:\\u[0-9A-Fa-f]{4})+")


_FLOOD = re.compile(r"&#(?:[xX][0-9A-Fa-f]{7,}|[0-9]{8,})")
"""Numbers of no character; Python refuses to read thousands of digits."""


def of_markup(text: str) -> str:
    """Return text of XML or HTML with its character references decoded, those without a semicolon, too.

    >>> of_markup("&#74ane &lt; " + "&#" + "9" * 5000 + ";")
    'Jane <  ;'
    """
    return html.unescape(_FLOOD.sub(" ", text)) if "&" in text else text


def unescaped(text: str) -> str | None:
    r"""Return what a text says when its escapes are decoded; None where it has none.

    >>> unescaped("Hsieh%5EChia-Ling"), unescaped("&#74;ane"), unescaped(r"F\u00f8dt"), unescaped("100%, 5%00")
    ('Hsieh^Chia-Ling', 'Jane', 'Født', None)
    """
    decoded = text
    if "%" in decoded:
        decoded = _PERCENT.sub(_of_bytes, decoded)
    if "&" in decoded and ";" in decoded:
        decoded = _REFERENCE.sub(_of_reference, decoded)
    if "\\u" in decoded:
        decoded = _UNICODE.sub(_of_units, decoded)
    return None if decoded == text else decoded


def readings(text: str) -> tuple[str, ...]:
    """Return the text as it stands, and as it is when its escapes are decoded where it has some."""
    if "%" not in text and "&" not in text and "\\u" not in text:
        return (text,)
    other = unescaped(text)
    return (text,) if other is None else (text, other)


def _of_bytes(escape: re.Match[str]) -> str:
    data = bytes.fromhex(escape[0].replace("%", ""))
    try:
        return _seen(data.decode("utf-8"), escape[0])
    except UnicodeDecodeError:
        return _seen(data.decode("latin-1"), escape[0])


def _of_reference(escape: re.Match[str]) -> str:
    return _seen(html.unescape(escape[0]), escape[0])


def _of_units(escape: re.Match[str]) -> str:
    units = bytes.fromhex(escape[0].replace("\\u", ""))
    return _seen(units.decode("utf-16-be", "replace"), escape[0])


def _seen(decoded: str, written: str) -> str:
    """Return what was decoded where all of it is printable or a break between words, else what was written."""
    return decoded if all(each.isprintable() or each in "\t\r\n\xa0" for each in decoded) else written
