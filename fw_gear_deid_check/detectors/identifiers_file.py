"""STUB."""
from __future__ import annotations
from fw_gear_deid_check.errors import UsageError
Listed = str
def read(path):
    raise UsageError("can't be read")
