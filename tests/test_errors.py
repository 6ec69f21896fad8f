"""What libraries raise over data, said in our own words."""

from __future__ import annotations

import traceback

import pytest

from fw_gear_deid_check.errors import Unreadable, in_our_words


@pytest.mark.parametrize("error", [ValueError, RecursionError, OSError, EOFError])
def test_the_words_of_a_library_are_not_passed_on(error):
    with pytest.raises(Unreadable) as caught, in_our_words("damaged"):
        raise error("QUOKKAWITZ^JANE")
    assert caught.value.reason == "damaged"
    assert "QUOKKAWITZ" not in "".join(traceback.format_exception(caught.value)).replace('raise error("QUOKKAWITZ', "")


@pytest.mark.parametrize("error", [MemoryError(), KeyboardInterrupt(), Unreadable("more than 5 bytes")])
def test_what_is_no_matter_of_the_data_is_passed_on(error):
    with pytest.raises(type(error)) as caught, in_our_words("damaged"):
        raise error
    assert caught.value is error
