"""Metadata of picture files: EXIF, XMP, IPTC, comments and text chunks; for the pixels see `readers.pictures`.

Pillow reads JPEG and TIFF, its classes opened directly: `Image.open` would refuse large pictures, whose metadata can
be read all the same. PNG and GIF are walked here, because Pillow decodes pixels to reach the text behind them.

Clauses: PNG third edition 11.3.3, GIF89a 24, TIFF 6.0, EXIF 2.32.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from fw_gear_deid_check.errors import Unreadable, in_our_words
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers.fields import Field, Missing
from fw_gear_deid_check.readers.letters import recoded, sound, strings, text_of, wide

if TYPE_CHECKING:
    from PIL import Image

PAGES = 256
"""Pages of a TIFF file."""
CHUNKS = 100_000
"""Chunks of a PNG file, blocks of a GIF file."""
TAIL = 1 << 16
"""Bytes at the end of a JPEG file that are searched for what follows the picture."""

_GPS_IFD, _EXIF_IFD, _INTEROP_IFD = 0x8825, 0x8769, 0xA005
_XP_TAGS = frozenset(range(0x9C9B, 0x9CA0))
_XML_TAGS = {0x02BC: "xmp"}
_BULK_TAGS = frozenset({273, 279, 324, 325, 320, 301, 330, 347, 34675, 37500})
"""Strip and tile tables, palettes, ICC profiles: numbers. The maker note, 37500, is told as strings."""


def fields(stream: BinaryIO, limits: Limits) -> Iterator[Field | Missing]:
    """Yield what a picture file says beside its pixels.

    Raises
    ------
    Unreadable
        Where the file is damaged or of a format that isn't read.
    """
    magic = stream.read(8)
    stream.seek(0)
    if magic.startswith(b"\x89PNG"):
        yield from _png(stream, limits)
    elif magic.startswith(b"\xff\xd8\xff"):
        yield from _jpeg(stream, limits)
    elif magic[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}:
        yield from _tiff(stream, limits)
    elif magic.startswith(b"GIF8"):
        yield from _gif(stream, limits)
    elif magic.startswith(b"BM"):
        yield from _bmp(stream, limits)
    else:
        raise Unreadable("a picture format that isn't read")


def _png(stream: BinaryIO, limits: Limits) -> Iterator[Field]:
    end = stream.seek(0, os.SEEK_END)
    at = stream.seek(8)
    for _ in range(CHUNKS):
        head = stream.read(8)
        if len(head) < 8:
            raise Unreadable("truncated PNG file")
        length, kind = struct.unpack(">I4s", head)
        at += 12 + length
        if at > end:
            raise Unreadable("truncated PNG file")
        if kind in _PNG_TEXTS or kind == b"eXIf":
            if length > limits.element_text:
                raise Unreadable(f"a PNG chunk of more than {limits.element_text} bytes")
            data = stream.read(length)
            if kind == b"eXIf":
                yield from _exif(data)
            else:
                yield from _png_text(kind, data, limits)
        elif kind == b"tIME" and length == 7:
            year, *rest = struct.unpack(">H5B", stream.read(7))
            yield Field("tIME", f"{year:04}-{rest[0]:02}-{rest[1]:02}", place="structured")
        elif kind == b"IEND":
            stream.seek(at)
            yield from _trailing(stream.read(limits.element_text))
            return
        stream.seek(at)
    raise Unreadable(f"more than {CHUNKS} PNG chunks")


_PNG_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})


def _png_text(kind: bytes, data: bytes, limits: Limits) -> Iterator[Field]:
    keyword, _, rest = data.partition(b"\0")
    encoding = "latin-1"
    if kind == b"iTXt":
        packed = rest[:1] == b"\1"
        rest = rest[2:].split(b"\0", 2)[-1]
        encoding = "utf-8"
    else:
        packed = kind == b"zTXt"
        rest = rest[1:] if packed else rest
    if packed:
        rest = _inflated(rest, limits.element_text)
    name = sound(text_of(keyword))
    pointer = "xmp" if name == "XML:com.adobe.xmp" else f"text.{name}"
    yield Field(pointer, sound(recoded(rest.decode(encoding, "replace"))), name)


def _inflated(data: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, limit)
    except zlib.error:
        raise Unreadable("damaged compressed text in a PNG file") from None
    if inflater.unconsumed_tail:
        raise Unreadable(f"compressed text of more than {limit} bytes in a PNG file")
    return text


def _gif(stream: BinaryIO, limits: Limits) -> Iterator[Field]:
    head = stream.read(13)
    if len(head) < 13:
        raise Unreadable("truncated GIF file")
    _skip_colours(stream, head[10])
    for _ in range(CHUNKS):
        mark = stream.read(1)
        if mark == b";":
            yield from _trailing(stream.read(limits.element_text))
            return
        if mark == b"!":
            label = stream.read(1)
            data = _gif_blocks(stream, limits.element_text if label in {b"\xfe", b"\x01", b"\xff"} else 0)
            pointer = {b"\xfe": "comment", b"\x01": "text.PlainText", b"\xff": "application"}.get(label)
            if pointer:
                for text in strings(data):
                    yield Field(pointer, text)
        elif mark == b",":
            _skip_colours(stream, stream.read(9).ljust(9, b"\0")[8])
            stream.read(1)
            _gif_blocks(stream, 0)
        else:
            raise Unreadable("truncated or damaged GIF file")
    raise Unreadable(f"more than {CHUNKS} GIF blocks")


def _skip_colours(stream: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        stream.seek(3 * 2 ** ((flags & 7) + 1), os.SEEK_CUR)


def _gif_blocks(stream: BinaryIO, limit: int) -> bytes:
    """Return the data of a chain of blocks, up to ``limit`` bytes."""
    data = b""
    while length := stream.read(1):
        if length == b"\0":
            return data
        block = stream.read(length[0])
        if len(data) < limit:
            data += block
    raise Unreadable("truncated GIF file")


def _bmp(stream: BinaryIO, limits: Limits) -> Iterator[Field]:
    head = stream.read(6)
    (size,) = struct.unpack("<I", head[2:6].ljust(4, b"\0"))
    end = stream.seek(0, os.SEEK_END)
    if end < size:
        raise Unreadable("truncated BMP file")
    stream.seek(max(size, 6))
    yield from _trailing(stream.read(limits.element_text))


def _jpeg(stream: BinaryIO, limits: Limits) -> Iterator[Field]:
    from PIL import JpegImagePlugin

    picture = _opened(JpegImagePlugin.JpegImageFile, stream)
    with picture:
        for name, data in picture.applist:  # type: ignore[attr-defined]
            if name == "COM":
                for text in strings(data):
                    yield Field("comment", text)
            elif name == "APP1" and data.startswith(b"Exif\0\0"):
                yield from _exif(data[6:])
            elif name == "APP1" and b"http://ns.adobe.com/x" in data[:40]:
                yield Field("xmp", sound(data.partition(b"\0")[2].decode("utf-8", "replace")))
            elif name not in {"APP0", "APP2", "APP14"}:
                for text in strings(data):
                    yield Field(f"{name.lower()}", text, place="private")
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, end - TAIL))
    tail = stream.read(min(TAIL, limits.element_text))
    last = tail.rfind(b"\xff\xd9")
    if last < 0:
        raise Unreadable("truncated JPEG file, or with much behind the picture")
    yield from _trailing(tail[last + 2 :])


def _tiff(stream: BinaryIO, limits: Limits) -> Iterator[Field | Missing]:
    from PIL import TiffImagePlugin

    picture = _opened(TiffImagePlugin.TiffImageFile, stream)
    with picture:
        for page in range(PAGES):
            with in_our_words("damaged TIFF file"):
                try:
                    picture.seek(page)
                except EOFError:
                    return
                yield from _tags(dict(picture.tag_v2), "tiff")  # type: ignore[attr-defined]
                if page == 0:
                    yield from _exif_of(picture.getexif(), outer=False)
        yield Missing(f"pages after the {PAGES}th of a TIFF file")


def _opened(kind: type[Image.Image], stream: BinaryIO) -> Image.Image:
    with in_our_words("damaged picture file"):
        return kind(stream)  # type: ignore[call-arg]


def _exif(data: bytes) -> Iterator[Field]:
    from PIL import Image

    exif = Image.Exif()
    with in_our_words("damaged EXIF"):
        exif.load(data)
        found = list(_exif_of(exif, outer=True))
    yield from found


def _exif_of(exif: Image.Exif, *, outer: bool) -> Iterator[Field]:
    if outer:
        yield from _tags(dict(exif), "exif")
    for number in (_EXIF_IFD, _INTEROP_IFD):
        yield from _tags(dict(exif.get_ifd(number)), "exif")
    if outer:
        with suppress(KeyError, AttributeError):
            yield from _tags(dict(exif.get_ifd(1)), "exif")
    gps = exif.get_ifd(_GPS_IFD)
    if any(number in gps for number in (2, 4)):
        yield Field("exif.GPSInfo", "latitude and longitude", "GPSInfo", "structured")


def _tags(tags: dict[int, object], head: str) -> Iterator[Field]:
    """Yield the texts among the tags of one directory."""
    from PIL import ExifTags, TiffTags

    for number, value in tags.items():
        if number in _BULK_TAGS and number != 37500:
            continue
        name = ExifTags.TAGS.get(number) or TiffTags.lookup(number).name
        if name == "unknown":
            name = str(number)
        pointer = _XML_TAGS.get(number, f"{head}.{name}")
        for text in _texts(number, value):
            yield Field(pointer, sound(text), name, "structured" if "Date" in name else "free")


def _texts(number: int, value: object) -> list[str]:
    if isinstance(value, tuple):
        if value and all(isinstance(part, int) and 0 <= part < 256 for part in value) and len(value) >= 8:
            return strings(bytes(value))
        return [text for part in value if isinstance(part, (str, bytes)) for text in _texts(number, part)]
    if isinstance(value, str):
        return [recoded(value)]
    if isinstance(value, bytes):
        if number in _XP_TAGS:
            return [value.decode("utf-16-le", "replace").rstrip("\0")]
        if value.startswith(b"UNICODE\0"):
            return strings(value[8:]) + wide(value[8:])
        return strings(value.removeprefix(b"ASCII\0\0\0"))
    return []


def _trailing(data: bytes) -> Iterator[Field]:
    if data.strip(b"\0"):
        for text in strings(data):
            yield Field("trailing", text)
