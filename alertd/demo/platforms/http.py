"""The ground of a loopback platform that speaks HTTP: a server on a free port of 127.0.0.1, with scripted answers,
limits and moods."""

import asyncio
import math
import ssl
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self, TypedDict, Unpack

from aiohttp import web

from alertd.demo.platforms.limits import Ask, Gate, Limits, Refusal, Waits
from alertd.demo.platforms.moods import Temper
from alertd.demo.platforms.record import Act, Record
from alertd.demo.platforms.server import Server, cut_off

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]

_BEGAN = web.RequestKey("began", float)
_TEMPER = web.RequestKey("temper", Temper)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came: what golden tests compare."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


class Serving(TypedDict, total=False):
    """How a platform serves. Without `limits` it takes whatever comes; `scale` multiplies their rates and bursts.
    Without `keep_requests` nothing is kept of what came but the record."""

    tls: ssl.SSLContext | None
    limits: Limits | None
    scale: float
    keep_requests: bool


class HttpPlatform(Server):
    """A server with the platform's own endpoints (`routes`), started by `async with`.

    `url` is its root without a trailing slash. `requests` holds everything that was asked, the scripted ones too;
    `served` counts them.
    """

    name: ClassVar[str] = "http"
    """What refusals are counted under."""

    def __init__(self, record: Record, **serving: Unpack[Serving]) -> None:
        super().__init__()
        self.record = record
        self.requests: list[Request] = []
        self.served = 0
        self._keep = serving.get("keep_requests", True)
        self._tls = serving.get("tls")
        self.gate = Gate(serving.get("limits") or (), serving.get("scale", 1.0))
        self._waits = Waits()
        self._runner: web.AppRunner | None = None

    @abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """The endpoints of the platform."""

    @property
    def url(self) -> str:
        # A name, not an address: certificates are checked against it.
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}"

    def _connections(self) -> Iterable[asyncio.BaseTransport | None]:
        server = self._runner.server if self._runner else None
        return (connection.transport for connection in (server.connections if server else ()))

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._serve], client_max_size=32 * 2**20)
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        if server := self._runner.server:
            await self._listen(server, self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._leave()
        if self._runner:
            await self._runner.cleanup()

    # ── what a platform says in its own way ──────────────────────────────────────────────────────────────────────

    def limited(self, ask: Ask, refusal: Refusal) -> web.Response:
        """The answer to a call that is over the limit `ask` is about."""
        return web.Response(status=429, headers=whole_seconds(refusal), text="too many requests")

    def failing(self, status: int) -> web.Response:
        """The answer of a platform that has trouble."""
        return web.Response(status=status, text="upstream trouble")

    def banned(self) -> web.Response:
        """The answer to one who may not come any more."""
        return web.Response(status=403, text="forbidden")

    def wait(self, refusal: Refusal) -> float:
        """The Retry-After as this platform says it, in seconds: whole ones, rounded up."""
        return max(math.ceil(refusal.retry_after), 1)

    # ── what handlers ask ────────────────────────────────────────────────────────────────────────────────────────

    def over(self, request: web.Request, *asks: Ask) -> web.Response | None:
        """The refusal of a call that is over a limit, None where it may pass; the last `ask` is about its address.

        Whatever has been told to wait is refused until then, although its bucket may have filled before.
        """
        record, now = self.record, self.record.now()
        refusal = self._waits.running(asks, request[_BEGAN], record.flight)
        if refusal:
            record.early += refusal.early
            refusal = replace(refusal, retry_after=self.wait(refusal))
        else:
            refusal = self.gate.ask(asks, now)
            if not refusal and self.temper(request) is Temper.LIMITED:
                refusal = Refusal(asks[-1].reason, self.mood.retry_after or 1.0)
            if not refusal:
                return None
            refusal = replace(refusal, retry_after=self.wait(refusal))
            self._waits.tell(_about(asks, refusal), now, now + refusal.retry_after)
        record.refused[self.name, refusal.reason] += 1
        return self.limited(_about(asks, refusal), refusal)

    def temper(self, request: web.Request) -> Temper:
        """What this request meets."""
        return request[_TEMPER]

    # ── every request ────────────────────────────────────────────────────────────────────────────────────────────

    @web.middleware
    async def _serve(self, request: web.Request, handler: Handle) -> web.StreamResponse:
        request[_BEGAN] = self.record.now()
        self.served += 1
        body = await request.read()
        if self._keep:
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.requests.append(Request(request.method, request.path_qs, headers, body))
        answers = self.record.answers
        if answers and answers[0].at in ("", request.method):
            return await self._scripted(request)
        request[_TEMPER] = temper = self._dice.cast()
        if temper is Temper.WELL:
            return await self.respond(request, handler)
        return await self._moody(request, handler, temper)

    async def respond(self, request: web.Request, handler: Handle) -> web.StreamResponse:
        """The platform's own answer."""
        return await handler(request)

    async def _scripted(self, request: web.Request) -> web.Response:
        answer = self.record.answers.popleft()
        if answer.act is Act.SILENCE:
            await self._closing.wait()
        if answer.act is not Act.ANSWER:
            cut_off(request.transport)
        return web.Response(status=answer.status, headers=dict(answer.headers), body=answer.body)

    async def _moody(self, request: web.Request, handler: Handle, temper: Temper) -> web.StreamResponse:
        if temper is Temper.FAILING:
            response = self.failing(self.mood.status if self.mood.status >= 500 else 503)
            if self.mood.retry_after is not None:
                response.headers["Retry-After"] = f"{self.mood.retry_after:g}"
            return response
        if temper is Temper.BANNED:
            return self.banned()
        if temper is Temper.SILENT:
            await self._closing.wait()
        if temper in (Temper.SILENT, Temper.DEAD):
            cut_off(request.transport)
            return web.Response()
        answer = await self.respond(request, handler)
        if temper is Temper.SWALLOWS:
            cut_off(request.transport)
        return await _cut(request, answer) if temper is Temper.TRUNCATED else answer


def _about(asks: Sequence[Ask], refusal: Refusal) -> Ask:
    return next(ask for ask in asks if ask.reason == refusal.reason)


async def _cut(request: web.Request, whole: web.StreamResponse) -> web.StreamResponse:
    """Half of an answer's body, under the headers of the whole."""
    body = whole.body if isinstance(whole, web.Response) and isinstance(whole.body, bytes) else b""
    headers = {name: value for name, value in whole.headers.items() if name != "Transfer-Encoding"}
    # Where there is no body to cut there is half a head: the reader cannot know that nothing follows.
    half = web.StreamResponse(status=whole.status, headers={**headers, "Content-Length": str(max(len(body), 1))})
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport:
        request.transport.close()
    return half


def whole_seconds(refusal: Refusal) -> dict[str, str]:
    """The header for a wait that has been rounded already."""
    return {"Retry-After": f"{refusal.retry_after:g}"}
