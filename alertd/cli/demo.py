"""`alertd demo`: everything at once, on this machine alone."""

from importlib.util import find_spec
from pathlib import Path

import click

from alertd.cli import EXIT_FAILED
from alertd.errors import AlertdError


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
    if find_spec("aiosmtpd") is None:  # only the demo needs a mail server
        raise AlertdError("the demo needs its extra: pip install 'alertd[demo]'")
    from alertd.demo.play import main

    ctx.exit(0 if main(prices) else EXIT_FAILED)
