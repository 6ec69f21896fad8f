"""What else tells who somebody is: an age over 89, biometrics, photographs, initials, folders named after people."""

# ruff: noqa: E501, RUF001 - tables and patterns read better whole

from __future__ import annotations

import re

from fw_gear_deid_check.detectors.contacts import GENERIC_USERS
from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.recognizer import Match, Reader, Recognizer, always
from fw_gear_deid_check.detectors.vocabulary import LETTERS, first_names, is_dummy, is_name, is_word, last_names

I = re.IGNORECASE  # noqa: E741
START = r"(?<![^\W_])"
OVER_89 = r"(9\d|1[0-2]\d)"

AGE_AFTER = expression(
    rf"(?<![\w.,\-/]){OVER_89}[ \-]?(?:y/?o(?![A-Za-z])|y\.o\.|yrs?\.?[ \-]old|years?[ \-]old|year[ \-]olds?|yr?[MF](?![A-Za-z])|yo[MF](?![A-Za-z])|y[ ][MF](?![A-Za-z])|jährigen?r?|jaehrigen?r?|jahre(?![A-Za-z])|jarige|ans(?![A-Za-z])|años|anos(?![A-Za-z])|anni(?![A-Za-z])|lat(?![A-Za-z])|år(?![A-Za-zå-ö])|vuotias|vuotta|yaşında|лет(?![а-я])|歳|岁|歲|세(?![가-힣]))",
    I,
)
AGE_LABEL = expression(
    rf"{START}(?:age|aged|alter|[âa]ge|edad|et[aà]|leeftijd|idade|alder|ålder|wiek|yaş|возраст|年龄|年齢|年齡|나이|연령|patient'?s?[ _]?age|patientage)(?:[ ]at[ ][a-z]{{2,10}})?[\"']?[ ]?[:=]?[ \"']{{0,3}}(?:is[ ]|of[ ])?0?{OVER_89}(?:Y|[ ]?y(?:ears?|rs?)?|[+])?(?![\w\-%]|\.\d)",
    I,
)
AGE_STRING = expression(r"\A\s*(0(?:9\d)|1[0-4]\d)Y\s*\Z")
AGE_YEARS = expression(rf"(?<![\w.,\-/]){OVER_89}[ ](?:years?|yrs?)(?![A-Za-z])", I)

PHOTO = expression(
    r"(?<![A-Za-z])(?:(?:full[ ]?|facial|face|patient|id|ident\w{0,10})[ \-_]{0,1}(?:face[ ])?(?:photo(?:graph)?s?|picture|portrait|snapshot|selfie)|(?:photo(?:graph)?|picture|portrait)s?[ ](?:of|showing)[ ](?:the[ ])?"
    r"(?:patient|subject|face|participant))(?![A-Za-z])",
    I,
)
BIOMETRIC = expression(
    r"(?<![A-Za-z])(?<!MR )(?<!mr )(?<!magnetic resonance )(?:finger[ -]?prints?|voice[ \-]?prints?|voice[ ]recording|retina(?:l)?[ ]scan|iris[ ]scan|palm[ ]?print|dna[ ]profile|thumb[ ]?print|gait[ ]signature)(?![A-Za-z])",
    I,
)
INITIALS = expression(rf"{START}(?i:initials)[ ]?[:=]?[ ]?([A-Z]\.?[ ]?[A-Z]\.?(?:[ ]?[A-Z]\.?)?)(?![A-Za-z])")

HOME = expression(
    r"(?:(?:^|[\s\"'=:(\[/])/?(?:home|Users|export/home|u)/|[A-Za-z]:[\\/](?:Users|Documents and Settings|Benutzer|Utilisateurs)[\\/])([A-Za-z][A-Za-z0-9._\-]{1,30})(?=[\\/]|$|[\s\"'])"
)
SHARE = expression(r"\\\\[A-Za-z0-9_.\-]{2,40}\\[^\\\s]{1,60}")
PATIENT_FOLDER = expression(r"(?<![A-Za-z])patients?[\\/]([A-Za-z0-9_^.\-]{2,64})", I)
NAME_INITIAL = expression(rf"{START}([^\W\d_]{{3,30}})_([A-Z])(?=_|\.|$|[ ])")


def _home(hit: re.Match[str]) -> Match | None:
    return None if hit[1].lower() in GENERIC_USERS or is_word(hit[1]) else Match("user-path", "R", False, *hit.span(1))


def _patient_folder(hit: re.Match[str]) -> Match | None:
    words = LETTERS.findall(hit[1])
    digits = sum(map(str.isdigit, hit[1]))
    if any(map(is_dummy, words)) or (digits < 5 and (not words or any(map(is_word, words)))):
        return None
    return Match("patient-path", "R", False, *hit.span(1))


def _name_initial(hit: re.Match[str]) -> Match | None:
    return Match("person-name", "A", False, *hit.span()) if is_name(hit[1]) else None


def _recognizer(name: str, pattern: re.Pattern[str], features: str, read: Reader) -> Recognizer:
    return Recognizer(name, pattern, frozenset(features.split()), read)


RECOGNIZERS = (
    _recognizer("age-after", AGE_AFTER, "~age", always("age-over-89", "C", strong=True)),
    _recognizer("age-label", AGE_LABEL, "age aged alter edad eta patientage leeftijd idade alder wiek yas возраст 年龄 年齢 年齡 나이 연령", always("age-over-89", "C", strong=True)),
    _recognizer("age-string", AGE_STRING, "~age", always("age-over-89", "C", strong=True)),
    _recognizer("age-years", AGE_YEARS, "year years yr yrs", always("age-over-89", "C", strong=False)),
    _recognizer("photo", PHOTO, "photo photos photograph photographs picture portrait snapshot selfie", always("photo", "Q", strong=False)),
    _recognizer("biometric", BIOMETRIC,
                "fingerprint fingerprints finger voice voiceprint voiceprints retina retinal iris palm palmprint dna thumb thumbprint gait",
                always("biometric", "P", strong=False)),
    _recognizer("initials", INITIALS, "initials", always("initials", "R", strong=False)),
    _recognizer("home-path", HOME, "home users documents benutzer utilisateurs", _home),
    _recognizer("share-path", SHARE, "\\\\", always("share-path", "R", strong=False)),
    _recognizer("patient-folder", PATIENT_FOLDER, "patient patients", _patient_folder),
    Recognizer("name-initial", NAME_INITIAL, first_names() | last_names(), _name_initial),
)  # fmt: skip
