"""`alertd store check|backup|restore`: the way out when the database is damaged, and the way not to need it."""

import time
from pathlib import Path

import click

from alertd.cli import show
from alertd.cli.options import config_option
from alertd.config import load
from alertd.errors import StorageUnusable
from alertd.storage import maintenance

_path = click.Path(dir_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Check, back up and restore the database."""


@command.command()
@config_option
def check(config_path: Path) -> None:
    """Look the whole database over, beside a running daemon too. Exit code 1 if it is damaged, or not there."""
    state = load(config_path).state
    if not state.exists():
        raise StorageUnusable(f"there is no database {state} yet: `alertd run` makes it")
    if found := maintenance.check(state):
        raise StorageUnusable("\n".join([f"{state} is not sound:", *found, "to go back: alertd store restore BACKUP"]))
    click.echo(f"{state} is sound")
    show.table(("table", "rows"), maintenance.count_rows(state).items())


@command.command()
@click.argument("target", type=_path)
@config_option
def backup(target: Path, config_path: Path) -> None:
    """Copy the database to TARGET, beside a running daemon too. Exit code 1 if it is damaged."""
    state = load(config_path).state
    maintenance.backup(state, target)
    if found := maintenance.check(target):
        raise StorageUnusable("\n".join([f"wrote {target}, but {state} is damaged, and so is the copy:", *found]))
    click.echo(f"wrote {target}")


@command.command()
@click.argument("source", metavar="BACKUP", type=_path)
@config_option
def restore(source: Path, config_path: Path) -> None:
    """Put BACKUP in the database's place, while no daemon runs. What was there is kept beside it."""
    state = load(config_path).state
    kept = maintenance.restore(source, state, now=time.time())
    click.echo(f"{state} is now what {source} holds" + (f"; what was there is {kept}" if kept else ""))
