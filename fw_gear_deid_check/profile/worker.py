"""A process that runs Flywheel's engine for another: ``python -m fw_gear_deid_check.profile.worker``.

The engine is native code fed with hostile input: sequences nested deep enough end the process that walks them. Here it
costs one file. What its reports hold of values stays in this process: only paths, selectors and actions are answered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fw_gear_deid_check.child import Head, Task, serve
from fw_gear_deid_check.limits import GIB

MEMORY = 4 * GIB
"""Address space of the process, where the system can limit it."""
TOUCHED = 20_000
"""Rows of one report that are passed on."""
ABSENT = ("not found", "Could not resolve VR", "No such data element")
"""What the engine says where a selector names something that the file doesn't have."""
FAULTS = ("cannot be parsed as", "Illegal removal", "Sequence recursion is not", "numeric name must have")
"""What it says where a profile can't be applied to any file, tried on one without data."""
REFUSALS = {
    "cannot be parsed as": "the value that the profile writes doesn't fit the VR",
    "too short to be hashed": "a UID is too short to be hashed",
    "cannot be set on a sequence": "a sequence can be emptied or removed, not given a value",
    "Illegal removal": "an element that DICOM demands would be removed",
    "parse date": "a date isn't in the format that the profile expects",
    "Unsupported value type": "the value isn't of a type that the action can change",
    "recursion limit": "nested too deeply",
    "Failed to parse JSON": "it isn't JSON",
    "Failed to read file header": "it can't be read as DICOM",
    "No elements found": "no data elements can be read",
    "missing DICM prefix": "it can't be read as DICOM",
    "Sequence recursion is not supported": "recurse-sequence can't go with a regular expression",
    "Invalid tag name": "a selector matches an element that the engine can't name",
}
"""Our words for what the engine refuses, by a part of its message: the rest of that may hold values."""


class Tasks:
    """What the process does, by the name of the task."""

    def __init__(self) -> None:
        from fw_file_rs import dcm

        self._engine = dcm.DeidProfile
        self._texts: list[str] = []
        self._profiles: dict[int, Any] = {}
        self._reduced: dict[str, int] = {}

    def by_name(self) -> Mapping[str, Task]:
        """Return the tasks by the name that a request has for them."""
        return {"load": self.load, "validate": self.validate, "apply": self.apply, "name": self.name}

    def load(self, head: Head, body: bytes) -> tuple[Head, bytes]:
        """Take the profiles that are applied later, by their number; most, a field each, never are."""
        self._texts, self._profiles, self._reduced = list(head["texts"]), {}, {}
        return {}, b""

    def validate(self, head: Head, body: bytes) -> tuple[Head, bytes]:
        """Answer what is wrong with each of some profiles; none of it comes from data."""
        return {"mistakes": [self._mistakes(text, body) for text in head["texts"]]}, b""

    def _mistakes(self, text: str, header: bytes) -> list[str]:
        try:
            profile = self._engine.from_yaml(text)
            found = [str(error) for error in profile.validate()["errors"]]
        except BaseException as error:  # noqa: BLE001 - a panic of the engine is no Exception
            return [str(error)]
        if not found and header:
            try:
                profile.deid_file_with_report("a.dcm", header)
            except BaseException as error:  # noqa: BLE001 - as above
                if any(words in str(error) for words in FAULTS):
                    found.append(str(error).removeprefix("de-identification failed: "))
        return found

    def apply(self, head: Head, body: bytes) -> tuple[Head, bytes]:
        """Apply the profile ``number``; where the engine refuses that, all of it but the ``fields`` that it refuses.

        What is left is applied as a whole, with the settings: one field says what another one, or a setting, spares.
        """
        name = head["name"]
        try:
            return self._applied(head["number"], name, body)
        except BaseException as error:  # noqa: BLE001 - as above
            reason = refusal(error)
        refused: list[tuple[int, str, bool]] = []
        for index, number in enumerate(head.get("fields", ())):
            try:
                self._applied(number, name, body)
            except BaseException as error:  # noqa: BLE001 - as above
                refused.append((index, refusal(error), any(words in str(error) for words in ABSENT)))
        if not refused:
            return {"unreadable": reason}, b""
        try:
            answer, body = self._applied(self._without(head["number"], {index for index, _, _ in refused}), name, body)
        except BaseException as error:  # noqa: BLE001 - as above
            return {"unreadable": refusal(error)}, b""
        return answer | {"refused": refused, "reason": reason}, body

    def _without(self, number: int, left_out: Collection[int]) -> int:
        """Return the number of a profile without some of its fields."""
        from fw_gear_deid_check.profile import document

        text = document.without(self._texts[number], left_out)
        if text not in self._reduced:
            self._reduced[text] = len(self._texts)
            self._texts.append(text)
        return self._reduced[text]

    def name(self, head: Head, body: bytes) -> tuple[Head, bytes]:
        """Answer the name that a profile gives a file: a pattern may never end, and here it can be ended."""
        from fw_gear_deid_check.profile import filenames

        return {"made": filenames.expected(head["name"], head["rules"], head["attributes"])}, b""

    def _applied(self, number: int, name: str, body: bytes) -> tuple[Head, bytes]:
        if number not in self._profiles:
            self._profiles[number] = self._engine.from_yaml(self._texts[number])
        result, report, _ = self._profiles[number].deid_file_with_report(name, body)
        touched = [(row["path"], row["selector"], row["action"]) for row in report[:TOUCHED]]
        return {"touched": touched, "refused": []}, bytes(result)


def refusal(error: BaseException) -> str:
    """Return why the engine refuses a file, in our own words.

    >>> refusal(ValueError("(0010,0030): 7115d2810745cb15 cannot be parsed as DA"))
    "the value that the profile writes doesn't fit the VR"
    """
    text = str(error)
    if any(words in text for words in ABSENT):
        return "a selector names something that isn't there"
    return next((ours for words, ours in REFUSALS.items() if words in text), f"an error ({type(error).__name__})")


def failed(error: Exception) -> str:
    """Return that there is no answer: the text of the error may hold values."""
    return f"an error ({type(error).__name__})"


if __name__ == "__main__":
    serve(lambda: Tasks().by_name(), MEMORY, failed)
