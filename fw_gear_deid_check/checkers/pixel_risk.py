"""How hard to look for burned-in text, by what the header says: a table of classes of images.

A header makes an image suspect, never innocent: BurnedInAnnotation NO is a claim, often false, and earns nothing.
The classes come from DICOM (PS3.3), from the filters that archives use against screen captures, and from practice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

from fw_gear_deid_check.readers.dicom import PIXELS, DataSet, Row
from fw_gear_deid_check.readers.dicom_rows import remembered
from fw_gear_deid_check.readers.dictionary import tag_of

Header = Mapping[str, str]
"""Values by keyword as upper-case text, several joined by a backslash; what is absent or empty isn't in it."""


class Look(IntEnum):
    """How hard to look."""

    SAMPLE = 1
    """Projections and ranked frames."""
    FRAMES = 2
    """Every frame, up to the budget."""
    PERSON = 3
    """Every frame, and a person has to look whatever is read: text is usual in such images."""


class Risk(NamedTuple):
    """A class of images that often carries text.

    Attributes
    ----------
    look
        How hard to look.
    words
        What the class is, for the report.
    keyword
        Data element that tells; "" where ``test`` takes the whole header.
    test
        Tells whether the value, or the header, is of the class.
    """

    look: Look
    words: str
    keyword: str
    test: Callable[[Any], bool]


def _one_of(*values: str) -> Callable[[str], bool]:
    return lambda value: any(part.strip() in values for part in value.split("\\"))


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda value: re.search(pattern, value[:1024]) is not None


def _starts(*prefixes: str) -> Callable[[str], bool]:
    return lambda value: value.startswith(prefixes)


def _present(value: str) -> bool:
    return bool(value)


SLICES = frozenset({"MR", "CT", "PT"})
"""Cross-sectional modalities: their originals have one sample of 12 to 16 bits."""


def _drawn_slice(header: Header) -> bool:
    """Tell whether a cross-sectional image has the pixels of a screen."""
    colour = header.get("SamplesPerPixel") == "3" or header.get("PhotometricInterpretation") == "PALETTE COLOR"
    return header.get("Modality") in SLICES and (colour or header.get("BitsAllocated") == "8")


def _unlabelled(header: Header) -> bool:
    """Tell whether nothing says how an image came about; slices of over 8 bits come from a scanner all the same."""
    modality = header.get("Modality")
    if modality in {"SEG", "RTDOSE", "RTSTRUCT", "RTPLAN"} or "ImageType" in header:
        return False
    return modality not in SLICES or header.get("BitsAllocated") == "8"


def _result_screen(header: Header) -> bool:
    return (
        header.get("Modality") in {"NM", "PT"}
        and re.search("SECONDARY|SCREEN", header.get("ImageType", "")) is not None
    )


def _derived(header: Header) -> bool:
    """Tell whether CT or ultrasound was worked on; in MR every map and reformat is called so, which tells nothing."""
    kind = header.get("ImageType", "")
    return header.get("Modality") == "CT" and kind.startswith("DERIVED\\SECONDARY")


_CAPTURES = "1.2.840.10008.5.1.4.1.1.7"
_SOP = "1.2.840.10008.5.1.4.1.1."

RISKS: tuple[Risk, ...] = (
    Risk(
        Look.PERSON, "secondary capture", "SOPClassUID",
        _one_of(_CAPTURES, *(f"{_CAPTURES}.{number}" for number in range(1, 5))),
    ),
    Risk(Look.PERSON, "screen, scanned document or unknown origin", "Modality", _one_of("OT", "SC", "DOC")),
    Risk(
        Look.PERSON, "screen, report or label by its image type", "ImageType",
        _matches(r"SCREEN ?SAVE|\bSAVE\b|REPORTDATA|DEMOGRAPHICDATA|INVALID|\bDOSE|VOLREN|VXTL|\bLABEL\b"),
    ),
    Risk(
        Look.PERSON, "screen or report by its description", "SeriesDescription",
        _matches(
            r"\b(DOSE|REPORT|PROTOCOL PAGE|SCREEN ?(SAVE|SHOT|CAPTURE)?S?|CAPTURES?|PATIENT PROTOCOL|NOMINATION"
            r"|OUTSIDE HOSPITAL|MEDRAD|SUMMARY|WORKSHEET|RESULTS?)\b"
        ),
    ),
    Risk(Look.PERSON, "digitized or drawn", "ConversionType", _one_of("DF", "SD", "DRW", "DV")),
    Risk(Look.FRAMES, "made by a workstation", "ConversionType", _one_of("WSD", "SI", "SYN")),
    *(
        Risk(Look.FRAMES, "captured", keyword, _present)
        for keyword in (
            "SecondaryCaptureDeviceID", "SecondaryCaptureDeviceManufacturer", "DateOfSecondaryCapture",
            "SecondaryCaptureDeviceManufacturerModelName", "SecondaryCaptureDeviceSoftwareVersions",
        )
    ),
    Risk(
        Look.PERSON, "ultrasound, endoscopy, microscopy or photograph", "Modality",
        _one_of("US", "IVUS", "ES", "XC", "GM", "SM", "OP", "OPT", "DMS"),
    ),
    Risk(
        Look.PERSON, "ultrasound or visible light", "SOPClassUID",
        _starts(f"{_SOP}6.", f"{_SOP}3.", f"{_SOP}77.1."),
    ),
    Risk(Look.FRAMES, "radiograph or fluoroscopy", "Modality", _one_of("CR", "DX", "MG", "IO", "PX", "RF", "XA", "RG")),
    Risk(Look.FRAMES, "result screen", "", _result_screen),
    Risk(Look.PERSON, "slices with the pixels of a screen", "", _drawn_slice),
    Risk(Look.FRAMES, "worked on", "", _derived),
    Risk(
        Look.FRAMES, "made by a workstation", "Manufacturer",
        _matches(r"VITREA|VITAL IMAGES|TERARECON|SYNGO\.VIA|OSIRIX|HOROS|IMAGEJ|MEDRAD|PACS|CODONICS|ZIOSOFT"),
    ),
    Risk(
        Look.FRAMES, "made by a workstation", "ManufacturerModelName",
        _matches(r"ADVANTAGE WORK|\bAW\b|VITREA|TERARECON|SYNGO\.VIA|OSIRIX|HOROS|IMAGEJ|INTELLISPACE"),
    ),
    Risk(Look.FRAMES, "without an image type", "", _unlabelled),
)  # fmt: skip

