"""Errors that are raised on purpose.

Every message is one line, says what is wrong and what to do, and holds nothing that was read from data.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class DeidCheckError(Exception):
    """Base of every error that this package raises on purpose."""


class UsageError(DeidCheckError):
    """What the user asked for can't be done: exit status 2, nothing was checked."""


class PolicyError(UsageError):
    """A policy is wrong. ``mistakes`` lists all of them, one line each."""

    def __init__(self, name: str, mistakes: list[str]) -> None:
        super().__init__(f"policy {name}: {len(mistakes)} mistake(s): " + "; ".join(mistakes))
        self.name = name
        self.mistakes = mistakes


class ProfileError(UsageError):
    """A de-identification profile is wrong. ``mistakes`` lists all of them, one line each."""

    def __init__(self, name: str, mistakes: list[str]) -> None:
        super().__init__(f"profile {name}: {len(mistakes)} mistake(s): " + "; ".join(mistakes))
        self.name = name
        self.mistakes = mistakes


class Unreadable(DeidCheckError):
    """Content can't be read, or not to its end. ``reason`` goes into the report as it is.

    A caller turns it into "not checked". The reason is made of our own words and of numbers, never of bytes that were
    read.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@contextlib.contextmanager
def in_our_words(reason: str) -> Iterator[None]:
    """Turn whatever a library raises over hostile data into `Unreadable`: its own words may hold values.

    Want of memory is no matter of the data, and is passed on.
    """
    try:
        yield
    except (Unreadable, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - codecs and parsers raise what they like
        raise Unreadable(reason) from None
