"""What a tick takes in, whom it judges, and what it says."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.market.market import Market
from alertd.model.alert import State
from alertd.model.event import EventKind
from alertd.model.reading import Poll, Readings
from alertd.rules.amend import Change, amend
from alertd.rules.step import wake_at
from tests.fakes import START
from tests.rules.play import Play, polls, rules

OVER = {"when": "price > 100"}

TAKEN = [
    ("older than the last", "0:99 60:99 90@30:101", [], {"older": 1}),
    ("more than a minute ahead", "0:99 60@121:101", [], {"future": 1}),
    ("a minute ahead is just taken", "0:99 60@120:101", ["60 fired 1"], {}),
    ("not a number", "0:99 60:nan", [], {"not_finite": 1}),
    ("infinite", "0:99 60:inf", [], {"not_finite": 1}),
    ("the same again is a confirmation", "0:99 60@0:99", [], {}),
    ("of a coin that no rule asks for", "0:99 60:SOL=101", [], {}),
    ("another value for the same time is a revision", "0:99 60@0:101", ["60 fired 1"], {}),
]


@pytest.mark.parametrize(
    ("script", "expected", "refused"), [case[1:] for case in TAKEN], ids=[case[0] for case in TAKEN]
)
def test_what_is_taken(script: str, expected: list[str], refused: dict[str, int]) -> None:
    play = Play(OVER)
    assert play.run(script) == expected
    assert sum((outcome.refused for outcome in play.outcomes), Counter()) == refused


JUMPS = [
    ("a leap waits for the next reading", "0:100 60:151", [], 1),
    ("which confirms it", "0:100 60:151 120:152", ["120 fired 1"], 1),
    ("or does not", "0:100 60:151 120:101", [], 1),
    ("then the next leap waits again", "0:100 60:151 120:101 180:152", [], 2),
    ("half is no leap", "0:100 60:150", ["60 fired 1"], 0),
    ("down alike", "0:100 60:49 120:48", [], 1),
    ("a reading that is refused settles nothing", "0:100 60:151 90@-5:100 120:152", ["120 fired 1"], 1),
    ("the same doubtful reading once more confirms nothing", "0:100 60:151 90@60:151 120:152", ["120 fired 1"], 2),
    ("what is no price may leap", "0:tm_grade=10 60:tm_grade=90", [], 0),
]


@pytest.mark.parametrize(
    ("script", "expected", "waited"), [case[1:] for case in JUMPS], ids=[case[0] for case in JUMPS]
)
def test_a_price_that_leaps_has_to_be_confirmed(script: str, expected: list[str], waited: int) -> None:
    play = Play({"when": "price > 120 or tm_grade > 95"}, market=Market(max_jump=0.5))
    assert play.run("-1:tm_grade=10 " + script) == expected
    assert sum(outcome.refused["jump"] for outcome in play.outcomes) == waited


@given(st.lists(st.sampled_from(["90@59:500", "90@200:500", "90:nan", "90:-inf", "90:SOL=5"]), max_size=4))
def test_refused_readings_change_nothing(bad: list[str]) -> None:
    rule = {"when": "price crosses above high(2m)", "already_true": "fire", "cooldown": "2m"}
    good = ["0:10", "60:11", "90:10", "120:12", "180:11", "240:13", "300:12", "360:14"]
    clean, dirty = Play(rule), Play(rule)
    clean.run(" ".join(good))
    dirty.run(" ".join([*good[:3], *bad, *good[3:]]))
    assert dirty.log == clean.log != []
    assert wake_at(dirty.state) == wake_at(clean.state)


def test_only_alerts_that_a_reading_touches_are_judged() -> None:
    """The window has moved on since, but nobody looked."""
    play = Play({"when": "price < average(2m)"})
    play.run("60:5 120:5 180:6 240:6 300:5.9 900:ETH=5")
    assert play.log == ["300 fired 1"]


def test_readings_from_before_an_alert_are_never_judged_for_it() -> None:
    play = Play({"name": "other", "when": "price > 1"})
    play.run("0:150")
    play.change({"name": "other", "when": "price > 1"}, OVER, at=30.0)
    assert play.run("40:-") == ["0 already_true other"]
    assert play.run("60:150") == ["0 already_true other", "60 already_true"]


def test_what_an_event_says() -> None:
    play = Play({"when": "price down 5% in 1h and signal is bullish and price < 96"})
    play.run("0:100,signal=bullish 60:99 125@120:95")
    (event,) = play.events
    assert replace(event, values={}) == replace(
        event, time=START + 125, at=START + 120, kind=EventKind.FIRED, episode=1, ordinal=1, source="binance", values={}
    )
    assert (event.opened, event.late, event.reason) == (START + 125, False, "")
    assert event.values == {
        "price": 95.0,
        "signal": "bullish",
        "level": 96.0,
        "base": 100.0,
        "change": pytest.approx(-5.0),
    }


def test_readings_of_the_past_are_judged_in_order_and_told_as_late() -> None:
    play = Play(OVER)
    for now, found in polls("60:99 120:101 180:99"):
        for poll in found:
            play.feed(replace(poll, late=True), now)
    assert play.log == ["120 fired 1 late", "180 resolved 1 late"]


def test_readings_of_the_past_are_not_judged_for_an_alert_that_came_later() -> None:
    """Its first reading is compared with the last of them."""
    other, cross = OVER | {"name": "other"}, {"name": "cross", "when": "price crosses above 50"}
    play = Play(other)
    play.run("0:99")
    amend(play.state, Change(put=rules(other, OVER, cross), whole=""), START + 3000)
    for now, (poll,) in polls("600:101 1200:40 1800:60 2400:45"):
        play.feed(replace(poll, late=True), now)
    assert play.log == ["600 fired other 1 late", "1200 resolved other 1 late"]
    assert play.run("3010:55")[2:] == ["3010 fired cross 1"]


def test_many_coins_and_rules_in_one_tick() -> None:
    play = Play(
        {"name": "high", "when": "price > 100", "symbols": ["BTC", "ETH", "SOL"]},
        {"name": "higher", "when": "price > 200", "symbols": ["BTC", "ETH", "SOL"]},
    )
    play.run("0:BTC=1,ETH=1,SOL=1 60:BTC=250,ETH=150,SOL=50")
    assert sorted(play.log) == ["60 fired 1", "60 fired ETH high 1", "60 fired high 1", "60 fired higher 1"][1:]
    assert len(play.state.banks) == 1


TIMERS = [
    ("nothing to wait for", OVER, "0:99", np.inf),
    ("for", OVER | {"for": "2m"}, "0:99 60:101", 180),
    ("for, already over", OVER | {"for": "2m"}, "0:99 60:101 200:101", np.inf),
    ("keep_firing_for", OVER | {"keep_firing_for": "2m"}, "0:99 60:101 100:99", 220),
    ("cooldown", OVER | {"cooldown": "5m"}, "0:99 60:101 100:99 110:101", 360),
    ("cooldown, but NO", OVER | {"cooldown": "5m"}, "0:99 60:101 100:99", np.inf),
    ("remind", OVER | {"remind": "5m"}, "0:99 60:101 100:101", 360),
    ("expires", OVER | {"expires": "2026-01-01T01:00Z"}, "0:99", 3600),
    ("age", {"when": "age(price) > 5m"}, "0:99 60:100", 360.001),
    ("hours", OVER | {"active": {"hours": "08:00-22:00"}}, "0:99 60:101", 8 * 3600),
]


@pytest.mark.parametrize(("rule", "script", "expected"), [case[1:] for case in TIMERS], ids=[c[0] for c in TIMERS])
def test_timers_are_exact(rule: dict[str, object], script: str, expected: float) -> None:
    play = Play(rule)
    play.run(script)
    assert play.outcomes[-1].wake_at - START == pytest.approx(expected)


def test_a_tick_that_changes_nothing_has_nothing_to_store() -> None:
    play = Play(OVER | {"cooldown": "5m"}, {"name": "cross", "when": "price crosses above 500"})
    play.run("0:99 60:101")
    play.run("120:102")
    assert play.outcomes[-1].alerts == []


def test_an_alert_is_stored_when_its_state_changes() -> None:
    play = Play(OVER)
    play.run("0:99 60:101")
    (block,) = play.outcomes[-1].alerts
    (row,) = block.rows
    assert (row["id"], row["state"], row["episode"], row["opened"]) == (1, State.FIRING, 1, START + 60)


def test_one_poll_may_bring_a_coin_of_several_sources() -> None:
    """A poll of another source than the bound one is not judged."""
    play = Play(OVER)
    at = np.array([START + 60])
    play.run("0:99")
    readings = (Readings("coingecko", "price", ("BTC",), np.array([101.0]), at),)
    play.feed(Poll("coingecko", START + 60, readings), START + 60)
    assert play.log == []
