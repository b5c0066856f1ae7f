"""What systemd is told of the daemon's state: the datagrams of sd_notify(3) to $NOTIFY_SOCKET."""

import os
import socket
import time
from collections.abc import Mapping


class Systemd:
    """The service manager's end; without one (no address) every word goes nowhere.

    A manager that cannot be reached is no reason to stop watching prices: what it is not told is lost.
    """

    def __init__(self, address: str | None) -> None:
        # An abstract socket is written with an @ and has a zero byte in its place.
        self._address = f"\0{address[1:]}" if address and address[0] == "@" else address

    @classmethod
    def of(cls, environ: Mapping[str, str] | None = None) -> "Systemd":
        """The manager named by $NOTIFY_SOCKET."""
        return cls((os.environ if environ is None else environ).get("NOTIFY_SOCKET"))

    def ready(self, status: str = "") -> None:
        self._send("READY=1", status)

    def reloading(self) -> None:
        """A reload has begun; `ready` ends it. systemd matches it with its own clock, hence the time."""
        self._send("RELOADING=1", monotonic=time.monotonic_ns() // 1000)

    def stopping(self, status: str = "") -> None:
        self._send("STOPPING=1", status)

    def watchdog(self) -> None:
        """Still making progress."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send("", text)

    def _send(self, state: str, status: str = "", *, monotonic: int | None = None) -> None:
        lines = [state] if state else []
        if monotonic is not None:
            lines.append(f"MONOTONIC_USEC={monotonic}")
        if status:
            lines.append(f"STATUS={' '.join(status.split())}")
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)
                sock.sendto("\n".join(lines).encode(), self._address)
        except OSError:
            pass


def watchdog_interval(environ: Mapping[str, str] | None = None) -> float | None:
    """How often to feed systemd's watchdog, seconds: half of what it allows; None where this process has none."""
    environ = os.environ if environ is None else environ
    allowed, process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", str(os.getpid()))
    if not allowed.isdecimal() or int(allowed) == 0 or process != str(os.getpid()):
        return None
    return int(allowed) / 2e6
