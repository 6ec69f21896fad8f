"""A hundred invented subjects, and twenty disguises in which their identifiers come back."""

# ruff: noqa: E501, RUF001 - tables

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from fw_gear_deid_check.readers.character_sets import fragments, plausible
from fw_gear_deid_check.readers.hidden_names import hidden_names

NAMES = [
    "DOE^JANE",
    "Holloway^Priscilla",
    "Thompson^Michael^Alan",
    "Featherstone^Edmund",
    "Abernathy^Rosalind^K",
    "Okafor^Chidi",
    "Okonkwo^Adaeze^Grace",
    "Mensah^Kwame",
    "Dlamini^Nomsa",
    "Abebe^Tesfaye",
    "Traore^Aminata",
    "Li^Na",
    "Wu^Yi",
    "Ma^Jun",
    "Xu^Bo",
    "Zhang^Wei",
    "Chen^Xiaoming",
    "Wang^Fang",
    "Zhao^Guoqiang",
    "Liu^Mei^Ling",
    "Kim^Min-Jun",
    "Lee^Soo-Jin",
    "Park^Ji-Hoon",
    "Choi^Eun^Ji",
    "Hong^Gildong",
    "Yoon^Hana",
    "Yamada^Taro",
    "Suzuki^Haruka",
    "Watanabe^Kenji",
    "Ito^Yui",
    "Nguyen^Thi^Hanh",
    "Tran^Van^Dung",
    "Pham^Minh^Anh",
    "Vo^Lan",
    "Patel^Priya",
    "Deshmukh^Anil",
    "Krishnan^Lakshmi",
    "Singh^Ravi",
    "Chatterjee^Divya",
    "Rao^Usha",
    "García^Luis",
    "García^Márquez^José",
    "Rodríguez^Pérez^Ana",
    "Muñoz^Begoña",
    "Fernández^Iñaki",
    "Hernández^Guadalupe",
    "de^la^Cruz^Maribel",
    "Souza^João",
    "Gonçalves^Inês",
    "Al-Hashimi^Noor",
    "Haddad^Samir",
    "bin^Rashid^Faisal",
    "El-Sayed^Mona",
    "Khoury^Layla",
    "Müller^Jürgen",
    "Schäfer^Käthe",
    "Weiß^Günther",
    "Köhler^Sören",
    "Schmidt^Anke",
    "Vandermeer^Joost",
    "van_den_Heuvel^Marieke",
    "de_Vries^Sanne",
    "Lindqvist^Åsa",
    "Sørensen^Bjørn",
    "Ødegård^Siri",
    "Kowalski^Łukasz",
    "Wójcik^Małgorzata",
    "Novák^Jiří",
    "Dvořáková^Zdeňka",
    "Horváth^Zoltán",
    "Popescu^Ștefan",
    "Ivanov^Sergei",
    "Kuznetsova^Svetlana",
    "O'Brien^Kathleen",
    "O'Neil^Seán",
    "D'Angelo^Rocco",
    "McAllister^Fiona",
    "Smith-Jones^Patricia",
    "Lefèvre^Hélène",
    "Beaumont^Geneviève",
    "Rossi^Giulia",
    "Esposito^Salvatore",
    "Papadopoulos^Eleni",
    "Yılmaz^Ayşe",
    "Çelik^Zeynep",
    "Cohen^Rivka",
    "Castellano^Jeanette",
    "Quillfeather^Barnaby",
    "Osterman^Klara",
    "Ekstrom^Tobias",
    "Silverstein^Miriam",
    "Blackwood^Cordelia",
    "Head^Mark",
    "Hand^Grace",
    "Long^Rose",
    "Young^Will",
    "Stone^Hope",
    "Field^August",
    "Brain^Russell",
    "White^Amber",
    "Price^Chase",
    "Marsh^May",
]
"""PN values with ``_`` for the spaces in a family name; a caret inside a family name stands for a space, too."""
PARTICLE_NAMES = {"García^Márquez^José": "García Márquez^José", "Rodríguez^Pérez^Ana": "Rodríguez Pérez^Ana",
                  "de^la^Cruz^Maribel": "de la Cruz^Maribel", "bin^Rashid^Faisal": "bin Rashid^Faisal"}  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """An invented person."""

    pn: str
    mrn: str
    accession: str
    birth: date

    @property
    def family(self) -> str:
        return self.pn.split("^")[0]

    @property
    def given(self) -> str:
        return self.pn.split("^")[1]


