"""The condition language in a running daemon: bars, series, breadth, memory, checks and agreement, over a kill -9.

The clock runs sixty times as fast as the real one: a second is a minute.
"""

import math
from collections import Counter
from pathlib import Path

from alertd.model.event import Event, EventKind
from tests.acceptance.daemon import Daemon, rule, watching
from tests.acceptance.hook import Hook, arrived
from tests.acceptance.ticker import Ticker
from tests.fakes import START

MINUTE = 60.0
HOURS = [START + number * MINUTE for number in range(-120, 240)]
"""The minutes around the test, by their starts."""

PRICES = {
    "BTCUSDT": 65_000.0,
    "ETHUSDT": 4_500.0,
    "SOLUSDT": 100.0,
    "LTCUSDT": 90.0,
    "BNBUSDT": 600.0,
    "ADAUSDT": 1.0,
    "XRPUSDT": 2.0,
    "DOGEUSDT": 0.2,
}
RULES = [
    rule("agreed", "price < 60k confirmed by 2 sources", until="price > 62k"),
    rule("held", "price breaks above 70k, holds 3m"),
    rule("broke", "price crosses above 70k"),
    rule("steps", "price crosses every 1000", symbols=["ETH"]),
    rule("traded", "volume(1m) > 3 * average(volume(1m), 10m)", symbols=["ETH"], cooldown="1h"),
    rule("moved", "price moves 10% since last alert", symbols=["SOL"]),
    rule("pair", "PAIR crosses above 0.2", symbols=["LTC"]),
    rule("broad", "count(where price down 5% in 1h) >= 2", symbols=["ADA", "XRP", "DOGE"], cooldown="1h"),
    rule("clock", "price > 1k", at=[f"{minute // 60:02}:{minute % 60:02}" for minute in range(240)]),
]
SERIES = {"PAIR": "LTC.price / BNB.price"}


TOLD = {
    ("agreed", "BTC"): 1,
    ("broad", "market"): 1,
    ("pair", "LTC"): 1,
    ("broke", "BTC"): 1,
    ("held", "BTC"): 1,
    ("moved", "SOL"): 2,
    ("steps", "ETH"): 3,
    ("traded", "ETH"): 1,
}


def fired(daemon: Daemon) -> list[Event]:
    """What has fired so far, the first first."""
    return [event for event in daemon.status().events[::-1] if event.kind is EventKind.FIRED]


def counted(events: list[Event]) -> dict[tuple[str, str], int]:
    """How often each rule fired on each coin, what the clock told left out."""
    return dict(Counter((event.rule, event.symbol) for event in events if event.rule != "clock"))


async def before_the_kill(daemon: Daemon, ticker: Ticker, second: Ticker) -> None:
    await second.judged()
    await ticker.judged()
    # One bad tick of one source, then both agree; one coin falls, then another; a pair.
    await ticker.judged(BTCUSDT=50_000)
    await ticker.judged(BTCUSDT=65_000, ADAUSDT=0.9, LTCUSDT=119)
    assert counted(fired(daemon)) == {}
    await second.judged(BTCUSDT=59_000)
    await ticker.judged(BTCUSDT=59_000, DOGEUSDT=0.18, LTCUSDT=121)
    assert counted(fired(daemon)) == {("agreed", "BTC"): 1, ("broad", "market"): 1, ("pair", "LTC"): 1}
    await second.judged(BTCUSDT=65_000)
    await ticker.judged(BTCUSDT=65_000, XRPUSDT=1.8)
    # What is remembered: the reading before, the value of the last alert, the level that broke.
    await ticker.judged(ETHUSDT=5_100, SOLUSDT=109)
    await ticker.judged(ETHUSDT=5_900, SOLUSDT=111)
    await ticker.judged(ETHUSDT=6_000, SOLUSDT=121, BTCUSDT=71_000)


async def after_it(daemon: Daemon, ticker: Ticker, hook: Hook) -> None:
    await ticker.judged(ETHUSDT=6_001, SOLUSDT=122, BTCUSDT=70_500)
    await ticker.judged(ETHUSDT=4_900, SOLUSDT=123)
    ticker.traded["ETHUSDT"][math.floor(hook.record.now() / MINUTE + 1) * MINUTE] = 50_000.0
    for rule_ in ("traded", "held"):
        await daemon.log.has(f'"message": "fired", "rule": "{rule_}"')
    await daemon.log.has('"message": "fired", "rule": "clock"', times=3)


async def test_the_language_over_a_kill(ticker: Ticker, hook: Hook, tmp_path: Path) -> None:
    """All of it is told as often as it should be; the rules go on with what they remember, and keep their alerts."""
    ticker.prices |= PRICES
    ticker.traded["ETHUSDT"] = dict.fromkeys(HOURS, 1_000.0)
    async with Ticker(PRICES) as second:
        config = watching(ticker, f"{hook.url}/hook", tmp_path, clock=hook.shows(START, speed=60), stale_after="1h")
        config["sources"] = {
            "binance": {"url": ticker.url, "every": "3s"},
            "other": {"kind": "binance", "url": second.url, "every": "3s"},
        }
        async with Daemon(tmp_path, config) as daemon:
            daemon.write_rules(RULES, series=SERIES)
            await daemon.start()
            await before_the_kill(daemon, ticker, second)
            await daemon.kill()
            before = fired(daemon)
            await daemon.start()
            await after_it(daemon, ticker, hook)
            await arrived(hook, len(fired(daemon)))
            assert await daemon.stop() == 0
            everything, status = fired(daemon), daemon.status()
    assert everything[: len(before)] == before
    assert counted(everything) == TOLD
    assert len({(event.rule, event.symbol) for event in status.events}) == len({event.alert for event in status.events})
    assert {event.reason for event in status.events} == {""}
    at = {event.rule: event.time for event in everything}
    assert at["held"] >= at["broke"] + 3 * MINUTE
    checks = [event.time for event in everything if event.rule == "clock"]
    assert [check % MINUTE for check in checks] == [0.0] * len(checks)
    assert len(set(checks)) == len(checks)
    assert hook.record.wrong == []
    waiting = sum(depth.waiting for depth in status.depths)
    assert len(set(hook.attempts)) + waiting == len(everything)
    assert len(hook.attempts) - len(set(hook.attempts)) <= 1, "the one that was in flight may come again"
