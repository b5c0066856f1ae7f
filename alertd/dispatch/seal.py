"""The signature in a link or a button that acknowledges: whoever was sent it may use it, and nobody makes another."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest, new
from typing import NamedTuple

_BYTES = 16
_TOKEN = re.compile(r"(r?)([1-9][0-9]{0,18})\.([A-Za-z0-9_-]{1,1000})\.([A-Za-z0-9_-]{22})", re.ASCII)


class About(NamedTuple):
    """What a message tells: one event by its number in the store, or several, and then it is named itself, by its
    `row` of the outbox. The other one is 0."""

    event: int
    row: int = 0

    @property
    def text(self) -> str:
        return f"r{self.row}" if self.row else str(self.event)


class Opened(NamedTuple):
    """What a token is about, and to which receiver it was sent."""

    about: About
    receiver: str


def signature(seal: bytes, about: About, receiver: str = "") -> str:
    """22 characters that may stand in a URL: the first half of the HMAC-SHA256 of `ack:<about>:<receiver>` under the
    store's `seal`. A button has that of no receiver, which is that of no link."""
    digest = new(seal, f"ack:{about.text}:{receiver}".encode(), sha256).digest()
    return _text(digest[:_BYTES])


def is_signed(seal: bytes, about: About, signed: str) -> bool:
    """Whether a button was made here with that signature."""
    return compare_digest(signed.encode(), signature(seal, about).encode())


def token(seal: bytes, about: About, receiver: str) -> str:
    """What a link ends in: `<about>.<receiver>.<signature>`, the receiver as base64."""
    return f"{about.text}.{_text(receiver.encode())}.{signature(seal, about, receiver)}"


def opened(seal: bytes, token: str) -> Opened | None:
    """What a token is about; None where it was not made by `token` under this seal."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    number, name = int(found[2]), found[3]
    about = About(0, number) if found[1] else About(number)
    try:
        receiver = urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
    except ValueError:
        return None
    if _text(receiver.encode()) != name:  # written otherwise
        return None
    # In constant time, so that no part of a right signature can be found out by trying.
    return Opened(about, receiver) if compare_digest(found[4], signature(seal, about, receiver)) else None


def _text(some: bytes) -> str:
    return urlsafe_b64encode(some).rstrip(b"=").decode()
