"""People of Discord on loopback: the commands they fill in, the buttons they press, and what they see of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

PATIENCE = 5.0
"""Seconds that somebody looks at the screen for an answer."""

COMMAND, BUTTON, TYPING, WINDOW = 2, 3, 4, 5
"""Types of interactions."""

_COIN = re.compile(r"\s*(\w+|\S+)\s*(.*)", re.DOTALL)
"""Somebody who types `btc>70k` fills in `btc` and `>70k`."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A message on somebody's screen, in the channel `chat`; `callbacks` are buttons (label, data). `private` is seen
    by one person alone; `edited` stands in the place of what was there. `picture` and `file` (name, content) where it
    has them."""

    text: str
    chat: str
    ref: str = ""
    callbacks: tuple[tuple[str, str], ...] = ()
    buttons: tuple[tuple[str, str], ...] = ()
    private: bool = False
    edited: bool = False
    picture: bytes = b""
    file: tuple[str, bytes] | None = None


@dataclass(slots=True)
class Asking:
    """An interaction as the platform knows it. `button` is the message whose button was pressed. `answers` are the
    types of what came back, `original` the message that it became, `pending` while that is only promised, with the
    message's flags in `flags`. `choices` and `window` are what an answer showed."""

    user: DiscordUser
    chat: str
    kind: int
    payload: dict[str, Any]
    began: float
    button: str = ""
    answers: list[int] = field(default_factory=list)
    original: str = ""
    pending: bool = False
    flags: int = 0
    choices: list[tuple[str, str]] = field(default_factory=list)
    window: dict[str, Any] | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class Delivering(Protocol):
    """What a person's words go through: the platform."""

    commands: dict[str, dict[str, Any]]

    async def deliver(
        self, user: DiscordUser, chat: str, kind: int, data: Mapping[str, Any], button: str = ""
    ) -> Asking: ...


def direct(user: str) -> str:
    """The id of the private channel with somebody."""
    return f"3{user[-17:]:0>17}"


@dataclass(slots=True)
class DiscordUser:
    """Somebody with an account. `seen` is all that came to their screen, `reads` goes through it."""

    platform: Delivering
    id: str
    name: str
    seen: list[Seen] = field(default_factory=list)
    _read: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def direct(self) -> str:
        return direct(self.id)

    def show(self, seen: Seen) -> None:
        self.seen.append(seen)
        self._news.set()

    async def reads(self, within: float = PATIENCE) -> Seen:
        """The next that they have not read. Raises TimeoutError where nothing comes."""
        async with asyncio.timeout(within):
            while self._read >= len(self.seen):
                self._news.clear()
                await self._news.wait()
        self._read += 1
        return self.seen[self._read - 1]

    async def says(self, text: str, chat: str = "") -> Seen:
        """Give a command, to the bot alone unless there is a chat, and read what comes back."""
        self._read = len(self.seen)
        await self.sends(text, chat)
        return await self.reads()

    async def sends(self, text: str, chat: str = "") -> Asking:
        """Give a command as a line of text: its parts go to the options. Raises ValueError where Discord itself would
        not let it go: a command that is not registered, an option that is required."""
        name, _, rest = text.removeprefix("/").partition(" ")
        command = self._command(name)
        names = [option["name"] for option in command["options"]]
        rest = rest.strip()
        if not names and rest:
            return await self._writes(name, rest, chat)
        values = (rest,) if len(names) == 1 else found.groups() if (found := _COIN.fullmatch(rest)) else ()
        filled = zip(names, values, strict=False)  # what is left over stays empty
        return await self.uses(name, chat, **{option: value for option, value in filled if value})

    async def uses(self, name: str, chat: str = "", **options: str) -> Asking:
        """Give a command with its options filled in."""
        command = self._command(name)
        known = {option["name"]: option for option in command["options"]}
        missing = [option for option, each in known.items() if each["required"] and option not in options]
        if missing or not options.keys() <= known.keys():
            raise ValueError(f"Discord asks for {missing or known} of /{name}")
        given = [{"type": 3, "name": option, "value": value} for option, value in options.items()]
        return await self._commands(COMMAND, command, given, chat)

    async def types(self, name: str, chat: str = "", **options: str) -> Sequence[tuple[str, str]]:
        """What is offered (name, value) while the last of the options is typed."""
        command = self._command(name)
        *_, focused = options
        offers = {option["name"]: option["autocomplete"] for option in command["options"]}
        if not offers[focused]:
            return ()
        given: list[dict[str, Any]] = [{"type": 3, "name": each, "value": value} for each, value in options.items()]
        given[-1]["focused"] = True
        asking = await self._commands(TYPING, command, given, chat)
        async with asyncio.timeout(PATIENCE):
            await asking.answered.wait()
        return asking.choices

    async def presses(self, button: str, on: Seen | None = None) -> Seen:
        """Press a button by its label or data, of the latest message that has it, and read what comes back."""
        self._read = len(self.seen)
        await self.taps(button, on)
        return await self.reads()

    async def taps(self, button: str, on: Seen | None = None) -> Asking:
        """Press it. Raises LookupError where no message has it."""
        for seen in [on] if on else reversed(self.seen):
            for label, data in seen.callbacks:
                if button in (label, data):
                    pressed = {"custom_id": data, "component_type": 2}
                    return await self.platform.deliver(self, seen.chat, BUTTON, pressed, seen.ref)
        raise LookupError(f"no message has the button {button!r}")

    def _command(self, name: str) -> dict[str, Any]:
        command = self.platform.commands.get(name)
        if command is None:
            raise ValueError(f"there is no command /{name}")
        return command

    async def _commands(self, kind: int, command: dict[str, Any], given: list[dict[str, Any]], chat: str) -> Asking:
        data = {"id": command["id"], "name": command["name"], "type": 1, "options": given}
        return await self.platform.deliver(self, chat or self.direct, kind, data)

    async def _writes(self, name: str, text: str, chat: str) -> Asking:
        """A command without options whose window takes the text."""
        asking = await self.uses(name, chat)
        async with asyncio.timeout(PATIENCE):
            await asking.answered.wait()
        if asking.window is None:
            raise ValueError(f"/{name} takes no text")
        field = asking.window["components"][0]["components"][0]
        if len(text) > field.get("max_length", 4000):
            raise ValueError("the window takes no more")
        rows = [{"type": 1, "components": [{"type": 4, "custom_id": field["custom_id"], "value": text}]}]
        data = {"custom_id": asking.window["custom_id"], "components": rows}
        return await self.platform.deliver(self, chat or self.direct, WINDOW, data)
