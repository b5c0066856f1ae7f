"""Charts: where their prices come from, what that costs, and that nobody is held up by them."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC

import numpy as np
import pytest

from alertd.app.charting import AT_ONCE, BUG, MISSING, NO_PILLOW, TOO_MANY, WAITING, Charting
from alertd.app.prices import (
    CALLS,
    FRESH,
    FRESH_ASKED,
    FRESH_UNASKED,
    SPANS,
    joined,
    ring_bars,
    seen,
    span_for,
    steps,
)
from alertd.bot.office import NO_PRICES
from alertd.charts.scales import interval_for
from alertd.errors import SourceUnavailable
from alertd.market.ring import Ring
from alertd.model.notification import Picture
from alertd.model.reading import Bars, Poll
from alertd.ports import Call, Candidate
from alertd.sources.allowance import DAYS, Allowance
from alertd.sources.candle_files import ended_in
from tests.charts.samples import bars
from tests.fakes import START, HandClock, settle
from tests.pipeline.stand import Stand, running
from tests.pipeline.stand import rules as written

DAY, HOUR, FIVE_MINUTES = 86_400.0, 3600.0, 300.0


class Kept:
    """A source that keeps bars of five minutes; `gate` is what its answers wait for."""

    fields = frozenset({"price"})

    name = "exchange"

    def __init__(self, clock: HandClock, *, cost: int) -> None:
        self.asked: list[tuple[str, float]] = []
        self.fails = False
        self.gate = asyncio.Event()
        self.gate.set()
        self._clock = clock
        self._cost = cost

    def has(self, field: str, coin: str) -> bool:
        return field == "price" and coin != "NOWHERE"

    def calls(self, wanted: Mapping[str, frozenset[str]]) -> tuple[Call, ...]:
        return ()

    async def poll(self, call: Call, now: float) -> Poll:
        return Poll(self.name, now)

    async def history(self, field: str, coin: str, *, interval: float, start: float, end: float) -> Bars | None:
        if interval != FIVE_MINUTES:
            return None
        self.asked.append((coin, round((end - start) / HOUR, 1)))
        await self.gate.wait()
        if self.fails:
            raise SourceUnavailable("no", reason="network")
        last = min(end, self._clock.now()) // interval * interval
        return ended_in(bars(400, interval=interval, end=last), start, end)

    def history_cost(self, field: str, *, interval: float, span: float) -> int:
        return self._cost if interval == FIVE_MINUTES else 0

    async def find(self, text: str) -> tuple[Candidate, ...]:
        return ()


class Desk:
    """Charts over a running pipeline."""

    def __init__(self, stand: Stand, *sources: Kept, free: tuple[str, ...] = (), quota: int | None = None) -> None:
        self.stand = stand
        allowances = {each.name: Allowance(each.name, free=each.name in free, quota=quota) for each in sources}
        self.charting = Charting(stand.pipeline, sources, stand.clock, allowances, zone=lambda: UTC)

    def picture(self, coin: str = "BTC", *, span: float = DAY, level: float | None = None) -> Picture:
        return Picture(coin, self.stand.clock.now(), span, level)


@asynccontextmanager
async def desk(
    *rules: str, free: tuple[str, ...] = (), cost: int = 1, quota: int | None = None
) -> AsyncIterator[tuple[Desk, Kept]]:
    clock = HandClock()
    kept = Kept(clock, cost=cost)
    async with running(written(*({"name": f"r{n}", "when": when} for n, when in enumerate(rules))), clock=clock) as it:
        yield Desk(it, kept, free=free, quota=quota), kept


def is_png(content: bytes | str | None) -> bool:
    return isinstance(content, bytes) and content.startswith(b"\x89PNG")


async def test_a_chart_is_drawn_once_for_all_who_want_it_now() -> None:
    async with desk() as (it, source):
        one, other = await asyncio.gather(*(it.charting.draw(it.picture()) for _ in range(2)))
        assert is_png(one)
        assert other is one is await it.charting.beside(it.picture())
        assert source.asked == [("BTC", 24.0)]


@pytest.mark.parametrize("span", [-1.0, 0.0, 500 * DAY, float("nan")])
async def test_there_is_no_chart_where_there_are_no_prices(span: float) -> None:
    async with desk() as (it, _):
        assert await it.charting.draw(it.picture(span=span)) == NO_PRICES
        assert await it.charting.draw(it.picture("NOWHERE")) == NO_PRICES
        assert await it.charting.beside(it.picture("NOWHERE")) is None


@pytest.mark.parametrize(
    ("case", "free", "asked", "fresh"),
    [
        ("a free source", ("exchange",), False, FRESH),
        ("a billed one, for somebody", (), True, FRESH_ASKED),
        ("a billed one, for a message", (), False, FRESH_UNASKED),
    ],
)
async def test_a_source_is_asked_again_after_a_while(
    case: str, free: tuple[str, ...], asked: bool, fresh: float
) -> None:
    async with desk(free=free) as (it, source):
        way = it.charting.draw if asked else it.charting.beside
        await way(it.picture())
        for level in range(90, 100):
            await it.stand.after(fresh / 10 - 0.1)
            assert is_png(await way(it.picture(level=float(level)))), case
        assert len(source.asked) == 1
        await it.stand.after(1.1)
        await way(it.picture())
        assert len(source.asked) == 2


@pytest.mark.parametrize("span", [DAY, 6.5 * HOUR])
async def test_charts_of_other_lengths_are_cut_from_one_answer(span: float) -> None:
    async with desk() as (it, source):
        for minutes in range(20):
            assert is_png(await it.charting.draw(it.picture(span=span - 60 * minutes)))
        assert source.asked == [("BTC", 24.0)]


async def test_charts_take_so_many_billed_calls_an_hour() -> None:
    async with desk("price up 5% in 1h") as (it, source):
        for number in range(CALLS.count + 10):
            drawn = await it.charting.draw(it.picture(f"C{number}"))
            assert is_png(drawn) == (number < CALLS.count)
        # Until there are calls again, a chart has what came before, and what the engine has seen.
        used_up = "Charts may ask exchange 30 times an hour, and have: try again in 2m."
        assert [await it.charting.draw(it.picture("BTC")) for _ in "12"] == [used_up] * 2
        assert await it.charting.beside(it.picture("BTC")) is None
        for minutes in range(10):
            await it.stand.price(100.0 + minutes)
            await it.stand.after(60)
        for coin in ("C0", "C1", "C2", "C3", "C4", "C5", "C6", "BTC"):
            assert is_png(await it.charting.draw(it.picture(coin, span=HOUR if coin == "BTC" else DAY)))
        assert len(source.asked) == CALLS.count + 5
        await it.stand.after(CALLS.seconds)
        assert is_png(await it.charting.draw(it.picture("C99")))


async def test_calls_that_ran_out_are_there_again_when_it_was_said() -> None:
    async with desk(cost=3) as (it, _):
        for number in range(CALLS.count // 3):
            assert is_png(await it.charting.draw(it.picture(f"C{number}")))
        assert "try again in 6m." in str(await it.charting.draw(it.picture("BTC")))
        await it.stand.after(5 * 60)
        assert "try again in 1m." in str(await it.charting.draw(it.picture("BTC")))
        await it.stand.after(60)
        assert is_png(await it.charting.draw(it.picture("BTC")))


async def test_charts_do_not_spend_more_than_the_quota() -> None:
    """30 an hour would be 21,600 in a month."""
    async with desk(quota=10 * DAYS) as (it, source):
        for number in range(10):
            assert is_png(await it.charting.draw(it.picture(f"C{number}")))
        used_up = "Chat has used up what the quota leaves of today's calls to exchange: there is more in 2h24m."
        assert [await it.charting.draw(it.picture("C10")) for _ in range(2 * CALLS.count)] == [
            used_up
        ] * 2 * CALLS.count
        await it.stand.after(DAY / 10)
        assert is_png(await it.charting.draw(it.picture("C10")))
        assert len(source.asked) == 11


async def test_what_nobody_bills_is_asked_for_every_chart() -> None:
    async with desk(free=("exchange",)) as (it, source):
        for number in range(CALLS.count + 10):
            assert is_png(await it.charting.draw(it.picture(f"C{number}")))
        assert len(source.asked) == CALLS.count + 10


@pytest.mark.parametrize("span", [*SPANS, 900.0, 7 * HOUR, 25 * HOUR, 8 * DAY, 31 * DAY, 365 * DAY])
def test_what_is_asked_for_has_bars_as_short_as_the_chart(span: float) -> None:
    asked = span_for(span)
    assert asked >= span
    assert next(steps(asked)) <= interval_for(span)
    assert interval_for(span) % next(steps(asked)) == 0


@pytest.mark.parametrize(("cost", "asked"), [(3, 1), (4, 0)])
async def test_no_chart_is_worth_many_billed_calls(cost: int, asked: int) -> None:
    async with desk(cost=cost) as (it, source):
        assert is_png(await it.charting.draw(it.picture())) == bool(asked)
        assert len(source.asked) == asked


async def test_a_source_that_fails_is_left_alone() -> None:
    async with desk() as (it, source):
        source.fails = True
        for level in range(90, 100):
            assert await it.charting.beside(it.picture(level=float(level))) is None
        assert len(source.asked) == 1
        source.fails = False
        await it.stand.after(FRESH_UNASKED)
        assert is_png(await it.charting.beside(it.picture()))


async def test_what_the_engine_has_seen_takes_no_call() -> None:
    async with desk("price up 5% in 24h") as (it, source):
        for _ in range(290):
            await it.stand.price(100.0)
            await it.stand.after(300)
        assert is_png(await it.charting.beside(it.picture()))
        assert source.asked == []


async def test_what_came_since_the_history_is_in_the_chart() -> None:
    async with desk("price up 5% in 1h") as (it, source):
        await it.stand.after(30)
        await it.stand.price(140.0)
        await it.stand.after(30)
        await it.stand.price(120.0)
        parts = await it.stand.pipeline.ask(lambda state: seen(state, "BTC", START - DAY, it.stand.clock.now()))
        assert [float(part.close[-1]) for part in parts] == [120.0, 120.0]
        assert is_png(await it.charting.draw(it.picture()))
        kept = await source.history("price", "BTC", interval=300.0, start=START - DAY, end=START)
        assert kept
        whole = joined([kept, *parts], 900.0)
        assert whole
        assert (len(whole.end), float(whole.end[-1])) == (97, START + 900)
        assert (float(whole.high[-1]), float(whole.close[-1])) == (140.0, 120.0)
        assert whole.volume is not None
        assert whole.volume[-1] == 0.0
        assert whole.volume[-2] == pytest.approx(kept.volume[-3:].sum() if kept.volume is not None else 0)


async def test_the_latest_reading_is_the_end_of_a_chart_where_no_rule_looks_back() -> None:
    async with desk("price > 1000") as (it, _):
        await it.stand.after(30)
        await it.stand.price(140.0)
        (part,) = await it.stand.pipeline.ask(lambda state: seen(state, "BTC", START - DAY, it.stand.clock.now()))
        assert (part.end.tolist(), part.close.tolist()) == ([START + 30], [140.0])
        old = await it.stand.pipeline.ask(lambda state: seen(state, "BTC", START - 2 * DAY, START - DAY))
        assert old == []


async def test_a_few_wait_and_the_others_go_without() -> None:
    async with desk(free=("exchange",)) as (it, source):
        source.gate.clear()
        many = [asyncio.ensure_future(it.charting.draw(it.picture(level=float(n)))) for n in range(60)]
        await settle()
        waiting = [task for task in many if not task.done()]
        assert len(waiting) == AT_ONCE + WAITING
        assert {task.result() for task in many if task.done()} == {TOO_MANY}
        source.gate.set()
        assert all(map(is_png, await asyncio.gather(*waiting)))
        assert len(source.asked) == 1


async def test_whoever_stops_waiting_takes_it_from_nobody() -> None:
    async with desk() as (it, source):
        source.gate.clear()
        first, second = (asyncio.ensure_future(it.charting.draw(it.picture())) for _ in "ab")
        await settle()
        first.cancel()
        source.gate.set()
        assert is_png(await second)


async def test_a_bug_is_logged_and_costs_the_chart_alone(caplog: pytest.LogCaptureFixture) -> None:
    async with desk() as (it, _):
        with caplog.at_level(logging.ERROR):
            assert await it.charting.draw(it.picture()._replace(zone="No/Where")) == BUG
        assert "a bug in a chart of BTC" in caplog.text


_WITHOUT = """
import asyncio, logging, sys
sys.modules["PIL"] = None  # as if it were not installed
logging.basicConfig(format="%(message)s", stream=sys.stdout)
from alertd.app.charting import Charting
from alertd.model.notification import Picture
charting = Charting(None, [], None, {}, zone=None)
for _ in range(3):
    print(asyncio.run(charting.draw(Picture("BTC", 0.0, 60.0))))
