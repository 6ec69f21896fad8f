"""DICOM: every data element of every instance, at every depth, under Table E.1-1 of PS3.15.

Instances of a series repeat most of their elements: each distinct one is judged once, and what was seen in it is the
same object from then on. So a series costs what its differences cost. What depends on several elements is judged after
that (`dicom_claims`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, cast

from fw_gear_deid_check.checkers.dicom_claims import Claims
from fw_gear_deid_check.checkers.dicom_element import Elements
from fw_gear_deid_check.checkers.dicom_private import Private
from fw_gear_deid_check.checkers.dicom_rules import DUPLICATE, HIDDEN_BYTES, NAME, PIXEL_DATA_LENGTH, RULES
from fw_gear_deid_check.checkers.dicom_verdict import QUIET, Verdict, join
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.labels import is_subject_label
from fw_gear_deid_check.checkers.memo import Memo
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.findings import Fact, Location, Observation, Shared, Unread
from fw_gear_deid_check.items import Content
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.readers import dicom
from fw_gear_deid_check.readers.character_sets import fragments, plausible
from fw_gear_deid_check.readers.dicom import DataSet, Row, expand, pointer_name
from fw_gear_deid_check.readers.dicom_pixels import Misfit
from fw_gear_deid_check.readers.dicom_rows import SHORT
from fw_gear_deid_check.readers.dicom_runs import Run
from fw_gear_deid_check.readers.dictionary import tag_text
from fw_gear_deid_check.rules import Level, Rule

REMEMBERED = 24 * MIB
"""Bytes of elements of one generation of a memo; two generations are held."""
CONTEXTS = 16
"""Combinations of policy, encoding and character set whose elements are remembered."""
WORTH_JOINING = 2
"""Elements of a run whose verdicts are made one."""
CODES = 0x00120064
CODE_VALUE = 0x00080100
PADDING = 0xFFFCFFFC
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""Preambles of files that are TIFF as well (PS3.10 7.1)."""

_Key = tuple[str, bool, bytes, str]


class _Context:
    """Elements of one policy, encoding, character set and place, and what is remembered of them."""

    def __init__(self, elements: Elements, claims: Claims) -> None:
        self.elements = elements
        self.claims = claims
        self.memo: Memo[Verdict] = Memo(REMEMBERED)


