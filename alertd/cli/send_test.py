"""`alertd send-test RECEIVER`: does it arrive?"""

import asyncio
import time
from pathlib import Path
from secrets import token_hex

import click

from alertd.cli.options import config_option
from alertd.config import Config, load
from alertd.config.build import build_channels
from alertd.dispatch.policy import Receiver
from alertd.errors import AlertdError, ConfigError, DeliveryError, did_you_mean
from alertd.model.notification import Delivery, Notification
from alertd.wire.session import http_session


@click.command()
@click.argument("receiver")
@config_option
def command(receiver: str, config_path: Path) -> None:
    """Send a test message to every address of RECEIVER. Exit code 1 if one of them did not take it."""
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
    names = dict.fromkeys(destination.channel for destination in receiver.destinations)
    async with http_session() as session:
        channels = {channel.name: channel for channel in build_channels(config, session, names)}
        try:
            for channel, address in receiver.destinations:
                now = time.time()
                try:
                    await channels[channel].send(_delivery(receiver.name, channel, address, now), now)
                    click.echo(f"{channel} {address}: sent in {time.time() - now:.1f} s")
                except DeliveryError as error:
                    refused.append(f"{channel} {address}: {error} ({error.reason})")
        finally:
            for built in channels.values():
                await built.close()
    return refused


def _delivery(receiver: str, channel: str, address: str, now: float) -> Delivery:
    return Delivery(
        row=0,
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
        due=now,
        expires=now + 60.0,
    )
