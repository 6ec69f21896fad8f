"""How to reach a person or a machine: phone, fax, e-mail, URL, IP and MAC address."""

# ruff: noqa: E501, SIM905 - tables and patterns read better whole

from __future__ import annotations

import ipaddress
import re

from fw_gear_deid_check.detectors import languages
from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.recognizer import Match, Recognizer, always
from fw_gear_deid_check.detectors.vocabulary import PUBLIC_HOSTS

I = re.IGNORECASE  # noqa: E741
START = r"(?<![A-Za-z0-9])"

PHONE_LABEL = (
    r"(?:telephone|tel(?:efon|efono)?|phone|ph|mobile|mob|cell(?: ?phone)?|handy|call(?:[ ]back)?(?:[ ]at)?|pager|page|beeper|contact(?: no| number)?"
    r"|ext(?:ension)?|home|work|voicemail|whatsapp|sms|text|dial|"
)
NUMBER = r"\+?\(?\d(?:[\d()]|[ .\-/](?=[\d(])){2,18}\d"
LABELLED_PHONE = languages.labelled(
    rf"{START}({PHONE_LABEL}",
    languages.PHONE,
    rf"))(?:[ _]?(?:no|num|number|nr))?[.:#= _]{{0,3}}(?:at|is|on)?[ :]{{0,2}}({NUMBER})(?![\w]|\.\d)",
    I,
)
NANP = expression(
    r"(?<![\w.\-+/])(?:\+?1[ .\-])?(?:\([2-9]\d\d\)[ \-]?[2-9]\d\d[ .\-]\d{4}|[2-9]\d\d([.\-])[2-9]\d\d\1\d{4}|1-[2-9]\d\d-[2-9]\d\d-\d{4})(?![\w\-]|\.\d)"
)
INTERNATIONAL = expression(
    r"(?<![\w.\-+])\+[1-9]\d{0,2}[ .\-]?(?:\(0?\)[ ]?)?\d{1,4}(?:[ .\-/]?\d{2,4}){2,4}(?![\w]|\.\d)"
)
FAX = expression(
    rf"{START}(?:tele)?fax(?:[ _]?(?:no|num|number|nr))?[.:#= _]{{0,3}}(?:at|is|to)?[ :]?({NUMBER})(?![\w]|\.\d)", I
)
TRAILING_LABEL = expression(
    r"(?<![\w.\-])([2-9]\d{2}[2-9]\d{6})[ ,(]{1,2}(?:call|phone|cell|mobile|home|work|tel|fax|pager)(?![A-Za-z])", I
)


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _labelled_phone(hit: re.Match[str]) -> Match | None:
    label, value = hit[1].lower(), hit[2]
    digits = _digits(value)
    internal = label.startswith(("pag", "ext", "beep"))
    if digits < (4 if internal else 7) or digits > 15:
        return None
    if label in {"home", "work", "text", "page", "ph"} and digits < 7:
        return None
    return Match("phone", "D", digits >= 7 or internal, *hit.span(2))


def _fax(hit: re.Match[str]) -> Match | None:
    return Match("fax", "E", True, *hit.span(1)) if 6 <= _digits(hit[1]) <= 15 else None


def _international(hit: re.Match[str]) -> Match | None:
    return Match("phone", "D", True, *hit.span()) if 8 <= _digits(hit[0]) <= 15 else None


EMAIL = expression(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62})(?:\.[A-Za-z0-9\-]{1,63}){0,6}\.[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
SPELLED_EMAIL = expression(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64} ?[(\[{<] ?at ?[)\]}>] ?[A-Za-z0-9\-]{1,63}(?:(?: ?(?:\.|[(\[{<] ?dot ?[)\]}>]) ?| dot )[A-Za-z0-9\-]{2,63}){1,6}",
    I,
)
SPOKEN_EMAIL = expression(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64} at [A-Za-z0-9\-]{1,63}(?: dot [A-Za-z0-9\-]{2,63}){1,4}(?![A-Za-z0-9])",
    I,
)
USER_AT_HOST = expression(
    r"(?<![A-Za-z0-9._%+\-@])([a-z_][a-z0-9_.\-]{1,31})@([A-Za-z][A-Za-z0-9\-]{1,62})(?![A-Za-z0-9@.])"
)


