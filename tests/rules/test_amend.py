"""Rules that come, change and go: what becomes of their alerts."""

import pytest

from alertd.model.alert import AlertKey
from alertd.rules.amend import Change, amend
from alertd.rules.step import wake_at
from tests.fakes import START
from tests.rules.play import Play, rules

OVER: dict[str, object] = {"when": "price > 100"}
BEFORE = "0:99 60:101"
"""One episode is open."""

EDITS = [
    ("nothing", OVER, ["180 resolved 1"]),
    ("when", {"when": "price > 99.5"}, ["120 resolved 1 changed", "130 already_true"]),
    ("when, in other words", {"when": "price  >  100.0"}, ["180 resolved 1"]),
    ("until", OVER | {"until": "price < 90"}, ["120 resolved 1 changed", "130 already_true"]),
    ("for", OVER | {"for": "1m"}, ["120 resolved 1 changed", "130 already_true"]),
    ("cooldown", OVER | {"cooldown": "1h"}, ["180 resolved 1"]),
    ("keep_firing_for", OVER | {"keep_firing_for": "5s"}, ["185 resolved 1"]),
    ("remind", OVER | {"remind": "90s"}, ["150 reminded 1 #1", "180 resolved 1"]),
    ("fire", OVER | {"fire": "once"}, ["180 resolved 1"]),
    ("labels and words", OVER | {"labels": {"a": "b"}, "say": "{symbol}!"}, ["180 resolved 1"]),
    ("one more coin", OVER | {"symbols": ["ETH", "BTC"]}, ["180 resolved 1"]),
    ("the coin leaves", OVER | {"symbols": ["ETH"]}, ["120 resolved 1 removed"]),
    ("another name", OVER | {"name": "new"}, ["120 resolved 1 removed", "130 already_true new"]),
    ("an end that is over", OVER | {"expires": "2025-12-31"}, ["120 resolved 1 expired"]),
    ("a rename", OVER | {"name": "new", "was": "rule"}, ["180 resolved new 1"]),
    (
        "a rename with another when",
        {"when": "price > 99.5", "name": "new", "was": "rule"},
        ["120 resolved 1 changed", "130 already_true new"],
    ),
]


@pytest.mark.parametrize(("rule", "expected"), [case[1:] for case in EDITS], ids=[case[0] for case in EDITS])
@pytest.mark.parametrize("restart", [False, True], ids=["by a reload", "while it was down"])
def test_edits(rule: dict[str, object], expected: list[str], *, restart: bool) -> None:
    play = Play(OVER)
    play.run(BEFORE)
    if restart:
        play = play.restarted()
        play.change(rule, at=120.0)
    else:
        play.change(rule, at=120.0)
    assert play.run("130:101 180:99 300:-")[1:] == expected


def test_a_rule_is_dropped() -> None:
    play = Play(OVER)
    play.run(BEFORE)
    play.change(at=120.0)
    assert play.run("180:99 240:101") == ["60 fired 1", "120 resolved 1 removed"]
    assert (len(play.state), play.state.book.count) == (0, 0)
    assert wake_at(play.state) == float("inf")


def test_a_drop_names_one_rule_and_leaves_the_others() -> None:
    play = Play(OVER, OVER | {"name": "other"})
    play.run(BEFORE)
    amend(play.state, Change(drop=[("", "rule")]), START + 90)
    assert [play.state.book.name(number)[1] for number in play.state.book.numbers()] == ["other"]


def test_rules_of_other_owners_stay_in_a_reload() -> None:
    play = Play(OVER)
    (mine,) = rules(OVER | {"name": "mine"})
    amend(play.state, Change(put=[mine]), START)
    amend(play.state, Change(whole="somebody"), START)
    assert len(play.state) == 2


def numbers(play: Play) -> list[tuple[int, int]]:
    """(alert id, episode) of every firing."""
    return [(event.alert, event.episode) for event in play.events if event.kind == "fired"]


