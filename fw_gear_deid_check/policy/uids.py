"""UIDs that tell: those in which a device has written its serial number, or the date and time."""

from __future__ import annotations

import datetime
import re

LONGEST = 64
"""Characters of a UID, PS3.5 9.1; what is longer is no UID."""

_UID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*)){3,}")

_REGISTERED = ("1.2.840.10008.", "2.25.")
"""DICOM's own UIDs, and those made from a UUID (PS3.5 B.2)."""

_SERIAL = (
    re.compile(r"1\.3\.12\.2\.1107\.5\.[0-9]{1,2}\.[0-9]{1,3}\.[0-9]{4,8}(?:\.|$)"),
    re.compile(r"1\.2\.840\.113619\.2\.(?:[0-9]{1,5}\.){1,4}[0-9]{6,20}(?:\.|$)"),
    re.compile(r"1\.3\.46\.670589\.(?:[0-9]{1,4}\.){1,6}[0-9]{5,}"),
    re.compile(r"1\.2\.392\.200036\.9[0-9]{3}\.(?:[0-9]{1,4}\.){1,8}[0-9]{8,}"),
)
"""Vendor roots with the number of the device behind them: Siemens, GE, Philips, and Canon, Fuji, Hitachi."""

_RUN = re.compile(r"[0-9]+")
_CENTURY = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_FIRST = 1970


def is_uid(value: str) -> bool:
    """Tell whether a value has the form of a UID, PS3.5 9.1.

    >>> is_uid("1.2.840.113619.2.55"), is_uid("1.2"), is_uid("10.02.1980")
    (True, False, False)
    """
    return len(value) <= LONGEST and _UID.fullmatch(value) is not None


def telling_uid(uid: str) -> bool:
    """Tell whether a UID holds a device's serial number or a date.

    A date is the first eight digits of a component, or stands in one of them before a time; components of random
    digits, longer than 20, are not looked into.

    >>> telling_uid("1.3.12.2.1107.5.2.43.66044.2022062314151234567890")
    True
    >>> telling_uid("2.25.20220623141512123456789012345678901")
    False
    >>> telling_uid("1.2.840.10008.5.1.4.1.1.4")
    False
    """
    uid = uid.strip(" \0")
    if len(uid) > LONGEST or uid.startswith(_REGISTERED):
        return False
    return any(serial.match(uid) for serial in _SERIAL) or any(
        _dated(component) for component in _RUN.findall(uid) if 8 <= len(component) <= _COMPONENT
    )


_COMPONENT = 30
"""Digits of a component that is looked into; Siemens writes date, time and a counter in up to 30."""


def _dated(component: str) -> bool:
    """Tell whether a component of a UID begins with a date, followed by nothing or by a time of day."""
    if _CENTURY.match(component) is None:
        return False
    year, month, day = int(component[:4]), int(component[4:6]), int(component[6:8])
    try:
        date = datetime.date(year, month, day)
    except ValueError:
        return False
    if not _FIRST <= date.year <= datetime.datetime.now(tz=datetime.UTC).year + 1:
        return False
    rest = component[8:14]
    if len(component) == 8:
        return True
    parts = [rest[index : index + 2] for index in range(0, len(rest), 2)]
    return len(rest) > 1 and all(int(part) < most for part, most in zip(parts, (24, 60, 60), strict=False))