DAYS = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")
"""Dates that a policy may let the header keep: in the picture, they tell nothing more."""
KEYWORDS: tuple[str, ...] = tuple(
    dict.fromkeys(
        [risk.keyword for risk in RISKS if risk.keyword]
        + [
            "BurnedInAnnotation",
            "DeidentificationMethod",
            "DeidentificationMethodCodeSequence",
        ]
        + ["SeriesInstanceUID", "Modality", "ImageType", *DAYS]
    )
)
"""Data elements that the pixel checker reads besides those that describe the pixels."""


FORM = ("SamplesPerPixel", "BitsAllocated", "PhotometricInterpretation")
"""Data elements that describe the pixels, as far as the classes ask for them."""
_LONGEST = 4096


def has_pixels(data: DataSet) -> bool:
    """Tell whether a data set has pixels, or an overlay with planes of its own."""
    if not PIXELS.isdisjoint(data.index):
        return True
    return any(tag >> 24 == 0x60 and tag & 0xFFFF == 0x3000 for tag in data.index)


def judged(data: DataSet) -> tuple[Header, tuple[Risk, ...]]:
    """Return the values by which images are judged, and the classes that an image is of."""
    return _judged(data.rows_of(_wanted()))


@remembered
def _judged(rows: tuple[Row, ...]) -> tuple[Header, tuple[Risk, ...]]:
    """Return what is made of some data elements: those of a series are mostly the same."""
    header = header_of(rows)
    return header, tuple(risks(header))


def header_of(rows: Iterable[Row]) -> Header:
    """Return the values of data elements by keyword."""
    found: dict[str, str] = {}
    wanted = _wanted()
    for tag, _, _, raw, start, _ in rows:
        keyword = wanted[tag]
        if start < 0:
            continue
        value = raw[start : start + _LONGEST]
        if keyword in {"SamplesPerPixel", "BitsAllocated"}:
            # Both are below 256 in either byte order.
            text = str(max(value[:2], default=0))
        elif keyword == "DeidentificationMethodCodeSequence":
            text = "\\".join(code for code in ("113101",) if code.encode() in raw)
        else:
            text = value.decode("latin-1").strip(" \0").upper()
        if text:
            found[keyword] = text
    return found


@cache
def _wanted() -> dict[int, str]:
    """Return the keywords of the data elements that are asked for, by tag."""
    return {tag: name for name in (*KEYWORDS, *FORM) if (tag := tag_of(name)) is not None}


def risks(header: Header) -> list[Risk]:
    """Return the classes that an image is of, the riskiest first."""
    found = [risk for risk in RISKS if risk.test(header.get(risk.keyword, "") if risk.keyword else header)]
    return sorted(found, key=lambda risk: -risk.look)


def days(header: Header) -> frozenset[date]:
    """Return the dates of a header.

    >>> sorted(days({"StudyDate": "20110525", "SeriesDate": "2011"}))
    [datetime.date(2011, 5, 25)]
    """
    found = set()
    for value in filter(None, map(header.get, DAYS)):
        with suppress(ValueError):
            found.add(datetime.strptime(value[:8], "%Y%m%d").date())  # noqa: DTZ007 - a day, wherever it was
    return frozenset(found)


def look(found: Sequence[Risk]) -> Look:
    """Return how hard to look at an image of these classes."""
    return max((risk.look for risk in found), default=Look.SAMPLE)