def _user_at_host(hit: re.Match[str]) -> Match | None:
    return None if hit[1] in GENERIC_USERS else Match("user-at-host", "F", False, *hit.span())


GENERIC_USERS = frozenset(
    "root user users admin administrator guest public shared share default ubuntu centos ec2-user runner flywheel docker jovyan test tmp anonymous "
    "medcom sdc scanner service system local opt home git npm pi".split()
)

HOST = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62})(?:\.[A-Za-z0-9\-]{1,63}){0,8}"
URL = expression(
    rf"(?<![A-Za-z0-9])(?:https?|ftps?|sftp|ssh|smb|nfs|file|dicom|wss?|ldaps?|s3|gs)://(?:[^\s/@]{{1,64}}@)?({HOST})?(?::\d{{1,5}})?[^\s\"'<>]{{0,300}}",
    I,
)
WWW = expression(rf"(?<![A-Za-z0-9.@/\-])(www\.{HOST})(?:/[^\s\"'<>]{{0,300}})?", I)
SOCIAL = expression(
    r"(?<![A-Za-z0-9.@/\-])(?:facebook|linkedin|instagram|twitter|tiktok|myspace|youtube|vimeo|dropbox|drive\.google|docs\.google|onedrive\.live|t|wa|x)"
    r"\.(?:com|me)/[\w.\-/@?=&%]{2,200}",
    I,
)


PERSON_IN_QUERY = re.compile(
    r"[?&;](?:(pid|e?mrn|pat(?:ient)?(?:[_\-]?(?:id|no|nr|num|number))?)|(id))=((?!sub-)[A-Z]{0,4}[\-_]?[0-9]{4,16})(?![A-Z0-9.])",
    I,
)
"""The query of an address that asks for a person by number; ``id`` alone says so where the host isn't public."""


NAMESPACE = expression(r"(?:xmlns(?::[\w\-]{1,32})?\s?=\s?[\"']|prefix\s{1,4}[\w\-.]{0,32}:\s{0,4}<)\s?$", I)
"""What declares a name space, in XML, Turtle or SPARQL: the address behind it is a name, whoever's host it is."""
OF_SOFTWARE = expression(
    r"(?<![^\W_])([A-Za-z][A-Za-z0-9_+\-]{1,30})(?:[ /,]{1,2}(?:version[ ])?v?\d{1,4}(?:\.\d{1,6}){1,3}[\w.+\-]{0,16})[)\]]?[,;:]?[ (<]{0,3}$",
    I,
)
"""A program and its version, before the address of its home."""


def _is_public(hit: re.Match[str]) -> bool:
    """Tell whether an address is that of a standard, of software or of public data, and says nothing of a person."""
    host = (hit[1] or "").lower()
    parts = host.split(".")
    if "@" in hit[0]:
        return False
    if any(".".join(parts[at:]) in PUBLIC_HOSTS for at in range(len(parts))):
        return True
    before = hit.string[max(0, hit.start() - 80) : hit.start()]
    if NAMESPACE.search(before):
        return True
    software = OF_SOFTWARE.search(before)
    return software is not None and host.removeprefix("www.").split(".")[:-1] == [software[1].lower()]


def in_public_address(text: str, at: int) -> bool:
    """Tell whether a place in a text is in a public address: ``http://www.w3.org/1999/02/22-rdf-syntax-ns#``."""
    scheme = text.rfind("://", max(0, at - 300), at)
    if scheme < 0:
        return False
    start = scheme
    while start > max(0, scheme - 5) and text[start - 1].isalpha():
        start -= 1
    hit = URL.match(text, start)
    return hit is not None and hit.end() > at and _is_public(hit)


def _url(hit: re.Match[str]) -> Match | None:
    public = _is_public(hit)
    person = PERSON_IN_QUERY.search(hit.string, hit.start(), hit.end())
    if person and (person[1] or not public):
        return Match("patient-id", "H", True, *person.span(3))
    if public:
        return None
    return Match("url", "N", True, *hit.span())


