"""`alertd check`: the mistakes; else what each rule watches, whom it tells, and what it costs."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import click

from alertd.cli import show
from alertd.cli.options import config_option
from alertd.clock import SystemClock
from alertd.config import Config
from alertd.config.build import build_sources, feeds
from alertd.config.load import load_with_rules
from alertd.config.loading import loading
from alertd.config.plan import Plan, Watch, alerts_on, make_plan, refuse_overspending
from alertd.ports import Source
from alertd.rules.rule import Rule
from alertd.wire.session import http_session

_MOST_COINS = 12
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


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
    for watch in plan.watches:
        _describe(watch, config)
    show.problems((*loaded.problems, *plan.problems))
    _budget(plan)
    alerts = sum(len(alerts_on(rule)) for rule in loaded.rules)
    warnings = len(loaded.problems) + len(plan.problems)
    outcome = show.counted(warnings, "warning") if warnings else "all is well"
    click.echo(f"{show.counted(len(loaded.rules), 'rule')}, {show.counted(alerts, 'alert')}: {outcome}")


async def _sources(config: Config) -> Sequence[Source]:
    async with http_session() as session:
        return build_sources(config, session, SystemClock())


def _describe(watch: Watch, config: Config) -> None:
    rule = watch.rule
    show.heading(rule.name)
    lines = {
        "when": rule.when_text,
        "until": rule.until_text,
        "at": _moments(rule),
        "coins": _coins(rule),
        "watches": "; ".join(
            f"{field} from {', else '.join(sources) or 'nowhere'}" for field, sources in watch.fields.items()
        ),
        "tells": "nobody, it is a draft"
        if rule.draft
        else "; ".join(f"{name} ({_ways(config, name)})" for name in watch.told) or "nobody",
    }
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
    return f"{'; '.join(f'{_days(each.days)}{each.time:%H:%M}' for each in rule.at.moments)} ({rule.at.zone})"


def _days(days: frozenset[int]) -> str:
    """`mon-fri ` for several in a row, `sat, sun ` for others, "" for all of them."""
    first, last = min(days), max(days)
    if len(days) == len(_DAYS):
        return ""
    if len(days) > 2 and len(days) == last - first + 1:
        return f"{_DAYS[first]}-{_DAYS[last]} "
    return ", ".join(_DAYS[day] for day in sorted(days)) + " "


def _ways(config: Config, receiver: str) -> str:
    destinations = config.policy.receivers[receiver].destinations
    return ", ".join(f"{channel} {address}" for channel, address in destinations)


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
