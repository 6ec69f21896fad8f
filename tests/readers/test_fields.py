"""Readers of pictures and scanner files: arbitrary bytes never raise anything but the reader's own error."""

import contextlib
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers import images, scanner

LIMITS = Limits()


def picture(form: str) -> bytes:
    exif = Image.Exif()
    exif[270] = "text"
    exif[0x9286] = b"ASCII\0\0\0text"
    stream = io.BytesIO()
    options = {"comment": b"text"} if form == "GIF" else {} if form == "BMP" else {"exif": exif}
    Image.new("L", (4, 4)).save(stream, form, **options)
    return stream.getvalue()


PICTURES = {form: picture(form) for form in ("PNG", "JPEG", "GIF", "TIFF", "BMP")}
HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"GIF89a", b"BM", b"")
SCANNERS = (scanner.par, scanner.bruker, scanner.rda, scanner.twix, scanner.pfile)


def quietly(reader, data: bytes) -> None:
    with contextlib.suppress(Unreadable):
        for _ in reader(io.BytesIO(data), LIMITS):
            pass


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(HEADS), st.binary(max_size=300))
def test_any_picture(head, data):
    quietly(images.fields, head + data)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_damage_of_pictures(data):
    bad = bytearray(PICTURES[data.draw(st.sampled_from(sorted(PICTURES)))])
    for _ in range(data.draw(st.integers(1, 4))):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    quietly(images.fields, bytes(bad[: data.draw(st.integers(len(bad) // 2, len(bad)))]))


@pytest.mark.parametrize("reader", SCANNERS)
@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_scanner_file(reader, data):
    quietly(reader, data)
    quietly(reader, data + bytes(2000))
    quietly(reader, b"\0\0\0\0\1\0\0\0" + data)


def test_long_lines_cost_little():
    for text in (b"<", b'<ParamString."a"> { ', b"##", b"<ParamString.", b'"', b"{"):
        header = text * 60_000
        size = (len(header) + 20).to_bytes(4, "little") + b"\1\0\0\0Config\0" + len(header).to_bytes(4, "little")
        quietly(scanner.twix, size + header + bytes(64))
        quietly(scanner.bruker, b"##TITLE=x\n" + header)
        quietly(scanner.par, header)
