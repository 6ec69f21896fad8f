"""Places smaller than a state: street addresses, ZIP codes, post boxes, institutions."""

# ruff: noqa: E501, RUF001, SIM905 - tables and patterns read better whole

from __future__ import annotations

import re

from fw_gear_deid_check.detectors import languages
from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.recognizer import Match, Reader, Recognizer, always
from fw_gear_deid_check.detectors.vocabulary import LETTERS, STATES, is_dummy, is_last, is_word

I = re.IGNORECASE  # noqa: E741
L = r"[^\W\d_]"
START = r"(?<![^\W_])"
CAPITAL = rf"(?=[^\W\d_a-z]){L}(?:{L}|['’.\-](?={L})){{0,30}}"

SUFFIXES = (
    "street avenue boulevard road drive lane court place square terrace parkway highway circle trail crescent close turnpike alley broadway "
    "ave blvd pkwy hwy cres tpke"
)
PLAIN_SUFFIXES = frozenset("street avenue boulevard road parkway highway terrace crescent blvd ave pkwy hwy".split())
"""Suffixes that are no word of imaging."""
SHORT_SUFFIXES = "St Str Rd Dr Ln Pl Sq Ter Cir Ct Av Wy Way ST RD DR LN PL SQ"
STREET = expression(
    rf"{START}\d{{1,5}}(?:[ ]?-[ ]?\d{{1,5}})?[A-Za-z]?[ ](?:[NSEW]{{1,2}}\.?[ ]|(?:North|South|East|West)[ ])?((?:{CAPITAL}\.?[ ]|\d{{1,3}}(?:st|nd|rd|th)[ ]){{1,4}})"
    rf"(?:((?i:{'|'.join(SUFFIXES.split())}))|{'|'.join(SHORT_SUFFIXES.split())})\.?(?![^\W_])"
)
STREET_FIRST = expression(
    rf"{START}((?:{CAPITAL}\.?[ ]){{1,3}})(?i:{'|'.join(SUFFIXES.split())}|st|str|rd)\.?,?[ ](?:No\.?[ ]|Nr\.?[ ])?\d{{1,5}}[a-z]?(?![\w]|\.\d)"
)
GERMAN = expression(
    rf"{START}({L}{{2,30}}(?:[ \-]{L}{{2,30}}){{0,2}}[ \-]?(?:stra(?:ss|ß)e|str\.|gasse|weg|platz|allee|ufer|ring|damm|g[üu]rtel|guertel|steig|promenade|gatan|v[äa]gen|vej|veien|gata|straat|gracht|laan|katu))[ ](?:Nr\.?[ ])?\d{{1,4}}[ ]?[a-z]?(?:[ ]?-[ ]?\d{{1,4}})?(?![\w]|\.\d)"
    rf"|{START}\d{{1,4}}(?:[ ]?-[ ]?\d{{1,4}})?[ ]{L}{{2,30}}(?:[ \-]{L}{{2,30}}){{0,2}}[ \-]?(?:stra(?:ss|ß)e|gasse|platz|allee|g[üu]rtel|guertel)(?![^\W_])",
    I,
)
ROMANCE = expression(
    rf"{START}(?:\d{{1,5}}(?:[ ]?(?:bis|ter))?,?[ ](?:rue|avenue|boulevard|place|chemin|all[ée]e|impasse|quai|via|viale|piazza|corso|calle|avenida|paseo|plaza|rua|travessa)[ ]"
    rf"(?:(?:de|du|des|la|le|les|l'|d'|del|della|dos|da|do)[ ]?){{0,2}}(?-i:{CAPITAL})"
    rf"|(?:via|viale|piazza|corso|calle|avenida|paseo|plaza|rua)[ ](?:(?:de|la|del|della|dos|da|do|di)[ ]){{0,2}}(?-i:{CAPITAL})(?:[ ](?-i:{CAPITAL})){{0,2}},?[ ](?:n[.º°]?[ ]?)?\d{{1,5}})(?![^\W_])",
    I,
)
SLAVIC = expression(
    rf"{START}(?:[Uu]l\.|[Aa]l\.|[Oo]s\.|[Pp]l\.|[Уу]л\.|[Уу]лица|[Пп]р\.|[Пп]росп\.|[Пп]роспект|[Пп]ер\.|[Бб]ул\.|[Вв]ул\.)[ ]?({CAPITAL}(?:[ ]{CAPITAL}){{0,2}}),?[ ](?:д\.[ ]?|nr[ ]|буд\.[ ]?)?\d{{1,4}}[a-zа-я]?(?![\w]|\.\d)"
)
POST_BOX = expression(
    rf"{START}(?:p\.?[ ]?o\.?[ ]?box|post office box|postfach|apartado|bo[iî]te postale)[ :#]{{0,2}}\d{{1,7}}(?!\d)", I
)
APARTMENT = expression(rf"{START}(?:apt|apartment|suite|ste|unit)\.?[ ]\#?\d{{1,4}}[A-Za-z]?,[ ]", I)
ADDRESS_LABEL = languages.labelled(
    rf"{START}(?:home|street|mailing|postal|patient'?s?|residential)?[ _]?(?:address|",
    languages.ADDRESS,
    r")[ _]?[:=][ \"']{0,3}(?=[^\s\"'])([^\n\r;\"]{3,80})",
    I,
)
LIVES = expression(
    rf"{START}(?i:lives?|living|resides?|residing|resident|domiciled|home|from|moved|wohnhaft|vit|vive)[ ](?i:in|at|of|to|on|à|a|en)[ ]({CAPITAL}(?:[ ]{CAPITAL}){{0,3}}|\d{{1,5}}[ ]{CAPITAL})"
)
CITY_ZIP = expression(
    rf"{START}{CAPITAL}(?:[ ]{CAPITAL}){{0,2}},[ ]?([A-Z]{{2}})[ ,]{{1,2}}(?:US,?[ ]?)?(\d{{5}})(?:-\d{{4}})?(?![\w\-]|\.\d)"
)
CITY_STATE = expression(rf"{START}({CAPITAL}(?:[ ]{CAPITAL}){{0,2}}),[ ]([A-Z]{{2}})(?![^\W_])")
ZIP_LABEL = expression(rf"{START}(?:zip(?:[ _]?code)?|postal[ _]?code|post[ _]?code|plz|cap|c[oó]digo postal|code postal)[ _]?[:=#]?[ ]{{0,2}}([A-Z0-9]{{2,4}}[ \-]?[A-Z0-9]{{2,4}}|\d{{5}}(?:-\d{{4}})?)(?![\w]|\.\d)", I)  # fmt: skip
POSTCODE_CITY = expression(rf",[ ]?(?:[A-Z]{{1,2}}-)?(\d{{4,5}})[ ,]{{1,2}}({CAPITAL})(?:[ ,]|$)")
UK_POSTCODE = expression(r"(?<![A-Za-z0-9])[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}(?![A-Za-z0-9])")

