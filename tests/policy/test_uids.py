"""UIDs that tell, and their neighbours that don't."""

import pytest

from fw_gear_deid_check.policy.uids import telling_uid


@pytest.mark.parametrize(
    ("uid", "telling"),
    [
        # Siemens: serial number, then date and time.
        ("1.3.12.2.1107.5.2.43.66044.2022062314151234567890", True),
        ("1.3.12.2.1107.5.2.43.66044.30000022062314151234500000017", True),
        ("1.3.12.2.1107.5.2.43", False),
        ("1.3.12.2.1107.5.9.1", False),  # a private SOP class
        # GE: serial number, then seconds.
        ("1.2.840.113619.2.408.5282380.16340183.20123.1216389421.27", True),
        ("1.2.840.113619.2.327.3.185221411.476.1398588726.278", True),
        ("1.2.840.113619.4.26", False),
        ("1.2.840.113619.6.260", False),
        # Philips.
        ("1.3.46.670589.11.17169.5.0.5280.2011032312", True),
        ("1.3.46.670589.11.0.0.12.4", False),
        # Canon.
        ("1.2.392.200036.9116.2.6.1.48.1214833767.1399533747.12345", True),
        ("1.2.392.200036.9116.7.8.1.1.1", False),
        # Any root: a component that is a date, or a date and a time.
        ("1.2.3.4.20220623", True),
        ("1.2.3.4.20220623141512", True),
        ("1.2.3.4.20220623141512123456", True),
        ("1.2.3.4.20221323", False),  # no month 13
        ("1.2.3.4.20220230141512", False),  # no 30 February
        ("1.2.3.4.20220623991512", False),  # no hour 99
        ("1.2.3.4.18220623141512", False),  # before scanners
        ("1.2.3.4.2022", False),
        # Registered, random, and no UIDs.
        ("1.2.840.10008.5.1.4.1.1.4", False),
        ("2.25.20220623141512123456789012345678901", False),
        ("1.2.826.0.1.3680043.8.498.20220623141512123456789012345678901234", False),
        ("1.2.276.0.7230010.3.1.4.8323329.5676.1495927169.335276", False),
        ("", False),
        ("\0", False),
        ("1.2.3.4.20220623\0", True),
        ("1.2.3.4." + "20220623" * 100_000, False),
        ("1.2.3.4.20220623" + ".1" * 24, True),
        ("1.2.3.4.20220623" + ".1" * 25, False),  # too long for a UID
    ],
)
def test_telling(uid, telling):
    assert telling_uid(uid) is telling
