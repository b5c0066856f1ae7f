"""Sources that fall silent: who is told, who takes over, and that nothing is judged across the seam."""

import pytest

from alertd.rules.standing import Rulebook
from tests.rules.play import Play

OVER: dict[str, object] = {"when": "price > 100"}
ONE: dict[str, object] = {"when": "signal is bullish"}
"""A field that only one source has; it is stale after 100 s."""

SILENCES = [
    ("told when the source goes stale", ONE, "0:signal=bearish 300:-", ["100 no_data signal"]),
    (
        "told after so long a silence",
        ONE | {"no_data": "tell after 4m"},
        "0:signal=bearish 300:-",
        ["240 no_data signal"],
    ),
    ("not before it is stale", ONE | {"no_data": "tell after 1m"}, "0:signal=bearish 300:-", ["100 no_data signal"]),
    ("ignored", ONE | {"no_data": "ignore"}, "0:signal=bearish 300:-", []),
    ("once in an outage", ONE, "0:signal=bearish 3000:-", ["100 no_data signal"]),
    (
        "again in the next",
        ONE,
        "0:signal=bearish 300:signal=bearish 600:-",
        ["100 no_data signal", "400 no_data signal"],
    ),
    (
        "not for a silence that ends in time",
        ONE | {"no_data": "tell after 4m"},
        "0:signal=bearish 200:signal=bearish 350:-",
        [],
    ),
    ("a confirmation is a sign of life", ONE, "0:signal=bearish 90:signal=same 180:-", []),
    ("a source that never spoke", ONE, "150:-", ["99 no_data signal"]),
    ("a condition that asks for the age tells it itself", {"when": "age(signal) > 1h"}, "0:signal=bearish 300:-", []),
    (
        "one line for two fields",
        {"when": "signal is bullish and tm_grade > 5"},
        "0:signal=bearish,tm_grade=3 300:-",
        ["100 no_data signal"],
    ),
    (
        "the first that is missing is named",
        {"when": "signal is bullish and tm_grade > 5"},
        "0:signal=bearish 50:tm_grade=3 90:signal=bearish 170:-",
        ["150 no_data tm_grade"],
    ),
]


@pytest.mark.parametrize(
    ("rule", "script", "expected"), [case[1:] for case in SILENCES], ids=[case[0] for case in SILENCES]
)
def test_silence(rule: dict[str, object], script: str, expected: list[str]) -> None:
    assert Play(rule, stale_after=100.0).run(script) == expected


def test_each_outage_is_a_thing_of_its_own() -> None:
    play = Play(ONE, stale_after=100.0)
    play.run("0:signal=bearish 300:signal=bearish 600:-")
    assert [event.ordinal for event in play.events] == [1, 2]


def test_an_alert_stands_in_the_outage_that_was_told_while_it_lasts() -> None:
    play, stood = Play(ONE, stale_after=100.0), []
    for word in ("0:signal=bearish", "150:-", "300:signal=bearish", "450:-", "500:signal=bearish"):
        play.run(word)
        (stands,) = Rulebook(play.state).standing(("", "rule")).values()
        stood.append((stands.silent, stands.outage))
    assert stood == [(False, 0), (True, 1), (False, 0), (True, 2), (False, 0)]


SPENT = [
    ("spent, and over", OVER | {"fire": "once"}, "0:99 10:101 20:99 300:-", ["10 fired 1", "20 resolved 1"]),
    (
        "spent, and firing still",
        OVER | {"fire": "once"},
        "0:99 10:101 300:-",
        ["10 fired 1", "110 no_data price"],
    ),
    (
        "spent by a moment",
        {"when": "price crosses above 100", "fire": "once"},
        "0:99 10:101 300:-",
        ["10 fired 1", "10 resolved 1"],
    ),
    (
        "one more to come",
        OVER | {"fire": "2 times"},
        "0:99 10:101 20:99 300:-",
        ["10 fired 1", "20 resolved 1", "120 no_data price"],
    ),
    (
        "spent while the time to tell it ran",
        {"when": "price crosses above 100 or tm_grade crosses above 5", "fire": "once", "no_data": "tell after 4m"},
        "0:99,tm_grade=3 90:99 150:101 160:101 240:101 250:101",
        ["150 fired 1", "150 resolved 1"],
    ),
]


@pytest.mark.parametrize(("rule", "script", "expected"), [case[1:] for case in SPENT], ids=[case[0] for case in SPENT])
@pytest.mark.parametrize("restarts", [False, True])
def test_what_waits_for_nothing_misses_no_data(
    rule: dict[str, object], script: str, expected: list[str], restarts: bool
) -> None:
    play = Play(rule, stale_after=100.0)
    *words, last = script.split()
    for word in words:
        play.run(word)
    if restarts:
        play = play.restarted()
    assert play.run(last) == expected


