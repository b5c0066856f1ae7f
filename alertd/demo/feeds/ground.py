"""What the loopback APIs have in common: a market, a clock, ids, ETags, and a note of what was asked wrongly."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar, TypeVar, Unpack

import msgspec
from aiohttp import web

from alertd.demo.feeds.lies import spoilt
from alertd.demo.market import Market
from alertd.demo.platforms.http import Handle, HttpPlatform, Serving
from alertd.demo.platforms.limits import Ask
from alertd.demo.platforms.moods import Temper
from alertd.demo.platforms.record import Record

Row = TypeVar("Row")


class Feed(HttpPlatform):
    """An API that tells of a market as of `record.now()`; `record.wrong` notes requests that the real one would not
    like. `ids` are its own ids by coin; coins without one get their name in lower case."""

    counted: ClassVar[str] = "calls"
    """The limit that its calls count against."""

    def __init__(
        self, market: Market, record: Record, ids: Mapping[str, str | int], **serving: Unpack[Serving]
    ) -> None:
        super().__init__(record, **serving)
        self.market = market
        self.ids = {coin: ids.get(coin, coin.lower()) for coin in market.bars}
        self.coins = {str(number): coin for coin, number in self.ids.items()}
        self.answered: list[tuple[float, str]] = []
        """(time, path) of every answer of its own."""

    @property
    def api(self) -> str:
        """What the `url` of a source is set to."""
        return self.url

    def asked(self, path: str) -> int:
        """How many requests went to paths that end so."""
        return sum(request.path.partition("?")[0].endswith(path) for request in self.requests)

    @property
    def now(self) -> float:
        return self.record.now()

    def caller(self, request: web.Request) -> str:
        """Whose calls a limit counts together: a key's; all there are where the API knows none."""
        return ""

    def weight(self, request: web.Request) -> int:
        """What a call counts as."""
        return 1

    async def respond(self, request: web.Request, handler: Handle) -> web.StreamResponse:
        if refused := self.over(request, Ask(self.counted, self.caller(request), self.weight(request))):
            return refused
        response = await handler(request)
        self.answered.append((self.now, request.path))
        if self.temper(request) is Temper.LYING and isinstance(response, web.Response):
            return spoilt(response, self._dice.lie())
        return response

    def fault(self, text: str) -> None:
        self.record.wrong.append(text)

    def listed(self, request: web.Request, parameter: str, *, most: int) -> list[str] | None:
        """A comma separated parameter, None where it is not given."""
        if parameter not in request.query:
            return None
        found = [part for part in request.query[parameter].split(",") if part]
        if len(found) > most:
            self.fault(f"{request.path}: {len(found)} {parameter}, the most is {most}")
        if len(set(found)) < len(found):
            self.fault(f"{request.path}: {parameter} names one twice")
        return found[:most]


def answer(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json", headers=dict(headers or {})
    )


def tagged(request: web.Request, body: object) -> web.Response:
    """The answer with an ETag, or 304 to one who has it already."""
    response = answer(body)
    content = response.body if isinstance(response.body, bytes) else b""
    tag = f'W/"{zlib.crc32(content):08x}"'
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return response


def number(request: web.Request, parameter: str, default: int) -> int:
    """A whole number from the query. Raises 422 as these APIs do."""
    try:
        return int(request.query.get(parameter, default))
    except ValueError:
        raise web.HTTPUnprocessableEntity(text=f'{{"error": "{parameter} is not a number"}}') from None


def iso(at: float) -> str:
    """`2025-04-10T00:00:00.000Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{round(at % 1 * 1000) % 1000:03}Z"


def page(rows: Sequence[Row], size: int, number_: int) -> Sequence[Row]:
    """The n-th page, from 1."""
    first = (max(number_, 1) - 1) * size
    return rows[first : first + size]
