"""What is sent: a message for people, free of any platform's markup."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from alertd.model.event import Event, Item


class Tone(StrEnum):
    """How it should look: channels turn it into a colour or a sign."""

    ALARM = "alarm"
    CLEAR = "clear"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Notification:
    """A message as plain text in parts. A channel escapes every part for its platform and may cut `lines` at a line.

    `title` is one line that stands alone on a lock screen. `lines` come below it, most important first. `facts`
    are (name, value) pairs. `footer` tells source, age and rule. `thread` is equal for messages of one episode
    (email threads, chat replies), "" where there is none.
    """

    title: str
    lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[Link, ...] = ()
    footer: str = ""
    tone: Tone = Tone.NOTE
    thread: str = ""


class Destination(NamedTuple):
    """An address of a configured channel: a chat id, a mailbox, a channel name, …, as that platform writes it."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A notification to one receiver: what the store keeps and a courier delivers.

    `id` is its idempotency key on every platform. `items` are the things it tells (none for a word to the operator).
    Each destination becomes a delivery of its own. Times are epoch seconds; after `expires` it is no longer worth
    sending.
    """

    id: str
    receiver: str
    destinations: tuple[Destination, ...]
    items: tuple[Item, ...]
    notification: Notification
    created: float
    expires: float


class Delivery(NamedTuple):
    """One message on its way to one address of one channel: a row of the outbox.

    `message` is the message's id. `due` is when it may next be tried, `attempts` how often it was.
    """

    row: int
    message: str
    receiver: str
    channel: str
    address: str
    notification: Notification
    created: float
    due: float
    expires: float
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One item that policy holds back until `until`: `reason` is `group`, `cap`, … and `group` whom it waits with.

    `notification` is the item's own rendering, so that releasing it needs no rule.
    """

    row: int
    receiver: str
    reason: str
    until: float
    group: str
    item: Item
    event: Event
    notification: Notification