def subjects() -> list[Subject]:
    chance = random.Random(20221123)
    made = []
    for index, name in enumerate(NAMES):
        pn = PARTICLE_NAMES.get(name, name).replace("_", " ")
        mrn = (
            f"{chance.randrange(10**6, 10**8):010d}"
            if index % 3
            else f"{chance.choice('ABCHKMW')}{chance.randrange(10**6, 10**7)}"
        )
        accession = f"{chance.randrange(10**7, 10**8)}" if index % 2 else f"E{chance.randrange(10**7, 10**8)}"
        made.append(Subject(pn, mrn, accession, date(1930, 1, 1) + timedelta(days=chance.randrange(27000))))
    return made


def plain(text: str) -> str:
    table = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i"})
    return "".join(c for c in unicodedata.normalize("NFKD", text.translate(table)) if not unicodedata.combining(c))


def joined(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def dashed(number: str) -> str:
    digits = number.lstrip("0")
    return "-".join((digits[:2], digits[2:4], digits[4:]))


MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
FULL = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

DISGUISES: dict[str, Callable[[Subject], str | bytes]] = {
    "given family": lambda s: f"scan of {s.given} {s.family} brain",
    "FAMILY, GIVEN": lambda s: f"{s.family}, {s.given}".upper(),
    "family_given, plain letters": lambda s: f"{plain(s.family)}_{plain(s.given)}_t1.nii.gz".lower().replace(" ", "_"),
    "GivenFamily": lambda s: f"{joined(s.given.title())}{joined(s.family.title())}_T1w",
    "givenfamily, joined": lambda s: f"{joined(plain(s.given))}{joined(plain(s.family))}".lower(),
    "family-given, NFD": lambda s: unicodedata.normalize("NFD", f"{s.family}-{s.given}"),
    "G. Family": lambda s: f"{s.given[0]}. {s.family}, repeat",
    "gfamily": lambda s: f"tech {plain(s.given[0])}{joined(plain(s.family))}".lower(),
    "Family G": lambda s: f"{s.family} {s.given[0]}",
    "PN in a path": lambda s: f"/data/{s.pn}/IM1".replace(" ", "_"),
    "UTF-16LE bytes": lambda s: b"\x01\x00\x07" + f"{s.family}, {s.given}".encode("utf-16-le") + b"\x00\x00\x03",
    "Latin-1 or UTF-8 bytes": lambda s: b"\x00\x02" + f"{s.given} {s.family}".encode("latin-1" if max(s.pn) < "Ā" else "utf-8") + b"\x00",
    "id without zeros": lambda s: f"mrn {s.mrn.lstrip('0')}",
    "id with separators": lambda s: f"{dashed(s.mrn)} T1",
    "id in a name": lambda s: f"sub01_{s.mrn}_T1w.nii".lower(),
    "accession glued": lambda s: f"ACC{s.accession}x",
    "YYYYMMDD in a name": lambda s: f"t1_{s.birth:%Y%m%d}_v2",
    "day month name": lambda s: f"{s.birth.day}{MONTHS[s.birth.month - 1].upper()}{s.birth:%Y}",
    "m/d/yy": lambda s: f"born {s.birth.month}/{s.birth.day}/{s.birth:%y}",
    "d.m.yyyy": lambda s: f"{s.birth.day}.{s.birth.month}.{s.birth.year}",
}  # fmt: skip

MORE: dict[str, Callable[[Subject], str | bytes]] = {
    "family alone": lambda s: f"spoke with {s.family} about it",
    "given M. family": lambda s: f"{s.given} Q. {s.family}",
    "dotted": lambda s: f"{plain(s.given)}.{joined(plain(s.family))}@example.org".lower(),
    "twice spaced": lambda s: f"{s.family}  ,  {s.given}",
    "ddmmyy": lambda s: f"bd {s.birth:%d%m%y}",
    "month name, long": lambda s: f"{FULL[s.birth.month - 1]} {s.birth.day}, {s.birth.year}",
    "yyyy_mm_dd": lambda s: f"{s.birth:%Y_%m_%d}",
    "UTF-16BE bytes": lambda s: b"\x01\x03" + s.pn.encode("utf-16-be") + b"\x00",
    "date in UTF-16LE": lambda s: b"\x01\x03\x07" + f"{s.birth:%d.%m.%Y}".encode("utf-16-le") + b"\xff",
    "id with zeros more": lambda s: f"{s.mrn.zfill(14)}",
    "id spaced": lambda s: f"{dashed(s.mrn).replace('-', ' ')}",
    "date run together": lambda s: f"{s.birth:%d%m%Y}",
}  # fmt: skip


def text_in(data: bytes, character_set: bytes = b"") -> str:
    """Return what the checker of private elements searches of such bytes."""
    text = plausible(data, character_set)
    return text if text is not None else fragments(data) + "\n" + hidden_names(data, character_set)
