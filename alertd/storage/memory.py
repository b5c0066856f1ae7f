"""The store of replay, rule tests and dry runs: the same contract as SQLite's, for as long as the process lives."""

import secrets
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile

import numpy as np

from alertd.errors import StorageError
from alertd.model.alert import AlertBlock, AlertKey, RuleRow
from alertd.model.event import Event, Item
from alertd.model.notification import Delivery, Destination, Held, Message
from alertd.ports import Commit, Depth, Fate, SeriesRow, Settled, Snapshot
from alertd.rules.bank import Shape
from alertd.rules.book import RuleColumns
from alertd.rules.directory import hash_of, key_in
from alertd.rules.manner import Manner
from alertd.rules.saved import Saved
from alertd.storage.messages import PLACES, number_of

_DAY = 86400.0


class Shelf:
    """Rules and alerts in memory."""

    def __init__(self) -> None:
        self._rules: dict[int, RuleRow] = {}
        self._coins: dict[int, str] = {}
        self._shapes: dict[int, Shape] = {}
        self._manners: dict[int, Manner] = {}
        self._alerts: dict[int, bytes] = {}
        self._former: dict[AlertKey, int] = {}
        self._last_alert = 0

    def put(self, commit: Commit) -> None:
        """What a commit changes of them."""
        for number, row in commit.rules.items():
            if row is None:
                self._rules.pop(number, None)
            else:
                self._rules[number] = row
        self._coins |= commit.coins
        self._shapes |= commit.shapes
        self._manners |= commit.manners
        for block in commit.alerts:
            numbers = block.rows["id"].tolist()
            self._alerts |= dict(zip(numbers, block.bodies(), strict=True))
            self._last_alert = max([self._last_alert, *numbers])
        for gone in commit.gone:
            self._alerts.pop(gone, None)
        for key, episode in commit.former.items():
            self._former[key] = max(self._former.get(key, 0), episode)

    def saved(self) -> Saved:
        rules = [self._rules[number] for number in sorted(self._rules)]
        columns = RuleColumns(
            np.array([row.number for row in rules], np.int64),
            [row.words for row in rules],
            np.array([hash_of(key_in(row.words)) for row in rules], np.int64),
            np.array([row.shape for row in rules], np.int64),
            np.array([row.manner for row in rules], np.int64),
            np.array([row.expires for row in rules], np.float64),
        )
        bodies = [self._alerts[number] for number in sorted(self._alerts)]
        return Saved(
            coins=[*self._coins.values()],
            shapes=[*self._shapes.values()],
            manners=[*self._manners.values()],
            rules=columns,
            constants=b"".join(row.constants for row in rules),
            panels={row.number: row.coins for row in rules if row.coins},
            alerts=[
                AlertBlock.of(b"".join(body for body in bodies if len(body) == width), width)
                for width in sorted(set(map(len, bodies)))
            ],
            former=dict(self._former),
            last_alert=self._last_alert,
        )


