"""What every store promises: `ports.Store`, for SQLite and for memory alike."""

import asyncio
import math
from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alertd.conditions.parse import parse
from alertd.dispatch.state import Spoke
from alertd.errors import StorageError
from alertd.model.alert import AlertKey
from alertd.model.event import Drop, EventKind
from alertd.model.kept import Escalation, Kept, Mute, Noticed, Postponed, Silence, key_of
from alertd.model.notification import Held, ItemFate, ItemRow, Lane, Telling
from alertd.ports import Store
from alertd.rows import Attempt, Commit, Fate, SeriesRow, Settled, Snapshot
from alertd.rules.bank import Shape
from alertd.rules.manner import Manner
from alertd.rules.rule import Active, AlreadyTrue, Checks, Moment
from tests.fakes import START
from tests.storage.rows import alert, bodies, comparable, entry, event, held, message, rule, told

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


SILENCE = Silence(
    number=3, matchers=(("coin", "BTC|ETH"),), start=START, end=math.inf, author="ana", comment="works", during="night"
)
POSTPONED = Postponed(entry=entry(1), receiver="@7", until=START + 900, due=START + 900)
ESCALATION = Escalation(entry=entry(1), receiver="desk", to=("boss",), due=START + 900)


# ── load and commit ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_store_is_empty(store: Store) -> None:
    assert comparable(await store.load(START)) == comparable(Snapshot())
    assert await store.next_due("chat") is None
    assert list(await store.depths()) == []
    assert (len(store.word), len(store.seal)) == (8, 32)


async def test_everything_that_was_committed_is_loaded(store: Store) -> None:
    rows = [alert(1, episode=3), alert(2, memory=[math.nan, 2.5])]
    series = [SeriesRow(0, "binance", "price", "BTC"), SeriesRow(1, "binance", "price", "ETH")]
    kept: list[Kept] = [
        Mute(owner="", rule="r", receiver="desk", since=START, until=math.inf),
        SILENCE,
        ESCALATION,
        POSTPONED,
        Noticed(key="delivery:slack", at=START),
    ]
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
            entries=[entry(4), entry(5), entry(6)],
            items=[told(6, 7), held(4), held(5), held(5, "me", until=math.inf)],
            messages=[message(7, "chat:a", holding=[6])],
            kept={key_of(one): one for one in kept},
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
    assert list(snapshot.held) == [
        Held(entry(4), "desk", "cap", START + 60, "group"),
        Held(entry(5), "desk", "cap", START + 60, "group"),
        Held(entry(5), "me", "cap", math.inf, "group"),
    ]
    assert sorted(map(key_of, snapshot.kept)) == sorted(map(key_of, kept))
    assert all(one in snapshot.kept for one in kept)
    assert (list(snapshot.recent), snapshot.last_message, snapshot.last_event) == ([("desk", START)], 7, 6)


async def test_rows_are_changed_and_taken_away_by_a_later_commit(store: Store) -> None:
    first = Commit(now=START, alerts=[alert(1)], pages={"a": b"1", "b": b"1"}, kept={key_of(SILENCE): SILENCE})
    first.entries, first.items = [entry(1), entry(2), entry(3)], [held(1), held(2), held(3)]
    await store.commit(first)
    later = Commit(now=START, alerts=[alert(1, episode=1)], pages={"a": b"2", "b": None}, kept={key_of(SILENCE): None})
    later.items = [held(2, reason="quiet", until=START + 999), told(1, 1), ItemRow(3, "desk", ItemFate.DROPPED, "gone")]
    await store.commit(later)
    snapshot = await store.load(START)
    assert bodies(snapshot) == alert(1, episode=1).bodies()
    assert (snapshot.pages, list(snapshot.kept)) == ({"a": b"2"}, [])
    assert list(snapshot.held) == [Held(entry(2), "desk", "quiet", START + 999, "group")]


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
    await store.commit(Commit(now=START, entries=[entry(8)], messages=[message(9, "chat:a", holding=[8])]))
    (queued,) = await store.due("chat", START, limit=1)
    await store.turn("chat", settled=[Settled(row=queued.row, fate=Fate.SENT, at=START)])
    assert await store.prune(START + 1, 10) == 2
    snapshot = await store.load(START)
    assert (snapshot.last_message, snapshot.last_event) == (9, 8)


