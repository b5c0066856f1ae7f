"""Commands by chat, put together: the people, the clerk, and a bot for each channel that listens."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial

from aiohttp import ClientSession

from alertd.app.terminal import Terminal
from alertd.bot import platforms
from alertd.bot.aliases import Aliased
from alertd.bot.clerk import Clerk
from alertd.bot.office import Charts, Office, Quotes
from alertd.bot.people import People
from alertd.bot.receivers import Receivers
from alertd.config.load import Config
from alertd.control import Commands
from alertd.dispatch.notice import told
from alertd.dispatch.policy import Policy
from alertd.errors import ConfigError
from alertd.model.kept import Noticed
from alertd.model.notification import Delivery
from alertd.model.people import Account, Crowd, PeopleRow
from alertd.outbox.replies import Turns
from alertd.pipeline import Pipeline
from alertd.ports import Channel, Clock, Store
from alertd.wire.secret import redact
from alertd.wire.vault import Vault

log = logging.getLogger(__name__)

_AGAIN, _LONGEST = 1.0, 60.0
"""Seconds until a bot that broke is started again: the first time, and at the most."""


def users_channels(config: Config) -> tuple[Channel, ...]:
    """What people may be told by beside the configuration's channels."""
    if config.chat is None or not config.chat.webhooks:
        return ()
    from alertd.channels.user_webhooks import UserWebhooks

    return (UserWebhooks(),)


class Chatting:
    """Nobody, and no bot, where the configuration has no `chat:`. Otherwise the people are there once they are met, the
    clerk and the bots once the engine is there too. What `chat:` says is changed by a restart alone."""

    def __init__(self, config: Callable[[], Config]) -> None:
        self.people: People | None = None
        self.clerk: Clerk | None = None
        self._config = config
        self._tasks: set[asyncio.Task[None]] = set()
        self._bots: dict[str, platforms.Bot] = {}

    def meet(self, crowd: Crowd) -> None:
        """Raises ConfigError where the key is not the one that the store's people were sealed with, or where there are
        people and no key: their alerts would fire, and nobody would be told."""
        if terms := self._config().chat:
            self.people = People(Vault(terms.key), crowd)
        elif count := sum(row.body is not None for row in crowd.people):
            who = "1 person is" if count == 1 else f"{count} people are"
            raise ConfigError(
                f"{who} known by chat, and their alerts cannot be told without the `chat:` section and its key: put it"
                " back; with `channels: []` in it no bot listens, and alerts are told all the same"
            )

    @property
    def listening(self) -> frozenset[str]:
        """The channels whose bot hears of buttons."""
        terms = self._config().chat
        return frozenset(terms.channels) if terms else frozenset()

    def hearing(self) -> Mapping[str, str]:
        """Channel → whether its bot hears, since when, and why not."""
        return {name: bot.hearing.state for name, bot in self._bots.items()}

    def aliased(self, channel: Channel) -> Channel:
        """A channel that knows people by their aliases."""
        return Aliased(channel, lambda: self.people, self._moved)

    def policy(self, config: Config) -> Policy:
        """That of a configuration, with everybody as a receiver."""
        if self.people is None:
            return config.policy
        own, operator = config.policy.receivers, config.policy.operator
        channels = [*config.channels, *(channel.name for channel in users_channels(config))]
        receivers = Receivers(own, self.people, config.universe.zone, operator, channels=channels)
        return replace(config.policy, receivers=receivers)

    def commands(self) -> Commands:
        """What the control socket offers beside."""
        terminal = self.terminal()
        return terminal.commands() if terminal else {}

    def terminal(self) -> Terminal | None:
        """Where the operator asks; None where there is no clerk."""
        return Terminal(self.clerk, self._office) if self.clerk else None

    def open(
        self,
        pipeline: Pipeline,
        store: Store,
        clock: Clock,
        *,
        quotes: Quotes,
        charts: Charts,
        status: Callable[[], Awaitable[Mapping[str, object]]],
    ) -> None:
        """The engine is there: from now on there is a clerk."""
        self._pipeline = pipeline
        self._clock = clock
        terms = self._config().chat
        if terms is not None and self.people is not None:
            self._office = Office(
                pipeline=pipeline,
                store=store,
                clock=clock,
                people=self.people,
                terms=terms,
                universe=lambda: self._config().universe,
                coins=lambda: self._config().coins,
                quotes=quotes,
                charts=charts,
                status=status,
                channels={name: section.kind for name, section in self._config().channels.items()},
            )
            self.clerk = Clerk(self._office)

    def overtaken(self, delivery: Delivery) -> bool:
        """Whether somebody has changed this message since by pressing a button."""
        return self.clerk is not None and self.clerk.overtaken(delivery)

    def listen(self, session: ClientSession, turns: Mapping[str, Turns]) -> None:
        """A bot for each channel that is to listen; its replies go at the courier's pace. Raises ConfigError where a
        secret cannot be read."""
        if self.clerk is None:
            return
        said = told(self._pipeline.remembered(Noticed))
        for name in sorted(self.listening):
            ears = platforms.Ears(
                channel=name,
                answering=self.clerk,
                session=session,
                clock=self._clock,
                turn=partial(self._turn, turns[name], name),
                rest=partial(self._rest, turns[name], name),
                tell=self._pipeline.tell_operator,
                known_as=partial(self._office.bots.__setitem__, name),
                admins=partial(self._office.people.admins, name),
            )
            section = self._config().channels[name]
            self._bots[name] = platforms.build(section.kind, section.settings, ears)
            self._bots[name].hearing.know(said)

    async def _turn(self, turns: Turns, channel: str, address: str) -> None:
        await turns.turn_for(self._counted(channel, address))

    def _rest(self, turns: Turns, channel: str, address: str, until: float) -> None:
        turns.rest(self._counted(channel, address), until)

    def _counted(self, channel: str, address: str) -> str:
        """A reply is counted with the alerts for the same chat, which have an alias in the address' place."""
        return (self.people.alias_at(channel, address) if self.people else None) or address

    def _moved(self, account: Account, to: str) -> None:
        """A chat has another address now."""
        if self.people is not None:
            row = self.people.change(replace(account, address=to))
            task = asyncio.get_running_loop().create_task(self._serve(row))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, row: PeopleRow) -> None:
        await self._pipeline.serve(people=[row])

    async def run(self) -> None:
        """All bots, until cancelled. One that breaks is started again; the others do not notice."""
        async with asyncio.TaskGroup() as tasks:
            for name, bot in self._bots.items():
                tasks.create_task(self._keep(name, bot))

    async def _keep(self, name: str, bot: platforms.Bot) -> None:
        pause = _AGAIN
        while True:
            began = self._clock.now()
            try:
                await bot.run()
                log.error("the bot of %s has ended by itself", name)
            except Exception:  # a bug of one bot must not end the daemon
                log.error("a bug in the bot of %s\n%s", name, redact(traceback.format_exc()))
            bot.hearing.deaf("it broke (see the log) and is started again", after=0.0)
            pause = _AGAIN if self._clock.now() - began > _LONGEST else min(2 * pause, _LONGEST)
            await self._clock.sleep(pause)
