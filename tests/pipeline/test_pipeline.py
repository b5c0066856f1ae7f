"""One tick after the other: what goes into a transaction, what waits for it, and what time alone does."""

import asyncio
import math
from collections.abc import Mapping

import pytest

from alertd.dispatch.policy import Policy
from alertd.dispatch.route import Route
from alertd.errors import StorageBusy, StorageUnusable
from alertd.model.event import EventKind
from alertd.model.reading import Poll
from alertd.rules.amend import Change
from tests.fakes import START, HandClock, settle
from tests.pipeline.stand import POLICY, STALE_AFTER, NotedStore, poll, rules, running

FIRED, RESOLVED = EventKind.FIRED, EventKind.RESOLVED
UP = {"name": "up", "when": "price > 70k", "until": "price < 60k", "tell": ["fired", "resolved"]}


async def test_a_tick_is_one_transaction() -> None:
    """States, history, what was not sent and messages stand in one commit, or in none."""
    async with running(rules(UP, {"name": "too", "when": "price > 70k", "cooldown": "1h", "draft": "true"})) as stand:
        await stand.price(65_000)
        before = len(stand.store.commits)
        await stand.after(5)
        await stand.price(71_000)
        (commit,) = stand.store.commits[before:]
        assert sum(len(block.rows) for block in commit.alerts) == 2
        rules_of = {entry.number: entry.event.rule for entry in commit.entries}
        assert sorted(rules_of.values()) == ["too", "up"]
        assert [(rules_of[item.event], item.receiver, item.fate, item.reason) for item in commit.items] == [
            ("too", "", "dropped", "draft"),
            ("up", "me", "told", ""),
        ]
        assert [message.receiver for message in commit.messages] == ["me"]
        due = await stand.store.next_due("chat")
        assert due is not None
        assert due <= stand.clock.now()
    assert stand.woken == 1
    assert stand.counts.events == [FIRED, FIRED]
    assert stand.counts.unsent == ["draft"]


@pytest.mark.parametrize(
    "nothing",
    [
        pytest.param(poll(START + 5, {}), id="an empty poll"),
        pytest.param(poll(START - 60, {"BTC": 50_000}), id="an older reading"),
        pytest.param(poll(START + 5, {"ETH": 3_000}), id="a coin that no rule asks for"),
        pytest.param(poll(START + 5, {"BTC": math.nan}), id="a price that is none"),
    ],
)
async def test_a_tick_that_changes_nothing_writes_nothing(nothing: Poll) -> None:
    async with running(rules(UP)) as stand:
        await stand.price(65_000)
        before = len(stand.store.tried)
        await stand.after(5)
        await stand.pipeline.take(nothing)
        await stand.pipeline.idle()
        assert len(stand.store.tried) == before


async def test_readings_that_were_refused_are_counted() -> None:
    async with running(rules(UP)) as stand:
        await stand.pipeline.take(poll(START + 1000, {"BTC": 65_000}, refused={"negative": 2}))
        assert sorted(stand.counts.refusals) == [("binance", "future", 1), ("binance", "negative", 2)]


# ── the store ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_busy_store_holds_the_tick_and_nothing_is_lost_or_doubled() -> None:
    async with running(rules(UP)) as stand:
        await stand.price(65_000)
        stand.store.answers.extend([StorageBusy("locked"), StorageBusy("locked"), StorageBusy("full")])
        before = len(stand.store.tried)
        first = asyncio.create_task(stand.price(71_000))
        await settle()
        second = asyncio.create_task(stand.price(59_000))
        await settle()
        assert [stand.pipeline.trouble, stand.pipeline.busy_since] == ["locked", START]
        assert not first.done()
        assert not second.done()
        await stand.after(3)
        await asyncio.gather(first, second)
        assert stand.pipeline.trouble == ""
        assert stand.pipeline.busy_since is None
        tried = stand.store.tried[before:]
        assert len(tried) == 5
        assert all(commit is tried[0] for commit in tried[:4]), "the same commit, until it is taken"
        assert stand.told == [(0.0, FIRED, "up"), (3.0, RESOLVED, "up")]
        assert len(stand.titles) == 2