async def test_of_what_was_told_lately_the_messages_of_one_rule_are_counted(store: Store) -> None:
    """None that is critical, that repeats or says something else, or whose day is past."""
    entries = [entry(number) for number in range(1, 9)]
    other = entry(9)._replace(event=replace(event(9), rule="other", owner="@7"))
    messages = [
        message(1, "chat:a", holding=[1], created=START - 60),
        message(2, "chat:a", "mail:a", holding=[2], created=START - 59),
        message(3, "chat:a", holding=[3], created=START - 9, lane=Lane.CRITICAL),
        message(4, "chat:a", holding=[2], created=START - 8),
        message(5, "chat:a", created=START - 7),
        replace(message(6, "chat:a", holding=[4], created=START - 6), past=(5,)),
        message(7, "chat:a", holding=[6, 9], created=START - 5),
        replace(message(8, "chat:b", holding=[7], created=START + 3), receiver="me"),
        replace(message(9, "chat:b", holding=[9], created=START + 4), receiver="me"),
    ]
    items = [told(1, 1), told(2, 2), told(3, 3), told(4, 6), told(5, 6), told(6, 7), told(9, 7)]
    items += [told(7, 8, "me"), told(9, 9, "me")]
    await store.commit(Commit(now=START, entries=[*entries, other], items=items, messages=messages))
    assert list((await store.load(START, looks_back=60.0)).spoke) == [
        Spoke("desk", "", "breakout", START - 59),
        Spoke("desk", "", "breakout", START - 6),
        Spoke("me", "", "breakout", START),
        Spoke("me", "@7", "other", START),
    ]
    assert list((await store.load(START)).spoke) == []


async def test_what_fired_lately_is_counted_for_whom_it_passed_everything_but_a_storm_a_group_or_a_cap(
    store: Store,
) -> None:
    times = {1: -60.0, 2: -59.0, 8: 5.0}
    entries = [entry(number, time=START + times.get(number, -5.0)) for number in range(1, 9)]
    over = entry(9, time=START - 5.0, kind=EventKind.RESOLVED)
    why = {2: "storm", 3: "group", 4: "cap", 5: "quiet"}
    gone = ItemRow(7, "desk", ItemFate.DROPPED, "receiver_gone")
    items = [*(held(number, reason=reason) for number, reason in why.items()), gone]
    items += [told(number, 1) for number in (1, 6, 8, 9)] + [told(6, 2, "me")]
    messages = [message(1, "chat:a", holding=[1, 6, 8, 9]), replace(message(2, "chat:b", holding=[6]), receiver="me")]
    await store.commit(Commit(now=START, entries=[*entries, over], items=items, messages=messages))
    later = [held(5, reason="storm"), told(4, 3)]
    await store.commit(Commit(now=START, items=later, messages=[message(3, "chat:a", holding=[4])]))
    fired = [(name, one.time - START) for name, one in (await store.load(START, looks_back=60.0)).fired]
    assert fired == [("desk", -59), ("desk", -5), ("desk", -5), ("desk", -5), ("me", -5), ("desk", 0)]
    assert list((await store.load(START - 60)).fired) == []


async def test_recent_are_the_messages_of_a_day(store: Store) -> None:
    ages = (86_400, 86_399, 5)
    messages = [message(n, "chat:a", "mail:a", created=START - age) for n, age in enumerate(ages, start=1)]
    await store.commit(Commit(now=START, messages=messages))
    assert list((await store.load(START)).recent) == [("desk", START - 86_399), ("desk", START - 5)]


@pytest.mark.parametrize(
    "bad",
    [
        Commit(now=START, entries=[entry(2), entry(2)]),
        Commit(now=START, entries=[entry(2), entry(3, episode=1)]),
        Commit(now=START, messages=[message(2, "chat:b"), message(2, "chat:c")]),
        Commit(now=START, messages=[message(2, "chat:b"), message(1, "chat:b")]),
        Commit(now=START, messages=[message(2, "chat:b"), message(3)]),
        Commit(now=START, messages=[message(2, *(f"chat:{n}" for n in range(64)))]),
        Commit(now=START, series=[SeriesRow(1, "binance", "price", "ETH"), SeriesRow(1, "binance", "price", "SOL")]),
        Commit(now=START, series=[SeriesRow(1, "binance", "price", "BTC")]),
    ],
    ids=[
        "an event twice in one commit",
        "an event of an earlier commit by another number",
        "a message twice in one commit",
        "a message of an earlier commit",
        "no destination",
        "too many destinations",
        "a series twice",
        "a name with two numbers",
    ],
)
async def test_a_commit_that_cannot_be_leaves_nothing_behind(store: Store, bad: Commit) -> None:
    row = SeriesRow(0, "binance", "price", "BTC")
    await store.commit(Commit(now=START, entries=[entry(1)], messages=[message(1, "chat:a")], series=[row]))
    before = comparable(await store.load(START))
    more = replace(bad, alerts=[alert(1)], pages={"a": b"1"}, items=[held(1)], kept={key_of(SILENCE): SILENCE})
    with pytest.raises(StorageError):
        await store.commit(more)
    assert comparable(await store.load(START)) == before
    assert [queued.address for queued in await store.due("chat", START, limit=9)] == ["a"]


