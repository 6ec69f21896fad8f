"""Pixels of picture files: every kind of pixel, and what is too large or damaged."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.readers import pictures
from tests.pictures import ground

GREY = ground(30, 40)
COLOUR = np.stack([GREY, GREY // 2, 255 - GREY], axis=2)


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()


def read(data: bytes, number: int = 0) -> list[np.ndarray]:
    return pictures.page(data, number)[0]


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP", "GIF"])
def test_grey_and_colour_without_loss(form):
    (array,) = read(saved(Image.fromarray(GREY), form))
    assert np.array_equal(array if array.ndim == 2 else array[..., 0], GREY)
    if form != "GIF":
        assert np.array_equal(read(saved(Image.fromarray(COLOUR), form))[0], COLOUR)


def test_jpeg_in_grey_colour_and_the_inks_of_printers():
    for array in (GREY, COLOUR):
        assert np.abs(read(saved(Image.fromarray(array), "JPEG", quality=98))[0].astype(int) - array).mean() < 6
    (array,) = read(saved(Image.fromarray(COLOUR).convert("CMYK"), "JPEG", quality=98))
    assert np.abs(array.astype(int) - COLOUR).mean() < 12


def test_sixteen_bits_stay():
    wide = GREY.astype(np.uint16) * 200
    for form in ("PNG", "TIFF"):
        (array,) = read(saved(Image.fromarray(wide), form))
        assert np.array_equal(array, wide)
    assert np.array_equal(read(saved(Image.fromarray(GREY.astype(np.float32) / 7), "TIFF"))[0], GREY.astype("f4") / 7)


def test_palettes_and_single_bits():
    palette = Image.fromarray(COLOUR).quantize(16)
    assert np.array_equal(read(saved(palette, "PNG"))[0], np.asarray(palette.convert("RGB")))
    bits = Image.fromarray(GREY > 60)
    assert np.array_equal(read(saved(bits, "PNG"))[0] > 0, GREY > 60)


def test_what_only_the_alpha_shows_is_a_picture_too():
    white = np.full((30, 40, 4), 255, np.uint8)
    white[..., 3] = GREY
    shown, alpha = read(saved(Image.fromarray(white), "PNG"))
    assert shown.min() == 255
    assert np.array_equal(alpha, GREY)
    white[..., 3] = 255
    assert len(read(saved(Image.fromarray(white), "PNG"))) == 1


@pytest.mark.parametrize("form", ["TIFF", "GIF"])
def test_pages(form):
    first, second = Image.fromarray(GREY), Image.fromarray(np.roll(GREY, 7, 1))
    data = saved(first, form, save_all=True, append_images=[second])
    assert pictures.page(data, 0)[1]
    assert not pictures.page(data, 1)[1]
    array = read(data, 1)[0]
    assert np.array_equal(array if array.ndim == 2 else array[..., 0], np.roll(GREY, 7, 1))
    with pytest.raises(Unreadable):
        pictures.page(data, 2)


def test_what_is_too_large_is_not_decoded():
    data = bytearray(saved(Image.fromarray(GREY), "BMP"))
    data[18:26] = struct.pack("<ii", 60_000, 60_000)
    with pytest.raises(Unreadable, match="million pixels"):
        read(bytes(data))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "GIF", "BMP"])
def test_truncated_ones_are_not_inspected(form):
    data = saved(Image.fromarray(ground(300, 300)), form)
    with pytest.raises(Unreadable, match="damaged"):
        read(data[: len(data) // 2])


def test_other_formats_are_not_guessed_at():
    for form in ("PPM", "PCX", "WEBP"):
        with pytest.raises(Unreadable, match="no codec here"):
            read(saved(Image.fromarray(GREY), form))
