"""Replies on their way back: as messages, photos and files, in place of what had the button, or as a word that pops up
for whoever pressed it."""

from __future__ import annotations

import logging
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from alertd.bot.asking import Reply
from alertd.bot.asking import plain as as_text
from alertd.bot.patience import Patience
from alertd.bot.platforms import Ears
from alertd.bot.telegram_heard import Heard
from alertd.channels import telegram_voice as voice
from alertd.channels.answers import Reason
from alertd.channels.telegram_voice import Place, parts
from alertd.channels.text import utf16
from alertd.errors import DeliveryDelayed, DeliveryError, DeliveryMoved, DeliveryRefused
from alertd.model.notification import Link, Notification
from alertd.outbox.replies import NoTurn
from alertd.wire.sdk import Refusal
from alertd.wire.secret import redact

if TYPE_CHECKING:
    from telegram import Bot

T = TypeVar("T")

POPUP = 200
"""Characters of what pops up (Bot API, answerCallbackQuery)."""
MOST_WAITING = 20
"""Replies that wait for one chat; Telegram takes so many in a minute from a group."""

log = logging.getLogger(__name__)


class Replies:
    """Those of one bot. `link` is where people write to it."""

    def __init__(self, bot: Bot, ears: Ears, link: str) -> None:
        self._bot = bot
        self._ears = ears
        self._link = link
        self._waiting: Counter[str] = Counter()

    async def acknowledge(self, query: str, text: str = "") -> bool:
        """Ends the wait that a button shows, with a text that pops up where there is one. False where Telegram did
        not take it, as after a while."""
        arguments = {"text": text, "show_alert": True} if text else {}
        try:
            await voice.asked(self._bot.answer_callback_query, {"callback_query_id": query, **arguments})
        except (Refusal, DeliveryError) as error:
            log.info("a press on %s was not acknowledged: %s", self._ears.channel, error)
            return False
        return True

    async def bring(self, heard: Heard, reply: Reply | None, *, acknowledged: bool = False) -> None:
        """Never raises: what cannot be brought is logged."""
        popup = _popup(heard, reply) if reply and not acknowledged else ""
        if heard.query and not acknowledged and await self.acknowledge(heard.query, popup) and popup:
            return
        if reply is None:
            return
        chat = parts(heard.asked.chat)[0]
        if self._waiting[chat] >= MOST_WAITING:
            log.warning("a reply on %s is left out: %d are waiting for its chat", self._ears.channel, MOST_WAITING)
            return
        self._waiting[chat] += 1
        try:
            await self._bring(heard, reply)
        except NoTurn:
            log.debug("a reply on %s is left out", self._ears.channel)
        except DeliveryError as error:
            log.warning("a reply on %s was not brought: %s", self._ears.channel, redact(str(error)))
        except Exception:  # a bug here must not end the bot
            log.error("a bug in a reply on %s\n%s", self._ears.channel, redact(traceback.format_exc()))
        finally:
            self._waiting[chat] -= 1
            if not self._waiting[chat]:
                del self._waiting[chat]

    async def _bring(self, heard: Heard, reply: Reply) -> None:
        asked = heard.asked
        changes = heard.query and reply.replaces and not (reply.picture or reply.file)
        if changes and await self._sent(asked.chat, lambda place: self._changed(place, heard, reply)):
            return
        if reply.private and asked.group:
            try:
                await self._say(asked.direct, 0, reply)
                return
            except DeliveryRefused as error:
                if error.reason not in (Reason.FORBIDDEN, Reason.NOT_FOUND):
                    raise
            reply = self._strange()
        await self._say(asked.chat, heard.message if asked.group or heard.query else 0, reply)

    async def _changed(self, place: Place, heard: Heard, reply: Reply) -> bool:
        return await voice.edited(self._bot, place, heard.message, reply.said, reply.code, pictured=heard.pictured)

    async def _say(self, address: str, follows: int, reply: Reply) -> None:
        """All of it, one message after the other."""
        bot, said, code, png = self._bot, reply.said, reply.code, reply.picture
        words = True
        if png:
            below = voice.captions(said, code)
            try:
                if below:
                    await self._sent(address, lambda place: voice.show(bot, place, png, said, code), follows)
                else:
                    await self._sent(address, lambda place: voice.photo(bot, place, png), follows)
            except DeliveryRefused as error:
                log.warning("a picture on %s was not taken: %s", self._ears.channel, redact(str(error)))
            else:
                words = not below
        if words:
            await self._sent(address, lambda place: voice.say(bot, place, said, code), follows)
        if reply.file:
            name, content = reply.file
            await self._sent(address, lambda place: voice.hand(bot, place, name, content), follows)

    async def _sent(self, address: str, call: Callable[[Place], Awaitable[T]], follows: int = 0) -> T:
        """What the call returns, tried again and again. Raises DeliveryError."""
        clock = self._ears.clock
        patience = Patience()
        while True:
            await self._ears.turn(address)
            error: DeliveryError
            try:
                return await call(Place(*parts(address), follows))
            except Refusal as refusal:
                error = voice.meaning(refusal, address, clock.now())
            except DeliveryDelayed as delayed:
                error = delayed
            if not isinstance(error, DeliveryDelayed):
                raise error
            moved = isinstance(error, DeliveryMoved)
            wait = patience.pause(error, odd=moved)
            if error.reason == Reason.RATE_LIMITED:
                self._ears.rest(address, clock.now() + (error.retry_after or wait or 0.0))
            if wait is None:
                raise error
            if isinstance(error, DeliveryMoved):
                address = error.to
            else:
                await clock.sleep(wait)

    def _strange(self) -> Reply:
        """What is said in the group to somebody to whom the bot may not write."""
        link = (Link("Write to me", self._link),) if self._link else ()
        lines = ("Open a chat with me, press Start, and ask again.",)
        return Reply(said=Notification("The answer is for you alone, and I cannot write to you", lines, links=link))


def _popup(heard: Heard, reply: Reply) -> str:
    """A short private reply in a group, for whoever pressed the button; "" for any other."""
    more = reply.said.buttons or reply.said.links or reply.picture or reply.file
    if not (heard.query and heard.asked.group and reply.private) or more:
        return ""
    text = as_text(reply)
    return text if utf16(text) <= POPUP else ""
