"""Identifiers in tables, by column and by cell, each beside its clean neighbour."""

import pytest

from fw_gear_deid_check.checkers.table import TableChecker
from tests.checkers.looking import look, site_judge


@pytest.fixture
def checker():
    return TableChecker(site_judge())


def see(checker, text, name="participants.tsv", encoding="utf-8"):
    return look(checker, name, text.encode(encoding))


COLUMNS = {
    "name": "Quux",
    "first_name": "Quux",
    "Last Name": "Quux",
    "patient_name": "Quux",
    "mrn": "482913",
    "dob": "1980-01-31",
    "birth_date": "31.1.1980",
    "address": "Elm 12",
    "zip": "19104",
    "phone": "5550134",
    "email": "quux at x",
    "ssn": "078051120",
    "insurance_id": "77-1",
    "license": "Q1",
    "accession_number": "A77",
    "fax": "5550135",
}


FOREIGN = {
    "Nachname": "Quux",
    "Vorname": "Quux",
    "Geburtsdatum": "31.01.1980",
    "Prénom": "Quux",
    "date de naissance": "31/01/1980",
    "apellido": "Quux",
    "Fecha de nacimiento": "31-1-1980",
    "cognome": "Quux",
    "data di nascita": "31.1.80",
    "achternaam": "Quux",
    "geboortedatum": "31-01-1980",
    "Patientennummer": "Q77",
    "Fallnummer": "Q77",
    "Numéro de dossier": "Q77",
    "NHC": "Q77",
    "Historia clínica": "Q77",
    "codice_fiscale": "Q77",
    "姓名": "王小东",
    "Дата рождения": "31.01.1980",
}


@pytest.mark.parametrize("column", FOREIGN)
def test_columns_in_other_languages(checker, column):
    text = f"id;{column};gruppe\n1;{FOREIGN[column]};a\n"
    assert see(checker, text, "people.csv").failed == {f"{column}[0]"}
    assert not see(checker, text.replace(FOREIGN[column], ""), "people.csv").told


@pytest.mark.parametrize("column", ["nom", "nombre", "naam"])
def test_words_that_are_labels_only_beside_persons(checker, column):
    assert see(checker, f"{column};sexe\nQuux;F\n", "people.csv").failed == {f"{column}[0]"}
    assert not see(checker, f"{column};type\nFp1;EEG\n", "channels.csv").told


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
@pytest.mark.parametrize("column", COLUMNS)
def test_columns(checker, column, delimiter):
    rows = [["participant_id", column, "group"], ["sub-01", "n/a", "control"], ["sub-02", COLUMNS[column], "patient"]]
    text = "\n".join(delimiter.join(row) for row in rows)
    assert see(checker, text, "people.csv").failed == {f"{column}[1]"}
    assert not see(checker, text.replace(COLUMNS[column], "n/a"), "people.csv").told


def test_one_finding_for_a_column(checker):
    text = "participant_id\tmrn\n" + "".join(f"sub-{n:03}\t{481302 + n}\n" for n in range(500))
    seen = see(checker, text)
    assert [each.location.pointer for each in seen.findings] == ["mrn[0]"]
    assert len(seen.learned) == 500


@pytest.mark.parametrize("column", ["age", "Age", "age_at_scan"])
def test_ages(checker, column):
    text = f"participant_id\t{column}\nsub-01\t45\nsub-02\t%s\n"
    for old, younger in (("93", "89"), ("94 yrs", "49 yrs"), ("94 Jahre", "94 Monate"), ("1.1e2", "1.1e1")):
        assert see(checker, text % old).told == {(f"{column}[1]", "age-over-89", "FAIL")}
        assert not see(checker, text % younger).told


def test_names_of_channels_are_no_names_of_persons(checker):
    assert not see(checker, "name\ttype\tunits\nFp1\tEEG\tuV\nCz\tEEG\tuV\n", "sub-01_channels.tsv").told


def test_cells(checker):
    text = "participant_id\tnotes\nsub-01\tfine\nsub-02\t%s\n"
    assert see(checker, text % "write to jane.doe@example.org").failed == {"notes[1]"}
    assert not see(checker, text % "write again later").told


