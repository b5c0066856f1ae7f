"""A daemon that listens on Telegram, Slack and Discord, and people who talk to it there as they would in life."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from alertd.cli.options import answer_of
from tests.acceptance.world import WAYS, World, watch, world

PATIENCE = 15.0
"""Seconds that somebody looks at the screen for an answer."""

ROOMS = {"telegram": "-1002000000001", "slack": "C0TRADERS01", "discord": "912345678901234567"}
"""A group on each platform."""

PLATFORMS = tuple(ROOMS)

OF_FILES = watch("of-files", "price > 100000", "BTC", "ETH", "SOL", notify=["books"])
"""A rule that has the prices polled from the start."""

URGENT = watch("urgent", "price > 400", "XRP", "ADA", notify=())
"""One that is told the group, and half an hour later to others, unless somebody acknowledges it."""


class Shown(Protocol):
    """A message on a screen."""

    @property
    def text(self) -> str: ...
    @property
    def callbacks(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def picture(self) -> bytes: ...


class Account(Protocol):
    """Somebody on one platform, who says and presses without waiting."""

    async def says(self, line: str, chat: str) -> None: ...

    async def presses(self, button: str, chat: str) -> None: ...

    async def drops(self, name: str, content: bytes) -> None: ...

    def screen(self) -> Sequence[Shown]:
        """All that came to it."""

    async def news(self) -> None:
        """Returns when something may have come."""


class There:
    """What accounts of all platforms have in common."""

    world: World

    async def news(self) -> None:
        await something_new(self.world)


async def something_new(world: World) -> None:
    """Until a platform has taken a message, or a moment has passed: of files it says nothing."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.05):
            world.news.clear()
            await world.news.wait()


@dataclass
class Speaker:
    """Somebody who reads everything that comes, each thing once."""

    account: Account
    ids: tuple[str, ...]
    """By which the platform knows them and where they are reached: nobody else is to learn that."""
    _read: int = 0

    async def asks(self, line: str, *expected: str, chat: str = "") -> str:
        """Say a line; what comes back, once all that is expected stands in it."""
        self._read = len(self.account.screen())
        await self.account.says(line, chat)
        return await self.reads(*expected, about=line)

    async def taps(self, button: str, *expected: str, chat: str = "") -> str:
        """The same for the latest button of that label."""
        self._read = len(self.account.screen())
        await self.account.presses(button, chat)
        return await self.reads(*expected, about=f"[{button}]")

    async def gives(self, name: str, content: str, *expected: str) -> str:
        """The same for a file."""
        self._read = len(self.account.screen())
        await self.account.drops(name, content.encode())
        return await self.reads(*expected, about=f"({name})")

    async def says(self, line: str, chat: str = "") -> None:
        await self.account.says(line, chat)

    async def reads(self, *expected: str, about: str = "") -> str:
        """What comes from here on, until all that is expected stands in it: a picture may come after its text."""
        passed: list[str] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while True:
                    for shown in self.account.screen()[self._read :]:
                        self._read += 1
                        passed.append(told(shown))
                        if all(part.casefold() in "\n".join(passed).casefold() for part in expected):
                            return "\n".join(passed)
                    await self.account.news()
        raise AssertionError(f"{about!r} led to {passed}, and not to {expected}")

    @property
    def texts(self) -> list[str]:
        return [told(shown) for shown in self.account.screen()]


def told(shown: Shown) -> str:
    """All that can be read, with the buttons in brackets, and what is attached."""
    buttons = "".join(f" [{label}]" for label, _ in shown.callbacks)
    name, content = getattr(shown, "file", None) or ("", b"")
    attached = f"\n{name}\n{content.decode()}" if name else ""
    return shown.text + buttons + attached + ("\n(picture)" if shown.picture else "")


@dataclass
class OnTelegram(There):
    """`_seen` has what came and what was handed over, in that order; so many of each are in it."""

    world: World
    number: int
    _seen: list[Shown] = field(default_factory=list)
    _messages: int = 0
    _files: int = 0

    async def says(self, line: str, chat: str) -> None:
        name, blank, rest = line.partition(" ")
        text = f"/{name.replace('-', '_')}{blank}{rest}"
        self.world.telegram.user(self.number).tells(text, chat)

    async def presses(self, button: str, chat: str) -> None:
        self.world.telegram.user(self.number).taps(button, chat)

    async def drops(self, name: str, content: bytes) -> None:
        self.world.telegram.user(self.number).drops(name, content)

    def screen(self) -> Sequence[Shown]:
        messages, files = self.world.at("telegram"), self.world.telegram.files
        mine = (str(self.number), ROOMS["telegram"])
        self._seen += [each for each in messages[self._messages :] if each.address in mine]
        self._seen += [
            Document(f"{name}\n{content.decode()}") for to, name, content in files[self._files :] if to in mine
        ]
        self._messages, self._files = len(messages), len(files)
        return self._seen


