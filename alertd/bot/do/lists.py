"""Watchlists of one's own: names for coins, to be used in alerts."""

from collections.abc import Mapping
from dataclasses import replace

from alertd.bot.asking import Reply
from alertd.bot.office import Job, no, say
from alertd.errors import did_you_mean
from alertd.model.notification import Notification

MOST, COINS, NAME = 20, 100, 30
"""Lists of one person, coins of one list, characters of a name."""

_DELETE = ("delete", "remove")


async def watchlist(job: Job) -> Reply:
    """Show them all or one, set one, delete one."""
    words, symbols = job.command.words, job.command.symbols
    lists = _lists(job)
    if not words:
        return await job.done(_shown(lists))
    name = words[0].lower()
    if symbols:
        return await _set(job, name, symbols)
    if len(words) == 1:
        return await job.done(_shown({name: lists[name]})) if name in lists else _unknown(name, lists)
    if words[1].lower() not in _DELETE:
        return no("Say which coins belong to it", f"watchlist {name} BTC ETH")
    if name not in lists:
        return _unknown(name, lists)
    return await _put(job, {each: coins for each, coins in lists.items() if each != name}, f"Deleted: {name}", name)


async def _set(job: Job, name: str, symbols: tuple[str, ...]) -> Reply:
    universe, lists = job.office.universe(), _lists(job)
    taken = name.upper() in {coin.upper() for coin in universe.coins} or name in map(str.lower, universe.watchlists)
    if not _is_word(name) or name in _DELETE:
        return no(f"A list is called by one word of {NAME} letters or digits at the most, such as majors")
    if taken:
        return no(f"{name!r} is the name of something else already", "Take another one.")
    if len(symbols) > COINS:
        return no(f"A list has {COINS} coins at the most, not {len(symbols)}")
    if name not in lists and len(lists) >= MOST:
        return no(f"You have {MOST} lists already", "watchlist NAME delete takes one away")
    coins = tuple(dict.fromkeys(symbols))
    return await _put(job, {**lists, name: coins}, f"{name}: {', '.join(coins)}", name)


async def _put(job: Job, lists: Mapping[str, tuple[str, ...]], title: str, name: str) -> Reply:
    people = job.office.people
    person = job.asker()
    job.rows.append(people.put(replace(person, watchlists=dict(lists))))
    job.did("watchlist", name)
    return await job.done(say(title, "Alerts that were made with it stay as they are.", private=True))


def _shown(lists: Mapping[str, tuple[str, ...]]) -> Reply:
    facts = tuple((name, ", ".join(coins)) for name, coins in sorted(lists.items()))
    lines = () if lists else ("watchlist majors BTC ETH makes one",)
    return Reply(said=Notification("Your watchlists" if lists else "You have no list", lines, facts), private=True)


def _unknown(name: str, lists: Mapping[str, tuple[str, ...]]) -> Reply:
    return no(f"You have no list {name!r}", did_you_mean(name, lists) or "watchlist shows those that you have")


def _lists(job: Job) -> Mapping[str, tuple[str, ...]]:
    return job.asker().watchlists


def _is_word(name: str) -> bool:
    return (
        len(name) <= NAME
        and name.isascii()
        and name.replace("_", "").replace("-", "").isalnum()
        and not name.isdecimal()
    )
