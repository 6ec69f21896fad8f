"""Frames as pydicom's own data sets hold them, and as hostile ones claim to hold them."""

from __future__ import annotations

import io
import warnings
import zlib

import numpy as np
import pydicom
import pydicom.data
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    MPEG2MPML,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from fw_gear_deid_check import readers
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.readers import frames, pixels
from fw_gear_deid_check.readers.codestream import size_of
from tests.pictures import dataset, dicom, ground, saved

STORED = [  # pydicom's own files, each decoded as pydicom does
    "CT_small.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_padded.dcm", "693_J2KI.dcm",
    "SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_jpeg_gdcm.dcm", "SC_rgb_dcmtk_+eb+cy+n1.dcm",
    "SC_rgb_dcmtk_+eb+cy+s2.dcm", "SC_rgb_gdcm_KY.dcm", "SC_rgb_jls_lossy_line.dcm", "SC_rgb_rle_2frame.dcm",
    "SC_ybr_full_422_uncompressed.dcm", "examples_ybr_color.dcm", "examples_jpeg2k.dcm", "image_dfl.dcm",
    "liver_1frame.dcm", "rtdose.dcm", "rtdose_rle.dcm", "JPEG2000.dcm",
]  # fmt: skip


def path_of(name: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = pydicom.data.get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"{name} is not in this version of pydicom")
    return str(path)


def read(data: bytes, decode=pixels.decoded) -> list[np.ndarray]:
    with frames.open_image(io.BytesIO(data)) as image:
        return list(image.frames(decode))


def reason(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        read(data)
    assert caught.value.__cause__ is None
    return caught.value.reason


@pytest.mark.parametrize("name", STORED)
def test_frames_are_what_pydicom_decodes(name):
    with open(path_of(name), "rb") as stream, frames.open_image(stream) as image:  # noqa: PTH123
        ours = list(image.frames())
    with pixels.quiet():
        theirs = pydicom.dcmread(path_of(name)).pixel_array
    assert np.array_equal(np.array(ours) if len(ours) > 1 else ours[0], theirs)


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless, RLELossless])
def test_lossless_compression_gives_the_same_frames(syntax):
    ds = dataset(np.stack([ground(40, 50, seed) for seed in range(3)]))
    plain = read(saved(ds))
    ds.compress(syntax, generate_instance_uid=False)
    assert np.array_equal(read(saved(ds)), plain)


def test_palette_colours_are_looked_up():
    with open(path_of("examples_palette.dcm"), "rb") as stream, frames.open_image(stream) as image:  # noqa: PTH123
        (frame,) = image.frames()
    assert frame.shape == (350, 800, 3)
    assert frame.dtype == np.uint8
    assert int(frame.max()) > 200


def test_single_bits_of_frames_that_do_not_end_on_bytes():
    bits = np.random.default_rng(1).integers(0, 2, (3, 5, 7)).astype(np.uint8)
    ds = dataset(bits)
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = 0
    ds.PixelData = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    assert np.array_equal(read(saved(ds)), bits)


def test_colours_by_plane_are_interleaved():
    colour = np.random.default_rng(1).integers(0, 255, (6, 8, 3)).astype(np.uint8)
    ds = dataset(colour)
    ds.PlanarConfiguration = 1
    ds.PixelData = np.ascontiguousarray(colour.transpose(2, 0, 1)).tobytes()
    assert np.array_equal(read(saved(ds))[0], colour)


def test_floating_pixels():
    values = np.random.default_rng(1).random((4, 6)).astype("<f4")
    ds = dataset(np.zeros((4, 6), np.uint16), BitsAllocated=32)
    del ds.PixelData, ds.BitsStored, ds.HighBit, ds.PixelRepresentation
    ds.FloatPixelData = values.tobytes()
    assert np.array_equal(read(saved(ds))[0], values)


def test_unused_bits_are_taken_off_and_told():
    values = (np.arange(24, dtype=np.uint16) * 100).reshape(4, 6)
    marked = values.copy()
    marked[1, 2] |= 0x8000
    for array, plane in ((values, None), (marked, (1, 2))):
        with frames.open_image(io.BytesIO(dicom(array, bits=12))) as image:
            (raw,) = image.raw_frames()
        assert np.array_equal(pixels.used_bits(raw, image.pixels), values)
        rest = pixels.unused_bits(raw, image.pixels)
        assert rest is None if plane is None else [tuple(place) for place in np.argwhere(rest)] == [plane]


