"""Engine: Flywheel's de-identification engine, ``fw-file-rs``, in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

from fw_gear_deid_check.child import Child, Ended, Head
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.profile import filenames

SECONDS = 20.0
"""Time one file may take."""
NAME_SECONDS = 2.0
"""Time one file name may take: the patterns for it are the profile's, the name is the data's."""
SLOW_NAMES = 3
"""Names that may take longer; after them no other is tried."""
LARGEST = 256 * MIB
"""Bytes of one header or document."""


class Touched(NamedTuple):
    """An element that the engine says it touched, whether or not that changed anything.

    ``path`` is the engine's: ``A.0.B``, or with ``*`` as the selector has it.
    """

    path: str
    selector: str
    action: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A field of the profile that the engine refused to apply; ``absent``: because there was nothing to apply it to."""

    index: int
    reason: str
    absent: bool


class Applied(NamedTuple):
    """What the engine made of a file; ``reason`` says why it refused the profile as a whole, where it did."""

    data: bytes
    touched: tuple[Touched, ...]
    refused: tuple[Refused, ...] = ()
    reason: str | None = None


class Engine:
    """Applies profiles, in a process that is started when it is needed and replaced where it dies.

    Parameters
    ----------
    texts
        The profiles in YAML, called by their number.
    seconds
        Time one file may take.
    """

    def __init__(self, texts: Sequence[str] = (), seconds: float = SECONDS) -> None:
        self._texts = list(texts)
        self._seconds = seconds
        self._child: Child | None = None
        self._slow = 0

    def validate(self, texts: Sequence[str], header: bytes = b"") -> list[list[str]]:
        """Return the mistakes of each of some profiles, the engine's own words.

        Parameters
        ----------
        header
            A DICOM header without data: what can't be applied to that is a mistake as well.
        """
        answer, _ = self._asked({"task": "validate", "texts": list(texts)}, header)
        return cast("list[list[str]]", answer["mistakes"])

    def apply(self, number: int, name: str, data: bytes, fields: Sequence[int] = ()) -> Applied:
        """Apply a profile.

        Parameters
        ----------
        name
            File name, for the kind of the file: ``a.dcm`` or ``a.json``.
        fields
            Numbers of the profiles that hold the fields of this one each: tried one after the other where the engine
            refuses the whole, to apply it without those that are refused.

        Raises
        ------
        errors.Unreadable
            Where the engine refuses the file, dies over it, or takes too long.
        """
        if len(data) > LARGEST:
            raise Unreadable(f"more than {LARGEST} bytes for the engine")
        head = {"task": "apply", "number": number, "name": name, "fields": list(fields)}
        answer, body = self._asked(head, data)
        if "unreadable" in answer:
            raise Unreadable(f"the profile can't be applied to it: {answer['unreadable']}")
        return Applied(
            body,
            tuple(Touched(*row) for row in answer["touched"]),
            tuple(Refused(*row) for row in answer["refused"]),
            answer.get("reason"),
        )

    def named(self, name: str, rules: Sequence[Mapping[str, str]], attributes: Mapping[str, str]) -> str | None:
        """Return the name that the profile gives a file, None where it can't be told; see `filenames.expected`.

        Raises
        ------
        errors.Unreadable
            Where a pattern takes too long on a name; after `SLOW_NAMES` such names no other is tried.
        """
        if filenames.are_quick(rules):
            return filenames.expected(name, rules, attributes)
        head = {"task": "name", "name": name, "rules": list(rules), "attributes": dict(attributes)}
        reason = "the profile's filenames take too long on a name"
        if self._slow >= SLOW_NAMES:
            raise Unreadable(reason)
        try:
            answer, _ = self._asked(head, b"", NAME_SECONDS)
        except Unreadable:
            self._slow += 1
            raise Unreadable(reason) from None
        if "unreadable" in answer:
            raise Unreadable(f"the profile's filenames can't be applied: {answer['unreadable']}")
        return cast("str | None", answer["made"])

    def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is not None:
            child.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def _asked(self, head: Head, body: bytes, seconds: float | None = None) -> tuple[Head, bytes]:
        """Send one request to a process, a new one where there is none, and wait for its answer."""
        if self._child is None:
            try:
                self._child = Child("fw_gear_deid_check.profile.worker")
            except OSError:
                raise Unreadable("the profile's engine can't be started") from None
            if self._texts:
                self._exchange(self._child, {"task": "load", "texts": self._texts}, b"", self._seconds)
        return self._exchange(self._child, head, body, self._seconds if seconds is None else seconds)

    def _exchange(self, child: Child, head: Head, body: bytes, seconds: float) -> tuple[Head, bytes]:
        try:
            return child.ask(head, body, seconds)
        except Ended as ended:
            self.close()
            if ended.late:
                raise Unreadable(f"the profile's engine took longer than {seconds:g} s") from None
            raise Unreadable("the profile's engine died over it") from None
