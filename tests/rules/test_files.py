"""Rule files → rules, and every mistake of them."""

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alertd.conditions.parse import parse
from alertd.conditions.text import canonical
from alertd.conditions.tree import Field, walk
from alertd.model.event import EventKind
from alertd.model.universe import Universe
from alertd.rules.files import Loaded, RuleText, read_rules
from alertd.rules.rule import Active, AlreadyTrue, Checks, Moment, Rule
from tests.conditions.universe import DESK, EVERYTHING
from tests.fakes import START

FIXTURES = Path(__file__).parent.parent / "fixtures" / "rules"
MADRID = ZoneInfo("Europe/Madrid")
EVERY_DAY = frozenset(range(7))

EVERY_KEY = """\
version: 1
defaults: {cooldown: 15m, notify: [desk], labels: {team: a}}
rules:
  - name: btc-breakout
    was: old-name
    symbols: [BTC, ETH]
    when: price > 70k and signal is bullish
    until: price < 68k
    for: 2m
    cooldown: 30m
    fire: 3 times
    remind: 4h
    already_true: fire
    no_data: tell after 15m
    expires: 2027-01-01
    active: {days: mon-fri, hours: "08:00-22:00", zone: Europe/London}
    labels: {severity: critical}
    notify: [desk, me]
    tell: [fired, resolved]
    draft: true
    say: "{symbol} broke {level} at {price}"
"""


def load(content: str, universe: Universe = DESK, file: str = "r.yaml") -> Loaded:
    return read_rules([RuleText(file, content.encode())], universe, START)


def one(keys: str, universe: Universe = DESK) -> Rule:
    """The rule with these keys beside its name, on BTC, for a move, unless they say otherwise."""
    given = {line.split(":")[0] for line in keys.splitlines()}
    lines = ["name: r", *keys.splitlines()]
    lines += [line for line in ("symbols: BTC", "when: price up 5% in 1h") if line.split(":")[0] not in given]
    loaded = load("rules:\n  - " + "\n    ".join(lines), universe)
    assert not loaded.problems, loaded.problems
    return loaded.rules[0]


def test_every_key_of_a_rule() -> None:
    (rule,) = load(EVERY_KEY).rules
    assert rule == Rule(
        name="btc-breakout",
        was="old-name",
        symbols=("BTC", "ETH"),
        when=parse("price > 70k and signal is bullish"),
        when_text="price > 70k and signal is bullish",
        until=parse("price < 68k"),
        until_text="price < 68k",
        for_=120.0,
        cooldown=1800.0,
        fire=3,
        remind=14_400.0,
        already_true=AlreadyTrue.FIRE,
        no_data=900.0,
        expires=1_798_758_000.0,
        active=Active(frozenset(range(5)), time(8), time(22), ZoneInfo("Europe/London")),
        labels={"severity": "critical"},
        notify=("desk", "me"),
        tell=frozenset({EventKind.FIRED, EventKind.RESOLVED, EventKind.REMINDED}),
        draft=True,
        say="{symbol} broke {level} at {price}",
        place="r.yaml:4",
    )


def test_defaults_stand_behind_a_rule_of_their_file_alone() -> None:
    first = "defaults: {cooldown: 15m}\nrules: [{name: a, symbols: BTC, when: price up 5% in 1h}]"
    second = "rules: [{name: b, symbols: BTC, when: price up 5% in 1h}]"
    texts = [RuleText("1", first.encode()), RuleText("2", second.encode())]
    assert [rule.cooldown for rule in read_rules(texts, DESK, START).rules] == [900.0, 0.0]


@pytest.mark.parametrize(
    ("symbols", "coins", "extra"),
    [
        ("BTC", ("BTC",), ""),
        ("bitcoin", ("BTC",), ""),
        ("majors", ("BTC", "ETH"), ""),
        ('"*"', ("BTC", "ETH", "SOL", "1INCH"), ""),
        ("[SOL, majors, BITCOIN, SOL]", ("SOL", "BTC", "ETH"), ""),
        ("{except: [USDT, ETH]}", ("BTC", "SOL", "1INCH"), ""),
        ("{all: true, except: [majors]}", ("SOL", "1INCH"), ""),
        ("{top: 100}", ("BTC", "ETH", "SOL", "1INCH"), " and market_cap_rank <= 100"),
        ("{where: volume_24h > 5M, except: SOL}", ("BTC", "ETH", "1INCH"), " and volume_24h > 5000000"),
        ("{where: price > 1 or price < 0}", ("BTC", "ETH", "SOL", "1INCH"), " and (price > 1 or price < 0)"),
    ],
)
def test_symbols_choose_coins(symbols: str, coins: tuple[str, ...], extra: str) -> None:
    rule = one(f"symbols: {symbols}")
    assert rule.symbols == coins
    assert canonical(rule.when) == f"price up 5% in 1h{extra}"
    assert rule.when_text.startswith("price up 5% in 1h" + extra[:9])


def test_candle_files_bring_their_own_coins() -> None:
    universe = Universe(coins={"XYZ": "XYZ"}, literal=True)
    assert one("symbols: [whatever]", universe).symbols == ("whatever",)
    assert one('symbols: "*"', universe).symbols == ("XYZ",)