def test_signs_are_no_unused_bits():
    values = (np.arange(-12, 12, dtype=np.int16) * 100).reshape(4, 6)
    with frames.open_image(io.BytesIO(dicom(values, bits=12))) as image:
        (raw,) = image.raw_frames()
    assert np.array_equal(pixels.used_bits(raw, image.pixels), values)
    assert pixels.unused_bits(raw, image.pixels) is None
    without_sign = (values & 0x0FFF).view(np.uint16)  # the same values, their signs not extended
    ds = dataset(without_sign, bits=12, PixelRepresentation=1)
    assert np.array_equal(read(saved(ds))[0], values)


def test_frames_beyond_the_declared_number_are_read():
    ds = dataset(np.stack([ground(8, 8, seed) for seed in range(5)]))
    ds.NumberOfFrames = 2
    assert len(read(saved(ds))) == 5


def test_overlays_are_planes_of_their_own():
    plane = np.zeros((9, 13), np.uint8)
    plane[2:5, 3:11] = 1
    ds = dataset(ground(9, 13))
    for group, bits in ((0x6000, plane), (0x6002, plane[::-1])):
        ds.add_new((group, 0x0010), "US", 9)
        ds.add_new((group, 0x0011), "US", 13)
        packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
        ds.add_new((group, 0x3000), "OW", packed + b"\0" * (len(packed) % 2))
    with frames.open_image(io.BytesIO(saved(ds))) as image:
        found = dict(image.overlays())
    assert list(found) == ["OverlayData[0]", "OverlayData[1]"]
    assert np.array_equal(found["OverlayData[0]"], plane * 255)
    assert np.array_equal(found["OverlayData[1]"], plane[::-1] * 255)


def with_icons(count: int) -> bytes:
    ds = dataset(ground())
    icon = Dataset()
    small = dataset(ground(12, 16, 4))
    for keyword in (
        "Rows",
        "Columns",
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
    ):
        setattr(icon, keyword, getattr(small, keyword))
    icon.PixelRepresentation = 0
    icon.PixelData = small.PixelData
    icon["PixelData"].VR = "OB"
    ds.IconImageSequence = Sequence([icon] * count)
    return saved(ds)


def test_icons_are_images_of_their_own():
    with frames.open_image(io.BytesIO(with_icons(1))) as image:
        found = dict(image.icons())
    assert np.array_equal(found["IconImageSequence[0].PixelData"], ground(12, 16, 4))


def test_icons_beyond_the_last_that_is_looked_at_are_said():
    found = []
    with (
        frames.open_image(io.BytesIO(with_icons(frames.ICONS + 1))) as image,
        pytest.raises(Unreadable, match="icon images after the 16th"),
    ):
        found.extend(image.icons())
    assert len(found) == frames.ICONS
    with frames.open_image(io.BytesIO(with_icons(frames.ICONS))) as image:
        assert len(list(image.icons())) == frames.ICONS


def deflated(size: int) -> bytes:
    ds = dataset(ground(8, 8))
    data = saved(ds)
    meta = dataset(ground(8, 8))
    meta.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    whole = saved(meta)
    start = 144 + int.from_bytes(whole[140:144], "little")
    plain = data[144 + int.from_bytes(data[140:144], "little") :]
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return whole[:start] + squeeze.compress(plain + bytes(size)) + squeeze.flush()


def test_a_deflated_data_set_is_read_and_a_bomb_is_not(monkeypatch):
    assert np.array_equal(read(deflated(0))[0], ground(8, 8))
    monkeypatch.setattr(readers.deflated, "INFLATED", 1 << 20)
    assert "deflated data set is larger" in reason(deflated(4 << 20))


