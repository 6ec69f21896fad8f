"""The JSON reader: sees what the standard library sees, and what that can't be given."""

import io
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.readers import letters, sidecar

LIMITS = Limits()
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=6),
    max_leaves=60,
)


def flat(document, path=()):
    """Return what a document holds, as (path, text)."""
    if isinstance(document, dict | Pairs):
        pairs = document.items() if isinstance(document, dict) else document
        return [each for key, value in pairs for each in flat(value, (*path, key))]
    if isinstance(document, list):
        return [each for index, value in enumerate(document) for each in flat(value, (*path, index))]
    if document is None or isinstance(document, bool) or document == "":
        return []
    return [(path, letters.sound(document) if isinstance(document, str) else json.dumps(document))]


def read(data: bytes, limits=LIMITS):
    found = []
    for value in sidecar.values(io.BytesIO(data), limits):
        if value.kind == "numbers":
            *path, first = value.path
            numbers = [text.strip() for text in value.text.split(",") if text.strip()]
            found += [((*path, first + index), number) for index, number in enumerate(numbers)]
        elif value.kind != "key":
            found.append((value.path, value.text))
    return found


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS, st.sampled_from([None, 1]), st.booleans())
def test_sees_what_the_standard_library_sees(document, indent, ascii_only):
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return
    assert read(data) == flat(json.loads(data))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=500) | st.text(alphabet='{}[]":,\\truefalsn0123456789.eE-+ \n', max_size=300).map(str.encode))
def test_any_bytes(data):
    try:
        found = read(data)
    except Unreadable:
        return
    # Whatever is read, the standard library reads too, one document after the other, and sees the same; but for what
    # is one number here and several there: 007.
    text = "".join(letters.decoded(io.BytesIO(data), 1000))
    seen = [each for document in documents(text) for each in flat(document)]
    assert "".join(text for _, text in found) == "".join(text for _, text in seen)


class Pairs(list):
    """An object with all of its keys, also those that stand in it twice."""


def documents(text):
    decoder = json.JSONDecoder(
        strict=False, object_pairs_hook=Pairs, parse_int=Number, parse_float=Number, parse_constant=Number
    )
    while text := text.lstrip(" \t\r\n\ufeff"):
        document, end = decoder.raw_decode(text)
        yield document
        text = text[end:]


class Number(str):
    """A number as it is written."""


def test_small_pieces_make_the_same(monkeypatch):
    document = {"key é": ['string \\ " \u1234', 1.5e-3, True, {"x": list(range(100))}], "y": "z" * 100}
    data = json.dumps(document, ensure_ascii=False).encode()
    whole = letters.decoded
    for size in (1, 2, 3, 7, 64):
        monkeypatch.setattr(sidecar, "decoded", lambda stream, limit, size=size: whole(stream, limit, size))
        assert read(data) == flat(document)


@pytest.mark.parametrize(
    ("limits", "data", "reason"),
    [
        (Limits(json_size=100), b'"' + b"x" * 200 + b'"', "text of more than 100 bytes"),
        (Limits(sequence_depth=3), b"[[[[1]]]]", "objects inside objects deeper than 3"),
        (Limits(element_text=1000), b'"' + b"x" * 3_000_000 + b'"', "a string of more than 1000 characters"),
    ],
)
def test_limits(limits, data, reason):
    with pytest.raises(Unreadable, match=reason):
        read(data, limits)


def test_a_long_document_is_never_in_memory(monkeypatch):
    whole = letters.decoded
    monkeypatch.setattr(sidecar, "decoded", lambda stream, limit: whole(stream, limit, 4096))
    stream = io.BytesIO(b"[" + b",".join(b'{"EchoTime": 0.00%d, "words": "one two"}' % n for n in range(10_000)) + b"]")
    tracemalloc.start()
    assert sum(value.kind == "string" for value in sidecar.values(stream, LIMITS)) == 10_000
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()


def test_errors_hold_nothing_of_the_document():
    with pytest.raises(Unreadable) as caught:
        read(b'{"PatientName": "DOE^JANE" oops}')
    assert str(caught.value) == "not JSON from character 27 on"
    assert caught.value.__cause__ is None
