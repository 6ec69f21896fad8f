"""What text that was read in an image is worth: technical, unexplained, or of the form of an identifier."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from fw_gear_deid_check.detectors import recognizers
from fw_gear_deid_check.detectors.recognizer import Match
from fw_gear_deid_check.detectors.searcher import days
from fw_gear_deid_check.detectors.vocabulary import is_pair, is_word
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.rules import Level

SURE = 0.8
"""Score from which a reading can be a FAIL."""

_SIDES = "R L A P H F S I AR AL PR PL RA LA RP LP HR HL FR FL RT LT LAT AP PA OBL RIGHT LEFT ANT POST"
_PLACING = "SUPINE PRONE ERECT UPRIGHT PORTABLE STANDING SITTING DECUB WB AXIAL SAGITTAL CORONAL AX SAG COR TRA"
_PHYSICS = (
    "KV KVP MA MAS MS S SEC MM CM M HZ KHZ MHZ DB T MW W WL WW WC C L FOV TR TE TI TH SL SP ST FA FLIP ANGLE NEX ETL "
    "BW PD MI TIS TIB TIC GAIN GN DR FR RES RS FPS PRF WF FREQ DEPTH MAP ZOOM SCALE DYN RANGE HR BPM EF CINE 2D 3D "
    "4D HDR PIX MIN MAX MEAN STD SD SUV HU BQML SNR CNR ADC FLAIR DWI T1 T2 T1W T2W IMAGE IM IMG FRAME SLICE SLICES "
    "SERIES SE ACQ PHASE ECHO RAW COMP LOSSY LOSSLESS JPEG INVERT X Y Z V"
)
DATES = frozenset({"date"})
"""Recognizers of dates that needn't be of somebody's life."""
NUMBERS = frozenset({"patient-id"})
"""Recognizers of numbers that are somebody's in a picture, whatever they are in free text."""
TECHNICAL = frozenset(f"{_SIDES} {_PLACING} {_PHYSICS}".split())
"""Words that scanners and radiographers write into images, and that tell of nobody."""

_LIKE_CARET = frozenset("AMNVTYI")
"""Letters that engines see in a caret."""