def jpeg(rows: int, columns: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(ground(rows, columns)).save(buffer, "JPEG")
    return buffer.getvalue()


def compressed(frame: bytes, syntax: str, rows: int = 16, columns: int = 24) -> bytes:
    ds = dataset(ground(rows, columns))
    ds.file_meta.TransferSyntaxUID = syntax
    ds.PixelData = encapsulate([frame])
    ds["PixelData"].is_undefined_length = True
    return saved(ds)


def test_a_code_stream_of_another_size_is_not_decoded():
    assert read(compressed(jpeg(16, 24), JPEGBaseline8Bit))[0].shape == (16, 24)
    assert "another size" in reason(compressed(jpeg(640, 240), JPEGBaseline8Bit))


def test_codes_of_size():
    assert size_of(jpeg(16, 24)) == (16, 24)
    for syntax in (JPEG2000Lossless, JPEGLSLossless):
        packed = dataset(ground(40, 50))
        packed.compress(syntax, generate_instance_uid=False)
        assert size_of(next(pydicom.encaps.generate_frames(packed.PixelData, number_of_frames=1))) == (40, 50)
    assert size_of(dataset(ground(16, 24)).PixelData) is None
    for broken in (
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xe0\x00\x00" * 9,
        b"\xff\x4f\xff\x51\0",
        b"\xff\xd8" + b"\xff" * 90,
    ):
        assert size_of(broken) is None


def changed(**elements: object) -> bytes:
    return dicom(ground(16, 24), **elements)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (changed(Rows=60000, Columns=60000), "too large"),
        (changed(Rows=0), "no valid size"),
        (changed(Rows=17), "pixel data end in frame 1 of 1"),
        (changed(NumberOfFrames=1_000_000), "pixel data end in frame 2 of 1000000"),
        (changed(SamplesPerPixel=7), "no valid size"),
        (changed(BitsAllocated=12), "12 bits allocated"),
        (changed(BitsAllocated=0), "0 bits allocated"),
        (changed()[:-100], "pixel data end in frame 1"),
        (compressed(b"\xff\xd8\xff\xd9" * 9, JPEGBaseline8Bit), "can't be decoded"),
        (compressed(jpeg(16, 24)[:-300], JPEG2000Lossless), "can't be decoded"),
        (compressed(b"\0" * 64, RLELossless), "can't be decoded"),
        (compressed(b"\xff" * 500, HTJ2KLossless), "can't be decoded"),
        (compressed(b"\0\0\1\xba" * 20, MPEG2MPML), "no codec for this transfer syntax"),
        (compressed(b"\0\0\1\xba" * 20, "1.2.840.10008.1.2.4.94"), "no codec for this transfer syntax"),
        (compressed(jpeg(16, 24), JPEGBaseline8Bit)[:-200], "damaged fragments"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_decoded_says_so(data, words):
    assert words in reason(data)


def test_many_more_frames_than_declared_are_not_looked_at_for_ever():
    ds = dataset(np.zeros((3000, 1, 1), np.uint8))
    ds.NumberOfFrames = 1
    assert "many more frames" in reason(saved(ds))


def test_compressed_frames_too_large_for_memory_are_not_held(monkeypatch):
    monkeypatch.setattr(readers.fragments, "FRAME_BYTES", 100)
    assert "compressed frame is too large" in reason(compressed(jpeg(16, 24), JPEGBaseline8Bit))


def test_a_header_too_large_for_memory_is_not_held(monkeypatch):
    data = changed(ImageComments="x" * 9000)
    assert len(read(data)) == 1  # nobody asks for comments
    monkeypatch.setattr(readers.metered, "HEADER_BYTES", 600)
    assert "header is too large" in reason(changed(RedPaletteColorLookupTableData=b"x" * 2000))


def test_a_header_of_too_many_elements_is_not_read_to_its_end(monkeypatch):
    ds = dataset(ground(16, 24))
    for number in range(300):
        ds.add_new((0x0009, 0x1000 + number), "LO", "")
    data = saved(ds)
    assert len(read(data)) == 1
    monkeypatch.setattr(readers.metered, "HEADER_READS", 200)
    assert "header is too large" in reason(data)


def test_frames_that_decode_come_before_those_that_do_not():
    ds = dataset(np.stack([ground(16, 24)] * 3))
    ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    ds.PixelData = encapsulate([jpeg(16, 24), b"\xff\xd8\xff\xd9", jpeg(16, 24)])
    ds["PixelData"].is_undefined_length = True
    with frames.open_image(io.BytesIO(saved(ds))) as image:
        found = image.frames()
        assert [next(found).shape, next(found).shape] == [(16, 24), (16, 24)]
        with pytest.raises(Unreadable):
            next(found)


def test_big_endian_words():
    values = (np.arange(24, dtype=np.uint16) * 100).reshape(4, 6)
    ds = dataset(values)
    ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    ds.PixelData = values.astype(">u2").tobytes()
    assert np.array_equal(read(saved(ds))[0], values)


def test_nothing_that_pydicom_says_of_values_gets_out(recwarn, caplog):
    data = changed(SOPInstanceUID="1.2.3").replace(b"1.2.3.4\0", b"JANEDOE\0")
    read(data)
    assert not recwarn.list
    assert not caplog.records


def test_reports_and_presentations_have_no_frames():
    ds = dataset(ground())
    del ds.PixelData
    with frames.open_image(io.BytesIO(saved(ds))) as image:
        assert image.pixels is None
        assert list(image.frames()) == []
