"""People who talk to the bots while the demo runs: one on Telegram, one on Slack, one on Discord.

Each adds an alert in words of their own (with a slip first), is told in the crash, snoozes it, asks why, and looks
whether alertd still knows it after it was killed. They are in the configuration's allow list, and need no codes.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from alertd.demo.expected import Below
from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.record import Received, Record
from alertd.demo.platforms.slack import SlackPlatform
from alertd.demo.platforms.slack_people import TEAM
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.demo.scenario import CHATTERS, Chatter, Watch

PATIENCE = 3.0
"""Seconds that somebody looks at the screen before they try again."""
TRIES = 4
_LOOK = 0.02


class Seen(Protocol):
    """A message on somebody's screen."""

    @property
    def text(self) -> str: ...
    @property
    def callbacks(self) -> tuple[tuple[str, str], ...]: ...


class Account(Protocol):
    """Somebody on a platform; neither method waits for an answer. Both raise where nothing comes through just now:
    ConnectionError, or LookupError for a button that is not there."""

    async def says(self, line: str) -> None: ...

    async def presses(self, button: str) -> None: ...

    def screen(self) -> Sequence[Seen]:
        """All that came, in order."""


@dataclass(slots=True)
class OnTelegram:
    platform: TelegramPlatform
    record: Record
    number: int

    async def says(self, line: str) -> None:
        self.platform.user(self.number).tells(f"/{line}")

    async def presses(self, button: str) -> None:
        self.platform.user(self.number).taps(button)

    def screen(self) -> Sequence[Seen]:
        return [each for each in self.record.received if (each.channel, each.address) == ("telegram", str(self.number))]


@dataclass(slots=True)
class OnSlack:
    platform: SlackPlatform
    id: str

    async def says(self, line: str) -> None:
        await self.platform.user(self.id).sends(f"/alertd {line}")

    async def presses(self, button: str) -> None:
        await self.platform.user(self.id).taps(button)

    def screen(self) -> Sequence[Seen]:
        return self.platform.user(self.id).seen


@dataclass(slots=True)
class OnDiscord:
    platform: DiscordPlatform
    id: str

    async def says(self, line: str) -> None:
        await self._listened()
        await self.platform.user(self.id).sends(f"/{line}")

    async def presses(self, button: str) -> None:
        await self._listened()
        await self.platform.user(self.id).taps(button)

    async def _listened(self) -> None:
        """Discord's own app says that the bot is away: nobody presses anything before it is back."""
        await self.platform.line.joined()
        await _until(lambda: bool(self.platform.commands))

    def screen(self) -> Sequence[Seen]:
        return self.platform.user(self.id).seen


@dataclass(frozen=True, slots=True)
class Utterance:
    """A line of a transcript: who said it (`alertd`, or their name), at which time of the market."""

    at: float
    who: str
    text: str


@dataclass(slots=True)
class Conversation:
    """One person's, from the first word to the last. `lines` are all that was said, `unanswered` what nobody answered
    as it had to be; both grow while `run` goes on. `said` is called with every line."""

    person: Chatter
    watch: Watch
    account: Account
    now: Callable[[], float]
    said: Callable[[Chatter, Utterance], None]
    lines: list[Utterance] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    finished: bool = False

    @property
    def missed(self) -> list[str]:
        """What was not answered, and whether it came to an end."""
        end = f"{self.person.name} on {self.person.channel}: the conversation did not come to its end"
        return self.unanswered if self.finished else [*self.unanswered, end]

    @property
    def commands(self) -> int:
        """Commands and buttons."""
        return sum(line.who == self.person.name for line in self.lines)

    async def run(self, begin: float, back: asyncio.Event) -> None:
        """From the market's moment `begin`; `back` is set once alertd has come back from its death."""
        await _until(lambda: self.now() >= begin)
        coin, number = self.watch.coins[0], self.watch.rule
        asks = self.watch.asks
        assert isinstance(asks, Below)  # noqa: S101  # `chats` makes no others
        line = self.person.words.format(coin=coin.lower(), level=f"{asks.level:.10g}")
        await self._says(line, "I do not know")
        fix = next((label for label, _ in self.account.screen()[-1].callbacks), "")
        await self._presses(fix, f"Alert #{number}: {coin}")
        await self._told(coin)
        await self._presses("Snooze 1 h", "Snoozed until")
        await self._presses("Why", "fired:")
        await back.wait()
        await self._says("alerts", f"#{number}  {coin}: ")
        self.finished = True

    async def _told(self, coin: str) -> None:
        """Until the alert has come."""
        self._note("alertd", await self._comes(0, (f"{coin} ", "[Snooze 1 h]")))

    async def _says(self, line: str, *expected: str) -> None:
        self._note(self.person.name, line)
        await self._answered(lambda: self.account.says(line), line, expected)

    async def _presses(self, button: str, *expected: str) -> None:
        self._note(self.person.name, f"[{button}]")
        await self._answered(lambda: self.account.presses(button), f"[{button}]", expected)

    async def _answered(self, act: Callable[[], object], what: str, expected: Sequence[str]) -> None:
        """Do it, and again where no answer comes: alertd may have been killed meanwhile."""
        before = len(self.account.screen())
        for _ in range(TRIES):
            with suppress(ConnectionError, LookupError, TimeoutError):
                done = act()
                if asyncio.iscoroutine(done):
                    await done
                async with asyncio.timeout(PATIENCE):
                    self._note("alertd", await self._comes(before, expected))
                    return
        self.unanswered.append(f"{self.person.name} on {self.person.channel}: {what}")

    async def _comes(self, since: int, expected: Sequence[str]) -> str:
        await _until(lambda: self._shown(since, expected) is not None)
        return self._shown(since, expected) or ""

    def _shown(self, since: int, expected: Sequence[str]) -> str | None:
        """The first message since then in which all of that stands, as a line."""
        for seen in self.account.screen()[since:]:
            text = seen.text + "".join(f" [{label}]" for label, _ in seen.callbacks)
            if all(part in text for part in expected):
                return _in_a_line(seen, expected[0])
        return None

    def _note(self, who: str, text: str) -> None:
        line = Utterance(self.now(), who, text)
        self.lines.append(line)
        self.said(self.person, line)


async def _until(true: Callable[[], bool]) -> None:
    """Screens ring no bell: they are looked at, often."""
    while True:
        if true():
            return
        await asyncio.sleep(_LOOK)


def _in_a_line(seen: Seen, matter: str) -> str:
    """The line that it is about, and where it is a slip the button that helps."""
    rows = [row.strip() for row in seen.text.splitlines() if row.strip()]
    line = next((row for row in rows if matter in row), rows[0])
    buttons = "".join(f"  [{label}]" for label, _ in seen.callbacks[:1]) if line.startswith("I do not know") else ""
    return line + buttons


def allowed() -> dict[str, list[str]]:
    """The allow list of the configuration."""
    return {each.channel: [f"{TEAM}/{each.id}" if each.channel == "slack" else each.id] for each in CHATTERS}


def is_talk(received: Received) -> bool:
    """True for what somebody who talks was shown."""
    return any(received.channel == each.channel and received.address in each.addresses for each in CHATTERS)