_TOKENS = re.compile(r"[^\W_]+")
_MEASURE = re.compile(
    r"\d{1,5}|\d{1,4}(?:MM|CM|HZ|KHZ|MHZ|DB|KV|MA|MAS|MS|S|T|X|FPS|BPM|W|C|D|H|R|L)|[WLXYZRTCSF]\d{1,4}", re.ASCII
)
_WORD_BEFORE_NUMBER = re.compile(r"((?<![^\W_])[^\W\d_]{2,24}[:.#]?)(?=\d)")
_NUMBER = re.compile(r"(?<![^\W_])(?=[^\W_]{0,32}\d)[\dOoQDIl|SsBZ]{3,32}(?![^\W_])")
_ID = re.compile(r"(?<![^\W_])(?:P?I[Dd]|[1l]D)\s?[:.#=]?\s?([A-Z]{0,4}[ -]?\d{4,12}[A-Z]?)(?![^\W_])")
_ALONE = re.compile(r"\W{0,3}(\d{7,12})\W{0,3}")
_CARET = re.compile(r"(?<=[^\W\d_]{2})[~*'`´\"°](?=[^\W\d_]{2})")  # noqa: RUF001 - what engines see in a caret
_RUN = re.compile(r"(?<![^\W_])[A-Z]{7,40}(?![^\W_])")
_DIGITS = str.maketrans("OoQDIl|SsBZ", "00001115582")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text is worth.

    Attributes
    ----------
    level
        INFO for technical text, FAIL for the sure form of an identifier, REVIEW for all else.
    text
        The text, or the part of it that has the form of an identifier.
    match
        What it looks like.
    """

    level: Level
    text: str
    match: Match | None = None


def technical(text: str) -> bool:
    """Tell whether scanner and radiographer explain the whole text.

    >>> [technical(text) for text in ("R", "FR 51Hz", "120 kV", "MI 1.2", "JANE R", "4821390", "11:42 GAIN")]
    [True, True, True, True, False, False, True]
    """
    tokens = _TOKENS.findall(text.upper())
    return bool(tokens) and all(token in TECHNICAL or _MEASURE.fullmatch(token) for token in tokens)


def judged(texts: Iterable[str], policy: Policy, *, sure: bool, kept: frozenset[date] = frozenset()) -> Reading:
    """Return the gravest reading of a text that was read more than once.

    Parameters
    ----------
    texts
        What the readings of one place gave, best first.
    sure
        Whether the reading and the image let a FAIL stand: else it is a REVIEW.
    kept
        Dates that the header holds: the policy has judged them there.
    """
    texts = list(texts)
    best: Reading | None = None
    for text in variants(texts):
        for match in (*recognizers.find(text), *_numbered(text)):
            value = text[match.start : match.end]
            level = policy.text_level(match.category, match.strong, "free", match.recognizer)
            if _is_somebodys(match, value, kept) and not policy.is_dummy(value):
                level = Level.FAIL
            if level is Level.FAIL and not sure:
                level = Level.REVIEW
            reading = Reading(max(level, Level.REVIEW, key=lambda one: one.rank), value, match)
            if best is None or reading.level.rank > best.level.rank:
                best = reading
    if best is not None:
        return best
    for text in texts:
        if not any(technical(variant) or policy.is_dummy(variant) for variant in variants([text])):
            return Reading(Level.REVIEW, text)
    return Reading(Level.INFO, texts[0] if texts else "")


def _is_somebodys(match: Match, value: str, kept: frozenset[date]) -> bool:
    """Tell whether a date, a number or two words with a comma are an identifier for standing in a picture."""
    if match.recognizer == "person-name":
        return "," in value
    if match.recognizer in DATES:
        return match.strong and kept.isdisjoint(days(value))
    return match.recognizer in NUMBERS


def _numbered(text: str) -> Iterator[Match]:
    """Yield a number after ID, and one that is all of the text: in a picture, few others stand so."""
    for hit in _ID.finditer(text):
        yield Match("patient-id", "H", True, *hit.span(1))
    alone = _ALONE.fullmatch(text)
    if alone and not days(alone[1]):
        yield Match("patient-id", "H", False, *alone.span(1))


def variants(texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts, and what they may have been: engines lose spaces and carets, and read digits as letters.

    >>> list(variants(["ID48Z1O9"]))
    ['ID48Z1O9', 'ID 48Z1O9', 'ID 482109']
    >>> list(variants(["DOE~JANE01/02/1960"]))
    ['DOE~JANE01/02/1960', 'DOE~JANE 01/02/1960', 'DOE^JANE 01/02/1960']
    """
    seen = set()
    for text in texts:
        spaced = _WORD_BEFORE_NUMBER.sub(r"\1 ", text)
        numbers = _NUMBER.sub(lambda hit: hit[0].translate(_DIGITS), spaced)
        names = _RUN.sub(_parted, _CARET.sub("^", spaced))
        for each in (text, spaced, numbers, names):
            if each not in seen:
                seen.add(each)
                yield each


def _parted(hit: re.Match[str]) -> str:
    """Return a run of capitals as the two common names that it is made of, a misread caret between them or none.

    >>> [_RUN.sub(_parted, text) for text in ("GONZALEZAJANE", "DOEJANE", "SEGMENTATION")]
    ['GONZALEZ^JANE', 'DOE^JANE', 'SEGMENTATION']
    """
    run = hit[0]
    for end in range(3, len(run) - 2):
        for start in (end, end + 1):
            one, two = run[:end], run[start:]
            if len(two) > 2 and (start == end or run[end] in _LIKE_CARET) and not is_word(run):
                if is_pair(two, one):
                    return f"{one}^{two}"
                if is_pair(one, two):
                    return f"{two}^{one}"
    return run
