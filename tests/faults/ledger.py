"""What had to arrive and what did: each message is known by its address, its coin and the price that it tells."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from alertd.demo.platforms.record import Received, Record
from tests.faults.outcome import Outcome

_TELLS = re.compile(r"\b(F\d{4}) (-?\d[\d,]*(?:\.\d+)?)")


class Message(NamedTuple):
    address: str
    coin: str
    price: str


class Ledger:
    """Fed by what a record received."""

    def __init__(self, record: Record) -> None:
        self.expected: set[Message] = set()
        self.open: set[Message] = set()
        self.strays: list[str] = []
        self._record = record
        self._seen: dict[Message, list[int]] = defaultdict(list)
        self._kills: list[tuple[int, frozenset[Message]]] = []  # what was received before it, and what was in flight
        self._news = asyncio.Event()
        record.on_received = self._note

    def expect(self, messages: Iterable[Message]) -> None:
        new = set(messages)
        self.expected |= new
        self.open |= new

    def killed(self, in_flight: frozenset[Message]) -> None:
        """What was received so far is from a daemon that is dead now. These may come again, once each."""
        self._kills.append((len(self._record.received), in_flight))

    async def complete(self, patience: float, *, but: int = 0) -> None:
        """Wait until everything is there (`but` so many), or nothing has come for so many real seconds."""
        while len(self.open) > but:
            self._news.clear()
            try:
                async with asyncio.timeout(patience):
                    await self._news.wait()
            except TimeoutError:
                return

    def outcome(self) -> Outcome:
        duplicates = excused = 0
        for message, places in self._seen.items():
            duplicates += len(places) - 1
            excused += sum(self._excused(message, first, again) for first, again in pairwise(places))
        return Outcome(
            expected=len(self.expected),
            lost=len(self.open),
            duplicates=duplicates,
            in_flight=excused,
            early=self._record.early,
            strays=len(self.strays),
            wrong=[f"a platform says: {what}" for what in self._record.wrong],
        )

    def _note(self, received: Received) -> None:
        if received.picture:
            return  # a chart, added to what was told before
        place = len(self._record.received) - 1
        told = [Message(received.address, coin, price) for coin, price in _TELLS.findall(received.text)]
        for message in told:
            if message in self.expected:
                self._seen[message].append(place)
                self.open.discard(message)
            else:
                self.strays.append(f"{received.address}: {received.text}")
        self._news.set()

    def _excused(self, message: Message, first: int, again: int) -> bool:
        """True if a kill lies between these two copies at which the message was in flight."""
        return any(first < kill <= again and message in in_flight for kill, in_flight in self._kills)
