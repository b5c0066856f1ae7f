"""Webhooks of users: the wire format is that of `webhook`, the endpoint anybody's.

So what stands behind a name is looked at on every send: each address that it resolves to has to be a public one, and
the connection goes to one of just those. An address here is the URL with the secret that signs for it as its fragment
(`https://hook.example/in#5f2c…`), which is never sent.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from math import inf
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, ClientSession, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from alertd.channels.answers import Reason, by_failure
from alertd.channels.webhook import body, host, refusal, sign
from alertd.errors import DeliveryDelayed, DeliveryRefused
from alertd.model.people import USERS_WEBHOOKS
from alertd.ports import Bucket, Limit, Pictures
from alertd.wire.lookups import Full, Lookups
from alertd.wire.session import patience, tls

if TYPE_CHECKING:
    import ssl

    from alertd.model.notification import Delivery

PORTS = (443, 8443)
LONGEST = 1000
"""Characters of a URL."""

TIMEOUT = 10.0
IN_FLIGHT = 16
_FREE = Limit(0.0)


def address_of(url: str) -> str:
    """The address of a checked URL, with a secret that is drawn for it."""
    return f"{url}#{token_hex(32)}"


def secret_of(address: str) -> str:
    return address.rpartition("#")[2]


def check_url(text: str) -> str | None:
    """What is wrong with a URL as a person wrote it, None if nothing is; what it resolves to is looked at later."""
    try:
        url = URL(text)
        host, port = url.host or "", url.port
    except ValueError:
        return "that is no URL"
    if len(text) > LONGEST or not text.isascii() or not text.isprintable():
        return f"a URL has {LONGEST} characters at the most, all of them ASCII"
    if url.scheme != "https" or not host:
        return "expected a URL that begins with https://"
    if url.user is not None or url.password is not None:
        return "a URL with a user or a password is not taken: the body is signed"
    if "#" in text:
        return "leave out the # and what follows it"
    if port not in PORTS:
        return f"only the ports {PORTS[0]} and {PORTS[1]} are called"
    if _is_address(host) or "." not in host.strip("."):
        return "expected the name of a host, not an address"
    return None


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet: not of this machine, nor of any network of its own."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if found not in _UNICAST or found.sixtofour is not None or found.teredo is not None:
            return False
    return found.is_global and not found.is_multicast


_UNICAST = ipaddress.ip_network("2000::/3")
"""All that is given out of IPv6 (IANA, Global Unicast Address Assignments). Outside of it are the ways in which an IPv4
address is written as one of IPv6, which may lead back into a network of one's own; 6to4 and Teredo do from within."""


class _NotPublic(OSError):
    """A name that leads somewhere else than into the internet."""


class Checked(AbstractResolver):
    """Resolves with another resolver, and refuses a name of which any address is not `allowed`."""

    def __init__(self, resolver: AbstractResolver, allowed: Callable[[str], bool] = is_public) -> None:
        self._resolver = resolver
        self._allowed = allowed

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not found or not all(self._allowed(each["host"]) for each in found):
            raise _NotPublic("not a public address")
        return found

    async def close(self) -> None:
        await self._resolver.close()


class UserWebhooks:
    """Its own session: nothing is resolved, pooled or followed that was not checked for this very send."""

    pictures = Pictures.NEVER

    name = USERS_WEBHOOKS
    in_flight = IN_FLIGHT
    remembers = inf
    resends = True

    def __init__(
        self,
        resolver: Callable[[], AbstractResolver] = Lookups,
        *,
        allowed: Callable[[str], bool] = is_public,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """`resolver` is called once there is a loop. `allowed` says which addresses may be called, `trust` whose
        certificates are taken (the system's authorities)."""
        self._resolver = resolver
        self._allowed = allowed
        self._trust = trust
        self._session: ClientSession | None = None
        self._checked: Checked | None = None

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        return (Bucket(f"endpoint:{address}", _FREE),)

    async def send(self, delivery: Delivery, now: float) -> str:
        """Returns "": an endpoint has no name for a message but ours."""
        url = URL(delivery.address).with_fragment(None)
        if _is_address(url.host or ""):
            raise _private()
        content = body(delivery)
        headers = sign(content, delivery.message, [secret_of(delivery.address)], now=now, nonce=token_hex(16))
        try:
            async with self._open().post(url, data=content, headers=headers, allow_redirects=False) as answer:
                if 200 <= answer.status < 300:
                    return ""
                raise await refusal(answer, delivery.address, now)
        except (ClientError, OSError) as error:
            if _is_from(error, _NotPublic):
                raise _private() from None
            if _is_from(error, Full):
                raise DeliveryDelayed("too many names are being looked up", reason=Reason.CONNECTION) from None
            raise by_failure(error).only(host(url)) from None

    async def illustrate(self, delivery: Delivery, ref: str, png: bytes) -> None:
        """Nothing is added here."""

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        if self._checked is not None:  # a connector closes no resolver but its own
            await self._checked.close()

    def _open(self) -> ClientSession:
        if self._session is None:
            self._checked = Checked(self._resolver(), self._allowed)
            connector: Any = TCPConnector(
                resolver=self._checked,
                use_dns_cache=False,
                force_close=True,
                ssl=self._trust or tls(),
                limit=IN_FLIGHT,
            )
            self._session = ClientSession(
                connector=connector,
                cookie_jar=DummyCookieJar(),
                timeout=patience(TIMEOUT),
                headers={"User-Agent": "alertd"},
                max_line_size=8190,
                trust_env=False,
            )
        return self._session


def _private() -> DeliveryRefused:
    return DeliveryRefused("the name leads to an address that is not public", reason=Reason.FORBIDDEN)


def _is_from(error: BaseException | None, kind: type[OSError]) -> bool:
    """Whether it was that which ended it, whatever aiohttp made of it."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, kind):
            return True
        error, seen = getattr(error, "os_error", None) or error.__cause__ or error.__context__, seen + 1
    return False


def _is_address(host: str) -> bool:
    """Whether it is a number in one of the ways in which libraries take one: 127.0.0.1, 0x7f.1, 2130706433, ::1."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2].lower()
        return last.isdecimal() or last.startswith("0x")
    return True
