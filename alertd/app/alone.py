"""A clerk without a daemon: for `alertd chat` where none runs. All of it is forgotten with the process."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from alertd.app.quotes import OnDemand
from alertd.app.restore import restore
from alertd.app.terminal import Terminal
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
from alertd.model.event import EventKind
from alertd.model.notification import Picture
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


class Uncounted:
    """An observer whom nobody asks."""

    def tick(self, seconds: float) -> None: ...
    def event(self, kind: EventKind, count: int = 1) -> None: ...
    def refused(self, source: str, reason: str, count: int = 1) -> None: ...
    def not_sent(self, reason: str, count: int = 1) -> None: ...


class NoCharts:
    """See `bot.office.Charts`: there are no prices to draw."""

    async def draw(self, _: Picture) -> bytes | None:
        return None


def shipped() -> Config:
    """What alertd knows without a configuration."""
    return parse(Text("alertd.yaml", _SHIPPED), folder=Path())


def _office(config: Config, pipeline: Pipeline, store: MemoryStore, people: People, clock: SystemClock) -> Office:
    async def watch() -> None:
        """There is nothing to poll."""

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
        quotes=OnDemand((), pipeline, clock, watch),
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
    pipeline = Pipeline(
        restored.state,
        restored.dispatch,
        policy,
        store,
        clock,
        observer=Uncounted(),
        wake=lambda: None,
        known=restored.known,
    )
    office = _office(config, pipeline, store, people, clock)
    engine = asyncio.get_running_loop().create_task(pipeline.run())
    try:
        yield Terminal(Clerk(office), office, NOTHING_WATCHED)
    finally:
        engine.cancel()
        with suppress(asyncio.CancelledError):
            await engine
        await store.close()
