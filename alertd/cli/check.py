"""`alertd check`: the mistakes; else what each rule watches, whom it tells, and what it costs."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from alertd.cli import show
from alertd.cli.options import config_option
from alertd.clock import SystemClock
from alertd.config import Config
from alertd.config.build import build_sources, feeds
from alertd.config.chat import Chat
from alertd.config.load import load_with_rules
from alertd.config.loading import loading
from alertd.config.plan import Plan, Watch, alerts_on, make_plan, refuse_overspending
from alertd.dispatch.policy import Receiver
from alertd.errors import Problem
from alertd.model.notification import Destination, Loudness
from alertd.model.units import say_duration
from alertd.ports import Source
from alertd.rules.hours import say_days
from alertd.rules.rule import Rule
from alertd.wire.session import http_session

_MOST_COINS = 12

_UNITS = Path("/var/lib")
"""Where systemd makes the folder of a unit, when that first starts."""


@click.command()
@config_option
def command(config_path: Path) -> None:
    """Say what is wrong with the configuration and the rules (exit code 78), else what they do.

    Nothing is asked of the network, and no secret is read.
    """
    with loading():
        config, loaded = load_with_rules(config_path, time.time())
        sources = asyncio.run(_sources(config))
        plan = make_plan(config, loaded, sources, feeds(config, sources))
    doubts = (*_nowhere(config), *loaded.problems, *plan.problems)
    for watch in plan.watches:
        _describe(watch, config)
    for receiver in config.policy.receivers.values():
        _describe_limits(receiver)
    if config.chat:
        _describe_chat(config.chat)
    show.problems(doubts)
    _budget(plan)
    alerts = sum(len(alerts_on(rule)) for rule in loaded.rules)
    outcome = show.counted(len(doubts), "warning") if doubts else "all is well"
    click.echo(f"{show.counted(len(loaded.rules), 'rule')}, {show.counted(alerts, 'alert')}: {outcome}")


async def _sources(config: Config) -> Sequence[Source]:
    async with http_session() as session:
        return build_sources(config, session, SystemClock())


def _nowhere(config: Config) -> Iterator[Problem]:
    """A warning where the store has no folder to stand in."""
    folder = config.state.parent
    if not folder.is_dir() and folder.parent != _UNITS:
        message = f"there is no folder {folder} for the database: the daemon will not start"
        yield config.document.problem(("state",), message, "make it, owned by alertd's user", warning=True)


def _describe(watch: Watch, config: Config) -> None:
    rule = watch.rule
    show.heading(rule.name)
    lines = {
        "when": rule.when_text,
        "until": rule.until_text,
        "at": _moments(rule),
        "says": rule.say,
        "note": rule.note,
        "coins": _coins(rule),
        "watches": "; ".join(
            f"{field} from {', else '.join(sources) or 'nowhere'}" for field, sources in watch.fields.items()
        ),
        "tells": "nobody, it is a draft"
        if rule.draft
        else "; ".join(f"{name} ({_ways(config.policy.receivers[name].destinations)})" for name in watch.told)
        or "nobody",
        "later": "; ".join(f"{', '.join(each.to)} after {say_duration(each.after)}" for each in watch.later),
    }
    _lines(lines)


def _lines(lines: Mapping[str, str]) -> None:
    for title, text in lines.items():
        if text:
            click.echo(f"  {title:<8} {text}")


def _coins(rule: Rule) -> str:
    more = len(rule.symbols) - _MOST_COINS
    shown = ", ".join(rule.symbols[:_MOST_COINS]) + (f" and {more} more" if more > 0 else "")
    return shown if alerts_on(rule) == rule.symbols else f"{shown}: one alert for all of them"


def _moments(rule: Rule) -> str:
    """When a rule is judged, in the words of its key; "" for at every reading."""
    if rule.at is None:
        return ""
    return f"{'; '.join(f'{say_days(each.days)}{each.time:%H:%M}' for each in rule.at.moments)} ({rule.at.zone})"


def _ways(destinations: Sequence[Destination]) -> str:
    return ", ".join(f"{channel} {address}" for channel, address in destinations)


def _describe_limits(receiver: Receiver) -> None:
    """How much a receiver wants to hear, when and where else; nothing where it says nothing of that."""
    cap, otherwise = receiver.cap, receiver.otherwise
    lines = {
        "cap": f"{show.counted(cap.count, 'message')} in {say_duration(cap.seconds)}" if cap else "",
        "quiet": str(receiver.quiet or ""),
        "digest": str(receiver.digest or ""),
        "else": f"{_ways(otherwise.destinations)} after {say_duration(otherwise.after)}" if otherwise else "",
        **{
            each.value: ", ".join(severity for severity, loudness in receiver.loudness.items() if loudness is each)
            for each in (Loudness.LOUD, Loudness.SILENT)
        },
    }
    if any(lines.values()):
        show.heading(receiver.name)
        _lines(lines)


def _describe_chat(chat: Chat) -> None:
    """Whose bots listen, and whom they let in."""
    known = Counter(identity.channel for identity in chat.allowed)
    show.heading("chat")
    _lines(
        {
            "listens": ", ".join(chat.channels),
            "lets in": ", ".join(f"{count} by {channel}" for channel, count in known.items()) or "who has a code",
            "each": f"{show.counted(chat.alerts, 'alert')}, {show.counted(chat.commands.count, 'command')}"
            f" in {say_duration(chat.commands.seconds)}",
        }
    )


def _budget(plan: Plan) -> None:
    """The calls per source. Raises ConfigError where a quota would be exceeded."""
    show.table(
        ("source", "calls a month", "to fill the history", "quota"),
        [
            (each.source, f"{each.polls:,}", f"{each.backfill:,}", "none" if each.quota is None else f"{each.quota:,}")
            for each in plan.spending
        ],
    )
    refuse_overspending(plan.spending)
