"""`alertd run` as a process of its own: started, killed, started again, stopped; and what its log says."""

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alertd.errors import AlertdError

PATIENCE = 20.0
"""Seconds that the daemon gets to start, and to end."""

Line = dict[str, Any]
"""One line of its log, see `alertd.logs`: time, level, logger, message, and what belongs to it."""


async def start_takes() -> float:
    """Seconds that this machine, as busy as it is, takes to import what a daemon does: most of its start."""
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import alertd.app.daemon", stdin=DEVNULL)
    await process.wait()
    return time.monotonic() - began


class Daemon:
    """One daemon at a time, by its configuration. `on_line` is called with every line that it logs."""

    def __init__(self, config: Path, on_line: Callable[[Line], None]) -> None:
        self._config = config
        self._on_line = on_line
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._watching = asyncio.Event()
        self._gone = asyncio.Event()
        self._last: deque[str] = deque(maxlen=12)

    @property
    def pid(self) -> int:
        """Of the one that runs, 0 if none does."""
        return self._process.pid if self._process and not self._gone.is_set() else 0

    async def start(self) -> None:
        """Returns when it watches. Raises AlertdError, with the end of its log, if it does not come to that."""
        self._watching.clear()
        self._gone.clear()
        self._process = await self._alertd("run", stdout=DEVNULL, stderr=PIPE)
        self._reader = asyncio.create_task(self._read(self._process))
        waiting = [asyncio.create_task(event.wait()) for event in (self._watching, self._gone)]
        await asyncio.wait(waiting, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        if not self._watching.is_set() or self._gone.is_set():
            raise self.failure("the daemon did not start")

    def kill(self) -> None:
        """At once, as a power cut would: it learns nothing of it."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)

    async def died(self) -> None:
        """Returns when the one that ran is gone."""
        await self._gone.wait()

    async def stop(self) -> int:
        """SIGTERM, and the exit code that it ends with. Raises AlertdError if it does not end."""
        if self._process is None:
            return 0
        if self.pid:
            os.kill(self.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._gone.wait()
        except TimeoutError:
            raise self.failure("the daemon did not end") from None
        return self._process.returncode or 0

    async def says(self, *arguments: str) -> str:
        """What another command says, with the same configuration; "" where it fails."""
        process = await self._alertd(*arguments, stdout=PIPE, stderr=DEVNULL)
        said, _ = await process.communicate()
        return said.decode() if not process.returncode else ""

    async def end(self) -> None:
        """Whatever happened: afterwards there is none."""
        self.kill()
        if self._reader is not None:
            await self._reader

    async def _alertd(self, *arguments: str, stdout: int, stderr: int) -> asyncio.subprocess.Process:
        command = (sys.executable, "-m", "alertd", *arguments, "--config", str(self._config))
        # A session of its own: Ctrl-C on the terminal is for the demo, which sees to its daemon itself.
        return await asyncio.create_subprocess_exec(
            *command, cwd=self._config.parent, stdin=DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
        )

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        log = process.stderr
        while log is not None and (content := await log.readline()):
            text = content.decode(errors="replace").rstrip()
            self._last.append(text)
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if str(line.get("message", "")).startswith("watching:"):
                self._watching.set()
            self._on_line(line)
        await process.wait()
        self._gone.set()

    def failure(self, text: str) -> AlertdError:
        """What to raise: the text, and the end of its log."""
        return AlertdError("\n  ".join([f"{text}; the end of its log:", *self._last]))
