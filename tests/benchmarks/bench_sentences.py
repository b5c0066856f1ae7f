"""How many sentences a second of CPU parses and type-checks: distinct ones, and those whose shape was seen before: a
shape is learnt when it comes for the second time, and known from the third on.

The sentences are drawn from the whole grammar. The usual ones are put together as those of `rules/` are: six of ten
have one part, three have two, one has three. The long ones have one to five parts and parentheses. No two of the
distinct ones are of one structure, the same structures come as known ones with other constants, and what is warmed up
before is one sentence, so that the grammar is read.
"""

import gc
import random
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial

from alertd.conditions.check import compile_condition
from alertd.conditions.shape import shape
from alertd.model.universe import Universe
from tests.benchmarks.table import PAIRS, Row, Stopwatch, note, tell

PROMISED = 1 / 5_000
"""Seconds of CPU for a distinct sentence: no partner, but what was promised."""

BATCH = 1_000
REASON = ""
KNOWN_REASON = ""

_COINS = tuple(f"{first}{last}" for first in ("B", "ET", "SO", "AVA", "DOG", "LIN") for last in "ACDEHIKLMNOPSTX")
_PRICES = frozenset({"price", "volume_24h"})
UNIVERSE = Universe(
    coins={name: name for name in _COINS},
    sources={
        "binance": _PRICES | {"volume", "base_volume"},
        "coingecko": _PRICES | {"market_cap", "market_cap_rank", "all_time_high", "all_time_low"},
        "tokenmetrics": frozenset({"signal", "momentum", "tm_grade", "trader_grade", "resistance", "support"}),
        "fear_greed": frozenset({"fear_greed"}),
    },
)

_WINDOWS = ("15m", "30m", "45m", "1h", "90m", "2h", "3h", "4h", "6h", "8h", "12h", "1d", "2d", "3d", "7d", "14d", "30d")
_INTERVALS = ("5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d")
_LEVELS = (
    "{of}price > {n}k",
    "{of}price >= {n} * high({w})",
    "{c}.price / {d}.price > {n}",
    "binance.price <= low({c}.price, {w})",
    "{of}price up {p}% in {w}",
    "{c}.price moves {p}% in {w}",
    "{of}price down {n} in {w}",
    "{of}price up {p}% since open({i})",
    "change({c}.price, {w}) < -{p}%",
    "average({of}price, {w}) > average({of}price, {x})",
    "price - low({w}) > {n} + high({x}) / {p}",
    "{of}signal is bullish",
    "{c}.signal is not bearish",
    "{of}momentum is surging",
    "{of}trader_grade up {p} in {w}",
    "age({of}price) > {p}m",
    "market.fear_greed < {p}",
    "{of}market_cap_rank <= {p}",
    "{of}price within {p}% of {c}.price * {n}",
    "{of}price not between {n} and {n}k",
    "price > {n}k confirmed by 2 sources",
    "count(where price down {p}% in {w}) > {p}",
    "share(where price > high({w})) > {p}%",
    "rank(change(price, {w})) <= {p}",
    "rsi({k}, {i}) < {p}",
    "ema({k}, {i}) > sma({k}, {i})",
    "price > bollinger({k}, 2, {i})",
    "macd(12, 26, {i}) > macd_signal(12, 26, 9, {i})",
    "volume({i}) > {p} * average(volume({i}), 30d)",
    "correlation({c}.price, {k}, {i}) > 0.8",
    "atr({k}, {i}) > {n}",
    "zscore({k}, {i}) > {p}",
    "drawdown({w}) > {p}%",
)
_MOMENTS = (
    "{of}price crosses above average({w})",
    "{of}price crosses every {n}",
    "close({i}) crosses below {n}k",
    "{of}price breaks resistance({w})",
    "{of}price reaches all_time_high",
    "{of}price enters {n} to {n}k",
    "{of}price leaves within {p}% of {c}.price",
    "{of}signal flips to bullish",
    "{of}price moves {p}% since last alert",
)
_LASTING = ("price breaks above high({w}), holds {k}m", "recently(({m}), {w})")


def usual(dice: random.Random) -> str:
    """One to three parts, as in the rules that people write, with blanks `{n}` and `{p}` where the constants go."""
    count = dice.choice((1, 1, 1, 1, 1, 1, 2, 2, 2, 3))
    levels = [_part(dice.choice(_LEVELS), dice) for _ in range(count)]
    if dice.random() < 0.2:
        return " and ".join([_part(dice.choice(_MOMENTS), dice), *levels[1:]])
    return dice.choice((" and ", " and ", " or ")).join(levels)


def long(dice: random.Random) -> str:
    """One to five parts in parentheses. One part at most is momentary."""
    parts = [_level(dice) for _ in range(dice.choice((1, 1, 1, 1, 1, 2, 2, 2, 3, 4)))]
    if dice.random() < 0.3:
        return _combine([_part(dice.choice(_MOMENTS), dice), *parts], dice, ("and",))
    return _combine(parts, dice, ("and", "or"))


