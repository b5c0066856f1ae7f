"""What every store promises: `ports.Store`, for SQLite and for memory alike."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alertd.conditions.parse import parse
from alertd.errors import StorageError
from alertd.model.alert import AlertKey
from alertd.model.event import Drop, EventKind
from alertd.ports import Commit, Depth, Fate, SeriesRow, Settled, Snapshot, Store
from alertd.rules.bank import Shape
from alertd.rules.manner import Manner
from alertd.rules.rule import Active, AlreadyTrue, Checks, Moment
from alertd.storage.memory import MemoryStore
from alertd.storage.sqlite import SqliteStore
from tests.fakes import START
from tests.storage.rows import alert, bodies, comparable, event, held, item, message, rule

MADRID = ZoneInfo("Europe/Madrid")
MANNER = Manner(
    for_=60.0,
    keep_firing_for=0.0,
    cooldown=5.5,
    fire=3,
    remind=None,
    already_true=AlreadyTrue.FIRE,
    no_data=0.0,
    active=Active(frozenset({0, 4}), time(8), time(22, 30), MADRID),
    at=Checks((Moment(frozenset({4}), time(16)),), MADRID),
    labels=(("severity", "critical"),),
    notify=("desk", "me"),
    tell=frozenset({EventKind.FIRED, EventKind.RESOLVED}),
    draft=False,
)


@pytest.fixture(params=["sqlite", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else await SqliteStore.open(tmp_path / "db", now=START)
    yield made
    await made.close()


async def send(store: Store, *ways: str) -> None:
    """Commit one message per way, numbered from 1."""
    await store.commit(Commit(now=START, messages=[message(store, n, way) for n, way in enumerate(ways, start=1)]))


async def due(store: Store, now: float = START, *, limit: int = 10, busy: Sequence[str] = ()) -> list[str]:
    """The numbers of the messages that are due on chat."""
    found = await store.due("chat", now, limit=limit, busy=busy)
    return [delivery.message.rpartition("-")[2] for delivery in found]


def settled(row: int, fate: Fate, *, due: float = 0.0) -> Settled:
    return Settled(row, fate, START, due, "word")


# ── load and commit ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_store_is_empty(store: Store) -> None:
    assert comparable(await store.load(START)) == comparable(Snapshot())
    assert await store.next_due("chat") is None
    assert list(await store.depths()) == []
    assert list(await store.history(limit=5)) == []


async def test_everything_that_was_committed_is_loaded(store: Store) -> None:
    rows = [alert(1, episode=3), alert(2, memory=[math.nan, 2.5])]
    series = [SeriesRow(0, "binance", "price", "BTC"), SeriesRow(1, "binance", "price", "ETH")]
    waiting = [held(4), held(5)]
    shape, manner = (
        Shape(parse("price > 70k and signal flips"), parse("3 of (price < 1, price > 2, price < 3)")),
        MANNER,
    )
    await store.commit(
        Commit(
            now=START,
            rules={7: rule(7), 9: rule(9, "two", constants=[1.0, 2.0])._replace(coins=b"\1\0\0\0")},
            coins={0: "BTC", 1: "ETH"},
            shapes={0: shape},
            manners={0: manner},
            alerts=rows,
            former={AlertKey("", "gone", "BTC"): 3},
            series=series,
            pages={"bars/0": b"\x00" * 100, "latest": b"x"},
            messages=[message(store, 7, "chat:a")],
            held=waiting,
        )
    )
    snapshot = await store.load(START)
    assert bodies(snapshot) == [body for block in rows for body in block.bodies()]
    saved = snapshot.saved
    assert (saved.coins, saved.shapes, saved.manners) == (["BTC", "ETH"], [shape], [manner])
    assert (saved.rules.number.tolist(), saved.rules.words) == ([7, 9], [rule(7).words, rule(9, "two").words])
    assert (saved.constants, saved.panels) == (np.array([70_000.0, 1.0, 2.0]).tobytes(), {9: b"\1\0\0\0"})
    assert (saved.former, saved.last_alert) == ({("", "gone", "BTC"): 3}, 2)
    assert (list(snapshot.series), dict(snapshot.pages)) == (series, {"bars/0": b"\x00" * 100, "latest": b"x"})
    assert (list(snapshot.held), list(snapshot.recent)) == (waiting, [("desk", START)])
    assert (snapshot.last_message, snapshot.last_held) == (7, 5)


async def test_a_row_is_changed_and_a_page_deleted_by_a_later_commit(store: Store) -> None:
    await store.commit(Commit(now=START, alerts=[alert(1)], pages={"a": b"1", "b": b"1"}, held=[held(1), held(2)]))
    later = replace(held(2), until=START + 999, reason="quiet")
    await store.commit(
        Commit(now=START, alerts=[alert(1, episode=1)], pages={"a": b"2", "b": None}, held=[later], released=[1])
    )
    snapshot = await store.load(START)
    assert bodies(snapshot) == alert(1, episode=1).bodies()
    assert snapshot.pages == {"a": b"2"}
    assert list(snapshot.held) == [later]


async def test_a_removed_alert_is_gone_but_its_id_and_its_episodes_count_on(store: Store) -> None:
    key = AlertKey("", "breakout", "BTC")
    await store.commit(Commit(now=START, alerts=[alert(1, episode=4), alert(3)]))
    await store.commit(Commit(now=START, gone=[3, 1], former={key: 4}))
    await store.commit(Commit(now=START, former={key: 2}))
    saved = (await store.load(START)).saved
    assert (list(saved.alerts), saved.former, saved.last_alert) == ([], {key: 4}, 3)


async def test_rules_change_names_in_one_commit(store: Store) -> None:
    await store.commit(Commit(now=START, rules={1: rule(1, "one"), 2: rule(2, "two"), 3: rule(3, "three")}))
    await store.commit(Commit(now=START, rules={1: rule(1, "two"), 2: rule(2, "one"), 3: None}))
    assert (await store.load(START)).saved.rules.words == [rule(1, "two").words, rule(2, "one").words]


async def test_numbers_are_never_given_again(store: Store) -> None:
    await store.commit(Commit(now=START, messages=[message(store, 9, "chat:a")], held=[held(8)]))
    await store.commit(Commit(now=START, released=[8]))
    (delivery,) = await store.due("chat", START, limit=1)
    await store.settle([settled(delivery.row, Fate.SENT)])
    assert await store.prune(START + 1, 10) == 1
    snapshot = await store.load(START)
    assert (snapshot.last_message, snapshot.last_held) == (9, 8)
    await store.commit(Commit(now=START, messages=[message(store, 10, "chat:a")]))
    assert (await store.due("chat", START, limit=1))[0].row > delivery.row


async def test_recent_are_the_messages_of_a_day(store: Store) -> None:
    ages = (86_400, 86_399, 5)
    messages = [message(store, n, "chat:a", "mail:a", created=START - age) for n, age in enumerate(ages, start=1)]
    await store.commit(Commit(now=START, messages=messages))
    assert list((await store.load(START)).recent) == [("desk", START - 86_399), ("desk", START - 5)]


async def test_history_is_newest_first(store: Store) -> None:
    first, second, third = (event(n, time=START + n) for n in (1, 2, 3))
    await store.commit(Commit(now=START, events=[first, second]))
    await store.commit(Commit(now=START, events=[third]))
    assert list(await store.history(limit=2)) == [third, second]
    assert list(await store.history(limit=9)) == [third, second, first]
    assert list(await store.history(limit=0)) == []


@pytest.mark.parametrize(
    "case",
    [
        "an item twice in one commit",
        "an item of an earlier commit",
        "a message twice",
        "another store's message",
        "no destination",
        "a series twice",
        "a name with two numbers",
    ],
)
async def test_a_commit_that_cannot_be_leaves_nothing_behind(store: Store, case: str) -> None:
    await store.commit(
        Commit(now=START, messages=[message(store, 1, "chat:a")], series=[SeriesRow(0, "binance", "price", "BTC")])
    )
    before = comparable(await store.load(START))
    good = message(store, 2, "chat:b")
    messages = {
        "an item twice in one commit": [good, message(store, 3, "chat:b", items=good.items)],
        "an item of an earlier commit": [good, message(store, 3, "chat:b", items=[item(1)])],
        "a message twice": [good, message(store, 1, "chat:b", items=())],
        "another store's message": [good, replace(message(store, 3, "chat:b"), id="other-3")],
        "no destination": [good, message(store, 3)],
    }.get(case, [good])
    series = {
        "a series twice": [SeriesRow(1, "binance", "price", "ETH"), SeriesRow(1, "binance", "price", "ETH")],
        "a name with two numbers": [SeriesRow(1, "binance", "price", "BTC")],
    }.get(case, [])
    bad = Commit(
        now=START,
        alerts=[alert(1)],
        pages={"a": b"1"},
        events=[event()],
        held=[held(1)],
        messages=messages,
        series=series,
    )
    with pytest.raises(StorageError):
        await store.commit(bad)
    assert comparable(await store.load(START)) == before
    assert list(await store.history(limit=1)) == []
    assert await due(store) == ["1"]


# ── the outbox ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_delivery_has_all_of_its_message(store: Store) -> None:
    told = message(store, 1, "chat:a", "mail:b")
    await store.commit(Commit(now=START, messages=[told]))
    (chat,) = await store.due("chat", START, limit=10)
    (mail,) = await store.due("mail", START, limit=10)
    assert chat.row != mail.row
    assert (chat.channel, chat.address, mail.channel, mail.address) == ("chat", "a", "mail", "b")
    for delivery in (chat, mail):
        assert (delivery.message, delivery.receiver, delivery.notification) == (told.id, "desk", told.notification)
        assert (delivery.created, delivery.due, delivery.expires) == (START, START, START + 3600)
        assert delivery.attempts == 0


async def test_one_per_address_oldest_first(store: Store) -> None:
    await send(store, "chat:a", "chat:a", "chat:b", "mail:a", "chat:c")
    assert await due(store) == ["1", "3", "5"]
    assert await due(store, limit=2) == ["1", "3"]
    assert await due(store, busy=["a", "c"]) == ["3"]
    assert await due(store, START - 1) == []


@pytest.mark.parametrize("fate", [Fate.SENT, Fate.BURIED, Fate.EXPIRED])
async def test_what_is_settled_makes_room_for_the_next_of_its_address(store: Store, fate: Fate) -> None:
    await send(store, "chat:a", "chat:a", "chat:a")
    for number in ("1", "2", "3"):
        (delivery,) = await store.due("chat", START, limit=10)
        assert delivery.message == f"{store.word}-{number}"
        await store.settle([settled(delivery.row, fate)])
    assert await due(store) == []
    assert await store.next_due("chat") is None


async def test_a_delayed_delivery_keeps_its_place(store: Store) -> None:
    await send(store, "chat:a", "chat:a", "chat:b")
    first = (await store.due("chat", START, limit=1))[0]
    await store.settle([settled(first.row, Fate.DELAYED, due=START + 30)])
    assert await due(store, START + 29) == ["3"]
    (_, again) = await store.due("chat", START + 30, limit=10)
    assert again == first._replace(due=START + 30, attempts=1)
    assert await due(store, START + 30, limit=1) == ["3"], "the longest due goes first"


async def test_next_due_says_when_due_has_something(store: Store) -> None:
    await send(store, "chat:a", "chat:a", "chat:b")
    first, second = await store.due("chat", START, limit=10)
    await store.settle([settled(first.row, Fate.DELAYED, due=START + 30)])
    assert await store.next_due("chat") == START
    assert await store.next_due("chat", busy=["b"]) == START + 30
    await store.settle([settled(second.row, Fate.SENT)])
    assert await store.next_due("chat") == START + 30, "the second to a waits behind the first"
    assert await store.next_due("mail") is None


async def test_settling_twice_changes_nothing(store: Store) -> None:
    await send(store, "chat:a", "chat:a")
    (first,) = await store.due("chat", START, limit=1)
    await store.settle([settled(first.row, Fate.SENT)])
    await store.settle([settled(first.row, Fate.DELAYED, due=START + 5), settled(first.row, Fate.BURIED)])
    assert await due(store) == ["2"]
    assert list(await store.depths()) == [Depth("chat", 1, START)]


async def test_strays_are_buried(store: Store) -> None:
    await send(store, "chat:a", "chat:a", "gone:a", "mail:a")
    assert await store.bury_strays(["chat", "mail"], START) == 1
    assert [depth.channel for depth in await store.depths()] == ["chat", "mail"]
    assert await store.bury_strays([], START) == 3
    assert list(await store.depths()) == []


async def test_depths_count_what_waits_since_when(store: Store) -> None:
    messages = [message(store, n, way, created=START + n) for n, way in enumerate(("mail:a", "chat:a", "chat:a"))]
    await store.commit(Commit(now=START, messages=messages))
    assert list(await store.depths()) == [Depth("chat", 2, START + 1), Depth("mail", 1, START)]


async def test_calls_that_wait_together_are_each_done(store: Store) -> None:
    await send(store, *(f"chat:{n}" for n in range(50)))
    found = await store.due("chat", START, limit=50)
    twin = Commit(now=START, messages=[message(store, 99, "chat:x", items=[item(1)])])
    *done, refused = await asyncio.gather(
        *(store.settle([settled(delivery.row, Fate.SENT)]) for delivery in found),
        store.commit(twin),
        return_exceptions=True,
    )
    assert done == [None] * 50
    assert isinstance(refused, StorageError)
    assert await due(store) == []


# ── pruning ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_prune_forgets_in_small_steps_what_is_over(store: Store) -> None:
    await send(store, *(f"chat:{n}" for n in range(4)))
    for delivery in await store.due("chat", START, limit=3):
        await store.settle([settled(delivery.row, Fate.SENT)])
    await store.commit(Commit(now=START, events=[event(1), event(2), event(3, time=START + 5)]))
    assert await store.prune(START, 10) == 0
    steps = [await store.prune(START + 1, 2) for _ in range(4)]
    assert steps == [2, 2, 1, 0]
    assert [past.episode for past in await store.history(limit=9)] == [3]
    assert await due(store) == ["4"], "what waits is never forgotten"


async def test_an_item_is_forgotten_with_its_event(store: Store) -> None:
    await store.commit(Commit(now=START, events=[event(1), event(2, time=START + 9)]))
    await send(store, "chat:a", "chat:b")
    for delivery in await store.due("chat", START, limit=9):
        await store.settle([settled(delivery.row, Fate.SENT)])
    again = [Commit(now=START, messages=[message(store, n + 10, "chat:a", items=[item(n)])]) for n in (1, 2)]
    assert await store.prune(START + 1, 10) == 3
    await store.commit(again[0])
    with pytest.raises(StorageError):
        await store.commit(again[1])


async def test_what_was_not_sent_is_taken(store: Store) -> None:
    drop = Drop(START, 1, "breakout", "", "BTC", "cooldown")
    await store.commit(Commit(now=START, drops=[drop], not_sent=[(event(), "desk", "silenced")]))
    assert list(await store.history(limit=1)) == []
