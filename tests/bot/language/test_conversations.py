"""The table, line by line; and what holds for every line there may be."""

import json
import sys
from collections.abc import Mapping
from types import FrameType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alertd.bot.asking import LONGEST
from alertd.bot.catalogue import COMMANDS as CATALOGUE
from alertd.bot.language.command import Command, Slip
from alertd.bot.language.complete import MOST, completions
from alertd.bot.language.parse import understand
from alertd.conditions.check import compile_condition
from alertd.conditions.sense import NEVER
from alertd.model.units import duration
from alertd.model.universe import Universe
from alertd.rules.files import RuleText, read_rules
from tests.bot.language.conversations import ALERTS, COMMANDS, LISTS, SHIPPED, SLIPS

LINES = [*(row[0] for row in ALERTS), *(row[0] for row in COMMANDS), *(row[0] for row in SLIPS)]
_PARTS = """
    0 5 70 1000 0.5 .5 0,5 70,000 70.000 1.234,5 70'000 1e3 five a half k K m M b T % $ ¢ x h d w min hours > < >= = +
    - / * ( ) , and or not up down moves in since above below crosses at to between within of price drawdown rsi signal
    bullish flips is high low open change ath for until by friday 18:00 6pm every once time remind via email note holds
    there eth sol EUR usd cents percent million thousand
"""
PARTS = _PARTS.split()
WORDS = sorted({word for line in LINES for word in line.split()})


def understood(line: str) -> Command:
    found = understand(line, SHIPPED, lists=LISTS)
    assert isinstance(found, Command), found
    return found


def slip(line: str) -> Slip:
    found = understand(line, SHIPPED, lists=LISTS)
    assert isinstance(found, Slip), found
    return found


@pytest.mark.parametrize(("line", "symbols", "condition", "options"), ALERTS, ids=[row[0] for row in ALERTS])
def test_alerts(line: str, symbols: str, condition: str, options: Mapping[str, str]) -> None:
    found = understood(line)
    assert (found.name, found.words) == ("alert", ())
    assert (" ".join(found.symbols), found.condition, found.options) == (symbols, condition, options)


@pytest.mark.parametrize(
    ("line", "name", "words", "symbols", "condition", "options"), COMMANDS, ids=[row[0] for row in COMMANDS]
)
def test_commands(
    line: str, name: str, words: tuple[str, ...], symbols: str, condition: str, options: Mapping[str, str]
) -> None:
    found = understood(line)
    assert (found.name, found.words, " ".join(found.symbols)) == (name, words, symbols)
    assert (found.condition, found.options) == (condition, options)


@pytest.mark.parametrize(("line", "name", "column", "offer"), SLIPS, ids=[row[0] for row in SLIPS])
def test_slips(line: str, name: str, column: int, offer: str) -> None:
    found = slip(line)
    offers = [*found.offers, *(command for _, command in found.choices), ""]
    assert (found.command, found.problem.column, offers[0]) == (name, column, offer)


def test_the_table_is_long_enough_to_mean_anything() -> None:
    assert len(ALERTS) + len(COMMANDS) >= 150
    assert len(SLIPS) >= 60
    assert {row[1] for row in COMMANDS} == set(CATALOGUE) - {"alert"}


def is_a_rule(found: Command, universe: Universe) -> None:
    """What was understood means the same as the `when:` of a rule file, with the options that rules have too."""
    rule: dict[str, object] = {"name": "a", "symbols": list(found.symbols) or ["BTC"], "when": found.condition}
    rule |= {key: value for key, value in found.options.items() if key in ("for", "remind", "fire")}
    document = json.dumps({"version": 1, "rules": [rule]}, ensure_ascii=False).encode(errors="replace")
    loaded = read_rules([RuleText("a.yaml", document)], universe, 0.0)
    assert [problem for problem in loaded.problems if not problem.warning or NEVER in problem.message] == []
    assert loaded.rules[0].when == compile_condition(found.condition, universe).tree
    for option, seconds in (("for", loaded.rules[0].for_), ("remind", loaded.rules[0].remind)):
        assert option not in found.options or seconds == duration(found.options[option])


