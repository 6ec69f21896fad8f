"""Names of people after a label: ``Operator:``, ``Patient Name =``, ``read by``, ``pt``, ``tech: jsmith``."""

# ruff: noqa: E501, RUF001, SIM905 - tables and patterns read better whole

from __future__ import annotations

import itertools
import re

from fw_gear_deid_check.detectors import languages
from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.folding import fold
from fw_gear_deid_check.detectors.name_words import (
    CAPITAL,
    END,
    NAME_WORD,
    PARTICLE,
    START,
    WORD,
    I,
    L,
    doubt,
    tokens_of,
)
from fw_gear_deid_check.detectors.names import recognizer
from fw_gear_deid_check.detectors.person import MONOSYLLABIC
from fw_gear_deid_check.detectors.recognizer import Match, Reader
from fw_gear_deid_check.detectors.vocabulary import (
    LETTERS,
    PARTICLES,
    is_dummy,
    is_everyday,
    is_last,
    is_name,
    is_word,
    own_words,
)

STAFF = (
    r"operators?(?:'?s?[ _]?name)?|tech(?:nologist|nician)?(?:[ _]?name)?|technologists?|radiographer|sonographer|radiologist"
    r"|ref(?:erring|er|\.)?[ _]?(?:phys(?:ician)?|md|dr|doctor|provider)(?:'?s?[ _]?name)?\.?|referred by|requesting (?:md|phys(?:ician)?|dr|"
    r"provider)|requested by|ordering (?:md|phys(?:ician)?|dr|provider)|ordered by|order entered by|performing (?:md|phys(?:ician)?|dr)"
    r"|performed by|scanned by|acquired by|read by|read(?:ing)? (?:md|phys(?:ician)?|dr)|interpreted by|reported by|reviewed by|dictated by|"
    r"transcribed by|(?:electronically )?signed(?: electronically)?(?: by)?|verified by|approved by|entered by|attending(?: (?:md|phys(?:ician)?|dr))?|physician(?:'?s?[ _]?name)?"
    r"|surgeon|consultant|injected by|supervised by|pi|principal investigator|investigator|nurse|provider|user ?name|created by|author"
    r"|contact|c/o|attn"
)
PERSON = (
    r"(?:patient|pat|pt|subject|subj|participant|person|client|mother|father|parent|guardian|spouse|family|given|first|last|middle|maiden|birth"
    r"|full|legal|preferred|alias|other(?: patient)?)(?:'?s)?[ _\-]?names?|patients?name|patient|pat\.|pt\.?|paciente|surname|forename|"
    r"name of (?:patient|subject|participant)|nom du patient|patientenname|nombre(?: del paciente)?|vorname|nachname|familienname|"
    r"next of kin|emergency contact|nok|aka|a\.k\.a\.|formerly|nee|née"
)
SEPARATOR = r"[ _]?(?:[:=#]|-(?=[ ]))[ _\"']{0,3}"
VALUE = rf"({L}(?:{L}|['’.\-^,](?={L})){{0,40}}(?:[.,]?[ _]{{1,2}}{L}(?:{L}|['’.\-](?={L})){{0,30}}){{0,3}})"
STAFF_LABEL = expression(
    rf"{START}(?:{STAFF})(?:{SEPARATOR}|(?<=by)[ ])(?:(?:Dr|Prof|Mr|Ms|Mrs)\.?[ ]){{0,2}}{VALUE}", I
)
PERSON_LABEL = expression(rf"{START}(?:{PERSON}){SEPARATOR}{VALUE}", I)
NAME_LABEL = expression(rf"(?:^|(?<=[\n\r;,|{{\[\"'>]))[ \"']{{0,3}}name[\"' ]{{0,2}}[:=][ \"']{{0,3}}{VALUE}", I)
SAID_LABEL = expression(
    rf"{START}(?:(?:patient|pat\.?|pt\.?|subject|participant|person|client|full|family|given|first|last|maiden)(?:'?s)?[ _\-]?names?[ _]{{1,2}}(?:is[ _])?"
    rf"|(?:his|her|their|whose)[ _]names?[ _](?:is|was)[ _]|known[ _]as[ _](?=(?-i:[A-Z])[^ ]{{1,20}}[ _](?-i:[A-Z])))(?-i:({PARTICLE}{CAPITAL}(?:[ ,_]{{1,2}}{PARTICLE}{CAPITAL}){{0,3}})){END}",
    I,
)
FOREIGN = rf"(?:{SEPARATOR}|(?<=[名명])[ ])(?:(?:Dr|Prof|Hr|Fr)\.?[ ]){{0,2}}{VALUE}(?![ ]?\()"
FOREIGN_PERSON = languages.labelled(r"(?<![^\W\d_])", languages.PERSON, FOREIGN, I)
FOREIGN_NAME = languages.labelled(
    r"(?:^|(?<=[\n\r;,|{\[\"'>]))[ \"']{0,3}", languages.PLAIN_NAME, rf"[\"' ]{{0,2}}[:=][ \"']{{0,3}}{VALUE}", I
)
STUDY_PERSON = expression(
    rf"(?<![^\W\d_])(?:participant|volunteer|subject|client|person|guardian|spouse|mother|father|husband|wife){FOREIGN}",
    I,
)
FOREIGN_STAFF = languages.labelled(r"(?<![^\W\d_])", languages.STAFF, FOREIGN, I)
LOOSE_LABEL = expression(
    rf"(?<![^\W_])(?:[Pp]t|PT|[Pp]atient|PATIENT|[Ss]ubject|[Tt]ech|TECH|[Oo]perator|[Nn]amed|[Cc]alled|[Cc]ontact|[Ww]ith)\.?[ _]((?-i:(?=[A-ZÀ-Þ])){WORD}(?:[ ]{CAPITAL}){{0,2}}){END}"
)
USERNAME_LABEL = expression(
    rf"{START}(?:tech|operator|user|login|scanned by|performed by)[ _:=]{{1,3}}([a-z]{{5,20}}){END}", I
)
STOP = frozenset(
    "is was were has had and or not no none unknown unnamed to of in on at the a an for with by from as per did does will would should could can "
    "present absent performed done moved refused unable able asked told said stated reports reported denies left right up down out "
    "gave given here there after before during this that see then than very too also only who whose which when while na nil tbd "
    "anxious consent consented first given middle name names dob mrn sex id vorname nachname prenom cooperative uncooperative position positioned positioning requested refuses arrived late".split()
)


