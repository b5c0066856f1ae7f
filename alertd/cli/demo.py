"""`alertd demo`: everything at once, on this machine alone."""

from pathlib import Path

import click

from alertd import demo


@click.command()
@click.option(
    "--prices",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Play these recorded bars instead of the generated day.",
)
@click.pass_context
def command(ctx: click.Context, prices: tuple[Path, ...]) -> None:
    """A market day with a flash crash, played to a real daemon that delivers to servers on this machine.

    Neither network nor keys are needed. Exit code 0 only if everything that should arrive did.
    """
    ctx.exit(0 if demo.main(prices=prices) else 1)