def calls_of(line: str) -> int:
    """The functions that are called to understand a line: its work, whatever else the machine does."""
    calls = 0

    def count(_frame: FrameType, event: str, _of: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        understand(line, SHIPPED)
    finally:
        sys.setprofile(None)
    return calls


def holds_for(line: str, universe: Universe = SHIPPED) -> None:
    """What is true of every line: it reads back as the same, is a rule that may come true, or there is something to
    tap instead, which is understood."""
    found = understand(line, universe, lists=LISTS)
    if isinstance(found, Command):
        if found.condition:
            is_a_rule(found, universe)
        assert understand(found.text, universe) == found
        return
    assert 0 <= found.problem.column <= len(line) + 1
    assert found.offers or found.choices
    for offer in (*found.offers, *(command for _, command in found.choices)):
        again = understand(offer, universe, lists=LISTS)
        assert isinstance(again, Command), offer
        assert again.text == offer


@pytest.mark.parametrize("line", LINES)
def test_every_line_of_the_table_holds(line: str) -> None:
    holds_for(line)


@pytest.mark.parametrize("line", [line for entry in CATALOGUE.values() for line in entry.examples])
def test_the_examples_of_help_are_understood(line: str) -> None:
    assert understood(line).name == next(name for name, entry in CATALOGUE.items() if line in entry.examples)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=200))
@example("\x00")
@example("alert BTC > 70k note \ud800")
def test_any_text(line: str) -> None:
    holds_for(line)


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_any_words(line: str) -> None:
    holds_for(line)


@settings(max_examples=600, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PARTS), st.sampled_from(("", " "))), max_size=12))
def test_any_numbers_units_and_signs(parts: list[tuple[str, str]]) -> None:
    holds_for("btc " + "".join(part + blank for part, blank in parts))


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(LINES), st.integers(0, 60), st.characters(), st.booleans())
def test_a_letter_gone_wrong(line: str, place: int, letter: str, instead: bool) -> None:
    holds_for(line[:place] + letter + line[place + instead :])