def test_episode_numbers_go_on_and_ids_are_never_used_again() -> None:
    play = Play(OVER)
    play.run("0:99 1:101 2:99 3:101 4:99")
    play.change({"when": "price > 50"}, at=5.0)
    play.change(OVER, at=6.0)
    play.run("7:99 8:101 9:99")
    play.change(at=10.0)
    play.change(OVER, at=11.0)
    play.run("12:99 13:101")
    assert numbers(play) == [(1, 1), (1, 2), (3, 3), (4, 4)]


def test_episode_numbers_go_on_under_a_new_name_and_under_the_old_one() -> None:
    play = Play(OVER)
    play.run("0:99 1:101 2:99")
    play.change(OVER | {"name": "new", "was": "rule"}, at=3.0)
    play.run("4:101 5:99")
    play.change(OVER, OVER | {"name": "new"}, at=6.0)
    play.run("7:99 8:101")
    assert sorted(numbers(play)) == [(1, 1), (1, 2), (1, 3), (2, 2)]


def test_a_name_that_was_there_before_keeps_its_numbers() -> None:
    play = Play(OVER | {"name": "new"}, OVER)
    play.run("0:99 1:101 2:99 3:101 4:99")
    play.change(OVER, at=5.0)
    play.change(OVER | {"name": "new", "was": "rule"}, at=6.0)
    play.run("7:101")
    assert numbers(play)[-1] == (2, 3)


def test_the_last_episode_of_a_key_that_is_gone_is_kept() -> None:
    play = Play(OVER)
    play.run(BEFORE)
    play.change(at=120.0)
    assert play.state.episodes == {AlertKey("", "rule", "BTC"): 1}
    assert (play.stored(), play.shelf.saved().former) == ({}, play.state.episodes)


def test_a_new_coin_has_its_own_first_look() -> None:
    play = Play(OVER)
    play.run(BEFORE)
    play.change(OVER | {"symbols": ["BTC", "ETH"]}, at=90.0)
    assert play.run("100:ETH=101 120:ETH=99 180:ETH=101")[1:] == ["100 already_true ETH", "180 fired ETH 1"]


def test_memory_of_crossings_survives_what_is_no_edit() -> None:
    cross = {"when": "price crosses above 100"}
    play = Play(cross, {"name": "other", "when": "price crosses above 50"})
    play.run("0:99")
    play.change({"name": "other", "when": "price crosses above 50"}, cross | {"symbols": ["BTC", "ETH"]}, at=30.0)
    assert play.run("60:101") == ["60 fired 1"]


def test_shorter_terms_have_their_timers_at_once() -> None:
    play = Play(OVER | {"cooldown": "1h"})
    play.run("0:99 60:101 120:99 180:101")
    play.change(OVER | {"cooldown": "5m"}, at=200.0)
    assert play.run("400:-")[-1] == "360 fired 2"


def test_a_reload_looks_at_no_timer_again_that_ended_before() -> None:
    """`for` ended while the price was unknown: that waits for the next known verdict, reload or not."""
    play = Play(OVER | {"for": "2m", "no_data": "ignore"}, stale_after=100.0)
    play.run("0:99 100:101 350:-")
    play.change(OVER | {"for": "2m", "no_data": "ignore", "remind": "1h"}, at=360.0)
    assert wake_at(play.state) == float("inf")


def test_a_longer_window_is_unknown_until_it_has_been_watched_for_that_long() -> None:
    """What was further back than the bars that were kept is not made up."""
    play = Play({"when": "price > high(2m)"})
    play.run(" ".join(f"{60 * minute}:{50 - minute}" for minute in range(1, 20)))
    play.change({"when": "price > high(10m)", "already_true": "fire"}, at=1150.0)
    play.run("1200:40 1260:41 1320:42 1380:43 1440:44 1500:45 1560:46 1620:47")
    assert play.log == ["1500 fired 1"]


