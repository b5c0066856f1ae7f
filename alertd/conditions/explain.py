"""What a verdict was made of, in numbers: the values that a message tells."""

from collections.abc import Mapping

import numpy as np

from alertd.conditions.codes import YES
from alertd.conditions.fields import FIELDS, MARKET, label_of
from alertd.conditions.judge import multiple_crossed, survey
from alertd.conditions.levels import level
from alertd.conditions.look import Look
from alertd.conditions.measure import highest, lowest, number
from alertd.conditions.memory import placed
from alertd.conditions.shape import fields_of
from alertd.conditions.tree import (
    Age,
    Between,
    Change,
    Compare,
    Condition,
    Count,
    Cross,
    CrossEvery,
    Expression,
    Field,
    Holds,
    Indicator,
    LastAlert,
    Move,
    Rank,
    Share,
    Since,
    Tree,
    Window,
    Within,
)
from alertd.market.columns import Flags, Floats
from alertd.model.event import Value

Told = Mapping[str, Floats]


def explain(when: Condition, look: Look) -> dict[str, Floats]:
    """Columns by name, NaN where there is nothing to say.

    Every field by its name (`price`, `ETH.price`); `count`, `share`, `rank`, and what is measured against a level by
    its function (`rsi`); `level`: what it was compared with; `change`: percent points, signed; `base`: what the change
    counts from. Where several parts say one, the first that is true does.
    """
    fields: dict[str, Floats] = {}
    said: dict[str, tuple[Floats, Flags]] = {}
    with np.errstate(all="ignore"):
        survey(when, look)
        for part, column in placed(when):
            if isinstance(part, Field):
                value = number(part, look)
                other = fields.get(label(part), value)
                fields[label(part)] = np.where(np.isnan(other), value, other)
                continue
            true = _true(part, look)
            for name, told in _told_by(part, column, look).items():
                before, by = said.get(name, (told, np.zeros(look.size, np.bool_)))
                said[name] = (np.where(by | ~true, before, told), by | true)
    return fields | {name: column for name, (column, _) in said.items()}


def label(of: Field) -> str:
    """A field as a message names it: without the source, with the coin where it is another one."""
    return of.name if of.coin is None or of.coin == MARKET else f"{of.coin}.{of.name}"


def spoken(name: str, value: float) -> Value:
    """A value as text where the field's values have names (a signal is `bullish`), else the number."""
    spec = FIELDS.get(name.rpartition(".")[2])
    return label_of(spec.name, value) if spec is not None and spec.labels else value


def _true(part: Tree, look: Look) -> Flags:
    """Where a part without memory is true: to judge one with a memory again would move it on."""
    if isinstance(part, Compare | Move | Within | Between):
        true: Flags = level(part, look) == YES
        return true
    return np.zeros(look.size, np.bool_)


def _told_by(part: Tree, column: int, look: Look) -> Told:
    match part:
        case Compare(_, left, right) | Cross(_, left, right):
            return _compared(left, right, look)
        case CrossEvery(of, step):
            return {"level": multiple_crossed(number(of, look), look.memory[column + 1], number(step, look))}
        case Holds():
            return {"level": look.memory[column]}
        case Within():
            return {"level": number(part.target, look)}
        case Between():
            value, low, high = (number(each, look) for each in (part.of, part.low, part.high))
            return {"level": np.where(value - low <= high - value, low, high)}
        case Move(direction, field, _, _, seconds):
            return _moved(direction, number(field, look), lowest(field, seconds, look), highest(field, seconds, look))
        case Since(direction, field, _, _, base):
            since = look.memory[column] if isinstance(base, LastAlert) else number(base, look)
            return _moved(direction, number(field, look), since, since)
        case Count() | Share() | Rank():
            return {type(part).__name__.lower(): number(part, look)}
        case _:
            return {}


def _compared(left: Expression, right: Expression, look: Look) -> Told:
    # The side without a field is the level: 70k < price says the same as price > 70k.
    left, right = (left, right) if fields_of(left) else (right, left)
    match left:
        case Change(field):
            change = number(left, look)
            return {"change": change, "base": number(field, look) / (1.0 + change / 100.0)}
        case Age():
            return {}
        case Indicator(function) | Window(function):
            return {function: number(left, look), "level": number(right, look)}
        case _:
            return {"level": number(right, look)}


def _moved(direction: str, value: Floats, low: Floats, high: Floats) -> Told:
    rose, fell = value / low - 1.0, 1.0 - value / high
    upward = (direction == "up") | ((direction == "moves") & (rose >= fell))
    base = np.where(upward, low, high)
    return {"change": 100.0 * (value / base - 1.0), "base": base}
