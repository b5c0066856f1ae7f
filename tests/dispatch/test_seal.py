"""The signature of the links that acknowledge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.dispatch.seal import About, Opened, is_signed, opened, signature, token

SEAL = bytes(range(32))
events = st.integers(min_value=1, max_value=2**63 - 1).filter(lambda number: number < 10**18)
abouts = st.one_of(st.builds(About, events, st.just(0)), st.builds(About, st.just(0), events))
names = st.text(min_size=1, max_size=40)


def test_a_signature_stays_what_it_is() -> None:
    """Links that were sent have to work after an upgrade."""
    assert token(SEAL, About(42), "desk") == "42.ZGVzaw.Jjv78lx3Ikror3YOBifigQ"


@given(abouts, names)
def test_what_was_signed_opens(about: About, name: str) -> None:
    assert opened(SEAL, token(SEAL, about, name)) == Opened(about, name)


@given(abouts, abouts)
def test_a_button_is_signed_for_one_thing(about: About, other: About) -> None:
    signed = signature(SEAL, about)
    assert is_signed(SEAL, about, signed)
    assert is_signed(SEAL, other, signed) is (other == about)
    assert not is_signed(SEAL, about, signature(SEAL, about, "desk")), "a link is no button"
    assert not is_signed(SEAL, about, "")


@given(abouts, st.data())
def test_what_was_altered_does_not(about: About, data: st.DataObject) -> None:
    right = token(SEAL, about, "desk")
    place = data.draw(st.integers(min_value=0, max_value=len(right) - 1))
    char = data.draw(st.characters(codec="utf-8").filter(lambda char: char != right[place]))
    assert opened(SEAL, right[:place] + char + right[place + 1 :]) is None


@given(st.text())
def test_no_text_opens_by_accident(text: str) -> None:
    assert opened(SEAL, text) is None


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(token(b"another seal", About(42), "desk"), id="another store's"),
        pytest.param(f"43.ZGVzaw.{signature(SEAL, About(42), 'desk')}", id="another event's"),
        pytest.param(f"r42.ZGVzaw.{signature(SEAL, About(42), 'desk')}", id="a message's"),
        pytest.param(f"42.bWU.{signature(SEAL, About(42), 'desk')}", id="another receiver's"),
        pytest.param(f"42.ZGVzax.{signature(SEAL, About(42), 'desk')}", id="a name that is written otherwise"),
        pytest.param(f"42._w.{signature(SEAL, About(42), 'desk')}", id="no name"),
        pytest.param(f"042.ZGVzaw.{signature(SEAL, About(42), 'desk')}", id="a number that is written otherwise"),
        pytest.param(f"٤٢.ZGVzaw.{signature(SEAL, About(42), 'desk')}", id="other digits"),
        pytest.param(f"42.ZGVzaw.{signature(SEAL, About(42), 'desk')}=", id="padded"),
        pytest.param(f"42.ZGVzaw.{signature(SEAL, About(42), 'desk')}\n", id="a line"),
        pytest.param("42.ZGVzaw.", id="unsigned"),
        pytest.param("", id="nothing"),
    ],
)
def test_anything_else_is_not_ours(wrong: str) -> None:
    assert opened(SEAL, wrong) is None
