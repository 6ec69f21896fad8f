"""Bytes into elements, fields and members: one pass, bounded memory, no judgement."""
