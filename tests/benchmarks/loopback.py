"""Servers in a process of their own (see `servers`), asked by lines."""

import json
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_ROOT = Path(__file__).parents[2]
_PATIENCE = 120.0


def cpu_of(pid: int) -> float:
    """Seconds of CPU of all its threads, to the nanosecond: the clock of another process (clock_getcpuclockid)."""
    return time.clock_gettime(~pid << 3 | 2)


class Loopback:
    """Ends with the `with` block."""

    def __init__(self, role: str, *arguments: object) -> None:
        self._command = [sys.executable, "-m", "tests.benchmarks.servers", role, *map(str, arguments)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self._read())
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, command: str, *words: object) -> Any:
        self.tell(command, *words)
        return self._read()

    def tell(self, command: str, *words: object) -> None:
        """Ask, and read the answer later by `answer`."""
        pipe = self._process.stdin
        assert pipe
        pipe.write(f"{' '.join(map(str, (command, *words)))}\n".encode())
        pipe.flush()

    def answer(self) -> Any:
        return self._read()

    def until(self, count: int) -> None:
        """Wait until so many have come. Raises TimeoutError."""
        end = time.monotonic() + _PATIENCE
        while (came := self.ask("count")) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{came} of {count} came")
            time.sleep(0.02)

    def _read(self) -> Any:
        pipe = self._process.stdout
        assert pipe
        return json.loads(pipe.readline())