@pytest.mark.parametrize("restart", [False, True], ids=["by a reload", "while it was down"])
def test_a_rule_whose_old_name_is_claimed_by_one_that_was_there_is_dropped(*, restart: bool) -> None:
    both, left = (OVER | {"name": "old"}, OVER | {"name": "new"}), OVER | {"name": "new", "was": "old"}
    play = Play(*both)
    play.run("0:99")
    if restart:
        play = play.restarted()
        play.change(left, at=10.0)
    else:
        play.change(left, at=10.0)
    assert play.run("60:101") == ["60 fired new 1"]
    assert [play.state.book.name(number) for number in play.state.book.numbers()] == [("", "new")]


def test_a_smaller_number_of_times_holds_for_an_alert_that_is_pending() -> None:
    play = Play(OVER | {"for": "2m"})
    play.run("0:99 60:101 200:99 210:101")
    play.change(OVER | {"for": "2m", "fire": "once"}, at=220.0)
    assert play.run("900:102 960:99 1020:101 1500:102") == ["180 fired 1", "200 resolved 1"]


def test_a_series_that_nobody_watched_for_a_while_begins_anew() -> None:
    """Nobody polled it: that is no outage, no age, and nothing to cross from."""
    others: dict[str, object] = {"name": "other", "symbols": ["ETH"], "when": "price > 1000"}
    old, cross = {"name": "old", "when": "age(price) > 8m"}, {"name": "cross", "when": "price crosses above 100"}
    play = Play(others, OVER, stale_after=300.0)
    play.run("0:99,ETH=1")
    play.change(others, at=10.0)
    play.run("200:ETH=1 400:ETH=1 600:ETH=1 800:ETH=1")
    play.change(others, OVER, old, cross, at=900.0)
    play.run("910:ETH=1 920:101 930:99 940:101")
    assert play.log == ["920 already_true", "940 fired 1", "940 fired cross 1"]
    assert [notice for outcome in play.outcomes for notice in outcome.notices] == []


def one_coin(name: str, coin: str) -> dict[str, object]:
    return OVER | {"name": name, "symbols": [coin]}


@pytest.mark.parametrize("others", [0, 80], ids=["one by one", "with many others"])
@pytest.mark.parametrize("restart", [False, True], ids=["by a reload", "while it was down"])
def test_a_rule_moves_to_another_coin_and_leaves_its_neighbours_alone(*, others: int, restart: bool) -> None:
    crowd = [OVER | {"name": f"other{k}", "when": f"price > {500 + k}"} for k in range(others)]
    play = Play(one_coin("a", "BTC"), one_coin("b", "ETH"), one_coin("c", "SOL"))
    play.run("0:99,ETH=99,SOL=99")
    if restart:
        play = play.restarted()
    play.change(one_coin("a", "ETH"), one_coin("b", "ETH"), one_coin("c", "BTC"), *crowd, at=10.0)
    play.run("20:99,ETH=99 60:101 70:ETH=101")
    assert play.log == ["60 fired c 1", "70 fired ETH a 1", "70 fired ETH b 1"]
    play.change(one_coin("b", "ETH"), at=80.0)
    play.run("90:ETH=99 100:ETH=101")
    assert sorted(play.log[3:]) == [
        "100 fired ETH b 2",
        "80 resolved ETH a 1 removed",
        "80 resolved c 1 removed",
        "90 resolved ETH b 1",
    ]


def test_many_rules_come_and_go_at_once() -> None:
    crowd = [OVER | {"name": f"rule{k}", "when": f"price > {100 + k}"} for k in range(200)]
    play = Play(*crowd)
    play.run("0:99 60:102.5")
    play.change(*crowd[:3], at=70.0)
    play.run("80:99 90:101.5")
    assert play.log[:3] == ["60 fired rule0 1", "60 fired rule1 1", "60 fired rule2 1"]
    assert play.log[-2:] == ["90 fired rule0 2", "90 fired rule1 2"]
