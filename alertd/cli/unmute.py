"""`alertd unmute`: undo what alertd muted by itself."""

from pathlib import Path

import click

from alertd.cli.options import config_option, order
from alertd.config import load
from alertd.model.episode import meant
from alertd.model.kept import Mute
from alertd.storage.standing import read_kept


@click.command()
@click.argument("rule")
@config_option
def command(rule: str, config_path: Path) -> None:
    """Have RULE heard again, which told so much that alertd muted it. An alert of chat is written @7.3."""
    config = load(config_path)
    kept = read_kept(config.state) if config.state.exists() else []
    muted = {(one.owner, one.rule) for one in kept if isinstance(one, Mute)}
    # A rule's own name may have a colon in it.
    wanted = [(one.owner, one.rule) for one in meant(rule) if not one.coin]
    owner, name = next((each for each in wanted if each in muted), wanted[0])
    answer = order(config, "unmute", rule=name, owner=owner)
    click.echo(answer.get("text", f"{rule} is heard again"))
