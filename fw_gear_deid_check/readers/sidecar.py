"""JSON of any shape and size: its values one by one, each with its path, in bounded memory.

The document is never built: there are sidecars of 50 MB, whose objects would take a gigabyte. Duplicate keys are all
seen, which a parser that builds a dict can't do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers.letters import decoded, sound

RUN_TEXT = 1024
"""Characters kept of a run of numbers."""
KEYS = 100_000
"""Distinct keys that are remembered, to tell each of them once."""

Path = tuple[str | int, ...]
EMBEDDED = -1
"""Step of a path from a string into the JSON that it holds; a pointer doesn't show it."""

_SPACE = re.compile(r"[ \t\r\n\ufeff]*+")
_NUMBER_FORM = r"-?(?:[0-9]++(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+|Infinity)|NaN"
_NUMBER = re.compile(_NUMBER_FORM)
_NUMBERS = re.compile(rf"(?:(?:{_NUMBER_FORM})[ \t\r\n]*+,[ \t\r\n]*+){{8,}}+")
_RUN = re.compile(r"[-+.\w]++")
_LITERAL = re.compile("true|false|null")
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Value:
    """Something that stands in a document.

    Attributes
    ----------
    path
        Keys and zero-based indices that lead to it; of a key, those of its object.
    text
        A string decoded, a number as it is written, several numbers of a list as they are written, a key.
    kind
        ``string``, ``number``, ``numbers`` or ``key``. Keys are told once.
    """

    path: Path
    text: str
    kind: str


def values(stream: BinaryIO, limits: Limits) -> Iterator[Value]:
    """Yield the keys and the populated values of a document, in its order; of null, true and false nothing.

    Several documents in one file, one a line, are read as one after the other.

    Raises
    ------
    Unreadable
        Where it stops being JSON, or is beyond a limit; what stood before it has been yielded.
    """
    return _Scanner(decoded(stream, limits.json_size), limits).values()


def values_of(text: str, limits: Limits) -> Iterator[Value]:
    """Yield the same of JSON that stands in a text."""
    return _Scanner((text,), limits).values()


class _Scanner:
    """Reads tokens from a window on the text; ``_text[_at:]`` is what was not read yet."""

    def __init__(self, chunks: Iterable[str], limits: Limits) -> None:
        self._chunks = iter(chunks)
        self._limits = limits
        self._text = ""
        self._at = 0
        self._before = 0
        self._seen: set[str] = set()

    def values(self) -> Iterator[Value]:
        path: list[str | int] = []
        while self._peek():
            yield from self._document(path)

    def _document(self, path: list[str | int]) -> Iterator[Value]:
        """Yield one value and all that is in it. ``path`` holds the key or index of each open object or list."""
        while True:
            opening = self._peek()
            if opening in {"{", "["}:
                self._at += 1
                if len(path) >= self._limits.sequence_depth:
                    raise Unreadable(f"objects inside objects deeper than {self._limits.sequence_depth}")
                closing = "}" if opening == "{" else "]"
                if self._peek() == closing:
                    self._at += 1
                elif opening == "{":
                    path.append("")
                    yield from self._key(path)
                    continue
                else:
                    path.append(0)
                    yield from self._numbers(path)
                    continue
            elif opening == '"':
                text = self._string()
                if text:
                    yield Value(tuple(path), text, "string")
            elif opening in "tfn":
                self._token(_LITERAL)
            else:
                yield Value(tuple(path), self._token(_NUMBER), "number")
            while True:
                if not path:
                    return
                inside = isinstance(path[-1], str)
                following = self._peek()
                if following == ",":
                    self._at += 1
                    if inside:
                        yield from self._key(path)
                    else:
                        path[-1] += 1  # type: ignore[operator]
                        yield from self._numbers(path)
                    break
                if following != ("}" if inside else "]"):
                    raise self._wrong()
                self._at += 1
                path.pop()

    def _key(self, path: list[str | int]) -> Iterator[Value]:
        if self._peek() != '"':
            raise self._wrong()
        key = self._string()
        if self._peek() != ":":
            raise self._wrong()
        self._at += 1
        if key not in self._seen:
            if len(self._seen) < KEYS:
                self._seen.add(key)
            yield Value(tuple(path[:-1]), key, "key")
        path[-1] = key

    def _numbers(self, path: list[str | int]) -> Iterator[Value]:
        """Yield a run of numbers in a list at once, its last number left for the next step."""
        self._peek()
        while run := _NUMBERS.match(self._text, self._at):
            yield Value(tuple(path), self._text[self._at : min(run.end(), self._at + RUN_TEXT)], "numbers")
            path[-1] += run.group().count(",")  # type: ignore[operator]
            self._at = run.end()
            self._peek()

    def _string(self) -> str:
        match = _STRING.match(self._text, self._at)
        while match is None:
            if len(self._text) - self._at > self._limits.element_text:
                raise Unreadable(f"a string of more than {self._limits.element_text} characters")
            if not self._more():
                raise self._wrong()
            match = _STRING.match(self._text, self._at)
        start, self._at = self._at, match.end()
        raw = self._text[start + 1 : self._at - 1]
        if "\\" not in raw:
            return sound(raw)
        try:
            text: str = scanstring(self._text, start + 1, False)[0]
        except ValueError:
            raise self._wrong() from None
        return sound(text)

    def _token(self, form: re.Pattern[str]) -> str:
        """Return a number or literal: as far as its characters go, which is known once others follow."""
        run = _RUN.match(self._text, self._at)
        while run and run.end() == len(self._text):
            if len(self._text) - self._at > self._limits.element_text:
                raise Unreadable(f"a number of more than {self._limits.element_text} digits")
            if not self._more():
                break
            run = _RUN.match(self._text, self._at)
        text = self._text[self._at :] if run is None else run.group()
        if not form.fullmatch(text):
            raise self._wrong()
        self._at += len(text)
        return text

    def _peek(self) -> str:
        """Return the next character that isn't space, '' at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _more(self) -> bool:
        chunk = next(self._chunks, "")
        self._before += self._at
        self._text = self._text[self._at :] + chunk
        self._at = 0
        return bool(chunk)

    def _wrong(self) -> Unreadable:
        return Unreadable(f"not JSON from character {self._before + self._at} on")


def pointer(path: Path) -> str:
    """Return a path as a pointer.

    >>> pointer(("global", "const", "OtherPatientIDs", 1))
    'global.const.OtherPatientIDs[1]'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path if part != EMBEDDED)
    return text.removeprefix(".")
