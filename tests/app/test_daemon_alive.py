"""A whole daemon and its dead-man's switch."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from alertd.demo.platforms.record import Answer
from tests.acceptance.daemon import PATIENCE, Daemon, rule, watching
from tests.acceptance.hook import Hook
from tests.acceptance.ticker import Ticker


class Switch:
    """Notes each heartbeat."""

    def __init__(self) -> None:
        self.url = ""
        self._beat = asyncio.Event()

    async def answer(self, _: web.BaseRequest) -> web.Response:
        self._beat.set()
        return web.Response()

    async def next(self) -> None:
        self._beat.clear()
        async with asyncio.timeout(PATIENCE):
            await self._beat.wait()


@pytest.fixture
async def switch() -> AsyncIterator[Switch]:
    switch = Switch()
    runner = web.ServerRunner(web.Server(switch.answer), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        switch.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ping"
        yield switch
    finally:
        await runner.cleanup()


async def figures(daemon: Daemon) -> dict[str, float]:
    """Its metrics: name with labels → value."""
    text = (await daemon.get("/metrics"))[1]
    return {name: float(value) for name, value in re.findall(r"^([^#].*) (\S+)$", text, re.MULTILINE)}


async def withheld(daemon: Daemon, times: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await figures(daemon)).get('alertd_heartbeats_total{outcome="withheld"}', 0.0) < times:
            pass  # each look is a request to the daemon: the loop turns


async def test_heartbeats_stop_when_no_source_answers(switch: Switch, tmp_path: Path) -> None:
    """Fifty times as fast as real time: a heartbeat in 1.2 s, a source that is silent for 0.2 s is stale."""
    async with Ticker({"BTCUSDT": 65_000.0}) as ticker, Hook() as hook:
        clock = hook.shows(speed=50)
        config = watching(
            ticker, f"{hook.url}/hook", tmp_path, clock=clock, heartbeat={"url": switch.url, "every": "60s"}
        )
        config["sources"] = {"binance": {"url": ticker.url, "every": "2s"}}
        del config["stale_after"]
        async with Daemon(tmp_path, config, [rule("up", "price > 70k")]) as daemon:
            await daemon.start()
            await switch.next()
            shown = await figures(daemon)
            assert shown["alertd_ready"] == 1
            assert shown['alertd_source_stale_after_seconds{source="binance"}'] == 10
            assert shown["alertd_disk_free_bytes"] > 0
            assert abs(shown["alertd_last_tick_timestamp_seconds"] - time.time()) < PATIENCE
            assert shown["alertd_last_commit_timestamp_seconds"] >= clock["real"]
            before = shown.get('alertd_heartbeats_total{outcome="withheld"}', 0.0)
            ticker.record.answers.extend([Answer(503)] * 1000)
            await withheld(daemon, int(before) + 2)
            ticker.record.answers.clear()
            await switch.next()
            assert await daemon.stop() == 0


async def test_a_heartbeat_that_cannot_be_built_is_a_mistake_of_the_configuration(
    ticker: Ticker, tmp_path: Path
) -> None:
    config = watching(ticker, "http://127.0.0.1:9/hook", tmp_path, heartbeat={"url": "file:missing"})
    async with Daemon(tmp_path, config) as daemon:
        await daemon.launch()
        assert await daemon.ended() == 78
        assert any("cannot read the secret file:" in line for line in daemon.log.lines)


async def test_a_rehearsal_beats_for_nobody(ticker: Ticker, tmp_path: Path) -> None:
    """Beside the daemon it must not hide that that one is dead; its own secret is not even read."""
    config = watching(ticker, "http://127.0.0.1:9/hook", tmp_path, heartbeat={"url": "file:missing"})
    async with Daemon(tmp_path, config, [rule("up", "price > 70k")]) as daemon:
        await daemon.start("--dry-run")
        await ticker.judged(BTCUSDT=65_000)
        assert await daemon.stop() == 0


@pytest.fixture
async def ticker() -> AsyncIterator[Ticker]:
    async with Ticker({"BTCUSDT": 65_000.0}) as ticker:
        yield ticker