@pytest.mark.parametrize(
    "part",
    ["a ", " ", "(", "btc ", "btc,", "until ", "note ", "9", '"', "1.", "-", "3 ", "btc > 1 and ", "for 5m ", "not ",
     "please ", "via email and ", "1 000 ", "1,", "list my ", "near ", "\n", "bitcon and ", "in 1h ", "'", "0,5 ",
     "by 6pm ", "what's btc ", "btc price "],
)  # fmt: skip
@pytest.mark.parametrize("before", ["", "alert btc > 70k ", "delete ", "edit 3 ", "watchlist majors "])
def test_work_grows_with_the_length_alone(part: str, before: str) -> None:
    """A line of twice the length takes twice the work: the square of it would be four times as much."""
    line = (before + part * LONGEST)[:LONGEST]
    assert calls_of(line) <= 3 * calls_of(line[: LONGEST // 2])


def test_more_than_is_listened_to_is_refused() -> None:
    assert "4000 characters" in slip("alert btc > 70k " + "x" * LONGEST).problem.message


def test_two_mistakes_are_mended_at_once() -> None:
    assert slip("bitcon down 5%").offers == ("alert BTC down 5% in 1h", "alert BTC down 5% in 24h")


def test_a_slip_shows_the_whole_line() -> None:
    line = "@bot, can you let me know when bitcon is above 70k 😀"
    assert slip(line).problem.text == line


NOT_HERE = Universe(
    coins={"BTC": "BTC", "ETH": "ETH"}, unsourced={"DOGE": "DOGE", "BITCOIN CASH": "BCH", "NEAR": "NEAR"}
)


@pytest.mark.parametrize(
    ("line", "coin"),
    [
        ("btc, eth, doge > 3", "DOGE"),
        ("DOGE/BTC > 3", "DOGE"),
        ("btc > 70k and doge > 1", "DOGE"),
        ("dogeusdt > 1", "DOGE"),
        ("$doge > 1", "DOGE"),
        ("price doge", "DOGE"),
        ("Bitcoin Cash > 500", "BCH"),
        ("btc, NEAR > 5", "NEAR"),
    ],
)
def test_a_coin_that_no_source_has_is_not_dropped(line: str, coin: str) -> None:
    found = understand(line, NOT_HERE)
    assert isinstance(found, Slip)
    assert found.problem.message == f"no source here has {coin}"
    assert (found.offers, found.choices) == ((f"help {found.command}",), ())


def test_a_word_is_no_coin_that_no_source_has() -> None:
    found = understand("btc near 70k", NOT_HERE)
    assert isinstance(found, Slip)
    assert found.offers == ("alert BTC within 1% of 70000",)


def test_what_several_coins_answer_to_is_asked() -> None:
    assert slip("usd > 1").choices == (
        ("USDT (Tether)", "alert USDT > 1"),
        ("USDC (Usd Coin)", "alert USDC > 1"),
    )


@pytest.mark.parametrize(
    ("line", "name"),
    [("ВТС > 70k", "Cyrillic"), ("ΒTC > 70k", "Greek"), ("ＢＴＣ > 70k", "Fullwidth"), ("price ВТС", "Cyrillic")],
    ids=["cyrillic", "greek", "full width", "price"],
)
def test_letters_that_look_alike_are_named(line: str, name: str) -> None:
    found = slip(line)
    assert name in found.problem.message
    assert found.offers


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\x07", "\ufeff"])
def test_what_cannot_be_seen_is_refused(hidden: str) -> None:
    for line in (f"BTC{hidden} > 70k", f'BTC > 70k note "a{hidden}b"', f"delete {hidden}3"):
        assert "cannot be seen" in slip(line).problem.message


@pytest.mark.parametrize(
    "note", ['say "hi"', "a\\b", "{symbol} %s <b>@everyone</b>", "sure", "via email", "“x”", "👍🏽 \u200d"]
)
def test_a_note_is_kept_as_it_is(note: str) -> None:
    escaped = note.replace("\\", "\\\\").replace('"', '\\"')
    found = understood(f'btc > 70k note "{escaped}" every time')
    assert found.options == {"note": note, "fire": "every time"}
    assert understand(found.text, SHIPPED) == found


def test_watchlists_of_the_universe_and_of_a_person() -> None:
    universe = Universe(coins=SHIPPED.coins, watchlists={"memes": ("DOGE", "SHIB")})
    found = understand("memes and majors down 5% in 1h", universe, lists=LISTS)
    assert isinstance(found, Command)
    assert found.symbols == ("DOGE", "SHIB", "BTC", "ETH")


def test_an_import_keeps_its_lines() -> None:
    yaml = "version: 1\nrules:\n  - name: a  # ü\n    when: price > 70k"
    assert understood(f"/import\n```yaml\n{yaml}\n```").words == (yaml,)
    assert understood(f"import {yaml}\nsure").options == {"sure": "yes"}


@pytest.mark.parametrize(
    ("what", "typed", "first"),
    [
        ("coin", "bt", "BTC"),
        ("coin", "bitcoin", "BTC"),
        ("coin", "doge", "DOGE"),
        ("coin", "BTC, et", "BTC, ETH"),
        ("condition", "", "price >"),
        ("condition", "price d", "price down 5% in 1h"),
        ("condition", "signal", "signal flips to bullish"),
        ("condition", "TM_GR", "tm_grade > 80"),
    ],
)
def test_completions(what: str, typed: str, first: str) -> None:
    found = completions(what, typed, SHIPPED)
    assert found[0].value == first
    assert len(found) <= MOST
    assert len({choice.value for choice in found}) == len(found)


@pytest.mark.parametrize(
    ("typed", "given", "offered"),
    [
        ("signal flips", ("price", "volume"), ()),
        ("signal flips", ("price", "signal"), ("signal flips to bullish", "signal flips to bearish")),
        ("tm_", ("price",), ()),
        ("market.fear", ("price",), ()),
        ("drawdown", ("price",), ("drawdown(30d) > 20%",)),
        ("volume(", ("price",), ()),
        ("price reaches", ("price",), ("price reaches", "price reaches 70k")),
        ("price reaches", ("tm_grade",), ()),
    ],
)
def test_only_what_some_source_gives_is_offered(typed: str, given: tuple[str, ...], offered: tuple[str, ...]) -> None:
    universe = Universe(coins=SHIPPED.coins, sources={"feed": frozenset(given)})
    assert tuple(choice.value for choice in completions("condition", typed, universe)) == offered


def test_nothing_completes_what_is_not_there() -> None:
    assert list(completions("coin", "zzzz", SHIPPED)) == []
    assert list(completions("shoe", "b", SHIPPED)) == []
