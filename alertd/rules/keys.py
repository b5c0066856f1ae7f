"""The values of a rule's keys: text → meaning. Every reader raises `Wrong` with what was expected."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, time
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from alertd.conditions.mistakes import duration_hint
from alertd.errors import did_you_mean
from alertd.model.event import EventKind
from alertd.model.units import duration
from alertd.rules.document import Plain
from alertd.rules.hours import DAYS
from alertd.rules.rule import Active, AlreadyTrue, Checks, Moment
from alertd.rules.wrong import Parts, Wrong

T = TypeVar("T")

SAY = ("symbol", "rule", "event", "episode", "price", "value", "level", "change", "base", "time", "source")
"""The names that a rule's `say` may use in braces."""

_TELL = {kind.value: kind for kind in (EventKind.FIRED, EventKind.RESOLVED, EventKind.REMINDED)}
_TIMES = re.compile(r"([1-9]\d{0,5}) times?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?")
_HOURS = re.compile(r"(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)")
_CLOCK = re.compile(r"(\d\d?):(\d\d)")
_SLOT = re.compile(r"\{([^{}]*)\}")


def text(value: Plain) -> str:
    if not isinstance(value, str):
        raise Wrong("expected text")
    if not value.strip():
        raise Wrong("there is nothing here", "write a value, or leave the key out")
    if "\0" in value:
        raise Wrong("a zero byte is no text")
    return value.strip()


def sentence(value: Plain) -> str:
    """A condition in words."""
    if isinstance(value, list):
        joined = " and ".join(item for item in value if isinstance(item, str) and item)
        raise Wrong("a condition is one sentence, not a list", f"join its parts: {joined}" if joined else "")
    return text(value)


def name(value: Plain) -> str:
    found = text(value)
    if len(found) > 100 or not found.isprintable():
        raise Wrong("a name is one line of 100 characters at most")
    return found


def names(value: Plain) -> tuple[str, ...]:
    """One name, or a list of them; each once."""
    if isinstance(value, str):
        return (text(value),)
    if not isinstance(value, list):
        raise Wrong("expected a name or a list of names")
    return tuple(dict.fromkeys(each(value, text)))


def each(value: Plain, reader: Callable[[Plain], T]) -> list[T]:
    """One value or a list of them, each read."""
    if not isinstance(value, list):
        return [reader(value)]
    parts = Parts()
    found = [parts.read((index,), partial(reader, item), None) for index, item in enumerate(value)]
    parts.done()
    return [item for item in found if item is not None]


def seconds(value: Plain) -> float:
    words = text(value)
    try:
        return duration(words)
    except ValueError as error:
        raise Wrong(str(error), duration_hint(words)) from None


def some_seconds(value: Plain) -> float:
    found = seconds(value)
    if not found:
        raise Wrong("expected a duration longer than 0")
    return found


def cooldown(value: Plain) -> tuple[float, float | None]:
    """`15m`, or `15m to 4h` for one that doubles while the alert keeps firing, up to four hours: seconds, the most."""
    first, to, most = text(value).partition(" to ")
    if not to:
        return seconds(first), None
    found = some_seconds(first), some_seconds(most)
    if found[0] >= found[1]:
        raise Wrong("a cooldown grows from the shorter to the longer", "write one such as 15m to 4h")
    return found


def flag(value: Plain) -> bool:
    return choice(value, {"true": True, "false": False})


def choice(value: Plain, known: dict[str, T]) -> T:
    word = text(value)
    if word not in known:
        raise Wrong(f"expected {_either(list(known))}, not {word!r}", did_you_mean(word, known))
    return known[word]


def version(value: Plain) -> str:
    if value != "1":
        raise Wrong(f"this alertd reads version 1, not {value!r}")
    return "1"


def fire(value: Plain) -> int | None:
    """How many episodes an alert may have, None for no end."""
    words = text(value)
    if words in ("once", "every time"):
        return 1 if words == "once" else None
    found = _TIMES.fullmatch(words)
    if not found:
        raise Wrong(f"expected once, every time, or a number of times such as 3 times, not {words!r}")
    return int(found[1])


def already_true(value: Plain) -> AlreadyTrue:
    return choice(value, {kind.value: kind for kind in AlreadyTrue})


def no_data(value: Plain) -> float | None:
    """Seconds that a field may be stale, 0 for the source's own measure, None to never tell."""
    words = text(value)
    if words in ("tell", "ignore"):
        return 0.0 if words == "tell" else None
    if words.startswith("tell after "):
        return some_seconds(words.removeprefix("tell after "))
    raise Wrong(f"expected tell, tell after 15m, or ignore, not {words!r}")


VALUES = {
    **dict.fromkeys(("once", "times", "time"), "fire"),
    **dict.fromkeys(_TELL, "tell"),
    **dict.fromkeys(("tell", *(kind.value for kind in AlreadyTrue)), "already_true"),
}
"""Words that are values of a key, and of which."""


