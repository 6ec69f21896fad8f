"""What text that was read in an image is worth: technical, unexplained, or of the form of an identifier."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fw_gear_deid_check.detectors import recognizers
from fw_gear_deid_check.detectors.recognizer import Match
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
TECHNICAL = frozenset(f"{_SIDES} {_PLACING} {_PHYSICS}".split())
"""Words that scanners and radiographers write into images, and that tell of nobody."""

_TOKENS = re.compile(r"[^\W_]+")
_MEASURE = re.compile(
    r"\d{1,5}|\d{1,4}(?:MM|CM|HZ|KHZ|MHZ|DB|KV|MA|MAS|MS|S|T|X|FPS|BPM|W|C|D|H|R|L)|[WLXYZRTCSF]\d{1,4}", re.ASCII
)
_WORD_BEFORE_NUMBER = re.compile(r"((?<![^\W_])[^\W\d_]{2,24}[:.#]?)(?=\d)")
_NUMBER = re.compile(r"(?<![^\W_])(?=[^\W_]{0,32}\d)[\dOoQDIl|SsBZ]{3,32}(?![^\W_])")
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


def judged(texts: Iterable[str], policy: Policy, *, sure: bool) -> Reading:
    """Return the gravest reading of a text that was read more than once.

    Parameters
    ----------
    texts
        What the readings of one place gave, best first.
    sure
        Whether the reading and the image let a FAIL stand: else it is a REVIEW.
    """
    texts = list(texts)
    best: Reading | None = None
    for text in variants(texts):
        for match in recognizers.find(text):
            level = policy.text_level(match.category, match.strong, "free", match.recognizer)
            if level is Level.FAIL and not sure:
                level = Level.REVIEW
            reading = Reading(max(level, Level.REVIEW, key=lambda one: one.rank), text[match.start : match.end], match)
            if best is None or reading.level.rank > best.level.rank:
                best = reading
    if best is not None:
        return best
    for text in texts:
        if not any(technical(variant) or policy.is_dummy(variant) for variant in variants([text])):
            return Reading(Level.REVIEW, text)
    return Reading(Level.INFO, texts[0] if texts else "")


def variants(texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts, and what they may have been: engines lose spaces, and read digits as letters.

    >>> list(variants(["ID48Z1O9"]))
    ['ID48Z1O9', 'ID 48Z1O9', 'ID 482109']
    >>> list(variants(["DOEJANE01/02/1960"]))
    ['DOEJANE01/02/1960', 'DOEJANE 01/02/1960']
    """
    seen = set()
    for text in texts:
        spaced = _WORD_BEFORE_NUMBER.sub(r"\1 ", text)
        numbers = _NUMBER.sub(lambda hit: hit[0].translate(_DIGITS), spaced)
        for each in (text, spaced, numbers):
            if each not in seen:
                seen.add(each)
                yield each
