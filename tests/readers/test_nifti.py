"""The NIfTI reader: agrees with nibabel, never raises anything of its own making, and stays small and fast."""

import contextlib
import gzip
import io
import struct
import tracemalloc

import nibabel
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers import nifti
from fw_gear_deid_check.readers.nifti import Place

LIMITS = Limits()


def image(kind=nibabel.Nifti1Image, shape=(3, 4, 5), **fields) -> bytes:
    made = kind(np.ones(shape, np.int16), np.eye(4))
    for name, value in fields.items():
        made.header[name] = value
    return made.to_bytes()


def parts(data: bytes, limits: Limits = LIMITS) -> list[nifti.Part]:
    return list(nifti.parts(io.BytesIO(data), limits))


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("order", "<>")
def test_fields_are_those_that_nibabel_reads(kind, order):
    made = kind(np.ones((3, 4, 5), np.float32), np.eye(4), kind.header_class().as_byteswapped(order))
    for name in ("descrip", "aux_file", "intent_name"):
        made.header[name] = f"text of {name}"[: made.header[name].dtype.itemsize].encode()
    read = {part.pointer: part.data.rstrip(b"\0") for part in parts(made.to_bytes()) if part.place is Place.FIELD}
    assert read == {name: bytes(made.header[name]).rstrip(b"\0") for name in ("descrip", "aux_file", "intent_name")}


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_extensions_are_those_that_nibabel_reads(kind):
    made = kind(np.ones((3, 4, 5), np.float32), np.eye(4))
    for code, text in ((6, b"one"), (4, b"two" * 100), (0, b"x")):
        made.header.extensions.append(nibabel.nifti1.Nifti1Extension(code, text))
    read = [(each.code, each.data.rstrip(b"\0")) for each in parts(made.to_bytes()) if each.place is Place.EXTENSION]
    assert read == [(6, b"one"), (4, b"two" * 100), (0, b"x")]


@pytest.mark.parametrize(
    ("offset", "form", "value"),
    [
        (40, "8h", (9, 1, 1, 1, 1, 1, 1, 1)),
        (40, "8h", (3, -1, 4, 5, 1, 1, 1, 1)),
        (108, "f", float("nan")),
        (108, "f", float("inf")),
        (108, "f", -352.0),
        (108, "f", 100.0),
        (72, "h", -16),
    ],
)
def test_impossible_headers(offset, form, value):
    data = bytearray(image())
    struct.pack_into("<" + form, data, offset, *(value if isinstance(value, tuple) else (value,)))
    with pytest.raises(Unreadable):
        parts(bytes(data))


@pytest.mark.parametrize(
    ("offset", "form", "value"), [(40, "8h", (7,) + (32767,) * 7), (108, "f", 1e30), (108, "f", 2e9)]
)
def test_sizes_that_lie_cost_nothing(offset, form, value):
    data = bytearray(image())
    struct.pack_into("<" + form, data, offset, *(value if isinstance(value, tuple) else (value,)))
    tracemalloc.start()
    found = parts(bytes(data))
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
    assert Place.SHORT in {part.place for part in found}


def test_an_extension_that_lies():
    made = nibabel.Nifti1Image(np.ones((3, 4, 5), np.int16), np.eye(4))
    made.header.extensions.append(nibabel.nifti1.Nifti1Extension(6, b"JANE"))
    for size in (-1, 0, 7, 17, 1 << 30):
        data = bytearray(made.to_bytes())
        struct.pack_into("<i", data, 352, size)
        assert b"JANE" in b"".join(part.data for part in parts(bytes(data)))


def test_only_so_much_of_an_extension_is_held():
    made = nibabel.Nifti1Image(np.ones((3, 4, 5), np.int16), np.eye(4))
    made.header.extensions.append(nibabel.nifti1.Nifti1Extension(6, b"x" * 100_000))
    (part,) = parts(made.to_bytes(), Limits(element_text=1000))
    assert (len(part.data), part.whole) == (1000, False)


def test_a_gzip_bomb_is_given_up():
    with pytest.raises(Unreadable, match="inflates to more than 1000000 bytes"):
        parts(gzip.compress(image() + bytes(50_000_000)), Limits(member_size=1_000_000))


def test_a_volume_is_never_in_memory():
    data = gzip.compress(image(shape=(256, 256, 256)), 1)
    tracemalloc.start()
    assert {part.place for part in parts(data)} == {Place.GZIP_MTIME}
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2000))
@example(b"")
def test_any_bytes(data):
    for head in (
        b"",
        image()[:348],
        image(nibabel.Nifti2Image)[:540],
        image()[:344] + bytes(4),
        b"\x1f\x8b\x08\x1c" + bytes(6),
    ):
        for packed in (False, True):
            with contextlib.suppress(Unreadable):
                parts(gzip.compress(head + data) if packed else head + data)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage(data):
    clean = data.draw(st.sampled_from([image(), image(nibabel.Nifti2Image), gzip.compress(image(), mtime=0)]))
    bad = bytearray(clean)
    for _ in range(data.draw(st.integers(1, 4))):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Unreadable):
        parts(bytes(bad[: data.draw(st.integers(0, len(bad)))]))
