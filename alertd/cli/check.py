"""`alertd check`: the mistakes; else what each rule watches, whom it tells, and what it costs."""

import asyncio
import time
from pathlib import Path

import click

from alertd.cli import show
from alertd.cli.options import config_option
from alertd.clock import SystemClock
from alertd.config import Config
from alertd.config.build import build_sources, feeds
from alertd.config.load import load_with_rules
from alertd.config.plan import Plan, Watch, make_plan, refuse_overspending
from alertd.rules.rule import Rule
from alertd.wire.session import http_session

_MOST_COINS = 12


@click.command()
@config_option
def command(config_path: Path) -> None:
    """Say what is wrong with the configuration and the rules (exit code 78), else what they do.

    Nothing is asked of the network, and no secret is read.
    """
    config, loaded = load_with_rules(config_path, time.time())
    plan = asyncio.run(_plan(config, loaded.rules))
    for watch in plan.watches:
        _describe(watch, config)
    show.problems((*loaded.problems, *plan.problems))
    _budget(plan)
    alerts = sum(len(rule.symbols) for rule in loaded.rules)
    warnings = len(loaded.problems) + len(plan.problems)
    outcome = show.counted(warnings, "warning") if warnings else "all is well"
    click.echo(f"{show.counted(len(loaded.rules), 'rule')}, {show.counted(alerts, 'alert')}: {outcome}")


async def _plan(config: Config, rules: tuple[Rule, ...]) -> Plan:
    async with http_session() as session:
        sources = build_sources(config, session, SystemClock())
        return make_plan(config, rules, sources, feeds(config, sources))


def _describe(watch: Watch, config: Config) -> None:
    rule = watch.rule
    show.heading(rule.name)
    lines = {
        "when": rule.when_text,
        "until": rule.until_text,
        "coins": ", ".join(rule.symbols[:_MOST_COINS])
        + (f" and {len(rule.symbols) - _MOST_COINS} more" if len(rule.symbols) > _MOST_COINS else ""),
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
