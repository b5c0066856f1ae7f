"""One line to Slack: a WebSocket of Socket Mode by slack-sdk's client, from its opening to its end.

https://docs.slack.dev/apis/events-api/using-socket-mode. The SDK would open the next one by itself, every five seconds
for ever and with all it knows in the log; here it says that the line is over, and the bot sees to what comes after.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from aiohttp import ClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

PING = 5.0
"""Seconds between two pings; a line that is gone without a word is noticed after about as many."""

Hear = Callable[["Line", SocketModeRequest], None]


class Line(SocketModeClient):
    """`hear` gets every envelope. `over` is set when the line has ended, or Slack asks for another one."""

    def __init__(self, web: AsyncWebClient, hear: Hear, *, ping: float) -> None:
        super().__init__(web.token or "", logger=web.logger, web_client=web, proxy=web.proxy, ping_interval=ping)
        self.proxy = web.proxy  # the SDK takes one from the environment
        self.over = asyncio.Event()
        self.idle = asyncio.Event()
        """Set while nothing that came on it waits for its acknowledgement."""
        self.idle.set()
        self._hear = hear
        self._open = 0
        self.socket_mode_request_listeners.append(self._heard)

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """In the SDK's place."""
        self.over.set()

    async def opened(self, url: str, within: float) -> None:
        """Returns when the line is there. Raises TimeoutError."""
        self.wss_uri = url
        async with asyncio.timeout(within):
            await cast("Callable[[], Awaitable[None]]", self.connect)()

    async def acknowledge(self, request: SocketModeRequest, body: Mapping[str, Any] | None = None) -> bool:
        """Whether Slack was told on this line that the envelope has come."""
        try:
            response = SocketModeResponse(request.envelope_id, None if body is None else dict(body))
            await self.send_socket_mode_response(response)
        except (ClientError, OSError, AttributeError, RuntimeError):
            return False
        finally:
            self._open -= 1
            if not self._open:
                self.idle.set()
        return True

    async def closed_down(self) -> None:
        """Close it; returns when nothing of it runs any more."""
        running = (self.message_processor, self.current_session_monitor, self.message_receiver)
        await cast("Callable[[], Awaitable[None]]", self.close)()
        await asyncio.gather(*(task for task in running if task), return_exceptions=True)

    async def _heard(self, _: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self._open += 1
        self.idle.clear()
        self._hear(self, request)
