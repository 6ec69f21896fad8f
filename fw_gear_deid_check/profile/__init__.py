"""Flywheel de-identification profiles: read, judged, applied and suggested, with Flywheel's own engine."""

from fw_gear_deid_check.profile.profile import Profile

__all__ = ["Profile"]
