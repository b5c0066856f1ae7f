"""`alertd status`: what the daemon says of itself, and what its database holds."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import click

from alertd.cli import show
from alertd.cli.options import config_option, control_of, now_of
from alertd.config import load
from alertd.control import ask
from alertd.errors import ControlError
from alertd.model.people import full_name
from alertd.model.reasons import say_reason
from alertd.model.units import say_duration
from alertd.storage.status import Status, read_status


@click.command()
@config_option
def command(config_path: Path) -> None:
    """Say how the daemon is, what waits and what happened last. Exit code 1 if no daemon answers."""
    config = load(config_path)
    down: ControlError | None = None
    try:
        answer = asyncio.run(ask(control_of(config), "status", patience=10.0))
        if not answer["ok"]:
            raise ControlError(f"the daemon cannot say: {answer['error']}")
        show.table(("what", "how it is"), [(key, value) for key, value in answer.items() if key != "ok"])
    except ControlError as error:
        down = error
    if config.state.exists():
        _store(read_status(config.state), now_of(config))
    if down:
        raise down


def _store(status: Status, now: float) -> None:
    click.echo(f"{show.counted(status.alerts, 'alert')}, {show.counted(status.held, 'item')} held back")
    if status.depths:
        rows = [(depth.channel, depth.waiting, say_duration(now - depth.oldest)) for depth in status.depths]
        show.table(("channel", "waiting", "oldest"), rows)
    if status.unsent:
        show.table(("not sent because", "times"), [(say_reason(why), times) for why, times in status.unsent.items()])
    if status.events:
        show.table(
            ("time (UTC)", "event", "rule", "coin"),
            [
                (
                    datetime.fromtimestamp(event.time, UTC).strftime("%Y-%m-%d %H:%M:%S"),
                    event.kind,
                    full_name(event.owner, event.rule),
                    event.symbol,
                )
                for event in status.events
            ],
        )
