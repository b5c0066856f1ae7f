"""Telegram's bot: python-telegram-bot's `Bot` in our loop, by long polling.

    getUpdates ─► heard ─► answered, durably ─► confirmed by the next getUpdates
                              └──────────────► reply, in its own time

Wire format: https://core.telegram.org/bots/api#getting-updates. Telegram keeps an update until a call with a higher
`offset` confirms it, and that call is made only when the answer is in the store: after a crash it comes again, under
the same key. Of several tokens the first one is the bot that hears.
"""

from __future__ import annotations

import asyncio
import logging
import random
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from alertd.bot.hearing import AWAY, Hearing
from alertd.bot.platforms import Ears
from alertd.bot.telegram_heard import Heard, heard
from alertd.bot.telegram_menu import Menus
from alertd.bot.telegram_replies import Replies
from alertd.channels import telegram_voice as voice
from alertd.channels.answers import by_status
from alertd.channels.telegram import LISTENER, TelegramSettings
from alertd.errors import ConfigError, DeliveryDelayed
from alertd.ports import ended_by
from alertd.wire.sdk import Refusal, blot
from alertd.wire.secret import redact
from alertd.wire.session import tls

if TYPE_CHECKING:
    from telegram import Bot, Update, User

POLL = 30
"""Seconds that Telegram keeps a call open until there is something to say."""
MOST = 64
"""Updates that are not confirmed yet, at the most: so many are answered at once."""
IN_WORK = 1000
"""Updates that are answered, or whose reply is on its way, from which on no more are asked for: Telegram keeps them."""
WANTED = ("message", "callback_query", "my_chat_member")
_AGAIN, _LONGEST = 1.0, 60.0
"""Seconds until the next attempt: the first time, and at the most."""
_LOOK = 0.2
"""Seconds after which it is asked for news although something is not answered yet: with updates that are not confirmed
Telegram answers at once, with these."""
_SLOW = 3.0
"""Seconds after which a press is acknowledged before it is answered."""

log = logging.getLogger(__name__)