def test_silence_and_a_firing_of_the_same_moment_are_two_ticks() -> None:
    play = Play({"when": "price > 100 or signal is bullish"}, stale_after=100.0)
    play.run("0:99,signal=bearish 50:99 100:101 101:-")
    assert play.log == ["100 fired 1", "100 no_data signal"]


def test_a_rule_that_expires_as_its_source_goes_stale() -> None:
    play = Play(ONE | {"expires": "2026-01-01T00:01:40Z"}, OVER | {"name": "other"}, stale_after=100.0)
    play.run("0:99,signal=bullish 100:- 101:-")
    assert play.log == ["0 already_true", "100 no_data other price"]


FAILOVERS = [
    (
        "to the next, on its own history",
        "0:99,coingecko.price=98 90:coingecko.price=98 150:coingecko.price=101",
        ["150 fired 1"],
    ),
    (
        "the preferred one while it is fresh",
        "0:99,coingecko.price=98 50:coingecko.price=101 60:99",
        [],
    ),
    (
        "nothing is judged across the seam",
        "0:99 90:coingecko.price=101 150:- 160:coingecko.price=101.5",
        ["160 fired 1"],
    ),
    (
        "nor on the way back",
        "0:99 90:coingecko.price=98 150:coingecko.price=97 200:101 210:102",
        ["210 fired 1"],
    ),
    (
        "told where none is left",
        "0:99,coingecko.price=98 300:-",
        ["100 no_data price"],
    ),
    (
        "not told where one is",
        "0:99,coingecko.price=98 90:coingecko.price=98 180:coingecko.price=98 200:-",
        [],
    ),
]


@pytest.mark.parametrize(("script", "expected"), [case[1:] for case in FAILOVERS], ids=[case[0] for case in FAILOVERS])
def test_failover(script: str, expected: list[str]) -> None:
    assert Play(OVER, stale_after=100.0).run(script) == expected


def test_a_crossing_is_not_seen_between_two_sources() -> None:
    play = Play({"when": "price crosses above 100", "no_data": "ignore"}, stale_after=100.0)
    play.run("0:99 90:coingecko.price=105 150:coingecko.price=106 160:coingecko.price=99 170:coingecko.price=101")
    assert play.log == ["170 fired 1"]


def test_a_flip_is_not_seen_on_the_way_back() -> None:
    play = Play({"when": "price crosses above 100", "no_data": "ignore"}, stale_after=100.0)
    play.run("0:99 90:coingecko.price=98 150:coingecko.price=97 160:105 170:106")
    assert play.log == []


def test_windows_are_the_new_source_s_own() -> None:
    play = Play({"when": "price up 10% in 1h"}, stale_after=100.0)
    play.run("0:50,coingecko.price=100 90:coingecko.price=100 150:coingecko.price=101 160:coingecko.price=111")
    assert play.log == ["160 fired 1"]


def test_a_named_source_has_no_stand_in() -> None:
    play = Play({"when": "binance.price > 100"}, stale_after=100.0)
    assert play.run("0:99 90:coingecko.price=101 150:coingecko.price=102") == ["100 no_data price"]


def test_an_age_is_looked_at_when_its_alert_moves_to_another_source() -> None:
    """At 100 s to one that spoke 50 s ago, at 150 s back to the first, which is the older one by then."""
    play = Play({"when": "age(ETH.price) > 2m"}, stale_after=100.0)
    assert play.run("0:ETH=5 50:coingecko.ETH.price=5 130:- 900:-") == ["150 fired 1"]


def test_an_episode_goes_on_over_the_seam() -> None:
    play = Play(OVER, stale_after=100.0)
    play.run("0:99 60:101 150:coingecko.price=102 200:coingecko.price=103 210:coingecko.price=99")
    assert play.log == ["60 fired 1", "210 resolved 1"]


def test_the_operator_hears_of_moves() -> None:
    play = Play(OVER, OVER | {"name": "other", "symbols": ["BTC", "ETH"]}, stale_after=100.0)
    play.run("0:BTC=1,ETH=1 90:coingecko.price=1,coingecko.ETH.price=1 150:- 180:BTC=1,ETH=1")
    assert [(notice.key, notice.text) for outcome in play.outcomes for notice in outcome.notices] == [
        ("failover:binance:coingecko", "no fresh data from binance for 1m40s: 3 alerts now watch coingecko"),
        ("failover:coingecko:binance", "binance is back: 3 alerts watch it again instead of coingecko"),
    ]
