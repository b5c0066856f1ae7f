"""One HTTP session for the whole daemon, and TLS that always verifies."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from alertd.errors import ConfigError

if TYPE_CHECKING:
    import aiohttp


def tls(ca_file: str | None = None) -> ssl.SSLContext:
    """A context that verifies certificates and names: the system's authorities, or only those of `ca_file`."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"cannot read the certificates in {ca_file}: {error}") from None


@asynccontextmanager
async def http_session() -> AsyncIterator[aiohttp.ClientSession]:
    """The session that sources and channels share; no cookies, no environment proxies."""
    import aiohttp

    connector = aiohttp.TCPConnector(limit=256, limit_per_host=64, ttl_dns_cache=60)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": "alertd"}
    ) as session:
        yield session


def patience(seconds: float) -> aiohttp.ClientTimeout:
    """The time that a request may take, half of it for its connection: what ends before there is one never left."""
    import aiohttp

    return aiohttp.ClientTimeout(total=seconds, connect=seconds / 2)


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait by a Retry-After header in either form (seconds, HTTP date), None where there is none to read."""
    if value is None:
        return None
    try:
        wait = float(value)
    except ValueError:
        try:
            wait = parsedate_to_datetime(value).timestamp() - now
        except (ValueError, TypeError):
            return None
    return max(0.0, wait) if wait < float("inf") else None
