"""Flywheel de-identification profiles: read, judged, applied and suggested, with Flywheel's own engine."""
