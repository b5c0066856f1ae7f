"""What is sealed at rest: addresses and tokens of people, with a key from a credential.

AES-256-GCM (NIST SP 800-38D) with a nonce of its own for each text, under a key derived from the credential by HKDF
(RFC 5869). What has to be found again is looked up by a keyed hash of it (HMAC-SHA256).
"""

import hmac
import secrets
from hashlib import sha256
from typing import Self

from alertd.errors import ConfigError
from alertd.wire.secret import Secret

_NONCE = 12
_LEAST = 16
"""Characters of a key that are not worth guessing at."""


class Vault:
    """Seals with the credential's key. `about` binds a sealed text to its place: it opens nowhere else."""

    def __init__(self, key: Secret) -> None:
        """Raises ConfigError where the key cannot be read, or is too short to be one."""
        text = key.reveal()
        if len(text) < _LEAST:
            raise ConfigError(f"{key.reference} is too short for a key: `openssl rand -hex 32` makes one")
        self._take(text)

    @classmethod
    def drawn(cls) -> Self:
        """One of this process alone: what it seals opens nowhere else."""
        vault = cls.__new__(cls)
        vault._take(secrets.token_hex(32))
        return vault

    def _take(self, text: str) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._seal = AESGCM(_derived(text, b"alertd seal"))
        self._find = _derived(text, b"alertd find")

    def seal(self, content: bytes, about: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._seal.encrypt(nonce, content, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Raises ConfigError where it was sealed with another key, or for another place."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._seal.decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
        except (InvalidTag, ValueError):
            raise ConfigError(f"{about} was sealed with another key: give `chat: key:` the one of before") from None

    def mark(self, *parts: str) -> bytes:
        """The same for the same parts, and nothing to those without the key."""
        return hmac.digest(self._find, "\0".join(parts).encode(), "sha256")


def _derived(text: str, purpose: bytes) -> bytes:
    """HKDF-SHA256 without salt: one block is enough."""
    extracted = hmac.digest(b"\0" * 32, text.encode(), "sha256")
    return hmac.digest(extracted, purpose + b"\x01", sha256)
