"""What is known just now: asked of the engine, and of the sources where that does not know it."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from alertd.bot.office import Office
from alertd.conditions.codes import UNKNOWN
from alertd.conditions.shape import fields_of
from alertd.conditions.tree import Field
from alertd.rules.peek import Peek, latest, peek
from alertd.rules.rule import Rule

Reading = tuple[float, float, str]
"""A value, its time and its source."""

_OLD = 60.0
"""Seconds after which a value is asked for anew, for somebody who asks what it is now."""


class Known(NamedTuple):
    """The latest by coin; `short` is why not all of it could be asked for, "" where it was."""

    found: Mapping[str, Reading]
    short: str = ""


async def look(office: Office, rule: Rule) -> tuple[list[Peek], str]:
    """How each of a rule's coins stands, and why not all could be asked for ("" where it was). A coin that nobody
    watched yet is asked for at once."""
    seen = await seen_now(office, rule)
    missing = [each.symbol for each in seen if each.verdict == UNKNOWN]
    if missing:
        short = await office.quotes.fetch(_wanted(rule, missing))
        return await seen_now(office, rule), short
    return seen, ""


async def seen_now(office: Office, rule: Rule) -> list[Peek]:
    """The same, of what the engine knows already."""
    return await office.pipeline.ask(lambda state: peek(state, rule, office.clock.now()))


async def readings(office: Office, field: str, coins: Collection[str]) -> Known:
    """The latest of a field for each of these coins that has one; asked for where it is missing or old."""

    async def known() -> dict[str, Reading]:
        found = await office.pipeline.ask(lambda state: {coin: latest(state, field, coin) for coin in coins})
        return {coin: reading for coin, reading in found.items() if reading is not None}

    # From now on there is a place for them to come to.
    now = office.clock.now()
    await office.pipeline.ask(lambda state: [state.numbers(Field(field), coin, now) for coin in coins])
    before = await known()
    old = [coin for coin in coins if coin not in before or now - before[coin][1] > _OLD]
    if not old:
        return Known(before)
    short = await office.quotes.fetch({field: old})
    return Known(await known(), short)


def _wanted(rule: Rule, coins: Collection[str]) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for of in fields_of(rule.when):
        wanted.setdefault(of.name, set()).update(coins if of.coin is None else (of.coin,))
    return wanted
