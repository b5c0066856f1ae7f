"""Replies on their way back to Discord: within three seconds the answer itself or the word that it will come.

Wire format: https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object.
What nobody else may read is ephemeral. An answer that comes later replaces the word that it would.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from alertd.bot.asking import Choice, Reply
from alertd.bot.discord_commands import IMPORT
from alertd.bot.discord_heard import Heard, Kind, Typing
from alertd.channels.discord_message import CHART, edit, with_files
from alertd.channels.text import cut, utf16
from alertd.ports import Clock
from alertd.wire.failure import in_words

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from discord.http import MultipartParameters

    from alertd.wire.discord_api import WebhookApi

log = logging.getLogger(__name__)

CHOICES, CHOICE_LIMIT = 25, 100
"""Completions, and characters of each (docs: autocomplete)."""
_TEXT_LIMIT = 3900
"""Characters of a window's field: with its command it is within what the clerk listens to."""
_TRIES, _PAUSE = 3, 0.5
"""How often what did not get through is sent, and seconds before the second time; the library itself waits out a
Retry-After and a server's trouble."""
_KNOWN_ALREADY = 40060
"""Discord's code of an interaction that was answered before."""

EPHEMERAL = 1 << 6


class _Answer(IntEnum):
    """Types of an interaction's response."""

    MESSAGE = 4
    LATER = 5
    """A message that says "thinking"."""
    LATER_IN_PLACE = 6
    """Nothing is shown; the message of the button may be changed."""
    IN_PLACE = 7
    CHOICES = 8
    WINDOW = 9


class Replies:
    """`webhooks` speaks to the endpoints of interactions, over `session`."""

    def __init__(self, webhooks: WebhookApi, session: ClientSession, clock: Clock, proxy: str | None) -> None:
        self._webhooks = webhooks
        self._way: dict[str, Any] = {"session": session, "proxy": proxy}
        self._clock = clock

    async def bring(self, heard: Heard, reply: Reply | None, *, deferred: bool) -> None:
        """The reply, or none; `deferred` says that `later` was told before. Never raises for what Discord says."""
        if reply is None:
            await self._nothing(heard, deferred=deferred)
        elif deferred:
            await self._late(heard, reply)
        elif heard.kind is Kind.BUTTON and reply.replaces:
            await self._respond(heard, _Answer.IN_PLACE, _body(reply, heard), _files(reply))
        else:
            await self._respond(heard, _Answer.MESSAGE, _body(reply), _files(reply))

    async def later(self, heard: Heard) -> None:
        """The word that an answer will come; among others only who asked sees it, since the answer may be theirs."""
        if heard.kind is Kind.BUTTON:
            await self._respond(heard, _Answer.LATER_IN_PLACE)
        else:
            await self._respond(heard, _Answer.LATER, {"flags": EPHEMERAL} if heard.asked.group else {})

    async def complete(self, heard: Heard, typing: Typing, found: Iterable[Choice]) -> None:
        await self._respond(heard, _Answer.CHOICES, {"choices": choices(typing, found)})

    async def ask(self, heard: Heard) -> None:
        """For text that has lines, in a window."""
        field = {"type": 4, "custom_id": "text", "style": 2, "label": "The rule file", "max_length": _TEXT_LIMIT}
        rows = [{"type": 1, "components": [field]}]
        await self._respond(heard, _Answer.WINDOW, {"custom_id": IMPORT, "title": "Import alerts", "components": rows})

    async def _nothing(self, heard: Heard, *, deferred: bool) -> None:
        """Acknowledged, and nothing said: else Discord itself says that there was no answer."""
        if heard.kind is Kind.BUTTON:
            if not deferred:
                await self._respond(heard, _Answer.LATER_IN_PLACE)
            return
        if not deferred:
            await self._respond(heard, _Answer.LATER, {"flags": EPHEMERAL})
        await self._tried(
            lambda: self._webhooks.delete_original_interaction_response(heard.application, heard.token, **self._way)
        )

    async def _late(self, heard: Heard, reply: Reply) -> None:
        if heard.kind is Kind.BUTTON:
            if reply.replaces:
                await self._change(heard, _body(reply, heard), _files(reply))
            else:
                await self._follow(heard, _body(reply), _files(reply))
        elif heard.asked.group and not reply.private:
            # What was seen by who asked alone stays theirs: the others are told in a message of its own.
            await self._change(heard, {part: _body(reply)[part] for part in ("content", "allowed_mentions")}, ())
            await self._follow(heard, _body(reply), _files(reply))
        else:
            await self._change(heard, _body(reply), _files(reply))

    async def _respond(
        self,
        heard: Heard,
        answer: _Answer,
        data: dict[str, Any] | None = None,
        files: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        def send() -> Awaitable[object]:
            body = {"type": int(answer), "data": data or {}}
            params = with_files(body, files, data="data")
            return self._webhooks.create_interaction_response(heard.number, heard.token, params=params, **self._way)

        await self._tried(send)

    async def _change(self, heard: Heard, body: dict[str, Any], files: Sequence[tuple[str, bytes]]) -> None:
        shown = {part: value for part, value in body.items() if part != "flags"}  # it stays as hidden as it is
        await self._tried(
            lambda: self._webhooks.edit_original_interaction_response(
                heard.application, heard.token, **self._way, **_parts(with_files(shown, files))
            )
        )

    async def _follow(self, heard: Heard, body: dict[str, Any], files: Sequence[tuple[str, bytes]]) -> None:
        await self._tried(
            lambda: self._webhooks.execute_webhook(
                heard.application, heard.token, wait=True, **self._way, **_parts(with_files(body, files))
            )
        )

    async def _tried(self, send: Callable[[], Awaitable[object]]) -> None:
        """Sent, and again where it did not get through; what Discord refuses is logged."""
        from aiohttp import ClientError
        from discord import HTTPException

        for attempt in range(1, _TRIES + 1):
            try:
                await send()
                return
            except HTTPException as refusal:
                if refusal.code != _KNOWN_ALREADY:
                    log.warning("discord did not take a reply: %s", refusal)
                return
            except (ClientError, OSError) as failure:
                if attempt == _TRIES:
                    log.warning("a reply did not reach discord: %s", in_words(failure))
                    return
                await self._clock.sleep(_PAUSE * attempt)
            except (ValueError, TypeError, KeyError) as odd:
                log.warning("discord did not take a reply: %s", type(odd).__name__)
                return


def choices(typing: Typing, found: Iterable[Choice]) -> list[dict[str, str]]:
    """What Discord shows; a choice takes the place of all that stands in the option."""
    values = [(choice.label, typing.before + choice.value) for choice in found]
    return [
        {"name": cut(label, CHOICE_LIMIT) or value, "value": value}
        for label, value in values
        if 0 < utf16(value) <= CHOICE_LIMIT
    ][:CHOICES]


def _parts(params: MultipartParameters) -> dict[str, Any]:
    return params._asdict()


def _body(reply: Reply, pressed: Heard | None = None) -> dict[str, Any]:
    """The message; in the place of one that has a chart, that stays."""
    charted = bool(reply.picture) or (pressed is not None and pressed.illustrated)
    body = edit(reply.said, code=reply.code, image=CHART if charted else "")
    return body | {"flags": EPHEMERAL} if reply.private else body


def _files(reply: Reply) -> list[tuple[str, bytes]]:
    picture = [(CHART, reply.picture)] if reply.picture else []
    return [*picture, reply.file] if reply.file else picture
