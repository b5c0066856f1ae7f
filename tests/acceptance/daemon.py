"""A real `alertd` in a process of its own, its configuration, and everything that it says: log, output, sd_notify.

Nothing here sleeps: whoever waits, waits for a line, a datagram, a request or the end of the process, and not longer
than `PATIENCE`.
"""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import aiohttp

from alertd.storage.status import Status, read_status
from tests.acceptance.ticker import Ticker

PATIENCE = 30.0
"""Seconds after which a test has waited long enough for what must come."""

ALERTD = ("-m", "alertd")


class Said:
    """Lines in the order they came; whoever waits for one is woken by it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._more = asyncio.Event()

    def add(self, line: str) -> None:
        self.lines.append(line)
        self._more.set()

    async def until(self, enough: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not enough(self.lines):
                self._more.clear()
                await self._more.wait()

    async def has(self, text: str, *, times: int = 1) -> None:
        """Wait until so many lines hold the text."""
        await self.until(lambda lines: sum(text in line for line in lines) >= times)


class Daemon:
    """The process is started by `start` or `launch`, as often as wanted, and killed at the end of the `async with`."""

    def __init__(self, folder: Path, config: Mapping[str, object], rules: Sequence[Mapping[str, object]] = ()) -> None:
        self.folder = folder
        self.config = dict(config)
        self.log = Said()
        self.output = Said()
        self.notified = Said()
        self.http = ""
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        (folder / "rules").mkdir(exist_ok=True)
        self.write_rules(rules)
        self.write_config()

    async def __aenter__(self) -> Self:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.folder / "notify"))
        self._socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self._socket, self._notified)
        return self

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error:
            error.add_note("\n".join(["the daemon's log:", *self.log.lines[-30:]]))
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await asyncio.gather(*self._readers)
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    # ── what it is given ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def path(self) -> Path:
        return self.folder / "alertd.yaml"

    @property
    def state(self) -> Path:
        return self.folder / "alertd.db"

    def write_config(self, **changes: object) -> None:
        """JSON is YAML, too. Each start has a port of its own for its figures."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = f"127.0.0.1:{free.getsockname()[1]}"
        self.http = f"http://{address}"
        self.config |= {"version": 1, "http": address, "control": "control", **changes}
        self.path.write_text(json.dumps(self.config))

    def write_rules(self, rules: Sequence[Mapping[str, object]], **more: object) -> None:
        (self.folder / "rules" / "rules.yaml").write_text(json.dumps({"version": 1, "rules": list(rules), **more}))

    # ── its life ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def launch(self, *arguments: str, program: Sequence[str] = ALERTD, **environment: str) -> None:
        """Start it, and wait for nothing."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *program,
            "run",
            "--config",
            str(self.path),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"NOTIFY_SOCKET": str(self.folder / "notify"), "PATH": "/usr/bin:/bin", **environment},
            cwd=Path(__file__).parents[2],
        )
        streams = ((self._process.stdout, self.output), (self._process.stderr, self.log))
        self._readers += [asyncio.create_task(_read(stream, said)) for stream, said in streams if stream]

    async def start(self, *arguments: str, program: Sequence[str] = ALERTD, **environment: str) -> None:
        """Start it, and wait until it watches."""
        before = sum("READY=1" in line for line in self.notified.lines)
        await self.launch(*arguments, program=program, **environment)
        assert self._process is not None
        ready = asyncio.ensure_future(self.notified.has("READY=1", times=before + 1))
        over = asyncio.ensure_future(self._process.wait())
        await asyncio.wait((ready, over), return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if self._process.returncode is not None:
            ready.cancel()
            raise AssertionError("it ended")
        await ready

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Its exit code, once it has ended and all it said was read; minus the signal that killed it."""
        assert self._process is not None
        async with asyncio.timeout(PATIENCE):
            code = await self._process.wait()
            await asyncio.gather(*self._readers)
        return code

    async def kill(self) -> None:
        """kill -9: no goodbye."""
        self.send(signal.SIGKILL)
        assert await self.ended() == -signal.SIGKILL

    async def stop(self) -> int:
        self.send(signal.SIGTERM)
        return await self.ended()

    # ── what it says ─────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its log so far; what is no JSON (a traceback of the interpreter itself) has only a message."""
        return [json.loads(line) if line.startswith("{") else {"message": line} for line in self.log.lines]

    def status(self) -> Status:
        return read_status(self.state, events=1000)

    async def get(self, path: str) -> tuple[int, str]:
        """(status, body) of its health server."""
        async with aiohttp.ClientSession() as session, session.get(self.http + path) as response:
            return response.status, await response.text()

    async def command(self, *arguments: str) -> tuple[int, str]:
        """(exit code, output and errors) of another `alertd` command with the same configuration."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *ALERTD,
            *arguments,
            "--config",
            str(self.path),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(PATIENCE):
            output, _ = await process.communicate()
        return process.returncode or 0, output.decode()

    def _notified(self) -> None:
        self.notified.add(self._socket.recv(4096).decode())


async def _read(stream: asyncio.StreamReader, said: Said) -> None:
    while line := await stream.readline():
        said.add(line.decode().rstrip("\n"))


def rule(name: str, when: str, **more: object) -> dict[str, object]:
    """A rule on bitcoin, told to `me`."""
    return {"name": name, "symbols": ["BTC"], "when": when, "notify": ["me"], **more}


def watching(ticker: Ticker, webhook: str, folder: Path, **more: object) -> dict[str, object]:
    """The smallest configuration: one source, one channel (its signing secret is `a-secret`), one receiver."""
    (folder / "key").write_text("a-secret\n")
    return {
        "sources": {"binance": {"url": ticker.url, "every": "0.05s"}},
        "channels": {"webhook": {"url": webhook, "secret": f"file:{folder / 'key'}"}},
        "receivers": {"me": {"webhook": "default"}},
        "stale_after": "7d",  # a busy machine is not what is tried here
        "chart": "off",
        **more,
    }
