"""People who talk to the bots while the demo runs: one on Telegram, one on Slack, one on Discord.

Each adds an alert in words of their own (with a slip first), is told in the crash, snoozes it, asks why, and looks
whether alertd still knows it after it was killed. They are in the configuration's allow list, and need no codes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.discord_people import DiscordUser
from alertd.demo.platforms.people import Onlooker, Seen, Shown
from alertd.demo.platforms.record import Received
from alertd.demo.platforms.slack_people import TEAM, SlackUser
from alertd.demo.platforms.telegram_people import User
from alertd.demo.scenario import CHATTERS, Chatter, Wish

PATIENCE = 5.0
"""Seconds that somebody looks at the screen before they try again."""
BREATH = 0.05
"""The same after something that did not come through: the lines of a platform are mended meanwhile."""


class Account(Protocol):
    """Somebody on a platform; neither method waits for an answer. Both raise where nothing comes through just now:
    ConnectionError, LookupError for a button that is not there, or ValueError for a command that is not."""

    @property
    def user(self) -> Onlooker[Received] | Onlooker[Seen]: ...

    async def says(self, line: str) -> None: ...

    async def presses(self, button: str) -> None: ...


@dataclass(frozen=True, slots=True)
class OnTelegram:
    user: User

    async def says(self, line: str) -> None:
        self.user.tells(f"/{line}")

    async def presses(self, button: str) -> None:
        self.user.taps(button)


@dataclass(frozen=True, slots=True)
class OnSlack:
    user: SlackUser

    async def says(self, line: str) -> None:
        await self.user.sends(f"/alertd {line}")

    async def presses(self, button: str) -> None:
        await self.user.taps(button)


@dataclass(frozen=True, slots=True)
class OnDiscord:
    user: DiscordUser
    platform: DiscordPlatform

    async def says(self, line: str) -> None:
        await self.platform.line.joined()  # before, Discord's own app says that the bot is away
        await self.user.sends(f"/{line}")

    async def presses(self, button: str) -> None:
        await self.platform.line.joined()
        await self.user.taps(button)


@dataclass(frozen=True, slots=True)
class Utterance:
    """A line of a transcript: who said it (`alertd`, or their name), at which time of the market."""

    at: float
    who: str
    text: str


@dataclass(slots=True)
class Conversation:
    """One person's, from the first word to the last: `lines` are all that was said, and grow while `run` goes on.
    `said` is called with every line."""

    wish: Wish
    account: Account
    now: Callable[[], float]
    said: Callable[[Chatter, Utterance], None]
    lines: list[Utterance] = field(default_factory=list)
    waits: str = "to begin"
    """What for; "" once it has come to its end."""

    @property
    def person(self) -> Chatter:
        return self.wish.person

    @property
    def missed(self) -> list[str]:
        """What was not answered as it had to be."""
        return [f"{self.person.name} on {self.person.channel} still waits {self.waits}"] if self.waits else []

    async def run(self, back: asyncio.Event) -> None:
        """All of it; `back` is set once alertd has come back from its death."""
        coin, number = self.wish.coin, self.wish.number
        slip = await self._says(self.wish.words, "I do not know")
        fix = next((label for label, _ in slip.callbacks), "")
        await self._presses(fix, f"Alert #{number}: {coin}")
        self.waits = "for the alert"
        await self._hears(0, (f"{coin} ", "[Snooze 1 h]"))
        await self._presses("Snooze 1 h", "Snoozed until")
        await self._presses("Why", "fired:")
        self.waits = "for alertd to come back"
        await back.wait()
        await self._says("alerts", f"#{number}  {coin}: ")
        self.waits = ""

    async def _says(self, line: str, *expected: str) -> Shown:
        return await self._answered(self.account.says, line, line, expected)

    async def _presses(self, button: str, *expected: str) -> Shown:
        return await self._answered(self.account.presses, button, f"[{button}]", expected)

    async def _answered(
        self, act: Callable[[str], Awaitable[None]], what: str, shown: str, expected: tuple[str, ...]
    ) -> Shown:
        """Do it, and again where no answer comes: alertd may have been killed meanwhile."""
        self._note(self.person.name, shown)
        self.waits = f"for an answer to {shown}"
        before = len(self.account.user.seen)
        while True:
            with suppress(ConnectionError, LookupError, TimeoutError, ValueError):
                await act(what)
                async with asyncio.timeout(PATIENCE):
                    return await self._hears(before, expected)
            await asyncio.sleep(BREATH)

    async def _hears(self, since: int, expected: tuple[str, ...]) -> Shown:
        """The first message since then in which all of that stands."""

        def fits(message: Shown) -> bool:
            text = message.text + "".join(f" [{label}]" for label, _ in message.callbacks)
            return all(part in text for part in expected)

        message = await self.account.user.sees(fits, since)
        self._note("alertd", _in_a_line(message, expected[0]))
        return message

    def _note(self, who: str, text: str) -> None:
        line = Utterance(self.now(), who, text)
        self.lines.append(line)
        self.said(self.person, line)


def _in_a_line(seen: Shown, matter: str) -> str:
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
