"""What sources are asked for beside their turn, and how often that may be."""

from collections.abc import Mapping

import pytest

from alertd.app.quotes import CALLS, CALLS_FREE, FRESH, OnDemand
from alertd.model.reading import Bars, Poll
from alertd.ports import Call, Candidate
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


async def nothing() -> None:
    """Nobody polls."""


@pytest.mark.parametrize(
    ("cost", "free", "may"),
    [(1, (), CALLS.count), (5, (), CALLS.count // 5), (5, ("exchange",), CALLS_FREE.count)],
    ids=["billed", "billed, in rounds of five calls", "free"],
)
async def test_a_source_is_asked_so_often_in_a_minute(cost: int, free: tuple[str, ...], may: int) -> None:
    clock, source = HandClock(), Exchange(cost)
    async with running(rules(), clock=clock) as stand:
        quotes = OnDemand([source], stand.pipeline, clock, nothing, free=free)
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
        quotes = OnDemand([source], stand.pipeline, clock, nothing)
        for _ in range(5):
            await quotes.fetch({"price": ["BTC", "ETH"]})
        await stand.after(FRESH)
        await quotes.fetch({"price": ["BTC"]})
        assert source.asked == [("BTC", "ETH"), ("BTC",)]
