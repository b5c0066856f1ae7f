"""What commands work with: engine, store and people; and one piece of work from its beginning to its commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakValueDictionary

import msgspec

from alertd.bot.asking import Asked, Reply
from alertd.bot.language.command import Command
from alertd.bot.offers import Offers
from alertd.bot.people import People
from alertd.bot.quota import Limits
from alertd.config.chat import Chat
from alertd.model.kept import Kept
from alertd.model.notification import Button, Notification, Picture
from alertd.model.order import Order
from alertd.model.people import AlertRow, ChatAlert, Deed, Heard, PeopleRow, Person, owner_of
from alertd.model.universe import Universe
from alertd.pipeline import Pipeline
from alertd.ports import Clock, Store
from alertd.rules.amend import Change
from alertd.rules.rule import Rule
from alertd.sources.coins import CoinTable

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Reply).decode

_REPLY = "reply"
"""What a sealed reply is bound to."""


class Quotes(Protocol):
    """What sources say, beside their turn."""

    async def fetch(self, wanted: Mapping[str, Collection[str]]) -> str:
        """Have these (field → coins) asked for now, and taken by the engine; returns once they are, or after a second
        or two: "", else a sentence that says what may not be asked so often, and when it may. Never raises: what did
        not come is not there."""

    async def watch(self) -> None:
        """From now on poll what the rules in force ask for."""


NO_PRICES = "No prices of it are on record there yet."
"""Why there is no chart, where nothing went wrong."""


class Charts(Protocol):
    async def draw(self, picture: Picture) -> bytes | str:
        """A PNG, else a sentence that says why there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """`universe` and `coins` are those in force. `status` is what `alertd status` shows. `bots` are the names
    by which people reach the bots (`https://t.me/…?start=` for Telegram), by channel, as far as they are known;
    `offers` makes buttons that run a command, `limits` count what may be asked seldom. `channels` are those of the
    configuration by name, with their kind. It is `alone` where nothing is watched and nobody told: there a
    line is judged by itself, whoever is linked to what."""

    pipeline: Pipeline
    store: Store
    clock: Clock
    people: People
    terms: Chat
    universe: Callable[[], Universe]
    coins: Callable[[], CoinTable]
    quotes: Quotes
    charts: Charts
    status: Callable[[], Awaitable[Mapping[str, object]]]
    bots: dict[str, str] = field(default_factory=dict)
    offers: Offers = field(default_factory=Offers)
    limits: Limits = field(default_factory=Limits)
    channels: Mapping[str, str] = field(default_factory=dict)
    _locks: WeakValueDictionary[int, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    alone: bool = False

    async def reply_to(self, asked: Asked) -> Reply | None:
        """What was answered to the same before, None where it is new."""
        sealed = await self.store.heard(asked.identity.channel, asked.key)
        return None if sealed is None else decode(self.people.open(sealed, _REPLY))

    @asynccontextmanager
    async def locked(self, people: Collection[int]) -> AsyncIterator[None]:
        """Until it ends nobody else changes the alerts of these people."""
        async with AsyncExitStack() as held:
            for number in sorted(people):
                await held.enter_async_context(self._locks.setdefault(number, asyncio.Lock()))
            yield


class Overtaken(Exception):
    """While a command was under way somebody took away what it was about: nothing of it is committed."""

    def __init__(self, title: str, *lines: str) -> None:
        super().__init__(title)
        self.reply = no(title, *lines)


@dataclass(slots=True, kw_only=True)
class Job:
    """One command or button on its way, by somebody who may do it. What it changes is gathered in `put`, `drop`,
    `orders` and `rows`, and comes into force with `done`, in one transaction with the reply. `seen` are the alerts that
    it goes by, as they were; of the people in `held` nobody else changes alerts until it is done."""

    office: Office
    asked: Asked
    person: Person
    command: Command
    put: list[Rule] = field(default_factory=list)
    drop: list[tuple[str, str]] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    rows: list[PeopleRow] = field(default_factory=list)
    seen: list[ChatAlert] = field(default_factory=list)
    held: frozenset[int] = frozenset()

    @property
    def now(self) -> float:
        return self.office.clock.now()

    def offer(self, command: str, label: str = "") -> Button:
        """A button that runs a command for whoever asks."""
        return self.office.offers.button(self.person.number, command, label)

    def did(self, what: str, about: str = "") -> None:
        """A line for the audit log: `about` is a pseudonym or the name of a thing."""
        self.rows.append(Deed(self.now, self.person.owner, what, about))

    async def done(self, reply: Reply) -> Reply:
        """Commit all of it with the reply, which is returned: what it says is so from now on. Raises Overtaken."""
        await self.commit(reply)
        return reply

    async def commit(self, reply: Reply) -> Sequence[tuple[Kept, ...]]:
        """The same; returns what came of the orders (see `dispatch.desk.Planned`). Raises Overtaken."""
        changed = {row.person for row in self.rows if isinstance(row, AlertRow)}
        async with self.office.locked(changed - self.held):
            await self._check_alerts()
            # From here to the engine nothing is waited for: who may do it now may do it.
            self.asker()
            self._check_there(changed | {alert.person for alert in self.seen})
            return await self._commit(reply)

    async def _check_alerts(self) -> None:
        """Those that it changes are as they were when it read them. Raises Overtaken."""
        written = {(row.person, row.number) for row in self.rows if isinstance(row, AlertRow)}
        seen = [alert for alert in self.seen if (alert.person, alert.number) in written]
        now = {
            each for person in {alert.person for alert in seen} for each in await self.office.store.chat_alerts(person)
        }
        if not now.issuperset(seen):
            raise Overtaken("Somebody changed that alert meanwhile: nothing was done", "alerts shows how it stands.")

    def asker(self) -> Person:
        """Whoever asks, as they are by now. Raises Overtaken where they may do less than when they asked."""
        person = self.office.people.get(self.person.number)
        if person is None or not person.role.at_least(self.person.role):
            raise Overtaken("You may no longer do that: nothing was done")
        return person

    def _check_there(self, people: Collection[int]) -> None:
        gone = next((number for number in sorted(people) if self.office.people.get(number) is None), None)
        if gone is not None:
            raise Overtaken(f"There is nobody {owner_of(gone)} any more: nothing was done")

    async def _commit(self, reply: Reply) -> Sequence[tuple[Kept, ...]]:
        office = self.office
        said = office.people.seal(encode(reply), _REPLY)
        heard = Heard(self.asked.identity.channel, self.asked.key, self.now, said)
        here = office.people.account_of(self.asked.place)
        reached = [office.people.reached(here)] if here else []
        change = Change(put=self.put, drop=self.drop, at_once=True) if self.put or self.drop else None
        answers = await office.pipeline.serve(change=change, orders=self.orders, people=[*self.rows, heard, *reached])
        if self.put:
            await office.quotes.watch()
        return answers


def say(title: str, *lines: str, ok: bool = True, private: bool = False) -> Reply:
    """A reply of a few words."""
    return Reply(said=Notification(title, lines=lines), ok=ok, private=private)


def no(title: str, *lines: str) -> Reply:
    """What was not done, and why."""
    return say(title, *lines, ok=False, private=True)
