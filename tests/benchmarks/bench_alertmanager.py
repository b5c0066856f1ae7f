"""200 firings a second by webhook, beside Debian's Alertmanager: CPU per firing, and how long until the webhook has
it.

Ten firings every 50 ms, each a message of its own, for both in turns. Ours: a real `alertd run`, which asks a
loopback exchange for the prices of 100 coins; ten of them stand above their level, and each tells an endpoint of its
own, for alertd keeps the order of each endpoint and every message is durable before it leaves. Theirs: the same
firings pushed to `/api/v2/alerts` in one request, without history, group_wait 0, a group for each alert, one
endpoint. A firing is late by the time from its turn to the first byte of its webhook at the server; CPU is that of
the process, all threads.
"""

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from tests.benchmarks.bench_latency import p99
from tests.benchmarks.loopback import Loopback, cpu_of
from tests.benchmarks.servers import BEAT, COINS, EACH, HIGH
from tests.benchmarks.table import PAIRS, Row, note, tell

TARGET_CPU, TARGET_P99 = 0.5, 1.0
REASON_CPU = (
    "of 1.0 ms, roughly, the writer takes 0.25 (event, item, delivery, attempt, end, syncs), the tick 0.35,"
    " drawing and request 0.2, the poll 0.1, log lines 0.1: theirs are not stored first"
)
REASON_P99 = "ten that fire together wait for two syncs of the disk one after the other, theirs for none"
TURNS = 40
"""Of the schedule, in each window: 2 s."""

BINARY = "prometheus-alertmanager"
_ROOT = Path(__file__).parents[2]
_PATIENCE = 30.0
_ROUTE = """
route: {{receiver: sink, group_by: ['...'], group_wait: 0s, group_interval: 1h, repeat_interval: 24h}}
receivers: [{{name: sink, webhook_configs: [{{url: "{url}/hook", send_resolved: false}}]}}]
"""


class Process:
    """A program in a folder of its own, ready to be used inside `with`; its log is added to an error."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        self._folder, self._command = folder, command
        folder.mkdir()

    def __enter__(self) -> Self:
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(self._command, cwd=_ROOT, stdout=log, stderr=log)
        try:
            self.wait()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is not None:
            error.add_note((self._folder / "log").read_text()[-2000:])
        self._process.terminate()
        self._process.wait(_PATIENCE)

    @property
    def cpu(self) -> float:
        return cpu_of(self._process.pid)

    def wait(self) -> None:
        """Until it can be used."""

    def answers(self, url: str) -> None:
        """Wait until it does. Raises TimeoutError."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and self._process.poll() is None:
            try:
                urlopen(url, timeout=1).close()
            except (URLError, OSError):
                time.sleep(0.1)
            else:
                return
        raise TimeoutError(url)


class Alertd(Process):
    def __init__(self, folder: Path, stage: Loopback) -> None:
        self._port = _free_port()
        super().__init__(folder, [sys.executable, "-m", "alertd", "run", "--config", str(folder / "alertd.yaml")])
        (folder / "key").write_text("a-throw-away-key\n")
        coins = [f"C{number:02}" for number in range(COINS)]
        rules = [
            {"name": f"level-{coin}", "symbols": [coin], "when": f"price > {HIGH - 1000}", "notify": [f"of-{coin}"]}
            | {"say": "firing {price}", "already_true": "ignore"}
            for coin in coins
        ]
        config = {
            "version": 1,
            "rules": str(folder / "rules.yaml"),
            "state": str(folder / "alertd.db"),
            "sources": {"binance": {"url": stage.url, "every": "0.001s"}},
            "coins": {coin: {"binance": f"{coin}USDT"} for coin in coins},
            "channels": {"webhook": {"url": stage.url, "secret": f"file:{folder / 'key'}"}},
            "receivers": {f"of-{coin}": {"webhook": f"{stage.url}/hook/{coin}"} for coin in coins},
            "http": f"127.0.0.1:{self._port}",
            "runaway": "off",
            "storm": "off",
            "max_jump": "off",
            "stale_after": "1h",
        }
        (folder / "rules.yaml").write_text(json.dumps({"version": 1, "rules": rules}))
        (folder / "alertd.yaml").write_text(json.dumps(config))

    def wait(self) -> None:
        self.answers(f"http://127.0.0.1:{self._port}/readyz")


class Alertmanager(Process):
    def __init__(self, folder: Path, stage: Loopback) -> None:
        self.port = _free_port()
        super().__init__(
            folder,
            [
                BINARY,
                f"--config.file={folder / 'config.yml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--cluster.listen-address=",
            ],
        )
        (folder / "config.yml").write_text(_ROUTE.format(url=stage.url))

    def wait(self) -> None:
        self.answers(f"http://127.0.0.1:{self.port}/-/ready")


class Duel:
    """Both in turns on one stage; what each took, by window: seconds of CPU for a firing, and its seconds late."""

    def __init__(self, stage: Loopback, alertd: Alertd, other: Alertmanager) -> None:
        self.cpu: dict[str, list[float]] = {"ours": [], "theirs": []}
        self.late: dict[str, list[float]] = {"ours": [], "theirs": []}
        self._stage, self._alertd, self._other = stage, alertd, other
        self._next = 0

    def ours(self) -> None:
        self._stage.ask("calm")
        self._window("ours", self._alertd, "feed")
        self._stage.ask("calm")

    def theirs(self) -> None:
        self._window("theirs", self._other, "push", self._other.port)

    def _window(self, side: str, process: Process, command: str, *words: object) -> None:
        first, count = self._next, TURNS * EACH
        self._next += count
        cpu = process.cpu
        due = self._stage.ask(command, first, TURNS, *words)
        self._stage.until(count)
        self.cpu[side].append((process.cpu - cpu) / count)
        taken = self._stage.ask("taken")
        came = {number - HIGH: at for number, at in taken}
        assert sorted(came) == list(range(first, first + count)), side
        assert len(taken) == count, side
        self.late[side] += [came[number] - due[(number - first) // EACH] for number in sorted(came)]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def main() -> list[Row]:
    if shutil.which(BINARY) is None:
        note("  Alertmanager is not there: `make bench-peers` gets it")
        return []
    with (
        TemporaryDirectory(prefix="alertd-bench-") as name,
        Loopback("stage") as stage,
        Alertd(Path(name) / "alertd", stage) as alertd,
        Alertmanager(Path(name) / "alertmanager", stage) as other,
    ):
        duel = Duel(stage, alertd, other)
        for turn in range(PAIRS + 1):
            if turn == 1:
                for spent in (*duel.cpu.values(), *duel.late.values()):
                    spent.clear()  # that was the warm-up
            duel.ours()
            duel.theirs()
    ours, theirs = (median(duel.cpu[side]) for side in ("ours", "theirs"))
    late, their_late = (p99(duel.late[side]) for side in ("ours", "theirs"))
    half, their_half = (f"{1000 * median(duel.late[side]):.1f} ms" for side in ("ours", "theirs"))
    note(f"  {EACH} firings every {1000 * BEAT:.0f} ms; half of them came within {half} / {their_half}")
    return [
        tell(Row("200 firings/s, CPU of each / Alertmanager", ours, theirs, TARGET_CPU, REASON_CPU)),
        tell(Row("200 firings/s, p99 to the webhook / Alertmanager", late, their_late, TARGET_P99, REASON_P99)),
    ]


if __name__ == "__main__":
    sys.exit(any(row.missed for row in main()))
