"""Conditions that last and remember nothing, judged for all the alerts of a bank at once.

Where one side depends on a series alone and the other is a constant of the alert, the series are brought to the point
at which the verdict turns, and the alerts only compare their constants with it.
"""

from functools import reduce

import numpy as np

from alertd.conditions.codes import COMPARISONS, apart, codes_of, compared
from alertd.conditions.look import Look
from alertd.conditions.measure import highest, lowest, number
from alertd.conditions.series import gather, table
from alertd.conditions.tree import (
    Between,
    Change,
    Compare,
    Expression,
    Field,
    Indicator,
    Is,
    Move,
    Opening,
    Parameter,
    Since,
    Window,
    Within,
)
from alertd.market.columns import Codes, Floats
from alertd.market.windows import CLOSE

_LENIENT = {">": -CLOSE, ">=": CLOSE, "<": CLOSE, "<=": -CLOSE}
"""What is added to the left side, relative, so that equal is within `CLOSE`."""


def level(node: Compare | Is | Move | Within | Between, look: Look) -> Codes:
    """The verdict for each alert."""
    match node:
        case Compare(operator, left, right):
            return _compare(operator, left, right, look)
        case Is():
            return _is(node, look)
        case Move():
            return _move(node, look)
        case Within():
            return _within(node, look)
        case Between(of, low, high):
            return np.minimum(_compare(">=", of, low, look), _compare("<=", of, high, look))


def _compare(operator: str, left: Expression, right: Expression, look: Look) -> Codes:
    if (
        isinstance(right, Parameter)
        and isinstance(left, Field | Window | Indicator | Change | Opening)
        and operator in _LENIENT
        and (found := table(left, look)) is not None
    ):
        values, numbers = found
        turns = values + _LENIENT[operator] * np.abs(values)
        return _against(COMPARISONS[operator], gather(turns, numbers), look.parameters[right.index])
    return compared(operator, apart(number(left, look), number(right, look)))


def _against(comparison: np.ufunc, turns: Floats, constants: Floats) -> Codes:
    yes = comparison(turns, constants)
    codes: Codes = yes.view(np.int8)
    codes += codes
    codes |= np.isnan(turns)
    return codes


def _is(node: Is, look: Look) -> Codes:
    found = table(node.field, look)
    if found is not None:
        values, numbers = found
        return gather(codes_of(values == node.state, np.isnan(values)), numbers)
    value = number(node.field, look)
    return codes_of(value == node.state, np.isnan(value))


def _within(node: Within, look: Look) -> Codes:
    target, amount = number(node.target, look), number(node.amount, look)
    reach = amount / 100.0 * np.abs(target) if node.relative else amount
    return compared("<=", apart(np.abs(number(node.of, look) - target), reach))


def _move(node: Move, look: Look) -> Codes:
    if isinstance(node.amount, Parameter) and (turns := _most(node, look)) is not None:
        return _against(np.greater_equal, turns, look.parameters[node.amount.index])
    value, amount = number(node.field, look), number(node.amount, look)
    bases = lowest(node.field, node.seconds, look), highest(node.field, node.seconds, look)
    return moved(node, value, amount, bases)


def moved(node: Move | Since, value: Floats, amount: Floats, bases: tuple[Floats, Floats]) -> Codes:
    """Whether a value moved by an amount from what it rises from, or from what it falls from."""
    reached = 100.0 * value if node.relative else value
    low, high = bases
    verdicts = []
    if node.direction != "down":
        verdicts.append(compared(">=", apart(reached, (100.0 + amount) * low if node.relative else low + amount)))
    if node.direction != "up":
        verdicts.append(compared("<=", apart(reached, (100.0 - amount) * high if node.relative else high - amount)))
    return reduce(np.maximum, verdicts)


def _most(node: Move, look: Look) -> Floats | None:
    """The largest amount that each alert's series has moved by; None where a base is not above zero, so that there is
    no such percentage, or where the alerts are few."""
    sides = [table(Window(name, node.field, node.seconds), look) for name in ("lowest", "highest")]
    if sides[0] is None or sides[1] is None:
        return None
    (low, numbers), (high, _), value = sides[0], sides[1], look.tick.known
    if node.relative:
        if (low <= 0.0).any():
            return None
        rise, fall = 100.0 * value / low * (1 + CLOSE) - 100.0, 100.0 - 100.0 * value / high * (1 - CLOSE)
    else:
        rise, fall = value - low + CLOSE * np.abs(value), high - value + CLOSE * np.abs(value)
    match node.direction:
        case "up":
            most = rise
        case "down":
            most = fall
        case _:
            most = np.maximum(rise, fall)
    return gather(most, numbers)
