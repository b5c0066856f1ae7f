"""What the condition of an edit is of, where it does not say: `edit 3 < 25`."""

from alertd.conditions import tree as t
from alertd.conditions.check import compile_condition
from alertd.conditions.mistakes import Sentence
from alertd.conditions.parse import read
from alertd.errors import RuleError
from alertd.model.universe import Universe

_PRICE = "price "
_ALIKE = 10.0
"""Two levels of one thing: none is more than so many times the other."""


def of_price(condition: str, universe: Universe) -> bool:
    """True where it is of nothing but the coins' own price, which so may go without saying."""
    parts = [node for node in t.walk(read(Sentence(condition), universe)) if isinstance(node, t.Condition)]
    subjects = [getattr(part, name) for part in parts for name in ("left", "field", "of") if hasattr(part, name)]
    return all(
        isinstance(each, t.Condition) or (isinstance(each, t.Field) and (each.name, each.coin) == ("price", None))
        for each in subjects
    )


def kept(old: str, new: str, universe: Universe) -> str | None:
    """`rsi(14, 1h) < 25` for an alert on `rsi(14, 1h) < 30` and a new `price < 25`: the old condition's own left side.
    None where either is more than one comparison with a level, or the levels are no two of one thing."""
    before, after = (read(Sentence(each), universe) for each in (old, new))
    if not isinstance(before, t.Compare | t.Cross) or not isinstance(after, t.Compare | t.Cross):
        return None
    levels = (before.right, after.right)
    numbers = [each.value for each in levels if isinstance(each, t.Number)]
    if len(numbers) != len(levels) or isinstance(before.left, t.Number) or not _alike(*numbers):
        return None
    changed = old[: before.left.span[1]] + " " + new.removeprefix(_PRICE)
    try:
        compile_condition(changed, universe)
    except RuleError:
        return None
    return changed


def _alike(one: float, other: float) -> bool:
    return one == other or (one * other > 0 and 1 / _ALIKE <= one / other <= _ALIKE)
