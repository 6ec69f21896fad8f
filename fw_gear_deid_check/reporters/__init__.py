"""Reporters: pure views of the record, report.json."""
