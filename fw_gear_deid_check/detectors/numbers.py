"""Numbers that stand for a person or a thing: SSN, record, plan, account, licence, vehicle, device; and bare ones.

A label and a value with a digit in it: the label is what makes the number an identifier. One table, one row a label.
"""

# ruff: noqa: E501 - tables and patterns read better whole

from __future__ import annotations

import re
from typing import NamedTuple

from fw_gear_deid_check.detectors import languages
from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.recognizer import Match, Reader, Recognizer, always

I = re.IGNORECASE  # noqa: E741
START = r"(?<![^\W\d_])"
NO = r"(?:[ _.\-]?(?:numbers?|num(?:ero|éro|mer)?|número|nbr|n[o.]?[°º]|n\.(?=[ ]?\d)|no|nr|id|code|\#|№|号码?|番号|번호)\.?)?"
SAID = r"[ ](?:is|was|ist|war|est|[ée]tait|es|era|[èeé]|[äa]r|er)[ ]"
"""Between a label and its number in a sentence: ``MRN is 41500632``."""
TO_VALUE = rf"[\"']?\.?(?:[ _]?\([A-Za-z ]{{1,16}}\))?(?:{SAID}[:\"']?|[ ]?[:=#\-_]{{0,2}})[ \"']{{0,3}}"
PLAIN_VALUE = r"(?=[A-Za-z\-]{0,6}[0-9])[A-Za-z0-9](?:[A-Za-z0-9]|[\-./](?=[A-Za-z0-9])|[ ](?=\d)){2,30}"


IN_FORM = expression(
    r"\d{2}-\d|\+\d{2}|\+\d[ .\-]?\(?\d{2}|(?<![\d.])\d{1,2}\.\d{1,2}\.(?:19|20)\d\d(?![\d.])|\d[年년]"
)
"""What in text of digits and signs alone may be a telephone number, a number in groups, or a day: no table of numbers."""


class Label(NamedTuple):
    """What a labelled number is: the label as a pattern or table, the words that must be there, the digits it needs."""

    name: str
    category: str
    pattern: str
    words: str
    digits: int = 4
    strong: bool = True
    table: str | None = None


