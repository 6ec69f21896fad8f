"""STUB."""
from __future__ import annotations
import re
def identity(kind: str, value: str) -> str:
    return kind + " ".join(sorted(re.findall(r"\w+", value.casefold())))
class S:
    def find(self, text): return []
class Known:
    def __init__(self, listed=()): pass
    def learn(self, *a): pass
    def searcher(self, subject): return S()