class TelegramBot:
    """See `platforms.Bot`."""

    def __init__(self, settings: TelegramSettings, ears: Ears) -> None:
        from alertd.wire.telegram_api import SessionRequest
        from alertd.wire.telegram_updates import UpdatesRequest

        blot("telegram.Bot", "telegram.request.BaseRequest")
        self._token = settings.bots[LISTENER]
        self._settings = settings
        self._ears = ears
        self.hearing = Hearing(ears.channel, ears.clock, ears.tell)
        self._request, self._updates = (
            kind(ears.session, tls=tls(settings.ca_file), timeout=settings.timeout, proxy=settings.proxy_url)
            for kind in (SessionRequest, UpdatesRequest)
        )
        self._bot: Bot | None = None
        self._me: User | None = None
        self._menus: Menus | None = None
        self._replies: Replies | None = None
        self._seen: dict[int, bool] = {}  # update → whether its answer is durable
        self._offset: int | None = None
        self._idle = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        pause = _AGAIN
        try:
            while True:
                try:
                    await self._hear()
                except (Refusal, DeliveryDelayed, ConfigError) as trouble:
                    wait = self._troubled(trouble)
                    await self._ears.clock.sleep(wait or pause * random.uniform(0.5, 1.0))
                    pause = min(2 * pause, _LONGEST)
                else:
                    pause = _AGAIN
                    self.hearing.hears()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    # ── hearing ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _hear(self) -> None:
        """What has come since. Raises Refusal, DeliveryDelayed or ConfigError where Telegram is not there for us."""
        bot, me = await self._greeted()
        if self._menus:
            await self._menus.follow()
        while len(self._tasks) >= IN_WORK:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        poll = {"offset": self._offset, "limit": MOST, "timeout": POLL, "allowed_updates": WANTED}
        self._take(await voice.asked(bot.get_updates, poll), me)
        under_way = [number for number, done in self._seen.items() if not done]
        if under_way:
            self._idle.clear()
            await self._ears.clock.wait(self._idle, self._ears.clock.now() + _LOOK)
            under_way = [number for number, done in self._seen.items() if not done]
        if self._seen:
            self._offset = min(under_way, default=max(self._seen) + 1)
            for number in [number for number in self._seen if number < self._offset]:
                del self._seen[number]

    def _take(self, updates: Sequence[Update], me: User) -> None:
        seen = self._seen
        for update in updates:
            if update.update_id in seen:
                continue
            said = heard(update, self._ears.channel, me, self._fetch)
            seen[update.update_id] = said is None
            if said is not None:
                task = asyncio.get_running_loop().create_task(self._serve(update.update_id, said, seen))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _serve(self, number: int, said: Heard, seen: dict[int, bool]) -> None:
        """Answer, and then bring the reply: the update is done in between."""
        replies = self._replies
        try:
            answer = asyncio.ensure_future(self._ears.answering.answer(said.asked))
            try:
                clock = self._ears.clock
                slow = said.query and replies and not await ended_by(clock, answer, clock.now() + _SLOW)
                acknowledged = bool(slow and replies and await replies.acknowledge(said.query))
                reply = await answer
            finally:
                answer.cancel()
        except Exception:  # a bug of one answer must not stop the others
            log.error("a bug in answering on %s\n%s", self._ears.channel, redact(traceback.format_exc()))
            reply, acknowledged = None, False
        seen[number] = True
        if all(seen.values()):
            self._idle.set()
        if replies:
            await replies.bring(said, reply, acknowledged=acknowledged)

    async def _fetch(self, file: str, most: int) -> bytes:
        """See `asking.Fetch`."""
        try:
            return await voice.fetched(cast("Bot", self._bot), file, most)
        except Refusal as refusal:
            raise by_status(refusal.status, refusal.word("description")) from None

    # ── the bot itself ───────────────────────────────────────────────────────────────────────────────────────────

    async def _greeted(self) -> tuple[Bot, User]:
        """The bot of this token; another token (the file was replaced) makes another bot, with updates of its own."""
        from telegram import Bot

        token = self._token.reveal()
        if self._bot is None or self._bot.token != token:
            self._bot = Bot(
                token,
                base_url=self._settings.base,
                base_file_url=self._settings.files,
                request=self._request,
                get_updates_request=self._updates,
            )
            self._me, self._offset, self._seen = None, None, {}
        if self._me is None:
            me: User = await voice.asked(self._bot.get_me, {})
            link = f"https://t.me/{me.username}" if me.username else ""
            await voice.asked(self._bot.delete_webhook, {})  # with one set nothing can be polled
            self._menus = Menus(self._bot, self._ears.channel, self._ears.admins, self._ears.clock)
            if self._replies is None:  # later on another process may poll: then it is the next answer that tells
                self.hearing.hears()
            self._me, self._replies = me, Replies(self._bot, self._ears, link)
            if link:
                self._ears.known_as(link)
        return self._bot, self._me

    # ── trouble ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _troubled(self, trouble: Exception) -> float | None:
        """Has it told where it has to be; returns for how long Telegram says to wait."""
        name, why, wait, after = self._ears.channel, redact(str(trouble)), None, AWAY
        if isinstance(trouble, Refusal):
            why = redact(f"HTTP {trouble.status}: {trouble.word('description') or trouble.text}")
            if trouble.status == 429:
                wait = voice.wait_of(trouble, self._ears.clock.now())
            elif trouble.status == 409:
                self._me = None  # a webhook may have been set: it is taken away by the next greeting
                why = "another process polls with its token: stop it, or give each a bot of its own"
                self._ears.tell(f"bot:{name}:conflict", f"the bot of {name} has a rival: {why}")
            elif trouble.status in (401, 404):
                why, after = "Telegram refuses its token", 0.0
        log.info("the bot of %s does not hear: %s", name, why)
        self.hearing.deaf(why, after=after)
        return None if wait is None else min(wait, _LONGEST)


def build(settings: TelegramSettings, ears: Ears) -> TelegramBot:
    """Raises ConfigError where its secrets cannot be read."""
    settings.bots[LISTENER].reveal()
    settings.proxy_url()
    return TelegramBot(settings, ears)
