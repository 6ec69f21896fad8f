"""Progress of a run: a line that renews itself on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self, TextIO

EVERY = 5.0
"""Seconds between two lines where the output is no terminal."""
RENEW = 0.1
"""Seconds between two renewals on a terminal."""


class Progress:
    """Tells how far a run is; called by the loop with the items done and what is under way."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet
        self._terminal = stream.isatty()
        self._next = time.monotonic() + (0 if self._terminal else EVERY)
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown and self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def __call__(self, done: int, doing: str) -> None:
        """Show how many items are done and what is under way, when it is time to."""
        now = time.monotonic()
        if self._quiet or now < self._next:
            return
        self._shown = True
        self._next = now + (RENEW if self._terminal else EVERY)
        line = f"checked {done:,} items, now {doing}"
        self._stream.write(f"\r\x1b[K{line}" if self._terminal else f"{line}\n")
        self._stream.flush()
