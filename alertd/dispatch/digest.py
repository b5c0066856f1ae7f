"""Many things in one message that stays readable at a thousand of them: by rule, the biggest change first.

What happened while alertd was down comes newest first: what is cut then is the past, not how things stand."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import tzinfo
from math import isfinite

from alertd.dispatch.policy import Policy
from alertd.dispatch.render import TONES, because, fold, headline, render, said, stamp
from alertd.model.event import Entry, EventKind
from alertd.model.notification import Content, Notification, Tone
from alertd.model.people import called
from alertd.model.units import say_duration

LINES = 40
"""The most lines a digest has."""

_RULES = 12
_PAST = 12
_COINS = 8
_COUNTED = {
    EventKind.FIRED: "fired",
    EventKind.RESOLVED: "resolved",
    EventKind.REMINDED: "still firing",
    EventKind.ALREADY_TRUE: "already true",
    EventKind.NO_DATA: "without fresh data",
}


def compose(content: Content, now: float, policy: Policy) -> Notification:
    """The message for one entry or many, as things stood when it was made."""
    entries, zone = (*content.holding, *content.past), policy.zone
    if len(entries) == 1:
        alone = render(entries[0], policy)
        return replace(alone, footer=_joined(alone.footer, content.note)) if content.note else alone
    ranked, past = _ranked(content.holding), list(content.past)
    lacking = all(entry.event.kind is EventKind.NO_DATA for entry in entries)
    went = _went(past, now, zone)
    lines = _lacking(ranked) if lacking else [*_by_rule(ranked, now, zone, LINES - len(went)), *went]
    return Notification(
        title=_title(ranked or past, len({_episode(entry) for entry in past}) if ranked else 0),
        lines=tuple(lines),
        footer=_joined(_read(entries, zone), content.note),
        tone=_tone(ranked or past),
    )


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _ranked(entries: Iterable[Entry]) -> list[Entry]:
    ranked = sorted(entries, key=_weight)
    if any(entry.event.late for entry in ranked):
        ranked.sort(key=lambda entry: entry.event.time, reverse=True)
    return ranked


def _weight(entry: Entry) -> tuple[float, str]:
    change = entry.event.values.get("change")
    size = abs(change) if isinstance(change, float) and isfinite(change) else 0.0
    return (-size, entry.event.symbol)


def _title(entries: Sequence[Entry], past: int) -> str:
    """`BTC, ETH, SOL and 9 more: price down 5% in 1h` for one condition, `12 fired: BTC, ETH, SOL and 9 more` for
    several, `23 alerts: 12 fired, 11 resolved` for several kinds; `No fresh price for dips: BTC, ETH` where one is
    missing. What came and went is only counted."""
    more = f"; {past} came and went" if past else ""
    counts = Counter(entry.event.kind for entry in entries)
    late = "While alertd was not running: " if all(entry.event.late for entry in entries) else ""
    if len(counts) > 1:
        return f"{late}{len(entries)} alerts: {_counted(counts)}{more}"
    reasons = {entry.event.reason for entry in entries}
    if counts.keys() == {EventKind.NO_DATA} and len(reasons) == 1:
        rules = _rules(entries)
        of = f" for {rules[0]}" if len(rules) == 1 else ""
        return f"{_missing(reasons.pop())}{of}: {_named(_coins(entries), 3)}"
    named, whens = _named(_coins(entries), 3), {fold(entry.words.when) for entry in entries}
    if counts.keys() == {EventKind.FIRED} and len(whens) == 1:
        return f"{late}{named}{because(entries[0].event, whens.pop())}{more}"
    return f"{late}{_counted(counts)}: {named}{more}"


def _went(past: Sequence[Entry], now: float, zone: tzinfo) -> list[str]:
    """What came and went, a line for each episode, the latest first."""
    ends = {_episode(entry): entry.event for entry in past if entry.event.kind is EventKind.RESOLVED}
    begins = {_episode(entry) for entry in past if entry.event.kind is not EventKind.RESOLVED}
    told = [entry for entry in past if ends.get(own := _episode(entry)) is not entry.event or own not in begins]
    told.sort(key=lambda entry: entry.event.time, reverse=True)
    shown = told if len(told) <= _PAST else told[: _PAST - 1]
    lines = []
    for entry in shown:
        event, end = entry.event, ends.get(_episode(entry))
        lasted = f", over after {say_duration(end.time - event.time)}" if end and end is not event else ""
        lines.append(f"• {said(entry, zone) or headline(event)}, {say_duration(now - event.time)} ago{lasted}")
    if left := len(told) - len(shown):
        lines.append(f"and {left} more")
    return ["Came and went:", *lines] if lines else []


def _episode(entry: Entry) -> tuple[int, int]:
    return entry.event.alert, entry.event.episode


def _counted(counts: Counter[EventKind]) -> str:
    return ", ".join(f"{counts[kind]} {word}" for kind, word in _COUNTED.items() if counts[kind])


def _by_rule(entries: Sequence[Entry], now: float, zone: tzinfo, most: int) -> list[str]:
    """Rule by rule, in `most` lines."""
    rules: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        rules.setdefault((entry.event.owner, entry.event.rule), []).append(entry)
    fit = min(_RULES, max(1, (most - 1) // 3))  # three lines each, and one for those left out
    shown = list(rules.values())[:fit]
    lines: list[str] = []
    for place, group in enumerate(shown):
        # Each rule may take an even part of the lines that are left; the last line is kept for the rules left out.
        share = max(3, (most - 1 - len(lines)) // (len(shown) - place))
        lines += _rule(group, share, now, zone)
    left = [fold(called(group[0].event.owner, group[0].event.rule)) for group in list(rules.values())[fit:]]
    return [*lines, f"and {len(left)} more rules: {_named(left, _COINS)}"] if left else lines


def _rule(entries: Sequence[Entry], share: int, now: float, zone: tzinfo) -> list[str]:
    """One rule's part of a digest in `share` lines at the most, three or more."""
    event, when = entries[0].event, fold(entries[0].words.when)
    name = fold(called(event.owner, event.rule))
    lines = [f"{name}: {when}" if when else name]
    fits = len(entries) <= share - 1
    shown = len(entries) if fits else share - 2
    lines += [_line(entry, now, zone) for entry in entries[:shown]]
    rest = _coins(entries[shown:])
    return lines if fits else [*lines, f"and {len(entries) - shown} more: {_named(rest, _COINS, counted=False)}"]


def _line(entry: Entry, now: float, zone: tzinfo) -> str:
    """What happened without the condition, which the line above it says, and how long ago it was."""
    title, age = said(entry, zone) or headline(entry.event), now - entry.event.time
    return f"• {title}, {say_duration(age)} ago" if age >= 1 else f"• {title}"


def _lacking(entries: Sequence[Entry]) -> list[str]:
    """`No fresh price: BTC, ETH and 9 more`, a line for each field that is missing; and which rules want them."""
    fields: dict[str, list[Entry]] = {}
    for entry in entries:
        fields.setdefault(entry.event.reason, []).append(entry)
    ordered = sorted(fields.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    lines = [f"{_missing(name)}: {_named(_coins(of), 30)}" for name, of in ordered[: LINES - 1]]
    return [*lines, f"Until there is, this cannot be judged for them: {_named(_rules(entries), _RULES)}"]


def _rules(entries: Iterable[Entry]) -> list[str]:
    return list(dict.fromkeys(fold(called(entry.event.owner, entry.event.rule)) for entry in entries))


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
    return _joined(", ".join(sources[:3]), f"up to {stamp(newest, zone)}" if newest else "")