CONDITION = expression(r"(?:patient|paciente|pat\.?|pt\.?)[ _]?[^\W\d]?[:=#\-]", I)
"""Labels before a condition as often as before a name: ``Patient: cooperative``. Only a name has a capital."""


INITIALS = 2
"""Letters before a digit that are a code rather than a name."""


def _is_initial(word: str, following: str) -> bool:
    """Tell whether a word is one letter of a name rather than an article.

    >>> _is_initial("A", "Kuznetsova"), _is_initial("A", "Brain"), _is_initial("A", "few"), _is_initial("a", "Few")
    (True, False, False, False)
    """
    return (
        len(word) == 1
        and word.isupper()
        and len(following) > INITIALS
        and following[0].isupper()
        and fold(following) not in STOP
        and not is_word(following)
    )


OF_A_NAME = expression(r"name|nom(?![^\W_])|nombre|nome(?![^\W_])|naam|navn|namn|nazwisk|prénom|prenom|apellido", I)

OF_ANYTHING = frozenset("name names nom nombre nome naam navn namn".split())
"""Labels of names of persons and of anything else."""


def _label(hit: re.Match[str]) -> str:
    """Return what stands before the value."""
    return hit[0][: hit.start(1) - hit.start()]


def _is_called(label: str, tokens: list[str]) -> bool:
    """Tell whether words behind the label of a name, each with a capital, are one, though DICOM's dictionary has them.

    >>> _is_called("Surname: ", ["Moura"]), _is_called("Patient: ", ["Moura"]), _is_called("Last name: ", ["Coil"])
    (True, False, False)
    """
    if OF_A_NAME.search(label) is None or label.strip(" :=#\"'_-").lower() in OF_ANYTHING:
        return False
    if any(
        not token[0].isupper() or len(token) <= INITIALS or is_dummy(token) or is_everyday(token) for token in tokens
    ):
        return False
    return not all(map(is_word, tokens)) or not any(fold(token) in own_words() for token in tokens)


