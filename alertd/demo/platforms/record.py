"""What a loopback platform got, and what it is told to answer."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto


@dataclass(frozen=True, slots=True)
class Received:
    """One message that a platform took. `message` is alertd's message id where the platform carries it, else "".

    `text` is what a person reads there, after the platform undid its markup. `at` is epoch seconds. `ref` is the
    platform's own id of it (a mail's is its Message-ID), "" where it has none. An edit has the ref of the message that
    it changes, in `edits` too; `replies` is the ref of what it answers, the head of its thread. `buttons` are links
    (label, URL), `callbacks` those that a bot hears of (label, data); `picture` is a PNG that came with it. `sender`
    tells several credentials of one platform apart, as the platform's public name for each.
    """

    channel: str
    address: str
    message: str
    text: str
    at: float
    ref: str = ""
    edits: str = ""
    replies: str = ""
    silent: bool = False
    buttons: tuple[tuple[str, str], ...] = ()
    sender: str = ""
    callbacks: tuple[tuple[str, str], ...] = ()
    picture: bytes = b""

    @property
    def new(self) -> bool:
        """True for a message of its own, False for an edit of one."""
        return not self.edits


class Act(Enum):
    """What a platform does with a request."""

    ANSWER = auto()
    SILENCE = auto()
    """It takes the request and never answers."""
    DROP = auto()
    """It breaks the connection."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One scripted answer, instead of the platform's own: `body` is sent as it stands.

    To the mail server `status` is the reply code and `at` the command that gets it: AUTH, MAIL, RCPT or DATA. To the
    others `at` is the HTTP method that gets it, "" for any.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    act: Act = Act.ANSWER
    at: str = ""


@dataclass(slots=True)
class Record:
    """What all platforms of one demo or one test got, in the order they got it.

    `wrong` are the mistakes they found in what they got: a signature that does not match, a tag that does not close.
    `answers` are given by the next requests, one each, before a platform answers on its own again.
    `on_received` is called with each message taken, edits too. `refused` counts what was over a limit, by (platform,
    reason); `early` counts calls to a bucket while a Retry-After of it ran. A call that came within `flight` seconds
    (of `now`) after that answer was under way already, and does not count.
    """

    now: Callable[[], float] = time.time
    on_received: Callable[[Received], None] = lambda received: None
    received: list[Received] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    early: int = 0
    flight: float = 0.05
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, received: Received) -> None:
        """Note a message that a platform has taken."""
        self.received.append(received)
        self.on_received(received)
        self._arrived.set()

    def told_of(self, channel: str = "") -> list[Received]:
        """All messages, or those of a channel, without charts that were added to them later."""
        return [one for one in told(self.received) if channel in ("", one.channel)]

    async def told(self, count: int) -> None:
        """Wait until there are so many of them."""
        while len(self.told_of()) < count:
            await self.arrived(len(self.received) + 1)

    async def arrived(self, count: int) -> None:
        """Wait until so many messages (edits count) have been taken in all."""
        while len(self.received) < count:
            self._arrived.clear()
            await self._arrived.wait()


class Standing:
    """What stands in each message, as one after the other is taken."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str, str], str] = {}

    def illustrated(self, by: Received) -> bool:
        """Take it in; True for a chart alone that was added to a message: a file in its thread, or an edit that says
        nothing new."""
        place = by.channel, by.address, by.edits or by.ref
        if by.channel == "slack" and by.picture:
            return bool(by.edits)
        before, self._texts[place] = self._texts.get(place), by.text
        return bool(by.edits and by.picture) and before == by.text


def told(received: Iterable[Received]) -> Iterator[Received]:
    """Without charts that were added to messages later."""
    standing = Standing()
    return (one for one in received if not standing.illustrated(one))
