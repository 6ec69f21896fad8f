"""Faces: head volumes from which a face can be rendered, without any sign that it was removed.

"Full face photographic images and any comparable images" are identifier Q of Safe Harbor; a T1-weighted head is
comparable, and has been matched with photographs. Nothing is rendered here: the header says that it is a head, and
method, description, file name or sidecar say whether it was defaced. A sign is a claim and is believed, for once: the
level is INFO under ``site``, REVIEW under ``safe-harbor``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.findings import Location, Observation
from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.readers import dicom
from fw_gear_deid_check.readers.dicom_rows import remembered
from fw_gear_deid_check.readers.dictionary import tag_of
from fw_gear_deid_check.rules import Level, Rule

RECOGNIZABLE_FACE = Rule(
    id="PIX007",
    slug="recognizable-face",
    summary="A head volume shows no sign that the face was removed",
    level=Level.INFO,
    source="45 CFR 164.514(b)(2)(i)(Q)",
    remedy="Deface the volume (pydeface, mri_reface, quickshear), or say in the policy why faces may stay",
    category="Q",
    why="A face can be rendered from the skin in a T1-weighted or CT head, and matched with photographs.",
    bad="sub-01_T1w.nii.gz",
    good="sub-01_desc-defaced_T1w.nii.gz",
)

SLICES = 30
"""Slices that make a volume."""
THICKEST = 3.0
"""Millimetres between slices of a volume in which a face can be told."""
SIDECAR_BYTES = 1 << 20
"""Bytes of a sidecar that are looked at."""

_KEYWORDS = (
    "Modality", "MRAcquisitionType", "BodyPartExamined", "SeriesDescription", "ProtocolName", "SequenceName",
    "ImageType", "SliceThickness", "SeriesInstanceUID", "NumberOfFrames", "RecognizableVisualFeatures",
    "DeidentificationMethod", "DeidentificationMethodCodeSequence", "DerivationDescription",
)  # fmt: skip
_DESCRIBED = ("BodyPartExamined", "SeriesDescription", "ProtocolName", "SequenceName")
_SIGNED = (
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "DerivationDescription",
    "SeriesDescription",
    "ImageType",
)
_SIGN = expression(
    r"[DR]E-?FAC(?:E|ING)|SKULL.?STRIP|BRAIN.?(?:EXTRACT|MASKED|ONLY)|FACE.?(?:REMOV|MASK|BLUR|OFF)|QUICKSHEAR|113102"
)
_SIGN_IN_NAME = expression(_SIGN.pattern + r"|(?:_|-)(?:BRAIN|BET|STRIPPED)(?:[_.\-]|$)")
_VOLUME = expression(r"MP2?RAGE|BRAVO|SPGR|TFL3D|(?<![A-Z0-9])T1(?![0-9])(?!.?(?:MAP|RHO))|SPACE|CUBE|VISTA|FLAIR")
_ELSEWHERE = expression(
    r"ABDO|PELVI|KNEE|LIVER|CHEST|THORA|HEART|CARDI|BREAST|PROSTAT|SPINE|LUMB|HIP\b|SHOULDER|ANKLE|FOOT|WRIST|HAND\b"
    r"|ELBOW|KIDNEY|RENAL|PHANTOM|LEG\b|ARM\b|EXTREM"
)
_HEAD = expression(r"HEAD|BRAIN|FACE|FACIAL|SINUS|ORBIT|SKULL|CEREBR|CRANI|IAC")
_SCOUT = expression(r"LOCALI[SZ]ER|SCOUT|TOPOGRAM|SURVIEW")
_NIFTI = expression(r"(?:_T1W?|MP2?RAGE|BRAVO|SPGR)[^/]*\.NII(?:\.GZ)?$")
_STEM = expression(r"(?:\.nii(?:\.gz)?|\.json)$", re.IGNORECASE)

Header = dict[str, str]


@dataclass(slots=True)
class _Head:
    """A head volume: where it was seen first, and how many slices it has."""

    item: Item
    member: str | None
    pointer: str
    slices: int = 0
    signed: bool = False


class FaceChecker:
    """Gathers head volumes and signs of defacing; tells of heads without a sign when all has been seen."""

    name: ClassVar[str] = "face"
    rules: ClassVar[tuple[Rule, ...]] = (RECOGNIZABLE_FACE,)
    reads: ClassVar[bool] = False

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._heads: dict[tuple[str, str], _Head] = {}
        self._signs: set[str] = set()

    def applies_to(self, content: Content) -> bool:
        """Tell whether this checker looks at such content: images, and what may be their sidecar."""
        return content.kind in {"dicom", "nifti", "json"}

    def check(self, content: Content) -> Iterator[Observation]:
        """Remember a head volume, or a sign of defacing; say nothing yet."""
        name = content.member or content.item.path
        match content.kind:
            case "dicom":
                self._dicom(content, name)
            case "nifti":
                if _NIFTI.search(name.upper()) and not _SIGN_IN_NAME.search(name.upper()):
                    key = content.item.path, _STEM.sub("", name)
                    self._heads.setdefault(key, _Head(content.item, content.member, "content", SLICES))
            case _:
                with content.open() as stream:
                    text = stream.read(SIDECAR_BYTES).decode("latin-1").upper()
                if _SIGN.search(text):
                    self._signs.add(_STEM.sub("", name))
        yield from ()

    def _dicom(self, content: Content, name: str) -> None:
        data = dicom.data_set(content, self._judge.policy.limits)
        header, head_volume, signed = _judged(data.rows_of(_wanted()))
        if not head_volume:
            return
        folder = content.item.path if content.member else content.item.path.rpartition("/")[0]
        key = folder, header.get("SeriesInstanceUID", "")
        head = self._heads.setdefault(key, _Head(content.item, content.member, "PixelData"))
        head.slices += int(header["NumberOfFrames"]) if header.get("NumberOfFrames", "").isdecimal() else 1
        head.signed |= signed or _SIGN_IN_NAME.search(name.upper()) is not None

    def close(self, tell: Callable[[str], None]) -> Iterator[tuple[Item, Observation, str | None]]:
        """Yield a finding for each head volume without a sign of defacing."""
        for (_, stem), head in self._heads.items():
            if head.signed or stem in self._signs or head.slices < SLICES:
                continue
            words = "a head volume, and no sign in header, name or sidecar that the face was removed"
            for finding in self._judge.finding(RECOGNIZABLE_FACE, self.name, Location(head.pointer), words):
                yield head.item, finding, head.member


@remembered
def _judged(rows: tuple[dicom.Row, ...]) -> tuple[Header, bool, bool]:
    """Return what is made of some data elements: the header, whether it is a head, whether it is signed."""
    header = header_of(rows)
    return header, is_head(header), is_signed(header)


def header_of(rows: Iterable[dicom.Row]) -> Header:
    """Return the values by which heads and signs are told, as upper-case text."""
    found: Header = {}
    for tag, _, _, raw, start, _ in rows:
        keyword = _wanted()[tag]
        if start >= 0:
            text = raw[start : start + 4096].decode("latin-1").strip(" \0").upper()
            if text:
                found[keyword] = text
    return found


@cache
def _wanted() -> dict[int, str]:
    return {tag: keyword for keyword in _KEYWORDS if (tag := tag_of(keyword)) is not None}


def is_head(header: Header) -> bool:
    """Tell whether an image is a slice of a volume that shows a face: a 3D MR or a CT of the head, in thin slices."""
    described = "\\".join(header.get(keyword, "") for keyword in _DESCRIBED)
    if _ELSEWHERE.search(described) or _SCOUT.search(described + header.get("ImageType", "")):
        return False
    try:
        thick = float(header.get("SliceThickness", "0")) > THICKEST
    except ValueError:
        thick = False
    if header.get("Modality") == "CT":
        return not thick and _HEAD.search(described) is not None
    flat = header.get("MRAcquisitionType", "3D") != "3D"
    return header.get("Modality") == "MR" and not thick and not flat and _VOLUME.search(described) is not None


def is_signed(header: Header) -> bool:
    """Tell whether a header says that the face was removed."""
    if header.get("RecognizableVisualFeatures") == "NO":
        return True
    return any(_SIGN.search(header.get(keyword, "")) for keyword in _SIGNED)
