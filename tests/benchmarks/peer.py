"""A Prometheus on the loopback, with what it scrapes: prices that change at every scrape, and thresholds."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.request import urlopen

BINARY = "prometheus"
WINDOW = 3
"""So many evaluations have one scrape of the thresholds among them: each stretch of that length costs the same."""

_PATIENCE = 60.0


def installed() -> bool:
    return shutil.which(BINARY) is not None


class Pages(ThreadingHTTPServer):
    """Serves `turns` one after the other, each path on its own count, and `thresholds` as they are."""

    daemon_threads = True

    def __init__(self, turns: Sequence[bytes], thresholds: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.turns = turns
        self.thresholds = thresholds
        self.served: dict[str, int] = {}
        self.held = False
        """Whether every scrape gets the last turn once more."""

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def page(self, path: str) -> bytes:
        if path == "/thresholds":
            return self.thresholds
        self.served[path] = self.served.get(path, -1) + (not self.held)
        return self.turns[self.served[path] % len(self.turns)]


class _Page(BaseHTTPRequestHandler):
    server: Pages

    def do_GET(self) -> None:
        body = self.server.page(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


_CONFIG = """
global: {{scrape_interval: {every}ms, scrape_timeout: {every}ms, evaluation_interval: {every}ms}}
rule_files: {rules}
scrape_configs:
  - job_name: price
    metrics_path: /{name}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
    metric_relabel_configs: [{{regex: "job|instance", action: labeldrop}}]
  - job_name: threshold
    scrape_interval: {rarely}ms
    scrape_timeout: {rarely}ms
    metrics_path: /thresholds
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
    metric_relabel_configs: [{{regex: "job|instance", action: labeldrop}}]
"""
_RULES = """
groups:
  - name: levels
    rules: [{{alert: level, expr: "{rule}"}}]
"""


class Prometheus:
    """One process of its own, on a free port and in a folder of its own; it ends with the `with` block.

    It scrapes and evaluates every so many milliseconds. `rule` is an expression, "" for none.
    """

    def __init__(self, name: str, folder: Path, pages: Pages, *, rule: str, every: int) -> None:
        home = folder / name
        home.mkdir()
        (home / "rules.yml").write_text(_RULES.format(rule=rule) if rule else "groups: []")
        rules = json.dumps([str(home / "rules.yml")])
        config = _CONFIG.format(name=name, port=pages.port, every=every, rarely=WINDOW * every, rules=rules)
        (home / "config.yml").write_text(config)
        self._home = home
        self._port = _free_port()

    def __enter__(self) -> Self:
        with (self._home / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    BINARY,
                    f"--config.file={self._home / 'config.yml'}",
                    f"--storage.tsdb.path={self._home / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self._port}",
                ],
                stdout=log,
                stderr=log,
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is not None:
            error.add_note((self._home / "log").read_text()[-2000:])
        self._process.terminate()
        self._process.wait(_PATIENCE)

    def cpu(self) -> float:
        """Seconds of CPU of all its threads, to the nanosecond: the clock of another process (clock_getcpuclockid)."""
        return time.clock_gettime(~self._process.pid << 3 | 2)

    def metric(self, name: str) -> float:
        """The sum over its labels; 0 where there is none yet."""
        found = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", self._get("/metrics"), re.MULTILINE)
        return sum(map(float, found))

    def firing(self) -> set[tuple[str, str]]:
        """Labels (coin, rule) of the alerts that fire."""
        alerts = json.loads(self._get("/api/v1/alerts"))["data"]["alerts"]
        return {(one["labels"]["coin"], one["labels"]["rule"]) for one in alerts if one["state"] == "firing"}

    def await_metric(self, name: str, least: float) -> None:
        """Raises TimeoutError if it does not get there."""
        end = time.monotonic() + _PATIENCE
        while self.metric(name) < least:
            if time.monotonic() > end:
                raise TimeoutError(f"{name} is still below {least:g}")
            time.sleep(0.1)

    def _get(self, path: str) -> str:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=_PATIENCE) as answer:
                    return str(answer.read(), "utf-8")
            except OSError:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.1)


def _free_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])
