"""Files that people give the bot of Discord. They are with its CDN, each under a URL that is signed for a day: no token
goes there.

https://docs.discord.com/developers/reference#signed-attachment-cdn-urls.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from yarl import URL

from alertd.channels.answers import Reason, by_failure, by_status
from alertd.channels.discord import DiscordSettings
from alertd.errors import ConfigError, DeliveryRefused
from alertd.wire.sdk import Refusal, download
from alertd.wire.session import patience

if TYPE_CHECKING:
    from aiohttp import ClientSession

CDN = "https://cdn.discordapp.com"


class Files:
    """Fetched over `session`, from the CDN or from the host of the settings' `url`."""

    def __init__(self, settings: DiscordSettings, session: ClientSession, tls: ssl.SSLContext) -> None:
        self._settings = settings
        self._session = session
        self._tls = tls
        self._origins = {URL(url).origin() for url in (CDN, settings.url) if url}

    async def fetch(self, url: str, most: int) -> bytes:
        """See `asking.Fetch`."""
        from aiohttp import ClientError

        if not self._is_there(url):
            raise DeliveryRefused("it is not with Discord itself", reason=Reason.BAD_REQUEST)
        waits = patience(self._settings.timeout)
        try:
            proxy = self._settings.proxy_url()
            return await download(self._session, url, most, ssl=self._tls, proxy=proxy, timeout=waits)
        except Refusal as refusal:
            raise by_status(refusal.status) from None
        except (ClientError, OSError, ConfigError) as failure:
            raise by_failure(failure) from None

    def _is_there(self, text: str) -> bool:
        try:
            url = URL(text)
            return url.user is None and url.origin() in self._origins
        except ValueError:
            return False
