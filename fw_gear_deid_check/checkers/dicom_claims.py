"""Claims against facts: what an instance says about itself, and what a series says about its patient.

This depends on several elements, so it is judged for each instance after what is remembered of the single ones.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from fw_gear_deid_check.checkers.dicom_rules import (
    ATTRIBUTES,
    CANT_BE_READ_THROUGH,
    CLAIMS_NOTHING,
    CONTRADICTED,
    MIXED_PATIENTS,
    NAME,
    NO_RECORD,
)
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.findings import Finding, Location, Observation, Unread
from fw_gear_deid_check.rules import Rule

MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"
VOICE = frozenset({"1.2.840.10008.5.1.4.1.1.9.4.1", "1.2.840.10008.5.1.4.1.1.9.4.2"})
"""SOP classes of audio waveforms: a voice is a biometric identifier (45 CFR 164.514(b)(2)(i)(P))."""
SERIES = 100_000
"""Series whose patient ids are compared over a run."""
OLDEST = 89
_DATE = re.compile(r"((?:18|19|20)[0-9]{2})\.?([0-9]{2})\.?([0-9]{2})")

IDENTITY_REMOVED = Location("PatientIdentityRemoved", "(0012,0062)", "CS")
METHOD = Location("DeidentificationMethod", "(0012,0063)", "LO")
CODES = Location("DeidentificationMethodCodeSequence", "(0012,0064)", "SQ")
LONGITUDINAL = Location("LongitudinalTemporalInformationModified", "(0028,0303)", "CS")
PATIENT_ID = Location("PatientID", "(0010,0020)", "LO")
BIRTH_DATE = Location("PatientBirthDate", "(0010,0030)", "DA")
WAVEFORM = Location("WaveformSequence", "(5400,0100)", "SQ")


class Claims:
    """Judges what instances say about themselves; remembers series, and each finding it made."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._made: dict[tuple[object, ...], tuple[Finding, ...]] = {}
        self._patients: dict[str, str] = {}

    def instance(self, traits: dict[str, str], *, direct: bool, dated: bool, claims: bool) -> Iterator[Observation]:
        """Judge one instance.

        Parameters
        ----------
        traits
            Values by name, see `dicom_element.TRAITS`.
        direct, dated
            Whether the instance holds a direct identifier, or a date other than that of birth.
        claims
            Whether it is judged by what it claims.
        """
        if traits.get("sop_class") == MEDIA_DIRECTORY:
            return
        removed, has_method = traits.get("identity_removed", ""), "method" in traits or "codes" in traits
        if removed == "NO":
            words = "PatientIdentityRemoved is NO: the data set says itself that it is not de-identified"
            yield from self._once(CONTRADICTED, IDENTITY_REMOVED, words)
        elif removed == "YES" and direct:
            words = "PatientIdentityRemoved is YES, and a direct identifier is there"
            yield from self._once(CONTRADICTED, IDENTITY_REMOVED, words)
        if removed == "YES" and not has_method:
            yield from self._once(CONTRADICTED, METHOD, "PatientIdentityRemoved is YES, and no method is named")
        if not removed and not has_method:
            words = "neither PatientIdentityRemoved nor DeidentificationMethod is there"
            yield from self._once(NO_RECORD, IDENTITY_REMOVED, words)
        if traits.get("longitudinal") == "REMOVED" and dated:
            words = "LongitudinalTemporalInformationModified is REMOVED, and dates are there"
            yield from self._once(CONTRADICTED, LONGITUDINAL, words)
        if claims and "codes" not in traits:
            yield from self._once(CLAIMS_NOTHING, CODES, "no profile is claimed: judged by the basic one")
        if traits.get("sop_class") in VOICE and "waveform" in traits:
            yield from self._once(CANT_BE_READ_THROUGH, WAVEFORM, "the data set holds a recording of sound")
            yield Unread(NAME, "a recording of sound: content is not read")
        yield from self._age(traits)
        yield from self._patient(traits)

    def _once(self, rule: Rule, location: Location, message: str, value: str | None = None) -> tuple[Finding, ...]:
        """Return a finding, the same object each time."""
        key = (rule.id, location.pointer, message, value)
        made = self._made.get(key)
        if made is None:
            made = tuple(self._judge.finding(rule, NAME, location, message, value=value))
            if len(self._made) < SERIES:
                self._made[key] = made
        return made

    def _age(self, traits: dict[str, str]) -> Iterator[Observation]:
        """A birth date that makes an age over 89 on the day of the study, or today where that isn't known."""
        birth = traits.get("birth_date", "")
        born = _date(birth)
        if born is None or self._judge.policy.is_dummy(birth):
            return
        names = ("study_date", "series_date", "acquisition_date")
        dates = [date for name in names if (date := _date(traits.get(name, ""))) is not None]
        day = dates[0] if dates else datetime.datetime.now(tz=datetime.UTC).date()
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        if age > OLDEST:
            yield from self._once(ATTRIBUTES["age-over-89"], BIRTH_DATE, "the birth date makes an age over 89", birth)

    def _patient(self, traits: dict[str, str]) -> Iterator[Observation]:
        """Another patient id than the first that was seen in a series."""
        series, patient = traits.get("series"), traits.get("patient_id")
        if not series or not patient:
            return
        if series not in self._patients and len(self._patients) < SERIES:
            self._patients[series] = patient
        if self._patients.get(series, patient) != patient:
            words = "another PatientID than in other instances of the same series"
            yield from self._once(MIXED_PATIENTS, PATIENT_ID, words, patient)


def _date(text: str) -> datetime.date | None:
    match = _DATE.match(text)
    try:
        return datetime.date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None
