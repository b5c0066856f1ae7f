"""Values as bytes: MessagePack, which keeps NaN and infinity where JSON would turn them into null.

What is kept by itself is stored by the names of its fields. Bodies of events and deliveries, of which there are many,
are stored by place. In both a field with a default may be added without a migration, in the latter at the end.
"""

import msgspec

from alertd.model.event import Entry, Event, EventKind, Value, Words
from alertd.model.kept import (
    Acknowledged,
    Escalation,
    Grouped,
    Kept,
    Mute,
    Noticed,
    Postponed,
    Raised,
    Silence,
    Snoozed,
    Storm,
    Streak,
)
from alertd.model.notification import Message, Notification


class EventBody(msgspec.Struct, array_like=True, gc=False):
    """What the columns of an event leave out, and its words."""

    at: float
    source: str
    opened: float
    values: dict[str, Value]
    reason: str
    late: bool
    when: str
    until: str
    say: str
    labels: tuple[tuple[str, str], ...]
    remark: str = ""


class Body(msgspec.Struct, array_like=True, gc=False):
    """What a message tells: the numbers of its entries, see `notification.Content`."""

    holding: tuple[int, ...]
    past: tuple[int, ...]
    note: str
    text: Notification | None


EventRow = tuple[int, float, int, str, int, int, str, str, str, bytes]
"""The columns of the table `event`, in their order."""


_ERASED = Notification("Erased")
"""In the place of what was written to somebody who has been forgotten."""


def _plain(value: object) -> object:
    # numpy's float64 is a float to the type checker, and to whoever put it into an event.
    if isinstance(value, float):
        return float(value)
    raise TypeError(f"cannot store a {type(value).__name__}")


encode = msgspec.msgpack.Encoder(enc_hook=_plain).encode
decode_body = msgspec.msgpack.Decoder(Body).decode
decode_buckets = msgspec.msgpack.Decoder(list[str]).decode
_decode_event = msgspec.msgpack.Decoder(EventBody).decode
_KEPT: tuple[type[Kept], ...] = (
    Silence,
    Mute,
    Snoozed,
    Postponed,
    Storm,
    Grouped,
    Streak,
    Escalation,
    Raised,
    Acknowledged,
    Noticed,
)
_DECODE_KEPT = {kind.__name__.lower(): msgspec.msgpack.Decoder(kind).decode for kind in _KEPT}
_KINDS = {kind.value: kind for kind in EventKind}


def encode_message(message: Message) -> bytes:
    return encode((message.holding, message.past, message.note, message.text))


def wordless(body: bytes) -> bytes:
    """What a delivery tells without what is written in it itself: the numbers of its entries."""
    told = decode_body(body)
    return encode((told.holding, told.past, told.note, None if told.text is None else _ERASED))


def row_of(entry: Entry) -> EventRow:
    number, event, words = entry
    rest = (event.at, event.source, event.opened, event.values, event.reason, event.late, *words)
    return (
        number,
        event.time,
        event.alert,
        event.kind.value,
        event.episode,
        event.ordinal,
        event.owner,
        event.rule,
        event.symbol,
        encode(rest),
    )


def entry_of(row: EventRow) -> Entry:
    """The way back."""
    number, time, alert, kind, episode, ordinal, owner, rule, symbol, body = row
    rest = _decode_event(body)
    event = Event(
        time=time,
        kind=_KINDS[kind],
        alert=alert,
        rule=rule,
        owner=owner,
        symbol=symbol,
        episode=episode,
        ordinal=ordinal,
        at=rest.at,
        source=rest.source,
        opened=rest.opened,
        values=rest.values,
        reason=rest.reason,
        late=rest.late,
    )
    return Entry(number, event, Words(rest.when, rest.until, rest.say, rest.labels, rest.remark))


def decode_kept(kind: str, body: bytes) -> Kept:
    return _DECODE_KEPT[kind](body)
