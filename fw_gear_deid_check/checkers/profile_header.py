"""DICOM headers against a profile: what applying it once more would change.

Of a header the engine is given what the profile can reach, each distinct such part once: instances of a series share
it. Elements that are reached by a rule for all of a kind (regular expressions, ``remove-private-tags``) are given and
remembered each on its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from fw_gear_deid_check.checkers import profile_mark as mark
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.memo import Memo
from fw_gear_deid_check.checkers.profile_rules import FILLER, FORM, NAME, NOT_APPLIED, UNTOLD
from fw_gear_deid_check.checkers.profile_values import is_filler, location_of, text_of
from fw_gear_deid_check.findings import Observation, Unread
from fw_gear_deid_check.limits import MIB
from fw_gear_deid_check.profile import forms
from fw_gear_deid_check.profile.difference import Change, Selectors, changes
from fw_gear_deid_check.profile.engine import Engine
from fw_gear_deid_check.profile.header import Leaf, build, leaves
from fw_gear_deid_check.profile.opened import FIRST_PIXELS
from fw_gear_deid_check.profile.profile import Field, Profile, Section
from fw_gear_deid_check.profile.selector import reach
from fw_gear_deid_check.readers import dicom
from fw_gear_deid_check.readers.dicom import ITEM_BYTES, DataSet, Row
from fw_gear_deid_check.readers.dictionary import vr as dictionary_vr

REMEMBERED = 8 * MIB
NAMES = 50_000
"""Elements that are remembered as untouched."""
AGE = 0x00101010
CHARACTER_SET = 0x00080005
_SELECTOR = 100
"""Characters of a selector that are shown."""


class Headers:
    """Judges headers against the section ``dicom`` of a profile.

    Parameters
    ----------
    number, nothing, fields
        Numbers, in the engine, of the section, of a profile that does nothing, and of the section's fields each.
    memo
        Remember what was made of each part of a header; without, the report is the same.
    """

    def __init__(
        self,
        judge: Judge,
        profile: Profile,
        section: Section,
        engine: Engine,
        number: int,
        nothing: int,
        fields: range,
        *,
        memo: bool = True,
    ) -> None:
        self._judge = judge
        self._profile = profile
        self._section = section
        self._engine = engine
        self._numbers = (number, nothing, fields)
        self._reach = profile.reach
        self._literal = self._reach.tags | {CHARACTER_SET}  # without it the engine writes other bytes
        self._meta = any(tag >> 16 == 2 for tag in self._reach.tags)
        self._private = (
            bool(self._reach.private) or self._reach.private_all or self._reach.everything or self._reach.sequences
        )
        self._remember = memo
        self._parts: Memo[tuple[Observation, ...]] = Memo(REMEMBERED)
        self._rows: Memo[tuple[Observation, ...]] = Memo(REMEMBERED)
        self._rewritten: tuple[bytes, bytes] | None = None
        self._never: set[tuple[int, bytes | None]] = set()

    def observations(self, data: DataSet) -> Iterator[Observation]:
        """Yield what a profile would change in a header.

        Raises
        ------
        errors.Unreadable
            Where the engine can't be asked about it.
        """
        chosen, wide = self._chosen(data)
        where = (data.explicit, data.character_set)
        key = (where, tuple(row[3] for row in chosen))
        weight = sum(len(row[3]) for row in chosen) + 500
        known = self._parts.get(key, weight) if self._remember else None
        new: list[Row] = []
        for row in wide:
            told = self._rows.get((where, row[2], row[3]), len(row[3]) + 300) if self._remember else None
            if told is None:
                new.append(row)
            else:
                yield from told
        if known is not None and not new:
            yield from known
            return
        by_tag = self._judged(chosen, new, data)
        if 0 in by_tag and wide:  # what is refused may be refused for these elements together: none is remembered
            for found in by_tag.values():
                yield from found
            return
        for row in new:
            self._rows.put((where, row[2], row[3]), tuple(by_tag.get(row[0], ())), len(row[3]) + 300)
        if known is None:
            of_new = {row[0] for row in new}
            known = tuple(one for tag, found in by_tag.items() if tag not in of_new for one in found)
            self._parts.put(key, known, weight)
        yield from known
        for row in new:
            yield from by_tag.pop(row[0], ())

    def _chosen(self, data: DataSet) -> tuple[list[Row], list[Row]]:
        """Return the rows that the profile names, with what the engine needs to read them, and those it may reach."""
        literal, reach, private = self._literal, self._reach, self._private
        chosen = [row for row in data.meta if row[0] in literal] if self._meta else []
        if not private:
            chosen += [row for row in data.rows if row[0] in literal and row[0] < FIRST_PIXELS]
            return chosen, []
        wide: list[Row] = []
        for row in data.rows:
            tag = row[0]
            if tag >= FIRST_PIXELS:
                break
            odd = tag & 0x10000
            creator = odd and private and (tag & 0xFFFF) <= 0xFF
            if tag in literal or creator or (odd and (tag >> 16, tag & 0xFF) in reach.private):
                chosen.append(row)
            elif reach.everything or (odd and reach.private_all):
                if (tag, row[2]) not in self._never or _may_be_sequence(row):
                    wide.append(row)
            elif reach.sequences and _may_be_sequence(row):
                wide.append(row)
        return chosen, wide

    def _judged(self, chosen: list[Row], new: list[Row], data: DataSet) -> dict[int, list[Observation]]:
        """Ask the engine, and return what is observed by the tag of the top-level element."""
        limits = self._judge.policy.limits
        meta = [row for row in chosen if row[0] >> 16 == 2]
        rows = sorted((row for row in (*chosen, *new) if row[0] >> 16 != 2), key=lambda row: row[0])
        each = [(row[0], leaves(row, data, limits)) for row in (*meta, *rows)]  # raises before the engine sees a bomb
        header = build(rows, meta, data.explicit, limits)
        number, _, fields = self._numbers
        applied = self._engine.apply(number, "a.dcm", header, fields)
        selectors = Selectors(applied.touched)
        found: dict[int, list[Observation]] = {}
        formed: set[str] = set()
        for tag, here in each:
            for leaf in here.values():
                touched = selectors.of(leaf)
                if touched is not None and touched.action in forms.BY_FORM | forms.UNTOLD:
                    formed.add(leaf.pointer)
                    found.setdefault(tag, []).extend(self._formed(leaf, touched.action, touched.selector))
        for change in changes((*meta, *rows), data, applied.data, selectors, limits):
            if change.leaf.pointer not in formed:
                found.setdefault(change.top, []).extend(self._change(change, selectors, header))
        method = self._profile.method
        if method is not None and not any(row[0] == mark.TAG for row in data.rows):
            found.setdefault(mark.TAG, []).extend(mark.absent(self._judge, method))
        if not applied.refused:
            self._note_untouched(new, each, selectors, found)
        for refused in applied.refused:
            field = self._section.fields[refused.index]
            why = field.hindered(refused)
            if why is not None and self._is_there(field, data):
                found.setdefault(0, []).append(Unread(NAME, f"the profile's field {field.selector[:_SELECTOR]}: {why}"))
        return found

    @staticmethod
    def _is_there(field: Field, data: DataSet) -> bool:
        """Tell whether there is anything that a field may reach; True where that can't be told."""
        tags = reach(field.name).tags if field.name is not None else frozenset()
        return not tags or any(row[0] in tags for row in (*data.meta, *data.rows))

    def _note_untouched(
        self,
        rows: list[Row],
        each: list[tuple[int, dict[str, Leaf]]],
        selectors: Selectors,
        found: dict[int, list[Observation]],
    ) -> None:
        """Remember elements that the profile doesn't touch, whatever their value: what reaches them is their name."""
        if not self._remember or len(self._never) > NAMES:
            return
        alone = {tag: next(iter(here.values())) for tag, here in each if len(here) == 1}
        for row in rows:
            leaf = alone.get(row[0])
            if leaf is not None and row[0] not in found and selectors.of(leaf) is None:
                self._never.add((row[0], row[2]))

    # -- one change

    def _change(self, change: Change, selectors: Selectors, header: bytes) -> Iterator[Observation]:
        leaf = change.leaf
        if leaf.tag == mark.TAG and self._profile.method is not None and "." not in leaf.pointer:
            if not change.inserted:
                yield from mark.another(self._judge, self._profile.method, leaf)
            return
        touched = selectors.of(leaf)
        if touched is not None:
            field, action = touched.selector[:_SELECTOR], touched.action
        elif leaf.tag == AGE and self._section.on("patient-age-from-birthdate"):
            field = action = "patient-age-from-birthdate"
        elif self._engine_alone(change, header):
            return
        else:
            field = action = "a setting"
        left = [one for one in change.values if not is_filler(one, self._judge.policy)]
        what = f"the profile's {field}" + (f" ({action})" if action != field else "")
        if left:
            count = f", {len(left)} values" if len(left) > 1 else ""
            rule, message = NOT_APPLIED, f"{what} was not applied here: a value is left{count}"
        elif change.inserted:
            rule, message = FILLER, f"{what} would write it; it is absent"
        else:
            rule, message = FILLER, f"{what} would change it; no value is left"
        value = text_of(left[0]) if left else None
        yield from self._judge.finding(rule, NAME, location_of(leaf), message, value=value)

    def _engine_alone(self, change: Change, header: bytes) -> bool:
        """Tell whether the engine changes an element by writing the file, whatever the profile says."""
        if self._rewritten is None or self._rewritten[0] is not header:
            self._rewritten = (header, self._engine.apply(self._numbers[1], "a.dcm", header).data)
        nothing = self._rewritten[1]
        after = dicom.read(BytesIO(nothing), len(nothing), self._judge.policy.limits)
        for row in (*after.meta, *after.rows):
            if row[0] == change.top:
                found = leaves(row, after, self._judge.policy.limits)
                leaf = found.get(change.leaf.pointer)
                return leaf is None or leaf.value != change.leaf.value
        return True

    def _formed(self, leaf: Leaf, action: str, selector: str) -> Iterator[Observation]:
        if leaf.value is None or is_filler(leaf, self._judge.policy):
            return
        text, what = text_of(leaf), f"the profile's {selector[:_SELECTOR]} ({action})"
        told = forms.fits(action, text, self._section.settings)
        if told is None:
            message = f"{what}: whether it was applied can't be told without the original"
            yield from self._judge.finding(UNTOLD, NAME, location_of(leaf), message)
        elif not told:
            message = f"{what} was not applied here: the value doesn't have its form"
            yield from self._judge.finding(FORM, NAME, location_of(leaf), message, value=text)


def _may_be_sequence(row: Row) -> bool:
    tag, vr, _, raw, start, _ = row
    if vr not in (b"", b"UN", b"SQ") or start < 0:
        return False
    return (
        vr == b"SQ"
        or dictionary_vr(tag) == "SQ"
        or raw.startswith(ITEM_BYTES, start)
        or raw[start - 4 : start] == b"\xff" * 4
    )
