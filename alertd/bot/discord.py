"""Discord's bot: app commands with completions, buttons, private chats and threads, by discord.py's gateway.

    gateway ─► heard ─► the clerk ─► a reply within three seconds, or the word that it will come

The library resumes a session by itself; where the platform is away it is started anew from here, with a client of its
own each time. Messages that the channel sends by REST have their buttons heard here, too.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from contextlib import suppress
from hashlib import sha256
from random import SystemRandom
from typing import TYPE_CHECKING, cast

import msgspec

from alertd.bot.asking import Reply
from alertd.bot.discord_commands import commands
from alertd.bot.discord_files import Files
from alertd.bot.discord_heard import Heard, hear
from alertd.bot.discord_reply import Replies
from alertd.bot.hearing import AWAY, Hearing
from alertd.bot.platforms import Ears
from alertd.channels.discord import API, DiscordSettings
from alertd.errors import ConfigError
from alertd.ports import ended_by
from alertd.wire.sdk import SdkSession, blot
from alertd.wire.secret import Secret, redact
from alertd.wire.session import tls

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from alertd.wire.discord_api import BotApi

log = logging.getLogger(__name__)

IN_FLIGHT = 64
"""Answers that are made at once."""
MOST = 1000
"""Interactions that wait or are answered; what comes beyond is left to Discord's own word that there was no answer."""
PATIENCE = 2.0
"""Seconds until somebody is told that the answer will come: Discord gives up after three."""
FIRST, LONGEST = 1.0, 60.0
"""Seconds between two starts: the ceiling at first, twice as long each time, and at the most."""
_FAREWELL = 3.0
"""Seconds that the gateway has for its goodbye."""
_GONE = "Discord's gateway cannot be reached; it is tried again and again"
_REFUSED = "Discord refuses the bot's token"

_WANTED = "Guilds intent seems to be disabled"
"""What the library warns of at each start: it is asked for no intents on purpose."""

_random = SystemRandom()


