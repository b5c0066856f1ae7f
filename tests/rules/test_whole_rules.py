"""Rules over all their coins, named series, and rules that are judged at moments of their own."""

from collections.abc import Mapping

import pytest

from alertd.conditions import tree as t
from alertd.conditions.parse import parse
from alertd.rules.amend import Change, amend
from tests.fakes import START
from tests.rules.play import Play, rules

ALL = {"symbols": ["BTC", "ETH", "SOL"]}

BREADTH = [
    (
        "a count is one alert for the whole rule",
        ALL | {"when": "count(where price > 100) >= 2"},
        "0:99,ETH=99,SOL=99 60:101 120:ETH=101 180:SOL=101 240:BTC=99,ETH=99",
        ["120 fired market 1", "240 resolved market 1"],
    ),
    (
        "coins of which nothing is known are not counted",
        ALL | {"when": "share(where price > 100) > 50%"},
        "0:99 60:101 120:ETH=99 180:SOL=101",
        ["60 fired market 1", "120 resolved market 1", "180 fired market 2"],
    ),
    (
        "beside what is said of the coin, each has its own",
        ALL | {"when": "price > 100 and count(where price > 100) < 3"},
        "0:99,ETH=99,SOL=99 60:101 120:ETH=101 180:SOL=101",
        ["60 fired 1", "120 fired ETH 1", "180 resolved 1", "180 resolved ETH 1"],
    ),
    (
        "a rank changes with the others' values",
        ALL | {"when": "rank(price) <= 1"},
        "0:1,ETH=2,SOL=3 60:ETH=4 120:BTC=5",
        ["0 already_true SOL", "60 fired ETH 1", "120 resolved ETH 1", "120 fired 1"],
    ),
]


@pytest.mark.parametrize(("rule", "script", "expected"), [case[1:] for case in BREADTH], ids=[c[0] for c in BREADTH])
def test_breadth(rule: dict[str, object], script: str, expected: list[str]) -> None:
    assert sorted(Play(rule).run(script)) == sorted(expected)


def test_breadth_after_a_restart_and_an_edit_of_the_coins() -> None:
    rule = ALL | {"when": "count(where price > 100) >= 2"}
    play = Play(rule)
    play.run("0:99,ETH=99,SOL=99 60:101")
    play = play.restarted()
    play.change(rule, at=70.0)
    play.run("120:BTC=101,ETH=101,SOL=99")
    play.change(rule | {"symbols": ["BTC", "SOL"]}, at=130.0)
    play.run("180:102")
    assert play.log == ["120 fired market 1", "180 resolved market 1"]


SERIES: Mapping[str, t.Expression] = {
    "ratio": t.Arithmetic("/", t.Field("price", "ETH"), t.Field("price", "BTC")),
}


def named(**series: t.Expression) -> Play:
    """A rule on a named series, which the files' sentences know nothing of here: its tree is made by hand."""
    play = Play(stale_after=300.0)
    (rule,) = rules({"when": "price > 0.05"})
    tree = t.Compare(">", t.Field("ratio", "market"), t.Number(0.05))
    put = [type(rule)(name="pair", symbols=("BTC",), when=tree, when_text="ratio > 0.05")]
    play._note(amend(play.state, Change(put=put, series=series), START - 1.0))
    return play


def test_a_series_follows_its_parts() -> None:
    play = named(**SERIES)
    play.run("0:100,ETH=4 60:ETH=6 120:BTC=200 180:BTC=100")
    assert play.log == ["60 fired pair 1", "120 resolved pair 1", "180 fired pair 2"]
    assert play.events[0].values["ratio"] == 0.06
    assert play.state.wanted()["binance"]["price"] == {"BTC", "ETH"}


def test_a_series_is_as_stale_as_its_parts() -> None:
    play = named(**SERIES)
    play.run("0:100,ETH=6 200:100 400:100 600:ETH=4")
    assert play.log == ["0 already_true pair", "300 no_data pair ratio"]


def change(play: Play, at: float, **series: t.Expression) -> None:
    """The same rule, with other named expressions."""
    play.run(f"{at}:-")
    play._note(amend(play.state, Change(series=series), START + at))


RATIO, INVERSE = SERIES["ratio"], t.Arithmetic("/", t.Field("price", "BTC"), t.Field("price", "ETH"))


def test_a_series_goes_on_after_a_restart() -> None:
    play = named(**SERIES)
    play.run("0:100,ETH=4")
    play = play.restarted(**SERIES)
    play._note(amend(play.state, Change(series=SERIES), play.now))
    play.run("60:ETH=6")
    assert play.log == ["60 fired pair 1"]


def test_a_series_that_cannot_be_told_is_unknown() -> None:
    difference = t.Arithmetic("-", t.Field("price", "ETH"), t.Field("price", "BTC"))
    play = named(ratio=t.Arithmetic("/", t.Number(1.0), difference))
    play.run("0:100,ETH=99 60:ETH=101 120:ETH=100 180:ETH=99")
    assert play.log == ["60 fired pair 1", "120 no_data pair ratio", "180 resolved pair 1"]


def test_another_expression_of_the_name_begins_anew() -> None:
    play = named(**SERIES)
    play.run("0:100,ETH=4")
    change(play, 10.0, ratio=INVERSE)
    assert play.state.market.known()[play.state.derived["ratio"].number] == 25.0
    change(play, 20.0)
    assert play.state.wanted() == {}
    change(play, 40.0, ratio=RATIO)
    assert play.state.market.known()[play.state.derived["ratio"].number] == 0.04


CHECKS = [
    (
        "only at its moments, each an episode",
        {"when": "price > 100", "at": "00:10"},
        "0:101 300:99 500:101 90000:101 100000:99",
        ["600 fired 1", "600 resolved 1", "87000 fired 2", "87000 resolved 2"],
    ),
    ("not where it is NO then", {"when": "price > 100", "at": "00:10"}, "0:101 599:99 601:101 1200:101", []),
    ("cooldown holds for it", {"when": "price > 100", "at": ["00:10", "00:20"], "cooldown": "1h"}, "0:101 1300:101",
     ["600 fired 1", "600 resolved 1", "1200 dropped cooldown"]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "script", "expected"), [case[1:] for case in CHECKS], ids=[c[0] for c in CHECKS])
@pytest.mark.parametrize("restart", [False, True], ids=["through", "restarted"])
def test_checks(rule: dict[str, object], script: str, expected: list[str], *, restart: bool) -> None:
    play = Play(rule)
    for word in script.split():
        play.run(word)
        if restart:
            play = play.restarted()
            play.change(rule, at=play.now - START)
    assert play.log == expected


def test_the_parser_knows_what_is_counted() -> None:
    assert not t.of_own_coin(parse("count(where price > 1) > 2"))
    assert t.of_own_coin(parse("rank(price) < 3"))
