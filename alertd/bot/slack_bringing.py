"""Replies on their way back to Slack: in an acknowledgement, by a response URL, or as a message; files after them.

A response URL comes with what was heard, from outside: only one of Slack's own hosts is posted to.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from alertd.bot.asking import Reply
from alertd.bot.patience import Patience
from alertd.bot.platforms import Ears
from alertd.bot.slack_hearing import Said, Way
from alertd.channels.answers import Reason
from alertd.channels.slack import CHART
from alertd.channels.slack_api import SlackApi, is_slacks, parts
from alertd.channels.slack_message import payload
from alertd.errors import DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.outbox.replies import NoTurn

log = logging.getLogger(__name__)

T = TypeVar("T")


class Bringing:
    """`base` stands for https://slack.com."""

    def __init__(self, api: SlackApi, ears: Ears, base: str | None) -> None:
        self._api = api
        self._ears = ears
        self._base = base

    def answer(self, said: Said, reply: Reply) -> dict[str, Any]:
        """A reply as Slack takes it in an acknowledgement, or by a response URL."""
        body = payload(reply.said, buttons=reply.said.buttons, code=reply.code)
        if said.way is Way.PRESS and reply.replaces:
            return {**body, "replace_original": True}
        thread = self._thread(said)
        more = {"replace_original": False} | ({"thread_ts": thread} if thread else {}) if said.way is Way.PRESS else {}
        return {**body, "response_type": "ephemeral" if self._hidden(said, reply) else "in_channel", **more}

    async def bring(self, said: Said, reply: Reply, *, told: bool) -> None:
        """All of it, or only the files of what was `told` already. Never raises: what cannot be brought is logged."""
        try:
            if not told:
                await self._tell(said, reply)
            await self._share(said, reply)
        except NoTurn:
            log.debug("a reply on %s is left out", self._ears.channel)
        except DeliveryError as error:
            log.warning("a reply on %s was not brought: %s", self._ears.channel, error)

    def _hidden(self, said: Said, reply: Reply) -> bool:
        """Whether others would read what is for one person. A slash command may come from a conversation of two people
        with one another: what is said there is for the one who asked."""
        if said.way is Way.COMMAND:
            return reply.private or not said.asked.group
        return (reply.private and said.asked.group) or (said.way is Way.PRESS and not said.message)

    def _thread(self, said: Said) -> str:
        """In a channel, what is said about a message goes below it."""
        return said.thread or (said.message if said.asked.group else "")

    async def _tell(self, said: Said, reply: Reply) -> None:
        if said.way is not Way.WORD:
            if is_slacks(said.url, self._base):
                try:
                    return await self._tried(lambda: self._respond(said, reply))
                except DeliveryRefused as refused:
                    log.info("a response URL of %s is used up: %s", self._ears.channel, refused)
            else:
                log.warning("a response URL of %s is not Slack's: it was not used", self._ears.channel)
        await self._tried(lambda: self._post(said, reply))
        return None

    async def _respond(self, said: Said, reply: Reply) -> None:
        now = self._ears.clock.now()
        await self._api.post(lambda: said.url, self.answer(said, reply), now=now, address=said.asked.chat)

    async def _post(self, said: Said, reply: Reply) -> None:
        address = said.asked.chat
        body = payload(reply.said, buttons=reply.said.buttons, code=reply.code)
        if thread := self._thread(said):
            body["thread_ts"] = thread
        method, to = "chat.postMessage", {"channel": said.conversation if said.way is Way.WORD else parts(address)[0]}
        if said.asked.group and self._hidden(said, reply):
            method, to = "chat.postEphemeral", {"channel": said.conversation, "user": said.asked.direct}
        await self._ears.turn(address)
        now = self._ears.clock.now()
        try:
            await self._api.call(method, {**to, **body}, now=now, address=address)
        except DeliveryDelayed as delayed:
            if delayed.reason == Reason.RATE_LIMITED:
                self._ears.rest(address, self._ears.clock.now() + (delayed.retry_after or 1.0))
            raise

    async def _share(self, said: Said, reply: Reply) -> None:
        """Picture and file, after the text: where that was said, or in the conversation with the bot what others must
        not see (no file is for one reader alone), or where the bot was not let in."""
        files = [(CHART, reply.picture)] if reply.picture else []
        for name, content in [*files, reply.file] if reply.file else files:
            if said.asked.group and not reply.private:
                try:
                    await self._upload(name, content, said.conversation, self._thread(said), said.asked.chat)
                    continue
                except DeliveryRefused as refused:
                    log.info("a file cannot be shared on %s: %s", self._ears.channel, refused)
            here = said.way is Way.WORD and not said.asked.group
            direct = said.conversation if here else await self._tried(lambda: self._direct(said.asked.direct))
            await self._upload(name, content, direct, said.thread if here else "", said.asked.direct)

    async def _upload(self, name: str, content: bytes, conversation: str, thread: str, address: str) -> None:
        async def uploading() -> None:
            await self._ears.turn(address)
            now = self._ears.clock.now()
            await self._api.upload(name, content, channel=conversation, thread=thread, now=now, address=address)

        await self._tried(uploading)

    async def _direct(self, user: str) -> str:
        """The id of somebody's conversation with the bot: files are shared by ids of conversations only."""
        answer = await self._api.call("conversations.open", {"users": user}, now=self._ears.clock.now(), address=user)
        channel = answer.get("channel")
        return str(channel.get("id", "")) if isinstance(channel, dict) else ""

    async def _tried(self, call: Callable[[], Awaitable[T]]) -> T:
        """What the call returns, tried again and again. Raises DeliveryError."""
        patience = Patience()
        while True:
            try:
                return await call()
            except DeliveryDelayed as delayed:
                wait = patience.pause(delayed)
                if wait is None:
                    raise
            await self._ears.clock.sleep(wait)
