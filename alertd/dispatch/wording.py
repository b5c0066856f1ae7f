"""The record in words: what happened, and what became of it on its way to a receiver."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from math import isfinite

from alertd.dispatch.render import fold, headline, percent
from alertd.model.event import Event, EventKind
from alertd.model.notification import ItemFate
from alertd.model.people import full_name, is_persons
from alertd.model.reasons import say_reason
from alertd.model.record import Happening, Parcel, Retold, Share
from alertd.model.units import say_duration, say_number

_DAY = 86_400.0

_MOMENT = 0.5
"""Seconds: what took less is told to have taken 0s."""

_ENDED = ("changed", "removed", "expired")
"""Why an episode ended that did not clear."""


def episode_of(event: Event) -> str:
    """`btc-breakout/BTC/3`; without the number where there is no episode; `@7.3/BTC/1` of an alert of chat."""
    return fold(f"{full_name(event.owner, event.rule)}/{event.symbol}" + (f"/{event.episode}" if event.episode else ""))


def moment(at: float, zone: tzinfo) -> str:
    """`2026-01-01 14:03:05`."""
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M:%S}"


def time_beside(at: float, beside: float, zone: tzinfo) -> str:
    """A moment next to one that is told already: the time of day, with the date where it is a day away or more."""
    shown = datetime.fromtimestamp(at, zone)
    return f"{shown:%H:%M:%S}" if abs(at - beside) < _DAY else f"{shown:%Y-%m-%d %H:%M:%S}"


def happened(event: Event) -> str:
    """`fired: BTC 71,204 (+5.2%)`, `BTC 67,900 resolved after 2h10m`."""
    if event.kind is EventKind.FIRED:
        return f"fired: {headline(event)}"
    ended = event.kind is EventKind.RESOLVED and event.reason in _ENDED
    return headline(event) + (f" ({_why_ended(event)})" if ended else "")


def _why_ended(event: Event) -> str:
    """An alert of chat is no file's rule: its owner takes it away."""
    removed = event.reason == "removed" and is_persons(event.owner)
    return "it was deleted, paused or armed anew" if removed else say_reason(event.reason)


def seen(event: Event) -> list[str]:
    """What an event was judged by: its values, and where and when they were read."""
    lines = []
    values = dict(event.values)
    if "change" in values:
        base = f" from {_value(values.pop('base'))}" if "base" in values else ""
        values["change"] = percent(values["change"]) + base
    if values:
        lines.append("seen: " + ", ".join(f"{fold(name)} {_value(value)}" for name, value in values.items()))
    if isfinite(event.at) and event.source:
        lines.append(f"read from {event.source} {say_duration(max(event.time - event.at, 0.0))} before")
    if event.late:
        lines.append("this happened while alertd was not running")
    return lines


def of_a_moment(told: Happening) -> bool:
    """True for the end of what lasted for a moment only, of which nobody was told: its beginning says it all."""
    event = told.entry.event
    ended = event.kind is EventKind.RESOLVED and not event.reason
    nobody = not told.again and not any(share.receiver for share in told.shares)
    return ended and nobody and event.time - event.opened < _MOMENT


def _value(value: float | str) -> str:
    return fold(value) if isinstance(value, str) else say_number(value)


def became(share: Share, beside: float, zone: tzinfo) -> str:
    """`sent 14:03:05 (2nd attempt)`, `held by quiet hours until 07:00:00`, `dropped: silence 3`."""
    if share.fate is ItemFate.HELD:
        return held(share, beside, zone)
    if share.fate is ItemFate.DROPPED:
        return f"dropped: {say_reason(share.reason)}"
    ways = [way(parcel, beside, zone) for parcel in share.parcels]
    if len(ways) > 1:
        ways = [f"{parcel.channel} {said}" for parcel, said in zip(share.parcels, ways, strict=True)]
    said = ", ".join(ways) or f"told in message {share.message}"
    return f"{said}, after it was held by {say_reason(share.reason)}" if share.reason else said


def held(share: Share, beside: float, zone: tzinfo) -> str:
    """`held by quiet hours until 07:00:00`."""
    until = f" until {time_beside(share.until, beside, zone)}" if isfinite(share.until) else ""
    return f"held by {say_reason(share.reason)}{until}"


def way(parcel: Parcel, beside: float, zone: tzinfo) -> str:
    """What has become of a delivery, or what it waits for."""
    tries = f" ({parcel.attempts} attempt{'' if parcel.attempts == 1 else 's'})" if parcel.attempts else ""
    ended = time_beside(parcel.at if parcel.at is not None else parcel.created, beside, zone)
    match parcel.state:
        case "sent" if parcel.reason == "digest":
            told = f" {parcel.told_in}" if parcel.told_in else ""
            said = f"sent {ended} in one digest{told} with others that were late"
        case "sent":
            said = f"sent {ended}" + (f" ({ordinal(parcel.attempts)} attempt)" if parcel.attempts > 1 else "")
        case "buried":
            said = f"not delivered: {say_reason(parcel.reason)}{tries}"
        case "expired":
            said = f"not delivered: too old by {ended}{tries}"
        case "spared":
            one = "the address is one with another now" if parcel.reason == "moved" else "another address had it"
            said = f"not needed: {one}"
        case "sending":
            said = f"being sent, the {ordinal(parcel.attempts)} attempt"
        case "later":
            why = f": {say_reason(parcel.reason)}" if parcel.reason else ""
            said = f"tried again at {time_beside(parcel.due, beside, zone)}{why}{tries}"
        case "joined":
            said = f"waits in the digest {parcel.told_in}"
        case "queued":
            said = "waits behind another message"
        case "standby":
            said = f"stands by until {time_beside(parcel.due, beside, zone)}"
        case "next":
            said = f"waits to be sent{tries}"
        case _:
            said = parcel.state
    return said


def everybody(told: Happening, zone: tzinfo) -> str:
    """`desk: sent 14:03:05; me: held by quiet hours until 07:00:00`."""
    beside = told.entry.event.time
    shares = [whose(share, became(share, beside, zone)) for share in told.shares]
    return "; ".join([*shares, *(again(one, beside, zone) for one in told.again)])


def again(one: Retold, beside: float, zone: tzinfo) -> str:
    """`boss: told 14:10:00, as nobody had acknowledged it`."""
    at = time_beside(one.at, beside, zone)
    if not one.message:
        return f"{one.receiver}: was to be told {at}, and is no longer in the configuration"
    match one.reason:
        case "repeated":
            return f"{one.receiver}: told again {at}, as it still held"
        case "escalated":
            return f"{one.receiver}: told {at}, as nobody had acknowledged it"
        case _:
            return f"{one.receiver}: told {at} for one that is no longer in the configuration"


def whose(share: Share, said: str) -> str:
    """`desk: dropped: silence 3`; `dropped: its rule is a draft` where that is so for everybody."""
    return f"{share.receiver}: {said}" if share.receiver else said


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `4th`, `11th`."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def matchers(pairs: Iterable[tuple[str, str]]) -> str:
    """`severity=info, rule=~btc-.*`: as they are written on the command line."""
    return ", ".join(_matcher(label, text) for label, text in pairs)


def _matcher(label: str, text: str) -> str:
    sign = "!" if text.startswith("!") else ""
    body = text.removeprefix("!")
    sign += ("~" if sign else "=~") if body.startswith("~") else "="
    value = fold(body.removeprefix("~"))
    if not value or set(value) & set(" ,'\""):
        quote = "'" if '"' in value else '"'
        value = f"{quote}{value}{quote}"
    return f"{label}{sign}{value}"
