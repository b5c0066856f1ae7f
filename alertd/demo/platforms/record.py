"""What a loopback platform got, and what it is told to answer."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto


@dataclass(frozen=True, slots=True)
class Received:
    """One message that a platform took. `message` is alertd's message id where the platform carries it, else "".

    `text` is what a person reads there, after the platform undid its markup. `at` is epoch seconds.
    """

    channel: str
    address: str
    message: str
    text: str
    at: float


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
    `on_received` is called with each message taken.
    """

    now: Callable[[], float] = time.time
    on_received: Callable[[Received], None] = lambda received: None
    received: list[Received] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, channel: str, address: str, message: str, text: str) -> Received:
        """Note a message that a platform has taken."""
        received = Received(channel, address, message, text, self.now())
        self.received.append(received)
        self.on_received(received)
        self._arrived.set()
        return received

    async def arrived(self, count: int) -> None:
        """Wait until so many messages have been taken in all."""
        while len(self.received) < count:
            self._arrived.clear()
            await self._arrived.wait()
