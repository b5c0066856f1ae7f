"""`alertd send-test RECEIVER`: does it arrive?"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from secrets import token_hex

import click
from aiohttp import ClientSession

from alertd.cli.options import config_option
from alertd.config import Config, load
from alertd.config.build import build_channels
from alertd.dispatch.policy import Receiver
from alertd.errors import AlertdError, ConfigError, DeliveryError, did_you_mean
from alertd.model.notification import Delivery, Destination, Notification
from alertd.ports import Channel
from alertd.wire.session import http_session


@click.command()
@click.argument("receiver")
@config_option
def command(receiver: str, config_path: Path) -> None:
    """Send a test message to each address of RECEIVER and of its `else`. Exit code 1 if one did not take it."""
    config = load(config_path)
    known = config.policy.receivers
    if receiver not in known:
        hint = did_you_mean(receiver, known) or f"there are {', '.join(known) or 'none yet'}"
        raise ConfigError(f"no receiver is called {receiver!r}; {hint}")
    if refused := asyncio.run(_send(config, known[receiver])):
        raise AlertdError("\n".join(refused))


async def _send(config: Config, receiver: Receiver) -> list[str]:
    """Send to each address; what was refused, in words."""
    refused: list[str] = []
    async with http_session() as session, AsyncExitStack() as stack:
        channels: dict[str, Channel | ConfigError] = {}
        for title, (channel, address) in _ways(receiver):
            if channel not in channels:
                channels[channel] = built = _build(config, session, channel)
                if not isinstance(built, ConfigError):
                    stack.push_async_callback(built.close)
            try:
                seconds = await _try(channels[channel], _delivery(receiver.name, channel, address, time.time()))
                click.echo(f"{title}: sent in {seconds:.1f} s")
            except DeliveryError as error:
                refused.append(f"{title}: {error} ({error.reason})")
            except ConfigError as error:
                refused.append(f"{title}: {error}")
    return refused


def _ways(receiver: Receiver) -> Iterator[tuple[str, Destination]]:
    """Every address, and what it is called."""
    for each in receiver.destinations:
        yield f"{each.channel} {each.address}", each
    for each in receiver.otherwise.destinations if receiver.otherwise else ():
        yield f"else {each.channel} {each.address}", each


def _build(config: Config, session: ClientSession, name: str) -> Channel | ConfigError:
    """The channel, or why it cannot be used: another one may be fine."""
    try:
        return build_channels(config, session, [name])[0]
    except ConfigError as error:
        return error


async def _try(channel: Channel | ConfigError, delivery: Delivery) -> float:
    """How many seconds it took. Raises DeliveryError, and ConfigError where the channel is none."""
    if isinstance(channel, ConfigError):
        raise channel
    await channel.send(delivery, delivery.created)
    return time.time() - delivery.created


def _delivery(receiver: str, channel: str, address: str, now: float) -> Delivery:
    return Delivery(
        message=f"test-{token_hex(8)}",
        receiver=receiver,
        channel=channel,
        address=address,
        notification=Notification(
            title="A test of alertd",
            lines=(f"Messages for {receiver} arrive here.",),
            footer="sent by alertd send-test; nothing has happened",
        ),
        created=now,
    )
