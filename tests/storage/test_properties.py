"""Whatever is committed, settled and pruned in whatever order, both stores hold the same; closing changes nothing."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.errors import StorageError
from alertd.model.alert import AlertKey
from alertd.ports import Commit, Fate, SeriesRow, Settled, Store
from alertd.storage.memory import MemoryStore
from alertd.storage.sqlite import SqliteStore
from tests.fakes import START
from tests.storage.rows import alert, comparable, event, held, item, message, rule


class Tick(NamedTuple):
    """A commit: alerts with their rules (id, name, removed), ways of messages, the episode that the first one tells."""

    alerts: list[tuple[int, str, str]]
    ways: list[str]
    told: int
    page: bytes | None
    held: int
    released: int
    series: int


class Settling(NamedTuple):
    fates: list[Fate]
    delay: float


class Prune(NamedTuple):
    before: float
    limit: int


class Reopen(NamedTuple):
    """The daemon ends and starts again."""


_small = st.integers(0, 6)
_ways = st.sampled_from(["chat:a", "chat:b", "mail:a"])
_alerts = st.tuples(st.integers(1, 5), st.sampled_from(["r", "s"]), st.sampled_from(["", "", "removed"]))
_ticks = st.builds(
    Tick,
    st.lists(_alerts, max_size=3),
    st.lists(_ways, max_size=4),
    _small,
    st.none() | st.binary(),
    _small,
    _small,
    _small,
)
_settlings = st.builds(Settling, st.lists(st.sampled_from(Fate), min_size=1, max_size=3), st.sampled_from([0.0, 30.0]))
_prunes = st.builds(Prune, st.sampled_from([START, START + 3.0, START + 99.0]), st.integers(0, 4))
_steps = st.lists(_ticks | _settlings | _prunes | st.builds(Reopen), max_size=12)


def commit(store: Store, tick: Tick, turn: int) -> Commit:
    now = START + turn
    return Commit(
        now=now,
        rules={n: None if gone else rule(n, f"{name}{n}") for n, name, gone in tick.alerts},
        alerts=[alert(n, episode=turn, memory=[1.5] * (n % 2)) for n, _, gone in tick.alerts if not gone],
        gone=[n for n, _, gone in tick.alerts if gone],
        former={AlertKey("", name, "BTC"): turn for _, name, gone in tick.alerts if gone},
        series=[SeriesRow(tick.series, "binance", "price", f"COIN{tick.series % 4}")] if tick.series > 3 else [],
        pages={"page": tick.page},
        events=[event(tick.told, time=now)],
        messages=[
            message(store, turn * 10 + n, way, items=[] if n else [item(tick.told)], created=now)
            for n, way in enumerate(tick.ways)
        ],
        held=[held(tick.held, until=now)],
        released=[tick.released],
    )


async def settle(store: Store, settling: Settling, now: float) -> None:
    for channel in ("chat", "mail"):
        found = await store.due(channel, now, limit=3)
        await store.settle(
            [
                Settled(delivery.row, fate, now, now + settling.delay, "word")
                for delivery, fate in zip(found, settling.fates, strict=False)
            ]
        )


async def seen(store: Store, now: float) -> list[object]:
    """All that a store shows."""
    deliveries = [[*await store.due(channel, now, limit=9)] for channel in ("chat", "mail")]
    bare = [[one._replace(message=one.message.rpartition("-")[2]) for one in some] for some in deliveries]
    waits = [await store.next_due(channel) for channel in ("chat", "mail")]
    history = list(await store.history(limit=9))
    return [comparable(await store.load(now)), bare, waits, list(await store.depths()), history]


Step = Tick | Settling | Prune | Reopen


async def take(store: Store, step: Step, turn: int) -> object:
    """One step; returns what tells two stores apart that behave differently."""
    match step:
        case Tick():
            try:
                await store.commit(commit(store, step, turn))
            except StorageError:
                return "refused"
        case Settling():
            await settle(store, step, START + turn)
        case Prune():
            return await store.prune(step.before, step.limit)
    return None


async def play(steps: list[Step], path: Path) -> None:
    memory: Store = MemoryStore()
    sqlite: Store = await SqliteStore.open(path, now=START)
    try:
        for turn, step in enumerate(steps, start=1):
            if isinstance(step, Reopen):
                await sqlite.close()
                sqlite = await SqliteStore.open(path, now=START)
            assert await take(memory, step, turn) == await take(sqlite, step, turn)
            assert await seen(memory, START + turn) == await seen(sqlite, START + turn)
    finally:
        await sqlite.close()


@settings(max_examples=40)
@given(_steps)
def test_both_stores_hold_the_same(steps: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(play(steps, Path(folder, "alertd.db")))