def _labelled(kind: str) -> Reader:
    def read(hit: re.Match[str]) -> Match | None:
        value = hit[1]
        words = LETTERS.findall(value)
        tokens: list[str] = []
        for word, following in itertools.zip_longest(words, words[1:], fillvalue=""):
            if fold(word) in STOP and not _is_initial(word, following):
                break
            tokens.append(word)
        if not tokens:
            return None
        if value[0].islower() and CONDITION.match(hit[0]) and not any(map(is_name, tokens)):
            return None
        verdict = _is_called(_label(hit), tokens) or doubt(" ".join(tokens))
        if verdict is None:
            return None
        last = tokens[-1]
        end = value.find(last, sum(map(len, tokens[:-1]))) + len(last)
        if (
            hit.end() < len(hit.string)
            and hit.string[hit.end()].isdigit()
            and len(tokens) == 1
            and not is_name(tokens[0])
        ):
            if len(last) <= INITIALS:
                return None  # a code: ``ep2d``
            verdict = False
        return Match(kind, "A", verdict, hit.start(1), hit.start(1) + max(end, 1))

    return read


FOREIGN_STOP = frozenset(
    "der die das und nicht kein keine ist war hat mit ohne m w f h d mannlich weiblich homme femme masculin feminin hombre mujer masculino femenino feminino maschio "
    "femmina man vrouw mann kvinne kvinna mies nainen mezczyzna kobieta erkek kadin муж жен мужской женский м ж нет 男 女 男性 女性 不明 匿名 匿名化 無 无 未知 なし 없음 남 여 남자 여자 남성 여성 미상 익명 ذكر "
    "anonym anonyme anonymisiert anonymise anonimo anonimizado anonimizzato geanonimiseerd anonymiserad anonimowy unbekannt inconnu desconocido sconosciuto onbekend okand "
    "keiner aucun ninguno nessuno geen ingen brak yok entfernt supprime eliminado rimosso verwijderd".split()
)
"""What stands behind such labels and is no name, folded."""


CONDITION_IN_HAN = expression(r"(?:位|症|炎|癌|痛|術|术|法|像|検査|检查|撮影|扫描|자세|상태|검사)$")
"""Ends of words of postures, diseases and examinations, without spaces between words."""


def _written_as_name(value: str) -> list[str]:
    """Return the words that a value begins with and that are written as names are: with a capital, or without case.

    >>> _written_as_name("Anna von der Heide moved"), _written_as_name("kooperativ")
    (['Anna', 'von', 'der', 'Heide'], [])
    """
    words: list[str] = []
    for word in NAME_WORD.findall(value):
        folded = fold(word)
        if folded in PARTICLES:
            words.append(word)
            continue
        if (
            folded in FOREIGN_STOP
            or folded in STOP
            or not (word[0] != word[0].lower() or word[0] == word[0].upper() or folded in PARTICLES)
        ):
            break
        words.append(word)
    while words and fold(words[-1]) in PARTICLES and len(words) > 1:
        words.pop()
    return words


def _foreign(kind: str) -> Reader:
    def read(hit: re.Match[str]) -> Match | None:
        words = _written_as_name(hit[1])
        if len(words) > 1 and hit.string[hit.end() : hit.end() + 2].strip()[:1] in {":", "="}:
            words.pop()  # the next label
        if words and not words[0].isascii() and MONOSYLLABIC.match(words[0]) and not 2 <= len(words[0]) <= 6:
            return None
        if words and CONDITION_IN_HAN.search(words[-1]):
            return None
        verdict = doubt(" ".join(words)) if words else None
        if verdict is False and _is_called(_label(hit), words):
            verdict = True
        if verdict is None:
            return None
        end = 0
        for word in words:
            end = hit[1].index(word, end) + len(word)
        return Match(kind, "A", verdict, hit.start(1), hit.start(1) + end)

    return read


