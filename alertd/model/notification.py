"""What is sent: a message for people, free of any platform's markup."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

from alertd.model.event import Entry


class Tone(StrEnum):
    """How it should look: channels turn it into a colour or a sign."""

    ALARM = "alarm"
    CLEAR = "clear"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


class Button(NamedTuple):
    """Something to press: `data` is what the platform gives back, at most 64 ASCII characters (Telegram's limit, the
    least of all)."""

    label: str
    data: str


class Picture(NamedTuple):
    """What a chart of a message shows: a coin's prices up to `at` (epoch seconds) over `span` seconds, with a `level`
    where there is one. Times are written in `zone`, "" for the daemon's."""

    symbol: str
    at: float
    span: float
    level: float | None = None
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """A message as plain text in parts. A channel escapes every part for its platform and may cut `lines` at a line.

    `title` is one line that stands alone on a lock screen. `lines` come below it, most important first. `facts`
    are (name, value) pairs. `footer` tells source, age and rule. `thread` is equal for messages of one episode
    (email threads, chat replies), "" where there is none. `buttons` are for platforms whose bot listens, in rows of a
    few; `picture` is the chart that belongs to it.
    """

    title: str
    lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[Link, ...] = ()
    footer: str = ""
    tone: Tone = Tone.NOTE
    thread: str = ""
    buttons: tuple[Button, ...] = ()
    picture: Picture | None = None


class Destination(NamedTuple):
    """An address of a configured channel: a chat id, a mailbox, a channel name, …, as that platform writes it."""

    channel: str
    address: str


class Lane(IntEnum):
    """Who goes first: every waiting message of a lane before any of the next."""

    CRITICAL = 0
    NORMAL = 1
    ASIDE = 2
    """What a platform keeps failing on, though it takes others: tried when nothing else waits for the address."""


class Loudness(StrEnum):
    LOUD = "loud"
    """As loud as the platform can: a mail is marked as urgent."""
    USUAL = "usual"
    SILENT = "silent"
    """Without a sound, where the platform can."""


class Content(NamedTuple):
    """What a message tells; it is drawn when it is sent.

    `holding` are the entries that were true when the message was made, `past` those that came and went while they
    were held. `note` says why they were held, "" where they were not. `text` is what is said in place of entries: a
    word to the operator, a summary of the market.
    """

    holding: tuple[Entry, ...] = ()
    past: tuple[Entry, ...] = ()
    note: str = ""
    text: Notification | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one receiver is told in one go: the store keeps it, and couriers deliver it.

    `number` is its own in this store, for ever growing; its idempotency key is made of it. `holding` and `past` are
    the numbers of its entries, see `Content`. Each destination becomes a delivery of its own, in `lane`. `standby`
    ones are used only where none of `destinations` has it `patience` seconds after it was created. Times are epoch
    seconds; after `expires` it is stale: what is still waiting for one address then goes in one digest.
    """

    number: int
    receiver: str
    destinations: tuple[Destination, ...]
    created: float
    expires: float
    holding: tuple[int, ...] = ()
    past: tuple[int, ...] = ()
    note: str = ""
    text: Notification | None = None
    lane: Lane = Lane.NORMAL
    loudness: Loudness = Loudness.USUAL
    standby: tuple[Destination, ...] = ()
    patience: float = 0.0


class Queued(NamedTuple):
    """One message on its way to one address of one channel: a row of the outbox.

    `message` is the message's id. `due` is when it may next be tried, `attempts` how often it was. `uncertain` is true
    where an attempt had no answer, so that the platform may have it. `origin` is the platform's own name (`ref`) of the
    message that told the beginning of the same episode to the same address, "" where there is none. `members` are the
    stale ones that have been told in it since its first attempt; one that is to go `alone` has none. `began` is when it
    was made, or was last asked for again by an operator; `wanted` is true where that was after it became uncertain.
    """

    row: int
    message: str
    receiver: str
    channel: str
    address: str
    content: Content
    created: float
    due: float
    expires: float
    attempts: int = 0
    lane: Lane = Lane.NORMAL
    loudness: Loudness = Loudness.USUAL
    uncertain: bool = False
    origin: str = ""
    members: tuple["Queued", ...] = ()
    alone: bool = False
    began: float = 0.0
    wanted: bool = False


class Delivery(NamedTuple):
    """What a channel is asked to send: a queued message, drawn.

    `message` is its idempotency key, the same on every attempt. `origin` is the platform's own name of the message
    that this one follows, "" where it follows none: where `replaces`, that one is changed in place if the platform can,
    else this is an answer to it. `png` is the chart for channels that take it with the message, empty for none.
    """

    message: str
    receiver: str
    channel: str
    address: str
    notification: Notification
    created: float
    loudness: Loudness = Loudness.USUAL
    origin: str = ""
    replaces: bool = False
    png: bytes = b""


class Held(NamedTuple):
    """An entry that policy holds back from a receiver until `until` (infinity: until something happens): `reason` is
    `group`, `cap`, `quiet`, … and `group` what it waits with."""

    entry: Entry
    receiver: str
    reason: str
    until: float
    group: str = ""


class ItemFate(StrEnum):
    """What has become of an item."""

    HELD = "held"
    TOLD = "told"
    """It is in a message; the outbox says what became of that."""
    DROPPED = "dropped"


class ItemRow(NamedTuple):
    """What has become of one event on its way to one receiver ("": to anybody at all), the later row in the place of
    an earlier one.

    `reason` says why it is held, was held, or is dropped; `until` and `group` belong to what is held, `message` is the
    number of the one that tells it.
    """

    event: int
    receiver: str
    fate: ItemFate
    reason: str = ""
    until: float = 0.0
    group: str = ""
    message: int = 0


class Telling(NamedTuple):
    """An event told to a receiver beside what its item says, by this message: `repeated` or `escalated`, or in the
    place of one that is no longer there (`receiver_gone`; `message` is 0 where that one was to be told)."""

    event: int
    receiver: str
    message: int
    reason: str
