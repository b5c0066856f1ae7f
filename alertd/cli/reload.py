"""`alertd reload`: new rules and settings without a restart."""

import asyncio
from pathlib import Path

import click

from alertd.cli.options import config_option, control_of
from alertd.config import load
from alertd.control import ask
from alertd.errors import ConfigError

_PATIENCE = 110.0
"""Seconds: the daemon reads 50,000 rules and fills new windows before it answers; the unit's TimeoutStartSec is 120."""


@click.command()
@config_option
def command(config_path: Path) -> None:
    """Have the daemon read its configuration and rules again: all of it or, where there is a mistake, nothing."""
    answer = asyncio.run(ask(control_of(load(config_path)), "reload", patience=_PATIENCE))
    if not answer["ok"]:
        raise ConfigError(f"{answer['error']}\nnothing was changed")
    click.echo(answer.get("text", "reloaded"))