class DicomChecker:
    """Checks DICOM instances and DICOMDIR files.

    Parameters
    ----------
    judge
        Judges attributes and texts under the policy of the run.
    memo
        Remember what was made of each element; without, the report is the same.
    """

    name: ClassVar[str] = NAME
    rules: ClassVar[tuple[Rule, ...]] = RULES
    reads: ClassVar[bool] = True

    def __init__(self, judge: Judge, *, memo: bool = True) -> None:
        self._judge = judge
        self._memo = memo
        self._by_claims = judge.policy.for_claims(frozenset()) is not judge.policy
        self._contexts: dict[_Key, _Context] = {}
        self._private: dict[str, tuple[Judge, Private, Claims]] = {}
        self._codes: dict[bytes, frozenset[str]] = {}
        self._hidden: dict[tuple[str, bytes], tuple[Observation, ...]] = {}
        self._before = dicom.Before() if memo else None
        self._instance = Fact("instances", 1)

    def applies_to(self, content: Content) -> bool:
        """Whatever is DICOM, with or without preamble."""
        return content.kind == "dicom"

    def check(self, content: Content) -> Iterator[Observation | Shared]:
        """Yield what is seen in an instance."""
        data = dicom.data_set(content, self._judge.policy.limits, self._before)
        yield self._instance
        if data.unread:
            yield Unread(NAME, data.unread)
        policy = self._judge.policy
        if self._by_claims:
            policy = policy.for_claims(self._claimed(data))
        meta = self._context(policy, True, b"", "file_meta.")
        context = self._context(policy, data.explicit, data.character_set, "")
        twice = len({row[0] for row in data.meta}) != len(data.meta)
        verdicts = self._all(meta, data.meta, () if twice else data.meta_taken)
        verdicts += self._all(context, data.rows, () if data.has_duplicates else data.taken)
        traits: dict[str, str] = {}
        direct = dated = False
        for verdict in verdicts:
            if verdict.traits:
                traits.update(verdict.traits)
                name, value = verdict.traits[0]
                if name == "patient_id" and is_subject_label(content, "PatientID", value):
                    continue  # a study code: it is judged as the subject's label
            yield from verdict.observations
            direct = direct or verdict.direct
            dated = dated or verdict.dated
        yield from context.claims.instance(traits, direct=direct, dated=dated, claims=self._by_claims)
        yield from self._outside(context, data)
        if data.has_duplicates:
            yield from self._duplicates(data.rows)

    def _context(self, policy: Policy, explicit: bool, character_set: bytes, place: str) -> _Context:
        """Return the context for elements, made where it is new."""
        key = (policy.sha256, explicit, character_set, place)
        context = self._contexts.get(key)
        if context is None:
            if len(self._contexts) >= CONTEXTS:
                self._contexts.clear()
            judge, private, claims = self._under(policy)
            elements = Elements(judge, private, explicit, character_set, place)
            context = self._contexts[key] = _Context(elements, claims)
        return context

    def _under(self, policy: Policy) -> tuple[Judge, Private, Claims]:
        """Return what judges under a policy."""
        if policy.sha256 not in self._private:
            judge = self._judge.under(policy)
            self._private[policy.sha256] = (judge, Private(judge, memo=self._memo), Claims(judge))
        return self._private[policy.sha256]

    def _all(self, context: _Context, rows: list[Row], taken: Iterable[tuple[int, Run]]) -> list[Verdict]:
        """Return the verdicts of elements, some of which stood together before."""
        verdicts: list[Verdict] = []
        at = 0
        for first, run in taken:
            if len(run.rows) >= WORTH_JOINING:
                if at < first:
                    verdicts += self._verdicts(context, rows[at:first])
                verdicts += self._of_run(context, run)
                at = first + len(run.rows)
        if at < len(rows):
            verdicts += self._verdicts(context, rows[at:])
        return verdicts

    def _verdicts(self, context: _Context, rows: list[Row]) -> list[Verdict]:
        """Return the verdicts of elements, those apart that say nothing."""
        found: list[Verdict] = []
        memo, elements, remember = context.memo, context.elements, self._memo
        for row in rows:
            raw = row[3]
            key = raw if row[2] is None else (row[2], raw)
            verdict = memo.young.get(key)
            if verdict is None:
                verdict = memo.get(key, len(raw)) if remember else None
                if verdict is None:
                    verdict = elements.verdict(row)
                    if remember:
                        memo.put(key, verdict, len(raw) + 300 + 300 * len(verdict.observations))
            if verdict is not QUIET:
                found.append(verdict)
        return found

    def _of_run(self, context: _Context, run: Run) -> list[Verdict]:
        """Return the verdicts of elements that stood together before, as one; that of PatientID apart."""
        if run.made is None or run.made[0] is not context:
            apart: list[Verdict] = []
            together: list[Verdict] = []
            for verdict in self._verdicts(context, run.rows):
                (apart if verdict.traits and verdict.traits[0][0] == "patient_id" else together).append(verdict)
            run.made = (context, [*apart, join(together)])
        return cast("list[Verdict]", run.made[1])

    def _claimed(self, data: DataSet) -> frozenset[str]:
        """Return the codes of an instance's DeidentificationMethodCodeSequence."""
        codes: frozenset[str] = frozenset()
        for row in data.rows_of((CODES,)):
            found = self._codes.get(row[3])
            if found is None:
                found = self._read_codes(row, data)
                if len(self._codes) < 1000 and len(row[3]) <= SHORT:
                    self._codes[row[3]] = found
            codes |= found
        return codes

    def _read_codes(self, row: Row, data: DataSet) -> frozenset[str]:
        found: set[str] = set()

        def visit(prefix: str, _: bytes, each: Row) -> None:
            if each[0] == CODE_VALUE and each[4] >= 0 and prefix.count(".") == 1:
                found.add(each[3][each[4] :].decode("latin-1").strip(" \0"))

        try:
            expand(row, data.explicit, data.character_set, "codes", visit, self._judge.policy.limits)
        except Unreadable:  # told where the sequence is judged
            return frozenset()
        return frozenset(found)

    # -- what is in the file but in no element, or twice

    def _outside(self, context: _Context, data: DataSet) -> Iterator[Observation]:
        """Judge preamble and trailing bytes."""
        if data.preamble.count(0) != len(data.preamble):
            text = data.preamble[8:] if data.preamble.startswith(_TIFF) else data.preamble
            if text.strip(b"\0"):
                yield from self._bytes(Location("preamble"), text)
        if data.trailing:
            yield from self._bytes(Location("trailing"), data.trailing)
        for misfit in data.misfits:
            yield from self._misfit(misfit)
        if data.rows and data.rows[-1][0] == PADDING:
            row = data.rows[-1]
            value = row[3][row[4] :] if row[4] >= 0 else b""
            if value.strip(b"\0"):
                yield from self._bytes(Location("DataSetTrailingPadding", "(FFFC,FFFC)", "OB"), value)

    def _bytes(self, location: Location, value: bytes) -> tuple[Observation, ...]:
        """Tell of hidden bytes, and read them for text."""
        key = (location.pointer, value)
        made = self._hidden.get(key)
        if made is None:
            text = plausible(value) or fragments(value)
            message = f"the {location.pointer} holds {'text' if text else 'bytes'} that no viewer shows"
            level = None if text or location.pointer == "trailing" else Level.INFO
            observations: list[Observation] = []
            observations += self._judge.finding(HIDDEN_BYTES, NAME, location, message, level=level)
            if text:
                observations += self._judge.text(NAME, text, location, "free")
            made = tuple(observations)
            if len(self._hidden) < 1000 and len(value) <= SHORT:
                self._hidden[key] = made
        return made

    def _misfit(self, misfit: Misfit) -> Iterator[Observation]:
        """Tell of pixel data that don't fit the image, and read what stands behind it for text."""
        location = Location(pointer_name(misfit.tag, None), tag_text(misfit.tag))
        count, what = abs(misfit.surplus), "more" if misfit.surplus > 0 else "fewer"
        message = f"the pixel data have {count} bytes {what} than the image"
        yield from self._judge.finding(PIXEL_DATA_LENGTH, NAME, location, message)
        held = misfit.held or b""
        if len(held) < misfit.surplus:
            yield Unread(NAME, "bytes after the pixels of the image are not read")
        text = plausible(held) or fragments(held)
        if text:
            yield from self._judge.text(NAME, text, location, "free")

    def _duplicates(self, rows: list[Row]) -> Iterator[Observation]:
        """Tell of each tag that stands more than once."""
        seen: dict[int, int] = {}
        for row in rows:
            seen[row[0]] = seen.get(row[0], 0) + 1
            if seen[row[0]] == 2:
                pointer = pointer_name(row[0], row[2])
                location = Location(pointer, tag_text(row[0]))
                yield from self._judge.finding(DUPLICATE, NAME, location, "the element stands twice")
