"""Makes ``dicom_dictionary.csv`` from pydicom's: ``python -m fw_gear_deid_check.readers.make_dictionary``.

Importing pydicom costs half a second, this table two milliseconds, and most files need nothing else of it.
"""

from pathlib import Path

TABLE = Path(__file__).with_name("dicom_dictionary.csv")


def main() -> None:
    """Write the table: tag (or pattern with ``x`` for any digit), VR (the first where there is a choice), keyword."""
    from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary

    rows = {f"{tag:08x}": entry for tag, entry in DicomDictionary.items()}
    rows |= {pattern.lower(): entry for pattern, entry in RepeatersDictionary.items()}
    lines = (f"{tag},{entry[0].split(' or ')[0]},{entry[4]}" for tag, entry in sorted(rows.items()))
    TABLE.write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