def _person_of_study(hit: re.Match[str]) -> Match | None:
    """Take two words at least: one alone is a group, a condition, a code."""
    match = _foreign("person-name")(hit)
    if match is None or hit.string[match.end : match.end + 1].isdigit():
        return None
    tokens = tokens_of(hit.string[match.start : match.end])
    return match if len(tokens) > 1 and not any(map(is_word, tokens)) else None


def _said(hit: re.Match[str]) -> Match | None:
    tokens = tokens_of(hit[1])
    if not tokens or fold(tokens[0]) in STOP:
        return None
    verdict = _is_called(_label(hit), tokens) or doubt(" ".join(tokens))
    return None if verdict is None else Match("person-name", "A", verdict, *hit.span(1))


HONORIFIC = expression(r"(?<![一-龥々ァ-ヶー])([一-龥々]{2,6}|[ァ-ヶー]{3,10})[ ]?(?:様|さま|殿)(?![一-龥々])")


def _honorific(hit: re.Match[str]) -> Match | None:
    return None if hit[1] in {"患者", "皆", "氏名", "お客"} else Match("person-name", "A", True, *hit.span(1))


def _loose(hit: re.Match[str]) -> Match | None:
    tokens = tokens_of(hit[1])
    if not tokens or is_word(tokens[0]) or is_dummy(tokens[0]) or fold(tokens[0]) in STOP:
        return None
    patient = hit[0][0] in "PpSs"
    if not is_name(tokens[0]):
        known = patient and len(tokens) > 1 and not any(map(is_word, tokens)) and any(map(is_name, tokens[1:]))
        return Match("person-name", "A", True, *hit.span(1)) if known and not hit[1].isupper() else None
    mixed = not tokens[0].isupper() and patient
    return Match("person-name", "A", mixed or (len(tokens) > 1 and is_name(tokens[1])), *hit.span(1))


def _username(hit: re.Match[str]) -> Match | None:
    name = hit[1].lower()
    if is_last(name[1:]) and not is_word(name):
        return Match("staff-name", "A", True, *hit.span(1))
    return None


STAFF_WORDS = (
    "operator operators operatorsname tech technologist technologists technician radiographer sonographer radiologist ref refer referring referred "
    "requesting requested ordering ordered order performing performed scanned acquired read reading interpreted reported reviewed dictated "
    "transcribed signed verified approved entered attending physician surgeon consultant injected supervised pi principal investigator nurse provider "
    "user username created author contact c/o attn"
)
PERSON_WORDS = (
    "name names patient patients patientname patientsname pat pt paciente surname forename nom patientenname nombre vorname nachname familienname kin "
    "contact nok aka formerly nee firstname lastname subjectname middlename"
)

RECOGNIZERS = (
    recognizer("staff-label", STAFF_LABEL, _labelled("staff-name"), STAFF_WORDS),
    recognizer("person-label", PERSON_LABEL, _labelled("person-name"), PERSON_WORDS),
    recognizer("name-label", NAME_LABEL, _labelled("person-name"), "name"),
    recognizer(
        "said-label",
        SAID_LABEL,
        _said,
        "name names known patientname patientsname firstname lastname familyname givenname",
    ),
    recognizer("person-label-foreign", FOREIGN_PERSON, _foreign("person-name"), languages.words(languages.PERSON)),
    recognizer("name-label-foreign", FOREIGN_NAME, _foreign("person-name"), languages.words(languages.PLAIN_NAME)),
    recognizer(
        "study-person",
        STUDY_PERSON,
        _person_of_study,
        "participant volunteer subject client person guardian spouse mother father husband wife",
    ),
    recognizer("staff-label-foreign", FOREIGN_STAFF, _foreign("staff-name"), languages.words(languages.STAFF)),
    recognizer("honorific", HONORIFIC, _honorific, "様 さま 殿"),
    recognizer("loose-label", LOOSE_LABEL, _loose, "pt patient subject tech operator named called contact with"),
    recognizer("user-label", USERNAME_LABEL, _username, "tech operator user login scanned performed"),
)
