"""Labels of other languages: how forms, reports and technologists of other countries say what stands beside a word.

One table, by what stands there. Labels are written without diacritics and match with and without them, with or without
separators between their words: ``numero de dossier`` is found as ``Numéro de dossier`` and as ``numeroDeDossier``.

A pattern of all labels of a table takes long to compile, and most texts hold a word or two of them: a text is searched
with the pattern of those labels that can be in it (`labelled`).
"""

# ruff: noqa: E501, RUF001 - tables read better whole; words are written in many ways

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import cast

from fw_gear_deid_check.detectors.folding import fold

PERSON = """
patient|patientin|pat name|pat|name des patienten|name der patientin|geburtsname|madchenname|proband|probandin|ehefrau|ehemann|mutter|vater|angehorige|zuname|rufname
nom du malade|nom de famille|nom de naissance|nom de jeune fille|nom usuel|nom prenom|nom et prenom|prenom|nom patient|epouse|epoux|personne a prevenir
apellido|apellidos|primer apellido|nombre y apellidos|nombre completo|nombre paciente|paciente|madre|padre|esposa|esposo|familiar
cognome|nome e cognome|nome del paziente|nome paziente|paziente|assistito|moglie|marito
nome completo|nome do paciente|nome do utente|sobrenome|apelido|utente|mae|pai
achternaam|voornaam|voornamen|patientnaam|naam patient|naam van de patient|meisjesnaam|echtgenote|contactpersoon
etternavn|fornavn|efternavn|efternamn|fornamn|pasient|patientens navn|patientens namn|pasientens navn|anhorig|parorende|sukunimi|etunimi|potilas|potilaan nimi
nazwisko|imie|imie i nazwisko|pacjent|pacjentka|nazwisko rodowe|prijmeni|jmeno|pacient|pacientka|jmeno a prijmeni|beteg neve|nev|paciens|ime i prezime|prezime|pacijent
hasta|hasta adi|adi soyadi|ad soyad|soyadi|soyad|hasta adi soyadi
пациент|пациентка|больной|больная|фио|ф.и.о.|фамилия|имя|отчество|фамилия имя отчество|пацієнт|прізвище
姓名|患者姓名|病人姓名|患者|病人|患者名|患者氏名|氏名|名前|カナ氏名|お名前|漢字氏名|受検者
환자명|환자|환자이름|환자성명|성명|이름|수검자|피험자
المريض|اسم المريض|الاسم|اسم|שם|שם המטופל|ασθενης|ονομα|επωνυμο|ονοματεπωνυμο
""".strip().replace("\n", "|")
"""Before the name of the person."""
PLAIN_NAME = "nom|nombre|nome|naam|navn|namn|nimi"
"""Mere "name": of anything, so they count where a line or a field begins."""
STAFF = """
arzt|arztin|zuweiser|uberweiser|uberweisender arzt|befunder|befundender arzt|untersucher|radiologe|radiologin|mtra|mtr|hausarzt|chefarzt|oberarzt
medecin|medecin prescripteur|medecin traitant|medecin demandeur|prescripteur|manipulateur|manipulatrice|radiologue|operateur|technicien|technicienne
medico|medico solicitante|medico tratante|medico responsable|radiologo|radiologa|tecnico|operador|medico richiedente|medico refertante|operatore|tsrm|medico requisitante
huisarts|radioloog|laborant|laborante|verwijzer|aanvrager|arts|lege|radiograf|rontgenlege|lakare|remittent|rontgensjukskoterska|laakari|laege
lekarz|lekarz kierujacy|technik|radiolog|lekar|doktor|hekim|teknisyen|isteyen hekim|врач|лаборант|рентгенолаборант|лечащий врач
医師|主治医|担当医|依頼医|技師|撮影者|読影医|医生|醫師|主治医生|技师|申请医生|报告医生|审核医生|의사|담당의|판독의|의뢰의|방사선사|촬영자
""".strip().replace("\n", "|")
RECORD = """
patienten id|patienten nummer|patienten nr|pat id|pat nr|fall nr|fall nummer|aufnahmenummer|aufnahme nr|akten nummer|krankenblatt nummer|kis nummer
numero de dossier|no dossier|num dossier|n dossier|identifiant patient|id patient|numero patient
historia clinica|numero de historia|no historia|nro historia|hist clin|id paciente|numero de paciente|nhc|n h c|expediente
codice paziente|id paziente|cartella clinica|numero cartella|codice assistito|nosologico|numero nosologico
processo|numero do processo|n processo|prontuario|numero de utente|id do paciente|codigo do paciente
patientnummer|patient nummer|dossiernummer|patientnr|journalnummer|pasientnummer|pasient id|potilasnumero|potilastunnus
numer pacjenta|nr pacjenta|id pacjenta|numer historii choroby|cislo pacienta
hasta no|hasta numarasi|hasta id|dosya no|dosya numarasi|protokol numarasi
номер пациента|номер карты|номер истории болезни|история болезни|ид пациента|медкарта
病历号|病歷號|住院号|住院號|门诊号|門診號|患者id|患者编号|病人编号|病案号|就诊号|患者番号|患者识别号|カルテ番号|診察券番号|登録番号
등록번호|환자번호|환자id|차트번호|병록번호|رقم المريض|رقم الملف|ur number|ur no|hospital number|medrec|emr id|epic id|epic mrn
""".strip().replace("\n", "|")
NATIONAL = """
ihi|tfn|ppsn|chi number|cnic|bvn|tajszam|isikukood|asmens kodas|personas kods|kennitala|matricule national|social insurance number
pesel|codice fiscale|cod fiscale|cpf|curp|nino|personnummer|personnr|fodselsnummer|personnr|cpr|cpr nr|henkilotunnus|hetu|bsn|burgerservicenummer|rijksregisternummer
rodne cislo|cnp|jmbg|oib|egn|amka|tc kimlik|tc kimlik no|t c kimlik|t c kimlik no|kimlik no|aadhaar|aadhar|hkid|nric|mykad|taj|tckn|rut|rfc|cuit|cuil|dni|nie|nif|cedula|sozialversicherungsnummer
sv nr|svnr|sv nummer|ahv nr|ahv nummer|steuer id|securite sociale|numero de securite sociale|no securite sociale|n securite sociale|nss|insee
seguridad social|numero de seguridad social|снилс|паспорт|полис|полис омс|инн|身份证|身份证号|身份证号码|身分證字號|マイナンバー|個人番号|주민등록번호|주민번호|رقم الهوية|الرقم القومي
""".strip().replace("\n", "|")
PLAN = """
versicherten nr|versicherten nummer|krankenkassen nr|kassen nr|kassen nummer|vers nr|mitglieds nummer|tessera sanitaria|tarjeta sanitaria|numero de afiliado|afiliado|cip|numero sns|cartao sus
numero d assure|mutuelle|polisnummer|polis nr|verzekeringsnummer|zorgverzekering|health card|health card no|health card number|保険証番号|被保険者番号|保険者番号|医保号|医保卡号|社保号|보험번호|건강보험번호
""".strip().replace("\n", "|")
ORDER = """
auftrags nummer|auftrags nr|anforderungs nummer|untersuchungs nummer|untersuchungs nr|rechnungs nummer|rechnungs nr|n examen|no examen|numero d examen|numero examen|numero de estudio|numero de solicitud|numero de orden
numero esame|numero richiesta|numero do exame|numero do pedido|onderzoeknummer|ordernummer|accessienummer|undersokningsnummer|numer badania|nr badania|numer zlecenia|номер исследования|检查号|检查编号|影像号|申请单号
検査番号|受付番号|オーダー番号|검사번호|오더번호|접수번호
""".strip().replace("\n", "|")
BIRTH = """
geburtsdatum|geb dat|geb datum|geburtstag|date de naissance|date naissance|ddn|ne le|nee le|naissance|fecha de nacimiento|fecha nacimiento|fecha nac|f nac|f nacimiento|fdn|nacimiento
data di nascita|data nascita|d nascita|nascita|data de nascimento|data nascimento|nascimento|nascido em|nascida em|nacido el|nacida el|geboortedatum|geb datum|fodelsedatum|fodselsdato|fodt|fodd|fodd den|fodselsdag
syntymaaika|syntynyt|data urodzenia|ur|urodzony|urodzona|datum narozeni|narozen|narozena|szuletesi datum|datum rodenja|dogum tarihi|d tarihi|dogum
дата рождения|д р|родился|родилась|дата народження|出生日期|出生年月|出生|生日|生年月日|誕生日|생년월일|생일|تاريخ الميلاد|תאריך לידה|ημερομηνια γεννησης
""".strip().replace("\n", "|")
PHONE = """
tel|telephone|telefono|telefon|telefone|telefoon|telefonnummer|telefoonnummer|numero de telephone|portable|gsm|natel|movil|celular|cellulare|telemovel|rufnummer|mobil|mobilnummer|tlf|tfn|puhelin|puh
komorka|tel kom|cep|cep tel|тел|телефон|моб|мобильный|电话|電話|电话号码|电话番号|電話番号|手机|手机号|手机号码|携帯|携帯電話|联系电话|전화|전화번호|연락처|휴대폰|핸드폰|هاتف|الهاتف|جوال|טלפון|τηλεφωνο|τηλ
""".strip().replace("\n", "|")
ADDRESS = """
anschrift|wohnhaft|wohnort|wohnadresse|adresse|domicile|demeurant|direccion|domicilio|indirizzo|residenza|residente|residente a|endereco|morada|adres|woonadres|woonplaats|adress|bostadsadress|hjemadresse|bopel|osoite|kotiosoite
adres zamieszkania|zamieszkaly|miejsce zamieszkania|bydliste|lakcim|adresi|ikametgah|адрес|место жительства|проживает|住所|現住所|住址|地址|家庭住址|联系地址|주소|거주지|العنوان|כתובת|διευθυνση
""".strip().replace("\n", "|")

