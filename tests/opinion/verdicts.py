"""Whether a condition holds at time t for one coin: YES is True, NO is False, UNKNOWN is None (Kleene's logic)."""

from collections.abc import Iterable
from functools import singledispatch
from math import floor

from tests.opinion.look import Look, Verdict
from tests.opinion.numbers import equal, number, worth
from tests.opinion.readings import in_window
from tests.opinion.sentence import (
    STATES,
    And,
    Between,
    Compare,
    Condition,
    Confirmed,
    Count,
    Cross,
    Enters,
    Every,
    Flip,
    Holds,
    Is,
    Move,
    Not,
    Or,
    Recently,
    Since,
    Some,
    Within,
)
from tests.opinion.values import LastAlert, Num, Pct


def verdict(tree: Condition, look: Look) -> Verdict:
    """Every part is looked at, whatever the others say: each has its own to remember."""
    if (look.coin, tree) not in look.found:
        look.found[look.coin, tree] = _verdict(tree, look)
    return look.found[look.coin, tree]


def compare(a: float | None, operator: str, b: float | None) -> Verdict:
    if a is None or b is None:
        return None
    same = equal(a, b)
    return {
        ">": a > b and not same,
        ">=": a > b or same,
        "<": a < b and not same,
        "<=": a < b or same,
        "==": same,
        "!=": not same,
    }[operator]


def at_least(count: int, found: Iterable[Verdict]) -> Verdict:
    verdicts = list(found)
    if verdicts.count(True) >= count:
        return True
    return False if verdicts.count(True) + verdicts.count(None) < count else None


def all_of(found: list[Verdict]) -> Verdict:
    return at_least(len(found), found)


@singledispatch
def _verdict(tree: Condition, look: Look) -> Verdict:
    raise TypeError(f"there is no opinion on {tree}")


@_verdict.register
def _(tree: Compare, look: Look) -> Verdict:
    return compare(number(tree.left, look), tree.operator, number(tree.right, look))


@_verdict.register
def _(tree: Is, look: Look) -> Verdict:
    value = number(tree.field, look)
    return None if value is None else value == STATES[tree.field.name][tree.state]


@_verdict.register
def _(tree: Within, look: Look) -> Verdict:
    value, target = number(tree.of, look), number(tree.target, look)
    if value is None or target is None:
        return None
    room = tree.amount.value / 100 * abs(target) if isinstance(tree.amount, Pct) else tree.amount.value
    return compare(abs(value - target), "<=", room)


@_verdict.register
def _(tree: Between, look: Look) -> Verdict:
    value = number(tree.of, look)
    return all_of([compare(value, ">=", number(tree.low, look)), compare(value, "<=", number(tree.high, look))])


@_verdict.register
def _(tree: And, look: Look) -> Verdict:
    return all_of([verdict(part, look) for part in tree.parts])


@_verdict.register
def _(tree: Or, look: Look) -> Verdict:
    return at_least(1, [verdict(part, look) for part in tree.parts])


@_verdict.register
def _(tree: Some | Confirmed, look: Look) -> Verdict:
    return at_least(tree.count, [verdict(part, look) for part in tree.parts])


@_verdict.register
def _(tree: Not, look: Look) -> Verdict:
    found = verdict(tree.of, look)
    return None if found is None else not found


@worth.register
def _(tree: Count, look: Look) -> float | None:
    """On how many of the rule's coins, or on how many percent of those where it is known."""
    found = [verdict(tree.of, look.at(coin)) for coin in look.coins]
    yes, no = found.count(True), found.count(False)
    if not yes + no:
        return None
    return 100 * yes / (yes + no) if tree.share else float(yes)


# ── momentary: YES on the tick of their reading alone ────────────────────────────────────────────────────────────


@_verdict.register
def _(tree: Cross | Every | Enters, look: Look) -> Verdict:
    """Compares what is with what was at the previous reading of the series it names; a revision takes the place of
    the reading that it revises."""
    now, past, named = _seen(tree, look), look.memory.past.setdefault(tree, []), look.named(tree)
    if named & look.came or tree in look.primed:
        past.append(now)
    elif named & look.revised:
        past[-1:] = [now]
    if not named & (look.came | look.revised):
        return None if now is None else False
    before = past[-2] if len(past) > 1 else None
    return None if now is None or before is None else _came_about(tree, before, now)


def _seen(tree: Cross | Every | Enters, look: Look) -> float | None:
    match tree:
        case Cross(left, _, right):
            a, b = number(left, look), number(right, look)
            if a is None or b is None:
                return None
            return 0.0 if equal(a, b) else 1.0 if a > b else -1.0
        case Every(of):
            return number(of, look)
        case Enters(range_):
            found = verdict(range_, look)
            return None if found is None else float(found)


