"""Reads one PDF from standard input and writes what it says to standard output, a JSON line each; run as a script.

It runs in a process of its own with limits on time and memory (`readers.pdf`): a PDF can make any parser loop or
swell. It imports nothing of this package, so that it starts fast and can run isolated. Nothing is logged.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import warnings
from typing import Any

PAGES = 500
"""Pages whose text is read."""
MEMORY = 768 << 20
OUTPUT = 64 << 20
"""Bytes that may be told."""
PAGE_TEXT = 1 << 20
"""Characters of one page."""


def main(seconds: int) -> None:
    """Read the PDF."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    import pypdf

    with open(0, "rb") as stream:
        reader = pypdf.PdfReader(stream, strict=False)
        if reader.is_encrypted:
            tell(unread="encrypted PDF")
        else:
            read(reader)
    tell(done=True)


def read(reader: Any) -> None:
    """Tell the information dictionary, the XMP metadata, annotations and the text of the pages."""
    for key, value in (reader.metadata or {}).items():
        tell(pointer=f"info.{str(key).lstrip('/')}", text=str(value))
    metadata = reader.trailer["/Root"].get("/Metadata")
    if metadata is not None:
        tell(pointer="xmp", text=metadata.get_object().get_data().decode("utf-8", "replace"))
    pictures = False
    for number, page in enumerate(reader.pages):
        if number >= PAGES:
            tell(unread=f"pages after the {PAGES}th of a PDF")
            break
        text = page.extract_text()
        tell(pointer="content", text=text[:PAGE_TEXT])
        if len(text) > PAGE_TEXT:
            tell(unread=f"a page of a PDF with more than {PAGE_TEXT} characters")
        for annotation in page.get("/Annots") or ():
            for key in ("/Contents", "/T", "/V"):
                value = annotation.get_object().get(key)
                if isinstance(value, str):
                    tell(pointer="content", text=value)
        pictures = pictures or holds_pictures(page)
    if pictures:
        tell(unread="pictures in a PDF are not looked at")
    names = reader.trailer["/Root"].get("/Names")
    if names is not None and "/EmbeddedFiles" in names.get_object():
        tell(unread="files attached to a PDF")
    if "/AcroForm" in reader.trailer["/Root"]:
        for name, field in (reader.get_fields() or {}).items():
            tell(pointer="content", text=f"{name}: {field.get('/V') or ''}")


def holds_pictures(page: Any, depth: int = 4) -> bool:
    """Tell whether pictures stand on a page, or in the forms on it."""
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    if objects is None:
        return False
    each = [one.get_object() for one in objects.get_object().values()]
    return any(one.get("/Subtype") == "/Image" or (depth and holds_pictures(one, depth - 1)) for one in each)


def tell(**words: object) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(words) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
