"""The platforms hold to their limits, and say no as the real ones do."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiosmtplib import SMTPResponseException, SMTPServerDisconnected

from alertd.channels.discord import DiscordSettings
from alertd.channels.discord import build as build_discord
from alertd.demo.feeds import BinanceFeed, CoinGeckoFeed, FearGreedFeed, TokenMetricsFeed
from alertd.demo.feeds.binance import BAN, STRIKES
from alertd.demo.feeds.ground import Feed
from alertd.demo.market import Market, market_day
from alertd.demo.platforms.limits import (
    BINANCE,
    DISCORD,
    SLACK,
    TELEGRAM,
    Limit,
    Limits,
    Manner,
    calls,
    smtp,
    webhook,
)
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.smtp import SmtpPlatform
from tests.channels.samples import delivery
from tests.demo.platforms.callers import BOT, CALLERS, PLATFORMS, Said, mail, mailer, said
from tests.demo.platforms.callers import discord as discord_platform
from tests.fakes import START, HandClock

LIMITS: Mapping[str, Limits] = {
    "telegram": TELEGRAM,
    "slack": SLACK,
    "discord": DISCORD,
    "webhook": webhook(1, 4),
}
BURST = {"telegram": 4, "slack": 4, "discord": 5, "webhook": 4}
RETRY_AFTER = {"telegram": "1", "slack": "1", "discord": "5", "webhook": "1"}
REASON = {"telegram": "chat", "slack": "channel", "discord": "channel", "webhook": "endpoint"}
BODY: Mapping[str, Any] = {
    "telegram": {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    },
    "slack": {"ok": False, "error": "ratelimited"},
    "discord": {"message": "You are being rate limited.", "retry_after": 5.0, "global": False},
    "webhook": "too many requests",
}
ADDRESSES = {"telegram": ("5", "6"), "slack": ("C1", "C2"), "discord": ("9", "8"), "webhook": ("/a", "/b")}


@pytest.mark.parametrize("name", PLATFORMS)
async def test_an_address_takes_its_burst_and_then_waits(
    name: str, record: Record, clock: HandClock, session: ClientSession
) -> None:
    one, other = ADDRESSES[name]
    async with PLATFORMS[name](record, limits=LIMITS[name]) as platform:
        caller = CALLERS[name](platform, session)
        assert [(await caller.send(one)).status for _ in range(BURST[name])] == [
            202 if name == "webhook" else 200
        ] * BURST[name]
        refused = await caller.send(one)
        assert (refused.status, refused.body) == (429, BODY[name])
        assert refused.headers["Retry-After"] == RETRY_AFTER[name]
        assert (await caller.send(other)).status < 300
        assert (record.refused, record.early) == ({(name, REASON[name]): 1}, 0)
        await clock.advance(float(RETRY_AFTER[name]))
        assert (await caller.send(one)).status < 300
    assert (len(record.received), record.early, record.wrong) == (BURST[name] + 2, 0, [])


@pytest.mark.parametrize("name", PLATFORMS)
async def test_calls_while_a_retry_after_runs_are_counted(
    name: str, record: Record, clock: HandClock, session: ClientSession
) -> None:
    async with PLATFORMS[name](record, limits=LIMITS[name]) as platform:
        caller = CALLERS[name](platform, session)
        for _ in range(BURST[name] + 2):
            await caller.send()
        # The second refusal was under way with the first.
        assert (record.refused.total(), record.early) == (2, 0)
        await clock.advance(0.5)
        assert (await caller.send()).status == 429
    assert (record.refused.total(), record.early) == (3, 1)


async def test_without_limits_nobody_waits(record: Record, session: ClientSession) -> None:
    async with PLATFORMS["telegram"](record) as platform:
        caller = CALLERS["telegram"](platform, session)
        assert {(await caller.send()).status for _ in range(40)} == {200}


async def test_a_scale_lets_more_through(record: Record, session: ClientSession) -> None:
    async with PLATFORMS["telegram"](record, limits=TELEGRAM, scale=10) as platform:
        caller = CALLERS["telegram"](platform, session)
        assert [(await caller.send()).status for _ in range(41)] == [200] * 40 + [429]


async def test_telegram_counts_a_group_by_the_minute(record: Record, clock: HandClock, session: ClientSession) -> None:
    async with PLATFORMS["telegram"](record, limits=TELEGRAM) as platform:
        caller = CALLERS["telegram"](platform, session)
        for _ in range(20):
            assert (await caller.send("-100")).status == 200
            await clock.advance(1)
        refused = await caller.send("-100")
    assert refused.body["parameters"] == {"retry_after": 40}
    assert record.refused == {("telegram", "group"): 1}


async def test_telegram_counts_each_bot(record: Record, session: ClientSession) -> None:
    async with PLATFORMS["telegram"](record, limits=TELEGRAM, tokens=["2:second"]) as platform:
        caller = CALLERS["telegram"](platform, session)
        for chat in range(30):
            assert (await caller.send(str(chat))).status == 200
        assert (await caller.send("31")).status == 429
        assert (await caller.call(bot="2:second", chat_id="31")).status == 200
    assert record.refused == {("telegram", "overall"): 1}
    assert record.received[-1].sender == "2"


async def test_slack_counts_a_webhook(record: Record, session: ClientSession) -> None:
    async with PLATFORMS["slack"](record, limits=SLACK) as platform:
        caller = CALLERS["slack"](platform, session)
        assert [(answer.status, answer.body) for answer in (await caller.hooked(), await caller.hooked())] == [
            (200, "ok"),
            (429, "rate_limited"),
        ]


async def test_discord_tells_what_is_left(record: Record, clock: HandClock, session: ClientSession) -> None:
    async with PLATFORMS["discord"](record, limits=DISCORD) as platform:
        caller = CALLERS["discord"](platform, session)
        await caller.send()
        await clock.advance(2)
        headers = (await caller.send()).headers
    told = {name: headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset-After", "Reset")}
    assert told == {"Limit": "5", "Remaining": "3", "Reset-After": "3.000", "Reset": f"{START + 5:.3f}"}


async def test_discord_has_a_limit_for_all(record: Record, session: ClientSession) -> None:
    async with PLATFORMS["discord"](record, limits=DISCORD) as platform:
        caller = CALLERS["discord"](platform, session)
        for channel in range(50):
            assert (await caller.send(str(100 + channel))).status == 200
        refused = await caller.send("99")
    assert (refused.status, refused.body["global"], refused.headers["Via"]) == (429, True, "1.1 google")
    assert refused.headers["X-RateLimit-Scope"] == "global"


async def test_discord_py_paces_itself_by_the_headers(tmp_path: Path, session: ClientSession) -> None:
    (tmp_path / "key").write_text(BOT)
    record = Record()
    quick: Limits = (Limit("channel", Manner.FIXED, 5, 0.2),)
    async with discord_platform(record, limits=quick) as platform:
        settings = DiscordSettings.model_validate({"url": platform.api, "token": f"file:{tmp_path / 'key'}"})
        channel = build_discord("discord", settings, session)
        sends = [channel.send(delivery(address="9", message=f"m{number}"), START) for number in range(12)]
        await asyncio.gather(*sends)
        await channel.close()
    assert (len(record.received), record.refused, record.early) == (12, {}, 0)


async def test_the_mail_server_has_two_limits(record: Record) -> None:
    async with SmtpPlatform(record, limits=smtp(2)) as platform, mailer(platform.port) as client:
        for number in range(2):
            await client.send_message(mail(number))
        codes = []
        for _ in range(3):
            try:
                await client.mail("alerts@desk.example")
            except SMTPResponseException as refused:
                codes.append((refused.code, refused.message[:5]))
        assert codes == [(450, "4.7.1"), (450, "4.7.1"), (421, "4.7.0")]
        with pytest.raises((SMTPServerDisconnected, SMTPResponseException)):
            await client.noop()
    assert record.refused == {("email", "mails"): 2, ("email", "attempts"): 1}


@pytest.fixture(scope="module")
def market() -> Market:
    return market_day(7, START)


FEEDS: Mapping[str, tuple[Callable[..., Feed], str]] = {
    "coingecko": (partial(CoinGeckoFeed, ids={}), "/simple/price?ids=btc&vs_currencies=usd"),
    "tokenmetrics": (partial(TokenMetricsFeed, ids={}), "/tokens"),
    "fear_greed": (FearGreedFeed, "/fng/"),
}


async def asked(feed: Feed, session: ClientSession, path: str) -> Said:
    return await said(session.get(f"{feed.api}{path}"))


@pytest.mark.parametrize("name", FEEDS)
async def test_a_feed_holds_to_its_plan(
    name: str, market: Market, record: Record, clock: HandClock, session: ClientSession
) -> None:
    build, path = FEEDS[name]
    async with build(market, record, limits=calls(2)) as feed:
        answers = [await asked(feed, session, path) for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert answers[-1].headers["Retry-After"] == "60"
        await clock.advance(60)
        assert (await asked(feed, session, path)).status == 200
    assert (record.refused, record.early) == ({(name, "calls"): 1}, 0)


async def test_binance_counts_weight_and_bans_who_goes_on(
    market: Market, record: Record, clock: HandClock, session: ClientSession
) -> None:
    path = "/api/v3/ticker/price?symbol=BTCUSDT"
    few: Limits = (Limit("weight", Manner.FIXED, 5, 60.0),)
    assert BINANCE[0].count == 6000
    async with BinanceFeed(market, record, {}, limits=few) as feed:
        answers = [await asked(feed, session, path) for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert [answer.headers["X-MBX-USED-WEIGHT-1M"] for answer in answers] == ["2", "4", "4"]
        assert (answers[-1].body["code"], answers[-1].headers["Retry-After"]) == (-1003, "60")
        await clock.advance(1)
        assert [(await asked(feed, session, path)).status for _ in range(STRIKES)] == [429] * (STRIKES - 1) + [418]
        await clock.advance(BAN - 1)
        banned = await asked(feed, session, path)
        assert (banned.status, banned.headers["Retry-After"]) == (418, "1")
        await clock.advance(1)
        assert (await asked(feed, session, path)).status == 200
