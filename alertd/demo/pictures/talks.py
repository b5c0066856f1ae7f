"""Somebody's conversation with alertd on each platform: a real daemon, and what the loopback platforms got of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from alertd.clock import SystemClock
from alertd.demo.daemon import Daemon
from alertd.demo.feeds import CoinGeckoFeed
from alertd.demo.loopback import Keys, Platforms
from alertd.demo.market import MINUTE
from alertd.demo.pictures.paint import Shown
from alertd.demo.platforms.record import Received, Record
from alertd.demo.platforms.slack_people import TEAM
from alertd.demo.session import Session, generated
from alertd.sources.coins import CoinTable

ANN = {"telegram": "77", "slack": "U0LOOPANN", "discord": "200000000000000077"}
"""By what each platform knows her."""
SAID = {"telegram": "/alert BTC -3% 1h", "slack": "/alert BTC < 68.5k", "discord": "/alert BTC -3% 1h"}
SPEED = 120.0
"""Seconds of the market in one of ours."""
BEFORE = 90 * MINUTE
"""So long before the steepest moment it begins."""
PATIENCE = 90.0
"""Seconds that an alert, a chart or a reply may take."""
CHART = 15.0
"""The same for its chart, which comes after it."""


class Person(Protocol):
    """On each platform: says and presses, and reads what comes back."""

    async def says(self, text: str) -> Any: ...
    async def presses(self, button: str) -> Any: ...


class Screen:
    """What one person sees on one platform: each message as it stands in the end."""

    def __init__(self, channel: str, record: Record, person: Person) -> None:
        self.channel = channel
        self._record = record
        self._person = person
        self._said: list[tuple[int, str]] = []

    async def converse(self) -> Sequence[Shown]:
        """Add an alert, get it in the crash with its chart, snooze it, ask why."""
        self._note(SAID[self.channel])
        await self._person.says(SAID[self.channel])
        alert = await self._until(_snoozed_by, PATIENCE)
        if alert is None:
            raise TimeoutError(f"{self.channel}: no alert came")
        await self._until(lambda got: bool(got.picture), CHART)
        await self._person.presses(_snoozed_by(alert))
        await self._person.presses("Why")
        return self._shown()

    def _note(self, text: str) -> None:
        self._said.append((len(self._record.received), text))

    async def _until(self, enough: Callable[[Received], object], within: float) -> Received | None:
        """The first message here that is so, None where none comes."""
        try:
            async with asyncio.timeout(within):
                return await first(self._record, lambda got: got.channel == self.channel and enough(got))
        except TimeoutError:
            return None

    def _shown(self) -> Sequence[Shown]:
        """In the order of their beginnings; an edit changes what was there, a picture stays."""
        shown: dict[str, tuple[float, Shown]] = {
            f"mine {at}": (at - 0.5, Shown(text, mine=True)) for at, text in self._said
        }
        for at, got in enumerate(self._record.received):
            if got.channel != self.channel:
                continue
            began, before = shown.get(got.edits or got.ref, (float(at), Shown("")))
            labels = tuple(label for label, _ in (*got.callbacks, *got.buttons))
            shown[got.edits or got.ref or str(at)] = (
                began,
                Shown(got.text or before.text, buttons=labels, picture=got.picture or before.picture),
            )
        return [message for _, message in sorted(shown.values(), key=lambda each: each[0])]


def _snoozed_by(got: Received) -> str:
    """The label of the button that snoozes it, "" where it has none."""
    return next((label for label, _ in got.callbacks if label.startswith("Snooze")), "")


async def first(record: Record, enough: Callable[[Received], object]) -> Received:
    """The first that any platform gets, or has got, that is so."""
    at = 0
    while True:
        await record.arrived(at + 1)
        if enough(record.received[at]):
            return record.received[at]
        at += 1


async def talks() -> dict[str, Sequence[Shown]]:
    """What was seen on each platform. Raises TimeoutError where something did not come."""
    with TemporaryDirectory(prefix="alertd-pictures-") as folder:
        return await _played(Path(folder))


class Stage:
    """The loopback platforms and prices, and a configuration in `folder` that leads alertd to them; the clock shows
    `shows` at `real`."""

    def __init__(self, session: Session, folder: Path, *, real: float, shows: float) -> None:
        self._folder = folder
        self._clock = {"real": repr(real), "shows": repr(shows), "speed": repr(session.speed)}
        clock = SystemClock(real=real, shows=shows, speed=session.speed)
        self.record = Record(now=clock.now)
        keys = self._keys = Keys(folder)
        ids = CoinTable.shipped().ids("coingecko")
        self._prices = CoinGeckoFeed(session.market, Record(now=clock.now), ids, keys={keys["coingecko"]})
        self.platforms = Platforms(self.record, keys, speed=session.speed)
        self.servers = (self._prices, *self.platforms.servers)

    def people(self) -> dict[str, Person]:
        return {
            "telegram": self.platforms.telegram.user(int(ANN["telegram"]), "Ann"),
            "slack": self.platforms.slack.user(ANN["slack"], "ann"),
            "discord": self.platforms.discord.user(ANN["discord"], "ann"),
        }

    def write(self) -> Path:
        """Keys, a rule and the configuration; returns its path. The platforms have to be up."""
        self._keys.write()
        rule = {"name": "btc-falls", "symbols": "BTC", "when": "price down 3% in 1h", "notify": "ann"}
        (self._folder / "rules.yaml").write_text(json.dumps({"version": "1", "rules": [rule]}), encoding="utf-8")
        prices = {"url": self._prices.api, "plan": "demo", "keys": [self._keys.file("coingecko")], "every": "30s"}
        config = {
            "version": "1",
            "rules": ["rules.yaml"],
            "clock": self._clock,
            "sources": {"coingecko": prices},
            "coins": {"BTC": {"coingecko": str(self._prices.ids["BTC"])}},
            "channels": self.platforms.channels(),
            "receivers": {"ann": {"email": "ann@desk.example"}},
            "chat": {
                "key": self._keys.file("chat"),
                "allow": {name: [f"{TEAM}/{who}" if name == "slack" else who] for name, who in ANN.items()},
            },
            "http": "off",
            "outbox_age": "off",
        }
        path = self._folder / "alertd.yaml"
        path.write_text(json.dumps(config), encoding="utf-8")
        return path


async def _played(folder: Path) -> dict[str, Sequence[Shown]]:
    session = replace(generated(), speed=SPEED)
    stage = Stage(session, folder, real=time.time(), shows=session.steepest - BEFORE)
    async with AsyncExitStack() as stack:
        for server in stage.servers:
            await stack.enter_async_context(server)
        daemon = Daemon(stage.write(), lambda _: None)
        stack.push_async_callback(daemon.end)
        await daemon.start()
        await stage.platforms.discord.line.joined()
        screens = [Screen(name, stage.record, person) for name, person in stage.people().items()]
        seen = await asyncio.gather(*(screen.converse() for screen in screens))
        async with asyncio.timeout(PATIENCE):
            await first(stage.record, lambda got: got.channel == "email")
        shown = {screen.channel: each for screen, each in zip(screens, seen, strict=True)}
        return shown | {"email": [_mail(stage.platforms.email.mails[0])]}


def _mail(mail: EmailMessage) -> Shown:
    text, picture = "", b""
    for part in mail.walk():
        if part.get_content_type() == "text/plain" and not text:
            text = str(part.get_content()).replace("\r", "").removeprefix(str(mail["Subject"])).strip()
        if part.get_content_type() == "image/png":
            picture = bytes(part.get_payload(decode=True) or b"")
    return Shown(f"{mail['Subject']}\nFrom: {mail['From']}\n\n{text}", picture=picture)