ORGANISATION = (
    r"hospitals?|clinics?|infirmary|hospice|polyclinic|sanatorium|klinik(?:um|en)?|krankenhaus|spital|universit(?:y|ies|ät|aet|é|e|à|a|at|eit)|univ\.?|universidad"
    r"|universidade|h[ôo]pital|h[ôo]pitaux|ospedale|policlinico|hospitales|ziekenhuis|sykehus|sjukhus(?:et)?|sygehus|szpital|universit(?:ä|ae|a)ts(?:klinik(?:um)?|spital|medizin)"
    r"|chu|uniklinik(?:um)?|uniklinikum"
)
CENTRE = r"(?:(?:med(?:ical)?|health(?:care)?|cancer|heart|imaging|trauma|children'?s|surgery|diagnostic|radiology|community health|oncology|veterans|va|rehab(?:ilitation)?)[ _](?:cent(?:er|re)|ctr|cntr|campus|associates|institute|clinic|system))"
INSTITUTION = expression(
    rf"{START}(?:({CAPITAL}(?:[ _]{{1,2}}(?:(?:of|the|and|&|de|der|del|di|la|for|in|des|du)[ ]){{0,2}}{CAPITAL}){{0,4}})[ _\-]{{1,2}})?"
    rf"((?i:{ORGANISATION}|{CENTRE}))(?![^\W_])"
    rf"((?:[ _]{{1,2}}(?:(?:of|the|at|de|der|del|di|la|rechts|für|fur|des|du|do|da)[ ]){{0,2}}{CAPITAL}){{0,4}})"
)
KNOWN_PLACES = expression(
    rf"{START}(?:Johns[ ]Hopkins|Mayo[ ]Clinic|Mount[ ]Sinai|Mt\.?[ ]Sinai|Kaiser[ ]Permanente|Sloan[ ]Kettering|MD[ ]Anderson|Cleveland[ ]Clinic|Charit[ée]|Karolinska(?![ ]Directed|[ ]Sleepiness)|Cedars[ \-]Sinai"
    rf"|Brigham[ ]and[ ]Women'?s|Dana[ \-]Farber|Mass(?:achusetts)?[ ]General|Beth[ ]Israel|Penn[ ]Medicine|Univ[ ]Penn|NewYork[ \-]Presbyterian|NYU[ ]Langone|Duke[ ]Univ|Rigshospitalet"
    rf"|Guy'?s[ ]and[ ]St|Great[ ]Ormond|St\.?[ ]Jude|Intermountain|Geisinger|Ochsner|Beaumont|Northwestern[ ]Memorial|Baylor|Emory|UCSF|UCLA|UPMC|HUP|CHOP|AKH|MGH|BIDMC|MSKCC)(?![^\W_])",
    I,
)
SAINT = expression(rf"{START}(?:St\.|Saint|San|Santa|Sankt)[ ]{CAPITAL}(?:[ ](?:Memorial|Medical|Regional|General|Health|Healthcare|Radiology|Imaging))(?![^\W_])")  # fmt: skip
MEMORIAL = expression(rf"{START}({CAPITAL})[ ](?:Memorial|Regional|General|Presbyterian|Baptist|Methodist|Lutheran|County|Community)[ ](?:Med|Health|Hosp|Ctr|Radiology|Imaging)\w{{0,12}}(?![^\W_])")  # fmt: skip


