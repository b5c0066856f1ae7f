"""The running daemon: its tasks, and what an operator can ask of it."""

import asyncio
import logging
import random
import signal
from collections.abc import Coroutine, Iterator, Sequence

from aiohttp import ClientSession

from alertd.app import chores
from alertd.app.charting import Charting
from alertd.app.chat import Chatting
from alertd.app.gone import strayed, unreachable
from alertd.app.health import Health
from alertd.app.heartbeat import Heartbeat
from alertd.app.orders import Orders
from alertd.app.quotes import OnDemand, allowances
from alertd.app.reload import read_again
from alertd.app.restore import Restored, last_tick, restore
from alertd.app.selfwatch import SelfWatch
from alertd.app.troubles import Signs
from alertd.app.watch import Watch
from alertd.clock import SystemClock
from alertd.config.build import feeds
from alertd.config.load import Config
from alertd.config.loading import loading
from alertd.control import Answer, Arguments, Commands
from alertd.dispatch.draw import Drawing
from alertd.dispatch.notice import start_key, told
from alertd.errors import ConfigError, first_of
from alertd.model.kept import Noticed
from alertd.outbox.courier import Courier
from alertd.outbox.illustrate import Charts
from alertd.pipeline import Pipeline
from alertd.ports import Channel, Source, Store
from alertd.rules.amend import Change
from alertd.rules.files import Loaded
from alertd.sdnotify import Systemd, watchdog_interval
from alertd.web.metrics import Metrics

log = logging.getLogger(__name__)

LAST_TICKS, DRAIN = 3.0, 20.0
"""Seconds that the ticks that wait get at the end, and after them what is in flight."""


