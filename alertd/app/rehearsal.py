"""`alertd run --dry-run`: the same configuration, every message printed instead of sent."""

from dataclasses import replace

from alertd.channels.console import ConsoleSettings
from alertd.config.load import Config
from alertd.config.settings import Section
from alertd.model.notification import Destination

CONSOLE = "console"


def rehearsal(config: Config) -> Config:
    """Every receiver's messages go to the console, under its name; nothing is sent and no secret of a channel read."""
    receivers = {
        name: replace(receiver, destinations=(Destination(CONSOLE, name),))
        for name, receiver in config.policy.receivers.items()
    }
    return replace(
        config,
        channels={CONSOLE: Section(CONSOLE, ConsoleSettings())},
        policy=replace(config.policy, receivers=receivers),
        control=None,
        http=None,
        heartbeat=None,
        chat=None,
    )
