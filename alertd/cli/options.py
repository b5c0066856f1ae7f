"""What several commands have in common: options, how times are written in them, orders to the daemon."""

import asyncio
import getpass
import os
from contextlib import suppress
from datetime import datetime, tzinfo
from pathlib import Path

import click

from alertd.clock import SystemClock
from alertd.config import Config
from alertd.control import Answer, Arguments, ask
from alertd.errors import AlertdError, ControlError
from alertd.model.units import duration

PLACES = (Path("alertd.yaml"), Path("/etc/alertd/alertd.yaml"))


def _found(_: click.Context, __: click.Parameter, path: Path | None) -> Path:
    return path or next((place for place in PLACES if place.exists()), PLACES[0])


config_option = click.option(
    "--config",
    "-c",
    "config_path",
    type=click.Path(path_type=Path),
    envvar="ALERTD_CONFIG",
    callback=_found,
    help="The configuration file: ./alertd.yaml, else /etc/alertd/alertd.yaml.  [env: ALERTD_CONFIG]",
)


PATIENCE = 15.0
"""Seconds that the daemon gets for an order."""


def control_of(config: Config) -> Path:
    """The control socket. Raises ControlError where the configuration names none."""
    if config.control is None:
        raise ControlError("the configuration names no `control` socket, so nobody can ask the daemon")
    return config.control


def order(config: Config, command: str, **arguments: object) -> Answer:
    """Have the daemon do something. Raises ControlError where none answers, AlertdError with its words where it will
    not."""
    answer = asyncio.run(answer_of(control_of(config), command, arguments))
    if not answer["ok"]:
        raise AlertdError(str(answer["error"]))
    return answer


async def answer_of(control: Path, command: str, arguments: Arguments, *, patience: float = PATIENCE) -> Answer:
    """What the daemon says. Raises ControlError where none answers, or not within `patience` seconds."""
    try:
        async with asyncio.timeout(patience):
            return await ask(control, command, arguments)
    except TimeoutError:
        raise ControlError(
            f"the daemon did not answer within {patience:g} s (a full disk, a long tick?):"
            " what was asked may still be done; `alertd status` tells"
        ) from None


def now_of(config: Config) -> float:
    """What the daemon's clock shows, epoch seconds: in a rehearsal it is not the system's."""
    return SystemClock.of(config.clock).now()


def login_name() -> str:
    """Who runs the command, the person behind `sudo` where that is so. Raises click.UsageError where nobody knows."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        raise click.UsageError("your login has no name: say who you are") from None


def moment(text: str, zone: tzinfo) -> float:
    """`2026-01-01`, `2026-01-01T08:00`, a zone behind it or that of the configuration → epoch seconds. Raises
    click.BadParameter."""
    try:
        shown = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"expected a time such as 2026-01-01T08:00, not {text!r}") from None
    return (shown if shown.tzinfo else shown.replace(tzinfo=zone)).timestamp()


def ago_or_moment(text: str, now: float, zone: tzinfo) -> float:
    """The same, or how long ago: `90m`, `1d`."""
    with suppress(ValueError):
        return now - duration(text)
    try:
        return moment(text, zone)
    except click.BadParameter:
        raise click.BadParameter(f"expected 1d (ago) or a time such as 2026-01-01T08:00, not {text!r}") from None