class Daemon:
    """`start`, then `run` until a signal. Everything in it happens on one event loop."""

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: SystemClock,
        sources: Sequence[Source],
        channels: Sequence[Channel],
        *,
        heartbeat: Heartbeat | None = None,
        session: ClientSession,
    ) -> None:
        self.metrics = Metrics()
        self._config = config
        self._store = store
        self._clock = clock
        self._sources = sources
        self._allowances = allowances(config.sources)
        self._heartbeat = heartbeat
        self._systemd = Systemd.of()
        self._stop = asyncio.Event()
        self._again = asyncio.Event()
        self._reloading = asyncio.Lock()
        self._drawing = Drawing(config.policy, store.seal)
        self._chat = Chatting(lambda: self._config)
        self._session = session
        self._couriers = {channel.name: self._courier(self._chat.aliased(channel)) for channel in channels}
        self._selfwatch = SelfWatch(
            store,
            clock,
            self.metrics,
            signs=self._signs,
            config=lambda: self._config,
            tell=self._tell,
            skip=lambda seconds: self._watch.freshness.skip(seconds * self._clock.speed, self._clock.now()),
        )

    def _courier(self, channel: Channel) -> Courier:
        return Courier(
            channel,
            self._store,
            self._clock,
            draw=self._drawing,
            random=random.random,
            tell=self._tell,
            on_settled=self.metrics.settled,
            freed=self._wake,
        )

    # ── from start to stop ───────────────────────────────────────────────────────────────────────────────────────

    async def start(self, loaded: Loaded) -> None:
        """Take up the state of the last run."""
        now, config = self._clock.now(), self._config
        with loading():
            snapshot = await self._store.load(now, looks_back=config.policy.looks_back)
            if (tick := last_tick(snapshot)) is not None:
                self._clock.not_before(tick)
                now = self._clock.now()
            self._chat.meet(snapshot.crowd)
            self._drawing.policy, self._drawing.listening = self._chat.policy(config), self._chat.listening
            strays = await self._store.bury_strays([*self._couriers], now)
            dead = unreachable(await self._store.dead())
            restored = restore(
                snapshot, feeds(config, self._sources), now=now, max_jump=config.max_jump, series=loaded.series
            )
        self._build(restored)
        self._start_with = loaded, restored.taken_up
        for what, text in (("strays", strayed(strays)), ("unreachable", dead)):
            if text:
                self._tell(start_key(what, now), text)
        for problem in loaded.problems:
            log.warning("%s", problem)

    def _build(self, restored: Restored) -> None:
        """What works on the state."""
        said = told(restored.dispatch.memory.all(Noticed))
        for know in (self._selfwatch.know, *[courier.know for courier in self._couriers.values()]):
            know(said)
        self._pipeline = Pipeline(
            restored.state,
            restored.dispatch,
            self._chat.policy(self._config),
            self._store,
            self._clock,
            observer=self.metrics,
            wake=self._wake,
            known=restored.known,
            catching_up=True,
        )
        self._drawing.memory = self._pipeline.kept
        self.orders = Orders(self._pipeline, self._store, self._clock, self._wake)
        stir, may = self._selfwatch.stir, self._allowances
        self._watch = Watch(self._sources, self._clock, self._pipeline, self.metrics, changed=stir, allowances=may)
        self.health = Health(
            self._pipeline,
            self._watch,
            self._store,
            self._clock,
            sources=self._sources,
            heartbeat=self._heartbeat,
            couriers=self._couriers,
            bots=self._chat.hearing,
        )
        self._chat.open(
            self._pipeline,
            self._store,
            self._clock,
            quotes=OnDemand(self._sources, self._pipeline, self._clock, self._watch, self._allowances),
            charts=self._charting(),
            status=self.health.status,
        )
        self._chat.listen(self._session, {name: courier.turns for name, courier in self._couriers.items()})

    def _charting(self) -> Charting:
        """Messages about prices have charts from now on."""
        charting = Charting(
            self._pipeline, self._sources, self._clock, self._allowances, zone=lambda: self._config.policy.zone
        )
        for courier in self._couriers.values():
            courier.illustrator.charts = Charts(charting.beside, self._clock.speed, self._chat.overtaken)
        self._drawing.charts = True
        return charting

    async def run(self) -> None:
        """Watch and tell until SIGTERM or SIGINT, then finish what is in flight."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._again.set)
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._live(tasks)
        except BaseExceptionGroup as group:
            raise first_of(group) from group

    async def _live(self, tasks: asyncio.TaskGroup) -> None:
        engine = tasks.create_task(self._pipeline.run())
        couriers = [tasks.create_task(courier.run()) for courier in self._couriers.values()]
        work = tasks.create_task(self._work())
        await self._stop.wait()
        self._systemd.stopping()
        log.info("stopping: finishing what is in flight")
        work.cancel()
        await self._finish_ticks()
        engine.cancel()
        deadline = self._clock.now() + DRAIN * self._clock.speed
        await asyncio.gather(*(courier.drain(deadline) for courier in self._couriers.values()))
        for task in couriers:
            task.cancel()

    async def _work(self) -> None:
        """The rules first, then everything that goes on until the end."""
        loaded, taken_up = self._start_with
        with loading():
            change = Change(put=loaded.rules, whole="", series=loaded.series)
            if self._config.unmatched and self._pipeline.state.book.count:
                # A file that is away for a moment takes no rules with it, see `read_again`.
                change = Change(put=loaded.rules)
                text = f"no file matches {', '.join(self._config.unmatched)}: the last run's rules stay"
                self._tell(start_key("rules", self._clock.now()), text)
            await self._pipeline.change(change, self._chat.policy(self._config), taken_up)
        del self._start_with
        async with asyncio.TaskGroup() as chores:
            for chore in self._chores():
                chores.create_task(chore)
            await asyncio.sleep(0)  # each has begun: from here on no change of a file is missed
            self._systemd.ready(self.health.summary())
            log.info("watching: %s", self.health.summary())

    async def _finish_ticks(self) -> None:
        try:
            async with asyncio.timeout(LAST_TICKS):
                await self._pipeline.idle()
        except TimeoutError:
            log.warning("the store does not take the last tick: what it judged will be judged again")

    def _chores(self) -> Iterator[Coroutine[None, None, None]]:
        yield self._watch.run()
        yield self._reload_when_asked()
        yield chores.keep_house(self._store, self._clock)
        yield self._selfwatch.run()
        if self._heartbeat is not None:
            yield self._heartbeat.run(self.health.progress, self.metrics.heartbeat)
        if (every := watchdog_interval()) is not None:
            yield chores.feed_watchdog(self._systemd, every, lambda: not self.health.stuck())
        yield self._chat.run()
        if self._config.watch:
            yield chores.watch_files(self._config, self._again)

    # ── what the tasks report ────────────────────────────────────────────────────────────────────────────────────

    def _tell(self, key: str, text: str, receiver: str = "") -> None:
        self._pipeline.tell_operator(key, text, receiver)

    def _signs(self) -> Signs:
        return self.health.signs()

    def _wake(self) -> None:
        for courier in self._couriers.values():
            courier.wake()

    # ── what an operator asks ────────────────────────────────────────────────────────────────────────────────────

    def commands(self) -> Commands:
        """What the control socket offers."""

        async def reload(_: Arguments) -> Answer:
            return await self.reload()

        async def status(_: Arguments) -> Answer:
            return await self.health.status()

        return {"reload": reload, "status": status, **self.orders.commands(), **self._chat.commands()}

    async def reload(self) -> Answer:
        """Read configuration and rules again; all of it is taken or, with a ConfigError, nothing."""
        async with self._reloading:
            self._systemd.reloading()
            try:
                with loading():
                    config, loaded = await asyncio.to_thread(read_again, self._config, self._sources, self._clock.now())
                    change = Change(put=loaded.rules, whole="", series=loaded.series)
                    await self._pipeline.change(change, self._chat.policy(config))
            except ConfigError:
                self.metrics.reload(ok=False, now=self._clock.now())
                raise
            finally:
                self._systemd.ready(self.health.summary())
            self._config, self._drawing.policy = config, self._chat.policy(config)
            await self._watch.want()
            self.metrics.reload(ok=True, now=self._clock.now())
            log.info("reloaded: %s", self.health.summary())
        warnings = [str(problem) for problem in loaded.problems]
        return {"text": "\n".join([*warnings, f"reloaded: {self.health.summary()}"])}

    async def _reload_when_asked(self) -> None:
        """SIGHUP, or a file that changed: nobody waits for the answer, so a refusal goes to the operator."""
        while True:
            await self._again.wait()
            self._again.clear()
            try:
                await self.reload()
            except ConfigError as error:
                log.error("the reload was refused, what was in force stays so:\n%s", error)
                more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
                first = str(error.problems[0]).splitlines()[0]
                self._tell(f"reload:{first}", f"the reload was refused, what was in force stays so: {first}{more}")
