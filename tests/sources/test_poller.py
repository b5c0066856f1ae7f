"""The poller's rhythm, on a clock turned by hand and a source that does as it is told."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import numpy as np
import pytest

from alertd.errors import SourceMalformed, SourceRefused, SourceUnavailable
from alertd.model.reading import Bars, Poll, Readings
from alertd.ports import Call, Candidate
from alertd.sources.allowance import DAYS, Allowance
from alertd.sources.plan import plan
from alertd.sources.poller import Poller
from tests.fakes import START, HandClock

MINUTE = 60.0


class Obedient:
    """A source of `price` by the minute and `signal` by the hour, `offset` seconds after it; `fate` are the errors to
    come, None for none.

    It answers while `gate` is open.
    """

    name = "it"
    fields = frozenset({"price", "signal"})

    def __init__(self, offset: float | None) -> None:
        self.offset = offset
        self.fate: deque[Exception | None] = deque()
        self.asked: list[tuple[float, str, tuple[str, ...]]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def has(self, field: str, coin: str) -> bool:
        return field in self.fields

    def calls(self, wanted: Mapping[str, frozenset[str]]) -> tuple[Call, ...]:
        calls = plan(
            wanted,
            endpoint=lambda field: field,
            every=lambda field: MINUTE if field == "price" else 60 * MINUTE,
            batch=lambda _: 10,
        )
        return tuple(call._replace(offset=self.offset) if "signal" in call.fields else call for call in calls)

    async def poll(self, call: Call, now: float) -> Poll:
        self.asked.append((now - START, call.fields[0], call.coins))
        await self.gate.wait()
        if self.fate and (error := self.fate.popleft()):
            raise error
        ones = np.ones(len(call.coins))
        return Poll(self.name, now, (Readings(self.name, call.fields[0], call.coins, ones, ones * now),))

    async def history(self, field: str, coin: str, *, interval: float, start: float, end: float) -> Bars | None:
        return None

    def history_cost(self, field: str, *, interval: float, span: float) -> int:
        return 0

    async def find(self, text: str) -> tuple[Candidate, ...]:
        return ()


class Desk:
    """A poller at work, and all that it told."""

    def __init__(self, draw: float = 0.5, *, offset: float | None = None, allowance: Allowance | None = None) -> None:
        self.clock = HandClock()
        self.source = Obedient(offset)
        self.polls: list[Poll] = []
        self.states: list[tuple[bool, str]] = []
        self.failures: list[str] = []
        self.poller = Poller(
            self.source,
            self.clock,
            lambda: draw,
            on_poll=self._take,
            on_state=lambda _, ok, reason, __: self.states.append((ok, reason)),
            on_failure=lambda _, error: self.failures.append(error.reason),
            allowance=allowance,
        )

    async def _take(self, poll: Poll) -> None:
        self.polls.append(poll)

    @property
    def times(self) -> list[float]:
        return [at for at, _, _ in self.source.asked]


@asynccontextmanager
async def at_work(desk: Desk) -> AsyncIterator[Desk]:
    task = asyncio.ensure_future(desk.poller.run())
    await desk.clock.advance(0.0)
    yield desk
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


PRICE = {"price": frozenset({"BTC"})}
BOTH = {"price": frozenset({"BTC"}), "signal": frozenset({"BTC"})}


async def test_each_call_has_its_own_rhythm() -> None:
    async with at_work(Desk()) as desk:
        desk.poller.want(BOTH)
        await desk.clock.advance(60 * MINUTE)
        fields = [field for _, field, _ in desk.source.asked]
        assert (fields.count("price"), fields.count("signal")) == (61, 2)
        assert len(desk.polls) == 63
        assert desk.states == []


@pytest.mark.parametrize(("draw", "wait"), [(0.0, 54.0), (0.5, 60.0), (0.999999, 66.0)])
async def test_jitter_is_a_tenth(draw: float, wait: float) -> None:
    async with at_work(Desk(draw)) as desk:
        desk.poller.want(PRICE)
        await desk.clock.advance(wait + 0.001)
        assert desk.times == pytest.approx([0.0, wait], abs=0.001)


async def test_nothing_wanted_is_nothing_asked() -> None:
    async with at_work(Desk()) as desk:
        desk.poller.want({})
        await desk.clock.advance(60 * MINUTE)
        assert desk.source.asked == []


async def test_a_reload_keeps_the_schedule() -> None:
    async with at_work(Desk()) as desk:
        desk.poller.want(BOTH)
        await desk.clock.advance(10.0)
        desk.poller.want(BOTH)
        desk.poller.want({"price": frozenset({"BTC"})})
        await desk.clock.advance(49.0)
        assert desk.times == [0.0, 0.0]
        await desk.clock.advance(1.0)
        assert desk.source.asked[2:] == [(60.0, "price", ("BTC",))]


async def test_what_a_reload_adds_is_asked_at_once() -> None:
    async with at_work(Desk()) as desk:
        desk.poller.want(BOTH)
        await desk.clock.advance(10.0)
        desk.poller.want({**BOTH, "signal": frozenset({"BTC", "ETH"})})
        await desk.clock.advance(1.0)
        assert desk.source.asked[2:] == [(10.0, "signal", ("BTC", "ETH"))]


async def test_what_a_reload_adds_during_a_request_is_asked_after_it() -> None:
    async with at_work(Desk()) as desk:
        desk.source.gate.clear()
        desk.poller.want(PRICE)
        await desk.clock.advance(1.0)
        desk.poller.want({"price": frozenset({"BTC", "ETH"})})
        desk.source.gate.set()
        await desk.clock.advance(1.0)
        assert [coins for _, _, coins in desk.source.asked] == [("BTC",), ("BTC", "ETH")]


async def test_a_reload_takes_calls_away() -> None:
    async with at_work(Desk()) as desk:
        desk.poller.want(PRICE)
        await desk.clock.advance(1.0)
        desk.poller.want({})
        await desk.clock.advance(10 * MINUTE)
        assert desk.times == [0.0]


def unavailable(reason: str = "network", retry_after: float | None = None) -> SourceUnavailable:
    return SourceUnavailable("no", reason=reason, retry_after=retry_after)


async def test_back_off_doubles_up_to_a_minute() -> None:
    async with at_work(Desk(0.5)) as desk:
        desk.source.fate.extend(unavailable() for _ in range(8))
        desk.poller.want(PRICE)
        await desk.clock.advance(5 * MINUTE)
        pauses = np.diff(desk.times)[:8].tolist()
        assert pauses == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0, 30.0]
        assert desk.times[9] - desk.times[8] == MINUTE
        assert desk.failures == ["network"] * 8


async def test_retry_after_is_honoured() -> None:
    async with at_work(Desk()) as desk:
        desk.source.fate.append(unavailable("http_429", 119.0))
        desk.poller.want(PRICE)
        await desk.clock.advance(118.0)
        assert desk.times == [0.0]
        await desk.clock.advance(1.0)
        assert desk.times == [0.0, 119.0]


async def test_trouble_is_told_once_and_so_is_its_end() -> None:
    async with at_work(Desk()) as desk:
        desk.source.fate.extend([unavailable(), unavailable(), None])
        desk.source.fate.extend([unavailable() for _ in range(4)])
        desk.source.fate.extend([unavailable("timeout"), unavailable(), None])
        desk.poller.want(PRICE)
        await desk.clock.advance(10 * MINUTE)
        # Two failures in a row are no news; a third is, and so is another reason.
        assert desk.states == [(False, "network"), (False, "timeout"), (True, "")]


async def test_the_same_trouble_after_a_recovery_is_news() -> None:
    async with at_work(Desk()) as desk:
        desk.source.fate.extend([*(unavailable() for _ in range(3)), None, *(unavailable() for _ in range(3)), None])
        desk.poller.want(PRICE)
        await desk.clock.advance(10 * MINUTE)
        assert desk.states == [(False, "network"), (True, "")] * 2


async def test_a_refusal_is_told_at_once_and_asked_again_seldom() -> None:
    async with at_work(Desk()) as desk:
        desk.source.fate.extend([SourceRefused("no", reason="http_401"), SourceRefused("no", reason="http_401")])
        desk.poller.want(PRICE)
        await desk.clock.advance(11 * MINUTE)
        assert desk.times[:3] == [0.0, 300.0, 600.0]
        assert desk.states == [(False, "http_401"), (True, "")]


async def test_a_malformed_answer_keeps_the_rhythm() -> None:
    async with at_work(Desk()) as desk:
        desk.source.fate.extend(SourceMalformed("no", reason="json") for _ in range(3))
        desk.poller.want(PRICE)
        await desk.clock.advance(3 * MINUTE)
        assert desk.times == [0.0, 60.0, 120.0, 180.0]
        assert desk.states == [(False, "json"), (True, "")]


async def test_one_call_in_trouble_does_not_make_the_source_well_by_another() -> None:
    async with at_work(Desk()) as desk:
        desk.source.fate.extend([None, SourceRefused("no", reason="http_403")])
        desk.poller.want(BOTH)
        await desk.clock.advance(3 * MINUTE)
        assert desk.states == [(False, "http_403")]
        desk.poller.want(PRICE)
        assert desk.states == [(False, "http_403"), (True, "")]


SIGNAL = {"signal": frozenset({"BTC"})}
HOUR = 60 * MINUTE


@pytest.mark.parametrize(
    ("draw", "begin", "times"),
    [
        pytest.param(0.0, 1800.0, [1800.0, HOUR + 3, 2 * HOUR + 3], id="no draw"),
        pytest.param(0.5, 1800.0, [1800.0, HOUR + 4.5, 2 * HOUR + 4.5], id="later by as much again at the most"),
        pytest.param(0.0, 1.0, [1.0, 3.0, HOUR + 3, 2 * HOUR + 3], id="first asked before the bar was settled"),
        pytest.param(0.0, 3.0, [3.0, HOUR + 3, 2 * HOUR + 3], id="first asked as it was settled"),
    ],
)
async def test_what_comes_with_the_clock_is_asked_with_it(draw: float, begin: float, times: list[float]) -> None:
    async with at_work(Desk(draw, offset=3.0)) as desk:
        await desk.clock.advance(begin)
        desk.poller.want(SIGNAL)
        await desk.clock.advance(2 * HOUR + 600.0)
        assert desk.times == times


async def test_what_failed_falls_back_into_step_with_the_clock() -> None:
    async with at_work(Desk(0.5, offset=3.0)) as desk:
        desk.source.fate.extend([unavailable(), SourceMalformed("no", reason="json")])
        await desk.clock.advance(1800.0)
        desk.poller.want(SIGNAL)
        await desk.clock.advance(HOUR)
        assert desk.times == [1800.0, 1802.0, HOUR + 4.5]


async def test_a_bug_ends_the_poller() -> None:
    desk = Desk()
    desk.source.fate.append(ZeroDivisionError())
    desk.poller.want(PRICE)
    with pytest.raises(ZeroDivisionError):
        await desk.poller.run()


# ── what chat users want, out of turn ────────────────────────────────────────────────────────────────────────────────


def price_of(*coins: str) -> dict[str, frozenset[str]]:
    return {"price": frozenset(coins)}


async def test_what_somebody_else_asked_for_is_not_asked_for_again() -> None:
    async with at_work(Desk(allowance=Allowance("it"))) as desk:
        desk.poller.want(PRICE)
        await desk.clock.advance(45.0)
        (call,) = desk.source.calls(price_of("ETH"))
        desk.poller.heard(call, desk.clock.now())
        desk.poller.want(price_of("BTC", "ETH"), out_of_turn=True)
        await desk.clock.advance(15.0)
        assert desk.source.asked == [(0.0, "price", ("BTC",)), (60.0, "price", ("BTC", "ETH"))]


async def test_the_first_coin_of_a_source_is_due_an_interval_after_it_was_asked_for() -> None:
    async with at_work(Desk(allowance=Allowance("it"))) as desk:
        (call,) = desk.source.calls(PRICE)
        desk.poller.heard(call, desk.clock.now())
        await desk.clock.advance(5.0)
        desk.poller.want(PRICE, out_of_turn=True)
        await desk.clock.advance(60.0)
        assert desk.times == [60.0]


@pytest.mark.parametrize(("free", "most"), [(False, 10), (True, 120)])
@pytest.mark.parametrize("same", [True, False], ids=["one coin again and again", "another coin each time"])
@pytest.mark.parametrize("slow", [False, True], ids=["answered at once", "wanted while it is asked"])
async def test_coins_that_come_and_go_take_no_more_than_the_allowance(
    free: bool, most: int, same: bool, slow: bool
) -> None:
    """Five changes a second, as many as `app.quotes` lets through, for ten minutes."""
    async with at_work(Desk(allowance=Allowance("it", free=free))) as desk:
        desk.poller.want(PRICE)
        for number in range(3000):
            if slow and number % 10 == 0:
                desk.source.gate.clear()
            coin = "ETH" if same else f"C{number}"
            desk.poller.want(price_of("BTC", coin) if number % 2 else PRICE, out_of_turn=True)
            await desk.clock.advance(0.2)
            if slow and number % 10 == 5:
                desk.source.gate.set()
        turns, first, then = 10 + 1, most, most * 10
        assert len(desk.times) <= turns + first + then
        assert max(np.diff(desk.times)) <= 1.1 * MINUTE
        if same:
            assert len(desk.times) <= 2 * turns, "its value is known until the others have a newer one"


async def test_a_coin_over_the_allowance_comes_as_soon_as_there_is_room() -> None:
    async with at_work(Desk(allowance=Allowance("it", pace=8))) as desk:
        desk.poller.want(PRICE)
        await desk.clock.advance(1.0)
        coins = [f"C{number}" for number in range(6)]
        for number in range(6):
            desk.poller.want(price_of("BTC", *coins[: number + 1]), out_of_turn=True)
            await desk.clock.advance(0.0)
        assert len(desk.times) == 1 + 4
        await desk.clock.advance(20.0)
        assert desk.source.asked[5:] == [(16.0, "price", ("BTC", *coins))]


async def test_where_the_allowance_has_no_room_a_coin_comes_with_the_others() -> None:
    allowance = Allowance("it", quota=1)
    async with at_work(Desk(allowance=allowance)) as desk:
        desk.poller.want(PRICE)
        await desk.clock.advance(1.0)
        desk.poller.want(price_of("BTC", "ETH"), out_of_turn=True)
        await desk.clock.advance(120.0)
        assert desk.source.asked[1:] == [(at, "price", ("BTC", "ETH")) for at in (60.0, 120.0)]


async def test_a_reload_waits_for_no_allowance() -> None:
    async with at_work(Desk(allowance=Allowance("it", quota=1))) as desk:
        for number in range(20):
            desk.poller.want(price_of(*(f"C{each}" for each in range(number + 1))))
            await desk.clock.advance(0.0)
        assert len(desk.times) == 20


async def test_calls_that_get_other_names_are_put_off_by_nothing() -> None:
    """Eleven coins are two calls and ten are one, and what is asked for less often is another."""
    async with at_work(Desk(allowance=Allowance("it", quota=1))) as desk:
        desk.poller.want({"signal": frozenset({"BTC"}), **PRICE})
        await desk.clock.advance(0.0)
        many = price_of("BTC", *(f"A{number}" for number in range(10)))
        for number in range(600):
            desk.poller.want(PRICE if number % 2 else many, out_of_turn=True)
            await desk.clock.advance(1.0)
        bitcoin = [at for at, field, coins in desk.source.asked if field == "price" and "BTC" in coins]
        assert max(np.diff(bitcoin)) <= 1.1 * MINUTE
        assert len(desk.times) <= 2 + 2 * 11


async def test_a_quota_is_a_month_of_turns_and_of_what_they_leave() -> None:
    """A poll by the minute takes 43,200 of 50,000 calls in 30 days; somebody asks for another coin twice a minute."""
    quota, days = 50_000, 2
    allowance = Allowance("it", quota=quota)
    async with at_work(Desk(allowance=allowance)) as desk:
        desk.poller.want(PRICE)
        for number in range(days * 24 * 120):
            desk.poller.want(price_of("BTC", f"C{number}"), out_of_turn=True)
            await desk.clock.advance(30.0)
        assert days * 1440 < len(desk.times) <= (days + 1) * quota / DAYS
