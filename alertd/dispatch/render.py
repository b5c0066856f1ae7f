"""Render: one event as a message that stands alone. The title is what a trader reads on a lock screen: the coin, where
it is, by how much, and why."""

import re
from datetime import datetime, tzinfo
from functools import lru_cache
from math import floor, isfinite
from urllib.parse import quote

from alertd.conditions.fields import MARKET
from alertd.dispatch.policy import Policy
from alertd.model.event import Entry, Event, EventKind, Value, Words
from alertd.model.notification import Link, Notification, Tone
from alertd.model.people import called
from alertd.model.units import say_duration, say_number

WHEN = "When"
"""The name of the fact that holds the rule's condition."""

TONES = {
    EventKind.FIRED: Tone.ALARM,
    EventKind.REMINDED: Tone.ALARM,
    EventKind.RESOLVED: Tone.CLEAR,
    EventKind.ALREADY_TRUE: Tone.NOTE,
    EventKind.NO_DATA: Tone.NOTE,
}

_EXPLAINED = frozenset({"level", "change", "base"})
_SITES = {"tradingview.com": "TradingView"}
_SLOT = re.compile(r"\{(\w+)\}")
_SHORT = 80


@lru_cache(4096)
def fold(text: str) -> str:
    """One line of printable characters: whatever else a name holds becomes a space."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())


def stamp(at: float, zone: tzinfo) -> str:
    """A moment as people read it: `2026-01-01 14:03:05 UTC`."""
    return _second(floor(at), zone)


@lru_cache(256)
def _second(at: int, zone: tzinfo) -> str:
    # The events of a tick have few seconds between them.
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M:%S %Z}"


def render(entry: Entry, policy: Policy) -> Notification:
    """The message for one event. `say` takes the title's place, except where an episode ends."""
    event, words = entry.event, entry.words
    when = fold(words.when)
    plain = headline(event) + because(event, when)
    title = said(entry, policy.zone) or plain
    lines = ["This happened while alertd was not running."] if event.late else []
    if event.kind is EventKind.NO_DATA:
        lines.append(f"{_rule(event)} cannot be judged for it until there is.")
    elif title is not plain:
        lines.insert(0, plain)
    if words.remark:
        lines.append(fold(words.remark))
    symbol = fold(event.symbol)
    # Candle files write a pair (BTCUSD) where the other sources write the coin, of which some end so too (TUSD).
    coin = symbol.removesuffix("USD") if len(symbol) > len("FDUSD") else symbol
    link = policy.chart.replace("{symbol}", quote(coin, safe="")) if event.symbol != MARKET else ""
    return Notification(
        title=title,
        lines=tuple(lines),
        facts=_facts(event, words, when, policy.zone),
        links=(Link(f"{symbol} {_site(policy.chart)}", link),) if link else (),
        footer=" · ".join(part for part in (fold(event.source), _read(event, policy.zone), _rule(event)) if part),
        tone=TONES[event.kind],
        thread=f"{event.owner}/{event.rule}/{event.symbol}/{event.episode}" if event.episode else "",
    )


@lru_cache(8)
def _site(link: str) -> str:
    """What a link leads to, beside the button with alertd's own chart: `on TradingView`."""
    host = link.partition("://")[2].partition("/")[0].removeprefix("www.")
    return f"on {_SITES.get(host, host)}" if host and "{" not in host else "chart"


def headline(event: Event) -> str:
    """What happened, without why: `BTC 71,204 (+5.2%)`, `BTC 67,900 resolved after 2h10m`."""
    if event.kind is EventKind.NO_DATA:
        since = f" for {say_duration(event.time - event.at)}" if _known(event.at) else " yet"
        return f"{fold(event.symbol)}: no fresh {_spoken(event.reason)}{since}"
    change = event.values.get("change")
    parts = [fold(event.symbol), _main(event)]
    if isinstance(change, float) and isfinite(change):
        parts.append(f"({percent(change)})")
    lasted = say_duration(event.time - event.opened)
    match event.kind:
        case EventKind.RESOLVED:
            parts.append(f"resolved after {lasted}")
        case EventKind.REMINDED:
            parts.append(f"still firing after {lasted}")
        case EventKind.ALREADY_TRUE:
            parts.append("already true")
    return " ".join(part for part in parts if part)


