"""What sources are asked for beside their turn, and how often that may be."""

from collections.abc import Mapping

import pytest

from alertd.app.quotes import FRESH, OnDemand
from alertd.model.reading import Bars, Poll
from alertd.ports import Call, Candidate
from alertd.sources.allowance import CALLS, CALLS_FREE, Allowance
from tests.fakes import HandClock
from tests.pipeline.stand import rules, running


class Exchange:
    """A source that has a price of every coin, one round of all that are wanted at `cost`."""

    name = "exchange"
    fields = frozenset({"price"})

    def __init__(self, cost: int) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._cost = cost

    def has(self, field: str, coin: str) -> bool:
        return field == "price"

    def calls(self, wanted: Mapping[str, frozenset[str]]) -> tuple[Call, ...]:
        return (Call("prices", ("price",), tuple(sorted(wanted["price"])), 60.0, self._cost),)

    async def poll(self, call: Call, now: float) -> Poll:
        self.asked.append(call.coins)
        return Poll(self.name, now)

    async def history(self, field: str, coin: str, *, interval: float, start: float, end: float) -> Bars | None:
        return None

    def history_cost(self, field: str, *, interval: float, span: float) -> int:
        return 0

    async def find(self, text: str) -> tuple[Candidate, ...]:
        return ()


class Unwatched:
    """Nobody polls; `heard` are the coins of calls that were answered, `tries` how often it was told to poll, of which
    the first `bugs` fail."""

    def __init__(self, bugs: int = 0) -> None:
        self.heard_of: list[tuple[str, ...]] = []
        self.tries = 0
        self._bugs = bugs

    async def want(self, *, out_of_turn: bool = False) -> None:
        assert out_of_turn
        self.tries += 1
        if self.tries <= self._bugs:
            raise ZeroDivisionError

    def heard(self, source: str, call: Call) -> None:
        self.heard_of.append(call.coins)


@pytest.mark.parametrize(
    ("cost", "free", "may"),
    [(1, False, CALLS.count), (5, False, CALLS.count // 5), (1, True, CALLS_FREE.count), (500, True, 1)],
    ids=["billed", "billed, in rounds of five calls", "free", "free, in rounds of many calls"],
)
async def test_a_source_is_asked_so_often_in_a_minute(cost: int, free: bool, may: int) -> None:
    clock, source = HandClock(), Exchange(cost)
    async with running(rules(), clock=clock) as stand:
        allowances = {"exchange": Allowance("exchange", free=free)}
        quotes = OnDemand([source], stand.pipeline, clock, Unwatched(), allowances)
        for number in range(may + 20):
            await quotes.fetch({"price": [f"C{number}"]})
        assert source.asked == [(f"C{number}",) for number in range(may)]
        await quotes.fetch({"price": [f"C{may}"]})
        assert len(source.asked) == may
        await stand.after(60.0)
        await quotes.fetch({"price": [f"C{may}"]})
        assert source.asked[may:] == [(f"C{may}",)]


async def test_the_same_is_not_asked_for_again_at_once() -> None:
    clock, source = HandClock(), Exchange(1)
    async with running(rules(), clock=clock) as stand:
        watch = Unwatched()
        quotes = OnDemand([source], stand.pipeline, clock, watch, {"exchange": Allowance("exchange")})
        for _ in range(5):
            await quotes.fetch({"price": ["BTC", "ETH"]})
        await stand.after(FRESH)
        await quotes.fetch({"price": ["BTC"]})
        assert source.asked == watch.heard_of == [("BTC", "ETH"), ("BTC",)]


async def test_what_ran_out_is_said_and_asked_as_soon_as_there_is_room() -> None:
    clock, source = HandClock(), Exchange(1)
    async with running(rules(), clock=clock) as stand:
        quotes = OnDemand([source], stand.pipeline, clock, Unwatched(), {"exchange": Allowance("exchange", pace=6)})
        said = [await quotes.fetch({"price": [coin]}) for coin in ("BTC", "ETH", "SOL", "DOGE", "DOGE")]
        short = "Chat may ask exchange 3 times a minute, and has: there is more in 20s."
        assert said == ["", "", "", short, short]
        await stand.after(20.0)
        assert await quotes.fetch({"price": ["DOGE"]}) == ""
        assert source.asked[3:] == [("DOGE",)]


async def test_a_bug_in_what_is_polled_is_logged_and_it_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    clock = HandClock()
    async with running(rules(), clock=clock) as stand:
        watch = Unwatched(bugs=2)
        quotes = OnDemand([], stand.pipeline, clock, watch, {})
        await quotes.watch()
        await stand.after(60.0)
        assert watch.tries == 3
        assert caplog.text.count("a bug in what is polled: tried again") == 2
        await quotes.watch()
        await stand.after(1.0)
        assert watch.tries == 4
