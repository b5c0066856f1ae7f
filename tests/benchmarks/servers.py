"""Loopback servers for the benchmarks of delivery, run as a program: `python -m tests.benchmarks.servers ROLE [ARG]`.

They are a process of their own, so that only the CPU of the senders is counted, and speak raw asyncio, so that they
take little of the machine away. The first line of output is the port; then each line of input is a command, whose
answer is one line of JSON. Times are those of CLOCK_MONOTONIC, which all processes of a machine share.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

from alertd.demo.platforms.limits import TELEGRAM
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.telegram import TelegramPlatform

BEAT = 0.05
"""Seconds between two turns of a schedule."""
EACH = 10
"""Alerts that fire in each turn."""
COINS = 100
LOW, HIGH = 95_000, 100_000
"""Prices of a coin that rests, and (plus the firing's number) of one that fires: what it is worth names the firing."""

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_FIRING = re.compile(rb"firing ([\d,]+)")
_JSON = "Content-Type: application/json\r\n"
_YES = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

Command = Callable[[list[str]], Coroutine[Any, Any, object]]


class Request(asyncio.Protocol):
    """One connection of an HTTP client: every request is handed to `take` with the time of its first byte."""

    def __init__(self, take: Callable[[asyncio.Transport, bytes, bytes, float], None]) -> None:
        self._take = take
        self._buffer = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._buffer:
            self._began = time.monotonic()
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self._buffer, 0, end)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._buffer) < whole:
                return
            request, self._buffer = self._buffer[:whole], self._buffer[whole:]
            self._take(self._transport, request[:end], request[end + 4 :], self._began)


class Sink:
    """A webhook that takes everything; `taken` answers (number of the firing, first byte's time) of each, once."""

    def __init__(self) -> None:
        self._taken: list[tuple[int, float]] = []

    def protocol(self) -> asyncio.Protocol:
        return Request(self.take)

    def take(self, transport: asyncio.Transport, _: bytes, body: bytes, began: float) -> None:
        transport.write(_YES)
        found = _FIRING.search(body)
        self._taken.append((int(found[1].replace(b",", b"")) if found else 0, began))

    async def taken(self, _: list[str]) -> object:
        taken, self._taken = self._taken, []
        return taken

    async def count(self, _: list[str]) -> object:
        return len(self._taken)

    def commands(self) -> dict[str, Command]:
        return {"taken": self.taken, "count": self.count}


class Stage(Sink):
    """A sink, a price feed of `COINS` and a pusher to an Alertmanager: `feed FIRST TURNS` and `push FIRST TURNS PORT`
    are the same schedule, `EACH` firings every `BEAT` seconds, numbered from FIRST; the answer is when each turn
    was due.

    The feed answers at each turn, as if its prices had just changed; who comes late gets what was due meanwhile, and
    who comes when there is no schedule waits for a while.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[asyncio.Transport] = []
        self._asked = asyncio.Event()
        self._pending: list[int] = []

    def take(self, transport: asyncio.Transport, head: bytes, body: bytes, began: float) -> None:
        if head.startswith(b"POST"):
            super().take(transport, head, body, began)
        else:
            self._waiting.append(transport)
            self._asked.set()
            if self._pending:
                self._answer()

    async def calm(self, __: list[str]) -> object:
        """Answer whoever waits, and the next one."""
        for _ in range(2):
            await self._asked.wait()
            self._answer()
        return None

    async def feed(self, words: list[str]) -> object:
        first, turns = map(int, words)
        return await self._schedule(first, turns, self._fire)

    def _fire(self, numbers: list[int]) -> None:
        self._pending += numbers
        self._answer()

    def _answer(self) -> None:
        if not self._waiting:
            return
        prices = [LOW] * COINS
        for number in self._pending:
            prices[number % COINS] = HIGH + number
        self._pending = []
        rows = ",".join(f'{{"symbol":"C{coin:02}USDT","price":"{price}.00"}}' for coin, price in enumerate(prices))
        body = f"[{rows}]".encode()
        head = f"HTTP/1.1 200 OK\r\n{_JSON}Content-Length: {len(body)}\r\n\r\n"
        for transport in self._waiting:
            transport.write(head.encode() + body)
        self._waiting = []
        self._asked.clear()

    async def push(self, words: list[str]) -> object:
        first, turns, port = (int(word) for word in words)
        _, writer = await asyncio.open_connection("127.0.0.1", port)

        def fire(numbers: list[int]) -> None:
            alerts = [{"alertname": f"firing {HIGH + number:,}", "coin": f"C{number % COINS:02}"} for number in numbers]
            body = json.dumps([{"labels": labels} for labels in alerts]).encode()
            head = f"POST /api/v2/alerts HTTP/1.1\r\nHost: localhost\r\n{_JSON}Content-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)

        due = await self._schedule(first, turns, fire)
        writer.close()
        return due

    async def _schedule(self, first: int, turns: int, fire: Callable[[list[int]], None]) -> list[float]:
        began = time.monotonic() + BEAT
        times = [began + turn * BEAT for turn in range(turns)]
        for turn, at in enumerate(times):
            await asyncio.sleep(at - time.monotonic())
            start = first + turn * EACH
            fire(list(range(start, start + EACH)))
        return times

    def commands(self) -> dict[str, Command]:
        return {**super().commands(), "feed": self.feed, "push": self.push, "calm": self.calm}


class Mail(asyncio.Protocol):
    """The least that a mail server can be: it takes every mail."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""
        self._end = b"\r\n"
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(self._end)) >= 0:
            line, self._buffer = self._buffer[:end], self._buffer[end + len(self._end) :]
            self._transport.write(self._reply(line))

    def _reply(self, line: bytes) -> bytes:
        word = line[:4].upper()
        if self._end != b"\r\n":
            self._end = b"\r\n"
        elif word == b"EHLO":
            return b"250-sink\r\n250 SIZE 10000000\r\n"
        elif word == b"DATA":
            self._end = b"\r\n.\r\n"
            return b"354 go on\r\n"
        return b"250 yes\r\n"


async def telegram(scale: float) -> tuple[int, dict[str, Command]]:
    """The demo's platform with its limits, `scale` times as high. `report` says what came, by whom, and when; `count`
    how much."""
    record = Record(now=time.time)
    # Epoch seconds for the limits; what is measured is measured by the clock that never jumps.
    times: list[float] = []
    record.on_received = lambda _: times.append(time.monotonic())
    platform = TelegramPlatform(record, "1:a", limits=TELEGRAM, scale=scale, keep_requests=False)
    await platform.__aenter__()

    async def report(_: list[str]) -> object:
        return {
            "received": [(one.address, at) for one, at in zip(record.received, times, strict=True)],
            "refused": sum(record.refused.values()),
        }

    async def count(_: list[str]) -> object:
        return len(record.received)

    return platform.port, {"report": report, "count": count}


async def _listen(protocol: Callable[[], asyncio.Protocol]) -> int:
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, backlog=512)
    return int(server.sockets[0].getsockname()[1])


async def main(role: str, arguments: list[str]) -> None:
    commands: dict[str, Command] = {}
    match role:
        case "sink" | "stage":
            sink = Stage() if role == "stage" else Sink()
            port, commands = await _listen(sink.protocol), sink.commands()
        case "mail":
            port = await _listen(Mail)
        case "telegram":
            port, commands = await telegram(float(arguments[0]))
        case _:
            raise SystemExit(f"there is no role {role}")
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    _say(port)
    while line := await reader.readline():
        command, *words = line.decode().split()
        _say(await commands[command](words))


def _say(answer: object) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
