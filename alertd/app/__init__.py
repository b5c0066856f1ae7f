"""The composition root: everything that `alertd run` is made of, put together, kept going and shut down."""

import asyncio
from contextlib import AsyncExitStack

from alertd.app.chat import users_channels
from alertd.app.daemon import Daemon
from alertd.app.heartbeat import Heartbeat
from alertd.app.rehearsal import rehearsal
from alertd.app.reload import refuse_cost, refuse_mistakes
from alertd.clock import SystemClock
from alertd.config.build import build_channels, build_sources
from alertd.config.load import Config
from alertd.config.loading import loading, steady
from alertd.control import listen
from alertd.ports import Store
from alertd.storage.memory import MemoryStore
from alertd.storage.sqlite import SqliteStore
from alertd.web.server import serve
from alertd.wire.session import http_session


async def run(config: Config, *, dry_run: bool = False) -> None:
    """The daemon, until SIGTERM or SIGINT. Raises AlertdError where it cannot start or go on."""
    steady()
    clock = SystemClock.of(config.clock)
    with loading():
        loaded = await asyncio.to_thread(config.read_rules, clock.now())
    refuse_mistakes(loaded)
    if dry_run:
        config = rehearsal(config)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(http_session())
        sources = build_sources(config, session, clock)
        await asyncio.to_thread(refuse_cost, config, loaded, sources)
        channels = (*build_channels(config, session), *users_channels(config))
        for channel in channels:
            stack.push_async_callback(channel.close)
        heartbeat = Heartbeat(config.heartbeat, session, clock) if config.heartbeat else None
        store: Store = MemoryStore() if dry_run else await SqliteStore.open(config.state, now=clock.now())
        stack.push_async_callback(store.close)
        daemon = Daemon(config, store, clock, sources, channels, heartbeat=heartbeat, session=session)
        await daemon.start(loaded)
        if config.http is not None:
            host, port = config.http
            pages = daemon.orders.pages() if config.policy.public_url else None
            server = serve(host, port, metrics=daemon.metrics, not_ready=daemon.health.not_ready, acknowledge=pages)
            await stack.enter_async_context(server)
        if config.control is not None:
            await stack.enter_async_context(listen(config.control, daemon.commands()))
        await daemon.run()
