"""Moods: dead, silent, failing, limited, truncated, swallowing, banned, lying, and well again."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientSession
from aiosmtplib import SMTPConnectError, SMTPException, SMTPResponseException, SMTPServerDisconnected

from alertd.demo.feeds import BinanceFeed, CoinGeckoFeed
from alertd.demo.market import HOUR, Market, market_day
from alertd.demo.platforms.moods import WELL, Dice, Lie, Mood, Temper
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.smtp import SmtpPlatform
from tests.demo.platforms.callers import CALLERS, PLATFORMS, mail, mailer, said
from tests.fakes import START, HandClock

SOON = aiohttp.ClientTimeout(total=0.2)
"""Real seconds, for the sockets are real."""


@pytest.fixture
async def hasty() -> AsyncIterator[ClientSession]:
    async with ClientSession(timeout=SOON) as session:
        yield session


def test_a_share_is_the_same_each_time() -> None:
    def cast(seed: int) -> list[Temper]:
        dice = Dice(Mood(Temper.FAILING, share=0.5, seed=seed))
        return [dice.cast() for _ in range(1000)]

    assert cast(1) == cast(1) != cast(2)
    assert 450 < cast(1).count(Temper.FAILING) < 550


@pytest.mark.parametrize("name", PLATFORMS)
async def test_the_dead_refuse_and_come_back_on_the_same_port(
    name: str, record: Record, session: ClientSession
) -> None:
    async with PLATFORMS[name](record) as platform:
        caller, port = CALLERS[name](platform, session), platform.port
        await caller.send()
        platform.mood = Mood(Temper.DEAD)
        for _ in range(2):
            with pytest.raises((aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError, OSError)):
                await caller.send()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        platform.mood = WELL
        assert (await caller.send()).status < 300
    assert (platform.port, len(record.received)) == (port, 2)


async def test_one_that_is_dead_from_the_start(record: Record, session: ClientSession) -> None:
    platform = PLATFORMS["webhook"](record)
    platform.mood = Mood(Temper.DEAD)
    async with platform:
        with pytest.raises(aiohttp.ClientConnectorError):
            await CALLERS["webhook"](platform, session).send()


@pytest.mark.parametrize("name", PLATFORMS)
@pytest.mark.parametrize(
    ("temper", "error", "taken"),
    [
        (Temper.SILENT, TimeoutError, 0),
        (Temper.SWALLOWS, aiohttp.ServerDisconnectedError, 1),
        (Temper.TRUNCATED, aiohttp.ClientPayloadError, 1),
    ],
    ids=["silent", "swallows", "truncated"],
)
async def test_no_whole_answer(
    *, name: str, temper: Temper, error: type[Exception], taken: int, record: Record, hasty: ClientSession
) -> None:
    async with PLATFORMS[name](record) as platform:
        caller = CALLERS[name](platform, hasty)
        platform.mood = Mood(temper)
        with pytest.raises(error):
            await caller.send()
        assert len(record.received) == taken
        platform.mood = WELL
        assert (await caller.send()).status < 300


@pytest.mark.parametrize("name", PLATFORMS)
@pytest.mark.parametrize(
    ("mood", "status", "header"),
    [
        (Mood(Temper.FAILING), 503, None),
        (Mood(Temper.FAILING, status=502, retry_after=7), 502, "7"),
        (Mood(Temper.LIMITED), 429, "1"),
        (Mood(Temper.LIMITED, retry_after=7), 429, "7"),
    ],
    ids=["503", "502 with Retry-After", "429", "429 for longer"],
)
async def test_refusals_of_a_mood(
    *, name: str, mood: Mood, status: int, header: str | None, record: Record, session: ClientSession
) -> None:
    async with PLATFORMS[name](record) as platform:
        platform.mood = mood
        answer = await CALLERS[name](platform, session).send()
    assert (answer.status, answer.headers.get("Retry-After"), record.received) == (status, header, [])


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("telegram", 403, {"ok": False, "error_code": 403, "description": "Forbidden"}),
        ("slack", 200, {"ok": False, "error": "account_inactive"}),
        ("discord", 429, "error code: 1015"),
        ("webhook", 403, "forbidden"),
    ],
)
async def test_bans(name: str, status: int, body: object, record: Record, session: ClientSession) -> None:
    async with PLATFORMS[name](record) as platform:
        platform.mood = Mood(Temper.BANNED)
        answer = await CALLERS[name](platform, session).send()
    assert (answer.status, answer.body, "Via" in answer.headers) == (status, body, False)


async def test_a_storm_of_429_counts_who_comes_early(record: Record, clock: HandClock, session: ClientSession) -> None:
    async with PLATFORMS["telegram"](record) as platform:
        caller = CALLERS["telegram"](platform, session)
        platform.mood = Mood(Temper.LIMITED, share=0.5, retry_after=3)
        answers = [await caller.send(str(chat)) for chat in range(40)]
        limited = [chat for chat, answer in enumerate(answers) if answer.status == 429]
        assert 10 < len(limited) < 30
        platform.mood = WELL
        await clock.advance(1)
        assert (await caller.send(str(limited[0]))).body["parameters"] == {"retry_after": 2}
        assert record.early == 1
        await clock.advance(2)
        assert (await caller.send(str(limited[0]))).status == 200
    assert record.early == 1


# ── mail ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("mood", "code"),
    [
        (Mood(Temper.FAILING), 451),
        (Mood(Temper.FAILING, status=452), 452),
        (Mood(Temper.FAILING, status=421), 421),
        (Mood(Temper.LIMITED), 450),
        (Mood(Temper.BANNED), 554),
    ],
    ids=["451", "452", "421", "450", "554"],
)
async def test_what_a_mail_server_says(mood: Mood, code: int, record: Record) -> None:
    async with SmtpPlatform(record) as platform:
        async with mailer(platform.port) as client:
            platform.mood = mood
            with pytest.raises(SMTPResponseException) as refused:
                await client.send_message(mail())
            assert (refused.value.code, client.is_connected) == (code, code != 421)
        platform.mood = WELL
        async with mailer(platform.port) as client:
            await client.send_message(mail())
    assert len(record.received) == 1


@pytest.mark.parametrize(
    ("temper", "error", "taken"),
    [
        (Temper.SILENT, SMTPException, 0),
        (Temper.SWALLOWS, SMTPServerDisconnected, 1),
        (Temper.TRUNCATED, SMTPException, 1),
    ],
)
async def test_no_whole_reply(temper: Temper, error: type[Exception], taken: int, record: Record) -> None:
    async with SmtpPlatform(record) as platform:
        client = mailer(platform.port, timeout=0.2)
        await client.connect()
        platform.mood = Mood(temper)
        with pytest.raises(error):
            await client.send_message(mail())
        client.close()
    assert len(record.received) == taken


async def test_a_dead_mail_server(record: Record) -> None:
    async with SmtpPlatform(record) as platform:
        async with mailer(platform.port) as client:
            platform.mood = Mood(Temper.DEAD)
            with pytest.raises((SMTPException, OSError)):
                await client.send_message(mail())
        with pytest.raises(SMTPConnectError):
            await mailer(platform.port).connect()
        platform.mood = WELL
        async with mailer(platform.port) as client:
            await client.send_message(mail())
    assert len(record.received) == 1


# ── feeds ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def market() -> Market:
    return market_day(7, START)


PRICES = "/simple/price?ids=bitcoin&vs_currencies=usd&include_last_updated_at=true"


@pytest.mark.parametrize(
    ("lie", "is_so"),
    [
        (Lie.ZERO, lambda told, true: told == 0),
        (Lie.NEGATIVE, lambda told, true: told == -true),
        (Lie.NAN, lambda told, true: math.isnan(told)),
        (Lie.THOUSANDFOLD, lambda told, true: told == 1000 * true),
        (Lie.TYPE, lambda told, true: told == [true]),
        (Lie.OLD, lambda told, true: told == true),
    ],
    ids=list(Lie),
)
async def test_a_lying_feed(
    lie: Lie, is_so: Callable[[Any, float], bool], market: Market, session: ClientSession
) -> None:
    record = Record(now=HandClock(START + 11 * HOUR).now)
    async with CoinGeckoFeed(market, record, {"BTC": "bitcoin"}) as feed:
        true = (await said(session.get(feed.api + PRICES))).body["bitcoin"]
        feed.mood = Mood(Temper.LYING, lies=(lie,))
        answer = await said(session.get(feed.api + PRICES))
        told = answer.body["bitcoin"]
    assert is_so(told["usd"], true["usd"])
    assert told["last_updated_at"] == true["last_updated_at"] - (365 * 24 * HOUR if lie is Lie.OLD else 0)
    assert "ETag" not in answer.headers


async def test_numbers_in_strings_lie_too(market: Market, session: ClientSession) -> None:
    record = Record(now=HandClock(START + 11 * HOUR).now)
    async with BinanceFeed(market, record, {}) as feed:
        feed.mood = Mood(Temper.LYING, lies=(Lie.NAN,))
        price = (await said(session.get(f"{feed.api}/api/v3/ticker/price?symbol=BTCUSDT"))).body
        feed.mood = Mood(Temper.LYING, lies=(Lie.OLD,))
        bar = (await said(session.get(f"{feed.api}/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=1"))).body[0]
    assert price == {"symbol": "BTCUSDT", "price": "nan"}
    assert bar[0] / 1000 == START + 10 * HOUR - 365 * 24 * HOUR


async def test_a_truncated_feed(market: Market, hasty: ClientSession) -> None:
    record = Record(now=HandClock(START + 11 * HOUR).now)
    async with CoinGeckoFeed(market, record, {"BTC": "bitcoin"}) as feed:
        feed.mood = Mood(Temper.TRUNCATED)
        async with hasty.get(feed.api + PRICES) as response:
            length = int(response.headers["Content-Length"])
            with pytest.raises(aiohttp.ClientPayloadError):
                await response.read()
        feed.mood = Mood(Temper.BANNED)
        assert (await said(hasty.get(feed.api + PRICES))).status == 403
        feed.mood = WELL
        async with hasty.get(feed.api + PRICES) as response:
            assert len(json.dumps(await response.json(), separators=(",", ":"))) == length
