"""Rows to put into a store, with every field that a test does not care about filled in."""

import math
from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from alertd.model.alert import ALERT, AlertBlock, RuleRow, State
from alertd.model.event import Entry, Event, EventKind, Words
from alertd.model.notification import (
    Destination,
    ItemFate,
    ItemRow,
    Lane,
    Link,
    Loudness,
    Message,
    Notification,
    Tone,
)
from alertd.rows import Snapshot
from tests.fakes import START


def alert(number: int, *, episode: int = 0, memory: Sequence[float] = ()) -> AlertBlock:
    """One alert, firing."""
    row = np.zeros(1, ALERT)
    row["id"], row["rule"], row["added"], row["mark"] = number, 7, START, math.nan
    row["opened"], row["episode"], row["state"] = START + 0.125, episode, State.FIRING
    return AlertBlock(row, np.array([memory], np.float64))


def rule(number: int, name: str = "breakout", *, constants: Sequence[float] = (70_000.0,)) -> RuleRow:
    """One rule of the files."""
    words = f"\0{name}\0price > 70k\0\0{name}".encode()
    return RuleRow(number, words, 0, 0, math.inf, np.array(constants).tobytes(), b"")


def event(episode: int = 1, *, time: float = START, kind: EventKind = EventKind.FIRED, alert: int = 1) -> Event:
    return Event(
        time=time,
        kind=kind,
        alert=alert,
        rule="breakout",
        owner="",
        symbol="BTC",
        episode=episode,
        ordinal=1,
        at=time - 1.5,
        source="binance",
        values={"price": 70_000.5, "signal": "bullish", "change": math.inf},
    )


def entry(number: int = 1, *, time: float = START, kind: EventKind = EventKind.FIRED, episode: int = 0) -> Entry:
    """An event of an episode of its own unless that is given."""
    words = Words("price > 70k", "price < 69k", "sell", (("severity", "critical"),))
    return Entry(number, event(episode or number, time=time, kind=kind), words)


def told(event: int, message: int, receiver: str = "desk") -> ItemRow:
    return ItemRow(event, receiver, ItemFate.TOLD, message=message)


def held(event: int, receiver: str = "desk", *, reason: str = "cap", until: float = START + 60) -> ItemRow:
    return ItemRow(event, receiver, ItemFate.HELD, reason, until, "group")


def notification(title: str = "BTC broke 70,000") -> Notification:
    return Notification(
        title=title,
        lines=("price > 70k", "now 70,000.5"),
        facts=(("price", "70,000.5"),),
        links=(Link("chart", "https://chart.example/BTC"),),
        footer="binance, 2 s ago · breakout",
        tone=Tone.ALARM,
        thread="1-1",
    )


def ways(*written: str) -> tuple[Destination, ...]:
    """Each is `channel:address`."""
    return tuple(Destination(*way.split(":")) for way in written)


def message(
    number: int,
    *written: str,
    created: float = START,
    lane: Lane = Lane.NORMAL,
    standby: Sequence[str] = (),
    holding: Sequence[int] = (),
) -> Message:
    return Message(
        number=number,
        receiver="desk",
        destinations=ways(*written),
        created=created,
        expires=created + 3600,
        holding=tuple(holding),
        note="held by quiet hours",
        text=notification(f"message {number}"),
        lane=lane,
        loudness=Loudness.LOUD,
        standby=ways(*standby),
        patience=60.0,
    )


def bodies(snapshot: Snapshot) -> list[bytes]:
    """The alerts of a snapshot, in the order of their ids."""
    found = [
        (int(row["id"]), body)
        for block in snapshot.saved.alerts
        for row, body in zip(block.rows, block.bodies(), strict=True)
    ]
    return [body for _, body in sorted(found)]


def comparable(snapshot: Snapshot) -> tuple[object, ...]:
    """A snapshot as a value that equals another one of the same content, NaN included."""
    saved = snapshot.saved
    return (
        bodies(snapshot),
        [list(getattr(saved.rules, each.name)) for each in fields(saved.rules)],
        (list(saved.coins), list(saved.shapes), list(saved.manners)),
        (saved.constants, dict(saved.panels), dict(saved.former), saved.last_alert),
        list(snapshot.series),
        dict(snapshot.pages),
        list(snapshot.held),
        list(snapshot.kept),
        list(snapshot.recent),
        (snapshot.last_message, snapshot.last_event),
    )