class MemoryStore:
    """See `ports.Store` for what it promises. `word` is drawn unless it is given.

    What was not sent is not kept: only `storage.status` reads that, from a file.
    """

    def __init__(self, word: str | None = None) -> None:
        self._word = word or secrets.token_hex(4)
        self._shelf = Shelf()
        self._series: dict[int, SeriesRow] = {}
        self._pages: dict[str, bytes] = {}
        self._events: list[Event] = []
        self._held: dict[int, Held] = {}
        self._deliveries: dict[int, Delivery] = {}
        self._waiting: set[int] = set()
        self._items: set[Item] = set()
        self._queues: defaultdict[Destination, deque[int]] = defaultdict(deque)
        self._last_message = self._last_held = 0

    @property
    def word(self) -> str:
        return self._word

    async def load(self, now: float) -> Snapshot:
        latest = (self._deliveries[row] for row in sorted(self._deliveries, reverse=True) if row % PLACES == 0)
        recent = [(one.receiver, one.created) for one in takewhile(lambda one: one.created > now - _DAY, latest)]
        return Snapshot(
            saved=self._shelf.saved(),
            series=sorted(self._series.values()),
            pages=dict(sorted(self._pages.items())),
            held=[self._held[row] for row in sorted(self._held)],
            recent=recent[::-1],
            last_message=self._last_message,
            last_held=self._last_held,
        )

    async def commit(self, commit: Commit) -> None:
        numbers = self._refuse_twins(commit)
        self._shelf.put(commit)
        self._series.update((row.number, row) for row in commit.series)
        for name, body in commit.pages.items():
            if body is None:
                self._pages.pop(name, None)
            else:
                self._pages[name] = body
        self._events += commit.events
        for number, message in zip(numbers, commit.messages, strict=True):
            self._queue(number, message)
        self._held.update((one.row, one) for one in commit.held)
        self._last_held = max([self._last_held, *(one.row for one in commit.held)])
        for held in commit.released:
            self._held.pop(held, None)

    async def due(self, channel: str, now: float, *, limit: int, busy: Sequence[str] = ()) -> Sequence[Delivery]:
        heads = (head for head in self._heads(channel, busy) if head.due <= now)
        return list(islice(sorted(heads, key=lambda head: (head.due, head.row)), limit))

    async def next_due(self, channel: str, *, busy: Sequence[str] = ()) -> float | None:
        return min((head.due for head in self._heads(channel, busy)), default=None)

    async def settle(self, settled: Sequence[Settled]) -> None:
        for one in settled:
            if one.row not in self._waiting:
                continue
            delivery = self._deliveries[one.row]
            if one.fate is Fate.DELAYED:
                self._deliveries[one.row] = delivery._replace(due=one.due, attempts=delivery.attempts + 1)
            else:
                self._finish(delivery)

    async def bury_strays(self, channels: Sequence[str], now: float) -> int:
        waiting = [self._deliveries[row] for row in self._waiting]
        strays = [delivery for delivery in waiting if delivery.channel not in channels]
        for delivery in strays:
            self._finish(delivery)
        return len(strays)

    async def depths(self) -> Sequence[Depth]:
        rows: defaultdict[str, list[int]] = defaultdict(list)
        for row in self._waiting:
            rows[self._deliveries[row].channel].append(row)
        return [
            Depth(channel, len(waiting), self._deliveries[min(waiting)].created)
            for channel, waiting in sorted(rows.items())
        ]

    async def history(self, *, limit: int) -> Sequence[Event]:
        return self._events[: -limit - 1 : -1]

    async def prune(self, before: float, limit: int) -> int:
        oldest = sorted(self._deliveries)[:limit]
        over = [row for row in oldest if row not in self._waiting and self._deliveries[row].created < before]
        for row in over:
            del self._deliveries[row]
        past = [place for place, event in enumerate(self._events) if event.time < before]
        forgotten = set(sorted(past, key=lambda place: self._events[place].time)[: limit - len(over)])
        gone = {
            (event.alert, event.episode, event.kind, event.ordinal)
            for event in map(self._events.__getitem__, forgotten)
        }
        self._items = {item for item in self._items if item[:4] not in gone}
        self._events = [event for place, event in enumerate(self._events) if place not in forgotten]
        return len(over) + len(forgotten)

    async def close(self) -> None:
        """Nothing to let go of."""

    def _refuse_twins(self, commit: Commit) -> list[int]:
        """The numbers of its messages. Raises StorageError, before anything is changed, as SQLite's keys would."""
        numbers = [number_of(message.id, self._word) for message in commit.messages]
        items = [item for message in commit.messages for item in message.items]
        if len(set(items)) < len(items) or not self._items.isdisjoint(items):
            raise StorageError("an item is in the store already")
        if len(set(numbers)) < len(numbers) or any(number * PLACES in self._deliveries for number in numbers):
            raise StorageError("a message is in the store already")
        if not all(0 < len(message.destinations) < PLACES for message in commit.messages):
            raise StorageError("a message has no destination, or too many")
        names = [row[1:] for row in commit.series]
        if len(set(names)) < len(names) or any(row[1:] in names for row in self._series.values()):
            raise StorageError("a series has its number already")
        return numbers

    def _queue(self, number: int, message: Message) -> None:
        self._last_message = max(self._last_message, number)
        self._items.update(message.items)
        for row, way in enumerate(message.destinations, start=number * PLACES):
            self._queues[way].append(row)
            self._waiting.add(row)
            self._deliveries[row] = Delivery(
                row=row,
                message=message.id,
                receiver=message.receiver,
                channel=way.channel,
                address=way.address,
                notification=message.notification,
                created=message.created,
                due=message.created,
                expires=message.expires,
            )

    def _heads(self, channel: str, busy: Sequence[str]) -> Iterator[Delivery]:
        for (own, address), rows in self._queues.items():
            if own == channel and address not in busy:
                yield self._deliveries[rows[0]]

    def _finish(self, delivery: Delivery) -> None:
        way = Destination(delivery.channel, delivery.address)
        self._queues[way].remove(delivery.row)
        if not self._queues[way]:
            del self._queues[way]
        self._waiting.remove(delivery.row)
