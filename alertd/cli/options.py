"""The options that several commands have."""

from pathlib import Path

import click

from alertd.config import Config
from alertd.errors import ControlError

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


def control_of(config: Config) -> Path:
    """The control socket. Raises ControlError where the configuration names none."""
    if config.control is None:
        raise ControlError("the configuration names no `control` socket, so nobody can ask the daemon")
    return config.control
