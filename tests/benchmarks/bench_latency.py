"""From a reading to the wire: wall-clock time from the moment a poll's bytes are there to the first byte of the
webhook at the server, against the sum of the three things that cannot be left out.

Ours: a daemon's pipeline, SQLite store, courier and webhook channel; 10,000 alerts on 500 coins, whose prices come as
the exchange's ticker; in each poll one coin rises above one level, and the one before it falls back. Decoded, judged,
planned, committed, claimed, the attempt committed, drawn, signed, posted. Theirs, each alone and one after the other
in the same run: that ticker through the same typed decoder; a transaction of the rows of one event, item and delivery
at FULL; a bare aiohttp POST of the same body until it is answered. Each is the p99 of its own times.
"""

import asyncio
import gc
import json
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from aiohttp import ClientSession

from alertd.channels.webhook import body as body_of
from alertd.config.loading import steady
from alertd.dispatch.policy import Policy, Receiver
from alertd.dispatch.state import DispatchState
from alertd.market.feeds import Feed, Feeds
from alertd.market.market import Market
from alertd.model.event import EventKind
from alertd.model.notification import Destination
from alertd.model.universe import Universe
from alertd.pipeline import Pipeline
from alertd.rules.amend import Change
from alertd.rules.files import RuleText, read_rules
from alertd.rules.state import State
from alertd.sources.binance import _ROWS, decode_tickers
from alertd.storage.database import PRAGMAS
from alertd.storage.schema import MIGRATIONS
from tests.benchmarks.bench_fanout import drawn, webhook
from tests.benchmarks.loopback import Loopback
from tests.benchmarks.office import EXPIRES, Office
from tests.benchmarks.table import Row, note, tell

TARGET = 2.0
REASON = (
    "two syncs of the disk in a row, the tick's and the attempt's, meet whatever else syncs there; judging takes"
    " 1.5 ms, three hops to the writer 0.3 ms each"
)
COINS, LEVELS = 500, 20
TURNS = 400
WARM = 40
LOW, STEP = 100.0, 1.0

_SYMBOLS = {f"C{number}USDT": f"C{number}" for number in range(COINS)}
_WAYS = (Destination("webhook", "default"),)
_POLICY = Policy(receivers={"desk": Receiver("desk", _WAYS)}, runaway=None, storm=None)


def answer(turn: int) -> bytes:
    """The ticker of all coins: one stands above its first level."""
    rows = [
        {"symbol": symbol, "price": f"{LOW + STEP * 0.5 + (number == turn % COINS) * STEP:.8f}"}
        for number, symbol in enumerate(_SYMBOLS)
    ]
    return json.dumps(rows, separators=(",", ":")).encode()


def rules() -> Change:
    lines = ["version: 1", "defaults: {notify: desk}", "rules:"]
    lines += [
        f"  - {{name: level-{level}, symbols: [{', '.join(_SYMBOLS.values())}], when: price > {LOW + STEP * level!r}}}"
        for level in range(1, LEVELS + 1)
    ]
    universe = Universe(
        coins={name: name for name in _SYMBOLS.values()},
        sources={"binance": frozenset({"price"})},
        receivers=frozenset({"desk"}),
    )
    return Change(put=read_rules([RuleText("rules.yaml", "\n".join(lines).encode())], universe, 0.0).rules)


class Count:
    """What the pipeline reports: only how many fired."""

    fired = 0

    def tick(self, seconds: float) -> None: ...

    def event(self, kind: EventKind, count: int = 1) -> None:
        self.fired += count * (kind is EventKind.FIRED)

    def refused(self, source: str, reason: str, count: int = 1) -> None: ...

    def not_sent(self, reason: str, count: int = 1) -> None: ...


class Desk:
    """The engine on an office's store: from bytes to the wire."""

    def __init__(self, office: Office) -> None:
        self._office, self.count = office, Count()
        self._engine = office.runner.run(self._start())

    async def _start(self) -> asyncio.Task[None]:
        state = State(Feeds([Feed("binance", "price")]), Market())
        office = self._office
        self._pipeline = Pipeline(
            state, DispatchState(), _POLICY, office.store, office.clock, observer=self.count, wake=office.wake
        )
        engine = asyncio.create_task(self._pipeline.run())
        await self._pipeline.change(rules(), _POLICY)
        return engine

    def take(self, body: bytes, *, told: int) -> float:
        """When the bytes were there (monotonic); returns once so many messages are settled."""
        return self._office.runner.run(self._take(body, told))

    async def _take(self, body: bytes, told: int) -> float:
        self._office.expect(told)
        began = time.monotonic()
        poll = decode_tickers(body, self._office.clock.now(), source="binance", coins=_SYMBOLS, fields=("price",))
        await self._pipeline.take(poll)
        if told:
            await self._office.enough()
        return began

    def close(self) -> None:
        self._engine.cancel()