def tell(value: Plain) -> frozenset[EventKind]:
    """The events that are sent. Reminders are always among them: `remind` is what asks for them."""
    if not isinstance(value, str | list):
        raise Wrong("expected a name or a list of names")
    return frozenset((EventKind.REMINDED, *each(value, lambda word: choice(word, _TELL))))


def labels(value: Plain) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Wrong("expected keys and values, such as {severity: critical}")
    parts = Parts()
    for key, item in value.items():
        if not isinstance(item, str):
            parts.blame("expected text", path=(key,))
    parts.done()
    return {key: item for key, item in value.items() if isinstance(item, str)}


def say(value: Plain) -> str:
    words = text(value)
    parts = Parts()
    for slot in dict.fromkeys(_SLOT.findall(words)):
        if slot not in SAY:
            parts.blame(f"there is no {{{slot}}}", did_you_mean(slot, SAY) or f"known here: {', '.join(SAY)}")
    if "{" in (rest := _SLOT.sub("", words)) or "}" in rest:
        parts.blame("a brace without its other half", "names stand in braces: {symbol}")
    parts.done()
    return words


def note(value: Plain) -> str:
    """A line that is told as it is."""
    words = " ".join(text(value).split())
    if len(words) > 200 or not words.isprintable():
        raise Wrong("a note is one line of 200 characters at most")
    return words


def zone(value: Plain) -> ZoneInfo:
    words = text(value)
    try:
        return ZoneInfo(words)
    except (KeyError, ValueError, OSError):
        # zoneinfo's KeyError is an unknown name; the others are names that are no path of its database.
        raise Wrong(f"there is no time zone {words!r}", "write one such as Europe/Madrid or UTC") from None


def expires(value: Plain, local: ZoneInfo) -> float:
    """Epoch seconds of a date's beginning, or of a date and time, in `local` unless it says its own offset."""
    words = text(value)
    try:
        if not _DATE.fullmatch(words):
            raise ValueError
        moment = datetime.fromisoformat(words)
    except ValueError:
        raise Wrong(f"expected a date such as 2027-01-31, or 2027-01-31 18:00, not {words!r}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=local)).timestamp()


def active(value: Plain, local: ZoneInfo) -> Active:
    if not isinstance(value, dict):
        raise Wrong('expected {days: mon-fri, hours: "08:00-22:00"}')
    parts = Parts()
    known = ("days", "hours", "zone")
    for key in value:
        if key not in known:
            parts.blame(f"there is no key {key!r}", did_you_mean(key, known) or "known here: days, hours, zone", (key,))
    days = parts.read(("days",), lambda: weekdays(value.get("days", "mon-sun")), frozenset[int]())
    hours = parts.read(("hours",), lambda: clock_hours(text(value.get("hours", "00:00-24:00"))), (time(), time()))
    there = parts.read(("zone",), lambda: zone(value["zone"]) if "zone" in value else local, local)
    parts.done()
    return Active(days, *hours, there)


def at(value: Plain, local: ZoneInfo) -> Checks:
    """`16:00`, `fri 16:00`, `mon-fri 09:30`, or a list of them."""
    moments = dict.fromkeys(each(value, lambda item: moment(text(item))))
    if not moments:
        raise Wrong("there is no moment here", "write one such as fri 16:00")
    return Checks(tuple(moments), local)


def moment(words: str) -> Moment:
    """`16:00`, `fri 16:00`, `mon-fri 09:30`."""
    days, _, clock = words.rpartition(" ")
    found = _CLOCK.fullmatch(clock)
    try:
        if not found:
            raise ValueError
        return Moment(weekdays(days or "mon-sun"), time(int(found[1]), int(found[2])))
    except ValueError:
        raise Wrong(f"expected a moment such as 16:00, fri 16:00 or mon-fri 09:30, not {words!r}") from None


def weekdays(value: Plain) -> frozenset[int]:
    """`mon-fri`, `sat, sun`, or a list of such; Monday is 0."""
    return frozenset[int]().union(*each(value, _weekdays))


def _weekdays(value: Plain) -> set[int]:
    found: set[int] = set()
    for piece in text(value).lower().split(","):
        first, dash, last = (word.strip()[:3] for word in piece.partition("-"))
        ends = [first, last] if dash else [first]
        if any(day not in DAYS for day in ends):
            raise Wrong(f"expected days such as mon-fri or sat, sun, not {piece.strip()!r}")
        begin, length = DAYS.index(first), (DAYS.index(ends[-1]) - DAYS.index(first)) % 7
        found.update((begin + ahead) % 7 for ahead in range(length + 1))
    return found


def clock_hours(words: str) -> tuple[time, time]:
    """`08:00-22:00`, `22:00-07:00`, `08:00-24:00`."""
    parts = _HOURS.fullmatch(words)
    try:
        if not parts:
            raise ValueError
        begin, begin_minute, end, end_minute = (int(part) for part in parts.groups())
        # Midnight at the end of a day is the start of the next.
        closing = time(0) if (end, end_minute) == (24, 0) else time(end, end_minute)
        return time(begin, begin_minute), closing
    except ValueError:
        raise Wrong(f'expected hours such as "08:00-22:00", not {words!r}') from None


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