def because(event: Event, when: str) -> str:
    """The end of a title: the condition, where the event is about one."""
    if event.kind is EventKind.NO_DATA or not when:
        return ""
    return f": {when}" if len(when) <= _SHORT else f": {when[: _SHORT - 1].rstrip()}…"


def _facts(event: Event, words: Words, when: str, zone: tzinfo) -> tuple[tuple[str, str], ...]:
    facts = [(WHEN, when)] if when else []
    facts += [(_label(name), _text(value)) for name, value in event.values.items() if name not in _EXPLAINED]
    values = event.values
    # What the condition compares says nothing of an end that `until` brought about.
    explained = event.kind is not EventKind.RESOLVED or not words.until
    if explained and "level" in values:
        facts.append(("Level", _text(values["level"])))
    if explained and "change" in values:
        base = f" from {_text(values['base'])}" if "base" in values else ""
        facts.append(("Change", f"{percent(values['change'])}{base}"))
    if event.kind in (EventKind.RESOLVED, EventKind.REMINDED):
        facts.append(("Fired", stamp(event.opened, zone)))
        if words.until:
            facts.append(("Until", fold(words.until)))
    return tuple(facts)


def said(entry: Entry, zone: tzinfo) -> str:
    """The author's own words, "" where there are none or an episode ends; the names in braces are those of
    `rules.keys.SAY`, `?` where there is no value."""
    event, say = entry.event, entry.words.say
    if not say or event.kind in (EventKind.RESOLVED, EventKind.NO_DATA):
        return ""
    values = event.values
    words = {
        "symbol": event.symbol,
        "rule": event.rule,
        "event": event.kind.value.replace("_", " "),
        "episode": str(event.episode),
        "value": _main(event),
        "time": stamp(event.at, zone) if _known(event.at) else "?",
        "source": event.source,
        **{name: _text(values[name]) for name in ("price", "level", "base") if name in values},
    }
    if "change" in values:
        words["change"] = percent(values["change"])
    text = fold(_SLOT.sub(lambda slot: words.get(slot[1], "?"), say))
    return f"Still: {text}" if event.kind is EventKind.REMINDED else text


def _main(event: Event) -> str:
    """The value that a title shows: the price, else the first that the condition names, with its name."""
    if "price" in event.values:
        return _text(event.values["price"])
    for name, value in event.values.items():
        if name not in _EXPLAINED:
            return _text(value) if isinstance(value, str) else f"{_spoken(name)} {_text(value)}"
    return ""


def _read(event: Event, zone: tzinfo) -> str:
    """When the reading was made, and how old it was when it was judged."""
    if not _known(event.at):
        return ""
    return f"{stamp(event.at, zone)} ({say_duration(max(event.time - event.at, 0.0))} old)"


def _rule(event: Event) -> str:
    return fold(called(event.owner, event.rule))


def _known(at: float) -> bool:
    return isfinite(at) and at > 0


def percent(value: Value) -> str:
    """`+5.2%`: percent points with their sign, none behind the point from 100 on."""
    if isinstance(value, str) or not isfinite(value):
        return "?"
    if abs(value) >= 100:
        return f"{value:+,.0f}%"
    return f"{value:+.2f}".rstrip("0").rstrip(".") + "%"


def _text(value: Value) -> str:
    return _spoken(value) if isinstance(value, str) else say_number(value)


def _spoken(name: str) -> str:
    return fold(name.replace("_", " "))


def _label(name: str) -> str:
    """A value's name as the label of a fact: `Tm grade`, `ETH.price`."""
    text = _spoken(name)
    return text[:1].upper() + text[1:]