async def test_calls_that_wait_together_are_each_done(store: Store) -> None:
    await store.commit(Commit(now=START, messages=[message(n, f"chat:{n}") for n in range(1, 51)]))
    found = await store.due("chat", START, limit=50)
    *done, refused = await asyncio.gather(
        *(store.turn("chat", attempts=[Attempt(queued.row, ("bot",))], now=START) for queued in found),
        store.commit(Commit(now=START, messages=[message(1, "chat:x")])),
        return_exceptions=True,
    )
    assert done == [frozenset({queued.row}) for queued in found]
    assert isinstance(refused, StorageError)


async def test_entries_are_found_by_their_numbers(store: Store) -> None:
    await store.commit(Commit(now=START, entries=[entry(1), entry(2), entry(3)]))
    assert list(await store.entries([3, 1, 99, 3])) == [entry(1), entry(3)]
    assert list(await store.entries([])) == []


# ── pruning ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_prune_forgets_in_small_steps_what_is_over(store: Store) -> None:
    await store.commit(Commit(now=START, messages=[message(n, f"chat:{n}", "mail:a") for n in range(1, 5)]))
    await store.bury_strays(["chat"], START)
    found = await store.due("chat", START, limit=9)
    over = [Settled(row=queued.row, fate=Fate.SENT, at=START) for queued in found if queued.address != "2"]
    await store.turn("chat", settled=over)
    drops = [Drop(START + n, 1, "breakout", "", "BTC", "cooldown") for n in (0, 5)]
    await store.commit(Commit(now=START, entries=[entry(1), entry(2), entry(3, time=START + 5)], drops=drops))
    assert await store.prune(START, 10) == 0
    assert [await store.prune(START + 1, 2) for _ in range(4)] == [2, 2, 2, 0]
    assert [queued.address for queued in await store.due("chat", START, limit=9)] == ["2"], "what waits is kept"


async def test_an_event_is_kept_while_anybody_waits_for_it(store: Store) -> None:
    items = [held(1), told(2, 1), told(3, 2), ItemRow(4, "desk", ItemFate.DROPPED, "no_route")]
    messages = [message(1, "chat:a", holding=[2]), message(2, "chat:b", holding=[3])]
    await store.commit(Commit(now=START, entries=[entry(n) for n in range(1, 5)], items=items, messages=messages))
    rows = {queued.address: queued.row for queued in await store.due("chat", START, limit=9)}
    await store.turn("chat", settled=[Settled(row=rows["b"], fate=Fate.SENT, at=START)])
    assert await store.prune(START + 1, 10) == 3
    assert [one.entry.number for one in (await store.load(START)).held] == [1]
    assert [queued.content.holding for queued in await store.due("chat", START, limit=9)] == [(entry(2),)]


async def test_what_is_critical_counts_against_no_cap(store: Store) -> None:
    messages = [message(1, "chat:a", lane=Lane.CRITICAL), message(2, "chat:a", created=START + 1)]
    await store.commit(Commit(now=START, messages=messages))
    assert list((await store.load(START + 1)).recent) == [("desk", START + 1)]


async def test_an_event_is_kept_while_it_is_told_again(store: Store) -> None:
    told = Telling(1, "desk", 1, "repeated")
    resolved = entry(2)._replace(event=replace(entry(1).event, kind=EventKind.RESOLVED))
    await store.commit(
        Commit(now=START, entries=[entry(1), resolved], messages=[message(1, "chat:a")], tellings=[told])
    )
    await store.prune(START + 90 * 86_400.0, 100)
    assert [one.number for one in await store.entries([1, 2])] == [1]
    await store.bury([64], START + 60)
    while await store.prune(START + 90 * 86_400.0, 100):
        pass
    assert await store.entries([1]) == []