IPV4 = expression(r"(?<![\w.\-])(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})(?:/\d{1,2})?(?![\w\-]|\.\d)")
IP_LABEL = expression(
    r"(?<![A-Za-z])(?:ip(?:v4)?|ip[ _-]?addr(?:ess)?|addr(?:ess)?|host(?:name)?|from|server|peer|node|gateway|client|remote|source|dest(?:ination)?|inet|ae)"
    r"[ _:=\[(]{1,3}$",
    I,
)
VERSION = expression(r"(?:v|ver|version|release|rev|r|build|software|syngo|mr|fsl|sw|firmware)[ .:=_\-]{0,2}$", I)
IPV6 = expression(r"(?<![\w:.])(?=[0-9A-Fa-f:]{6,39}(?![\w:]))(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:.])")
MAC = expression(r"(?<![\w:\-])(?:[0-9A-Fa-f]{2}([:\-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:\-])")


def _ipv4(hit: re.Match[str]) -> Match | None:
    address = hit[0].partition("/")[0]
    octets = [int(part) for part in address.split(".")]
    if max(octets) > 255 or octets[0] == 0:
        return None
    before = hit.string[max(0, hit.start() - 24) : hit.start()]
    if IP_LABEL.search(before):
        return Match("ip-address", "O", True, *hit.span())
    if VERSION.search(before) or octets[0] == 127:
        return None
    first, second = octets[0], octets[1]
    if (
        (first, second) == (192, 168)
        or (first == 172 and 16 <= second <= 31)
        or (first == 10 and max(octets[1:]) >= 20)
    ):
        return Match("ip-address", "O", True, *hit.span())
    return Match("ip-address", "O", False, *hit.span()) if first == 10 or min(octets) >= 30 else None


def _ipv6(hit: re.Match[str]) -> Match | None:
    try:
        ipaddress.IPv6Address(hit[0])
    except ValueError:
        return None
    groups = [group for group in hit[0].split(":") if group]
    if len(groups) < 3 or not any(map(str.isdigit, hit[0])):
        return None
    return Match("ip-address", "O", True, *hit.span())


def _mac(hit: re.Match[str]) -> Match | None:
    octets = re.split("[:-]", hit[0])
    if len(set(octets)) < 3:
        return None
    return Match("mac-address", "O", bool(re.search("[A-Fa-f]", hit[0])) or hit[1] == ":", *hit.span())


def _recognizer(name: str, pattern: re.Pattern[str], features: str, read: object) -> Recognizer:
    return Recognizer(name, pattern, frozenset(features.split()), read)  # type: ignore[arg-type]


PHONE_WORDS = (
    "telephone tel telefon telefono phone ph mobile mob cell cellphone handy call pager page beeper contact ext extension home work voicemail whatsapp "
    f"sms text dial {languages.words(languages.PHONE)}"
)

RECOGNIZERS = (
    _recognizer("phone-label", LABELLED_PHONE, PHONE_WORDS, _labelled_phone),
    _recognizer("phone-trailing", TRAILING_LABEL, PHONE_WORDS, always("phone", "D", strong=True, group=1)),
    _recognizer("phone", NANP, "~phone", always("phone", "D", strong=True)),
    _recognizer("phone-international", INTERNATIONAL, "+", _international),
    _recognizer("fax", FAX, "fax telefax", _fax),
    _recognizer("email", EMAIL, "@", always("email", "F", strong=True)),
    _recognizer("email-spelled", SPELLED_EMAIL, "at", always("email", "F", strong=True)),
    _recognizer("email-spoken", SPOKEN_EMAIL, "dot", always("email", "F", strong=True)),
    _recognizer("user-at-host", USER_AT_HOST, "@", _user_at_host),
    _recognizer("url", URL, "://", _url),
    _recognizer("www", WWW, "www", _url),
    _recognizer("social", SOCIAL, "com me",
                always("url", "N", strong=True)),
    _recognizer("ipv4", IPV4, "~ip", _ipv4),
    _recognizer("ipv6", IPV6, "~colons", _ipv6),
    _recognizer("mac", MAC, "~colons ~mac", _mac),
)  # fmt: skip
