"""How an alert is told to whoever owns it: what it waits for, how it goes about it, and how far it is."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from math import inf, isfinite
from zoneinfo import ZoneInfo

from alertd.bot.do import entries
from alertd.bot.do.moments import end
from alertd.bot.office import Office
from alertd.conditions import tree as t
from alertd.conditions.codes import UNKNOWN, YES
from alertd.conditions.fields import Unit, spec_of
from alertd.dispatch.render import fold, percent
from alertd.model.event import Value
from alertd.model.people import Person
from alertd.model.units import say_duration, say_number
from alertd.rules.peek import MOVED, Peek

_EXPLAINED = ("level", "change", "base")
_RATIOS = (Unit.MONEY, Unit.NUMBER)
_CAPITALS = {name: name.upper() for name in ("rsi", "sma", "ema", "atr")}
_SMALLEST = 0.005
"""Percent: what is less would be told as 0.00%."""
_MOST = 5
"""Coins of one alert that are told of by themselves."""


def zone_of(office: Office, person: Person) -> tzinfo:
    """The zone in which times are told to somebody."""
    return ZoneInfo(person.zone or office.universe().zone)


def capital(text: str) -> str:
    """With a capital letter at its beginning, and the rest as it is."""
    return f"{text[:1].upper()}{text[1:]}"


def name(number: int | str) -> str:
    return f"#{number}"


def names(numbers: Sequence[int]) -> str:
    """`#3`, `#3 and #4`, `#3, #4 and #5`."""
    words = [name(number) for number in numbers]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def sentence(written: entries.Written) -> str:
    """`BTC, ETH: price > 70000`."""
    coins = entries.coins(written)
    some = ", ".join(coins[:_MOST]) + (f" and {len(coins) - _MOST} more" if len(coins) > _MOST else "")
    return fold(f"{some}: {entries.text(written, 'when')}")


def conduct(written: entries.Written, expires: float | None, zone: tzinfo, told_by: Sequence[str]) -> str:
    """How often it tells, for how long and whom (see `reach.told_by`): `Once, when it has held for 5m, by email.`"""
    # What does not say it goes by a rule file's meaning.
    fire = entries.text(written, "fire") or "every time"
    parts = ["Every time" if fire == "every time" else capital(fire)]
    if "for" in written:
        parts.append(f"when it has held for {entries.text(written, 'for')}")
    if "remind" in written:
        parts.append(f"again every {entries.text(written, 'remind')} while it lasts")
    if "until" in written:
        parts.append(f"over when {entries.text(written, 'until')}")
    if expires is not None:
        parts.append(f"until {end(expires, zone)}")
    return ", ".join([*parts, *told_by]) + "."


def main(values: Mapping[str, Value]) -> tuple[str, Value] | None:
    """What a condition is about: its price, else the first of its values."""
    if "price" in values:
        return "price", values["price"]
    return next(((name, value) for name, value in values.items() if name not in _EXPLAINED), None)


def value(seen: Peek) -> str:
    """`65,000`, `tm grade 71`, `bearish`; "" where nothing is known."""
    found = main(seen.values)
    if found is None:
        return ""
    label, it = found
    said = it.replace("_", " ") if isinstance(it, str) else say_number(it)
    return said if label == "price" else f"{label.replace('_', ' ')} {said}"


def distance(seen: Peek) -> str:
    """`7.1% below 70,000`, `rsi 41, 11 above 30`, `+1.2% so far`; "" where there is no such thing."""
    change, level = seen.values.get("change"), seen.values.get("level")
    if seen.measured is not None and seen.measured[0] == MOVED:
        moved = seen.measured[1]
        return f"{'+' if moved > 0 else ''}{say_number(moved)} so far" if isfinite(moved) else ""
    if isinstance(change, float) and isfinite(change):
        return f"{percent(change)} so far"
    measured = seen.measured or _measured(seen.values)
    if measured is None or not isinstance(level, float) or not isfinite(level) or measured[1] == level:
        return ""
    label, it = measured
    if not isfinite(it):
        return ""
    spec = spec_of(label)
    way = f"{'above' if it > level else 'below'} {say_number(level)}"
    if spec is None:
        return f"{label} {say_number(it)}, {say_number(abs(it - level))} {way}"
    if spec.unit not in _RATIOS or level <= 0:
        return f"{say_number(abs(it - level))} {way}"
    away = abs(it / level - 1.0) * 100.0
    if away < _SMALLEST:
        return f"{say_number(abs(it - level))} {way}"
    return f"{away:.{1 if away >= 1 else 2}f}% {way}"


def _missing(seen: Peek) -> str:
    """That what is compared is reckoned from a history that is not there yet, "" where it is."""
    if seen.measured is not None and seen.measured[0] == MOVED:
        return ""
    if seen.measured is None or isfinite(seen.measured[1]) or spec_of(seen.measured[0]) is not None:
        return ""
    name = seen.measured[0]
    return f"its {_CAPITALS.get(name, name)} is not known yet, with too little history so far"


def _measured(values: Mapping[str, Value]) -> tuple[str, float] | None:
    """What is compared with the level: a function of a field, else the field where there is just one."""
    numbers = [(name.rpartition(".")[2], it) for name, it in values.items() if isinstance(it, float)]
    numbers = [(name, it) for name, it in numbers if name not in _EXPLAINED]
    reckoned = [each for each in numbers if spec_of(each[0]) is None]
    return reckoned[0] if reckoned else numbers[0] if len(numbers) == 1 else None


def how_far(when: t.Condition, seen: Sequence[Peek]) -> str:
    """The nearest of an alert's coins: `ETH 3.1% below 4,000`, `rsi not known yet`; "?" where nothing is known."""
    nearest = min(seen, key=lambda each: _farness(when, each))
    missing = _missing(nearest)
    said = "too little history yet" if missing else distance(nearest) or value(nearest) or "?"
    return f"{fold(nearest.symbol)} {said}" if len(seen) > 1 else said


