r"""Rich Text Format: what a document says when its control words are taken away, and its escapes decoded.

``\'f8`` is a byte in the document's code page, ``\u248?`` a character with what an old reader shows in its place
(RTF 1.9.1). All groups are read: the author's name stands in one that isn't shown.
"""

from __future__ import annotations

import codecs
import re

MAGIC = "{\\rtf"
_TOKEN = re.compile(
    r"\\'([0-9A-Fa-f]{2})|\\([A-Za-z]{1,32})(-?[0-9]{1,10})?[ ]?"
    r"|\\([^A-Za-z'])|([{}])|([^\\{}\r\n]{1,65536})|[\r\n]+|\\"
)
_BREAKS = frozenset({"par", "line", "row", "sect", "page", "title", "author", "operator", "subject", "company"})
_BREAKS |= frozenset({"manager", "doccomm", "keywords", "category", "info", "fonttbl", "colortbl", "stylesheet"})
_SYMBOLS = {"tab": "\t", "cell": " | ", "emdash": "\N{EM DASH}", "endash": "\N{EN DASH}", "bullet": "* "}
_SYMBOLS |= {"lquote": "'", "rquote": "'", "ldblquote": '"', "rdblquote": '"', "emspace": " ", "enspace": " "}
_ESCAPED = {"~": " ", "_": "-", "-": "", "\\": "\\", "\n": "\n", "\r": "\n", "*": ""}


class RichText:
    """Reads a document piece by piece, and remembers its code page."""

    def __init__(self) -> None:
        self._page = "cp1252"
        self._skipped = 1
        self._skip = 0
        self._bytes = bytearray()

    def plain(self, piece: str) -> str:
        r"""Return a piece as text.

        >>> RichText().plain(r"{\rtf1\ansi F\'f8dsels\b nummer\b0 : 131{\i 25}428337\par Bj\u248?rn}")
        'Fødselsnummer: 13125428337\nBjørn\n'
        """
        found: list[str] = []
        for token in _TOKEN.finditer(piece):
            byte, word, number, symbol, brace, text = token.groups()
            if byte:
                if self._skip:
                    self._skip -= 1
                else:
                    self._bytes.append(int(byte, 16))
                continue
            if self._bytes:
                found.append(self._bytes.decode(self._page, "replace"))
                self._bytes.clear()
            if text:
                found.append(text[self._skip :])
                self._skip = max(0, self._skip - len(text))
            elif word:
                self._skip = 0
                found.append(self._word(word, int(number or 0), number is not None))
            elif symbol:
                self._skip, before = max(0, self._skip - 1), self._skip
                found.append("" if before else _ESCAPED.get(symbol, symbol if symbol in "{}" else ""))
            elif brace:
                self._skip = 0
        if self._bytes:
            found.append(self._bytes.decode(self._page, "replace"))
            self._bytes.clear()
        return "".join(found) + "\n"

    def _word(self, word: str, number: int, numbered: bool) -> str:
        """Return what a control word says."""
        if word == "u" and numbered:
            self._skip = self._skipped
            code = number % 0x10000
            return "" if 0xD800 <= code < 0xE000 else chr(code)
        if word == "uc":
            self._skipped = min(max(number, 0), 8)
        elif word == "ansicpg":
            self._page = _code_page(number)
        return "\n" if word in _BREAKS else _SYMBOLS.get(word, "")


def _code_page(number: int) -> str:
    name = "utf-8" if number == 65001 else f"cp{number}"
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name
