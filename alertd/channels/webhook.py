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
After 410, and after 404 where the address is a URL, the address gets nothing more until somebody revives it. The
channel's own `url` is the operator's: at 401, 403, 404 and redirects, which say nothing of the message but that
something on the way is not as it should be, its messages wait while the operator is told.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from math import inf
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import msgspec
from pydantic import TypeAdapter, ValidationError
from yarl import URL

from alertd.channels.answers import by_failure, by_status
from alertd.channels.kind import ChannelKind
from alertd.channels.text import Room, fit, plain
from alertd.errors import ConfigError, DeliveryError, DeliveryRefused
from alertd.model.notification import Delivery
from alertd.ports import Bucket, Limit, Pictures
from alertd.wire.secret import Secret
from alertd.wire.session import patience, retry_after, tls
from alertd.wire.settings import Endpoint, HttpsUrl

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

ROOM = Room(total=200_000, title=1000, facts=200, links=100)
"""Nobody else's limit: a body that every framework takes by default (1 MB) even in four-byte characters."""

DEFAULT = "default"
"""The address of the channel's own `url`."""

WINDOW = 300.0
"""Seconds that a signature is good for, before and after its timestamp."""

SAID = 200
"""Bytes of a refusal's body that are read, for the operator."""


IN_FLIGHT = 32

# An endpoint has no limit that we know of: its bucket is there for the Retry-After that it may answer.
_FREE = Limit(0.0)

_encode = msgspec.json.Encoder().encode


class WebhookSettings(Endpoint):
    """`secret` signs; while the endpoint moves to another one, `next_secret` signs too."""

    url: HttpsUrl
    secret: Secret
    next_secret: Secret | None = None


class Webhook:
    """Posts to the channel's `url`, or to an address that is a URL itself, signed with the same secret."""

    pictures = Pictures.NEVER

    in_flight = IN_FLIGHT
    remembers = inf
    resends = True

    def __init__(self, name: str, settings: WebhookSettings, session: ClientSession) -> None:
        self.name = name
        self._settings = settings
        self._session = session
        self._url = URL(settings.url)
        self._always: Any = {"ssl": tls(settings.ca_file), "timeout": patience(settings.timeout)}
        self._secrets()  # what cannot be read is told before anything is sent
        settings.proxy_url()

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        return (Bucket(_endpoint(address), _FREE),)

    async def send(self, delivery: Delivery, now: float) -> str:
        """Returns "": an endpoint has no name for a message but ours."""
        from aiohttp import ClientError

        url = self._url if delivery.address == DEFAULT else URL(delivery.address)
        content = body(delivery)
        try:
            headers = sign(content, delivery.message, self._secrets(), now=now, nonce=token_hex(16))
            async with self._session.post(
                url,
                data=content,
                headers=headers,
                proxy=self._settings.proxy_url(),
                allow_redirects=False,
                **self._always,
            ) as answer:
                if 200 <= answer.status < 300:
                    return ""
                raise await refusal(answer, delivery.address, now)
        except ConfigError as error:
            raise by_failure(error) from None
        except (ClientError, OSError) as error:
            raise by_failure(error).only(host(url)) from None

    async def illustrate(self, delivery: Delivery, ref: str, png: bytes) -> None:
        """Nothing is added here."""

    async def close(self) -> None:
        """The session is not its own."""

    def _secrets(self) -> list[str]:
        settings = self._settings
        return [secret.reveal() for secret in (settings.secret, settings.next_secret) if secret]


def body(delivery: Delivery) -> bytes:
    """The JSON of a message, version 1."""
    notification = fit(delivery.notification, ROOM)
    return _encode(
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
        }
    )


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


async def refusal(answer: ClientResponse, address: str, now: float) -> DeliveryError:
    """The error of an answer that is not 2xx."""
    said = (await answer.content.read(SAID)).decode("utf-8", "replace")
    status, own = answer.status, address == DEFAULT
    error = by_status(
        status,
        " ".join(said.split()),
        retry_after=retry_after(answer.headers.get("Retry-After"), now),
        bucket=_endpoint(address),
        whole_channel=False,  # what one endpoint says holds back no other
        dead=status == 410 or (status == 404 and not own),
    )
    if own and isinstance(error, DeliveryRefused) and (status in (401, 403, 404) or status < 400):
        error.bucket = _endpoint(address)
    return error.only(host(answer.url))


def host(url: URL) -> str:
    """What the operator knows an endpoint by: the rest of a URL may be a key to it."""
    return url.host or str(url)


def _endpoint(address: str) -> str:
    return f"endpoint:{address}"


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
    signed = b"%b.%b.%b" % (timestamp.encode(), nonce.encode(), content)
    return hmac.digest(secret.encode(), signed, "sha256").hex()


KIND = ChannelKind(settings=WebhookSettings, build=build, check_address=lambda address, _: check_address(address))
