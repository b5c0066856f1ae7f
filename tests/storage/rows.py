"""Rows to put into a store, with every field that a test does not care about filled in."""

import math
from collections.abc import Sequence

from alertd.model.alert import AlertRow, State
from alertd.model.event import Event, EventKind, Item
from alertd.model.notification import Destination, Held, Link, Message, Notification, Tone
from alertd.ports import Snapshot, Store
from tests.fakes import START


def alert(number: int, *, rule: str = "breakout", coin: str = "BTC", episode: int = 0, removed: str = "") -> AlertRow:
    return AlertRow(
        id=number,
        owner="",
        rule=rule,
        coin=coin,
        sentence="price > 70000",
        added=START,
        state=State.FIRING,
        open=1,
        since=math.nan,
        cleared=math.nan,
        opened=START + 0.125,
        episode=episode,
        fired=episode,
        reminders=0,
        outages=0,
        memory=b"\x00\x01",
        removed=removed,
    )


def event(episode: int = 1, *, time: float = START, kind: EventKind = EventKind.FIRED) -> Event:
    return Event(
        time=time,
        kind=kind,
        alert=1,
        rule="breakout",
        owner="",
        symbol="BTC",
        episode=episode,
        ordinal=1,
        at=time - 1.5,
        source="binance",
        values={"price": 70_000.5, "signal": "bullish", "change": math.inf},
    )


def item(episode: int = 1, receiver: str = "desk") -> Item:
    return Item(1, episode, EventKind.FIRED, 1, receiver)


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


def message(
    store: Store,
    number: int,
    *ways: str,
    items: Sequence[Item] | None = None,
    created: float = START,
) -> Message:
    """Each way is `channel:address`; the items are one of an episode of its own unless given."""
    return Message(
        id=f"{store.word}-{number}",
        receiver="desk",
        destinations=tuple(Destination(*way.split(":")) for way in ways),
        items=(item(number),) if items is None else tuple(items),
        notification=notification(f"message {number}"),
        created=created,
        expires=created + 3600,
    )


def held(row: int, *, until: float = START + 60) -> Held:
    return Held(
        row=row,
        receiver="desk",
        reason="cap",
        until=until,
        group="",
        item=item(row),
        event=event(row),
        notification=notification(),
    )


def comparable(snapshot: Snapshot) -> tuple[object, ...]:
    """A snapshot as a value that equals another one of the same content, NaN included."""
    return (
        [
            tuple(None if isinstance(value, float) and math.isnan(value) else value for value in row)
            for row in snapshot.alerts
        ],
        dict(snapshot.episodes),
        list(snapshot.series),
        dict(snapshot.pages),
        list(snapshot.held),
        list(snapshot.recent),
        (snapshot.last_alert, snapshot.last_message, snapshot.last_held),
    )