def _farness(when: t.Condition, seen: Peek) -> float:
    """Less where a coin is nearer to what is waited for, endless where nobody knows."""
    change, level = seen.values.get("change"), seen.values.get("level")
    if isinstance(change, float) and isfinite(change):
        direction = when.direction if isinstance(when, t.Move | t.Since) else ""
        falls = direction == "down" or (isinstance(when, t.Compare) and "<" in when.operator)
        return change if falls else -abs(change) if direction == "moves" else -change
    measured = seen.measured or _measured(seen.values)
    if measured is None or not isinstance(level, float) or not isfinite(measured[1] - level):
        return inf
    return abs(measured[1] - level) / (abs(level) or 1.0)


def now_of(seen: Peek, now: float) -> str:
    """One coin of an alert: `BTC is at 65,000, 7.1% below 70,000 (binance, 3s ago)`."""
    symbol = fold(seen.symbol)
    if not (at := value(seen)):
        of = seen.measured[0].replace("_", " ") if seen.measured else ""
        what = f"{symbol}'s {of}" if of not in ("", "price", MOVED) else symbol
        return f"Nothing is known of {what} yet: it is judged as soon as there is."
    missing = _missing(seen)
    said = ", ".join(part for part in (f"{symbol} is at {at}", missing or distance(seen)) if part)
    if seen.verdict == UNKNOWN and not missing:
        said += ", with too little history yet to judge it"
    return f"{said}{read(seen.source, seen.at, now)}."


def read(source: str, at: float, now: float) -> str:
    """` (binance, 3s ago)`, "" where it is not known."""
    return f" ({fold(source)}, {say_duration(max(now - at, 0.0))} ago)" if source and isfinite(at) else ""


def now_lines(seen: Sequence[Peek], now: float) -> list[str]:
    """How it stands, coin by coin."""
    lines = [now_of(each, now) for each in seen[:_MOST]]
    if len(seen) > _MOST:
        lines.append(f"… and {len(seen) - _MOST} more coins.")
    return lines


def already(seen: Sequence[Peek]) -> str:
    """That it is true already, and what that means; "" where it is not."""
    true = [fold(each.symbol) for each in seen if each.verdict == YES]
    if not true:
        return ""
    of = f" for {', '.join(true[:_MOST])}" if len(seen) > 1 else ""
    return f"That is true already{of}: you are told when it becomes true again, after it was not."