"""


def test_without_pillow_it_is_said_once_and_there_are_no_charts() -> None:
    done = subprocess.run([sys.executable, "-c", _WITHOUT], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == [MISSING, *3 * [NO_PILLOW]]


def test_pillow_is_not_imported_before_there_is_something_to_draw() -> None:
    code = "import sys, alertd.app.charting; print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (HOUR, [60.0, 300.0]),
        (DAY, [300.0, 900.0, HOUR]),
        (7 * DAY, [900.0, HOUR, 4 * HOUR, 12 * HOUR]),
        (30 * DAY, [HOUR, 4 * HOUR, 12 * HOUR, DAY]),
        (365 * DAY, [12 * HOUR, DAY]),
    ],
)
def test_shorter_bars_are_asked_for_first(span: float, expected: list[float]) -> None:
    assert list(steps(span)) == expected


def ring(*readings: tuple[float, float], opens: bool = False) -> Ring:
    made = Ring(60.0)
    made.add(1)
    made.fit(30, opens=opens)
    for at, value in readings:
        made.put(np.array([0]), np.array([START + at]), np.array([value]), replace=False)
    return made


@pytest.mark.parametrize(
    ("case", "opens", "expected"),
    [
        ("first readings are kept", True, [(60, 5, 9, 4, 4), (120, 7, 8, 7, 8), (240, 3, 3, 3, 3)]),
        ("else a bar opens where the last one closed", False, [(60, 4, 9, 4, 4), (120, 7, 8, 7, 8), (240, 3, 3, 3, 3)]),
    ],
)
def test_bars_of_the_engine(case: str, opens: bool, expected: list[tuple[float, ...]]) -> None:
    made = ring((10, 5.0), (20, 9.0), (50, 4.0), (70, 7.0), (100, 8.0), (190, 3.0), opens=opens)
    found = ring_bars(made, 0, "BTC", (START, START + 200))
    columns = (found.end - START, found.open, found.high, found.low, found.close)
    assert [*zip(*(column.tolist() for column in columns), strict=True)] == expected, case


def test_nothing_joined_is_nothing() -> None:
    assert joined([], 60.0) is None
    assert joined([bars(0)], 60.0) is None


def test_longer_bars_than_the_chart_would_have_stay_as_they_are() -> None:
    found = joined([bars(24, interval=HOUR)], interval_for(DAY))
    assert found
    assert found.interval == HOUR
    assert len(found.end) == 24
