"""The loop: what instances share counts for each of them."""

from __future__ import annotations

from pathlib import Path

from fw_gear_deid_check.main import Options, run
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.rules import Verdict
from fw_gear_deid_check.sources.folder import FolderSource
from tests.checkers.dicom_data import dicom_file, element

INSTANCES = 12


def test_what_many_instances_share_and_can_not_be_read_is_not_checked_in_each(tmp_path: Path) -> None:
    for number in range(INSTANCES):
        changes = element(0x00200013, "IS", str(number))
        document = element(0x00420011, "OB", b"\1" * 8) + element(0x00420012, "LO", "application/pdf")
        (tmp_path / f"{number:02}.dcm").write_bytes(dicom_file(changes, document))
    audit = run(FolderSource([tmp_path]), Options(Policy.load("site"), pixels="off"))
    reasons = [[each.reason for each in record.not_checked if each.checker == "dicom"] for record in audit.records]
    assert reasons == [["encapsulated document: content is not read"]] * INSTANCES
    assert {record.verdict for record in audit.records} == {Verdict.INCOMPLETE}
