"""Extra fields and times of zip entries: sizes beyond 4 GiB, second names, owners, and when a member was written."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from fw_gear_deid_check.readers.entries import Field

ZIP64, NTFS, TIMES, PATH, COMMENT, UNIX = 0x0001, 0x000A, 0x5455, 0x7075, 0x6375, 0x7875
PADDING = frozenset({0xD935, 0xA220, 0xCAFE})
"""Android's alignment, Microsoft's growth hint and Java's magic hold nothing where they are zero or empty."""
_DOS_EPOCH = "1980-01-01 00:00:00"
_NTFS_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def records(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the records of an extra field as (header id, data); bytes that make up no record have the id -1."""
    position = 0
    while position + 4 <= len(extra):
        header, size = struct.unpack_from("<HH", extra, position)
        if position + 4 + size > len(extra):
            break
        yield header, extra[position + 4 : position + 4 + size]
        position += 4 + size
    if extra[position:].strip(b"\0"):
        yield -1, extra[position:]


def wide(values: tuple[int, ...], extra: bytes) -> tuple[int, ...]:
    """Return the values, each that is full (0xFFFFFFFF) taken from the zip64 record of the extra field."""
    if 0xFFFFFFFF not in values:
        return values
    record = next((data for header, data in records(extra) if header == ZIP64), b"")
    numbers = [number for (number,) in struct.iter_unpack("<Q", record[: len(record) // 8 * 8])]
    return tuple(numbers.pop(0) if value == 0xFFFFFFFF and numbers else value for value in values)


def time_of(clock: int, day: int) -> str | None:
    """Return an MS-DOS time as ISO 8601, or None where it is none, or the beginning of 1980, which stands for none.

    >>> time_of(0x9211, 0x54D7), time_of(0, 0x21), time_of(0, 0)
    ('2022-06-23 18:16:34', None, None)
    """
    try:
        moment = datetime(1980 + (day >> 9), day >> 5 & 15, day & 31, clock >> 11, clock >> 5 & 63, (clock & 31) * 2)  # noqa: DTZ001 - zip times have no zone
    except ValueError:
        return None
    text = moment.isoformat(" ")
    return None if text == _DOS_EPOCH else text


def extra_fields(extra: bytes, times: list[Field], fields: list[Field]) -> None:
    """Add what an extra field holds to a member's times and fields, once."""
    for header, data in records(extra):
        pointer = f"member.extra[0x{header:04x}]" if header >= 0 else "member.extra"
        if header == ZIP64 or (header in PADDING and not data.strip(b"\0")):
            continue
        if header == TIMES:
            _add(times, pointer, _unix_times(data))
        elif header == NTFS:
            _add(times, pointer, _ntfs_times(data))
        elif header in {PATH, COMMENT}:
            _add(fields, pointer, [data[5:].decode("utf-8", "replace")])
        elif header == UNIX:
            _add(fields, pointer, [_owner(data)])
        elif data.strip(b"\0"):
            _add(fields, pointer, [data])


def _add(target: list[Field], pointer: str, values: list[str] | list[bytes] | list[str | bytes]) -> None:
    for value in values:
        field = Field(pointer, value)
        if field not in target:
            target.append(field)


def _unix_times(data: bytes) -> list[str]:
    """Return the times of an extended timestamp record: flags, then seconds since 1970."""
    return [
        _seconds(number) for (number,) in struct.iter_unpack("<l", data[1 : 1 + (len(data) - 1) // 4 * 4]) if number > 0
    ]


def _seconds(number: int) -> str:
    return _written(datetime.fromtimestamp(number, UTC))


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _ntfs_times(data: bytes) -> list[str]:
    """Return the times of an NTFS record: attribute 1 holds three numbers of 100 ns since 1601."""
    if len(data) < 32 or data[4:8] != b"\x01\x00\x18\x00":
        return []
    ticks = [number for number in struct.unpack_from("<3Q", data, 8) if 0 < number < 1 << 61]
    return list(dict.fromkeys(_written(_NTFS_EPOCH + timedelta(microseconds=number // 10)) for number in ticks))


def _owner(data: bytes) -> str:
    """Return the numbers of user and group, ``uid 501 gid 20``."""
    names, position = [], 1
    for name in ("uid", "gid"):
        size = data[position] if position < len(data) else 0
        names.append(f"{name} {int.from_bytes(data[position + 1 : position + 1 + size], 'little')}")
        position += 1 + size
    return " ".join(names)
