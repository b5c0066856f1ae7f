"""kill -9 at every point of a message's way: nothing is lost, and only what was in flight may come twice."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from alertd.model.event import EventKind
from tests.acceptance.daemon import Daemon, rule, watching
from tests.acceptance.hook import Hook, arrived
from tests.acceptance.ticker import Ticker
from tests.faults.dying import CRASH

UP = rule("up", "price > 70k", until="price < 60k", cooldown="1h")
"""Once in an hour, whatever the price does."""


async def test_after_judging_and_before_the_commit(ticker: Ticker, hook: Hook, tmp_path: Path) -> None:
    async with Daemon(tmp_path, watching(ticker, f"{hook.url}/hook", tmp_path), [UP]) as daemon:
        await daemon.start()
        await ticker.judged(BTCUSDT=65_000)
        await ticker.hold()
        with closing(sqlite3.connect(daemon.state, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            ticker.go(BTCUSDT=71_000)
            await daemon.log.has("the tick waits for the store")
            status, text = await daemon.get("/readyz")
            assert (status, text.startswith("store: ")) == (503, True)
            await daemon.kill()
        assert daemon.status().events == []
        await daemon.start()
        assert await arrived(hook, 1) == ["BTC 71,000: price > 70k"]
        assert await daemon.stop() == 0
        assert [(event.kind, event.episode) for event in daemon.status().events] == [(EventKind.FIRED, 1)]
    assert len(hook.attempts) == 1


async def test_a_store_that_is_busy_for_a_while_loses_and_doubles_nothing(
    ticker: Ticker, hook: Hook, tmp_path: Path
) -> None:
    async with Daemon(tmp_path, watching(ticker, f"{hook.url}/hook", tmp_path), [UP]) as daemon:
        await daemon.start()
        await ticker.judged(BTCUSDT=65_000)
        await ticker.hold()
        with closing(sqlite3.connect(daemon.state, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            ticker.go(BTCUSDT=71_000)
            await daemon.log.has("the tick waits for the store")
            ticker.prices["BTCUSDT"] = 65_000
            other.execute("ROLLBACK")
        assert await arrived(hook, 1) == ["BTC 71,000: price > 70k"]
        assert (await daemon.get("/readyz"))[0] == 200
        assert await daemon.stop() == 0
    assert len(hook.attempts) == 1


async def test_after_the_commit_and_before_the_send(ticker: Ticker, tmp_path: Path) -> None:
    """The endpoint is not up yet; it comes up, at the same address, when the daemon is dead."""
    async with Hook() as gone:
        port = gone.port
    config = watching(ticker, f"http://localhost:{port}/hook", tmp_path)
    async with Daemon(tmp_path, config, [UP]) as daemon:
        await daemon.start()
        await ticker.judged(BTCUSDT=65_000)
        await ticker.judged(BTCUSDT=71_000)
        await daemon.log.has("delayed over webhook")
        await daemon.kill()
        (depth,) = daemon.status().depths
        assert (depth.channel, depth.waiting) == ("webhook", 1)
        async with Hook() as hook:
            daemon.config["channels"] = {"webhook": {"url": f"{hook.url}/hook", "secret": f"file:{tmp_path / 'key'}"}}
            daemon.write_config()
            await daemon.start()
            assert await arrived(hook, 1) == ["BTC 71,000: price > 70k"]
            assert await daemon.stop() == 0
            assert len(hook.attempts) == 1


async def test_after_the_send_and_before_the_answer(ticker: Ticker, tmp_path: Path) -> None:
    """The first is answered, the second taken without an answer, the third still waits behind it."""
    levels = [rule(f"level-{level}", f"price > {level}k", until="price < 60k") for level in (70, 80, 90)]
    async with Hook(answered=1) as hook:
        config = watching(ticker, f"{hook.url}/hook", tmp_path)
        async with Daemon(tmp_path, config, levels) as daemon:
            await daemon.start()
            for price in (65_000, 71_000, 81_000, 91_000):
                await ticker.judged(BTCUSDT=price)
            await arrived(hook, 2)
            await daemon.kill()
            hook.answer()
            await daemon.start()
            titles = await arrived(hook, 3)
            assert await daemon.stop() == 0
        assert [title.rpartition(": ")[2] for title in titles] == ["price > 70k", "price > 80k", "price > 90k"]
        first, second, again, third = hook.attempts
        assert second == again, "the one that was in flight"
        assert len({first, second, third}) == 3
        assert hook.repeats == 1


@pytest.mark.parametrize("moment", ["before", "in", "after"])
async def test_around_the_commit(ticker: Ticker, hook: Hook, tmp_path: Path, moment: str) -> None:
    """It dies in the very commit that holds the message: all of it is there, or nothing."""
    async with Daemon(tmp_path, watching(ticker, f"{hook.url}/hook", tmp_path), [UP]) as daemon:
        await daemon.start(program=("-m", "tests.faults.dying"), **{CRASH: f"{moment}-commit"})
        await ticker.judged(BTCUSDT=65_000)
        ticker.prices["BTCUSDT"] = 71_000
        assert await daemon.ended() == -9
        committed = len(daemon.status().events)
        assert committed == (1 if moment == "after" else 0)
        assert sum(depth.waiting for depth in daemon.status().depths) == committed
        assert hook.attempts == []
        await daemon.start()
        assert await arrived(hook, 1) == ["BTC 71,000: price > 70k"]
        assert await daemon.stop() == 0
        assert [(event.kind, event.episode) for event in daemon.status().events] == [(EventKind.FIRED, 1)]
    assert len(hook.attempts) == 1


async def test_a_restart_goes_on_where_the_last_run_was(ticker: Ticker, hook: Hook, tmp_path: Path) -> None:
    """`for`, the cooldown, an open episode and its number outlive the process."""
    rules = [
        rule("waits", "price > 70k", **{"for": "4s"}),
        rule("cools", "price crosses above 75k", cooldown="1h"),
        rule("open", "price > 74k", tell=["fired", "resolved"]),
    ]
    async with Daemon(tmp_path, watching(ticker, f"{hook.url}/hook", tmp_path), rules) as daemon:
        await daemon.start()
        for price in (65_000, 76_000):
            await ticker.judged(BTCUSDT=price)
        await arrived(hook, 2)
        pending = min(event.time for event in daemon.status().events)
        await daemon.kill()
        await daemon.start()
        ready = time.time()
        await arrived(hook, 3)
        for price in (73_000, 77_000):
            await ticker.judged(BTCUSDT=price)
        await arrived(hook, 5)
        assert await daemon.stop() == 0
        events = sorted(daemon.status().events, key=lambda event: (event.time, event.rule))
        assert [(event.rule, event.kind, event.episode) for event in events] == [
            ("cools", "fired", 1),
            ("open", "fired", 1),
            ("cools", "resolved", 1),
            ("waits", "fired", 1),
            ("open", "resolved", 1),
            ("open", "fired", 2),
        ]
        # Its time, or the first reading after a start that took longer.
        assert events[3].time == pytest.approx(max(pending + 4.0, ready), abs=0.3)
        assert daemon.status().unsent == {"cooldown": 1, "unwanted": 1}
