"""The dead-man's switch: it is pressed while there is progress, and not when there is none."""

import asyncio
import re
from pathlib import Path

from aiohttp import web

from alertd.demo.platforms.http import HttpPlatform
from alertd.demo.platforms.record import Record
from tests.acceptance.daemon import PATIENCE
from tests.acceptance.world import World, watch, world


class Switch(HttpPlatform):
    """Counts the times that it is pressed."""

    def __init__(self) -> None:
        super().__init__(Record())
        self.pressed = 0
        self._again = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/ping", self._press)]

    async def until(self, times: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.pressed < times:
                self._again.clear()
                await self._again.wait()

    async def _press(self, _: web.Request) -> web.Response:
        self.pressed += 1
        self._again.set()
        return web.Response(text="ok")


async def test_heartbeats_stop_with_the_prices_and_come_back(tmp_path: Path) -> None:
    async with Switch() as switch:
        heartbeat = {"url": f"{switch.url}/ping", "every": "10s"}
        async with world(
            tmp_path, [watch("above")], speed=20.0, heartbeat=heartbeat, operator=["desk"], stale_after="30s"
        ) as the:
            await the.start()
            await switch.until(2)
            await the.ticker.hold()
            await the.came(1, "slack")
            assert "binance is stale" in the.titles("slack")[0]
            await withheld(the)
            pressed = switch.pressed
            await withheld(the)
            assert switch.pressed == pressed
            the.ticker.go()
            await switch.until(pressed + 1)
    assert the.record.wrong == []


async def withheld(the: World) -> None:
    """Returns after the next heartbeat that was not sent."""
    before = await _count(the)
    async with asyncio.timeout(PATIENCE):
        while await _count(the) == before:
            pass


async def _count(the: World) -> float:
    _, figures = await the.daemon.get("/metrics")
    found = re.search(r'alertd_heartbeats_total\{outcome="withheld"\} (\S+)', figures)
    return float(found[1]) if found else 0.0
