"""What happened while alertd was not running, and what was before it ever ran: both come from the source's candles."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alertd.model.event import EventKind
from tests.acceptance.daemon import Daemon, rule, watching
from tests.acceptance.hook import Hook, arrived
from tests.acceptance.ticker import Kline, Ticker
from tests.fakes import START

MINUTE = 60.0


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with Hook() as hook:
        yield hook


def candles(start: float, *closes: float) -> list[Kline]:
    """One a minute: from the close before it straight to its own."""
    return [
        (start + number * MINUTE, before, max(before, close), min(before, close), close)
        for number, (before, close) in enumerate(zip(closes[:1] + closes, closes, strict=False))
    ]


async def test_an_outage_is_judged_in_order_and_told_in_one_digest(hook: Hook, tmp_path: Path) -> None:
    """Half an hour is missed: a minute above 70k in its fifth minute, five minutes above it from the tenth on."""
    closes = [65_000.0] * 30
    closes[5] = 72_000.0
    closes[10:15] = [71_000.0, 73_000.0, 72_000.0, 71_500.0, 71_000.0]
    rules = [
        rule("touched", "price > 70k", tell=["fired", "resolved"]),
        rule("stayed", "price > 70k", **{"for": "3m"}),
        rule("unmoved", "price > 90k"),
    ]
    async with Ticker({"BTCUSDT": 65_000.0}, candles(START, *closes)) as ticker:
        config = watching(ticker, f"{hook.url}/hook", tmp_path, clock=hook.shows(START))
        async with Daemon(tmp_path, config, rules) as daemon:
            await daemon.start()
            await ticker.judged(BTCUSDT=65_000)
            await daemon.kill()
            daemon.write_config(clock=hook.shows(START + 30 * MINUTE))
            await daemon.start()
            (title,) = await arrived(hook, 1)
            await ticker.judged(BTCUSDT=65_000)
            assert title == "While alertd was not running: 5 alerts: 3 fired, 2 resolved"
            assert await daemon.stop() == 0
            events = daemon.status().events[::-1]
    assert [(event.rule, event.kind, event.episode) for event in events if event.rule == "touched"] == [
        ("touched", EventKind.FIRED, 1),
        ("touched", EventKind.RESOLVED, 1),
        ("touched", EventKind.FIRED, 2),
        ("touched", EventKind.RESOLVED, 2),
    ]
    (stayed,) = [event for event in events if (event.rule, event.kind) == ("stayed", EventKind.FIRED)]
    began = next(event for event in events if event.episode == 2)
    assert stayed.time == began.time + 180
    assert all(event.late for event in events)
    minutes = [(event.time - START) / MINUTE for event in events]
    assert minutes == sorted(minutes)
    assert [int(minute) for minute in minutes] == [5, 6, 10, 13, 15, 15]
    assert len(hook.attempts) == 1


async def test_windows_are_filled_at_the_start(hook: Hook, tmp_path: Path) -> None:
    """`high(24h)` is known with the first price: the day before it comes from candles, and is judged for nobody."""
    day = [65_000.0] * 1500
    day[700] = 69_000.0
    rules = [
        rule("breakout", "price > high(24h)"),
        rule("high", "high(24h) > 68k", already_true="fire"),
        rule("was", "price > 68.5k"),
    ]
    async with Ticker({"BTCUSDT": 65_000.0}, candles(START - len(day) * MINUTE, *day)) as ticker:
        config = watching(ticker, f"{hook.url}/hook", tmp_path, clock=hook.shows(START))
        async with Daemon(tmp_path, config, rules) as daemon:
            await daemon.start()
            await ticker.judged(BTCUSDT=65_000)
            await ticker.judged(BTCUSDT=69_500)
            titles = await arrived(hook, 3)
            assert titles[0] == "BTC 65,000: high(24h) > 68k"
            assert await daemon.stop() == 0
            fired = [event.rule for event in daemon.status().events[::-1] if event.kind is EventKind.FIRED]
    assert sorted(fired) == ["breakout", "high", "was"]
