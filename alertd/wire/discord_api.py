"""discord.py's two HTTP clients, each with a base URL, TLS and a time-out of its own.

`Route.BASE` is one for the whole process, and 429 and 5xx are slept on and tried again inside the library; here each
client has its own base, and a refusal leaves at once: the outbox decides when to try again. The library's buckets
stay: a request that emptied one returns once it is full again (up to 30 s), as Discord's headers announced.
"""

from __future__ import annotations

import asyncio
import ssl
import warnings
from typing import Any

import aiohttp

from alertd.wire.sdk import raise_refusal

with warnings.catch_warnings():
    # The library's voice player, which nobody asked for, imports the standard library's deprecated audioop.
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    from discord.http import HTTPClient, Route
    from discord.webhook.async_ import AsyncWebhookAdapter

LONGEST_WAIT = 30.0
"""Seconds that a full bucket may hold a request back, the least that discord.py allows; else `RateLimited`."""


def every_request(tls: ssl.SSLContext, timeout: float) -> dict[str, Any]:
    """The arguments that each of their aiohttp requests gets."""
    return {
        "ssl": tls,
        "timeout": aiohttp.ClientTimeout(total=timeout),
        "allow_redirects": False,
        "raise_for_status": raise_refusal,
    }


class BotApi(HTTPClient):
    """The REST API by a bot's token; no gateway. `static_login` opens it."""

    def __init__(self, base: str, *, proxy: str | None, tls: ssl.SSLContext, timeout: float) -> None:
        super().__init__(asyncio.get_running_loop(), proxy=proxy, max_ratelimit_timeout=LONGEST_WAIT)
        self._base = base
        self._always = every_request(tls, timeout)

    async def request(self, route: Route, **arguments: Any) -> Any:
        return await super().request(_rebased(route, self._base), **arguments, **self._always)


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
