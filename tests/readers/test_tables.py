"""The table reader: every row, whatever the delimiter, line end and encoding."""

import contextlib
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers import letters, tables

CELLS = st.text(alphabet="ab 1.;é\"'\n", min_size=1, max_size=6)


def read(data: bytes) -> list[list[str]]:
    return list(tables.rows(io.BytesIO(data), Limits()))


@pytest.mark.parametrize("delimiter", tables.DELIMITERS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("count", [1, 2, 20, 21, 300])
def test_every_row(delimiter, end, encoding, count):
    rows = [[f"a{n}", "é", ""] for n in range(count)]
    assert read(end.join(delimiter.join(row) for row in rows).encode(encoding)) == rows


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=50))
def test_what_csv_writes(rows):
    stream = io.StringIO()
    csv.writer(stream, delimiter="\t", quoting=csv.QUOTE_ALL).writerows(rows)
    assert read(stream.getvalue().encode()) == rows


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=500))
def test_any_bytes(data):
    with contextlib.suppress(Unreadable):
        read(data)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="a\r\n\té,", max_size=60), st.integers(1, 5))
def test_lines_are_those_of_the_whole(text, size):
    pieces = (text[at : at + size] for at in range(0, len(text), size))
    assert list(tables._lines(pieces)) == text.splitlines(keepends=True)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="aé\n\U0001f600", max_size=300), st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]))
def test_pieces_are_the_whole(text, encoding):
    assert "".join(letters.pieces(io.BytesIO(text.encode(encoding)), 10_000, 20)) == text


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=500))
def test_strings_of_any_bytes(data):
    assert all(isinstance(text, str) for text in letters.strings(data) + letters.fields(data) + [letters.field(data)])
