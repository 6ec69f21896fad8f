"""Make ``fw_gear_deid_check/detectors/dictionary_words.txt``: the words of DICOM's own dictionaries.

Run ``python tests/detectors/make_vocabulary.py`` after an update of pydicom. The program reads the file, not pydicom.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).parents[2] / "fw_gear_deid_check" / "detectors" / "dictionary_words.txt"
WORD = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]{2,}")


def phrases() -> Iterator[str]:
    """Yield names and keywords of the public, repeating and private elements, of UIDs and of coded concepts."""
    from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
    from pydicom._private_dict import private_dictionaries
    from pydicom._uid_dict import UID_dictionary
    from pydicom.sr._concepts_dict import concepts

    for entry in (*DicomDictionary.values(), *RepeatersDictionary.values()):
        yield entry[2]
    for creator, elements in private_dictionaries.items():
        yield creator
        for element in elements.values():
            yield element[2]
    for uid in UID_dictionary.values():
        yield uid[0]
    for scheme in concepts.values():
        for keyword, codes in scheme.items():
            yield keyword
            for code in codes.values():
                yield code[0]


def words() -> list[str]:
    """Return the distinct words of three letters and more, small letters, sorted."""
    return sorted({word.lower() for phrase in phrases() for word in WORD.findall(phrase) if len(word) >= 3})


if __name__ == "__main__":
    TARGET.write_text("\n".join(words()) + "\n", encoding="ascii")