def _named(strong: bool, name: str = "address") -> Reader:
    def read(hit: re.Match[str]) -> Match | None:
        words = LETTERS.findall(hit[1] or "")
        if words and not hit[1][0].isdigit() and all(is_word(word) for word in words):
            return None
        return Match(name, "B", strong, *hit.span())

    return read


DIMENSIONS = re.compile(r"\d[DT] ")
"""A picture's dimensions, or a field's strength: ``3D TOF Circle of Willis``."""


def _street(hit: re.Match[str]) -> Match | None:
    words = LETTERS.findall(hit[1])
    clear = not words or any(not is_word(word) or is_last(word) for word in words)
    mixed = hit[0].rstrip(".")[-1].islower()
    plain = mixed and (hit[2] or "").lower() in PLAIN_SUFFIXES
    if not clear and (DIMENSIONS.match(hit[0]) or hit.string.startswith(" of ", hit.end())):
        return None
    return Match("address", "B", clear or plain, *hit.span()) if clear or hit[2] or mixed else None


def _address_label(hit: re.Match[str]) -> Match | None:
    words = LETTERS.findall(hit[1])
    if not words or is_dummy(words[0]) or all(is_word(word) for word in words) or "@" in hit[1]:
        return None
    if re.match(r"0x|\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{2}[:\-]", hit[1]):
        return None
    return Match("address", "B", True, *hit.span())


def _city_zip(hit: re.Match[str]) -> Match | None:
    return Match("zip-code", "B", True, *hit.span()) if hit[1] in STATES else None


def _city_state(hit: re.Match[str]) -> Match | None:
    if hit[2] not in STATES or any(is_word(word) for word in LETTERS.findall(hit[1])):
        return None
    return Match("address", "B", False, *hit.span())