@pytest.mark.parametrize("name", ["ON", "NULL", "NO", "1E9", "012", "0x1F"])
def test_a_coin_keeps_its_name(name: str) -> None:
    assert one(f"symbols: [{name}]", Universe(literal=True)).symbols == (name,)


@pytest.mark.parametrize(
    ("when", "rearm", "until"),
    [
        ("price > 70k", "0.5%", "price <= 69650"),
        ("price >= 70k", "500", "price <= 69500"),
        ("price < 70k", "0.5%", "price >= 70350"),
        ("70k < price", "1%", "price <= 69300"),
        ("price > high(24h)", "1%", "price <= 0.99 * high(price, 1d)"),
        ("price > high(24h)", "100", "price <= high(price, 1d) - 100"),
        ("change(price, 1h) > 5%", "1%", "change(price, 1h) <= 4%"),
        ("change(price, 1h) < -5%", "1%", "change(price, 1h) >= -4%"),
        ("tm_grade > 80", "5", "tm_grade <= 75"),
        ("price - ETH.price > -100", "1%", "price - ETH.price <= -101"),
    ],
)
def test_rearm_is_an_until(when: str, rearm: str, until: str) -> None:
    rule = one(f"when: {when}\nrearm: {rearm}")
    assert rule.until is not None
    assert (canonical(rule.until), rule.until_text) == (until, until)


