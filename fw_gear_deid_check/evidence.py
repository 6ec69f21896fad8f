"""Evidence: what may be told of a value. The one place from which a value can pass into a report.

A report tells its shape, its length and a fingerprint that is keyed anew for each run.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from collections.abc import Callable

SHAPE_RUN = 12
"""Runs of one kind of character longer than this are shortened in a shape."""
SHAPE_LENGTH = 120
"""Shapes longer than this are cut."""


class Evidence:
    """What may be told of a value: its shape, its length in characters, and a fingerprint keyed for this run.

    Worked out when a report asks for it: most sightings are rolled up before. The value itself stays inside, and comes
    out of `value` only where the run shows values.
    """

    __slots__ = ("_identity", "_masker", "_value")

    def __init__(self, value: str, identity: str | Callable[[str], str] | None, masker: Masker) -> None:
        self._value = value
        self._identity = identity
        self._masker = masker

    def __repr__(self) -> str:
        return f"Evidence(length={self.length})"

    @property
    def shape(self) -> str:
        """The value's classes of characters: see `shape`."""
        return shape(self._value)

    @property
    def length(self) -> int:
        """Length of the value in characters."""
        return len(self._value)

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that values with one identity share within a run."""
        identity = self._identity
        if identity is None:
            identity = fold(self._value)
        elif not isinstance(identity, str):
            identity = identity(self._value)
        return self._masker.fingerprint(identity)

    @property
    def value(self) -> str | None:
        """The value where the run shows values, else None."""
        return self._value if self._masker.show_values else None


class Masker:
    """Turns values into evidence: the only place where a value can pass into a report.

    Parameters
    ----------
    show_values
        Let evidence give the value itself (``--show-values``).
    key
        Key of the fingerprints; made anew for each run where none is given.
    """

    def __init__(self, *, show_values: bool = False, key: bytes | None = None) -> None:
        self.show_values = show_values
        self._key = key or secrets.token_bytes(32)

    def evidence(self, value: str, identity: str | Callable[[str], str] | None = None) -> Evidence:
        """Return the evidence for a value.

        Parameters
        ----------
        value
            What was found, as text.
        identity
            What it is the same as, whatever its disguise, or a function that tells (`detectors.known.identity`);
            values with one identity share a fingerprint. The folded value where none is given.
        """
        return Evidence(value, identity, self)

    def fingerprint(self, identity: str) -> str:
        """Return 12 hexadecimal digits that equal identities of one run share and that tell nothing else."""
        return hmac.digest(self._key, identity.encode("utf-8", "surrogatepass"), "sha256").hex()[:12]

    def text(self, value: str) -> str:
        """Return the value where values are shown, else its shape."""
        return value if self.show_values else shape(value)


def shape(value: str) -> str:
    """Return the value with letters as ``A`` or ``a``, digits as ``9``, other characters kept, long runs shortened.

    >>> shape("Doe^Jane 1980")
    'Aaa^Aaaa 9999'
    >>> shape("x" * 40)
    'aaaaaaaaaaaa…'
    """
    text = value[: SHAPE_LENGTH * 4]
    text = text.translate(_ASCII) if text.isascii() else "".join(map(_class, text))
    text = _LONG_RUN.sub(lambda run: f"{run[1] * SHAPE_RUN}…", text)
    return text if len(text) <= SHAPE_LENGTH else text[: SHAPE_LENGTH - 1] + "…"


def _class(character: str) -> str:
    """Return what stands for a character in a shape."""
    if character.isalpha():
        return "A" if character.isupper() else "a"
    if character.isdigit():
        return "9"
    return character if character.isprintable() else "·"


_ASCII = {code: _class(chr(code)) for code in range(128)}
_LONG_RUN = re.compile(rf"(.)\1{{{SHAPE_RUN},}}", re.DOTALL)


def fold(value: str) -> str:
    """Return the value without case, diacritics and surrounding space: what a comparison should see.

    >>> fold(" MÜLLER ")
    'muller'
    """
    decomposed = unicodedata.normalize("NFKD", value)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).casefold().strip()
