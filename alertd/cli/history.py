"""`alertd history`: what happened lately, and what became of it for everybody."""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path

import click
import msgspec

from alertd.cli import show
from alertd.cli.options import ago_or_moment, config_option, now_of
from alertd.config import load
from alertd.dispatch import wording
from alertd.errors import ConfigError, did_you_mean
from alertd.model.record import Happening
from alertd.storage.record import read_history
from alertd.storage.standing import read_rules


@click.command()
@click.option("--rule", default="", metavar="NAME", help="Only of this rule.")
@click.option("--receiver", default="", metavar="NAME", help="Only what was for this receiver.")
@click.option("--symbol", default="", metavar="COIN", help="Only of this coin.")
@click.option("--since", metavar="WHEN", help="Only since then: 1d (ago), 2026-01-01, 2026-01-01T08:00.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The latest so many.")
@click.option("--all", "every", is_flag=True, help="The ends of what lasted for a moment, too.")
@click.option("--json", "as_json", is_flag=True, help="Everything on record, one JSON object per line.")
@config_option
def command(
    *,
    rule: str,
    receiver: str,
    symbol: str,
    since: str | None,
    limit: int,
    every: bool,
    as_json: bool,
    config_path: Path,
) -> None:
    """Say what happened lately and what became of it for each receiver, the latest last, as `journalctl -n` does.

    Beside a running daemon, or without one.
    """
    config = load(config_path)
    zone = config.policy.zone
    start = ago_or_moment(since, now_of(config), zone) if since else 0.0
    read = partial(read_history, config.state, rule=rule, receiver=receiver, symbol=symbol, since=start)
    told = read(limit=limit) if every or as_json else _notable(read, limit)
    if not told:
        _mistyped("of a rule", rule, read_rules(config.state) if rule else ())
        _mistyped("for a receiver", receiver, config.policy.receivers)
    told.reverse()  # The latest stands where the eye is: above the next prompt.
    if as_json:
        for each in told:
            click.echo(line(each))
    elif told:
        show.table((f"time ({zone})", "episode", "what happened", "what became of it"), rows(told, zone))
    else:
        click.echo("nothing is on record" + (" of that" if rule or receiver or symbol or since else " yet"))


def _notable(read: Callable[..., list[Happening]], limit: int) -> list[Happening]:
    """The latest that are more than the end of a moment, newest first."""
    asked = limit
    while True:
        told = read(limit=asked)
        notable = [each for each in told if not wording.of_a_moment(each)]
        if len(notable) >= limit or len(told) < asked:
            return notable[:limit]
        asked *= 2


def rows(told: Iterable[Happening], zone: tzinfo) -> Iterable[tuple[str, str, str, str]]:
    for each in told:
        event = each.entry.event
        yield (
            wording.moment(event.time, zone),
            wording.episode_of(event),
            wording.happened(event),
            wording.everybody(each, zone),
        )


def line(told: Happening) -> str:
    """An event as JSON with all that is on record of it; times are epoch seconds, `iso` the first one's for people."""
    number, event, words = told.entry
    whole = {
        "number": number,
        "episode_name": wording.episode_of(event),
        "iso": datetime.fromtimestamp(event.time, UTC).isoformat(),
        **msgspec.to_builtins(event),
        "when": words.when,
        "until": words.until,
        "labels": dict(words.labels),
        "receivers": msgspec.to_builtins(told.shares),
        "again": msgspec.to_builtins(told.again),
    }
    return msgspec.json.encode(whole).decode()


def _mistyped(what: str, name: str, known: Collection[str]) -> None:
    """Raises ConfigError where a name is none that there is."""
    if name and name not in known:
        some = f"there are {', '.join(sorted(known)[:10])}" if known else "nothing at all is"
        raise ConfigError(f"nothing is on record {what} {name!r}; {did_you_mean(name, known) or some}")
