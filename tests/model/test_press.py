"""What a button holds is read back as it was, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.model.press import LONGEST, Action, Press, read

_NONE = st.just(0)
_NUMBERS = st.integers(1, 10**9 - 1)
_ARGUMENTS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
_ACTIONS = st.sampled_from(Action)


@given(
    st.one_of(
        st.builds(Press, _ACTIONS, _NUMBERS, _NONE, _NONE, _ARGUMENTS, _NONE),
        st.builds(Press, _ACTIONS, _NONE, _NUMBERS, _NUMBERS, _ARGUMENTS, _NONE),
        st.builds(Press, _ACTIONS, _NONE, _NONE, _NONE, _ARGUMENTS, _NONE),
        st.builds(Press, _ACTIONS, _NONE, _NONE, _NONE, _ARGUMENTS, _NUMBERS),
    )
)
def test_it_is_read_back(press: Press) -> None:
    assert press.data.isascii()
    assert len(press.data) <= LONGEST
    assert read(press.data) == press


@pytest.mark.parametrize(
    "data",
    [
        "",
        "delete",
        "delete:",
        "delete:x",
        "fly:e1",
        "delete:e",
        "delete:a7",
        "delete:e1 ",
        "DELETE:e1",
        "delete:e1:é",
        "run:-:" + "x" * 60,
    ],
)
def test_what_is_none_of_ours(data: str) -> None:
    assert read(data) is None


@given(st.text(max_size=100))
def test_whatever_comes_back_is_read_without_an_error(data: str) -> None:
    found = read(data)
    assert found is None or read(found.data) == found
