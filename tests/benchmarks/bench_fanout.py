"""Fan-out: CPU per message of courier, store and channel, from messages that are committed to messages that are
settled.

Webhook, against a bare aiohttp loop: as many requests in flight, bytes made ahead, nothing kept of it, no retries,
limits or signatures; and against Apprise, which posts the same words by its json:// plugin to the same server. Email,
against aiosmtplib: as many connections, each reused, bytes made ahead. Servers are in a process of their own.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import ClientSession
from aiosmtplib import SMTP

from alertd.channels.email import Email, EmailSettings
from alertd.channels.email import compose as mail_of
from alertd.channels.webhook import IN_FLIGHT, Webhook, WebhookSettings
from alertd.channels.webhook import body as body_of
from alertd.dispatch.draw import Drawing
from alertd.dispatch.policy import Policy, Receiver
from alertd.model.notification import Content, Delivery, Destination, Queued
from tests.benchmarks.loopback import Loopback
from tests.benchmarks.office import Office, entry
from tests.benchmarks.table import PAIRS, Row, Stopwatch, note, tell

COUNT = 1000
"""Messages in each turn, each to another address."""
CONNECTIONS = 8
FEW = 200
"""Messages of a turn for Apprise, which takes long for each."""

WARM = 3
"""Turns that do not count: a key file is read again and again while it is two seconds young."""

SENDER = "alertd@desk.example"

TARGET, TARGET_APPRISE, TARGET_EMAIL = 1.25, 0.2, 1.25
REASONS = {
    "webhook": "in shares of the partner: the same request 1.1, drawing, JSON and signature 0.4, SQL of claim, attempt"
    " and end 0.6, the writer's thread and its syncs 0.5, what is left (courier, loop) 0.8",
    "apprise": "the same: SQL, thread, syncs and courier are as much as all that Apprise may take",
    "email": "the connection itself takes less than the partner (0.85), the mail's text 0.2; the rest is SQL and syncs:"
    " with eight in flight a transaction is shared by three or four mails only",
}

PEER = Path(__file__).parents[2] / ".peers" / "apprise" / "bin" / "python"


def drawn(channel: str, address: str) -> Delivery:
    """One of the messages, as the courier draws it."""
    now = 1_767_225_600.0
    policy = Policy(receivers={"desk": Receiver("desk", ())})
    content = Content((entry(1, now),))
    queued = Queued(64, "0a1b2c3d-1", "desk", channel, address, content, now, now, now + 3600)
    return Drawing(policy, b"")(queued, now)


class BareWebhook:
    """Workers that post bytes."""

    def __init__(self, ways: list[Destination]) -> None:
        self._urls = [way.address for way in ways]
        self._body = body_of(drawn("webhook", self._urls[0]))
        self._runner = asyncio.Runner()
        self._session = self._runner.run(self._open())

    async def _open(self) -> ClientSession:
        return ClientSession()

    def __call__(self) -> None:
        self._runner.run(self._work())

    async def _work(self) -> None:
        left = iter(self._urls)
        await asyncio.gather(*(self._post(left) for _ in range(IN_FLIGHT)))

    async def _post(self, left: Iterator[str]) -> None:
        headers = {"Content-Type": "application/json"}
        for url in left:
            async with self._session.post(url, data=self._body, headers=headers) as answer:
                assert answer.status == 200

    def close(self) -> None:
        self._runner.run(self._session.close())
        self._runner.close()


class BareMail:
    """Connections that send bytes, one mail after the other."""

    def __init__(self, port: int, ways: list[Destination]) -> None:
        self._recipients = [way.address for way in ways]
        self._mail = mail_of(drawn("email", self._recipients[0]), SENDER, 1_767_225_600.0)
        self._runner = asyncio.Runner()
        self._lines = self._runner.run(self._open(port))

    async def _open(self, port: int) -> list[SMTP]:
        lines = [SMTP(hostname="127.0.0.1", port=port, start_tls=False) for _ in range(CONNECTIONS)]
        for line in lines:
            await line.connect()
        return lines

    def __call__(self) -> None:
        self._runner.run(self._work())

    async def _work(self) -> None:
        left = iter(self._recipients)
        await asyncio.gather(*(self._send(line, left) for line in self._lines))

    async def _send(self, line: SMTP, left: Iterator[str]) -> None:
        for recipient in left:
            await line.sendmail(SENDER, [recipient], self._mail)

    def close(self) -> None:
        for line in self._lines:
            line.close()
        self._runner.close()


class Apprise:
    """A process with a Python of its own; it says how much CPU a turn took."""

    def __init__(self, url: str) -> None:
        script = Path(__file__).with_name("apprise_peer.py")
        arguments = [str(PEER), str(script), url.replace("http://", "json://"), str(FEW)]
        self._process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self) -> float:
        """Seconds of CPU for one message."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline()) / FEW

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def webhook(session: ClientSession, sink: Loopback, folder: Path) -> Webhook:
    (folder / "key").write_text("a-throw-away-key\n")
    settings = {"url": sink.url, "secret": f"file:{folder / 'key'}"}
    return Webhook("webhook", WebhookSettings.model_validate(settings), session)


