"""Many things in one message that stays readable at a thousand of them: by rule, the biggest change first.

What happened while alertd was down comes newest first: what is cut then is the past, not how things stand."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import tzinfo
from math import isfinite

from alertd.dispatch.group import Entry
from alertd.dispatch.render import TONES, WHEN, because, fold, headline, stamp
from alertd.model.event import EventKind
from alertd.model.notification import Notification, Tone
from alertd.model.units import say_duration

LINES = 40
"""The most lines a digest has."""

_RULES = 12
_COINS = 8
_COUNTED = {
    EventKind.FIRED: "fired",
    EventKind.RESOLVED: "resolved",
    EventKind.REMINDED: "still firing",
    EventKind.ALREADY_TRUE: "already true",
    EventKind.NO_DATA: "without fresh data",
}


def compose(entries: Sequence[Entry], now: float, zone: tzinfo, note: str = "") -> Notification:
    """The message for one entry or many. `note` says why they were held back, "" where they were not."""
    if len(entries) == 1:
        alone = entries[0].notification
        return replace(alone, footer=f"{alone.footer} · {note}") if note else alone
    ranked = sorted(entries, key=_weight)
    if any(entry.event.late for entry in entries):
        ranked.sort(key=lambda entry: entry.event.time, reverse=True)
    lacking = all(entry.event.kind is EventKind.NO_DATA for entry in ranked)
    return Notification(
        title=_title(ranked),
        lines=tuple(_lacking(ranked) if lacking else _by_rule(ranked, now)),
        footer=" · ".join(part for part in (_read(ranked, zone), note) if part),
        tone=_tone(ranked),
    )


def _weight(entry: Entry) -> tuple[float, str]:
    change = entry.event.values.get("change")
    size = abs(change) if isinstance(change, float) and isfinite(change) else 0.0
    return (-size, entry.event.symbol)


def _title(entries: Sequence[Entry]) -> str:
    """`BTC, ETH, SOL and 9 more: price down 5% in 1h` for one condition, `12 fired: BTC, ETH, SOL and 9 more` for
    several, `23 alerts: 12 fired, 11 resolved` for several kinds; `No fresh price: BTC, ETH` where one is missing."""
    counts = Counter(entry.event.kind for entry in entries)
    late = "While alertd was not running: " if all(entry.event.late for entry in entries) else ""
    if len(counts) > 1:
        return f"{late}{len(entries)} alerts: {_counted(counts)}"
    reasons = {entry.event.reason for entry in entries}
    if counts.keys() == {EventKind.NO_DATA} and len(reasons) == 1:
        return f"{_missing(reasons.pop())}: {_named(_coins(entries), 3)}"
    named, whens = _named(_coins(entries), 3), {dict(entry.notification.facts).get(WHEN, "") for entry in entries}
    if counts.keys() == {EventKind.FIRED} and len(whens) == 1:
        return f"{late}{named}{because(entries[0].event, whens.pop())}"
    return f"{late}{_counted(counts)}: {named}"


def _counted(counts: Counter[EventKind]) -> str:
    return ", ".join(f"{counts[kind]} {word}" for kind, word in _COUNTED.items() if counts[kind])


def _by_rule(entries: Sequence[Entry], now: float) -> list[str]:
    rules: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        rules.setdefault((entry.event.owner, entry.event.rule), []).append(entry)
    shown = list(rules.values())[:_RULES]
    lines: list[str] = []
    for place, group in enumerate(shown):
        # Each rule may take an even part of the lines that are left; the last line is kept for the rules left out.
        share = (LINES - 1 - len(lines)) // (len(shown) - place)
        lines += _rule(group, share, now)
    left = [fold(group[0].event.rule) for group in list(rules.values())[_RULES:]]
    return [*lines, f"and {len(left)} more rules: {_named(left, _COINS)}"] if left else lines


def _rule(entries: Sequence[Entry], share: int, now: float) -> list[str]:
    """One rule's part of a digest in `share` lines at the most, three or more."""
    event = entries[0].event
    when = dict(entries[0].notification.facts).get(WHEN, "")
    lines = [f"{fold(event.rule)}: {when}" if when else fold(event.rule)]
    fits = len(entries) <= share - 1
    shown = len(entries) if fits else share - 2
    lines += [_line(entry, when, now) for entry in entries[:shown]]
    rest = _coins(entries[shown:])
    return lines if fits else [*lines, f"and {len(entries) - shown} more: {_named(rest, _COINS, counted=False)}"]


def _line(entry: Entry, when: str, now: float) -> str:
    """The entry's own title, without the condition that the line above it says, and with how long ago it was."""
    title = entry.notification.title
    title = headline(entry.event) if title == headline(entry.event) + because(entry.event, when) else title
    age = now - entry.event.time
    return f"• {title}, {say_duration(age)} ago" if age >= 1 else f"• {title}"


def _lacking(entries: Sequence[Entry]) -> list[str]:
    """`price: BTC, ETH and 9 more`, a line for each field that is missing."""
    fields: dict[str, list[Entry]] = {}
    for entry in entries:
        fields.setdefault(entry.event.reason, []).append(entry)
    ordered = sorted(fields.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [f"{_missing(name)}: {_named(_coins(of), 30)}" for name, of in ordered[:LINES]]


def _missing(field: str) -> str:
    return f"No fresh {fold(field.replace('_', ' '))}"


def _coins(entries: Iterable[Entry]) -> list[str]:
    return list(dict.fromkeys(fold(entry.event.symbol) for entry in entries))


def _named(names: Sequence[str], most: int, *, counted: bool = True) -> str:
    if len(names) <= most:
        return ", ".join(names)
    rest = f" and {len(names) - most} more" if counted else ", …"
    return ", ".join(names[:most]) + rest


def _tone(entries: Sequence[Entry]) -> Tone:
    tones = {TONES[entry.event.kind] for entry in entries}
    return next(iter(tones)) if len(tones) == 1 else Tone.ALARM if Tone.ALARM in tones else Tone.NOTE


def _read(entries: Sequence[Entry], zone: tzinfo) -> str:
    sources = sorted({fold(entry.event.source) for entry in entries} - {""})
    newest = max((entry.event.at for entry in entries if isfinite(entry.event.at)), default=0.0)
    return " · ".join(part for part in (", ".join(sources[:3]), newest and f"up to {stamp(newest, zone)}") if part)