def _zip_label(hit: re.Match[str]) -> Match | None:
    return Match("zip-code", "B", True, *hit.span()) if sum(map(str.isdigit, hit[1])) >= 3 else None


def _postcode_city(hit: re.Match[str]) -> Match | None:
    return None if is_word(hit[2]) else Match("zip-code", "B", True, *hit.span())


# An institution is weak wherever it stands: research sites keep InstitutionName, and text that names one wants a look.
GENERIC = frozenset("the a an this our your at in outside other another local any hospital clinic university".split())


PROJECT = expression(
    r"[ _\-](?:HCP|ADNI|ABCD|OASIS|PNC|IXI|ABIDE|(?i:(?:brain[ _])?atlas|templates?|parcellations?|consortium|toolbox|questionnaire"
    r"|connectome))(?![^\W_])"
)
"""What a university made for everybody: ``Washington University HCP``."""


def _institution(hit: re.Match[str]) -> Match | None:
    public = PROJECT.search(hit[3] or "") or PROJECT.match(hit.string, hit.end())
    if public and hit[2][:4].lower() == "univ":
        return None
    words = [*LETTERS.findall(hit[1] or ""), *LETTERS.findall(hit[3] or "")]
    names = [word for word in words if word.lower() not in GENERIC and len(word) > 1]
    if not names or all(is_dummy(word) for word in names):
        return None
    clear = any(not is_word(word) for word in names)
    return Match("institution", "B", False, *hit.span()) if clear or len(names) > 1 else None


def _recognizer(name: str, pattern: re.Pattern[str], features: str, read: Reader) -> Recognizer:
    return Recognizer(name, pattern, frozenset(features.split()), read)


RECOGNIZERS = (
    _recognizer("street", STREET, f"{SUFFIXES} {SHORT_SUFFIXES.lower()}", _street),
    _recognizer("street-first", STREET_FIRST, f"{SUFFIXES} st str rd", _named(strong=True)),
    _recognizer("street-german", GERMAN, "~street", always("address", "B", strong=True)),
    _recognizer("street-romance", ROMANCE, "rue avenue boulevard place chemin allee impasse quai via viale piazza corso calle avenida paseo plaza rua travessa",
                always("address", "B", strong=True)),
    _recognizer("street-slavic", SLAVIC, "ul al os pl ул улица пр просп проспект пер бул вул", _named(strong=True)),
    _recognizer("post-box", POST_BOX, "box postfach apartado boite", always("address", "B", strong=True)),
    _recognizer("apartment", APARTMENT, "apt apartment suite ste unit", always("address", "B", strong=False)),
    _recognizer("address-label", ADDRESS_LABEL, f"address patientaddress {languages.words(languages.ADDRESS)}", _address_label),
    _recognizer("lives", LIVES, "lives live living resides reside residing resident domiciled home from moved wohnhaft vit vive", _named(strong=False)),
    _recognizer("city-zip", CITY_ZIP, "~zip", _city_zip),
    _recognizer("city-state", CITY_STATE, ",", _city_state),
    _recognizer("zip-label", ZIP_LABEL, "zip zipcode postal postalcode postcode post plz cap codigo code", _zip_label),
    _recognizer("postcode-city", POSTCODE_CITY, ",", _postcode_city),
    _recognizer("uk-postcode", UK_POSTCODE, "~postcode", always("zip-code", "B", strong=False)),
    _recognizer("institution", INSTITUTION, "~institution", _institution),
    _recognizer("known-place", KNOWN_PLACES,
                "johns mayo mount mt kaiser sloan md cleveland charite karolinska cedars brigham dana mass massachusetts beth penn univ newyork nyu duke "
                "rigshospitalet guy guys great st intermountain geisinger ochsner beaumont northwestern baylor emory ucsf ucla upmc hup chop akh mgh bidmc mskcc",
                always("institution", "B", strong=False)),
    _recognizer("saint", SAINT, "st saint san santa sankt", always("institution", "B", strong=False)),
    _recognizer("memorial", MEMORIAL, "memorial regional general presbyterian baptist methodist lutheran county community", _named(strong=False, name="institution")),
)  # fmt: skip