def test_a_number_with_dots_like_a_telephone_number(checker):
    """Nothing writes a number so, but where no label and no word says more, it isn't sure."""
    text = "voxel,value\n1,%s\n"
    assert see(checker, text % "215.555.0123", "data.csv").told == {("value[0]", "suspect-text", "REVIEW")}
    assert see(checker, text % "call 215.555.0123", "data.csv").failed == {"value[0]"}
    assert see(checker, "voxel,phone\n1,215.555.0123\n", "data.csv").failed == {"phone[0]"}
    assert not see(checker, text % "215.5550123", "data.csv").told


def test_a_column_of_something_else_than_telephone_numbers(checker):
    text = "voxel,phone\n1,%s\n"
    assert not see(checker, text % "iPhone 12", "data.csv").told
    assert see(checker, text % "5550123", "data.csv").failed == {"phone[0]"}


def test_header_cells(checker):
    assert see(checker, "DOE^JANE\tgroup\n1\t2\n").failed == {"0[0]"}
    assert see(checker, "seen by jane.doe@example.org\tgroup\nx\ty\n").failed == {"seen by jane.doe@example.org"}


def test_tables_without_header(checker):
    assert see(checker, "1,DOE^JANE\n2,ROE^RICHARD\n", "list.csv").failed == {"1[0]", "1[1]"}


def test_times_of_scans_are_noted(checker):
    seen = see(checker, "filename\tacq_time\nanat/sub-01_T1w.nii.gz\t2022-06-23T14:15:42\n", "sub-01_scans.tsv")
    assert seen.noted == {("acq_time[0]", "indirect-identifier", "INFO")}


def test_file_names_in_a_table(checker):
    text = "filename\tx\nanat/%s_T1w.nii.gz\t1\n"
    assert see(checker, text % "DOE_JANE_19800131", "scans.tsv").failed == {"filename[0]"}
    assert not see(checker, text % "sub-0123", "scans.tsv").told


def test_clean_tables(checker):
    text = "participant_id\tage\tsex\thandedness\tgroup\tiq\tsite\nsub-0123\t34\tF\tR\tcontrol\t101.5\tn/a\n"
    seen = see(checker, text)
    assert not seen.told
    assert not see(checker, "onset\tduration\ttrial_type\tresponse\n0.5\t2\tfaces\tWill\n", "events.tsv").told


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings(checker, encoding):
    assert see(checker, "participant_id\tname\nsub-1\tMüller\n", encoding=encoding).learned == [("name", "Müller")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,b\n" + "x" * 3_000_000, "a line of more than 1048576 characters"),
        ('a,b\n"' + "x\n" * 200_000, "not a table from line"),
        ("," * 20_000, "a table of more than 16384 columns"),
    ],
)
def test_what_is_no_table_is_not_checked(checker, text, reason):
    (unread,) = see(checker, text, "x.csv").unread
    assert unread.startswith(reason)


def test_long_tables_keep_their_text(checker):
    seen = see(checker, "participant_id\tword\n" + "".join(f"sub-{n}\tword{n}\n" for n in range(9000)))
    kept = "\n".join(text.value for text in seen.texts)
    assert "word8999" in kept
    assert len(seen.texts) < 6_000


@pytest.mark.parametrize(
    ("row", "quiet"),
    [("patient name\tQuux", "protocol name\tQuux"), ("MRN\tH12", "run\tH12"), ("dob\t31.1.1980", "dob\tn/a")],
)
def test_rows_of_a_name_and_its_value(checker, row, quiet):
    assert see(checker, f"key\tvalue\nrun\t1\n{row}\n", "x.tsv").failed == {"value[1]"}
    assert not see(checker, f"key\tvalue\nrun\t1\n{quiet}\n", "x.tsv").told
    wide = f"key\tvalue\tunit\tx\nrun\t1\t-\t1\n{row}\t-\t1\n"
    assert "direct-identifier" not in {slug for _, slug, _ in see(checker, wide, "x.tsv").told}
