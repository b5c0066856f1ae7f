"""What the forms of the language beyond levels, windows and crossings mean, verdict by verdict, as DESIGN.md §5 defines
them."""

import numpy as np
import pytest

from tests.conditions.stand import Stand
from tests.fakes import START

Case = tuple[str, str, str, str]
"""What it shows, the sentence, the script, and the verdict after each word."""


def check(when: str, script: str, expected: str, *, stale_after: float = np.inf) -> None:
    assert Stand(when, stale_after=stale_after).run(script) == expected.split()


def named(cases: list[Case]) -> list[object]:
    return [pytest.param(*case[1:], id=f"{case[1]}: {case[0]}") for case in cases]


LASTING: list[Case] = [
    ("both ends are in it", "price between 60 and 70", "0:59 1:60 2:65 3:70 4:71", "no yes yes yes no"),
    ("within a trillionth", "price between 60 and 70", "0:70.00000000001 1:70.000001", "yes no"),
    ("one end unknown, the other decides", "price between ETH.price and 70", "0:71 1:60", "no ?"),
    ("percent of the target", "price within 1% of 100", "0:98.9 1:99 2:101 3:101.1", "no yes yes no"),
    ("in units", "price within 2 of 100", "0:97.9 1:98 2:102 3:103", "no yes yes no"),
    ("of another coin", "price within 10% of ETH.price", "0:100 1:ETH=110 2:ETH=112", "? yes no"),
    ("of what is negative", "price - 200 within 1% of -100", "0:99 1:98", "yes no"),
    ("at least so many", "2 of (price > 1, price > 2, price > 3)", "0:1 1:2 2:3 3:4", "no no yes yes"),
    ("unknown ones may still be", "2 of (price > 1, tm_grade > 5, tm_grade > 6)", "0:2 1:1 2:tm_grade=6", "? ? no"),
    ("too few left to be", "2 of (price > 1, price > 2, tm_grade > 6)", "0:1 1:2 2:3", "no ? yes"),
    ("since a price", "price up 3% since 100", "0:102.9 1:103", "no yes"),
    ("down since it", "price down 3% since 100", "0:97.1 1:97", "no yes"),
    ("either way since it", "price moves 3% since 100", "0:101 1:97 2:103", "no yes yes"),
    ("in units since it", "price up 5 since 100", "0:104.9 1:105", "no yes"),
    ("since the last close", "price up 10% since close(1m)", "0:100 30:110 60:100 61:109 62:110", "no yes no no yes"),
    (
        "since the bar's first reading",
        "price up 3% since open(5m)",
        "1:100 299:103 300:104 301:104 302:108",
        "no yes yes no yes",
    ),
    ("no reading in this bar", "price up 3% since open(1m) or age(price) < 1s", "1:100 61:-", "yes ?"),
    ("a revision of the first", "price up 3% since open(5m)", "1:100 2@1:90 3:92.7 ", "no no yes"),
    ("a revision of another", "price up 3% since open(5m)", "1:100 2:101 3@2:103", "no no yes"),
    (
        "drawdown from the first reading on",
        "drawdown(1h) >= 10%",
        "0:100 60:91 120:90 180:110 240:99.5",
        "no no yes no no",
    ),
]


@pytest.mark.parametrize(("when", "script", "expected"), named(LASTING))
def test_what_lasts(when: str, script: str, expected: str) -> None:
    check(when, script, expected)


MOMENTS: list[Case] = [
    ("a multiple, upwards", "price crosses every 1000", "0:1990 1:2001 2:2999 3:3000 4:3001", "? yes no no yes"),
    ("downwards", "price crosses every 1000", "0:2010 1:2000 2:1999", "? no yes"),
    ("several at once", "price crosses every 10", "0:95 1:125", "? yes"),
    ("from the multiple itself", "price crosses every 10", "0:100 1:101 2:100 3:99", "? yes no yes"),
    (
        "a multiple within a trillionth is one",
        "price crosses every 0.1",
        "0:0.25 1:0.30000000000000004 2:0.31",
        "? no yes",
    ),
    ("below zero", "price - 200 crosses every 10", "0:195 1:189", "? yes"),
    ("time is no reading", "price crosses every 10", "0:95 1:105 2:-", "? yes no"),
    ("unknown then", "price - ETH.price crosses every 10", "0:95 1:ETH=1 2:120", "? ? yes"),
    ("enters", "price enters 60 to 70", "0:59 1:60 2:65 3:71 4:70", "? yes no no yes"),
    ("leaves", "price leaves 60 to 70", "0:65 1:71 2:72 3:65 4:59", "? yes no no yes"),
    ("enters the neighbourhood", "price enters within 1% of 100", "0:98 1:99 2:100", "? yes no"),
    ("over it is not in it", "price enters 60 to 70", "0:59 1:71", "? no"),
    ("a revision may", "price enters 60 to 70", "0:59 1:71 2@1:70", "? no yes"),
    ("unknown then, in a range", "price enters ETH.price to 70", "0:65 1:ETH=60 2:59 3:61", "? ? no yes"),
    (
        "another field's reading is none",
        "price enters 60 to 70 and tm_grade > 0",
        "0:59,tm_grade=1 1:65 2:tm_grade=2",
        "no yes no",
    ),
]