LABELS = (
    Label("mrn", "H", r"(?:e?mrn|emr[ _]?n?|empi|mpi|mr[ _]?\#|mr[ _](?:no|num|number|nr)\.?|med(?:ical)?[ _.]?rec(?:ord)?s?\.?|health record|unit(?=[ _]?(?:no|num|\#))"
          r"|chart(?=[ _]?(?:no|num|\#))|hosp(?:ital)?\.?(?=[ _]?(?:no|num|id|\#))|upi|cpi|nhi|hn|dossier|ipp|nip|fallnr|fallnummer|krankenaktennummer|aktenzeichen|expediente)",
          "mrn emrn emr empi mpi mr med medical record records rec health unit chart hosp hospital upi cpi nhi hn dossier ipp nip fallnr fallnummer expediente mrns"),
    Label("mrn", "H", r"(?:e?mrn|med(?:ical)?[ _.]?rec(?:ord)?s?\.?[ _]?n(?:o|um|umber)\.?)[ ]?[/(\[](?=[A-Z]{0,2}\d)", "mrn emrn med medical record", 5),
    Label("mrn", "H", r"records?(?=[ _.]?(?:no|nr|num|\#))", "record records", 6),
    Label("patient-id", "H", r"(?:pat(?:ient)?|pt|pid|person|client|clinic)(?:[ _.\-]?(?:id(?:entifier)?|number|num|no|nr|\#)\b\.?|(?<=pid))|patienten(?:nummer|nr|id)|case[ _](?:id|number|no)",
          "patient pat pt pid person client clinic patientid patid ptid patientnumber patientennummer patientennr patientenid patientidentifier case"),
    Label("health-plan", "I", r"(?:medicare|medicaid|mbi|hicn?|health[ _]?plan|insurance|insured|policy|payer|payor|member(?:ship)?|subscriber|beneficiary|group(?=[ _](?:no|num|\#))"
          r"|nhs|krankenkasse|versicherten(?:nummer|nr)?|ohip|hcn|ahv|insee|personnummer|cpr(?=[ _.\-]?(?:no|nr|num)))",
          "medicare medicaid mbi hic hicn health insurance insured policy payer payor member membership subscriber beneficiary group nhs versicherten "
          "versichertennummer versichertennr ohip hcn ahv insee personnummer cpr"),
    Label("account", "J", r"(?:acct|account|billing|visit(?=[ _]?(?:no|num|id|nbr|\#))|fin|csn|har|encounter|enc(?=[ _]?(?:no|num|id|\#))|admission(?=[ _]?(?:no|num|id|\#))|episode|invoice|iban"
          r"|guarantor|study[ _]?id(?=[ _]?[:=\#]))",
          "acct account billing visit fin csn har encounter enc admission episode invoice iban guarantor accountnumber acctno studyid study visitnumber"),
    Label("accession", "J", r"(?:acc(?:ession|n|\.)?|accession[ _]?n(?:umber|o|r)|placer|filler|order(?=[ _]?(?:no|num|id|\#|:))|requisition|req(?=[ _]?(?:no|num|id|\#))|exam(?=[ _]?(?:no|num|id)))",
          "acc accn accession accessionnumber accessionno placer filler order requisition req exam"),
    Label("licence", "K", r"(?:npi|dea|licen[sc]e|lic|driver'?s?(?: lic(?:en[sc]e)?)?|dl(?=[ _]?(?:no|num|\#))|passport|certificate|cert(?=[ _]?(?:no|num|\#))|visa(?=[ _]?(?:no|num|\#))"
          r"|f[üu]hrerschein|ausweis(?:nummer|nr)?|dni|nie|curp|state[ _]id|green card|gmc(?=[ _]?(?:no|num|\#)))(?:[ ](?:[A-Z]{2}(?=[ ]\d)))?",
          "npi dea license licence lic driver drivers dl passport certificate cert visa fuhrerschein ausweis ausweisnummer ausweisnr dni nie curp state green gmc"),
    Label("vehicle", "L", r"(?:vin|licen[sc]e plate|plate|number plate|registration(?: plate)?|kennzeichen|tag(?=[ _]?(?:no|num|\#)))",
          "vin plate registration kennzeichen tag"),
    Label("device", "M", r"(?:(?:device|implant|pacemaker|generator|scanner|stent|valve|lead|coil|detector|system)[ _])?(?:serial|s/n|sn|ser\.)|serialn(?:umber|o)|seriennummer|deviceserialnumber"
          r"|imei|meid|udi|lot(?=[ _]?(?:no|num|\#))|asset(?=[ _]?(?:no|num|tag|\#))",
          "serial sn s ser serialnumber serialno seriennummer deviceserialnumber imei meid udi lot asset device implant pacemaker"),
    Label("other-code", "R", r"(?:trial|protocol subject|study subject|research|biobank|specimen|sample|registry|donor|employee|badge|student|military|veteran|inmate|screening)"
          r"[ _](?=id|no|num|\#|code)", "trial subject research biobank specimen sample registry donor employee badge student military veteran inmate screening", 3, strong=False),
    Label("patient-id", "H", "", languages.words(languages.RECORD), table=languages.RECORD),
    Label("national-id", "G", "", languages.words(languages.NATIONAL), 6, table=languages.NATIONAL),
    Label("national-id", "G", "nir", "nir", 12),
    Label("account", "J", r"(?:(?:credit|debit)[ _]?card|kreditkarte|visa|mastercard|amex)", "credit debit kreditkarte visa mastercard amex", 12),
    Label("health-plan", "I", "", languages.words(languages.PLAN), 5, table=languages.PLAN),
    Label("accession", "J", "", languages.words(languages.ORDER), table=languages.ORDER),
)  # fmt: skip


def _labelled(label: Label) -> Recognizer:
    value = rf"{NO}{TO_VALUE}({PLAIN_VALUE})(?![A-Za-z0-9])"
    if label.table is None:
        pattern = expression(rf"{START}(?:{label.pattern}){value}", I)
    else:
        pattern = languages.labelled(START, label.table, value, I)

    def read(hit: re.Match[str]) -> Match | None:
        value = hit[1]
        digits = [character for character in value if character.isdigit()]
        needed = max(label.digits, SAID_DIGITS) if said(hit) else label.digits
        if len(digits) < needed or not label_ends(hit):
            return None
        whole = re.fullmatch(r"\d{1,4}\.\d{1,4}|(?:19|20)\d{2}", value)
        if whole or (len(set(digits)) == 1 and digits[0] == "0"):
            return None
        return Match(label.name, label.category, label.strong, *hit.span(1))

    return Recognizer(label.name, pattern, frozenset(label.words.split()), read)


SAID_DIGITS = 6
"""Digits of a number in a sentence: ``the policy is 2.5 years``."""
_SAID = re.compile(rf"{SAID}[^\w]{{0,4}}\Z", I)


def said(hit: re.Match[str]) -> bool:
    """Whether a verb stands between the label and the value."""
    return _SAID.search(hit.string, hit.start(), hit.start(1)) is not None


def label_ends(hit: re.Match[str]) -> bool:
    """Whether the label stands apart from the value: by something between them, or by ending in letters before a digit."""
    at = hit.start(1)
    before = hit.string[at - 1]
    return not before.isalpha() or hit.string[at].isdigit()


