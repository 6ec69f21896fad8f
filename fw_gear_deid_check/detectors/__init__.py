"""Detectors: text in, matches out. They know nothing of files, places or policies, and never log what they see."""