def _level(dice: random.Random) -> str:
    text = _part(dice.choice(_LEVELS if dice.random() < 0.9 else _LASTING), dice)
    return f"not ({text})" if dice.random() < 0.1 else text


def _part(text: str, dice: random.Random) -> str:
    text = text.replace("{m}", dice.choice(_MOMENTS))
    coin, other = dice.sample(_COINS, 2)
    window, longer = dice.sample(_WINDOWS, 2)
    # Periods belong to the shape, as windows do.
    period = str(dice.randrange(2, 40))
    # Of the rule's own coins, or of one that is named.
    of = dice.choice(("", f"{coin}."))
    words = (
        ("{of}", of),
        ("{k}", period),
        ("{c}", coin),
        ("{d}", other),
        ("{w}", window),
        ("{x}", longer),
        ("{i}", dice.choice(_INTERVALS)),
    )
    for blank, word in words:
        text = text.replace(blank, word)
    return text


def _combine(parts: list[str], dice: random.Random, words: tuple[str, ...]) -> str:
    if len(parts) == 1:
        return parts[0]
    cut = dice.randrange(1, len(parts))
    left, right = _combine(parts[:cut], dice, words), _combine(parts[cut:], dice, words)
    word = dice.choice(words)
    return f"({left}) {word} ({right})" if len(parts) > 2 else f"{left} {word} {right}"


def filled(text: str, dice: random.Random) -> str:
    """With constants: numbers with up to three places, and small whole ones."""
    while "{n}" in text:
        text = text.replace("{n}", f"{dice.uniform(1, 999):.{dice.randrange(4)}f}", 1)
    while "{p}" in text:
        text = text.replace("{p}", str(dice.randrange(2, 40)), 1)
    return text


def distinct(count: int, dice: random.Random, draw: Callable[[random.Random], str]) -> list[str]:
    """So many different structures, as many of each number of parts as are drawn. Nothing of ours has seen one yet."""
    found: dict[str, None] = {}
    for parts in Counter(_parts(draw(dice)) for _ in range(count)).elements():
        while (text := draw(dice)) in found or _parts(text) != parts:
            pass
        found[text] = None
    mixed = list(found)
    dice.shuffle(mixed)
    return mixed


def _parts(text: str) -> int:
    return 1 + text.count(" and ") + text.count(" or ") - text.count(" between ")


def compile_all(sentences: list[str]) -> None:
    for text in sentences:
        compile_condition(text, UNIVERSE)


def measured(dice: random.Random, draw: Callable[[random.Random], str]) -> tuple[float, float, float]:
    """Seconds for a distinct sentence of this kind, for one whose shape is learnt, and for one of a known shape."""
    structures = distinct(BATCH * PAIRS, dice, draw)
    watch = Stopwatch()
    _describe(draw.__name__, structures)
    gc.collect()
    gc.freeze()
    for turn in range(PAIRS):
        batch = structures[turn * BATCH : (turn + 1) * BATCH]
        new, second, third = ([filled(text, dice) for text in batch] for _ in range(3))
        watch("distinct", partial(compile_all, new), times=BATCH)
        watch("learnt", partial(compile_all, second), times=BATCH)
        watch("known", partial(compile_all, third), times=BATCH)
    gc.unfreeze()
    ones, others = (
        [shape(compile_condition(filled(text, dice), UNIVERSE).tree)[0] for text in structures] for _ in "ab"
    )
    assert ones == others, "a sentence has another shape for its constants alone"
    assert len(set(ones)) > 0.95 * len(structures), "the sentences are not as different as they look"
    return watch.median("distinct"), watch.median("learnt"), watch.median("known")


def _describe(name: str, structures: list[str]) -> None:
    lengths = sorted(map(len, structures))
    low, middle, high = (lengths[len(lengths) * part // 10] for part in (1, 5, 9))
    counts = Counter(map(_parts, structures))
    share = ", ".join(f"{counts[parts] / len(structures):.0%} of {parts}" for parts in sorted(counts))
    note(f"  {len(structures):,} {name} ones, {low} to {high} characters, {middle} in the middle; parts: {share}")


def main() -> list[Row]:
    dice = random.Random(5)
    compile_condition("price > 1", UNIVERSE)
    each, learnt, known = measured(dice, usual)
    name = f"distinct sentences, {1 / each:,.0f}/s / promised {1 / PROMISED:,.0f}/s"
    rows = [
        tell(Row(name, each, PROMISED, 1.0, REASON)),
        tell(Row("a sentence whose shape is learnt / a distinct one", learnt, each)),
        tell(Row(f"of a known shape, {1 / known:,.0f}/s / a distinct one", known, each, 1.0, KNOWN_REASON)),
    ]
    each, _, known = measured(dice, long)
    return [
        *rows,
        tell(Row(f"distinct long ones, {1 / each:,.0f}/s / promised", each, PROMISED)),
        tell(Row(f"long ones of a known shape, {1 / known:,.0f}/s / distinct", known, each)),
    ]


if __name__ == "__main__":
    sys.exit(any(row.missed for row in main()))
