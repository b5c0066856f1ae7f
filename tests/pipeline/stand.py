"""A pipeline on a hand-driven clock, and a store that notes each transaction and refuses as told."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress

import numpy as np

from alertd.app.restore import restore
from alertd.dispatch.digest import compose
from alertd.dispatch.policy import Policy, Receiver
from alertd.market.feeds import Feed, Feeds
from alertd.model.event import Entry, EventKind
from alertd.model.notification import Content, Destination, Message, Notification
from alertd.model.reading import Poll, Readings
from alertd.model.universe import Universe
from alertd.pipeline import Pipeline
from alertd.rows import Commit
from alertd.rules.amend import Change
from alertd.rules.files import RuleText, read_rules
from alertd.rules.rule import Rule
from alertd.storage.memory import MemoryStore
from tests.fakes import START, HandClock, settle

UNIVERSE = Universe(
    coins={coin: coin for coin in ("BTC", "ETH")},
    sources={"binance": frozenset({"price"})},
    receivers=frozenset({"me", "desk"}),
)
POLICY = Policy(
    receivers={name: Receiver(name, (Destination("chat", name),), None) for name in ("me", "desk")},
    operator=("desk",),
)
STALE_AFTER = 600.0


class NotedStore(MemoryStore):
    """`commits` are those it took, `tried` all that came; `answers` are raised by the next ones, one each."""

    def __init__(self) -> None:
        super().__init__("word")
        self.answers: deque[Exception] = deque()
        self.tried: list[Commit] = []
        self.commits: list[Commit] = []

    async def commit(self, commit: Commit) -> None:
        self.tried.append(commit)
        if self.answers:
            raise self.answers.popleft()
        await super().commit(commit)
        self.commits.append(commit)


class Counts:
    """What the pipeline counts."""

    def __init__(self) -> None:
        self.ticks = 0
        self.events: list[EventKind] = []
        self.refusals: list[tuple[str, str, int]] = []
        self.unsent: list[str] = []

    def tick(self, seconds: float) -> None:
        self.ticks += 1

    def event(self, kind: EventKind, count: int = 1) -> None:
        self.events += [kind] * count

    def refused(self, source: str, reason: str, count: int = 1) -> None:
        self.refusals.append((source, reason, count))

    def not_sent(self, reason: str, count: int = 1) -> None:
        self.unsent += [reason] * count


class Stand:
    """One run of a pipeline over a store that may have served another run before."""

    def __init__(self, pipeline: Pipeline, clock: HandClock, store: NotedStore, counts: Counts) -> None:
        self.pipeline, self.clock, self.store, self.counts = pipeline, clock, store, counts
        self.engine = asyncio.create_task(pipeline.run())
        self.woken = 0

    async def price(self, value: float, coin: str = "BTC") -> None:
        await self.pipeline.take(poll(self.clock.now(), {coin: value}))

    async def after(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        await settle()

    @property
    def titles(self) -> list[str]:
        """Of all messages in the store, in the order of their transactions."""
        return [notification.title for _, notification in self.said]

    @property
    def said(self) -> list[tuple[str, Notification]]:
        """(receiver, what it says) of all messages, as they would be drawn when they were made."""
        known = {entry.number: entry for commit in self.store.commits for entry in commit.entries}
        messages = (message for commit in self.store.commits for message in commit.messages)
        return [(message.receiver, _drawn(message, known)) for message in messages]

    @property
    def told(self) -> list[tuple[float, EventKind, str]]:
        """(seconds since the start of the test's time, event, rule)."""
        events = (entry.event for commit in self.store.commits for entry in commit.entries)
        return [(event.time - START, event.kind, event.rule) for event in events]


def _drawn(message: Message, known: Mapping[int, Entry]) -> Notification:
    holding, past = (tuple(known[number] for number in numbers) for numbers in (message.holding, message.past))
    content = Content(holding, past, message.note, message.text)
    return content.text or compose(content, message.created, POLICY)


def poll(
    at: float, prices: Mapping[str, float], *, late: bool = False, refused: Mapping[str, int] | None = None
) -> Poll:
    values, times = np.array([*prices.values()]), np.full(len(prices), at)
    readings = (Readings("binance", "price", tuple(prices), values, times),) if prices else ()
    return Poll("binance", at, readings, late=late, refused=dict(refused or {}))


def rules(*written: Mapping[str, object]) -> tuple[Rule, ...]:
    """Rules on bitcoin for `me`, from what a file would say."""
    entries = [{"symbols": ["BTC"], "notify": ["me"], **entry} for entry in written]
    text = json.dumps({"version": 1, "rules": entries}).encode()
    loaded = read_rules([RuleText("rules.yaml", text)], UNIVERSE, START)
    assert [problem for problem in loaded.problems if not problem.warning] == []
    return tuple(loaded.rules)


@asynccontextmanager
async def running(
    put: Iterable[Rule], *, store: NotedStore | None = None, clock: HandClock | None = None, policy: Policy = POLICY
) -> AsyncIterator[Stand]:
    """The pipeline as the daemon starts it: the store's state, then the rules."""
    clock, store, counts = clock or HandClock(), store or NotedStore(), Counts()
    snapshot = await store.load(clock.now())
    feeds = Feeds([Feed("binance", "price", stale_after=STALE_AFTER)])
    restored = restore(snapshot, feeds, now=clock.now(), max_jump=None)
    woken: list[int] = []
    pipeline = Pipeline(
        restored.state,
        restored.dispatch,
        policy,
        store,
        clock,
        observer=counts,
        wake=lambda: woken.append(1),
        known=restored.known,
    )
    stand = Stand(pipeline, clock, store, counts)
    try:
        await pipeline.change(Change(put=tuple(put), whole=""), policy, restored.taken_up)
        yield stand
    finally:
        stand.woken = len(woken)
        stand.engine.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await stand.engine
