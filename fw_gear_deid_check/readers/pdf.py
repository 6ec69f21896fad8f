"""PDF: information, metadata, text of the pages, notes and form fields, read by pypdf in a bounded process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers.fields import Field, Missing
from fw_gear_deid_check.readers.letters import sound

CHILD = Path(__file__).with_name("pdf_child.py")
SECONDS = 10
"""Time of the processor for one PDF."""
PICTURES = Missing("pictures in a PDF are not looked at")
"""What is said of pictures; who looks at them takes it back."""
CHUNK = 1 << 20
_END = b"startxref"
PATIENCE = 18
"""Time on the clock for one PDF."""


def fields(stream: BinaryIO, limits: Limits) -> Iterator[Field | Missing]:
    """Yield what a PDF says, and which of its parts were not looked at.

    Raises
    ------
    Unreadable
        Where pypdf gives up on it, or it takes too much time or memory.
    """
    if stream.seek(0, os.SEEK_END) > limits.text_size:
        raise Unreadable(f"a PDF of more than {limits.text_size} bytes")
    stream.seek(0)
    if _revised(stream):
        yield Missing("earlier revisions that a PDF keeps in itself")
    stream.seek(0)
    with tempfile.TemporaryFile() as document, tempfile.TemporaryFile() as told:
        shutil.copyfileobj(stream, document)
        document.seek(0)
        command = [sys.executable, "-P", str(CHILD), str(SECONDS)]
        try:
            subprocess.run(  # noqa: S603 - our own script
                command, stdin=document, stdout=told, stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            raise Unreadable("a PDF that takes too long to read") from None
        told.seek(0)
        done = False
        for line in told:
            try:
                words = json.loads(line)
            except ValueError:
                break
            done = "done" in words
            if "unread" in words:
                missing = Missing(words["unread"])
                yield PICTURES if missing == PICTURES else missing
            elif "text" in words:
                yield _field(words["pointer"], words["text"])
        if not done:
            raise Unreadable("a damaged PDF, or one that takes too much time or memory to read")


def _revised(stream: BinaryIO) -> bool:
    """Tell whether the file was saved by adding to it: what was removed then still stands in it (ISO 32000-1 7.5.6)."""
    head = stream.read(CHUNK)
    allowed = 2 if b"/Linearized" in head[:1024] else 1
    ends, rest = 0, b""
    while head:
        ends += (rest + head).count(_END)
        rest = head[1 - len(_END) :]
        head = stream.read(CHUNK)
    return ends > allowed


def _field(pointer: str, text: str) -> Field:
    name = pointer.partition(".")[2]
    return Field(sound(pointer), sound(text), sound(name), "structured" if name.endswith("Date") else "free")
