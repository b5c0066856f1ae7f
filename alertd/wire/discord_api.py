"""discord.py's two HTTP clients, each with a base URL, TLS and a time-out of its own.

`Route.BASE` and the gateway's address are one for the whole process, and 429 and 5xx are slept on and tried again
inside the library; here each client has its own base, and of a channel's a refusal leaves at once: the outbox decides
when to try again. The library's buckets stay: a request that emptied one returns once it is full again (up to 30 s), as
Discord's headers announced. What a bot that listens asks for keeps the library's own patience, too.
"""

from __future__ import annotations

import asyncio
import ssl
import warnings
from typing import Any

import aiohttp
from yarl import URL

from alertd.wire.sdk import raise_refusal

with warnings.catch_warnings():
    # The library's voice player, which nobody asked for, imports the standard library's deprecated audioop.
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    from discord.gateway import DiscordWebSocket
    from discord.http import HTTPClient, Route
    from discord.webhook.async_ import AsyncWebhookAdapter

LONGEST_WAIT = 30.0
"""Seconds that a full bucket may hold a request back, the least that discord.py allows; else `RateLimited`."""


GATEWAY_PAUSE = 1.0
"""Seconds between two connections to the gateway at the least: the library takes none before it resumes a session."""


def every_request(tls: ssl.SSLContext, timeout: float, *, patient: bool = False) -> dict[str, Any]:
    """The arguments that each of their aiohttp requests gets. A `patient` one is tried again by the library."""
    always: dict[str, Any] = {
        "ssl": tls,
        "timeout": aiohttp.ClientTimeout(total=timeout),
        "allow_redirects": False,
    }
    return always if patient else always | {"raise_for_status": raise_refusal}


class BotApi(HTTPClient):
    """The REST API by a bot's token; `static_login` opens it. `patient`: see `every_request`."""

    def __init__(
        self, base: str, *, proxy: str | None, tls: ssl.SSLContext, timeout: float, patient: bool = False
    ) -> None:
        loop = asyncio.get_running_loop()
        # The gateway's connection takes TLS from the connector alone.
        connector = aiohttp.TCPConnector(limit=0, ssl=tls)
        super().__init__(loop, connector, proxy=proxy, max_ratelimit_timeout=LONGEST_WAIT)
        self._base = base
        self._always = every_request(tls, timeout, patient=patient)
        self._connected = loop.time() - GATEWAY_PAUSE

    async def request(self, route: Route, **arguments: Any) -> Any:
        return await super().request(_rebased(route, self._base), **arguments, **self._always)

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        """A connection to the gateway that this base names, or to the one that a session named for its resumption."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._connected + GATEWAY_PAUSE - loop.time())
        self._connected = loop.time()
        asked = URL(url)
        if asked.origin() == DiscordWebSocket.DEFAULT_GATEWAY.origin():
            _, gateway, _ = await self.get_bot_gateway()
            asked = URL(gateway).with_query(asked.query)
        return await super().ws_connect(str(asked), compress=compress)


class WebhookApi(AsyncWebhookAdapter):
    """Webhooks by their own URL. Its session adds `every_request`, for which the library leaves no room."""

    def __init__(self, base: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library leaves it without types
        self._base = base

    async def request(self, route: Route, session: aiohttp.ClientSession, **arguments: Any) -> Any:
        return await super().request(_rebased(route, self._base), session, **arguments)


def _rebased(route: Route, base: str) -> Route:
    route.url = base + route.url.removeprefix(Route.BASE)
    return route