class Bare:
    """The three things alone, in seconds of wall-clock time."""

    def __init__(self, folder: Path, url: str) -> None:
        self._connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        for name, value in PRAGMAS.items():
            self._connection.execute(f"PRAGMA {name} = {value}")
        self._connection.executescript(MIGRATIONS[0])
        self._number = 0
        self._url, self._post_body = url, body_of(drawn("webhook", "default"))
        self._runner = asyncio.Runner()
        self._session = self._runner.run(self._open())

    async def _open(self) -> ClientSession:
        return ClientSession()

    def decode(self, body: bytes) -> float:
        began = time.monotonic()
        _ROWS.decode(body)
        return time.monotonic() - began

    def commit(self) -> float:
        self._number += 1
        number, body = self._number, bytes(120)
        began = time.monotonic()
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO event VALUES (?, ?, ?, 'fired', 1, 1, '', 'level-1', 'C1', ?)", (number, began, number, body)
        )
        connection.execute("INSERT INTO item VALUES (?, 'desk', 'told', '', 0.0, '', ?)", (number, number))
        connection.execute(
            "INSERT INTO delivery (row, receiver, channel, address, lane, own_lane, loudness, part, created, began,"
            " expires, due, state, body)"
            " VALUES (?1, 'desk', 'webhook', ?2, 1, 1, 'usual', 0, ?3, ?3, ?4, ?3, 'next', ?5)",
            (number * 64, str(number), began, began + EXPIRES, body[:8]),
        )
        connection.execute("COMMIT")
        return time.monotonic() - began

    def post(self) -> float:
        return self._runner.run(self._post())

    async def _post(self) -> float:
        began = time.monotonic()
        async with self._session.post(self._url, data=self._post_body) as response:
            assert response.status == 200
        return time.monotonic() - began

    def close(self) -> None:
        self._runner.run(self._session.close())
        self._runner.close()
        self._connection.close()


def p99(times: list[float]) -> float:
    return sorted(times)[-max(len(times) // 100, 1)]


def measure(desk: Desk, bare: Bare, sink: Loopback) -> dict[str, list[float]]:
    spent: dict[str, list[float]] = defaultdict(list)
    desk.take(answer(-1).replace(b"101.5", b"100.5"), told=0)
    gc.collect()
    gc.freeze()
    for turn, body in enumerate(_answers()):
        if turn == WARM:
            spent.clear()
        began = desk.take(body, told=1)
        ((_, first_byte),) = sink.ask("taken")
        spent["ours"].append(first_byte - began)
        spent["decode"].append(bare.decode(body))
        spent["commit"].append(bare.commit())
        spent["post"].append(bare.post())
        sink.ask("taken")
    gc.unfreeze()
    assert desk.count.fired == WARM + TURNS
    return spent


def _answers() -> Iterator[bytes]:
    return (answer(turn) for turn in range(WARM + TURNS))


def main() -> list[Row]:
    steady()  # as the daemon has it
    with TemporaryDirectory(prefix="alertd-bench-") as name, Loopback("sink") as sink:
        folder = Path(name)
        with (
            Office(folder / "alertd.db", lambda session: webhook(session, sink, folder), _POLICY) as office,
            closing(Desk(office)) as desk,
            closing(Bare(folder, sink.url)) as bare,
        ):
            spent = measure(desk, bare, sink)
    parts = {part: p99(spent[part]) for part in ("decode", "commit", "post")}
    middle = {part: median(spent[part]) for part in parts}
    said = ", ".join(f"{part} {1e3 * value:.2f} ms" for part, value in parts.items())
    note(f"  a ticker: {COINS} coins, {len(answer(0)) / 1e3:.0f} kB; {COINS * LEVELS:,} alerts; p99 of {said}")
    ours, theirs = p99(spent["ours"]), sum(parts.values())
    return [
        tell(Row("reading to the wire, p99 / decode + commit + POST", ours, theirs, TARGET, REASON)),
        tell(Row("the same, medians", median(spent["ours"]), sum(middle.values()))),
    ]


if __name__ == "__main__":
    sys.exit(any(row.missed for row in main()))
