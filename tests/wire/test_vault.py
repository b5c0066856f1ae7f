"""The vault: what it seals opens with the same key, in the same place, and nowhere else."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from alertd.errors import ConfigError
from alertd.wire.secret import Secret
from alertd.wire.vault import Vault, _derived

Key = Callable[[str], Secret]


@pytest.fixture
def key(tmp_path: Path) -> Key:
    def make(text: str) -> Secret:
        path = tmp_path / secrets.token_hex(4)
        path.write_text(text)
        return Secret(f"file:{path}")

    return make


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    path = tmp_path_factory.mktemp("vault") / "key"
    path.write_text(secrets.token_hex(32))
    return Vault(Secret(f"file:{path}"))


@pytest.fixture
def vault(key: Key) -> Vault:
    return Vault(key(secrets.token_hex(32)))


@pytest.mark.parametrize("content", [b"", b"ann@desk.example", bytes(range(256))])
def test_what_is_sealed_opens_again(vault: Vault, content: bytes) -> None:
    assert vault.open(vault.seal(content, "account 7"), "account 7") == content


def test_the_same_is_never_sealed_twice_alike(vault: Vault) -> None:
    assert len({vault.seal(b"ann", "account 7") for _ in range(50)}) == 50


def test_nothing_shows_through(vault: Vault) -> None:
    assert b"ann@desk.example" not in vault.seal(b"ann@desk.example", "account 7")


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_bit_that_is_not_right_opens_nothing(lasting: Vault, at: int, bit: int) -> None:
    vault = lasting
    sealed = bytearray(vault.seal(b"ann@desk.example", "account 7"))
    sealed[at % len(sealed)] ^= 1 << bit
    with pytest.raises(ConfigError):
        vault.open(bytes(sealed), "account 7")


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 12, b"x" * 28])
def test_what_was_never_sealed_opens_nothing(vault: Vault, sealed: bytes) -> None:
    with pytest.raises(ConfigError, match="account 7 was sealed with another key"):
        vault.open(sealed, "account 7")


def test_it_opens_in_no_other_place(vault: Vault) -> None:
    with pytest.raises(ConfigError):
        vault.open(vault.seal(b"admin", "person 7"), "person 8")


def test_it_opens_with_no_other_key(vault: Vault, key: Key) -> None:
    with pytest.raises(ConfigError, match="give `chat: key:` the one of before"):
        Vault(key(secrets.token_hex(32))).open(vault.seal(b"ann", "person 7"), "person 7")


def test_a_mark_is_found_again_with_the_same_key_and_tells_nothing_without(key: Key) -> None:
    text = secrets.token_hex(32)
    one, again, other = Vault(key(text)), Vault(key(text)), Vault(key(secrets.token_hex(32)))
    mark = one.mark("telegram", "", "7")
    assert (mark == again.mark("telegram", "", "7"), mark == other.mark("telegram", "", "7")) == (True, False)


def test_the_parts_of_a_mark_do_not_run_together(vault: Vault) -> None:
    marks = [vault.mark("slack", "T1", "U1"), vault.mark("slack", "T", "1U1"), vault.mark("slackT1", "", "U1")]
    assert len(set(marks)) == 3


def test_a_key_that_is_too_short_is_refused_without_being_told(key: Key) -> None:
    with pytest.raises(ConfigError, match="too short") as caught:
        Vault(key("guessable"))
    assert "guessable" not in str(caught.value)


def test_keys_are_derived_as_the_standard_says() -> None:
    """RFC 5869, against another implementation of it."""
    text = secrets.token_hex(32)
    for purpose in (b"alertd seal", b"alertd find"):
        standard = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose)
        assert _derived(text, purpose) == standard.derive(text.encode())
