import pytest

from fw_gear_deid_check.evidence import Masker, shape

CANARY = "Zanzibar^Quetzal"


def test_evidence_tells_no_value_unless_values_are_shown():
    hidden = Masker().evidence(CANARY)
    assert hidden.value is None
    assert CANARY not in repr(hidden)
    assert Masker(show_values=True).evidence(CANARY).value == CANARY


def test_fingerprints_are_equal_within_a_run_and_different_between_runs():
    one, other = Masker(), Masker()
    assert one.evidence("Müller").fingerprint == one.evidence("MULLER").fingerprint
    assert one.evidence("Müller").fingerprint != one.evidence("Miller").fingerprint
    assert one.evidence("Müller").fingerprint != other.evidence("Müller").fingerprint


def test_an_identity_ties_disguises_together():
    masker = Masker()
    assert masker.evidence("Jane Doe", "doe jane").fingerprint == masker.evidence("DOE^JANE", "doe jane").fingerprint


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Doe^Jane", "Aaa^Aaaa"),
        ("12/31/1980", "99/99/9999"),
        ("a" * 30, "a" * 12 + "…"),
        ("", ""),
        ("x\x1b[2J\u202e", "a·[9A·"),
        ("王^小东", "a^aa"),
    ],
)
def test_shape(value, expected):
    assert shape(value) == expected


def test_shape_of_a_huge_value_is_short():
    assert len(shape("a1" * 1_000_000)) <= 120
