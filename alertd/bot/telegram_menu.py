"""Telegram's menu of commands: what anybody may who is let in, and in the private chats of admins what they may.

Wire format: https://core.telegram.org/bots/api#setmycommands and …#botcommandscopechat. A chat's own menu stands in
place of the one for all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from alertd.bot.catalogue import COMMANDS, LEAST
from alertd.channels import telegram_voice as voice
from alertd.model.people import Role
from alertd.ports import Clock
from alertd.wire.sdk import Refusal
from alertd.wire.secret import redact

if TYPE_CHECKING:
    from telegram import Bot

_REST = 60.0
"""Seconds until what was not taken for now is tried again, where Telegram does not say."""

log = logging.getLogger(__name__)


def menu(role: Role) -> list[tuple[str, str]]:
    """(name, summary) of what somebody of that role may say; names have no hyphen in a menu."""
    return [
        (name.replace("-", "_"), entry.summary) for name, entry in COMMANDS.items() if role.at_least(LEAST[entry.right])
    ]


class Menus:
    """Those of one bot. `admins` are the users who have the longer one; nobody has to see it to say what is in it, and
    so the bot hears on where one is not taken."""

    def __init__(self, bot: Bot, channel: str, admins: Callable[[], frozenset[str]], clock: Clock) -> None:
        self._bot = bot
        self._channel = channel
        self._admins = admins
        self._clock = clock
        self._common = False
        self._longer: frozenset[str] = frozenset()
        self._until = 0.0

    async def follow(self) -> None:
        """The one for all, once, and those of admins, where somebody has become one or is none any more. Raises
        DeliveryDelayed where Telegram does not answer. What it refuses as it is (400, 403) is not tried again, anything
        else later."""
        if self._clock.now() < self._until:
            return
        try:
            await self._catch_up()
        except Refusal as refusal:
            now = self._clock.now()
            self._until = now + (voice.wait_of(refusal, now) or _REST)

    async def _catch_up(self) -> None:
        from telegram import BotCommandScopeChat

        if not self._common:
            await self._asked(self._bot.set_my_commands, commands=menu(Role.USER))
            self._common = True
        admins = self._admins()
        for user in sorted(admins ^ self._longer):
            scope = BotCommandScopeChat(user)
            if user in admins:
                await self._asked(self._bot.set_my_commands, commands=menu(Role.ADMIN), scope=scope)
            else:
                await self._asked(self._bot.delete_my_commands, scope=scope)
            self._longer ^= {user}

    async def _asked(self, call: Any, **arguments: object) -> None:
        try:
            await voice.asked(call, arguments)
        except Refusal as refusal:
            log.warning("Telegram does not take a menu of %s: %s", self._channel, redact(refusal.text))
            if refusal.status not in (400, 403):
                raise
