"""Reads what private elements and other bytes of unknown meaning hold.

Text in any plausible encoding, Siemens CSA headers tag by tag, GE's compressed protocols, the keys of text protocols.
What stays opaque is counted in the inventory.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from fw_gear_deid_check.checkers.dicom_rules import ATTRIBUTES, NAME
from fw_gear_deid_check.checkers.dicom_values import BYTES, TEXT, is_plain, numbers, texts
from fw_gear_deid_check.checkers.judge import SUSPECT_TEXT, Judge
from fw_gear_deid_check.checkers.labels import Labels
from fw_gear_deid_check.checkers.memo import Memo
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Finding, Location, Observation, Text
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.policy import Safe
from fw_gear_deid_check.readers import csa
from fw_gear_deid_check.readers.character_sets import fragments, plausible

PERSONAL = frozenset({"direct-identifier", "staff-name"})
PROTOCOL = 4096
"""Characters above which text is a protocol that a machine wrote: only what has the form of an identifier counts."""
SMALL = 4
"""Bytes below which a value of unknown meaning is a number."""
PAIRS = 500
"""Keys of one text protocol that are looked at."""
PLACES = 64
"""Places with a CSA header whose tags are remembered."""

_NUMERIC = re.compile(r"[0-9.eE+\-\s\\;,:_xX]{0,4096}")
_PARAMETER = re.compile(r'<Param\w{1,20}\."(\w{1,64})">\s{0,16}\{([^{}]{0,400}+)\}')
_ASSIGNMENT = re.compile(r'(?m)^[ \t]{0,16}+([A-Za-z][\w. ]{0,63}+)[=:]?+[ \t]{0,16}+("[^"\n]{1,256}")')
_QUOTED = re.compile(r'"([^"\n]{1,256})"')
_HUNGARIAN = re.compile(r"(?:t|s|sz|l|fl|d|a|uc)(?=[A-Z])")
_GZIP = b"\x1f\x8b\x08"


class Private:
    """Judges private elements under one policy; remembers the tags of CSA headers."""

    def __init__(self, judge: Judge, *, memo: bool = True) -> None:
        self._judge = judge
        self._labels = Labels(judge.policy)
        self._memo = memo
        self._tags: dict[tuple[str, str | None], Memo[tuple[Observation, ...]]] = {}
        self._lengths: dict[tuple[str, int], int] = {}

    def element(
        self, location: Location, tag: int, creator: bytes, value: bytes, charset: bytes
    ) -> Iterator[Observation]:
        """Judge a private element; its VR is the location's."""
        policy, vr = self._judge.policy, location.vr or "UN"
        known = policy.private(tag >> 16, creator.decode("latin-1").strip(" \0"), tag & 0xFF)
        if isinstance(known, Safe):
            if vr in TEXT and not is_plain(value, vr):
                yield from (Text(NAME, location, text, free=False) for text in texts(value, vr, charset))
            return
        values = self._values(value, vr, charset)
        if known is not None:
            yield from self._judge.attribute(ATTRIBUTES, NAME, known, values, location)
            if known.nature in PERSONAL:
                return
        elif vr in {"PN", "DA", "DT", "UI", "UR"}:
            demand = policy.attribute(tag, vr)
            if demand is not None:
                yield from self._judge.attribute(ATTRIBUTES, NAME, demand, values, location)
                if demand.nature in PERSONAL:
                    return
        if vr in BYTES:
            yield from self.opaque(location, value)
        elif vr in TEXT and not is_plain(value, vr):
            for text in values:
                yield from self._text(location, text)

    def _values(self, value: bytes, vr: str, charset: bytes) -> list[str]:
        """Return the values for a demand; of bytes that aren't text, what there is to say about them."""
        if vr in TEXT:
            return texts(value, vr, charset)
        if not value.strip(b"\0 "):
            return []
        if vr not in BYTES:
            return numbers(value, vr) or [f"{len(value)} bytes"]
        return [plausible(value) or f"{len(value)} bytes"]

    def opaque(self, location: Location, value: bytes) -> Iterator[Observation]:
        """Read bytes of unknown meaning for text."""
        if len(value) < SMALL or not value.strip(b"\0"):
            return
        if value.startswith(csa.MAGIC) or (location.pointer.find('"SIEMENS ') >= 0 and value[4:8] == b"M\0\0\0"):
            try:
                yield from self._csa(location, value)
            except Unreadable:
                pass
            else:
                return
        position = value.find(_GZIP, 0, 64)
        if position >= 0:
            inflated = self._inflated(value[position:])
            if inflated is not None:
                value = inflated
        text = plausible(value)
        if text is not None:
            yield from self._text(location, text)
            return
        found = fragments(value)
        if found:
            yield from self._text(location, found)
        yield Text(NAME, location, f"\0opaque, {len(value)} bytes", free=False, masked=True)

    def _inflated(self, value: bytes) -> bytes | None:
        """Return what a gzip member holds, up to the limit; None where it is none."""
        inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            return inflater.decompress(value, min(self._judge.policy.limits.element_text, 64 * MIB))
        except zlib.error:
            return None

    def _text(self, location: Location, text: str) -> Iterator[Observation]:
        """Judge text, and what stands behind the keys in it that name an identifier."""
        if _NUMERIC.fullmatch(text):
            return
        for observation in self._judge.text(NAME, text, location, "private"):
            weak = isinstance(observation, Finding) and observation.rule is SUSPECT_TEXT
            if not (weak and len(text) > PROTOCOL):
                yield observation
        if '"' in text:
            yield from self._pairs(location, text)

    def _pairs(self, location: Location, text: str) -> Iterator[Observation]:
        for pattern in (_PARAMETER, _ASSIGNMENT):
            for count, match in enumerate(pattern.finditer(text)):
                if count >= PAIRS:
                    break
                key = match[1].strip().removeprefix("set ").rpartition(".")[2]
                yield from self._labelled(location, key, [value.strip() for value in _QUOTED.findall(match[2])[-1:]])

    def _labelled(self, location: Location, key: str, values: list[str]) -> Iterator[Observation]:
        """Judge values by the name that stands beside them, where that is of a direct identifier."""
        label = self._labels.of(key) or self._labels.of(_HUNGARIAN.sub("", key, count=1))
        if label is not None and label.demand.nature in PERSONAL:
            yield from self._judge.attribute(ATTRIBUTES, NAME, label.demand, values, location, keyword=label.keyword)

    def _csa(self, location: Location, value: bytes) -> Iterator[Observation]:
        """Judge a CSA header tag by tag; a tag that was seen before at this place is found by its bytes."""
        layout = csa.layout(value)
        memo = self._memo_of(location)
        lengths, offset, position = self._lengths, layout.offset, layout.position
        observations: list[Observation] = []
        for index in range(layout.tags):
            hint = lengths.get((location.pointer, index), 0)
            chunk = value[position : position + hint]
            seen = memo.get((offset, chunk), len(chunk)) if memo else None
            if seen is None:
                end = csa.end_of_tag(value, position, offset)
                chunk = value[position:end]
                if memo:
                    lengths[location.pointer, index] = len(chunk)
                    seen = memo.get((offset, chunk), len(chunk))
                if seen is None:
                    seen = tuple(self._csa_tag(location, chunk, offset))
                    if memo:
                        memo.put((offset, chunk), seen, len(chunk) + 200)
            position += len(chunk)
            observations.extend(seen)
        rest = value[position:].strip(b"\0")
        if rest:
            observations.extend(self._rest(location, rest))
        yield from observations

    def _memo_of(self, location: Location) -> Memo[tuple[Observation, ...]] | None:
        if not self._memo:
            return None
        key = (location.pointer, location.tag)
        if key not in self._tags and len(self._tags) < PLACES:
            self._tags[key] = Memo(16 * MIB)
        return self._tags.get(key)

    def _csa_tag(self, location: Location, chunk: bytes, offset: int | None) -> Iterator[Observation]:
        name, values = csa.tag(chunk, offset)
        found = [text for value in values if (text := plausible(value)) and not _NUMERIC.fullmatch(text)]
        if found:
            yield from self._labelled(location, name, found)
            for text in found:
                yield from self._text(location, text)

    def _rest(self, location: Location, rest: bytes) -> Iterator[Observation]:
        text = plausible(rest) or fragments(rest)
        if text:
            yield from self._text(location, text)
