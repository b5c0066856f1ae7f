"""What stands behind the name of a command: the numbers of alerts, and durations."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from alertd.bot.catalogue import COMMANDS
from alertd.bot.language import coins as c
from alertd.bot.language import ends
from alertd.bot.language.mistake import Mistake, instead
from alertd.bot.language.pieces import Kind, cut, gathered
from alertd.conditions.tree import Span
from alertd.model.universe import Universe

_NUMBER = re.compile(r"#?(@\d{1,9}\.\d{1,9}|\d{1,9})", re.ASCII)
_NUMBERS = re.compile(
    r"(?:#?(?:@\d{1,9}\.)?\d{1,9})(?:(?:\s*(?:,|&|\band\b)\s*|\s+)#?(?:@\d{1,9}\.)?\d{1,9})*", re.ASCII
)
_SPAN = re.compile(r"#?(\d{1,6})\s*(?:-|–|to)\s*#?(\d{1,6})", re.ASCII)
_LEAD = re.compile(r"(?:(?:my|the|alerts?|numbers?|no\.?|of)\s+)+", re.IGNORECASE)
_EVERYTHING = frozenset(("all", "everything", "all alerts", "all my alerts", "all of them", "every alert", "*"))
_OFF = frozenset(("off", "end", "stop", "none", "over", "cancel"))
_MOST = 100
_HARMLESS = frozenset(("price", "chart", "signal", "history", "audit", "settings", "help", "mute"))
"""Commands whose examples may be tapped as they are: `delete 3` is somebody's alert."""
SHOWS = {
    **dict.fromkeys(("delete", "pause", "resume", "why", "edit", "snooze", "ack"), "alerts"),
    **dict.fromkeys(("ban", "role", "forget-user"), "users"),
    "watchlist": "watchlist",
    "link": "link",
}
"""What shows the numbers and names that a command takes."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is behind a command's name: the line, where it begins, and what coins and lists there are."""

    line: str
    start: int
    universe: Universe
    lists: c.Lists

    @property
    def rest(self) -> str:
        return self.line[self.start :].strip()

    @property
    def span(self) -> Span:
        """The place of the rest, or the one behind the name where there is none."""
        begun = self.start + len(self.line[self.start :]) - len(self.line[self.start :].lstrip())
        end = len(self.line.rstrip())
        return (begun, end) if end > begun else (end, end + 1)

    @property
    def words(self) -> list[str]:
        return self.rest.split()


@dataclass(frozen=True, slots=True)
class Given:
    words: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()


Reader = Callable[[str, Said], Given]


def usage(name: str, said: Said, why: str = "") -> Mistake:
    """That a command goes another way."""
    entry = COMMANDS[name]
    examples = entry.examples if name in _HARMLESS else (SHOWS[name],) if name in SHOWS else ()
    first = next(filter(None, map(numbers, said.words)), ())
    if first not in ((), ("all",)) and name in ("delete", "pause", "resume", "why"):
        examples = (f"{name} {first[0]}", *examples)
    whole = (0, len(said.line))
    message = why or (f"{name} takes something else" if said.rest else f"{name} needs something behind it")
    return Mistake(said.span, message, f"write {entry.usage}", fixes=instead(whole, *examples))


# ── numbers of alerts ────────────────────────────────────────────────────────────────────────────────────────────────


def numbers(text: str) -> tuple[str, ...]:
    """`3`, `#3`, `3,4`, `3 and 4`, `3-5`, `all`: each number once, () for what is none of these."""
    text = _LEAD.sub("", text, count=1) if text.lower() not in _EVERYTHING else text
    if text.lower() in _EVERYTHING:
        return ("all",)
    span = _SPAN.fullmatch(text)
    if span:
        low, high = int(span[1]), int(span[2])
        return tuple(str(number) for number in range(low, high + 1)) if 0 <= high - low < _MOST else ()
    if not _NUMBERS.fullmatch(text):
        return ()
    return tuple(dict.fromkeys(_plain(number[1]) for number in _NUMBER.finditer(text)))


def _plain(number: str) -> str:
    person, dot, own = number.rpartition(".")
    return f"{person}{dot}{int(own)}"


