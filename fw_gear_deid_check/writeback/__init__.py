"""Write-back: the verdicts of an audit as tags and QC results on Flywheel.

``changes`` looks what became of the data while they were checked, ``target`` says what is written to, ``tags`` and
``results`` know how to write one thing each, ``writing`` does it for all.
"""

from fw_gear_deid_check.writeback.changes import look_again
from fw_gear_deid_check.writeback.target import Wanted
from fw_gear_deid_check.writeback.writing import Written, write

__all__ = ["Wanted", "Written", "look_again", "write"]
