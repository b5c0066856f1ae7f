"""A market day in one line, for the examples that are written by hand.

Words are `TIME:VALUES`; TIME is seconds since `START`, with `@TIME` behind it where the source dates its reading
differently. VALUES, joined by commas, are `[source.][COIN.][field=]VALUE`, by default the price of BTC at binance;
`-` lets time pass, `NAME=same` confirms.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from math import inf

from tests.fakes import START
from tests.opinion.engine import Engine
from tests.opinion.life import Event, Terms
from tests.opinion.opinion import Opinion
from tests.opinion.readings import Poll, Reading, Source
from tests.opinion.sentence import MARKET, STATES, Condition
from tests.opinion.timeline import Happening, Side, in_order, lead

COINS = ("BTC", "ETH", "SOL")
GIVEN = {
    "binance": ("price", "volume(1m)", "base_volume(1m)"),
    "coingecko": ("price",),
    "tm": ("signal", "hourly_signal", "tm_grade"),
    "fear": ("fear_greed",),
}
SIDES: tuple[type[Opinion | Engine], ...] = (Opinion, Engine)

_WORD = re.compile(r"(?P<time>-?[\d.]+)(@(?P<at>-?[\d.]+))?:(?P<values>.+)")


def rule(when: Condition, coins: tuple[str, ...] = ("BTC",)) -> Terms:
    """One that fires at its first look too, and does not speak of silence."""
    return Terms("rule", coins, when, already_true="fire", no_data=None)


def sources(stale_after: float) -> list[Source]:
    return [
        Source(name, field, frozenset([MARKET] if name == "fear" else COINS), stale_after)
        for name, fields in GIVEN.items()
        for field in fields
    ]


def happenings(script: str) -> list[Happening]:
    found = []
    for word in script.split():
        parts = _WORD.fullmatch(word)
        assert parts, word
        now = START + float(parts["time"])
        at = START + float(parts["at"]) if parts["at"] else now
        said = [] if parts["values"] == "-" else sorted(_said(value) for value in parts["values"].split(","))
        polls = [_poll(source, list(of), at) for source, of in groupby(said, key=lambda one: one[0])]
        found += [Happening(now, poll) for poll in polls] or [Happening(now)]
    return found


def _said(text: str) -> tuple[str, str, str, str]:
    """`coingecko.ETH.price=5` → (source, field, coin, value)."""
    name, _, value = text.rpartition("=")
    words = name.split(".")
    field = next((word for fields in GIVEN.values() for word in fields if word in words), "price")
    giving = next(source for source, fields in GIVEN.items() if field in fields)
    coin = next((word for word in words if word in COINS), MARKET if field == "fear_greed" else "BTC")
    return next((word for word in words if word in GIVEN), giving), field, coin, value


def _poll(source: str, said: Sequence[tuple[str, str, str, str]], at: float) -> Poll:
    readings = [
        Reading(source, field, coin, STATES[field][value] if field in STATES else float(value), at)
        for _, field, coin, value in said
        if value != "same"
    ]
    confirmed = tuple((field, coin) for _, field, coin, value in said if value == "same")
    return Poll(source, tuple(readings), confirmed)


def play(kind: type[Opinion | Engine], rule: Terms, script: str, stale_after: float = inf) -> list[str]:
    """What comes of it, line by line: time, kind, coin where it is not BTC, episode, and what else there is to it."""
    side: Side = kind(sources(stale_after))
    return [_line(event) for event in in_order(lead(side, [Happening(START - 1, rules=(rule,)), *happenings(script)]))]


def _line(event: Event) -> str:
    words = [f"{round(event.time - START, 3):g}", event.kind, event.coin.replace("BTC", "")]
    words += [str(event.episode or ""), f"#{event.ordinal}" if event.ordinal > 1 else "", event.reason]
    return " ".join(word for word in words if word)


def opened(kind: type[Opinion | Engine], rule: Terms, script: str) -> list[str]:
    """The times at which episodes open, with the coin where it is not BTC."""
    lines = [line.split() for line in play(kind, rule, script)]
    return [" ".join([line[0], *line[2:-1]]) for line in lines if line[1] == "fired"]


def minutes(*values: float, first: int = 1) -> str:
    """One price at each minute's end."""
    return " ".join(f"{60 * (first + k)}:{value:g}" for k, value in enumerate(values))