def one(name: str, said: Said) -> Given:
    found = numbers(said.rest)
    if len(found) != 1 or found == ("all",):
        several = [f"{name} {number}" for number in found[:4] if number != "all"]
        if several:
            raise Mistake(said.span, f"{name} takes one alert", fixes=instead((0, len(said.line)), *several))
        raise usage(name, said, "" if said.rest else f"{name} of which alert?")
    return Given(found)


def snooze(name: str, said: Said) -> Given:
    which, time = _held(said)
    found = numbers(which) or numbers(said.rest.partition(" ")[0])
    if time and found != numbers(which):
        raise usage(name, said)
    whole = (0, len(said.line))
    if found == ("all",) or (time and not which):
        raise Mistake(
            said.span,
            "snooze holds one alert back",
            "mute holds all of them back",
            fixes=instead(whole, f"mute {time or '8h'}"),
        )
    if not found:
        raise usage(name, said, "" if said.rest else "snooze which alert, and for how long?")
    if not time or len(found) > 1:
        times = (time,) if time else ("1h", "4h", "1d")
        fixes = instead(whole, *(f"snooze {number} {each}" for number in found[:4] for each in times))
        raise Mistake(
            said.span,
            "snooze takes one alert" if time else "for how long?",
            f"write {COMMANDS[name].usage}",
            fixes=fixes,
        )
    return Given((found[0], time))


def mute(name: str, said: Said) -> Given:
    which, time = _held(said)
    if time and which.lower() in ("", "all", "everything", "me", "it", "all alerts", "my alerts", "all my alerts"):
        return Given((time,))
    if time and (found := numbers(which)):
        fixes = instead((0, len(said.line)), *(f"snooze {number} {time}" for number in found[:3]), f"mute {time}")
        raise Mistake(said.span, "mute holds all alerts back", "snooze holds one back", fixes=fixes)
    if time:
        fixes = instead((0, len(said.line)), f"mute {time}", "alerts")
        raise Mistake(said.span, "mute holds all alerts back", f"write snooze NUMBER {time} for one", fixes=fixes)
    raise usage(name, said, "" if said.rest else "for how long?")


def unsnooze(name: str, said: Said) -> Given:
    """What is snoozed is told again: `snooze 3 off`, or `mute off` for all."""
    found = numbers(said.rest)
    if found == ("all",):
        raise Mistake(said.span, "snooze holds one alert back", fixes=instead((0, len(said.line)), "mute off"))
    if len(found) != 1:
        fixes = instead((0, len(said.line)), *(f"snooze {number} off" for number in found[:4]))
        raise Mistake(said.span, f"{name} which alert?", "write snooze NUMBER off", fixes=fixes)
    return Given((found[0], "off"))


def _held(said: Said) -> tuple[str, str]:
    """What is held back, and for how long: `1h`, `off`, `until friday`; "" where that is not said."""
    words = said.words
    if words and words[-1].lower() in _OFF:
        return " ".join(words[:-1]), "off"
    until = next((at for at, word in enumerate(words) if word.lower() in ends.UNTIL), None)
    if until is None:
        return _timed(said)
    ends.check_spoken(said.line, said.start)
    end = " ".join(words[until + 1 :])
    found = ends.moment(end, 0)
    if found is None or found[1] != len(end):
        return " ".join(words[:until]), ""
    return " ".join(words[:until]), f"until {found[0]}"


def _timed(said: Said) -> tuple[str, str]:
    """What is said without the duration at its end, or at its start, and that in its one spelling."""
    words = said.words
    for count in (4, 3, 2, 1):
        for these, others in ((words[-count:], words[:-count]), (words[:count], words[count:])):
            time = _time(" ".join(these)) if len(these) == count else ""
            if time:
                return " ".join(others[:-1] if others and others[-1].lower() in ("for", "in") else others), time
    return said.rest, ""


def _time(text: str) -> str:
    """A duration in its one spelling, "" for what is none."""
    try:
        pieces = gathered(cut(text, lambda _: False))
    except Mistake:
        return ""
    return pieces[0].text if len(pieces) == 1 and pieces[0].kind in (Kind.TIME, Kind.MINUTES) else ""
