"""sd_notify against a real datagram socket, a path's and an abstract one."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alertd.sdnotify import Systemd, watchdog_interval


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@alertd-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(name.replace("@", "\0", 1) if name[0] == "@" else name)
        sock.settimeout(5)
        yield name, sock


WORDS: list[tuple[str, Callable[[Systemd], None], str]] = [
    ("ready", lambda systemd: systemd.ready(), "READY=1"),
    ("ready with a status", lambda systemd: systemd.ready("3 rules\n1 source"), "READY=1\nSTATUS=3 rules 1 source"),
    ("stopping", lambda systemd: systemd.stopping(), "STOPPING=1"),
    ("watchdog", lambda systemd: systemd.watchdog(), "WATCHDOG=1"),
    ("status", lambda systemd: systemd.status("up"), "STATUS=up"),
]


@pytest.mark.parametrize(("say", "expected"), [case[1:] for case in WORDS], ids=[case[0] for case in WORDS])
def test_each_word_is_one_datagram(
    manager: tuple[str, socket.socket], say: Callable[[Systemd], None], expected: str
) -> None:
    name, sock = manager
    say(Systemd.of({"NOTIFY_SOCKET": name}))
    assert sock.recv(4096).decode() == expected


def test_reloading_carries_the_monotonic_time(manager: tuple[str, socket.socket]) -> None:
    name, sock = manager
    before = time.monotonic_ns() // 1000
    Systemd(name).reloading()
    state, stamp = sock.recv(4096).decode().split("\n")
    assert state == "RELOADING=1"
    assert before <= int(stamp.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000


def test_no_manager_or_a_dead_one_is_no_error(tmp_path: Path) -> None:
    Systemd.of({}).ready()
    Systemd(str(tmp_path / "nobody")).ready()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({}, None, id="no watchdog"),
        pytest.param({"WATCHDOG_USEC": "30000000"}, 15.0, id="half of what is allowed"),
        pytest.param({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0, id="ours"),
        pytest.param({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None, id="another process's"),
        pytest.param({"WATCHDOG_USEC": "soon"}, None, id="no number"),
        pytest.param({"WATCHDOG_USEC": "0"}, None, id="zero"),
    ],
)
def test_watchdog_interval(environ: dict[str, str], expected: float | None) -> None:
    assert watchdog_interval(environ) == expected
