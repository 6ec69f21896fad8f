"""Names of people in text: caret, comma and title form, after a label, and bare pairs of common names.

The vocabulary is the guard: Siemens writes REGION^EXAM, and half of anatomy is named after somebody.
"""

# ruff: noqa: E501, RUF001, SIM905 - tables and patterns read better whole

from __future__ import annotations

import re

from fw_gear_deid_check.detectors.eponyms import NOUN, RARER_NOUN
from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.folding import fold
from fw_gear_deid_check.detectors.name_words import (
    CAPITAL,
    COUNTRIES,
    END,
    MOSTLY_OTHER,
    PARTICLE,
    START,
    WORD,
    I,
    L,
    tokens_of,
)
from fw_gear_deid_check.detectors.recognizer import Match, Reader, Recognizer
from fw_gear_deid_check.detectors.vocabulary import (
    PARTICLES,
    STATES,
    commonest_last_names,
    first_names,
    is_dummy,
    is_everyday,
    is_first,
    is_last,
    is_name,
    is_pair,
    is_word,
    last_names,
    own_words,
)

CARET = expression(
    rf"(?<![^\W_^])({WORD}(?:[ ]{WORD}){{0,3}})\^({WORD}(?:[ ]{WORD}){{0,3}})?((?:\^[^\W\d_.'’ \-]{{0,30}}){{0,3}})(?![^\W_])"
)


LINKS = frozenset("of the a an for with by from in on at and or to as".split())
"""Small words before a region, as in ``scan of HEAD^Brain``: no parts of a name."""


FILE = re.compile(r"(?:\.(?:nii|gz|dcm|ima|json|tsv|csv|txt|zip|img|hdr|mgz|mgh|nrrd|log|pdf|xml|bval|bvec|par|rec|mat|tar|tgz|bz2|jpe?g|png))+\Z", I)  # fmt: skip
"""What ends a file's name, and looks like the last parts of a given name."""


def _of_sentence(family: str, given: str) -> tuple[str, str]:
    """Return both parts of a name without the words of a sentence around it: in small letters, beside a capital.

    >>> _of_sentence("repeat of Quux", "Zoe done"), _of_sentence("van Quux", "ZOE"), _of_sentence("quux", "zoe ann")
    (('Quux', 'Zoe'), ('van Quux', 'ZOE'), ('quux', 'zoe ann'))
    """
    families, givens = family.split(" "), given.split(" ")
    if families[-1][:1].isupper():
        while families[0].islower() and families[0] not in PARTICLES:
            del families[0]
    if givens[0][:1].isupper():
        while givens[-1].islower():
            del givens[-1]
    return " ".join(families), " ".join(givens)


def _caret(hit: re.Match[str]) -> Match | None:
    family, given = _of_sentence(hit[1], FILE.sub("", hit[2] or ""))
    if not given and not FILE.sub("", hit[3]).strip("^"):
        return None
    if family.isascii() and (len(family) < 2 or (len(family) == 2 and len(given) < 2)):
        return None
    families, givens = [token for token in tokens_of(family) if token not in LINKS], tokens_of(given)
    if not families or any(map(is_dummy, families + givens)) or families == givens:
        return None
    words = [is_word(token) for token in families + givens]
    if any(is_pair(one, two) for one in givens for two in families):
        return Match("person-name", "A", True, *hit.span())
    if all(words):
        return None
    named = any(is_name(token) for token in families + givens)
    if not named and any(words):
        others = [token for token, word in zip(families + givens, words, strict=True) if not word]
        if not hit[0].isupper() and all(token.isupper() and len(token) <= 4 for token in others):
            return None
    return Match("person-name", "A", named or not any(words), *hit.span())


COMMA = expression(rf"{START}({WORD}(?:[ ]{WORD}){{0,3}}),[ ]?({WORD}(?:[ ]{WORD}\.?){{0,2}}){END}")


IN_A_LIST = re.compile(r"[ ,;]{1,3}(?:\d{5}|\d{1,4}[-/.]\d|[MF](?![^\W_]))")
"""What stands behind the name in a list of patients: a number, a date, a sex."""


def _is_listed(text: str, start: int, end: int) -> bool:
    """Tell whether more names stand beside it behind commas: a list of family names, as papers are cited."""
    return _NAME_BEFORE.search(text[max(0, start - 32) : start]) is not None or _NAME_AFTER.match(text, end) is not None


_NAME_BEFORE = re.compile(r"[A-Z][^\W\d_]{2,28}, (?:and |& )?$")
_NAME_AFTER = re.compile(r", (?:and |& )?[A-Z][^\W\d_A-Z]{2}")


