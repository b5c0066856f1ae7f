"""What a verdict was made of, in numbers: the values that a message tells."""

import numpy as np

from alertd.conditions.fields import FIELDS, MARKET, label_of
from alertd.conditions.judge import YES, judge
from alertd.conditions.measure import Look, highest, lowest, number
from alertd.conditions.shape import fields_of
from alertd.conditions.tree import Age, Change, Compare, Condition, Cross, Field, Move, walk
from alertd.market.columns import Flags, Floats
from alertd.model.event import Value


def explain(when: Condition, look: Look) -> dict[str, Floats]:
    """Columns by name, NaN where there is nothing to say.

    Every field by its name (`price`, `ETH.price`); `level`: what it was compared with; `change`: percent points,
    signed; `base`: what the change counts from. Where several parts say one, the first that is true does.
    """
    said: dict[str, tuple[Floats, Flags]] = {}
    with np.errstate(all="ignore"):
        for part in walk(when):
            if isinstance(part, Compare | Move | Cross):
                # Judging a crossing again would move its memory on.
                true = np.zeros(look.size, np.bool_) if isinstance(part, Cross) else judge(part, look) == YES
                for name, column in _told_by(part, look).items():
                    before, told = said.get(name, (column, np.zeros(look.size, np.bool_)))
                    said[name] = (np.where(told | ~true, before, column), told | true)
        return {label(of): number(of, look) for of in fields_of(when)} | {
            name: column for name, (column, _) in said.items()
        }


def label(of: Field) -> str:
    """A field as a message names it: without the source, with the coin where it is another one."""
    return of.name if of.coin is None or of.coin == MARKET else f"{of.coin}.{of.name}"


def spoken(name: str, value: float) -> Value:
    """A value as text where the field's values have names (a signal is `bullish`), else the number."""
    spec = FIELDS.get(name.rpartition(".")[2])
    return label_of(spec.name, value) if spec is not None and spec.labels else value


def _told_by(part: Compare | Move | Cross, look: Look) -> dict[str, Floats]:
    if isinstance(part, Move):
        value = number(part.field, look)
        low, high = lowest(part.field, part.seconds, look), highest(part.field, part.seconds, look)
        rose, fell = value / low - 1.0, 1.0 - value / high
        upward = (part.direction == "up") | ((part.direction == "moves") & (rose >= fell))
        base = np.where(upward, low, high)
        return {"change": 100.0 * (value / base - 1.0), "base": base}
    # The side without a field is the level: 70k < price says the same as price > 70k.
    left, right = (part.left, part.right) if fields_of(part.left) else (part.right, part.left)
    if isinstance(left, Change):
        change = number(left, look)
        return {"change": change, "base": number(left.field, look) / (1.0 + change / 100.0)}
    return {} if isinstance(left, Age) else {"level": number(right, look)}
