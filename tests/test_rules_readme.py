"""The page of the condition language: its tables are the program's own, and all that it shows is right."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from alertd.conditions.check import compile_condition
from alertd.conditions.fields import FIELDS
from alertd.conditions.functions import FUNCTIONS, INTERVALS
from alertd.conditions.mistakes import Sentence
from alertd.conditions.parse import read_expression
from alertd.conditions.tables import examples, refreshed
from alertd.conditions.tree import momentary
from alertd.errors import RuleError
from alertd.model.reading import Bars
from alertd.model.universe import Universe
from alertd.rules.build import RULE_KEYS
from alertd.rules.files import RuleText, read_rules
from alertd.rules.keys import SAY
from tests.fakes import START
from tests.test_rules import play_text

RULES = Path(__file__).parents[1] / "rules"
PAGE = (RULES / "README.md").read_text(encoding="utf-8")
COINS = ("BTC", "ETH", "1INCH")
KINDS = ("binance", "coingecko", "tokenmetrics", "fear_greed")
UNIVERSE = Universe(
    coins={coin: coin for coin in COINS},
    sources={kind: frozenset(spec.name for spec in FIELDS.values() if kind in spec.sources) for kind in KINDS},
    series={"ETHBTC": "number"},
)

EXAMPLES = examples()
WRONG = {"change(price, 1h) > 5"}
"""What the page shows as a mistake."""
DOUBTED = {"price > 70k and price < 60k", "price / 0 > 3"}
"""What it shows as never true."""


def test_the_tables_are_what_the_program_goes_by() -> None:
    assert refreshed(PAGE) == PAGE, "stale: run make docs"


# ── all that is written as code ──────────────────────────────────────────────────────────────────────────────────


def spans() -> Iterator[str]:
    """What stands in `…` outside of the file that is shown, and begins like something of the language."""
    text = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    for span in dict.fromkeys(re.findall(r"`([^`]+)`", text)):
        words = " ".join(span.replace("\\|", "|").split())
        first = re.match(r'(?:[A-Za-z]+\.|"\w+"\.)?(\w+)', words)
        known = first is not None and (first[1] in FIELDS or words.startswith(tuple(f"{name}(" for name in FUNCTIONS)))
        if known and not re.search(r"…|\bC\b|\bW\b|\.yaml$", words):
            yield words


def is_condition(words: str) -> bool:
    """True if something is said of a value: what stands in parentheses aside, there is a sign or a verb."""
    while (outside := re.sub(r"\([^()]*\)", "", words)) != words:
        words = outside
    verbs = "up|down|moves|is|crosses|reaches|breaks|flips|within|between|enters|leaves"
    return re.search(rf"[<>=]| ({verbs}) ", words) is not None


CONDITIONS = tuple(words for words in spans() if is_condition(words))
EXPRESSIONS = tuple(words for words in spans() if words not in CONDITIONS)


@pytest.mark.parametrize("sentence", dict.fromkeys((*EXAMPLES, *CONDITIONS)))
def test_every_condition_is_one(sentence: str) -> None:
    if sentence in WRONG:
        with pytest.raises(RuleError):
            compile_condition(sentence, UNIVERSE)
    else:
        assert bool(compile_condition(sentence, UNIVERSE).warnings) is (sentence in DOUBTED)


@pytest.mark.parametrize("words", EXPRESSIONS)
def test_every_expression_is_one(words: str) -> None:
    sentence = Sentence(words)
    read_expression(sentence, UNIVERSE)
    assert sentence.problems == []


def test_what_is_found_on_the_page() -> None:
    assert len(CONDITIONS) > len(FIELDS)
    assert len(EXPRESSIONS) > len(FUNCTIONS)
    assert set(CONDITIONS) >= WRONG | DOUBTED


def test_every_word_has_an_example_of_its_own() -> None:
    for name in (*FIELDS, *FUNCTIONS):
        assert any(re.search(rf"\b{name}\b", example) for example in EXAMPLES), name


# ── judged ───────────────────────────────────────────────────────────────────────────────────────────────────────

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
PRICES = {"BTC": 70e3, "ETH": 3e3, "SOL": 150.0}


def bars(coin: str, field: str, interval: float, count: int, value: float) -> Bars:
    """The last so many bars before the start, each a little higher and lower than where it ends."""
    number = np.arange(-count, 0.0)
    close = value * (1 + 0.1 * np.sin(number * interval / DAY) + 0.02 * np.sin(number * 1.7 + len(coin)))
    end = START + (number + 1) * interval
    return Bars("test", field, coin, interval, end, close, close * 1.01, close * 0.99, close)


def past() -> Iterator[Bars]:
    for coin, price in PRICES.items():
        yield bars(coin, "price", HOUR, 200 * 24, price)
        yield bars(coin, "price", MINUTE, 2 * 24 * 60, price)
        yield bars(coin, "base_volume(15m)", 900.0, 4, 400.0)
        for field, value in (("volume(1h)", 1e6), ("base_volume(1h)", 1e6 / price)):
            yield bars(coin, field, HOUR, 15 * 24, value)


def readings() -> Iterator[tuple[float, str, float]]:
    """Of every field, some hours of them: prices that rise, fall and stop for a while."""
    for number in range(24):
        after = number * HOUR / 2
        for order, (coin, price) in enumerate(PRICES.items()):
            if number % 7 != 6:
                now = price * (1 + ((number * 13 + order * 5) % 11 - 5) / 60)
                yield after, coin, now
                yield after, f"second/{coin}", now * 1.001
        for spec in FIELDS.values():
            values = tuple(spec.labels.values()) or (55.0 + number, 20.0, 1000.0)
            coin = "market" if spec.of_market else "BTC"
            if spec.name != "price" and not spec.per_bar:
                yield after, f"{coin}.{spec.name}", values[number % len(values)]
        yield after, "BTC.base_volume(15m)", 300.0 + 20 * number
        if not number % 2:
            yield after, "BTC.volume(1h)", 1e6 + 1e5 * number
            yield after, "BTC.base_volume(1h)", 14.0 + number


@pytest.mark.parametrize("sentence", EXAMPLES)
def test_every_example_runs(sentence: str) -> None:
    """What lasts is known, so that it or its opposite is told; what happens at a moment may happen or not."""
    tree = compile_condition(sentence, UNIVERSE).tree
    opposite = "" if momentary(tree) else OPPOSITE.format(sentence)
    told = play_text(FILE.format(sentence) + opposite, readings(), tuple(past()))
    assert all(0 <= after <= 12 * HOUR and kind == "fired" for after, _, kind in told)
    assert told or momentary(tree)


FILE = """
defaults: {{symbols: [BTC], already_true: fire}}
series: {{ETHBTC: ETH.price / BTC.price}}
rules:
  - {{name: example, when: '{}'}}
"""
OPPOSITE = "  - {{name: opposite, when: 'not ({})'}}\n"


# ── the rest of the page ─────────────────────────────────────────────────────────────────────────────────────────


def table(title: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip(" |") for cell in row] for row in rows[2:]]


def test_the_keys_are_those_there_are() -> None:
    keys = {row[0].strip("`") for row in table("Keys of a rule")} | {"was"}
    assert keys == set(RULE_KEYS)


def test_the_names_of_say_are_those_there_are() -> None:
    (row,) = (row for row in table("Keys of a rule") if row[0] == "`say`")
    assert re.findall(r"\{(\w+)\}", row[2]) == list(SAY)


def test_the_intervals_are_those_there_are() -> None:
    listed = PAGE.partition("The intervals are ")[2].partition(";")[0]
    assert re.findall(r"`(\w+)`", listed) == list(INTERVALS)


def test_the_file_shown_is_one() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert read_rules([RuleText("README.md", shown.encode())], UNIVERSE, START).problems == ()


def test_every_file_of_the_folder_is_listed() -> None:
    assert {row[0].strip("`") for row in table("The examples")} == {path.name for path in RULES.glob("*.yaml")}