def email(port: int) -> Email:
    settings = {"host": "127.0.0.1", "port": port, "tls": "none", "from": SENDER, "connections": CONNECTIONS}
    return Email("email", EmailSettings.model_validate(settings))


def measure(watch: Stopwatch, office: Office, ways: list[Destination], bare: Callable[[], None], channel: str) -> None:
    """One pair; what the couriers deliver is committed before the clock runs."""
    office.put(ways)
    watch(channel, lambda: office.deliver(len(ways)), times=len(ways))
    watch(f"bare {channel}", bare, times=len(ways))


def webhooks() -> list[Row]:
    watch = Stopwatch()
    with TemporaryDirectory(prefix="alertd-bench-") as name, Loopback("sink") as sink:
        folder = Path(name)
        ways = [Destination("webhook", f"{sink.url}/hook/{number}") for number in range(COUNT)]
        bare, apprise = BareWebhook(ways), Apprise(sink.url) if PEER.exists() else None
        with Office(folder / "alertd.db", lambda session: webhook(session, sink, folder)) as office:
            for turn in range(WARM + PAIRS):
                if turn == WARM:
                    watch.spent.clear()
                measure(watch, office, ways, bare, "webhook")
                if apprise:
                    watch.spent["apprise"].append(apprise())
                sink.ask("taken")
        bare.close()
        if apprise:
            apprise.close()
    ours = watch.median("webhook")
    rows = [Row("webhook, a message / bare aiohttp", ours, watch.median("bare webhook"), TARGET, REASONS["webhook"])]
    if apprise:
        theirs = watch.median("apprise")
        rows.append(Row("webhook, a message / Apprise", ours, theirs, TARGET_APPRISE, REASONS["apprise"]))
    else:
        note("  Apprise is not there: `make bench-peers` gets it")
    return [tell(row) for row in rows]


def mails() -> list[Row]:
    watch = Stopwatch()
    with TemporaryDirectory(prefix="alertd-bench-") as name, Loopback("mail") as server:
        ways = [Destination("email", f"desk-{number}@desk.example") for number in range(COUNT)]
        bare = BareMail(server.port, ways)
        with Office(Path(name) / "alertd.db", lambda _: email(server.port)) as office:
            for turn in range(WARM + PAIRS):
                if turn == WARM:
                    watch.spent.clear()
                measure(watch, office, ways, bare, "email")
        bare.close()
    ours, theirs = watch.median("email"), watch.median("bare email")
    return [tell(Row("email, a message / bare aiosmtplib", ours, theirs, TARGET_EMAIL, REASONS["email"]))]


def main() -> list[Row]:
    return [*webhooks(), *mails()]


if __name__ == "__main__":
    sys.exit(any(row.missed for row in main()))
