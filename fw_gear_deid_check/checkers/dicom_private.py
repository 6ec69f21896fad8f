"""Reads what private elements and other bytes of unknown meaning hold.

Text in any plausible encoding, Siemens CSA headers tag by tag, GE's compressed protocols, the keys of text protocols.
What stays opaque is counted in the inventory.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from fw_gear_deid_check.checkers.dicom_rules import ATTRIBUTES, NAME
from fw_gear_deid_check.checkers.dicom_values import BYTES, TEXT, WORDS, is_plain, numbers, texts
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.labels import Labels
from fw_gear_deid_check.checkers.memo import Memo
from fw_gear_deid_check.checkers.text_rules import SUSPECT_TEXT
from fw_gear_deid_check.detectors.numbers import IN_FORM
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Finding, Location, Observation, Text, Unread
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.policy import Safe
from fw_gear_deid_check.readers import csa
from fw_gear_deid_check.readers.character_sets import fragments, plausible, reads
from fw_gear_deid_check.readers.hidden_names import hidden_names

PERSONAL = frozenset({"direct-identifier", "staff-name"})
PROTOCOL = 4096
"""Characters above which text is a protocol that a machine wrote: lines that say a number, and matches that are weak,
don't count."""
SMALL = 4
"""Bytes below which a value of unknown meaning is a number."""
CLEARLY = 1024
"""Bytes of something compressed that tell whether it is text."""
PAIRS = 500
"""Keys of one text protocol that are looked at."""
PLACES = 64
"""Places whose last CSA header is remembered."""
STEADY = 4
"""Headers in which tags were the same before they are looked at as one with their neighbours."""

_NUMERIC = re.compile(r"[0-9.eE+\-\s\\;,:_xX]{0,4096}")
_LONG_NUMBER = re.compile(r"(?<![0-9.])[0-9]{5,}(?![0-9.])")
_PARAMETER = re.compile(r'<Param\w{1,20}\."(\w{1,64})">\s{0,16}\{([^{}]{0,400}+)\}')
_ASSIGNMENT = re.compile(
    r'(?m)^[ \t]{0,16}+([A-Za-z][\w.\[\] \t]{0,127}+)[=:]?+[ \t]{0,16}+("[^"\n]{1,256}"|[\w.\-]{1,64})'
)
_NUMBER_LINE = re.compile(
    r"(?m)^[ \t]{0,64}+[A-Za-z][\w.\[\]]{0,127}+[ \t]{0,64}+[=:][ \t]{0,64}+[+-]?[0-9.]{1,32}+[ \t]{0,64}+$"
)
"""A line of a protocol that says a number."""
_HUNGARIAN = re.compile(r"(?:t|s|sz|l|fl|d|a|uc)(?=[A-Z])")
_DECIMAL = re.compile(rb"-?[0-9]{1,5}\.[0-9]{1,8}")
"""A number as most values of CSA headers are."""
_GZIP = b"\x1f\x8b\x08"
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_ZLIB_STARTS = 4
"""Places among the first bytes at which what looks like zlib's header is tried."""


def _is_number(text: str) -> bool:
    r"""Tell whether a text is numbers alone, and none of them of a length or in a form to be somebody's.

    >>> [_is_number(text) for text in ("2.00000000", "-12\\40", "X_1_1_77", "471108", "HC1-7", "219-09-9998")]
    [True, True, True, False, False, False]
    """
    return _NUMERIC.fullmatch(text) is not None and _LONG_NUMBER.search(text) is None and IN_FORM.search(text) is None


@dataclass(slots=True)
class _Run:
    """Tags of a CSA header that follow each other, and what was made of them; ``seen`` again in so many headers."""

    chunk: bytes
    tags: int
    observations: tuple[Observation, ...]
    seen: int = 0

    def joined(self, other: _Run) -> _Run:
        """Return both as one."""
        return _Run(self.chunk + other.chunk, self.tags + other.tags, self.observations + other.observations, STEADY)


