"""`alertd run`: the daemon."""

import asyncio
from pathlib import Path

import click

from alertd import logs
from alertd.app import run
from alertd.cli.options import config_option
from alertd.config import load


@click.command()
@config_option
@click.option("--dry-run", is_flag=True, help="Judge everything, print what would be sent, send nothing.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="How much to log.",
)
def command(config_path: Path, dry_run: bool, log_level: str) -> None:
    """Run the daemon, in the foreground: SIGTERM ends it, SIGHUP and `alertd reload` have it read everything again."""
    logs.set_up(level=log_level)
    asyncio.run(run(load(config_path), dry_run=dry_run))
