"""discord.py's client of the gateway, for interactions alone: commands, buttons, what somebody is typing.

It asks for no intents, keeps nobody in a cache, and hands an interaction on as it came: what it holds is for the bot to
read, and one that is malformed ends no connection. (https://docs.discord.com/developers/events/gateway)
"""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

with warnings.catch_warnings():
    # The library's voice player, which nobody asked for, imports the standard library's deprecated audioop.
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    from discord import AllowedMentions, Client, Intents, VoiceClient

if TYPE_CHECKING:
    from alertd.wire.discord_api import BotApi

# It has no voice here, and need not warn of that.
VoiceClient.warn_nacl = VoiceClient.warn_dave = False

_PARSED = ("READY", "RESUMED")
"""What the library itself has to know of."""


class Gateway(Client):
    """`heard` takes each interaction; `entered` is awaited after each log-in with the ids of application and bot;
    `up` and `down` are called as the connection comes and goes."""

    def __init__(
        self,
        api: BotApi,
        *,
        heard: Callable[[Any], None],
        entered: Callable[[BotApi, int, int], Awaitable[None]],
        up: Callable[[], None],
        down: Callable[[], None],
    ) -> None:
        self._api = api
        self._heard = heard
        self._entered = entered
        self._up = up
        self._down = down
        super().__init__(intents=Intents.none(), allowed_mentions=AllowedMentions.none(), max_messages=None)

    def _get_state(self, **options: Any) -> Any:
        self.http = self._api
        state = super()._get_state(**options)
        state.parsers = {name: state.parsers[name] for name in _PARSED} | {"INTERACTION_CREATE": self._heard}
        return state

    async def setup_hook(self) -> None:
        await self._entered(self._api, self.application_id or 0, self.user.id if self.user else 0)

    async def on_connect(self) -> None:
        self._up()

    async def on_resumed(self) -> None:
        self._up()

    async def on_disconnect(self) -> None:
        self._down()
