"""Platforms that take messages at once and answer when a test says so."""

import asyncio
from typing import Any

from aiohttp import web

from alertd.demo.platforms.http import Handle, HttpPlatform
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.demo.platforms.webhook import WebhookPlatform


class Gated(HttpPlatform):
    """A platform that takes what comes, and answers while `answering` is set; `held` are those that wait."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.answering = asyncio.Event()
        self.answering.set()
        self.held = 0
        self._more = asyncio.Event()

    async def holds(self, count: int) -> None:
        """Wait until so many have not been answered."""
        while self.held < count:
            self._more.clear()
            await self._more.wait()

    async def respond(self, request: web.Request, handler: Handle) -> web.StreamResponse:
        answer = await super().respond(request, handler)
        self.held += 1
        self._more.set()
        try:
            await self.answering.wait()
        finally:
            self.held -= 1
        return answer


class Hooks(Gated, WebhookPlatform):
    pass


class Chats(Gated, TelegramPlatform):
    pass
