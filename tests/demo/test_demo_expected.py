"""What has to arrive, against the judge itself: however the polls fall, what must fire does, and what fires may."""

from dataclasses import replace

import numpy as np
import pytest

from alertd.demo.expected import Below, Both, Flips, Move, Question, Says, Watching
from alertd.demo.market import HOUR, MINUTE, Market, market_day
from alertd.market.path import Path
from alertd.model.reading import Bars
from alertd.model.universe import Universe
from alertd.replay import SOURCE, replay, told
from alertd.rules.files import RuleText, read_rules
from tests.fakes import START

LAG = 16 * MINUTE
PHASES = range(3)


@pytest.fixture(scope="module")
def watching() -> Watching:
    market = market_day(7, START)
    few = {coin: market.bars[coin] for coin in ("BTC", "ETH", "SOL", "DOGE", "BONK")}
    return Watching(Market(few), START + 8 * HOUR, START + 20 * HOUR, price_lag=LAG, signal_lag=2 * HOUR)


def sampled(bars: Bars, phase: int, every: int = 7) -> Bars:
    """What a poll every seven minutes sees of it, now and then missing one."""
    chosen = np.arange(phase, len(bars.end), every)
    chosen = chosen[np.random.default_rng(phase).random(len(chosen)) > 0.02]
    columns = {name: getattr(bars, name)[chosen] for name in ("end", "open", "high", "low", "close")}
    return replace(bars, source=SOURCE, **columns)


def fired(watching: Watching, text: str, phase: int) -> set[str]:
    """The coins on which the judge lets a condition fire."""
    market = watching.market
    universe = Universe(coins={coin: coin for coin in market.bars}, sources={SOURCE: frozenset({"price"})})
    rule = f"version: 1\nrules:\n  - name: a\n    symbols: [{', '.join(market.bars)}]\n    when: {text}\n"
    loaded = read_rules([RuleText("rules.yaml", rule.encode())], universe, START)
    assert not [problem for problem in loaded.problems if not problem.warning]
    bars = {coin: sampled(each, phase) for coin, each in market.bars.items()}
    events = told(replay(loaded.rules, bars, path=Path.CLOSE, start=watching.start, end=watching.end))
    return {event.symbol for event in events if event.kind == "fired"}


TESTS = [Move(-1), Move(-5), Move(-10), Move(-14), Move(-20), Move(-25), Move(2), Move(6), Move(10), Move(13)]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("test", [*TESTS, Below(62_000), Below(1_000)], ids=lambda test: getattr(test, "text", ""))
def test_what_must_fire_fires_and_what_fires_may(watching: Watching, test: Question, phase: int) -> None:
    must = {coin for coin in watching.market.bars if test.must(watching, coin)}
    may = {coin for coin in watching.market.bars if test.may(watching, coin)}
    assert must <= fired(watching, test.text, phase) <= may


@pytest.mark.parametrize(
    ("test", "count"),
    [(Move(-10), 5), (Move(-30), 0), (Move(6), 4), (Move(30), 0), (Below(62_000), 1)],
    ids=lambda case: getattr(case, "text", ""),
)
def test_it_expects_something(watching: Watching, test: Question, count: int) -> None:
    coins = ["BTC"] if isinstance(test, Below) else list(watching.market.bars)
    assert sum(test.must(watching, coin) for coin in coins) == count


@pytest.mark.parametrize(("minutes", "must"), [(20, True), (57, False), (58, False), (300, False)])
def test_who_looks_too_seldom_need_not_be_told_of_a_move(minutes: int, must: bool) -> None:
    watching = replace(signals((), rise_at=8), price_lag=minutes * MINUTE)
    assert (Move(5).must(watching, "BTC"), Move(5).may(watching, "BTC")) == (must, True)


@pytest.mark.parametrize(
    ("hours", "must", "may"),
    [
        pytest.param((), False, False, id="it never changes"),
        pytest.param((6,), True, True, id="it changes once, long enough"),
        pytest.param((1,), False, True, id="it changes when nobody may have looked before"),
        pytest.param((6, 7), False, True, id="it changes for an hour, which may be missed"),
    ],
)
def test_flips(hours: tuple[float, ...], must: bool, may: bool) -> None:
    watching = signals(hours)
    assert (Flips().must(watching, "BTC"), Flips().may(watching, "BTC")) == (must, may)


def test_a_move_against_the_signal_needs_both() -> None:
    watching = signals((4,), rise_at=8)
    assert Both(Move(5), Says(-1)).must(watching, "BTC")
    assert not Both(Move(5), Says(1)).may(watching, "BTC")
    assert not Both(Move(20), Says(-1)).may(watching, "BTC")


def signals(hours: tuple[float, ...], rise_at: float = 99) -> Watching:
    """Twelve hours of a price that rises by a tenth at an hour, and of a signal that turns at others."""
    end = np.arange(START - 4 * HOUR, START + 12 * HOUR + 1, MINUTE)
    close = np.where(end >= START + rise_at * HOUR, 110.0, 100.0)
    market = Market({"BTC": Bars("demo", "price", "BTC", MINUTE, end, close, close, close, close)})
    turns = sum(((end >= START + hour * HOUR).astype(int) for hour in hours), np.zeros(len(end), int))
    market.__dict__["trends"] = {"BTC": np.where(turns % 2, -1.0, 1.0)}  # as the property would keep it
    return Watching(market, START, START + 12 * HOUR, price_lag=LAG, signal_lag=2 * HOUR)
