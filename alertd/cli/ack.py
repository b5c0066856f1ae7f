"""`alertd ack`: somebody has seen it."""

from pathlib import Path

import click

from alertd.cli.options import config_option, login_name, order
from alertd.config import load


@click.command()
@click.argument("episode")
@click.option("--by", metavar="NAME", help="Who has seen it; your login name unless said.")
@config_option
def command(episode: str, by: str | None, config_path: Path) -> None:
    """Say that somebody has seen EPISODE (btc-breakout/BTC/3, or btc-breakout/BTC for the open one, or btc-breakout for
    those of all its coins): nobody is reminded of it any more, nor is it passed on to others."""
    answer = order(load(config_path), "ack", episode=episode, by=by or login_name())
    click.echo(answer.get("text", f"{episode} is acknowledged"))