_LIKE = {
    "a": "aàáâãäåąā", "c": "cçćč", "e": "eèéêëęě", "g": "gğ", "i": "iìíîïıİ", "l": "lł", "n": "nñńň", "o": "oòóôõöøő",
    "s": "sśşšß", "u": "uùúûüůű", "z": "zźżž", "и": "ий", "е": "её", "і": "іїi",
    "α": "αά", "ε": "εέ", "η": "ηή", "ι": "ιί", "ο": "οό", "υ": "υύ", "ω": "ωώ", "ς": "ςσ",
}  # fmt: skip


LONG = 5
"""Letters from which on a word is told by its consonants: classes of letters cost time to compile."""


def _letter(character: str, *, long: bool) -> str:
    like = _LIKE.get(character)
    if like:
        return r"\w" if long and character in "aeiou" else f"[{like}]"
    return {".": r"\.?", "'": "['’]"}.get(character, character)


@cache
def pattern(table: str) -> str:
    """Return a pattern for the labels of a table, long ones first.

    >>> import re
    >>> re.findall(pattern("no dossier|dossier"), "No. Dossier 7, dossier 8, nodossier", re.I)
    ['No. Dossier', 'dossier', 'nodossier']
    """
    labels = sorted(set(table.split("|")), key=lambda label: (-len(label), label))
    spelled = (
        r"[ _.\-'’°º]{0,2}".join(
            "".join(_letter(character, long=len(word) >= LONG) for character in word) for word in label.split()
        )
        for label in labels
    )
    return "(?:" + "|".join(spelled) + ")"


