"""Siemens CSA headers: both forms, and nothing but Unreadable on nonsense."""

from __future__ import annotations

import random
from struct import pack

import pytest

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.readers import csa


def header(tags: dict[str, list[bytes]], *, sv10: bool = True, junk: bytes = b"") -> bytes:
    """Return a CSA header with six items to a tag."""
    parts = [csa.MAGIC if sv10 else b"", pack("<II", len(tags), 77)]
    for name, values in tags.items():
        field = (name.encode() + b"\0" + junk).ljust(64, b"\0")[:64]
        parts.append(field + pack("<i4siii", len(values), b"LO\0\0", 6, 6, 77))
        for index in range(6):
            value = values[index] if index < len(values) else b""
            lengths = (0, len(value), 77, 0) if sv10 else (len(value) + 6, 0, 0, 0)
            parts.append(pack("<4i", *lengths) + value + b"\0" * (-len(value) % 4))
    return b"".join(parts)


def read(data: bytes) -> dict[str, list[bytes]]:
    layout = csa.layout(data)
    position, found = layout.position, {}
    for _ in range(layout.tags):
        end, name, values = csa.tag(data, position, layout.offset)
        found[name] = values
        position = end
    assert not data[position:].strip(b"\0")
    return found


@pytest.mark.parametrize("sv10", [True, False])
def test_reads_tags_and_values(sv10: bool) -> None:
    data = header({"UsedPatientWeight": [b"90"], "Empty": [], "Two": [b"one\0", b"three"]}, sv10=sv10)
    assert read(data) == {"UsedPatientWeight": [b"90"], "Empty": [], "Two": [b"one", b"three"]}


def test_memory_behind_a_name_is_read_where_it_is_text() -> None:
    assert read(header({"Tag": [b"1"]}, junk=b"Corge")) == {"Tag": [b"1", b"Corge"]}
    assert read(header({"Tag": [b"1"]}, junk=b"\x01\x02\x03\x04\x05")) == {"Tag": [b"1"]}


@pytest.mark.parametrize("data", [b"", b"SV10", csa.MAGIC, csa.MAGIC + pack("<II", 5, 77), b"\xff" * 200, bytes(200)])
def test_nonsense_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        csa.layout(data)


@pytest.mark.parametrize("sv10", [True, False])
def test_damage_ends_in_unreadable_or_in_other_tags(sv10: bool) -> None:
    good = header({f"Tag{number}": [b"value", b"2"] for number in range(5)}, sv10=sv10)
    rng = random.Random(7)
    unreadable = 0
    for _ in range(2000):
        data = bytearray(good)
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] = rng.choice([0, 1, 127, 255])
        del data[rng.randint(len(data) // 2, len(data)) :]
        try:
            layout = csa.layout(bytes(data))
            position = layout.position
            for _ in range(layout.tags):
                end, _, _ = csa.tag(bytes(data), position, layout.offset)
                assert position < end <= len(data)
                position = end
        except Unreadable:
            unreadable += 1
    assert unreadable > 100


def test_counts_are_bounded() -> None:
    with pytest.raises(Unreadable):
        csa.layout(csa.MAGIC + pack("<II", 1001, 77) + bytes(100_000))
    one = b"T".ljust(64, b"\0") + pack("<i4siii", 1, b"LO\0\0", 6, 2_000_000_000, 77)
    with pytest.raises(Unreadable):
        csa.tag(one + bytes(1000), 0, None)
