"""A process that decodes and reads images for another: ``python -m fw_gear_deid_check.detectors.worker``.

Codecs and the engine are native code fed with hostile input: here they cost one image.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fw_gear_deid_check.child import Head, Task, serve
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import GIB

if TYPE_CHECKING:
    from fw_gear_deid_check.detectors.ocr import Engine

MEMORY = 6 * GIB
"""Address space of the process, where the system can limit it."""


class Tasks:
    """What the process does, by the name of the task."""

    def __init__(self) -> None:
        self._engine: Engine | None = None

    def by_name(self) -> Mapping[str, Task]:
        """Return the tasks by the name that a request has for them."""
        return {"read": self.read, "decode": self.decode, "page": self.page}

    def read(self, head: Head, body: bytes) -> tuple[Head, bytes]:
        """Read an image of 8-bit pixels, ``shape``; turned, too, where ``aside``."""
        import numpy as np

        from fw_gear_deid_check.detectors import burned_in
        from fw_gear_deid_check.detectors.ocr import RapidOcr

        self._engine = self._engine or RapidOcr()
        image = np.frombuffer(body, np.uint8).reshape(head["shape"])
        blocks = burned_in.read(self._engine, image, aside=head["aside"])
        return {"blocks": [[block.texts, block.score, block.box, block.passes] for block in blocks]}, b""

    def decode(self, head: Head, body: bytes) -> tuple[Head, bytes]:
        """Decode a compressed frame, described by ``pixels``."""
        from fw_gear_deid_check.readers import pixels

        array = pixels.decoded(body, pixels.Pixels(**head["pixels"]))
        return {"shape": array.shape, "dtype": array.dtype.str}, array.tobytes()

    def page(self, head: Head, body: bytes) -> tuple[Head, bytes]:
        """Decode page ``number`` of a picture file, or that picture of a PDF."""
        from fw_gear_deid_check.readers import pdf_pictures, pictures

        arrays, more = (pdf_pictures if head["kind"] == "pdf" else pictures).page(body, head["number"])
        told = [{"shape": array.shape, "dtype": array.dtype.str} for array in arrays]
        return {"arrays": told, "more": more}, b"".join(array.tobytes() for array in arrays)


def failed(error: Exception) -> str:
    """Return why there is no answer, in our own words."""
    if isinstance(error, Unreadable):
        return error.reason
    if isinstance(error, MemoryError):
        return "not inspected: out of memory"
    return f"not inspected: the reader of images failed ({type(error).__name__})"


if __name__ == "__main__":
    serve(lambda: Tasks().by_name(), MEMORY, failed)
