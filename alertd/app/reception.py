"""A bot that listens without a daemon, until its owner has come: nothing is watched, and nothing else is sent."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace

from alertd.app.alone import NoCharts, Uncounted
from alertd.app.chat import Chatting
from alertd.app.quotes import OnDemand
from alertd.app.restore import Restored, restore
from alertd.app.terminal import Terminal
from alertd.clock import SystemClock
from alertd.config.build import build_channels, build_sources, feeds
from alertd.config.load import Config
from alertd.dispatch.draw import Drawing
from alertd.dispatch.policy import Policy
from alertd.errors import ConfigError
from alertd.model.notification import Delivery
from alertd.outbox.carrier import Carrier
from alertd.outbox.replies import Turns
from alertd.outbox.retry import Retry
from alertd.pipeline import Pipeline
from alertd.ports import Channel
from alertd.rules.amend import Change
from alertd.storage.sqlite import SqliteStore
from alertd.wire.session import http_session


@asynccontextmanager
async def reception(config: Config, channel: str) -> AsyncIterator[Terminal]:
    """The clerk on the configuration's own database, and the bot of one channel. Raises AlertdError where a daemon has
    the database open, or a secret cannot be read."""
    if config.chat is None:
        raise ConfigError("the configuration has no `chat:` section")
    config = replace(config, chat=replace(config.chat, channels=(channel,)))
    clock = SystemClock.of(config.clock)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(http_session())
        store = await SqliteStore.open(config.state, now=clock.now())
        stack.push_async_callback(store.close)
        snapshot = await store.load(clock.now())
        chat = Chatting(lambda: config)
        chat.meet(snapshot.crowd)
        own = feeds(config, build_sources(config, session, clock))
        restored = restore(snapshot, own, now=clock.now(), max_jump=config.max_jump)
        policy = chat.policy(config)
        pipeline = _pipeline(restored, policy, store, clock)
        _open(chat, pipeline, store, clock)
        (speaking,) = build_channels(config, session, [channel])
        stack.push_async_callback(speaking.close)
        turns = _turns(speaking, clock, policy, store, pipeline)
        chat.listen(session, {channel: turns})
        tasks = [asyncio.create_task(each) for each in (pipeline.run(), turns.run(), chat.run())]
        try:
            await pipeline.change(Change(), policy, restored.taken_up)
            if terminal := chat.terminal():
                yield terminal
        finally:
            for task in reversed(tasks):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


def _pipeline(restored: Restored, policy: Policy, store: SqliteStore, clock: SystemClock) -> Pipeline:
    """One in which time stands still for the rules."""
    return Pipeline(
        restored.state,
        restored.dispatch,
        policy,
        store,
        clock,
        observer=Uncounted(),
        wake=lambda: None,
        known=restored.known,
        catching_up=True,
    )


def _open(chat: Chatting, pipeline: Pipeline, store: SqliteStore, clock: SystemClock) -> None:
    async def nothing() -> None:
        """No rule is polled for here."""

    async def status() -> Mapping[str, object]:
        return {"state": "waiting for an owner; no daemon runs"}

    quotes = OnDemand((), pipeline, clock, nothing)
    chat.open(pipeline, store, clock, quotes=quotes, charts=NoCharts(), status=status)


def _turns(channel: Channel, clock: SystemClock, policy: Policy, store: SqliteStore, pipeline: Pipeline) -> Turns:
    """Replies go at the channel's pace; no message of the outbox is sent here, so that they wait for none."""

    async def as_it_is(delivery: Delivery) -> Delivery:
        return delivery

    carrier = Carrier(
        channel,
        clock,
        draw=Drawing(policy, store.seal),
        with_chart=as_it_is,
        random=random.random,
        tell=pipeline.tell_operator,
        retry=Retry(),
    )
    return Turns(channel, clock, carrier=carrier, wanted=list)