@pytest.mark.parametrize(
    ("key", "value", "attribute", "meaning"),
    [
        ("fire", "once", "fire", 1),
        ("fire", "every time", "fire", None),
        ("fire", "1 time", "fire", 1),
        ("no_data", "tell", "no_data", 0.0),
        ("no_data", "ignore", "no_data", None),
        ("already_true", "ignore", "already_true", AlreadyTrue.IGNORE),
        ("for", "0", "for_", 0.0),
        ("for", "1h30m", "for_", 5400.0),
        ("tell", "resolved", "tell", frozenset({EventKind.RESOLVED, EventKind.REMINDED})),
        ("draft", "false", "draft", False),
        ("notify", "me", "notify", ("me",)),
        ("expires", "2026-07-01 18:00", "expires", 1_782_921_600.0),
        ("expires", "2026-07-01T18:00:00Z", "expires", 1_782_928_800.0),
        ("active", '{hours: "22:00-06:00"}', "active", Active(frozenset(range(7)), time(22), time(6), MADRID)),
        ("active", '{hours: "18:00-24:00"}', "active", Active(frozenset(range(7)), time(18), time(0), MADRID)),
        ("active", "{days: [sat, sun]}", "active", Active(frozenset({5, 6}), time(0), time(0), MADRID)),
        ("active", '{days: "fri-mon, Wednesday"}', "active",
         Active(frozenset({0, 2, 4, 5, 6}), time(0), time(0), MADRID)),
        ("at", "16:00", "at", Checks((Moment(EVERY_DAY, time(16)),), MADRID)),
        ("at", "fri 16:00", "at", Checks((Moment(frozenset({4}), time(16)),), MADRID)),
        ("at", "[mon-fri 09:30, 'sat, sun 12:00']", "at",
         Checks((Moment(frozenset(range(5)), time(9, 30)), Moment(frozenset({5, 6}), time(12))), MADRID)),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)  # fmt: skip
def test_a_key_has_its_meaning(key: str, value: str, attribute: str, meaning: object) -> None:
    assert getattr(one(f"{key}: {value}"), attribute) == meaning


@pytest.mark.parametrize(
    ("when", "rest"),
    [
        ("volume(1h) > 3 * average(volume(1h), 7d)", "7d)"),
        ("rsi(14, 1h) < 30", "1h) < 30"),
        ("price crosses above 70k, holds 15m", "holds 15m"),
    ],
)
def test_a_sentence_that_its_comma_ended_is_to_be_quoted(when: str, rest: str) -> None:
    problems = load(f"rules:\n  - {{name: r, symbols: BTC, when: {when}}}", EVERYTHING).problems
    hints = {problem.message: problem.hint for problem in problems}
    assert hints[f"there is no key {rest!r}"] == 'a sentence with a comma needs quotes within braces: when: "…"'
    quoted = load(f"rules:\n  - {{name: r, symbols: BTC, when: '{when}'}}", EVERYTHING)
    assert [rule.when_text for rule in quoted.rules] == [when]


@pytest.mark.parametrize("name", ["keys", "wholes", "series", "several"])
def test_all_mistakes_of_a_file_are_told_at_once(name: str) -> None:
    file = FIXTURES / f"{name}.yaml"
    loaded = read_rules([RuleText(file.name, file.read_bytes())], DESK, START)
    assert "\n".join(str(problem) for problem in loaded.problems) + "\n" == file.with_suffix(".txt").read_text("utf-8")


def test_a_mistake_in_one_rule_leaves_the_others() -> None:
    file = FIXTURES / "wholes.yaml"
    loaded = read_rules([RuleText(file.name, file.read_bytes())], DESK, START)
    names = [rule.name for rule in loaded.rules]
    assert names == ["long-ago", "bare-level", "twice", "renamed", "renamed-too", "renamed-again"]


def test_a_mistake_in_the_defaults_is_told_once() -> None:
    rules = "\n".join(f"  - {{name: r{number}, symbols: BTC, when: price up 5% in 1h}}" for number in range(3))
    loaded = load(f"defaults: {{cooldown: soon}}\nrules:\n{rules}")
    assert [(problem.line, problem.column) for problem in loaded.problems] == [(1, 22)]


def test_a_zero_byte_is_refused() -> None:
    """The store has it between a rule's texts."""
    loaded = load('rules:\n  - {name: r, symbols: BTC, when: price up 5% in 1h, say: "a\\0b"}')
    assert [(problem.line, problem.column, problem.message) for problem in loaded.problems] == [
        (2, 59, "a zero byte is no text")
    ]


def test_names_are_unique_over_all_files() -> None:
    text = b"rules: [{name: a, symbols: BTC, when: price up 5% in 1h}]"
    loaded = read_rules([RuleText("1.yaml", text), RuleText("2.yaml", text)], DESK, START)
    (problem,) = loaded.problems
    assert (problem.file, problem.message, problem.hint) == (
        "2.yaml", "there is a rule 'a' already", "it is at 1.yaml:1",
    )  # fmt: skip


def test_a_file_that_is_no_yaml_does_not_hide_the_others() -> None:
    good = b"rules: [{name: a, symbols: BTC, when: price up 5% in 1h}]"
    loaded = read_rules([RuleText("1.yaml", b"a: [\n"), RuleText("2.yaml", good)], DESK, START)
    assert len(loaded.rules) == len(loaded.problems) == 1


@pytest.mark.parametrize("content", ["", "# none yet\n", "version: 1\n", "rules:\n", "rules: []\n"])
def test_a_file_may_hold_no_rule(content: str) -> None:
    assert load(content) == Loaded((), ())


@pytest.mark.parametrize(
    "keys", ["until: price < 4", "rearm: 1%", "cooldown: 1m", "for: 1m", "fire: once", "at: fri 16:00"]
)
def test_a_level_that_is_calm_is_no_warning(keys: str) -> None:
    assert one(f"when: price > 5\n{keys}")


def test_without_receivers_nobody_is_unknown() -> None:
    assert one("notify: [anyone]", Universe(literal=True)).notify == ("anyone",)


def test_many_rules_of_one_sentence() -> None:
    rules = "\n".join(f"  - {{name: r{number}, symbols: BTC, when: price up 5% in 1h}}" for number in range(1000))
    loaded = load(f"rules:\n{rules}")
    assert len(loaded.rules) == 1000
    assert len({id(rule.symbols) for rule in loaded.rules}) == 1


# ── series ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_series_of_one_file_is_a_field_in_all() -> None:
    rule = b"rules: [{name: a, symbols: BTC, when: 'ethbtc > 0.05 and high(basket, 1d) > 5k', for: 1h}]"
    series = b"series: {ETHBTC: ETH.price / BTC.price, basket: 0.5 * BTC.price + 10 * ETH.price}"
    loaded = read_rules([RuleText("1.yaml", rule), RuleText("2.yaml", series)], DESK, START)
    assert loaded.problems == ()
    assert {name: canonical(tree) for name, tree in loaded.series.items()} == {
        "ETHBTC": "ETH.price / BTC.price",
        "basket": "0.5 * BTC.price + 10 * ETH.price",
    }
    assert {node for node in walk(loaded.rules[0].when) if isinstance(node, Field)} == {
        Field("ETHBTC", "market"),
        Field("basket", "market"),
    }


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("ETHBTC > 5%", "ETHBTC is a plain number and 5% is a percentage: the two cannot be compared"),
        ("cost up 5% in 1h and cost > 10m and mood up 5% in 1h", "mood is a grade from 0 to 100: it moves by points"),
    ],
)
def test_a_series_has_the_unit_of_its_expression(when: str, message: str) -> None:
    series = "series: {ETHBTC: ETH.price / BTC.price, cost: 3 * ETH.price, mood: (BTC.tm_grade + ETH.tm_grade) / 2}"
    loaded = load(f"{series}\nrules: [{{name: a, symbols: BTC, when: {when}, cooldown: 1h}}]")
    assert [problem.message for problem in loaded.problems] == [message]


def test_the_name_of_a_series_is_unique_over_all_files() -> None:
    first, second = b"series: {basket: BTC.price}", b"\nseries: {Basket: ETH.price}"
    loaded = read_rules([RuleText("1.yaml", first), RuleText("2.yaml", second)], DESK, START)
    assert [(each.file, each.line, each.column, each.message, each.hint) for each in loaded.problems] == [
        ("2.yaml", 2, 10, "there is a series 'Basket' already", "it is at 1.yaml:1")
    ]
    assert list(loaded.series) == ["basket"]


@pytest.mark.parametrize("block", ["series:", "series: {}"])
def test_there_may_be_no_series(block: str) -> None:
    assert load(block) == Loaded((), ())