def _comma(hit: re.Match[str]) -> Match | None:
    family, given = hit[1], hit[2]
    families, givens = tokens_of(family), tokens_of(given)
    start, end = hit.span()
    while len(families) > 1 and families[0].islower():
        start = hit.string.index(families[1], start + len(families.pop(0)))  # the sentence goes before it
    while len(givens) > 1 and givens[-1].islower():
        end = hit.start(2) + len(given[: given.rindex(givens.pop())].rstrip())
    if not families or not givens or any(map(is_dummy, families + givens)) or given.upper() in STATES:
        return None
    first = is_first(givens[0])
    last = any(is_last(token) for token in families)
    words = [is_word(token) for token in families + givens]
    if SAINTS.search(family.partition(" ")[0] + " "):
        return None
    if any(is_pair(givens[0], token) for token in families) and (first and last):
        parts = {fold(part) for token in families for part in token.split("-")} - commonest_last_names()
        return Match(
            "person-name", "A", own_words().isdisjoint(parts) and not _is_listed(hit.string, start, end), start, end
        )
    if any(words) or not families[0][0].isupper() or not given[0].isupper():
        return None
    whole = hit.start() == 0 and (hit.end() >= len(hit.string.rstrip(" .\0")) or IN_A_LIST.match(hit.string, hit.end()))
    if first or last or whole:
        likely = first or last or all(token.istitle() and len(token) > 3 for token in (*families, *givens))
        return Match("person-name", "A", bool(likely and whole and fold(given) not in COUNTRIES), start, end)
    return None


TITLE = expression(
    rf"{START}(Dr\.?|DR\.?|dr\.|Mr\.?|MR\.|mr\.|Mrs\.?|MRS\.?|mrs\.|Ms\.?|MS\.|ms\.|Miss|Mx\.?|Prof\.?|PROF\.?|prof\.|Professor"
    rf"|Doctor|Herrn?|Frau|Hr\.|Fr\.|Mme\.?|Mlle|Monsieur|Madame|M\.|Señora?|Sra?\.|Don|Doña|Dott\.?|Dra\.?|Sig\.(?:ra|na)?|Signora?|Dhr\.?|Mevr\.?|[Mm]w\.|Mevrouw|Meneer"
    rf"|Fru|Rouva|Herra|Pani|Pan|Sayın|Bay|Bayan|Pat\.|Patientin|Pacjentka|Больной|Больная|Пациент|Пациентка|Г-н|Г-жа|RN|Nurse|Sister|Rev\.?|Sgt\.?)"
    rf"(?:[ _]{{1,2}}|(?<=\.))((?:(?:Dr|Prof|med)\.?[ ]){{0,2}}(?:{L}\.[ ]?)?{PARTICLE}{CAPITAL}(?:[ ]{PARTICLE}{CAPITAL}){{0,2}}){END}"
)
BARE_TITLES = frozenset(["Dr", "DR", "Mr", "Ms", "RN", "Sister", "PROF", "MRS", "Dra"])
NAME_TITLES = frozenset(["M.", "Pat.", "Pan", "Don", "Bay", "Bayan", "Fru", "Mw.", "mw."])
"""Titles that are also a word or an initial: only a common name behind them is one."""
STAFF_TITLES = frozenset("dr dra doctor prof professor rn nurse sister dott".split())


def _title(hit: re.Match[str]) -> Match | None:
    title, name = hit[1], hit[2]
    tokens = tokens_of(name)
    if not tokens or is_dummy(tokens[0]):
        return None
    first = tokens[0]
    mixed = first[0].isupper() and not first.isupper()
    if name[0].islower() and not PARTICLES.intersection(name.casefold().split()):
        return None
    if NOUN.match(hit.string, hit.end()):
        return None
    if title in NAME_TITLES and not (is_name(first) or (name[0].islower() and title.lower() in {"mw.", "pat."})):
        return None
    if is_word(first) and not (is_last(first) and mixed and title not in {"DR", "PROF", "RN"}):
        return None
    kind = "staff-name" if title.rstrip(".").lower() in STAFF_TITLES else "person-name"
    strong = title not in BARE_TITLES or mixed or is_name(first)
    end = hit.end() if len(tokens) < 2 or not is_word(tokens[-1]) else hit.start(2) + name.index(first) + len(first)
    return Match(kind, "A", strong, hit.start(2), end)