class DiscordBot:
    """See `platforms.Bot`."""

    def __init__(self, settings: DiscordSettings, ears: Ears) -> None:
        from alertd.wire.discord_api import WebhookApi, every_request

        blot("discord.client", "discord.gateway", "discord.http", "discord.webhook.async_")
        logging.getLogger("discord.state").addFilter(_is_news)
        self._settings = settings
        self._ears = ears
        self.hearing = Hearing(ears.channel, ears.clock, ears.tell)
        self._base = settings.url or API
        self._tls = tls(settings.ca_file)
        self._files = Files(settings, ears.session, self._tls)
        session = SdkSession(ears.session, **every_request(self._tls, settings.timeout, patient=True))
        self._replies = Replies(
            WebhookApi(self._base), cast("ClientSession", session), ears.clock, settings.proxy_url()
        )
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._serving: set[asyncio.Task[None]] = set()
        self._registered = ""
        """The mark of the commands that Discord has."""
        self._ups = 0
        """How often the gateway has let it in."""
        self._absence: asyncio.Task[None] | None = None

    async def run(self) -> None:
        ceiling = FIRST
        try:
            while True:
                ups = self._ups
                self._down(await self._listen())
                ceiling = FIRST if self._ups > ups else min(2 * ceiling, LONGEST)
                await self._ears.clock.sleep(ceiling * _random.uniform(0.5, 1.0))
        finally:
            await self._end()

    async def _listen(self) -> str:
        """Until the connection ends; returns why. Whatever ends it, it is tried again."""
        from discord import LoginFailure

        from alertd.wire.discord_api import BotApi
        from alertd.wire.discord_gateway import Gateway

        settings = self._settings
        try:
            token = cast(Secret, settings.token).reveal()
            proxy = settings.proxy_url()
        except ConfigError as error:
            self.hearing.deaf(str(error), after=0.0)
            return str(error)
        api = BotApi(self._base, proxy=proxy, tls=self._tls, timeout=settings.timeout, patient=True)
        gateway = Gateway(api, heard=self._hear, entered=self._entered, up=self._up, down=self._down)
        try:
            await gateway.start(token, reconnect=False)
        except LoginFailure:
            self.hearing.deaf(_REFUSED, after=0.0)
            return _REFUSED
        except Exception as error:  # the library lets its own bugs out where a gateway is away
            log.info("the gateway of %s: %s", self._ears.channel, redact(str(error)) or type(error).__name__)
        finally:
            with suppress(Exception):  # what is broken cannot be closed well
                async with asyncio.timeout(_FAREWELL):
                    await gateway.close()
            await api.close()
        return _GONE

    async def _entered(self, api: BotApi, application: int, bot: int) -> None:
        """Logged in: from now on people can find it, and its commands."""
        from discord import HTTPException

        self._ears.known_as(f"https://discord.com/users/{bot}")
        wanted = commands()
        mark = f"{application} {sha256(msgspec.json.encode(wanted)).hexdigest()}"
        if mark == self._registered:
            return
        try:
            await api.bulk_upsert_global_commands(application, wanted)
        except HTTPException as refusal:
            name = self._ears.channel
            why = refusal.text or refusal.status
            self._ears.tell(f"bot:{name}:commands", f"Discord did not take the commands of the bot of {name}: {why}")
        else:
            self._registered = mark

    # ── what is heard ────────────────────────────────────────────────────────────────────────────────────────────

    def _hear(self, raw: object) -> None:
        heard = hear(raw, self._ears.channel, self._files.fetch)
        if heard is None:
            log.info("an interaction of %s is none that is known here", self._ears.channel)
            return
        if len(self._serving) >= MOST:
            return
        task = asyncio.get_running_loop().create_task(self._serve(heard))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, heard: Heard) -> None:
        try:
            if heard.typing is not None:
                found = self._ears.answering.complete(heard.typing.what, heard.typing.typed, heard.asked.identity)
                await self._replies.complete(heard, heard.typing, found)
            elif heard.wants_window:
                await self._replies.ask(heard)
            elif heard.asked.text or heard.asked.button:
                await self._answer(heard)
        except Exception:  # one reply that cannot be drawn must not end the others
            log.error("a bug in a reply of %s\n%s", self._ears.channel, redact(traceback.format_exc()))

    async def _answer(self, heard: Heard) -> None:
        clock = self._ears.clock
        answering = asyncio.get_running_loop().create_task(self._made(heard))
        try:
            in_time = await ended_by(clock, answering, clock.now() + PATIENCE)
            if not in_time:
                await self._replies.later(heard)
            await self._replies.bring(heard, await answering, deferred=not in_time)
        finally:
            answering.cancel()

    async def _made(self, heard: Heard) -> Reply | None:
        async with self._room:
            return await self._ears.answering.answer(heard.asked)

    # ── whether it hears ─────────────────────────────────────────────────────────────────────────────────────────

    def _up(self) -> None:
        self._ups += 1
        if self._absence is not None:
            self._absence.cancel()
            self._absence = None
        self.hearing.hears()

    def _down(self, why: str = _GONE) -> None:
        self.hearing.deaf(why)
        if self._absence is None:
            self._absence = asyncio.get_running_loop().create_task(self._miss())

    async def _miss(self) -> None:
        """An attempt may hang for longer than that."""
        await self._ears.clock.sleep(AWAY)
        self.hearing.deaf(self.hearing.why, after=0.0)

    async def _end(self) -> None:
        tasks = [*self._serving, *([self._absence] if self._absence else [])]
        self._absence = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _is_news(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(_WANTED)


def build(settings: DiscordSettings, ears: Ears) -> DiscordBot:
    """Raises ConfigError where its secrets cannot be read."""
    cast(Secret, settings.token).reveal()
    return DiscordBot(settings, ears)
