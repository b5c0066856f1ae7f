"""A clerk without a daemon: for `alertd chat` where none runs. All of it is forgotten with the process."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from alertd.app.restore import restore
from alertd.app.terminal import Terminal
from alertd.app.unwatched import NoCharts, NoQuotes, unwatched
from alertd.bot.clerk import Clerk
from alertd.bot.office import Office
from alertd.bot.people import People
from alertd.bot.receivers import Receivers
from alertd.clock import SystemClock
from alertd.config.chat import Chat
from alertd.config.files import Text
from alertd.config.load import Config, parse
from alertd.dispatch.policy import Cap
from alertd.market.feeds import Feed, Feeds
from alertd.model.people import Crowd
from alertd.pipeline import Pipeline
from alertd.storage.memory import MemoryStore
from alertd.wire.secret import Secret
from alertd.wire.vault import Vault

NOTHING_WATCHED = "No prices here: no daemon runs behind this, so nothing is watched."

_SHIPPED = b"""\
version: 1
sources:
  binance: {}
  coingecko: {}
  tokenmetrics: {keys: ["env:TOKENMETRICS_KEY"]}
  fear_greed: {}
prices: [binance, coingecko]
"""
"""Every source, and so every coin and field that alertd knows by itself; none of them is asked."""

_FREE = Cap(1_000_000, 1.0)
"""Nobody shares it with anybody."""


def shipped() -> Config:
    """What alertd knows without a configuration."""
    return parse(Text("alertd.yaml", _SHIPPED), folder=Path())


def _office(config: Config, pipeline: Pipeline, store: MemoryStore, people: People, clock: SystemClock) -> Office:
    async def status() -> Mapping[str, object]:
        return {"state": "no daemon", "watching": "nothing"}

    return Office(
        pipeline=pipeline,
        store=store,
        clock=clock,
        people=people,
        terms=Chat(key=Secret("env:NONE"), channels=tuple(config.channels), alerts=100_000, commands=_FREE),
        universe=lambda: config.universe,
        coins=lambda: config.coins,
        quotes=NoQuotes(),
        charts=NoCharts(),
        status=status,
        alone=True,
    )


@asynccontextmanager
async def alone(config: Config) -> AsyncIterator[Terminal]:
    """The clerk with the configuration's names; no source is asked, nothing is sent."""
    store, clock, people = MemoryStore(), SystemClock.of(config.clock), People(Vault.drawn(), Crowd())
    own, zone, operator = config.policy.receivers, config.universe.zone, config.policy.operator
    policy = replace(config.policy, receivers=Receivers(own, people, zone, operator, channels=config.channels))
    feeds = Feeds([Feed(name, field) for name, fields in config.universe.sources.items() for field in sorted(fields)])
    restored = restore(await store.load(clock.now()), feeds, now=clock.now(), max_jump=config.max_jump)
    pipeline = unwatched(restored, policy, store, clock, still=False)
    office = _office(config, pipeline, store, people, clock)
    engine = asyncio.get_running_loop().create_task(pipeline.run())
    try:
        yield Terminal(Clerk(office), office, NOTHING_WATCHED)
    finally:
        engine.cancel()
        with suppress(asyncio.CancelledError):
            await engine
        await store.close()
