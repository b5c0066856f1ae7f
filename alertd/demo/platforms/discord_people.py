"""People of Discord on loopback: the commands they fill in, the buttons they press, and what they see of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from alertd.demo.platforms.discord_cdn import Cdn
from alertd.demo.platforms.people import PATIENCE, Onlooker, Seen

COMMAND, BUTTON, TYPING, WINDOW = 2, 3, 4, 5
"""Types of interactions."""

STRING, FILE = 3, 11
"""Types of options."""

_COIN = re.compile(r"\s*(\w+|\S+)\s*(.*)", re.DOTALL)
"""Somebody who types `btc>70k` fills in `btc` and `>70k`."""


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
    cdn: Cdn

    @property
    def url(self) -> str: ...

    async def deliver(
        self, user: DiscordUser, chat: str, kind: int, data: Mapping[str, Any], button: str = ""
    ) -> Asking: ...


def direct(user: str) -> str:
    """The id of the private channel with somebody."""
    return f"3{user[-17:]:0>17}"


class DiscordUser(Onlooker[Seen]):
    """Somebody with an account."""

    def __init__(self, platform: Delivering, id: str, name: str) -> None:
        super().__init__()
        self.platform = platform
        self.id = id
        self.name = name

    @property
    def direct(self) -> str:
        return direct(self.id)

    async def says(self, text: str, chat: str = "") -> Seen:
        """Give a command, to the bot alone unless there is a chat, and read what comes back."""
        return await self.answer(self.sends(text, chat))

    async def sends(self, text: str, chat: str = "") -> Asking:
        """Give a command as a line of text: its parts go to the options. Raises ValueError where Discord itself would
        not let it go: a command that is not registered, an option that is required."""
        name, _, rest = text.removeprefix("/").partition(" ")
        command = self._command(name)
        names = [option["name"] for option in command["options"] if option["type"] == STRING]
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
        given = [{"type": STRING, "name": option, "value": value} for option, value in options.items()]
        return await self._commands(COMMAND, command, given, chat)

    async def gives(self, name: str, content: bytes, chat: str = "") -> Seen:
        """Give `/import` a file, and read what comes back."""
        return await self.answer(self.drops(name, content, chat))

    async def drops(self, name: str, content: bytes, chat: str = "") -> Asking:
        """Give it the file."""
        return await self.attaches(self.platform.cdn.put(self.platform.url, name, content), chat)

    async def attaches(self, file: Mapping[str, Any], chat: str = "") -> Asking:
        """The same by what an interaction tells of the file."""
        command = self._command("import")
        option = next(option["name"] for option in command["options"] if option["type"] == FILE)
        given = [{"type": FILE, "name": option, "value": file["id"]}]
        data = {"id": command["id"], "name": "import", "type": 1, "options": given}
        resolved = {"attachments": {file["id"]: file}}
        return await self.platform.deliver(self, chat or self.direct, COMMAND, {**data, "resolved": resolved})

    async def types(self, name: str, chat: str = "", **options: str) -> Sequence[tuple[str, str]]:
        """What is offered (name, value) while the last of the options is typed."""
        command = self._command(name)
        *_, focused = options
        offers = {option["name"]: option.get("autocomplete", False) for option in command["options"]}
        if not offers[focused]:
            return ()
        given: list[dict[str, Any]] = [
            {"type": STRING, "name": each, "value": value} for each, value in options.items()
        ]
        given[-1]["focused"] = True
        asking = await self._commands(TYPING, command, given, chat)
        async with asyncio.timeout(PATIENCE):
            await asking.answered.wait()
        return asking.choices

    async def presses(self, button: str, on: Seen | None = None) -> Seen:
        """Press a button by its label or data, of the latest message that has it, and read what comes back."""
        return await self.answer(self.taps(button, on))

    async def taps(self, button: str, on: Seen | None = None) -> Asking:
        """Press it. Raises LookupError where no message has it."""
        shown, _, data = self.find(button, on)
        pressed = {"custom_id": data, "component_type": 2}
        return await self.platform.deliver(self, shown.chat, BUTTON, pressed, shown.ref)

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
