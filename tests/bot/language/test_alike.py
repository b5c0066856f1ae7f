"""The names that are looked at for a slip: few of them, and no near one is missing."""

from difflib import get_close_matches

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.bot.language.alike import alike
from tests.bot.language.conversations import SHIPPED

NAMES = tuple(SHIPPED.coins)
LONG = [name for name in NAMES if len(name) > 3]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(LONG), st.integers(0, 20), st.sampled_from("ABEIOSTX"), st.booleans())
def test_a_letter_gone_wrong_finds_the_same_names(name: str, place: int, letter: str, instead: bool) -> None:
    at = place % len(name)
    word = name[:at] + letter + name[at + instead :]
    nearest = get_close_matches(word, NAMES, n=1, cutoff=0.8)
    assert get_close_matches(word, alike(word, NAMES), n=1, cutoff=0.8) == nearest


@pytest.mark.parametrize("word", ["BITCON", "ETHERUM", "SOLANNA", "DOGGE", "PLEASE"])
def test_few_are_left_to_look_at(word: str) -> None:
    assert len(alike(word, NAMES)) < len(NAMES) / 3


def test_nothing_is_like_nothing() -> None:
    assert alike("", NAMES) == []
