"""A real HTTP server on loopback that answers what it is told to, and keeps what it was asked."""

from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, web

from alertd.ports import Source
from alertd.sources import kind
from alertd.wire.session import http_session
from tests.fakes import HandClock


@dataclass(frozen=True)
class Reply:
    body: bytes = b"[]"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False


class Script:
    """Replies in order; the last one stays. `asked` are the requests."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = deque(replies)
        self.asked: list[web.BaseRequest] = []
        self.url = ""

    def then(self, *replies: Reply) -> None:
        """From now on these."""
        self.replies = deque(replies)

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.asked]

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request)
        reply = self.replies.popleft() if len(self.replies) > 1 else self.replies[0]
        if reply.hang_up and request.transport is not None:
            request.transport.abort()
        return web.Response(body=reply.body, status=reply.status, headers=dict(reply.headers))


@asynccontextmanager
async def serving(*replies: Reply) -> AsyncIterator[Script]:
    script = Script(*replies)
    runner = web.ServerRunner(web.Server(script.answer), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        script.url = f"http://{host}:{port}"
        yield script
    finally:
        await runner.cleanup()


@dataclass
class Stage:
    """A source of a kind, asking `script`."""

    source: Source
    script: Script
    clock: HandClock
    session: ClientSession

    async def ask(self, field: str = "price", *coins: str) -> Any:
        """Poll the first call that brings the field."""
        (call, *_) = self.source.calls({field: frozenset(coins or ("BTC",))})
        return await self.source.poll(call, self.clock.now())


@asynccontextmanager
async def stage(kind_: str, ids: Mapping[str, str | int], *replies: Reply, **settings: object) -> AsyncIterator[Stage]:
    found = kind(kind_)
    clock = HandClock()
    async with serving(*replies) as script, http_session() as session:
        built = found.settings.model_validate({"url": script.url, **settings})
        yield Stage(found.build(kind_, built, ids, session, clock), script, clock, session)