@pytest.mark.parametrize(("when", "script", "expected"), named(MOMENTS))
def test_what_is_momentary(when: str, script: str, expected: str) -> None:
    check(when, script, expected)


HELD: list[Case] = [
    ("so long", "price breaks above 100, holds 5m", "0:99 60:101 359:102 360:- 400:103", "no no no yes yes"),
    (
        "back over the level",
        "price breaks above 100, holds 5m",
        "0:99 60:101 120:100 360:101 661:102",
        "no no no no yes",
    ),
    (
        "for good until then",
        "price breaks above 100, holds 5m",
        "0:99 60:101 400:102 500:99 501:101",
        "no no yes no no",
    ),
    (
        "the level as it was",
        "price breaks above ETH.price, holds 5m",
        "0:99,ETH=100 60:101 120:ETH=105 400:102 401:100",
        "? no no yes no",
    ),
    (
        "another break is part of it",
        "price breaks above ETH.price, holds 5m",
        "0:99,ETH=100 60:101 90:ETH=103 120:104 360:-",
        "? no no no yes",
    ),
    ("below", "price breaks below 100, holds 1m", "0:101 60:99 120:- 130:100", "no no yes no"),
    (
        "a field that is silent",
        "price breaks above 100, holds 5m",
        "0:99 60:101 400:- 1000:- 1001:102",
        "no no yes ? yes",
    ),
]


@pytest.mark.parametrize(("when", "script", "expected"), named(HELD))
def test_what_holds(when: str, script: str, expected: str) -> None:
    if "ETH" in when:
        # Two polls of one source come in one word: what counts is what is said after both.
        assert Stand(when).run(script)[1:] == expected.split()[1:]
    else:
        check(when, script, expected, stale_after=600.0)


def test_nothing_is_held_of_a_break_before_the_alert() -> None:
    stand = Stand("price breaks above 100, holds 1m")
    stand.run("0:99")
    stand.prime()
    stand.run("1:101")
    stand.prime()
    assert stand.run("61:-") == ["yes"]


RECENT: list[Case] = [
    ("as long as that", "recently(price > 100, 1m)", "0:101 1:99 59.9:- 60:-", "yes yes yes no"),
    ("of a crossing", "recently(price crosses above 100, 1m)", "0:99 1:101 2:102 60.9:- 61:-", "? yes yes yes no"),
    ("unknown now", "recently(tm_grade > 5, 1m)", "0:1", "?"),
    ("it was, and is unknown", "recently(price > 100, 20m)", "0:101 700:- 1199:- 1200:-", "yes yes yes ?"),
]


@pytest.mark.parametrize(("when", "script", "expected"), named(RECENT))
def test_what_was_recently(when: str, script: str, expected: str) -> None:
    check(when, script, expected, stale_after=600.0)


def test_what_was_before_the_alert_was_not_recently() -> None:
    stand = Stand("recently(price > 100, 1h)")
    stand.market.absorb(None, START)
    stand.run("0:101")
    stand.memory[0][:] = np.nan
    stand.prime()
    assert np.isnan(stand.memory[0]).all()


TIMERS = [
    ("held", "price breaks above 100, holds 5m", "0:99 60:101", 360.0),
    ("nothing held", "price breaks above 100, holds 5m", "0:99", np.inf),
    ("held long enough", "price breaks above 100, holds 5m", "0:99 60:101 400:102", np.inf),
    ("recently", "recently(price > 100, 5m)", "0:101 10:99", 300.0),
    ("the first of several", "recently(price > 100, 5m) or recently(price > 100, 2m)", "0:101 10:99", 120.0),
    ("an age", "age(price) > 5m", "10:99", 310.001),
    ("an age among the coins", "count(where age(price) > 5m) > 0", "10:99", 310.001),
    ("what reads the market alone", "price > high(5m)", "10:99", np.inf),
]


@pytest.mark.parametrize(
    ("when", "script", "expected"), [case[1:] for case in TIMERS], ids=[case[0] for case in TIMERS]
)
def test_what_changes_by_time_alone(when: str, script: str, expected: float) -> None:
    stand = Stand(when)
    stand.run(script)
    assert stand.due() == pytest.approx(expected, abs=1e-6)


def test_since_the_last_alert() -> None:
    stand = Stand("price up 10% since last alert", ("BTC", "ETH"))
    assert stand.run("0:100 1:ETH=50 2:110 3:ETH=54") == ["no ?", "no no", "yes no", "yes no"]
    stand.rebase(np.array([True, False]))
    assert stand.run("4:112 5:ETH=55 6:121") == ["no no", "no yes", "yes yes"]


