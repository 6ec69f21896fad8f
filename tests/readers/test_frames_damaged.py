"""Damaged images: whatever the bytes, frames or `errors.Unreadable`, and nothing that pydicom says of values."""

from __future__ import annotations

import contextlib
import io

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.uid import RLELossless

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.readers import frames, pixels
from tests.pictures import dataset, dicom, ground, saved


def whole() -> list[bytes]:
    packed = dataset(np.stack([ground(10, 12, seed) for seed in range(2)]))
    packed.compress(RLELossless, generate_instance_uid=False)  # the codec that isn't native code
    overlaid = dataset(ground(16, 16))
    for element, vr, value in ((0x0010, "US", 16), (0x0011, "US", 16), (0x3000, "OW", bytes(32))):
        overlaid.add_new((0x6000, element), vr, value)
    return [saved(packed), saved(overlaid), dicom(ground(10, 12).astype(np.uint16), bits=12)]


WHOLE = whole()
DAMAGE = st.tuples(st.integers(128, 2000), st.binary(min_size=1, max_size=6))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(WHOLE), st.lists(DAMAGE, min_size=1, max_size=8), st.integers(0, 3000))
def test_any_damage_is_told_or_harmless(data, damage, cut):
    broken = bytearray(data)
    for place, what in damage:
        place %= len(broken)  # noqa: PLW2901
        broken[place : place + len(what)] = what
    if cut < len(broken):
        del broken[len(broken) - cut :]
    with contextlib.suppress(Unreadable), frames.open_image(io.BytesIO(bytes(broken))) as image:
        for raw in image.raw_frames(
            lambda frame, how: pixels.decoded(frame, how) if how.transfer_syntax == RLELossless else _refuse()
        ):
            if image.pixels:
                pixels.used_bits(raw, image.pixels)
                pixels.unused_bits(raw, image.pixels)
        list(image.overlays())
        list(image.icons(lambda frame, how: _refuse()))


def _refuse():
    raise Unreadable("native codecs run in a process of their own")