SSN = expression(r"(?<![^\W_])(?<![.\-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![^\W_]|-|\.\d)")
SSN_LABEL = expression(
    rf"{START}(?:s\.?s\.?n\.?|ss(?=[ _]?(?:\#|no))|soc(?:ial)?[ .]{{1,2}}sec(?:urity)?\.?|social insurance|sin(?=[ _]?(?:no|num|\#|:|\d{{3}}([ \-]?)\d{{3}}\1\d{{3}}(?!\d)))|tax id|tin(?=[ _]?(?:no|num|\#|:))|nino|ni number"
    rf"|steuer-?id){NO}{TO_VALUE}(?P<value>(?=[A-Za-z]{{0,2}}[ ]?\d)[A-Za-z0-9](?:[ \-]?[A-Za-z0-9]){{7,12}})(?![A-Za-z0-9])",
    I,
)


def _ssn_label(hit: re.Match[str]) -> Match | None:
    return Match("ssn", "G", True, *hit.span("value")) if sum(map(str.isdigit, hit["value"])) >= 6 else None


VIN = expression(r"(?<![A-Za-z0-9])(?=[A-Z]*\d)(?=\d*[A-Z])[A-HJ-NPR-Z0-9]{17}(?![A-Za-z0-9])")
VIN_VALUES = {**{str(digit): digit for digit in range(10)}, **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True))}  # fmt: skip
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def _vin(hit: re.Match[str]) -> Match | None:
    """Take 17 characters whose ninth is the check digit of ISO 3779."""
    total = sum(VIN_VALUES[character] * weight for character, weight in zip(hit[0], VIN_WEIGHTS, strict=True))
    return Match("vehicle", "L", True, *hit.span()) if "0123456789X"[total % 11] == hit[0][8] else None


PLATE = expression(rf"{START}(?:licen[sc]e[ ]plate|number[ ]plate|plate|kennzeichen){NO}{TO_VALUE}((?=[A-Za-z0-9 \-]{{0,8}}\d)[A-Z0-9](?:[ \-]?[A-Z0-9]){{3,8}})(?![A-Za-z0-9])", I)  # fmt: skip
MEDICARE = expression(r"(?<![A-Za-z0-9])[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}(?![A-Za-z0-9])")  # fmt: skip
UDI = expression(r"(?<!\d)\(01\)\d{14}(?:\(\d{2}\)[A-Za-z0-9]{1,20}){0,4}")
FISCAL = expression(r"(?<![A-Za-z0-9])[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?![A-Za-z0-9])")
"""Italy's codice fiscale: letters of the name, year, month and day of birth."""
STATION = expression(r"(?<![A-Za-z0-9])(?:AWP|MRC|CTAWP|PETAWP)(\d{5,6})(?![A-Za-z0-9])")
GLUED_MRN = expression(r"(?<![A-Za-z])(?:(?:mrn|pid|ssn|acc|acct)(?=\d)|mrn(?=[A-Z]))([A-Z]?\d{5,12})(?!\d)(?!\.\d)", I)
BARE = expression(r"[\s\0\"'#]{0,8}([A-HJ-Z]?\d{7,16}[A-Za-z]?)[\s\0\"']{0,8}")


def _bare(hit: re.Match[str]) -> Match | None:
    value = hit[1]
    digits = "".join(filter(str.isdigit, value))
    if (
        hit.end() != len(hit.string)
        or digits.startswith("19000101")
        or len(set(digits)) < 3
        or digits.count("0") > len(digits) - 3
    ):
        return None
    return Match("bare-number", "R", False, *hit.span(1))


BARE_START = expression(rf"\A{BARE.pattern}")


def _recognizer(name: str, pattern: re.Pattern[str], features: str, read: Reader) -> Recognizer:
    return Recognizer(name, pattern, frozenset(features.split()), read)


RECOGNIZERS = (
    *map(_labelled, LABELS),
    _recognizer("ssn", SSN, "~ssn", always("ssn", "G", strong=True)),
    _recognizer("ssn-label", SSN_LABEL, "ssn ss soc social sin tax tin nino ni steuer steuerid s", _ssn_label),
    _recognizer("vin", VIN, "~long", _vin),
    _recognizer("plate", PLATE, "plate kennzeichen", always("vehicle", "L", strong=True, group=1)),
    _recognizer("medicare", MEDICARE, "~medicare", always("health-plan", "I", strong=True)),
    _recognizer("udi", UDI, "~udi", always("device", "M", strong=True)),
    _recognizer("fiscal", FISCAL, "~fiscal", always("national-id", "G", strong=True)),
    _recognizer("station", STATION, "awp mrc ctawp petawp", always("device", "M", strong=False)),
    _recognizer("mrn-glued", GLUED_MRN, "mrn pid ssn acc acct ~mrn", always("mrn", "H", strong=True, group=1)),
    _recognizer("bare-number", BARE_START, "~number", _bare),
)