def test_since_the_last_alert_counts_from_what_is_known_when_it_comes() -> None:
    stand = Stand("price up 10% since last alert")
    stand.market.absorb(None, START)
    stand.run("0:100")
    stand.memory[0][:] = np.nan
    stand.prime()
    assert stand.run("1:110") == ["yes"]


COINS = ("BTC", "ETH", "SOL")
BREADTH = [
    ("how many", "count(where price > 10) >= 2", "0:11 1:ETH=9 2:SOL=12", ["no no no", "no no no", "yes yes yes"]),
    ("unknown where it is of all", "count(where price > 10) < 2", "0:tm_grade=1 1:5", ["? ? ?", "yes yes yes"]),
    ("of those where it is known", "share(where price > 10) > 50%", "0:11 1:ETH=9", ["yes yes yes", "no no no"]),
    ("the first", "rank(price) == 1", "0:11 1:ETH=12 2:SOL=13", ["yes ? ?", "no yes ?", "no no yes"]),
    (
        "equal ones share a place",
        "rank(price) <= 1",
        "0:11 1:ETH=11 2:SOL=10.9",
        ["yes ? ?", "yes yes ?", "yes yes no"],
    ),
    ("after all larger ones", "rank(price) == 3", "0:11 1:ETH=11 2:SOL=10.9", ["no ? ?", "no no ?", "no no yes"]),
    (
        "a crossing of a count: any coin's reading",
        "count(where price > 10) crosses above 1",
        "0:11 1:ETH=11 2:SOL=9",
        ["? ? ?", "yes yes yes", "no no no"],
    ),
    ("with arithmetic", "2 * count(where price > 10) - 1 == 3", "0:11 1:ETH=12", ["no no no", "yes yes yes"]),
]


@pytest.mark.parametrize(
    ("when", "script", "expected"), [case[1:] for case in BREADTH], ids=[f"{case[1]}: {case[0]}" for case in BREADTH]
)
def test_over_the_coins_of_the_rule(when: str, script: str, expected: list[str]) -> None:
    assert Stand(when, COINS).run(script) == expected


SWINGS = "0:9 60:10 120:12 180:15 240:13 300:11 360:12 420:18 480:16 540:14 600:13 660:13"
LEVELS: list[tuple[str, str, str, str]] = [
    (
        "breaks the nearest swing high",
        "price breaks resistance(12m)",
        "720:14.9 721:15 722:15.1 723:15.2",
        "? no yes no",
    ),
    ("as it was before the reading", "price > resistance(12m)", "720:14 721:15.5 722:15.6", "no yes no"),
    ("the next one after that", "price crosses above resistance(12m)", "720:15.5 725:17 726:18.5", "? no yes"),
    ("none above", "price < resistance(12m)", "720:30 721:31", "no ?"),
    ("nothing below", "price > support(12m)", "720:10.5 721:10.6", "no ?"),
    ("the nearest swing low", "price breaks support(12m)", "720:11.5 721:10.9", "? yes"),
]


@pytest.mark.parametrize(("when", "script", "expected"), named(LEVELS))
def test_support_and_resistance(when: str, script: str, expected: str) -> None:
    """Swing highs 15 and 18, a swing low 11; 13 twice is none, and there are two bars behind each."""
    stand = Stand(when)
    stand.run(SWINGS)
    assert stand.run(script) == expected.split()


SAME = [
    "price > high(3m)",
    "price < low(3m)",
    "price >= average(2m)",
    "price > 100",
    "price <= 100",
    "price up 1% in 3m",
    "price down 1% in 3m",
    "price moves 1% in 3m",
    "price up 1 in 3m",
    "price moves 1 in 2m",
    "change(price, 2m) > 0.5%",
    "drawdown(3m) > 0.5%",
    "close(1m) > open(1m)",
    "ema(2, 1m) > 100",
    "price > resistance(20m) or price < support(20m)",
    "price up 1% since open(3m)",
]


@pytest.mark.parametrize("when", SAME)
def test_many_alerts_are_judged_as_few_are(when: str) -> None:
    """Where there are many, what they have in common is measured once: the verdicts are the same."""
    dice = np.random.default_rng(7)
    prices = np.round(100 + 3 * np.sin(np.arange(150) / 9) + dice.choice([-1.0, 0.0, 1.0], 150), 1)
    script = " ".join(f"{20 * k + int(dice.integers(0, 15))}:{price}" for k, price in enumerate(prices) if k % 11)
    few, many = Stand(when, COINS).run(script), Stand(when, COINS, copies=30).run(script)
    assert [line.split()[0] for line in few] == [line.split()[0] for line in many]
    assert {"yes", "no"} <= {line.split()[0] for line in few}
