"""What a rule would say at this moment, before it is put into force: nothing is changed."""

from typing import NamedTuple

import numpy as np

from alertd.conditions.explain import explain, spoken
from alertd.conditions.judge import judge
from alertd.conditions.look import Look
from alertd.conditions.measure import Tick, number
from alertd.conditions.shape import fields_of, shape
from alertd.conditions.tree import (
    Arithmetic,
    Compare,
    Condition,
    Cross,
    Field,
    Indicator,
    Move,
    Number,
    Since,
    Window,
)
from alertd.market.columns import Floats
from alertd.model.event import Value
from alertd.rules.bank import Bank, Shape
from alertd.rules.rule import Rule
from alertd.rules.state import State

MOVED = "moved"
"""What a move by so many units is measured in."""


class Peek(NamedTuple):
    """One coin of a rule: `verdict` is one of `conditions.codes`; `values` as in `model.event.Event`, those that are
    known; `source` names whose they are, `at` is the time of its first reading, NaN where there is none. `measured` is
    what the level is compared with, or by how many units it has MOVED, NaN while it is not known; None where the rule
    is no one comparison, or move by units."""

    symbol: str
    verdict: int
    values: dict[str, Value]
    source: str
    at: float
    measured: tuple[str, float] | None = None


def peek(state: State, rule: Rule, now: float) -> list[Peek]:
    """Of each of the rule's coins, judged on what the market has now."""
    when, constants = shape(rule.when)
    bank = Bank(Shape(when), -1)
    if bank.panel is not None:
        return []
    coins = np.array([state.coin(name) for name in dict.fromkeys(rule.symbols)], np.int32)
    rows = bank.extend(len(coins))
    bank.coin[rows], bank.added[rows] = coins, now
    bank.parameters[:, rows] = np.array(constants)[:, None]
    state.bind(bank, rows, now)
    state.prime(bank, rows, now)
    looks = bank.looks(Tick.of(state.market, now), rows)
    verdicts = judge(when, looks[0])
    look = bank.looks(Tick.of(state.market, now), rows)[0]
    seen = explain(when, look)
    name, measured = _measured(rule, when, look)
    if isinstance(rule.when, Move | Since) and isinstance(when, Move | Since) and isinstance(rule.when.amount, Number):
        name, measured = MOVED, number(when.field, look) - seen.get("base", np.full(look.size, np.nan))
    return [
        Peek(
            state.coins[coins[place]],
            int(verdicts[place]),
            {name: spoken(name, float(column[place])) for name, column in seen.items() if not np.isnan(column[place])},
            *_read(state, bank, row),
            (name, float(measured[place])) if name else None,
        )
        for place, row in enumerate(rows.tolist())
    ]


def _measured(rule: Rule, when: Condition, look: Look) -> tuple[str, Floats]:
    """What is compared, by name, and its values: `rsi`, `price / BTC.price`; "" where there is no one comparison."""
    written = rule.when
    if isinstance(written, Compare | Cross) and isinstance(when, Compare | Cross):
        side, of = (written.left, when.left) if fields_of(written.left) else (written.right, when.right)
        with np.errstate(all="ignore"):
            if isinstance(side, Indicator | Window):
                return side.function, number(of, look)
            if isinstance(side, Field | Arithmetic):
                name = side.name if isinstance(side, Field) else rule.when_text[slice(*side.span)]
                return name, number(of, look)
    return "", np.full(look.size, np.nan)


def _read(state: State, bank: Bank, row: int) -> tuple[str, float]:
    """The source, and the time, of the first series that it is bound to."""
    if not bank.fields:
        return "", float("nan")
    first = int(bank.series[0, row])
    at = float(state.market.latest.at[first])
    return state.market.series[first].source, at


def latest(state: State, field: str, coin: str) -> tuple[float, float, str] | None:
    """(value, time, source) of the freshest reading of a field of a coin, None where nobody watches it."""
    best: tuple[float, float, str] | None = None
    for feed in state.feeds.candidates(field, coin, None):
        number = state.market.numbers.get((feed.source, field), {}).get(coin)
        if number is None or not state.market.latest.fresh[number]:
            continue
        value, at = float(state.market.latest.value[number]), float(state.market.latest.at[number])
        if not np.isnan(value) and (best is None or at > best[1]):
            best = value, at, feed.source
    return best
