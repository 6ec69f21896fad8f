"""Checkers: content in, observations out. This is the known set of them; a new one is registered here."""

from __future__ import annotations

from fw_gear_deid_check.checkers.archive import ArchiveChecker, MemberChecker
from fw_gear_deid_check.checkers.checker import Checker
from fw_gear_deid_check.checkers.dicom import DicomChecker
from fw_gear_deid_check.checkers.document import TextChecker
from fw_gear_deid_check.checkers.face import FaceChecker
from fw_gear_deid_check.checkers.fields import ImageChecker, PdfChecker, ScannerChecker
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.litter import LitterChecker
from fw_gear_deid_check.checkers.metadata import MetadataChecker
from fw_gear_deid_check.checkers.name import NameChecker
from fw_gear_deid_check.checkers.nifti import NiftiChecker
from fw_gear_deid_check.checkers.pixels import PixelsChecker
from fw_gear_deid_check.checkers.profile import ProfileChecker
from fw_gear_deid_check.checkers.sidecar import SidecarChecker
from fw_gear_deid_check.checkers.table import TableChecker
from fw_gear_deid_check.findings import each_of
from fw_gear_deid_check.profile.profile import Profile
from fw_gear_deid_check.rules import Rule

CHECKERS: tuple[type[Checker], ...] = (
    NameChecker,
    ArchiveChecker,
    MemberChecker,
    LitterChecker,
    DicomChecker,
    NiftiChecker,
    SidecarChecker,
    TableChecker,
    TextChecker,
    ImageChecker,
    PdfChecker,
    ScannerChecker,
    PixelsChecker,
    FaceChecker,
    MetadataChecker,
    ProfileChecker,
)
RULES: tuple[Rule, ...] = tuple({rule.id: rule for checker in CHECKERS for rule in checker.rules}.values())
"""All rules there are, each once."""


def make_checkers(judge: Judge, pixels: str, jobs: int, profile: Profile | None = None) -> list[Checker]:
    """Return the checkers of a run, in the order in which they look at content."""
    dicom, sidecar = DicomChecker(judge), SidecarChecker(judge)
    return [
        NameChecker(judge),
        ArchiveChecker(judge),
        MemberChecker(judge),
        LitterChecker(judge),
        dicom,
        *([ProfileChecker(judge, profile)] if profile is not None else []),
        NiftiChecker(judge, sidecar, lambda content: each_of(dicom.check(content))),
        sidecar,
        TableChecker(judge),
        TextChecker(judge),
        ImageChecker(judge),
        PdfChecker(judge),
        ScannerChecker(judge),
        MetadataChecker(judge),
        PixelsChecker(judge, pixels, jobs),
        FaceChecker(judge),
    ]