async def test_the_time_that_the_store_was_busy_is_no_silence_of_the_sources() -> None:
    async with running(rules(UP)) as stand:
        await stand.price(65_000)
        seconds = int(STALE_AFTER * 2)
        stand.store.answers.extend([StorageBusy("locked")] * seconds)
        held = asyncio.create_task(stand.price(66_000))
        await stand.after(seconds + 1)
        await held
        await stand.after(STALE_AFTER / 2)
        assert stand.told == []
        await stand.after(STALE_AFTER)
        assert [kind for _, kind, _ in stand.told] == [EventKind.NO_DATA]


async def test_a_store_beyond_use_ends_it() -> None:
    async with running(rules(UP)) as stand:
        await stand.price(65_000)
        stand.store.answers.append(StorageUnusable("damaged"))
        taking = asyncio.create_task(stand.price(71_000))
        with pytest.raises(StorageUnusable, match="damaged"):
            await stand.engine
        assert not taking.done(), "nobody hears that it was committed"
        taking.cancel()
        assert stand.titles == []


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_timers_are_exact() -> None:
    """`for` ends between two polls: the alert fires then, not at the next poll."""
    waits = {"name": "waits", "when": "price > 70k", "for": "2m", "remind": "1h"}
    async with running(rules(waits)) as stand:
        await stand.price(65_000)
        await stand.after(10)
        await stand.price(71_000)
        await stand.after(119.5)
        assert stand.told == []
        await stand.after(0.5)
        assert stand.told == [(130.0, FIRED, "waits")]
        ticks = stand.counts.ticks
        await stand.after(200)
        assert stand.counts.ticks == ticks, "no clock ticks for nothing"


async def test_a_timer_that_ended_before_a_poll_goes_first() -> None:
    waits = {"name": "waits", "when": "price > 70k", "for": "2m"}
    async with running(rules(waits)) as stand:
        await stand.price(65_000)
        await stand.after(10)
        await stand.price(71_000)
        stand.store.answers.extend([StorageBusy("locked")] * 200)
        held = asyncio.create_task(stand.price(72_000))
        await settle()
        after = asyncio.create_task(stand.price(65_000))
        await stand.after(200)
        await asyncio.gather(held, after)
        assert stand.told == [(130.0, FIRED, "waits"), (210.0, RESOLVED, "waits")]


async def test_what_is_held_back_is_released_at_its_time() -> None:
    policy = Policy(receivers=POLICY.receivers, route=Route(to=("me",), group_wait=45.0, group_by=("rule",)))
    pair = {"name": "pair", "symbols": ["BTC", "ETH"], "when": "price > 1", "already_true": "fire", "notify": []}
    async with running(rules(pair), policy=policy) as stand:
        await stand.pipeline.take(poll(START, {"BTC": 0.5, "ETH": 0.5}))
        await stand.after(10)
        await stand.price(71_000)
        await stand.after(20)
        await stand.price(3_000, "ETH")
        assert stand.titles == []
        await stand.after(24.5)
        assert stand.titles == []
        await stand.after(0.5)
        (title,) = stand.titles
        assert "BTC, ETH" in title


async def restarted(first: NotedStore, clock: HandClock) -> None:
    """A run in which the price went over 70k, ended 10 s later."""
    async with running(rules(WAITS), store=first, clock=clock) as stand:
        await stand.price(65_000)
        await stand.price(71_000)
        await stand.after(10)


WAITS = {"name": "waits", "when": "price > 70k", "for": "1m"}


@pytest.mark.parametrize(
    ("first_reading", "expected"),
    [
        pytest.param({"BTC": 71_500.0}, [(329.0, FIRED, "waits")], id="still true"),
        pytest.param({"BTC": 65_000.0}, [], id="true no more"),
        pytest.param({}, [], id="no reading: nobody knows"),
    ],
)
async def test_after_a_start_timers_wait_for_the_first_reading(
    first_reading: Mapping[str, float], expected: list[tuple[float, EventKind, str]]
) -> None:
    store, clock = NotedStore(), HandClock()
    await restarted(store, clock)
    await clock.advance(290)
    async with running(rules(WAITS), store=store, clock=clock) as stand:
        await settle()
        assert stand.told == []
        await stand.after(29)
        assert stand.told == []
        if first_reading:
            await stand.pipeline.take(poll(clock.now(), first_reading))
        assert stand.told == expected