RELATIVE = expression(
    rf"{START}(?:wife|husband|mother|father|mom|mum|dad|daughter|son|sister|brother|aunt|uncle|parents?|grandmother|grandfather|spouse|partner|"
    rf"fiancee?|girlfriend|boyfriend|niece|nephew|cousin|guardian|caregiver|twin)[ ,:]{{1,3}}((?-i:(?=[^\W\d_a-z])){WORD}){END}",
    I,
)


def _relative(hit: re.Match[str]) -> Match | None:
    if hit[1][0].isupper() and (is_first(hit[1]) or not is_word(hit[1])) and not is_dummy(hit[1]):
        return Match("person-name", "A", is_first(hit[1]) or is_last(hit[1]), *hit.span(1))
    return None


SUFFIX = expression(
    rf"{START}((?:{CAPITAL}[ ,]{{1,2}}){{1,3}}(?:{L}\.?[ ])?)(?:M\.?D\.?|Ph\.?D\.?|D\.?O\.?|R\.?N\.?|R\.?T\.?|RDMS|BSRT|NP|PA-C|CRNA|FRCR|MBBS|DDS)"
    rf"(?:\([A-Z]{{1,2}}\))*{END}"
)


def _suffix(hit: re.Match[str]) -> Match | None:
    tokens = tokens_of(hit[1])
    if not tokens or any(map(is_dummy, tokens)) or all(map(is_word, tokens)):
        return None
    if any(map(is_name, tokens)):
        return Match("staff-name", "A", True, *hit.span(1))
    if len(tokens) < 2 or any(map(is_word, tokens)):
        return None
    return Match("staff-name", "A", hit[1].rstrip().endswith(","), *hit.span(1))


PAIR = expression(
    rf"(?<![^\W\d_])({L}{{2,30}}(?:['’\-]{L}{{1,30}})?)[ _.,\-]{{1,2}}(?:({L})\.?[ _]{{1,2}})?(?=({L}{{2,30}}(?:['’\-]{L}{{1,30}})?)(?![^\W\d_]))"
)


NAME_DATE = re.compile(
    rf"(?<![^\W\d_])({L}{{3,30}})[ _,.\-]{{1,2}}({L}{{3,30}})[ _.\-]((?:19\d\d|200\d)(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!\d)"
)


def _name_date(hit: re.Match[str]) -> Match | None:
    """Take two words that nobody knows before a day on which somebody may have been born: how exports are named."""
    both = (hit[1], hit[2])
    if any(is_word(token) or is_dummy(token) or is_everyday(token) or fold(token) in own_words() for token in both):
        return None
    return Match("person-name", "A", hit[3] < "2000" or any(map(is_name, both)), hit.start(), hit.end(2))


TITLE_PAIR = re.compile(
    r"\A(?:\d{3,12}[_\-])?([A-Z][a-z]{3,20})_([A-Z][a-z]{3,20})(?:[_\-]\d{3,12})?(?:\.[A-Za-z0-9]{1,8}){0,2}\Z"
)


def _title_pair(hit: re.Match[str]) -> Match | None:
    """Take two words that nobody knows and that are all of a name, but for a number: a person has to look."""
    both = (hit[1], hit[2])
    if any(is_word(token) or is_dummy(token) or is_everyday(token) for token in both):
        return None
    return Match("person-name", "A", False, hit.start(1), hit.end(2))


SAINTS = re.compile(r"(?<![^\W_])(?:San|Santa|Santo|Saint|St\.?|São|Fort|Port|Mount|Lake|Cape)[ ]$")
ABSTRACT = re.compile(r"(?:tion|ing|ment|ity|ness|ology|ware|ism|ance|ence|izer|iser|ics)$")
"""Ends of words that are hardly a family name."""


def _pair(hit: re.Match[str]) -> Match | None:
    one, two = hit[1], hit[3]
    if is_dummy(one) or is_dummy(two) or SAINTS.search(hit.string[max(0, hit.start() - 6) : hit.start()]):
        return None
    if not (is_pair(one, two) or is_pair(two, one)):
        return _with_stranger(hit, one, two)
    capital = one[0].isupper() and two[0].isupper()
    everyday = is_everyday(one) or is_everyday(two)
    if everyday and not (capital and (is_pair(one, two) or "_" in hit[0])):
        return None
    eponyms = sum(fold(token) in own_words() for token in (one, two))
    named = "_" in hit[0] and not everyday and eponyms < 2 and min(len(one), len(two)) > 2  # smith_john_t1.nii
    if eponyms and not (named or (capital and is_first(one))):
        return None
    if hit[0].endswith(", ") and _is_listed(hit.string, hit.start(), hit.end(3)):
        return Match("person-name", "A", False, hit.start(), hit.end(3))
    return Match("person-name", "A", (capital and not is_everyday(one)) or named, hit.start(), hit.end(3))