def _came_about(tree: Cross | Every | Enters, before: float, now: float) -> bool:
    match tree:
        case Enters(leaves=leaves):
            return (before, now) == ((1.0, 0.0) if leaves else (0.0, 1.0))
        case Every(_, step):
            # The multiples nearest to either value are the ones that could lie between.
            near = {floor(value / step) + k for value in (before, now) for k in (-1, 0, 1, 2)}
            levels = [k * step for k in near]
            return any(_passed(before, now, level) or _passed(-before, -now, -level) for level in levels)
        case Cross(_, way):
            above, below = before <= 0 < now, now < 0 <= before
            touches = now == 0 != before
            ways = {"crosses above": above, "crosses below": below, "crosses": above or below}
            return above or below or touches if way == "reaches" else ways[way]


def _passed(before: float, now: float, level: float) -> bool:
    return compare(now, ">", level) is True and compare(before, "<=", level) is True


@_verdict.register
def _(tree: Flip, look: Look) -> Verdict:
    """A known value followed by a different known value, whatever lies between; a revision may flip."""
    now, named = number(tree.field, look), look.named(tree)
    if now is None:
        return None
    before = look.memory.known.get(tree)
    if tree in look.primed or named & (look.came | look.revised):
        look.memory.known[tree] = now
    if before is None or not named & (look.came | look.revised):
        return False
    states = STATES[tree.field.name]
    return (
        now != before
        and (tree.before is None or states[tree.before] == before)
        and (tree.after is None or states[tree.after] == now)
    )


# ── from a base ──────────────────────────────────────────────────────────────────────────────────────────────────


def _moved(way: str, value: float | None, amount: Num | Pct, low: float | None, high: float | None) -> Verdict:
    """Up from `low`, down from `high`, by percents of them or by units."""
    if isinstance(amount, Pct):
        scaled = 100 * value if value is not None else None
        up = compare(scaled, ">=", (100 + amount.value) * low if low is not None else None)
        down = compare(scaled, "<=", (100 - amount.value) * high if high is not None else None)
    else:
        up = compare(value, ">=", low + amount.value if low is not None else None)
        down = compare(value, "<=", high - amount.value if high is not None else None)
    return {"up": up, "down": down, "moves": at_least(1, [up, down])}[way]


@_verdict.register
def _(tree: Move, look: Look) -> Verdict:
    """Over what the window holds so far, the reading being judged among it."""
    series = look.fresh(tree.field)
    held = in_window(series.readings, tree.seconds, look.time) if series else []
    if not series or not held:
        return None
    low, high = min(bar.low for bar in held), max(bar.high for bar in held)
    return _moved(tree.way, series.readings[-1][1], tree.amount, low, high)


@_verdict.register
def _(tree: Since, look: Look) -> Verdict:
    value = number(tree.field, look)
    if isinstance(tree.base, LastAlert):
        if value is not None:
            look.memory.base.setdefault(tree, value)
        base = look.memory.base.get(tree)
    else:
        base = number(tree.base, look)
    return _moved(tree.way, value, tree.amount, base, base)


def rebase(tree: Since, look: Look) -> None:
    """An episode opened: what comes next counts from here."""
    value = number(tree.field, look)
    look.memory.base.pop(tree, None)
    if value is not None:
        look.memory.base[tree] = value


# ── over time ────────────────────────────────────────────────────────────────────────────────────────────────────


@_verdict.register
def _(tree: Holds, look: Look) -> Verdict:
    """From so long after the break on, as long as the left side has not come back over the level of then."""
    crossed = verdict(tree.of, look)
    left, right = number(tree.of.left, look), number(tree.of.right, look)
    held = look.memory.held
    back = "<=" if tree.of.way == "crosses above" else ">="
    if tree in held and left is not None and compare(left, back, held[tree][0]):
        del held[tree]
    if crossed and tree not in held and right is not None:
        held[tree] = (right, look.time)
    if left is None:
        return None
    return tree in held and look.time >= held[tree][1] + tree.seconds


@_verdict.register
def _(tree: Recently, look: Look) -> Verdict:
    """YES if C was YES at a tick in (t − W, t]; else UNKNOWN if C is UNKNOWN now; else NO."""
    found = verdict(tree.of, look)
    if found and look.judges:
        look.memory.yes[tree] = look.time
    last = look.memory.yes.get(tree)
    if last is not None and look.time < last + tree.seconds:
        return True
    return None if found is None else False