async def test_a_restart_knows_how_old_what_was_only_confirmed_is() -> None:
    """Nothing was written for the confirmations; but what is written for another reason says when they came."""
    store, clock = NotedStore(), HandClock()
    async with running(rules(UP), store=store, clock=clock) as stand:
        await stand.price(65_000)
        for _ in range(4):
            await stand.after(STALE_AFTER / 2)
            await stand.pipeline.take(Poll("binance", clock.now(), confirmed=(("price", ("BTC",)),)))
        assert len(store.commits) == 2
        await stand.pipeline.change(Change(put=rules(UP, WAITS), whole=""), POLICY)
    await clock.advance(5)
    async with running(rules(UP, WAITS), store=store, clock=clock) as stand:
        await stand.after(STALE_AFTER - 10)
        assert stand.told == []
        await stand.after(20)
        assert {kind for _, kind, _ in stand.told} == {EventKind.NO_DATA}


# ── what is late, and what is changed ────────────────────────────────────────────────────────────────────────────


async def test_late_polls_are_one_transaction_and_one_digest() -> None:
    store, clock = NotedStore(), HandClock()
    brief = {"name": "brief", "when": "price > 70k", "for": "1m", "notify": ["me", "desk"]}
    async with running(rules(UP, brief), store=store, clock=clock) as stand:
        await stand.price(65_000)
    await clock.advance(3600)
    async with running(rules(UP, brief), store=store, clock=clock) as stand:
        before = len(store.commits)
        missed = [poll(START + at, {"BTC": price}, late=True) for at, price in ((600, 71e3), (900, 72e3), (1200, 59e3))]
        await stand.pipeline.take(*missed)
        (commit,) = store.commits[before:]
        assert [(event.time - START, event.kind, event.rule, event.late) for _, event, _ in commit.entries] == [
            (600.0, FIRED, "up", True),
            (660.0, FIRED, "brief", True),
            (1200.0, RESOLVED, "up", True),
            (1200.0, RESOLVED, "brief", True),
        ]
        assert [(receiver, notification.title) for receiver, notification in stand.said] == [
            ("me", "While alertd was not running: 3 alerts: 2 fired, 1 resolved"),
            ("desk", "BTC 71,000: price > 70k"),
        ]
        assert stand.said[1][1].lines == ("This happened while alertd was not running.",)


async def test_a_change_is_in_force_when_it_returns() -> None:
    async with running(rules(UP)) as stand:
        await stand.price(71_000)
        put = rules({**UP, "cooldown": "1h", "notify": ["desk"]}, {"name": "new", "when": "price > 80k"})
        policy = Policy(receivers=POLICY.receivers, operator=())
        await stand.pipeline.change(Change(put=put, whole=""), policy)
        assert stand.pipeline.policy is policy
        await stand.price(59_000)
        await stand.after(5)
        await stand.price(81_000)
        book = stand.pipeline.state.book
        assert [book.name(number)[1] for number in book.numbers()] == ["up", "new"]
        receivers = {message.receiver for message in stand.store.commits[-1].messages}
        assert receivers == {"desk", "me"}


async def test_nobody_looks_at_the_state_while_it_is_amended() -> None:
    async with running(rules(UP)) as stand:
        many = rules(*({"name": f"r{n}", "when": f"price > {n + 1}"} for n in range(300)))
        changing = asyncio.create_task(stand.pipeline.change(Change(put=many, whole=""), POLICY))
        await settle()
        assert await stand.pipeline.ask(len) == 300
        await changing


async def test_a_burst_of_events_leaves_the_loop_free() -> None:
    async with running(rules(*({"name": f"r{n}", "when": "price > 70k"} for n in range(1000)))) as stand:
        await stand.price(65_000)
        rounds = 0

        async def count() -> None:
            nonlocal rounds
            while True:
                rounds += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        await stand.price(71_000)
        counting.cancel()
        assert rounds > 50
        assert len(stand.told) == 1000


async def test_the_operator_is_told_once_an_hour_without_a_poll() -> None:
    async with running(rules({**UP, "no_data": "ignore"})) as stand:
        for _ in range(3):
            stand.pipeline.tell_operator("source:binance:down", "binance does not answer")
            await settle()
        await stand.after(3600)
        stand.pipeline.tell_operator("source:binance:down", "binance does not answer")
        await settle()
        assert stand.titles == ["alertd: binance does not answer"] * 2
        assert {message.receiver for commit in stand.store.commits for message in commit.messages} == {"desk"}
