"""Messages as signed JSON to any HTTPS endpoint. This page is the wire format.

A message is a POST whose body is this object (version 1; fields may be added, never changed):

    {"version": 1, "id": "<message id>", "receiver": "desk", "created": 1767225600.0, "title": "…",
     "lines": ["…"], "facts": [{"name": "…", "value": "…"}], "links": [{"label": "…", "url": "…"}],
     "footer": "…", "tone": "alarm|clear|note", "thread": "…", "text": "<all of it as plain text>"}

`created` is epoch seconds. Its headers:

    Idempotency-Key      the message id: the same on every attempt, so keep it and drop what you have seen
    Alertd-Timestamp     epoch seconds of this attempt, whole
    Alertd-Nonce         32 hex digits, new with every attempt
    Alertd-Signature     v1=<hex>, and while a secret is being changed ,v1=<hex> by the next one

The signature is HMAC-SHA256, keyed with the secret, over timestamp "." nonce "." body. `verify` checks it. Answer 2xx
once the message is safe; 408, 425, 429 (with or without Retry-After) and 5xx bring it again; anything else refuses it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from alertd.channels.answers import by_failure, by_status
from alertd.channels.kind import ChannelKind
from alertd.channels.text import Room, fit, plain
from alertd.errors import ConfigError
from alertd.model.notification import Delivery
from alertd.ports import Pacing
from alertd.wire.secret import Secret
from alertd.wire.session import retry_after, tls
from alertd.wire.settings import Endpoint, HttpsUrl

if TYPE_CHECKING:
    from aiohttp import ClientSession

ROOM = Room(total=200_000, title=1000, facts=200, links=100)
"""Nobody else's limit: a body that every framework takes by default (1 MB) even in four-byte characters."""

DEFAULT = "default"
"""The address of the channel's own `url`."""

WINDOW = 300.0
"""Seconds that a signature is good for, before and after its timestamp."""

SAID = 200
"""Bytes of a refusal's body that are read, for the operator."""


class WebhookSettings(Endpoint):
    """`secret` signs; while the endpoint moves to another one, `next_secret` signs too."""

    url: HttpsUrl
    secret: Secret
    next_secret: Secret | None = None


class Webhook:
    """Posts to the channel's `url`, or to an address that is a URL itself, signed with the same secret."""

    pacing = Pacing(in_flight=8)

    def __init__(self, name: str, settings: WebhookSettings, session: ClientSession) -> None:
        self.name = name
        self._settings = settings
        self._session = session
        self._tls = tls(settings.ca_file)
        self._secrets()  # what cannot be read is told before anything is sent
        settings.proxy_url()

    async def send(self, delivery: Delivery, now: float) -> None:
        import aiohttp

        content = body(delivery)
        own = delivery.address == DEFAULT
        try:
            headers = sign(content, delivery.message, self._secrets(), now=now, nonce=token_hex(16))
            async with self._session.post(
                self._settings.url if own else delivery.address,
                data=content,
                headers=headers,
                proxy=self._settings.proxy_url(),
                ssl=self._tls,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout),
            ) as answer:
                if 200 <= answer.status < 300:
                    return
                said = (await answer.content.read(SAID)).decode("utf-8", "replace")
                wait = retry_after(answer.headers.get("Retry-After"), now)
                # A stranger's endpoint that knows no signature must not hold back the others.
                whole = answer.status == 401 and own
                raise by_status(answer.status, " ".join(said.split()), retry_after=wait, whole_channel=whole)
        except (aiohttp.ClientError, OSError, ConfigError) as error:
            raise by_failure(error, one_address=not own) from None

    async def close(self) -> None:
        """The session is not its own."""

    def _secrets(self) -> list[str]:
        settings = self._settings
        return [secret.reveal() for secret in (settings.secret, settings.next_secret) if secret]


def body(delivery: Delivery) -> bytes:
    """The JSON of a message, version 1."""
    notification = fit(delivery.notification, ROOM)
    return json.dumps(
        {
            "version": 1,
            "id": delivery.message,
            "receiver": delivery.receiver,
            "created": delivery.created,
            "title": notification.title,
            "lines": notification.lines,
            "facts": [{"name": name, "value": value} for name, value in notification.facts],
            "links": [{"label": link.label, "url": link.url} for link in notification.links],
            "footer": notification.footer,
            "tone": notification.tone,
            "thread": notification.thread,
            "text": plain(notification),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode("utf-8", "replace")


def sign(content: bytes, message: str, secrets: Sequence[str], *, now: float, nonce: str) -> dict[str, str]:
    """The headers of a body: its idempotency key and one signature for each secret."""
    timestamp = str(int(now))
    return {
        "Content-Type": "application/json",
        "Idempotency-Key": message,
        "Alertd-Timestamp": timestamp,
        "Alertd-Nonce": nonce,
        "Alertd-Signature": ",".join(f"v1={_digest(secret, timestamp, nonce, content)}" for secret in secrets),
    }


def verify(
    headers: Mapping[str, str], content: bytes, secrets: Sequence[str], now: float, *, window: float = WINDOW
) -> str | None:
    """For those who receive: what is wrong with a signed body, or None.

    `headers` by any case. `secrets` are those that the receiver accepts. A signature older (or newer) than `window`
    seconds is refused, so keeping nonces or idempotency keys for ten minutes closes the door to replays.
    """
    found = {name.lower(): value for name, value in headers.items()}
    timestamp, nonce = found.get("alertd-timestamp", ""), found.get("alertd-nonce", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16) or not nonce:
        return "no timestamp or nonce"
    given = [part[3:] for part in found.get("alertd-signature", "").replace(" ", "").split(",") if part[:3] == "v1="]
    # Every pair is compared, whatever the earlier ones gave: the time taken tells nothing.
    matches = [
        hmac.compare_digest(_digest(secret, timestamp, nonce, content).encode(), part.encode())
        for secret in secrets
        for part in given
    ]
    if not any(matches):
        return "the signature does not match"
    return "the timestamp is not of these five minutes" if abs(now - int(timestamp)) > window else None


def check_address(address: str) -> str | None:
    """An address is `default` or a URL of one's own."""
    if address == DEFAULT:
        return None
    try:
        TypeAdapter[str](HttpsUrl).validate_python(address)
    except ValidationError as error:
        return f"{error.errors()[0]['msg']}, or `default` for the channel's own url"
    return None


def build(name: str, settings: WebhookSettings, session: ClientSession) -> Webhook:
    return Webhook(name, settings, session)


def _digest(secret: str, timestamp: str, nonce: str, content: bytes) -> str:
    signed = b".".join((timestamp.encode(), nonce.encode(), content))
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


KIND = ChannelKind(settings=WebhookSettings, build=build, check_address=lambda address, _: check_address(address))
