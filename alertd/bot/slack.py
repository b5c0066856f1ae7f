"""The bot of Slack: it listens by Socket Mode, answers what people say and press, and comes back whenever Slack does.

No envelope waits: each has a task of its own, and is acknowledged within the three seconds that Slack gives, with the
reply where that is there in time. Replies that wait to be taken keep nobody from being answered.
"""

from __future__ import annotations

import asyncio
import logging
import random
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from alertd.bot.asking import Reply
from alertd.bot.hearing import Hearing
from alertd.bot.platforms import Ears
from alertd.bot.slack_bringing import Bringing
from alertd.bot.slack_hearing import Said, Way, hear
from alertd.bot.slack_line import PING, Line
from alertd.channels.slack import SlackSettings
from alertd.channels.slack_api import SlackApi
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError
from alertd.ports import ended_by
from alertd.wire.secret import Secret, redact

if TYPE_CHECKING:
    from slack_sdk.socket_mode.request import SocketModeRequest

log = logging.getLogger(__name__)

AT_ONCE = 64
"""Answers that are made at once."""
MOST = 1000
"""Envelopes that wait, are answered, or have their reply on its way; more are not acknowledged, and Slack brings events
again."""

ACKNOWLEDGED = 2.0
"""Seconds after which an envelope is acknowledged without its reply."""

_FIRST, _LONGEST = 1.0, 60.0
_STEADY = 60.0
"""A line that held for so many seconds was a good one: the next is opened at once."""


class SlackBot:
    """See `platforms.Bot`. `ping` is how often a line is tried, in seconds; `most` stands for `MOST`."""

    def __init__(
        self,
        settings: SlackSettings,
        ears: Ears,
        *,
        rand: Callable[[], float] = random.random,
        ping: float = PING,
        most: int = MOST,
    ) -> None:
        self._settings = settings
        self._ears = ears
        self._random = rand
        self._ping = ping
        self._most = most
        self._api = SlackApi(settings, ears.session)
        self._bringing = Bringing(self._api, ears, settings.url)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._in_work = 0
        self._me = ""
        """The bot's own user."""
        self.hearing = Hearing(ears.channel, ears.clock, ears.tell)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            pause = 0.0
            while True:
                began, least = self._ears.clock.now(), 0.0
                try:
                    await self._listen(tasks)
                    why = "the line ends as soon as it is there"
                except (DeliveryError, ConfigError) as error:
                    why = str(error)
                    if isinstance(error, DeliveryDelayed) and error.retry_after:
                        least = min(error.retry_after, _LONGEST)
                except TimeoutError:
                    why = "no line within the time-out"
                if self._ears.clock.now() - began >= _STEADY:
                    pause = 0.0
                    continue
                log.warning("the bot of %s has no line to Slack: %s", self._ears.channel, why)
                self.hearing.deaf(why)
                pause = min(max(2 * pause, _FIRST), _LONGEST)
                await self._ears.clock.sleep(max(pause * (0.5 + self._random() / 2), least))

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        """Open a line and hear what comes, until it is over. Raises DeliveryError, ConfigError, TimeoutError."""
        await self._introduced()
        token = cast(Secret, self._settings.app_token)
        answer = await self._api.call("apps.connections.open", {}, now=self._ears.clock.now(), token=token)
        line = Line(self._api.client(token), lambda line, request: self._heard(tasks, line, request), ping=self._ping)
        try:
            await line.opened(str(answer.get("url", "")), self._settings.timeout)
            self.hearing.hears()
            await line.over.wait()
        except BaseException:
            await line.closed_down()
            raise
        tasks.create_task(self._retire(line))

    async def _introduced(self) -> None:
        """Learn the bot's own name, once."""
        if not self._me:
            answer = await self._api.call("auth.test", {}, now=self._ears.clock.now())
            self._me = str(answer.get("user_id", ""))
            self._ears.known_as(f"@{answer.get('user', 'alertd')} in {answer.get('team', 'Slack')}")

    async def _retire(self, line: Line) -> None:
        """Close a line once what came on it is acknowledged, while the next is opened."""
        try:
            await self._ears.clock.wait(line.idle, self._ears.clock.now() + ACKNOWLEDGED)
        finally:
            await line.closed_down()

    def _heard(self, tasks: asyncio.TaskGroup, line: Line, request: SocketModeRequest) -> None:
        if self._in_work < self._most:
            self._in_work += 1
            tasks.create_task(self._serve(tasks, line, request))

    async def _serve(self, tasks: asyncio.TaskGroup, line: Line, request: SocketModeRequest) -> None:
        try:
            await self._answer(tasks, line, request)
        except Exception:  # whatever comes from outside, the bot goes on
            log.error("a bug in the bot of %s\n%s", self._ears.channel, redact(traceback.format_exc()))
        finally:
            self._in_work -= 1

    async def _answer(self, tasks: asyncio.TaskGroup, line: Line, request: SocketModeRequest) -> None:
        kind, envelope = request.type, request.envelope_id
        said = hear(self._ears.channel, kind, envelope, request.payload, self._me, fetch=self._fetch)
        if said is None:
            await line.acknowledge(request)
            return
        answering = tasks.create_task(self._asked(said))
        in_time = await ended_by(self._ears.clock, answering, self._ears.clock.now() + ACKNOWLEDGED)
        told = await self._acknowledge(line, request, said, await answering if in_time else None)
        reply = await answering
        if reply is not None:
            await self._bringing.bring(said, reply, told=told)

    async def _asked(self, said: Said) -> Reply | None:
        try:
            async with self._room:
                return await self._ears.answering.answer(said.asked)
        except Exception:
            log.error("a bug in answering %s\n%s", self._ears.channel, redact(traceback.format_exc()))
            return None

    async def _fetch(self, url: str, most: int) -> bytes:
        """See `asking.Fetch`."""
        return await self._api.download(url, most, now=self._ears.clock.now())

    async def _acknowledge(self, line: Line, request: SocketModeRequest, said: Said, reply: Reply | None) -> bool:
        """Whether the reply went with it."""
        if reply is None or said.way is not Way.COMMAND or not request.accepts_response_payload:
            await line.acknowledge(request)
            return False
        return await line.acknowledge(request, self._bringing.answer(said, reply))


def build(settings: SlackSettings, ears: Ears) -> SlackBot:
    """Raises ConfigError where a token cannot be read."""
    for token in (settings.token, settings.app_token):
        cast(Secret, token).reveal()
    return SlackBot(settings, ears)
