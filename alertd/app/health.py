"""How the daemon is: what `status`, the health page, the watchdog and the heartbeat go by."""

from collections.abc import Callable, Mapping, Sequence

from alertd.app.heartbeat import Heartbeat
from alertd.app.troubles import STUCK, Signs
from alertd.app.watch import Watch
from alertd.clock import SystemClock
from alertd.control import Answer
from alertd.model.units import say_duration
from alertd.outbox.courier import Courier
from alertd.pipeline import Pipeline
from alertd.ports import Source, Store


class Health:
    """Looks at the engine, the sources, the store, the couriers and the `bots` (channel → how it is), and changes
    nothing."""

    def __init__(
        self,
        pipeline: Pipeline,
        watch: Watch,
        store: Store,
        clock: SystemClock,
        *,
        sources: Sequence[Source],
        heartbeat: Heartbeat | None,
        couriers: Mapping[str, Courier],
        bots: Callable[[], Mapping[str, str]],
    ) -> None:
        self._pipeline = pipeline
        self._watch = watch
        self._store = store
        self._clock = clock
        self._sources = sources
        self._heartbeat = heartbeat
        self._couriers = couriers
        self._bots = bots
        self._began = clock.now()

    def not_ready(self) -> list[str]:
        """Why the daemon does not do its work just now; nothing while it does."""
        reasons = [f"store: {self._pipeline.trouble}"] if self._pipeline.trouble else []
        if self.stuck():
            reasons.append("the current tick does not end")
        trouble = self._watch.trouble
        if self._sources and len(trouble) == len(self._sources):
            reasons += [f"source {name}: {reason}" for name, reason in sorted(trouble.items())]
        down = {name: troubles[""] for name, troubles in self._down().items() if "" in troubles}
        if self._couriers and len(down) == len(self._couriers):
            reasons += [f"channel {name} {trouble}" for name, trouble in sorted(down.items())]
        return reasons

    def _down(self) -> dict[str, dict[str, str]]:
        """Channel → what is down of it, of those that are not well."""
        now = self._clock.now()
        return {name: troubles for name, courier in self._couriers.items() if (troubles := courier.troubles(now))}

    def _state(self) -> str:
        """Whether it works, all of it."""
        if reasons := self.not_ready():
            return "; ".join(reasons)
        lame = [f"source {name}" for name in sorted(self._watch.trouble)] + [f"channel {name}" for name in self._down()]
        return f"works, but not all of it: {', '.join(lame)}" if lame else "well"

    async def status(self) -> Answer:
        """What `alertd status` shows."""
        waiting = {depth.channel: depth.waiting for depth in await self._store.depths()}
        sources = {source.name: self._watch.trouble.get(source.name, "well") for source in self._sources}
        return {
            "state": self._state(),
            "running for": say_duration(self._clock.now() - self._began),
            "watching": await self._pipeline.ask(lambda _: self.summary()),
            "sources": ", ".join(f"{name}: {state}" for name, state in sources.items()),
            "bots": "; ".join(f"{name} {state}" for name, state in self._bots().items()) or "none",
            **{f"channel {name}": self._way(name, waiting.get(name, 0)) for name in self._couriers},
        }

    def _way(self, channel: str, waiting: int) -> str:
        """How a channel is, and what waits for it."""
        troubles = [f"{server} {trouble}".strip() for server, trouble in self._down().get(channel, {}).items()]
        return f"{'; '.join(troubles) or 'well'}, {waiting or 'nothing'} waiting"

    def summary(self) -> str:
        """How much is watched."""
        state = self._pipeline.state
        counts = (state.book.count, "rule"), (len(state), "alert"), (len(self._sources), "source")
        return ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts)

    def stuck(self) -> bool:
        return self._busy_for() > STUCK

    def progress(self) -> bool:
        """True while ticks make progress, and there is something to make it with."""
        return not self.stuck() and not self._pipeline.trouble and self._watch.freshness.any(self._clock.now())

    def signs(self) -> Signs:
        """What the daemon's watch over itself judges."""
        return Signs(
            ready=not self.not_ready(),
            tick=self._busy_for(),
            store=self._pipeline.trouble,
            committed=self._pipeline.committed,
            failing=self._watch.failing,
            silent=self._watch.freshness.silent(self._clock.now()),
            heard=self._watch.freshness.since_start,
            heartbeat=self._heartbeat.trouble if self._heartbeat else None,
            held=self._pipeline.held(),
        )

    def _busy_for(self) -> float:
        """Real seconds that the current tick has been at work, 0 between ticks."""
        since = self._pipeline.busy_since
        return 0.0 if since is None else (self._clock.now() - since) / self._clock.speed