@dataclass(frozen=True)
class Document:
    text: str
    callbacks: tuple[tuple[str, str], ...] = ()
    picture: bytes = b""


@dataclass
class OnSlack(There):
    world: World
    id: str

    async def says(self, line: str, chat: str) -> None:
        user = self.world.slack.user(self.id)
        if chat or "\n" in line:
            await user.sends(f"@alertd {line}" if chat else line, chat)
        else:
            await user.sends(f"/alertd {line}")

    async def presses(self, button: str, chat: str) -> None:
        await self.world.slack.user(self.id).taps(button)

    async def drops(self, name: str, content: bytes) -> None:
        await self.world.slack.user(self.id).drops((name, content))

    def screen(self) -> Sequence[Shown]:
        return list(self.world.slack.user(self.id).seen)


@dataclass
class OnDiscord(There):
    world: World
    id: str

    async def says(self, line: str, chat: str) -> None:
        await self.world.discord.line.joined()
        await self.world.discord.user(self.id).sends("/" + line.replace("\n", " ", 1), chat)

    async def presses(self, button: str, chat: str) -> None:
        await self.world.discord.user(self.id).taps(button)

    async def drops(self, name: str, content: bytes) -> None:
        await self.world.discord.line.joined()
        await self.world.discord.user(self.id).drops(name, content)

    def screen(self) -> Sequence[Shown]:
        return list(self.world.discord.user(self.id).seen)


@dataclass
class Town:
    """The daemon with people around it: `somebody` new on a platform, whom nobody has let in. `chat` is that section
    of its configuration, as it is read at the next start."""

    world: World
    control: Path
    chat: dict[str, object]
    _born: int = 0

    def somebody(self, platform: str) -> Speaker:
        """A stranger, who has opened the bot's chat and joined the group."""
        self._born += 1
        the, tail = self.world, f"{secrets.randbelow(10**6):06}{self._born}"
        if platform == "telegram":
            number = int(f"70{tail}")
            the.telegram.user(number).started = True
            return Speaker(OnTelegram(the, number), (str(number),))
        if platform == "slack":
            id = f"U0{tail}"
            the.slack.user(id)
            the.slack.rooms.setdefault(ROOMS["slack"], set()).add(id)
            return Speaker(OnSlack(the, id), (id,))
        id = f"41234567890{tail}"
        user = the.discord.user(id)
        the.discord.screen.join(ROOMS["discord"], user)
        return Speaker(OnDiscord(the, id), (id, user.direct))

    async def code(self, platform: str) -> str:
        """A one-time code of the operator's, as `alertd connect` asks for it."""
        answer = await answer_of(self.control, "chat-code", {"channel": platform, "by": "operator"})
        return str(answer["code"])

    async def owner(self, platform: str) -> Speaker:
        """Somebody who has come with it."""
        found = self.somebody(platform)
        await found.asks(f"start {await self.code(platform)}", "an owner")
        return found

    async def listening(self, platform: str) -> None:
        """Returns once that platform's bot hears."""
        async with asyncio.timeout(PATIENCE):
            if platform == "telegram":
                await self.world.telegram.served_of("getUpdates", 1)
            elif platform == "slack":
                await self.world.slack.line.listened()
            else:
                await self.world.discord.line.joined()
                while not self.world.discord.commands:
                    await something_new(self.world)


@asynccontextmanager
async def town(
    folder: Path,
    platforms: Sequence[str] = PLATFORMS,
    *,
    rules: Sequence[Mapping[str, object]] = (OF_FILES,),
    urgent: bool = False,
    chat: Mapping[str, object] | None = None,
    start: bool = True,
    speed: float = 1.0,
    operator: Sequence[str] = (),
) -> AsyncIterator[Town]:
    """The bots of these platforms listen. `chat` adds to that section. `urgent` adds that rule, with its way."""
    app = secrets.token_hex(12)
    (folder / "app").write_text(app)
    (folder / "seal").write_text(secrets.token_hex(32))
    told: dict[str, object] = {
        "key": f"file:{folder / 'seal'}",
        "channels": list(platforms),
        "commands": "1000/m",
        **(chat or {}),
    }
    room = {"room": {name: ROOMS[name] for name in platforms}}
    way: dict[str, Any] = {"route": {"to": ["room"], "escalate": {"to": ["post"], "after": "30m"}}} if urgent else {}
    async with world(
        folder,
        [*rules, URGENT] if urgent else rules,
        receivers={**WAYS, **room} if urgent else WAYS,
        **way,
        channels={"slack": {"app_token": f"file:{folder / 'app'}"}},
        speed=speed,
        operator=list(operator),
        chat=told,
    ) as the:
        the.slack.app_token = app
        if start:
            await the.start()
        yield Town(the, the.daemon.folder / "control", told)
