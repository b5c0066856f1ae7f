"""A clerk at work: a store on disk, the engine, and as many people as are asked for."""

import asyncio
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Self

import numpy as np

from alertd.bot.asking import Asked
from alertd.bot.clerk import Clerk
from alertd.bot.office import NO_PRICES, Office
from alertd.bot.people import People
from alertd.bot.receivers import Receivers
from alertd.clock import SystemClock
from alertd.config.chat import Chat
from alertd.dispatch.policy import Cap, Policy
from alertd.dispatch.state import DispatchState
from alertd.market.feeds import Feed, Feeds
from alertd.market.market import Market
from alertd.model.event import EventKind
from alertd.model.notification import Picture
from alertd.model.people import Identity, PeopleRow, Role
from alertd.model.reading import Poll, Readings
from alertd.model.universe import Universe
from alertd.pipeline import Pipeline
from alertd.rules.amend import Change
from alertd.rules.state import State
from alertd.sources.coins import CoinTable
from alertd.storage.sqlite import SqliteStore
from alertd.wire.secret import Secret
from alertd.wire.vault import Vault

TABLE = CoinTable.shipped()
COINS = [coin.symbol for coin in TABLE][:50]
UNIVERSE = Universe(coins=TABLE.names(), sources={"binance": frozenset({"price"})}, receivers=frozenset())
PRICE = 100.0


class Nothing:
    """What the engine reports, and what else an office has: nobody looks at it here."""

    def tick(self, seconds: float) -> None: ...

    def event(self, kind: EventKind, count: int = 1) -> None: ...

    def refused(self, source: str, reason: str, count: int = 1) -> None: ...

    def not_sent(self, reason: str, count: int = 1) -> None: ...

    async def fetch(self, wanted: Mapping[str, Collection[str]]) -> str:
        return ""

    async def watch(self) -> None: ...

    async def draw(self, picture: Picture) -> bytes | str:
        return NO_PRICES

    async def status(self) -> Mapping[str, object]:
        return {}


class Parlour:
    """So many people are enrolled, with an account on Telegram each: the n-th has the id `n`. All coins cost PRICE."""

    def __init__(self, folder: Path, *, people: int, commands: Cap, alerts: int = 50) -> None:
        self._folder = folder
        self._count = people
        key = folder / "key"
        key.write_text(secrets.token_hex(32), encoding="ascii")
        secret = Secret(f"file:{key}")
        self.terms = Chat(key=secret, channels=("telegram",), commands=commands, alerts=alerts)
        self.clock = SystemClock()
        self._said = 0

    async def __aenter__(self) -> Self:
        self.store = await SqliteStore.open(self._folder / "alertd.db", now=self.clock.now())
        self.people = People(Vault(self.terms.key), (await self.store.load(self.clock.now())).crowd)
        policy = Policy(receivers=Receivers({}, self.people, "UTC", channels=("telegram",)))
        state, dispatch = State(Feeds([Feed("binance", "price")]), Market()), DispatchState()
        nothing = Nothing()
        self.pipeline = Pipeline(state, dispatch, policy, self.store, self.clock, observer=nothing, wake=lambda: None)
        self._engine = asyncio.create_task(self.pipeline.run())
        await self.pipeline.change(Change(), policy)
        office = Office(
            pipeline=self.pipeline,
            store=self.store,
            clock=self.clock,
            people=self.people,
            terms=self.terms,
            universe=lambda: UNIVERSE,
            coins=lambda: TABLE,
            quotes=nothing,
            charts=nothing,
            status=nothing.status,
        )
        self.clerk = Clerk(office)
        await self._enrol()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._engine.cancel()
        await asyncio.gather(self._engine, return_exceptions=True)
        await self.store.close()

    async def _enrol(self) -> None:
        now = self.clock.now()
        rows: list[PeopleRow] = []
        for number in range(1, self._count + 1):
            person, row = self.people.enrol(Role.USER, now)
            rows += [row, self.people.link(person.number, self.identity(number), str(number))]
        await self.pipeline.serve(people=rows)

    def identity(self, number: int) -> Identity:
        return Identity("telegram", "", str(number))

    async def price(self) -> None:
        """All coins, once watched, cost the same."""
        now = self.clock.now()
        values = np.full(len(COINS), PRICE)
        await self.pipeline.take(
            Poll("binance", now, (Readings("binance", "price", tuple(COINS), values, np.full(len(COINS), now)),))
        )

    def asked(self, number: int, text: str) -> Asked:
        """A line of the n-th person."""
        self._said += 1
        chat = str(number)
        return Asked(key=f"{self._said}", identity=self.identity(number), chat=chat, direct=chat, text=text)