class Private:
    """Judges private elements under one policy; remembers the tags of CSA headers."""

    def __init__(self, judge: Judge, *, memo: bool = True) -> None:
        self._judge = judge
        self._labels = Labels(judge.policy)
        self._memo = memo
        self._tags: Memo[tuple[Observation, ...]] = Memo(16 * MIB)
        self._plans: dict[tuple[str, str | None, int | None], list[_Run]] = {}

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
        demand = known or (policy.attribute(tag, vr) if vr in {"PN", "DA", "DT", "UI", "UR"} else None)
        if demand is not None:
            values = self._values(value, vr, charset)
            yield from self._judge.attribute(ATTRIBUTES, NAME, demand, values, location)
            if demand.nature in PERSONAL:
                return
        if vr in BYTES or vr in WORDS:
            yield from self.opaque(location, value, charset)
        elif is_plain(value, vr):
            for text in texts(value, vr, charset):
                if not _is_number(text):
                    yield Text(NAME, location, text)
        elif vr in TEXT:
            for text in texts(value, vr, charset):
                yield from self._text(location, text)

    def _values(self, value: bytes, vr: str, charset: bytes) -> list[str]:
        """Return the values for a demand; of bytes that aren't text, what there is to say about them."""
        if vr in TEXT:
            return texts(value, vr, charset)
        if not value.strip(b"\0 "):
            return []
        if vr not in BYTES and vr not in WORDS:
            return numbers(value, vr) or [f"{len(value)} bytes"]
        return [plausible(value, charset) or f"{len(value)} bytes"]

    def opaque(self, location: Location, value: bytes, charset: bytes) -> Iterator[Observation]:
        """Read bytes of unknown meaning for text; arrays of numbers, by their VR, for what can be nothing else."""
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
            inflated, whole = self._inflated(value[position:])
            value = inflated or value
            if not whole:
                yield Unread(NAME, f"compressed private element {location.tag} is truncated or too large")
        else:
            value, whole = self._without_zlib(value)
            if not whole:
                yield Unread(NAME, f"compressed private element {location.tag} is truncated or too large")
        is_array = location.vr in WORDS
        text = plausible(value, charset)
        if text is not None and (not is_array or reads(text)):
            yield from self._text(location, text)
            return
        found = fragments(value)
        if is_array:
            found = "\n".join(line for line in found.splitlines() if reads(line))
        if found:
            yield from self._text(location, found)
        if names := hidden_names(value, charset):
            yield Text(NAME, location, names, free=False, listed=False)
        if not is_array:
            yield Text(NAME, location, f"\0opaque, {len(value)} bytes", free=False, masked=True)

    def _inflated(self, value: bytes) -> tuple[bytes, bool]:
        """Return what a gzip member holds, up to the limit, and whether that is all; nothing where it is none."""
        inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            return inflater.decompress(value, self._judge.policy.limits.element_text), inflater.eof
        except zlib.error:
            return b"", True

    def _without_zlib(self, value: bytes) -> tuple[bytes, bool]:
        """Return what a zlib stream in it holds, and whether that is all; the value where it holds none.

        Two bytes say little: what ends early counts only where it has begun with text.
        """
        for start in islice(_ZLIB.finditer(value, 0, 64), _ZLIB_STARTS):
            inflater = zlib.decompressobj()
            try:
                inflated = inflater.decompress(value[start.start() :], self._judge.policy.limits.element_text)
            except zlib.error:
                continue
            if inflated and (inflater.eof or plausible(inflated[:CLEARLY]) is not None):
                return inflated, inflater.eof
        return value, True

    def _text(self, location: Location, text: str) -> Iterator[Observation]:
        """Judge text, and what stands behind the keys in it that name an identifier."""
        if _is_number(text):
            yield Text(NAME, location, text, free=False)  # it may be a known one, written in groups
            return
        if len(text) <= PROTOCOL:
            yield from self._judge.text(NAME, text, location, "private")
        else:
            for observation in self._judge.text(NAME, _NUMBER_LINE.sub("", text), location, "private"):
                if isinstance(observation, Finding) and observation.rule is not SUSPECT_TEXT:
                    yield observation
            yield Text(NAME, location, text)
        if '"' in text or "=" in text:
            yield from self._pairs(location, text)

    def _pairs(self, location: Location, text: str) -> Iterator[Observation]:
        for pattern in (_PARAMETER, _ASSIGNMENT):
            for count, match in enumerate(pattern.finditer(text)):
                if count >= PAIRS:
                    break
                key = match[1].strip().removeprefix("set ").rpartition(".")[2]
                value = match[2].strip().rstrip('"').rpartition('"')[2].strip()
                yield from self._labelled(location, key, [value])

    def _labelled(self, location: Location, key: str, values: list[str]) -> Iterator[Observation]:
        """Judge values by the name that stands beside them, where that is of a direct identifier."""
        label = self._labels.of(key) or self._labels.of(_HUNGARIAN.sub("", key, count=1))
        if label is not None and label.demand.nature in PERSONAL:
            yield from self._judge.attribute(ATTRIBUTES, NAME, label.demand, values, location, keyword=label.keyword)

    def _csa(self, location: Location, value: bytes) -> Iterator[Observation]:
        """Judge a CSA header tag by tag; what stood there in the header before is told by its bytes."""
        layout = csa.layout(value)
        key = (location.pointer, location.tag, layout.offset)
        plan = self._plans.get(key, []) if self._memo else []
        runs: list[_Run] = []
        position, left = layout.position, layout.tags
        for run in plan:
            if run.tags <= left and value.startswith(run.chunk, position):
                run.seen += 1
                if runs and run.seen >= STEADY <= runs[-1].seen:
                    runs[-1] = runs[-1].joined(run)
                else:
                    runs.append(run)
                position += len(run.chunk)
                left -= run.tags
                continue
            for _ in range(min(run.tags, left)):
                hint = len(run.chunk) if run.tags == 1 else 0
                one = self._one_tag(location, value, position, layout.offset, hint)
                runs.append(one)
                position += len(one.chunk)
                left -= 1
        for _ in range(left):
            one = self._one_tag(location, value, position, layout.offset, 0)
            runs.append(one)
            position += len(one.chunk)
        if key in self._plans or len(self._plans) < PLACES:
            self._plans[key] = runs
        rest = value[position:].strip(b"\0")
        observations = [observation for run in runs for observation in run.observations]
        if rest:
            observations.extend(self._rest(location, rest))
        yield from observations

    def _one_tag(self, location: Location, value: bytes, position: int, offset: int | None, hint: int) -> _Run:
        """Judge the tag at a position, or find what was made of the same bytes before."""
        memo = self._tags if self._memo else None
        if memo and hint:
            chunk = value[position : position + hint]
            seen = memo.get((location.pointer, location.tag, offset, chunk), hint)
            if seen is not None:
                return _Run(chunk, 1, seen)
        end, name, values = csa.tag(value, position, offset)
        chunk = value[position:end]
        key = (location.pointer, location.tag, offset, chunk)
        seen = memo.get(key, len(chunk)) if memo and len(chunk) != hint else None
        if seen is None:
            seen = tuple(self._csa_tag(location, name, values))
            if memo:
                memo.put(key, seen, len(chunk) + 200)
        return _Run(chunk, 1, seen)

    def _csa_tag(self, location: Location, name: str, values: list[bytes]) -> Iterator[Observation]:
        texts = [text for value in values if not _DECIMAL.fullmatch(value) and (text := plausible(value))]
        found = [text for text in texts if not _is_number(text)]
        if found:
            yield from self._labelled(location, name, found)
            for text in found:
                yield from self._text(location, text)

    def _rest(self, location: Location, rest: bytes) -> Iterator[Observation]:
        text = plausible(rest) or fragments(rest)
        if text:
            yield from self._text(location, text)
