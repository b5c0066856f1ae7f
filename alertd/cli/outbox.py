"""`alertd outbox list|retry|bury`: what is on its way, what did not arrive, and what to do about it."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path

import click
import msgspec

from alertd.cli import show
from alertd.cli.options import config_option, now_of, order
from alertd.config import Config, load
from alertd.dispatch import wording
from alertd.dispatch.render import fold
from alertd.errors import AlertdError, ControlError, StorageUnusable, did_you_mean
from alertd.model.notification import Content
from alertd.model.record import Letter
from alertd.model.units import say_duration
from alertd.storage.record import read_lost, read_outbox, read_states
from alertd.storage.sqlite import SqliteStore

STATES = ("waiting", "buried", "expired", "sent", "spared")

_AT_ONCE = 2_000
"""Rows in one request, which has to stay below `control.MAX_REQUEST`."""

_ENDED = {"sent": "sent already", "spared": "needed no more", "sending": "being sent just now"}
_GIVEN_UP = {"buried": "given up already", "expired": "given up already, as too old"}
_NO_ROW = "no such row (`alertd outbox list` shows those that there are)"
"""What is said of a row, by its state, with which nothing can be done."""

_NAMED = 5
"""So many rows are named."""

_rows = click.argument("rows", nargs=-1, type=click.IntRange(min=0), metavar="ROW...")
_channel = click.option("--channel", default="", metavar="NAME", help="Only of this channel.")


@click.group()
def command() -> None:
    """Look at what is on its way or did not arrive; have it tried again, or give it up."""


@command.command("list")
@_channel
@click.option("--state", type=click.Choice(STATES), default="waiting", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="The oldest so many.")
@click.option("--json", "as_json", is_flag=True, help="Everything, one JSON object per line.")
@config_option
def list_(*, channel: str, state: str, limit: int, as_json: bool, config_path: Path) -> None:
    """List deliveries, the oldest first. Beside a running daemon, or without one."""
    config = load(config_path)
    found = read_outbox(config.state, channel=channel, state="" if state == "waiting" else state, limit=limit)
    if not found:
        _check(channel, config)
    if as_json:
        for each in found:
            whole = {**msgspec.to_builtins(each.parcel), "says": says(each.content)}
            click.echo(msgspec.json.encode(whole).decode())
    elif found:
        columns = ("row", "age", "channel", "address", "receiver", "how it is", "what it says")
        show.table(columns, rows_of(found, config.policy.zone, now_of(config)))
    else:
        click.echo("nothing waits" if state == "waiting" else f"nothing is {state}")


@command.command()
@_rows
@click.option("--all-buried", is_flag=True, help="All that was given up, but not by hand, and came no other way.")
@_channel
@config_option
def retry(*, rows: tuple[int, ...], all_buried: bool, channel: str, config_path: Path) -> None:
    """Have ROWs (see `outbox list`) tried at once: given up ones too, and addresses that nothing reached."""
    config = load(config_path)
    if all_buried == bool(rows):
        raise click.UsageError("name rows, as `alertd outbox list --state buried` shows them, or --all-buried")
    if channel and not all_buried:
        raise click.UsageError("--channel goes with --all-buried")
    if all_buried and not (rows := tuple(read_lost(config.state, channel=channel))):
        _check(channel, config)
        click.echo("nothing is buried")
        return
    _change(config, "outbox-retry", rows, "will be tried at once")


@command.command()
@_rows
@config_option
def bury(*, rows: tuple[int, ...], config_path: Path) -> None:
    """Give ROWs (see `outbox list`) up: they are not sent."""
    if not rows:
        raise click.UsageError("name rows, as `alertd outbox list` shows them")
    _change(load(config_path), "outbox-bury", rows, "given up")


def rows_of(found: Iterable[Letter], zone: tzinfo, now: float) -> Iterator[tuple[object, ...]]:
    for parcel, content in ((each.parcel, each.content) for each in found):
        way = parcel.channel, fold(parcel.address), parcel.receiver
        yield parcel.row, say_duration(now - parcel.created), *way, wording.way(parcel, now, zone), says(content)


def says(content: Content) -> str:
    """What a message is about, in a line."""
    if content.text is not None:
        return fold(content.text.title)
    entries = [*content.holding, *content.past]
    if not entries:
        return "what is forgotten by now"
    more = f" and {len(entries) - 1:,} more" if len(entries) > 1 else ""
    return wording.happened(entries[0].event) + more


def _change(config: Config, command: str, rows: Sequence[int], done: str) -> None:
    """Have it done, and say so, and of what it was not done. Raises AlertdError where that is all."""
    before = read_states(config.state, rows) if config.state.exists() else {}
    count = _obeyed(config, command, rows)
    said = [f"{count:,} {'delivery' if count == 1 else 'deliveries'} {done}"] if count else []
    if count < len(rows):
        said += _left(rows, before, _ENDED if command == "outbox-retry" else _ENDED | _GIVEN_UP)
    if not count:
        raise AlertdError("; ".join(said or ["nothing was left to do by then"]))
    click.echo("; ".join(said))


def _left(rows: Sequence[int], states: Mapping[int, str], ended: Mapping[str, str]) -> Iterator[str]:
    """`sent already: 768, 832`: the rows with which nothing could be done."""
    why: dict[str, list[int]] = {}
    for row in rows:
        state = states.get(row)
        if state is None or state in ended:
            why.setdefault(_NO_ROW if state is None else ended[state], []).append(row)
    for said, found in why.items():
        more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
        yield f"{said}: {', '.join(map(str, found[:_NAMED]))}{more}"


def _obeyed(config: Config, command: str, rows: Sequence[int]) -> int:
    """By the daemon, or on the database where none runs; how many there were."""
    parts = [rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE)]
    try:
        counts = [order(config, command, rows=list(part))["count"] for part in parts]
    except ControlError as error:
        if not config.state.exists():
            raise
        try:
            return asyncio.run(_change_file(config, command, rows))
        except StorageUnusable as trouble:  # such as a daemon that does not answer, but has the database
            raise AlertdError(f"{error}\n{trouble}") from None
    return sum(count for count in counts if isinstance(count, int))


async def _change_file(config: Config, command: str, rows: Sequence[int]) -> int:
    now = now_of(config)
    store = await SqliteStore.open(config.state, now=now)
    try:
        change = store.retry if command == "outbox-retry" else store.bury
        return await change(rows, now, idle=True)
    finally:
        await store.close()


def _check(channel: str, config: Config) -> None:
    """Raises click.UsageError where a channel is none of the configuration."""
    if channel and channel not in config.channels:
        hint = did_you_mean(channel, config.channels) or f"there are {', '.join(config.channels) or 'none'}"
        raise click.UsageError(f"no channel is called {channel!r}; {hint}")
