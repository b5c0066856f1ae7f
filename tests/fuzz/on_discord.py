"""Discord: interactions of the gateway, and their answers, to the loopback platform's strict reader."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any, cast

from alertd.bot.asking import Answering
from alertd.bot.discord_commands import OPTIONS
from alertd.bot.discord_heard import Heard, Kind, hear
from alertd.bot.discord_reply import EPHEMERAL, Replies
from alertd.channels.discord_message import CHART
from alertd.demo.platforms.discord_interactions import _TAKES as TAKES
from alertd.demo.platforms.discord_interactions import ASK, CHOICES, LATER, LATER_IN_PLACE, choices, window
from alertd.demo.platforms.discord_messages import Kept, changed, pressable, read
from alertd.wire.discord_api import WebhookApi
from tests.bot.room import PNG, Room
from tests.fuzz.wire import Between, Saying, Wrong, ears, file_of

if TYPE_CHECKING:
    from discord.http import MultipartParameters

GUILD, CHANNEL = "811111111111111111", "822222222222222222"
APPLICATION = "100000000000000002"


class Posted:
    """What would be sent, checked in place of sending it. `heard` is what is answered."""

    heard: Heard
    private: bool
    """Whether the reply is for one person."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._hidden = False

    async def create_interaction_response(self, *_: object, params: MultipartParameters, **__: object) -> None:
        body, files = _parts(params._asdict())
        kind, data = body["type"], body["data"]
        if kind not in TAKES[int(self.heard.kind)]:
            raise Wrong(f"payload: {self.heard.kind!r} is answered by {kind}")
        self._hidden = bool(data.get("flags", 0) & EPHEMERAL)
        if kind == CHOICES:
            choices(data)
        elif kind == ASK:
            window(data)
        elif kind not in (LATER, LATER_IN_PLACE):
            self._message(data, files, hidden=self._hidden)

    async def edit_original_interaction_response(self, *_: object, **parts: Any) -> None:
        self._message(*_parts(parts), hidden=self._hidden)

    async def execute_webhook(self, *_: object, **parts: Any) -> None:
        body, files = _parts(parts)
        self._message(body, files, hidden=bool(body.get("flags", 0) & EPHEMERAL))

    async def delete_original_interaction_response(self, *_: object, **__: object) -> None:
        """Nothing is shown."""

    def _message(self, body: Mapping[str, Any], files: Mapping[str, tuple[str, bytes]], *, hidden: bool) -> None:
        before = Kept({}, {"9": (CHART, PNG)} if self.heard.illustrated else {})
        try:
            changed(before, body, files, map(str, self._ids))
            text = read(body)
            pressable(body)
        except (KeyError, TypeError, ValueError) as error:
            raise Wrong(f"payload: {error!r} in {body}") from error
        if self.private and self.heard.asked.group and not hidden:
            raise Wrong(f"leak: what is for one person is in the channel: {text!r}")


def _parts(params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, tuple[str, bytes]]]:
    if not params["multipart"]:
        return json.loads(json.dumps(params["payload"])), {}
    first, *files = params["multipart"]
    found = {str(at): (file["filename"], file["value"].read()) for at, file in enumerate(files)}
    return json.loads(first["value"]), found


class Discord:
    def __init__(self, stand: Room, answering: Answering) -> None:
        self._between = Between(stand, answering)
        self._posted = Posted()
        session = ears(stand, "discord", self._between).session
        self._replies = Replies(cast(WebhookApi, self._posted), session, stand.clock, None)

    def update(self, saying: Saying) -> dict[str, Any]:
        user = {"id": saying.who.user, "username": saying.name, "global_name": saying.name, "discriminator": "0"}
        whole: dict[str, Any] = {
            "id": str(4 * 10**17 + saying.number),
            "application_id": APPLICATION,
            "token": f"token-{saying.number}",
            "version": 1,
            "channel_id": CHANNEL if saying.group else f"7{saying.who.user}",
            "locale": "en-US",
        }
        if saying.group:
            whole |= {"guild_id": GUILD, "member": {"user": user, "roles": [], "permissions": "0"}, "context": 0}
        else:
            whole |= {"user": user, "context": 1}
        if saying.button:
            files = [{"id": "9", "filename": CHART}] if saying.rng.random() < 0.3 else []
            message = {"id": "1", "content": "**before**", "attachments": files}
            return {**whole, "type": 3, "data": {"custom_id": saying.button, "component_type": 2}, "message": message}
        if file := file_of(saying):
            attachments = {"9": {"id": "9", "filename": "a.yaml", "size": len(file), "url": file}}
            options = [{"type": 11, "name": "file", "value": "9"}]
            given = {"name": "import", "type": 1, "options": options, "resolved": {"attachments": attachments}}
            return {**whole, "type": 2, "data": given}
        return {**whole, **_filled(saying.rng, saying.text)}

    async def deliver(self, raw: Any, rng: Random) -> None:
        heard = hear(json.loads(json.dumps(raw)), "discord", self._between.fetch)
        if heard is None:
            return
        self._posted.heard, self._posted.private = heard, False
        if heard.typing is not None:
            found = self._between.complete(heard.typing.what, heard.typing.typed, heard.asked.identity)
            await self._replies.complete(heard, heard.typing, found)
        elif heard.wants_window:
            await self._replies.ask(heard)
        elif heard.asked.text or heard.asked.button:
            deferred = rng.random() < 0.2
            if deferred:
                await self._replies.later(heard)
            reply = await self._between.answer(heard.asked)
            self._posted.private = reply is not None and reply.private
            await self._replies.bring(heard, reply, deferred=deferred)


def _filled(rng: Random, text: str) -> dict[str, Any]:
    """A command as Discord has it filled in; now and then while it is typed, or in a window."""
    name, _, rest = text.strip().removeprefix("/").partition(" ")
    if name == "import" and rest:
        field = {"type": 4, "custom_id": "text", "value": rest}
        return {"type": 5, "data": {"custom_id": "import", "components": [{"type": 1, "components": [field]}]}}
    if name not in OPTIONS:
        name, rest = "alert", text
    options = [option.name for option in OPTIONS[name]] or ["text"]
    values = rest.split(" ", len(options) - 1)
    given: list[dict[str, Any]] = [
        {"type": 3, "name": option, "value": value} for option, value in zip(options, values, strict=False) if value
    ]
    typing = bool(given) and rng.random() < 0.15
    if typing:
        rng.choice(given)["focused"] = True
    kind = Kind.TYPING if typing else Kind.COMMAND
    return {"type": int(kind), "data": {"id": "5", "name": name, "type": 1, "options": given}}
