"""A daemon with many coins, the prices that it reads and the platforms that it tells, all of which may break.

Each coin has a receiver of its own: the even ones a webhook, which keeps keys, the odd ones a Telegram chat, which
knows none. A wave takes every coin over a level or back under one; each wave has a price of its own, so that a message
is known by it.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self

from alertd.channels.webhook import WINDOW
from alertd.clock import SystemClock
from alertd.config.settings import ClockSettings
from alertd.demo.platforms.record import Received, Record
from alertd.storage.status import read_status
from tests.acceptance.daemon import ALERTD
from tests.faults import dying
from tests.faults.feed import Feed
from tests.faults.flight import in_flight
from tests.faults.gated import Chats, Hooks
from tests.faults.ledger import Ledger, Message
from tests.faults.outcome import Outcome
from tests.faults.subject import Subject

DYING = ("-m", "tests.faults.dying")
PATIENCE = 20.0
"""Real seconds without any message, after which what is open is lost."""

FLIGHT = 0.05
"""Real seconds that a call may have been under way when the answer to another said to wait."""

LOW, HIGH = 90.0, 110.0
"""The levels: a wave up ends over HIGH, the next one under LOW."""

UNLIMITED = {"storm": "off", "runaway": "off", "expires": "12h"}
"""Each receiver gets one message per wave, and every one of them counts."""


class Stage:
    """Its servers run within `async with`; the daemon does from `start` on, and again after each kill."""

    def __init__(
        self,
        folder: Path,
        *,
        coins: int = 20,
        speed: float = 20.0,
        shows: float | None = None,
        hooks: type[Hooks] = Hooks,
        chats: type[Chats] = Chats,
        more: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """`shows` is what the clock shows now, None for the real time; `more` stands in every rule."""
        self.folder = folder
        self.state = folder / "alertd.db"
        self.on_death: Callable[[], None] = lambda: None
        self.speed = speed
        self.coins = [f"F{number:04}" for number in range(coins)]
        self.record = Record()
        self.show(time.time() if shows is None else shows)
        self.feed = Feed({f"{coin}USDT": (LOW + HIGH) / 2 for coin in self.coins}, self.record)
        self.hooks = hooks(self.record, ["a-secret"], window=WINDOW * speed + 4 * 3600.0, keep_requests=False)
        self.chats = chats(self.record, "12345:a-token", keep_requests=False)
        self.ledger = Ledger(self.record)
        self.deaths = 0
        self.more = more
        self._died = asyncio.Event()
        self.wrong: list[str] = []
        self._waves = 0
        self._over: set[str] = set()  # coins that are over their level now
        self._guard: asyncio.Task[None] | None = None

    def show(self, moment: float, speed: float | None = None) -> None:
        """A clock that shows this moment now: the platforms' from now on, the daemon's from its next start on."""
        self.speed = speed or self.speed
        self.clock = ClockSettings(real=time.time(), shows=moment, speed=self.speed)
        self.record.now = SystemClock.of(self.clock).now
        self.record.flight = FLIGHT * self.speed

    async def __aenter__(self) -> Self:
        for server in (self.feed, self.hooks, self.chats):
            await server.__aenter__()
        (self.folder / "key").write_text("a-secret\n")
        (self.folder / "token").write_text("12345:a-token\n")
        self.daemon = await Subject(self.folder, self.config(), self.rules()).__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._guard:
            self._guard.cancel()
        await self.daemon.__aexit__(None, None, None)
        for server in (self.feed, self.hooks, self.chats):
            await server.__aexit__(*error)

    # ── what it is made of ───────────────────────────────────────────────────────────────────────────────────────

    def config(self) -> dict[str, object]:
        return {
            "state": str(self.state),
            "clock": self.clock.model_dump(),
            "sources": {"binance": {"url": self.feed.url, "every": f"{0.05 * self.speed:g}s"}},
            "coins": {coin: {"binance": f"{coin}USDT"} for coin in self.coins},
            "channels": {
                "webhook": {"url": f"{self.hooks.url}/own", "secret": f"file:{self.folder / 'key'}"},
                "telegram": {"url": self.chats.url, "token": f"file:{self.folder / 'token'}"},
            },
            "receivers": {coin.lower(): self._destination(coin) for coin in self.coins},
            "chart": "off",
            **UNLIMITED,
        }

    def rules(self) -> list[dict[str, object]]:
        return [
            {
                "name": f"{name}-{coin.lower()}",
                "symbols": [coin],
                "when": when,
                "until": until,
                "no_data": "ignore",
                "notify": [coin.lower()],
                **self.more,
            }
            for coin in self.coins
            for name, when, until in (
                ("over", f"price > {HIGH:g}", f"price < {HIGH - 5:g}"),
                ("under", f"price < {LOW:g}", f"price > {LOW + 5:g}"),
            )
        ]

    def address(self, coin: str) -> str:
        """As the platform notes it."""
        number = int(coin[1:])
        return f"{1000 + number}" if number % 2 else f"/{coin}"

    def _destination(self, coin: str) -> dict[str, str]:
        address = self.address(coin)
        return {"telegram": address} if address.isdigit() else {"webhook": f"{self.hooks.url}{address}"}

    # ── its life ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self, *, crash: str = "", program: Sequence[str] = ALERTD, **environment: str) -> None:
        """Start the daemon; when it is killed, or dies where `crash` says, it is started again without that."""
        self.daemon.write_config(**self.config())
        if crash:
            await self.daemon.start(program=DYING, **{dying.CRASH: crash})
        else:
            await self.daemon.start(program=program, **environment)
        self._guard = asyncio.create_task(self._guarded(program))
        if not self._waves:
            await self.judged()

    async def _guarded(self, program: Sequence[str]) -> None:
        try:
            await self._revive(program)
        except Exception as error:
            self.wrong.append(f"{type(error).__name__}: {error}")

    async def _revive(self, program: Sequence[str]) -> None:
        while True:
            code = await self.daemon.gone()
            if code != -signal.SIGKILL:
                self.wrong.append(f"it ended with {code}: {self.daemon.log.lines[-1:]}")
                return
            lost_sight_of = in_flight(self.state)
            self.on_death()
            await self.daemon.launch(program=program)
            self.ledger.killed(lost_sight_of)
            self.deaths += 1
            self._died.set()

    async def died(self, times: int) -> None:
        """Wait until it has died so often and is on its way again."""
        while self.deaths < times:
            self._died.clear()
            await self._died.wait()

    def kill(self) -> None:
        self.daemon.send(signal.SIGKILL)

    def kill_at(self, enough: Callable[[Received], bool]) -> None:
        """Kill it when a platform has taken that message and has not answered, once."""
        note, killed = self.record.on_received, False

        def take(received: Received) -> None:
            nonlocal killed
            note(received)
            if not killed and enough(received):
                killed = True
                self.kill()

        self.record.on_received = take

    async def wave(self, coins: Sequence[str] | None = None) -> None:
        """A new price; returns when it has been judged and committed."""
        self.turn(coins)
        await self.judged()

    def turn(self, coins: Sequence[str] | None = None, *, told: bool = True) -> dict[str, str]:
        """New prices of these coins (else all), as messages say them, which have to be told or must not be."""
        self._waves += 1
        coins = self.coins if coins is None else coins
        self._over ^= set(coins)
        step = (10 * self._waves + 1) / 1000.0  # never ends in a zero, which nobody would write
        prices = {coin: HIGH + step if coin in self._over else LOW - step for coin in coins}
        said = {coin: f"{price:.3f}" for coin, price in prices.items()}
        if told:
            self.ledger.expect(Message(self.address(coin), coin, price) for coin, price in said.items())
        self.feed.turn({f"{coin}USDT": price for coin, price in prices.items()})
        return said

    async def until(self, moment: float) -> None:
        """Wait for a moment of the daemon's clock."""
        await asyncio.sleep(max(moment - self.record.now(), 0.0) / self.speed)

    async def rest(self) -> None:
        """Prices between the levels, of which nobody is told."""
        self.feed.turn(dict.fromkeys(self.feed.prices, (LOW + HIGH) / 2))
        await self.judged()

    async def judged(self) -> None:
        """Wait until one and the same daemon has come for prices twice: what it got first is committed then."""
        while True:
            deaths = self.deaths
            await self.feed.asked(2)
            if deaths == self.deaths:
                return

    async def stop(self) -> None:
        self.daemon.send(signal.SIGTERM)
        await self.ended()

    async def ended(self) -> None:
        """Wait for the end that it was asked for."""
        if self._guard:
            self._guard.cancel()
        code = await self.daemon.ended()
        if code != 0:
            self.wrong.append(f"it ended with {code}")

    async def outcome(self, patience: float = PATIENCE) -> Outcome:
        """Wait for what is open, end the daemon, and count. Nothing may wait any more then."""
        await self.ledger.complete(patience)
        await self.stop()
        outcome = self.ledger.outcome()
        waiting = [
            f"{depth.waiting} still wait for {depth.channel}" for depth in read_status(self.state, events=1).depths
        ]
        outcome.wrong += [*self.wrong, *waiting]
        return outcome
