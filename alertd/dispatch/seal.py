"""The signature in a link that acknowledges: whoever was sent it may use it, and nobody makes another of it."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest, new
from typing import NamedTuple

_BYTES = 16
_TOKEN = re.compile(r"([1-9][0-9]{0,18})\.([A-Za-z0-9_-]{1,1000})\.([A-Za-z0-9_-]{22})", re.ASCII)


class Opened(NamedTuple):
    """What a token is about, and to which receiver it was sent."""

    event: int
    receiver: str


def signature(seal: bytes, event: int, receiver: str) -> str:
    """22 characters that may stand in a URL: the first half of the HMAC-SHA256 of `ack:<event>:<receiver>` under the
    store's `seal`."""
    digest = new(seal, f"ack:{event}:{receiver}".encode(), sha256).digest()
    return _text(digest[:_BYTES])


def token(seal: bytes, event: int, receiver: str) -> str:
    """What a link ends in: `<event>.<receiver>.<signature>`, the receiver as base64."""
    return f"{event}.{_text(receiver.encode())}.{signature(seal, event, receiver)}"


def opened(seal: bytes, token: str) -> Opened | None:
    """What a token is about; None where it was not made by `token` under this seal."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    event, name = int(found[1]), found[2]
    try:
        receiver = urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
    except ValueError:
        return None
    if _text(receiver.encode()) != name:  # written otherwise
        return None
    # In constant time, so that no part of a right signature can be found out by trying.
    return Opened(event, receiver) if compare_digest(found[3], signature(seal, event, receiver)) else None


def _text(some: bytes) -> str:
    return urlsafe_b64encode(some).rstrip(b"=").decode()
