"""The daemon's counts and gauges, for Prometheus."""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder

from alertd.model.event import EventKind
from alertd.rows import Depth, Fate

_UNTRIED = frozenset({"rest", "expired", "forgotten"})
"""Why a message is put off or given up without an attempt, see `outbox.carrier`."""

_TICK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Everything that alertd counts; in a registry of its own, so that two daemons in one process do not mix.

    Labels are from closed sets (names in the configuration, fixed reasons): no coin, no rule, no address.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._polls = self._counter("alertd_polls", "Polls of a source, by how they ended.", "source", "outcome")
        self._refused = self._counter(
            "alertd_readings_refused", "Readings that were not taken, by reason.", "source", "reason"
        )
        self._ticks = Histogram(
            "alertd_tick_seconds",
            "Time that one tick took, judging and committing.",
            buckets=_TICK_SECONDS,
            registry=self.registry,
        )
        self._events = self._counter("alertd_events", "Steps in alerts' lives: fired, resolved, reminded, …", "kind")
        self._not_sent = self._counter("alertd_not_sent", "Events that policy kept from a receiver.", "reason")
        self._deliveries = self._counter(
            "alertd_deliveries", "Attempts to deliver a message, by what became of it.", "channel", "fate", "reason"
        )
        self._given_up = self._counter("alertd_given_up", "Messages that were given up.", "channel", "reason")
        self._waiting = self._gauge("alertd_outbox_waiting", "Deliveries waiting in the outbox.", "channel")
        self._oldest = self._gauge("alertd_outbox_oldest_seconds", "Age of the oldest waiting delivery.", "channel")
        # Not shown before the first reload: a 0 there would say that one was refused.
        self._reloaded = Gauge(
            "alertd_last_reload_timestamp_seconds", "When the rules were last reloaded.", registry=None
        )
        self._reload_ok = Gauge(
            "alertd_last_reload_success", "1 if the last reload was taken, 0 if refused.", registry=None
        )
        self._reload_shown = False
        self._about_itself()
        self._gauge("alertd_build_info", "The running version.", "version").labels(version("alertd")).set(1)

    def _about_itself(self) -> None:
        """What shows whether the daemon is well."""
        self._last_tick = self._unknown("alertd_last_tick_timestamp_seconds", "When the last tick ended.")
        self._last_commit = self._unknown("alertd_last_commit_timestamp_seconds", "When the store last took a commit.")
        self._tick_running = self._gauge(
            "alertd_tick_running_seconds", "For how long the current tick has been at work, 0 between ticks."
        )
        self._store_busy = self._gauge("alertd_store_busy", "1 while the store takes no commits.")
        self._ready = self._gauge("alertd_ready", "1 while /readyz says so.")
        self._last_poll = self._gauge(
            "alertd_source_last_poll_timestamp_seconds", "When a source was last polled with success.", "source"
        )
        self._stale_after = self._gauge(
            "alertd_source_stale_after_seconds", "For how long a source that rules need may be silent.", "source"
        )
        self._heartbeats = self._counter("alertd_heartbeats", "Heartbeats that were due, by outcome.", "outcome")
        self._disk_free = self._unknown("alertd_disk_free_bytes", "Room on the disk that holds the store.")
        self._held = self._gauge("alertd_held", "Events that are held back from a receiver, by reason.", "reason")
        ProcessCollector(registry=self.registry)

    def record_poll(self, source: str, ok: bool) -> None:
        self._polls.labels(source, "ok" if ok else "failed").inc()

    def refused(self, source: str, reason: str, count: int = 1) -> None:
        self._refused.labels(source, reason).inc(count)

    def tick(self, seconds: float) -> None:
        self._ticks.observe(seconds)
        self._last_tick.set_to_current_time()

    def event(self, kind: EventKind, count: int = 1) -> None:
        self._events.labels(kind.value).inc(count)

    def not_sent(self, reason: str, count: int = 1) -> None:
        self._not_sent.labels(reason).inc(count)

    def settled(self, channel: str, fate: Fate, reason: str = "", count: int = 1) -> None:
        if reason not in _UNTRIED:
            self._deliveries.labels(channel, fate.value, reason).inc(count)
        if fate in (Fate.BURIED, Fate.EXPIRED):
            self.given_up(channel, reason, count)

    def given_up(self, channel: str, reason: str, count: int = 1) -> None:
        """With or without an attempt."""
        self._given_up.labels(channel, reason).inc(count)

    def depth(self, depths: Iterable[Depth], now: float) -> None:
        """What waits in the outbox now; a channel that is not named has nothing waiting."""
        self._waiting.clear()
        self._oldest.clear()
        for channel, waiting, oldest in depths:
            self._waiting.labels(channel).set(waiting)
            self._oldest.labels(channel).set(max(0.0, now - oldest) if waiting else 0.0)

    def held(self, counts: Mapping[str, int]) -> None:
        """What is held back now, by reason; one that is not named holds nothing."""
        self._held.clear()
        for reason, count in counts.items():
            self._held.labels(reason).set(count)

    def expect(self, stale_after: Mapping[str, float]) -> None:
        """Source → seconds that it may be silent, of all that are needed."""
        self._stale_after.clear()
        for source, seconds in stale_after.items():
            self._stale_after.labels(source).set(seconds)

    def heard(self, source: str, now: float) -> None:
        self._last_poll.labels(source).set(now)

    def heartbeat(self, outcome: str) -> None:
        self._heartbeats.labels(outcome).inc()

    def disk_free(self, count: float) -> None:
        self._disk_free.set(count)

    def signs(self, *, ready: bool, tick: float, busy: bool, committed: float | None) -> None:
        """How the engine is: `tick` seconds, `committed` epoch seconds, None before the first commit."""
        self._ready.set(ready)
        self._tick_running.set(tick)
        self._store_busy.set(busy)
        if committed is not None:
            self._last_commit.set(committed)

    def reload(self, ok: bool, now: float) -> None:
        self._reloaded.set(now)
        self._reload_ok.set(ok)
        if not self._reload_shown:
            self.registry.register(self._reloaded)
            self.registry.register(self._reload_ok)
            self._reload_shown = True

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """The text format that `accept` (the request's header) asks for, and its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(name, meaning, labels, registry=self.registry)

    def _unknown(self, name: str, meaning: str) -> Gauge:
        """A gauge that is not a number until it is set: a 0 would say that there is no room, or a very old time."""
        gauge = self._gauge(name, meaning)
        gauge.set(nan)
        return gauge