@cache
def _needed(table: str) -> dict[str, str]:
    """Return the labels of a table, each with its longest word, folded: where that isn't, the label isn't."""
    return {label: max(_parts(label), key=len) for label in table.split("|")}


def _parts(label: str) -> list[str]:
    """Return the words of a label, folded."""
    return fold(label).replace(".", " ").replace("'", " ").split()


_ANY_LETTER = re.compile(r"[aeiou]|[^\x00-\x7f]")


@cache
def _misread(table: str) -> dict[str, str]:
    """Return the long Latin words that labels need, without what a wrong character set may make of their vowels."""
    words = _needed(table).items()
    return {label: _ANY_LETTER.sub("?", word) for label, word in words if len(word) >= LONG and word.isascii()}


SUBSETS = 64
"""Sets of labels for which a pattern is compiled; after them, that of all labels."""


class _Labelled:
    """Stands for a pattern with the labels of a table in it."""

    def __init__(self, before: str, table: str, after: str, flags: int) -> None:
        self._parts = before, after
        self._table = table
        self._flags = flags
        self._compiled: dict[str, re.Pattern[str]] = {}

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Return the hits in a text."""
        return self._for(text).finditer(text)

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first hit in a text."""
        return self._for(text).search(text)

    def _for(self, text: str) -> re.Pattern[str]:
        needed, folded = _needed(self._table), fold(text)
        present = {label for label, word in needed.items() if word in folded}
        if not text.isascii():  # their accents may have been read in another character set, as in Telйfono
            blank = _ANY_LETTER.sub("?", text.lower())
            present.update(label for label, word in _misread(self._table).items() if word in blank)
        here = "|".join(label for label in needed if label in present)
        if here not in self._compiled and len(self._compiled) >= SUBSETS:
            here = self._table
        found = self._compiled.get(here)
        if found is None:
            labels = pattern(here) if here else "(?!)"
            found = re.compile(labels.join(self._parts), self._flags)
            self._compiled[here] = found
        return found


def labelled(before: str, table: str, after: str, flags: int = 0) -> re.Pattern[str]:
    """Return a pattern with the labels of a table between two parts, to find or search with.

    >>> found = labelled("(?:record|", "numero de dossier|prontuario", ") ([0-9]+)", re.IGNORECASE)
    >>> [hit[1] for hit in found.finditer("Numéro de Dossier 4711, record 12")]
    ['4711', '12']
    """
    return cast("re.Pattern[str]", _Labelled(before, table, after, flags))


@cache
def words(table: str) -> str:
    """Return the words one of which is there where a label of the table is: its longest, or all in one.

    >>> words("no dossier")
    'dossier nodossier'
    """
    found: set[str] = set()
    for label in table.split("|"):
        parts = _parts(label)
        found.add(max(parts, key=len))
        found.add("".join(parts))
    return " ".join(sorted(found))
