"""The ground of a loopback platform that speaks HTTP: a server on a free port of 127.0.0.1, with scripted answers."""

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from aiohttp import web

from alertd.demo.platforms.record import Act, Record


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came: what golden tests compare."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


class HttpPlatform(ABC):
    """A server with the platform's own endpoints (`routes`), started by `async with`.

    `url` is its root without a trailing slash. `requests` holds everything that was asked, the scripted ones too.
    """

    def __init__(self, record: Record, *, tls: ssl.SSLContext | None = None) -> None:
        self.record = record
        self.requests: list[Request] = []
        self._tls = tls
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.port = 0

    @abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """The endpoints of the platform."""

    @property
    def url(self) -> str:
        # A name, not an address: certificates are checked against it.
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}"

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._scripted], client_max_size=32 * 2**20)
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        if self._runner:
            await self._runner.cleanup()

    @web.middleware
    async def _scripted(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append(Request(request.method, request.path_qs, headers, await request.read()))
        answers = self.record.answers
        if not answers or answers[0].at not in ("", request.method):
            return await handler(request)
        answer = answers.popleft()
        if answer.act is Act.SILENCE:
            await self._closing.wait()
        if answer.act is not Act.ANSWER and request.transport:
            request.transport.abort()
        return web.Response(status=answer.status, headers=dict(answer.headers), body=answer.body)
