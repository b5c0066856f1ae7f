"""A bot that listens without a daemon, until its owner has come: nothing is watched, and nothing else is sent."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace

from alertd.app.chat import Chatting
from alertd.app.restore import restore
from alertd.app.terminal import Terminal
from alertd.app.unwatched import NoCharts, NoQuotes, unwatched
from alertd.clock import SystemClock
from alertd.config.build import build_channels, build_sources, feeds
from alertd.config.load import Config
from alertd.dispatch.draw import Drawing
from alertd.dispatch.policy import Policy
from alertd.errors import ConfigError
from alertd.model.notification import Delivery
from alertd.outbox.carrier import Carrier
from alertd.outbox.replies import Turns
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
        pipeline = unwatched(restored, policy, store, clock, still=True)
        chat.open(pipeline, store, clock, quotes=NoQuotes(), charts=NoCharts(), status=_status)
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


async def _status() -> Mapping[str, object]:
    return {"state": "waiting for an owner; no daemon runs"}


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
        retry=None,
    )
    return Turns(channel, clock, carrier=carrier, wanted=list)
