"""Memo: remembers what was made of bytes, in bounded memory."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Memo(Generic[Value]):
    """A table of two generations: what was not asked for during a whole generation is forgotten.

    Parameters
    ----------
    capacity
        Weight of one generation; the weight of an entry is about its bytes.
    """

    def __init__(self, capacity: int) -> None:
        self.young: dict[Hashable, Value] = {}
        self._old: dict[Hashable, Value] = {}
        self._capacity = capacity
        self._weight = 0

    def get(self, key: Hashable, weight: int) -> Value | None:
        """Return what is remembered; `young` may be asked first, for speed."""
        value = self.young.get(key)
        if value is None:
            value = self._old.get(key)
            if value is not None:
                self.put(key, value, weight)
        return value

    def put(self, key: Hashable, value: Value, weight: int) -> None:
        """Remember a value, and forget the older generation where that is too much."""
        self._weight += weight
        if self._weight > self._capacity:
            self._old, self.young, self._weight = self.young, {}, weight
        self.young[key] = value
