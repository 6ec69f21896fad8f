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
                yield Missing(words["unread"])
            elif "text" in words:
                yield _field(words["pointer"], words["text"])
        if not done:
            raise Unreadable("a damaged PDF, or one that takes too much time or memory to read")


def _field(pointer: str, text: str) -> Field:
    name = pointer.partition(".")[2]
    return Field(sound(pointer), sound(text), sound(name), "structured" if name.endswith("Date") else "free")