def _with_stranger(hit: re.Match[str], given: str, family: str) -> Match | None:
    """Take a common given name and a word that no vocabulary knows, both with a capital: ``Linda Whitcombe``."""
    if not is_first(given) or is_everyday(given) or fold(given) in MOSTLY_OTHER or len(family) < 4:
        return None
    if any(sign in ".,-" for sign in hit[0][len(given) :]):
        return None
    if is_word(family) or is_everyday(family) or NOUN.match(hit.string, hit.end(3)) or ABSTRACT.search(family):
        return None
    shouted = given.isupper() and family.isupper() and hit.end(3) - hit.start() == len(hit.string.strip())
    if not shouted and not (given.istitle() and family[0].isupper() and not family.isupper()):
        return None
    return Match("person-name", "A", not shouted and not is_word(given), hit.start(), hit.end(3))


CAMEL_PAIR = expression(r"(?<![^\W_])([A-Z][a-z]{2,20})([A-Z][a-z]{2,20})(?![a-z])")


def _camel_pair(hit: re.Match[str]) -> Match | None:
    one, two = hit[1], hit[2]
    if (is_pair(one, two) or is_pair(two, one)) and not is_everyday(one) and not is_everyday(two):
        return Match("person-name", "A", True, *hit.span())
    return None


INITIAL = expression(
    rf"{START}(?:([A-Z])([A-Z][a-z]{{2,20}})|({CAPITAL})[ _]([A-Z])(?![\w.]{{0,12}}\d)\.?|([A-Z])\.[ _]?({CAPITAL}))(?![^\W_])"
)


def _initial(hit: re.Match[str]) -> Match | None:
    family = hit[2] or hit[3] or hit[6]
    if not is_last(family) or is_word(family) or len(family) < 3:
        return None
    return Match("person-name", "A", False, *hit.span())


SURNAME = expression(rf"(?<![^\W\d_])({L}{{5,30}}(?:-{L}{{2,30}})?)(?![^\W\d_])")
LONGEST_DESCRIPTION = 80
"""Characters of a text in which a family name alone is worth a look: a description, a label, a file name."""


def _surname(hit: re.Match[str]) -> Match | None:
    if len(hit.string) > LONGEST_DESCRIPTION or not hit[1][0].isupper():
        return None
    if not is_last(hit[1]) or is_word(hit[1]) or is_everyday(hit[1]):
        return None
    if NOUN.match(hit.string, hit.end()) or RARER_NOUN.match(hit.string, hit.end()):
        return None
    return Match("person-name", "A", False, *hit.span())


def recognizer(name: str, pattern: re.Pattern[str], read: Reader, *features: str) -> Recognizer:
    """Return a recognizer that runs on text with one of these words or signs."""
    return Recognizer(name, pattern, frozenset(" ".join(features).split()), read)


TITLE_WORDS = "dr mr mrs ms miss mx prof professor doctor herr frau hr fr mme mlle monsieur madame senor senora sr sra dott dra rn nurse sister rev sgt herrn m don dona sig signor signora dhr mevr mw mevrouw meneer fru rouva herra pani pan sayin bay bayan pat patientin pacjentka больнои больная пациент пациентка г"
RELATIVES = (
    "wife husband mother father mom mum dad daughter son sister brother aunt uncle parent parents grandmother grandfather spouse partner fiance "
    "fiancee girlfriend boyfriend niece nephew cousin guardian caregiver twin"
)

RECOGNIZERS = (
    recognizer("caret-name", CARET, _caret, "^"),
    recognizer("comma-name", COMMA, _comma, ","),
    recognizer("title-name", TITLE, _title, TITLE_WORDS),
    recognizer("relative", RELATIVE, _relative, RELATIVES),
    recognizer(
        "suffix-name", SUFFIX, _suffix, "md phd do rn rt rdms bsrt np pa crna frcr mbbs dds M.D Ph.D R.N R.T D.O"
    ),
    Recognizer("name-pair", PAIR, first_names(), _pair),
    Recognizer("name-date", NAME_DATE, frozenset({"~date"}), _name_date),
    Recognizer("title-pair", TITLE_PAIR, frozenset({"~titles"}), _title_pair),
    Recognizer("camel-pair", CAMEL_PAIR, first_names(), _camel_pair),
    Recognizer("surname", SURNAME, last_names(), _surname),
    Recognizer("initial-name", INITIAL, last_names() | {"~initial"}, _initial),
)
