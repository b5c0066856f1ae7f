"""Watchlists of one's own: names for coins, to be used in alerts."""

from collections.abc import Mapping
from dataclasses import replace

from alertd.bot.asking import Reply
from alertd.bot.office import Job, no, say
from alertd.errors import did_you_mean
from alertd.model.notification import Notification

MOST, COINS, NAME = 20, 100, 30
"""Lists of one person, coins of one list, characters of a name."""

_DELETE, _ADD, _REMOVE = "delete", "add", "remove"


async def watchlist(job: Job) -> Reply:
    """Show them all or one, set one, add coins to one or take some from it, delete one."""
    words, symbols = job.command.words, job.command.symbols
    lists = job.asker().watchlists
    if not words:
        return await job.done(_shown(lists))
    name = words[0].lower()
    verb = words[1].lower() if len(words) > 1 else ""
    if symbols and verb != _REMOVE:
        return await _set(job, name, (*lists.get(name, ()), *symbols) if verb == _ADD else symbols)
    if name not in lists:
        return _unknown(name, lists)
    if verb == _REMOVE:
        return await _without(job, name, symbols)
    if verb != _DELETE:
        return await job.done(_shown({name: lists[name]}))
    return await _put(job, {each: coins for each, coins in lists.items() if each != name}, f"Deleted: {name}")


async def _without(job: Job, name: str, symbols: tuple[str, ...]) -> Reply:
    before = job.asker().watchlists[name]
    left = tuple(coin for coin in before if coin not in symbols)
    if len(left) == len(before):
        return no(f"{', '.join(symbols)} is not in {name}", f"It has {', '.join(before)}")
    if not left:
        return no(f"Nothing would be left of {name}", f"watchlist {name} delete takes it away")
    return await _set(job, name, left)


async def _set(job: Job, name: str, symbols: tuple[str, ...]) -> Reply:
    universe, lists = job.office.universe(), job.asker().watchlists
    taken = name.upper() in {coin.upper() for coin in universe.coins} or name in map(str.lower, universe.watchlists)
    if not _is_word(name) or name in (_DELETE, _ADD, _REMOVE):
        return no(f"A list is called by one word of {NAME} letters or digits at the most, such as majors")
    if taken:
        return no(f"{name!r} is the name of something else already", "Take another one.")
    if len(symbols) > COINS:
        return no(f"A list has {COINS} coins at the most, not {len(symbols)}")
    if name not in lists and len(lists) >= MOST:
        return no(f"You have {MOST} lists already", "watchlist NAME delete takes one away")
    coins = tuple(dict.fromkeys(symbols))
    return await _put(job, {**lists, name: coins}, f"{name}: {', '.join(coins)}")


async def _put(job: Job, lists: Mapping[str, tuple[str, ...]], title: str) -> Reply:
    people = job.office.people
    person = job.asker()
    job.rows.append(people.put(replace(person, watchlists=dict(lists))))
    job.did("watchlist")  # without its name: words of one's own are for no log that stays
    return await job.done(say(title, "Alerts that were made with it stay as they are.", private=True))


def _shown(lists: Mapping[str, tuple[str, ...]]) -> Reply:
    facts = tuple((name, ", ".join(coins)) for name, coins in sorted(lists.items()))
    lines = () if lists else ("watchlist majors BTC ETH makes one",)
    return Reply(said=Notification("Your watchlists" if lists else "You have no list", lines, facts), private=True)


def _unknown(name: str, lists: Mapping[str, tuple[str, ...]]) -> Reply:
    return no(f"You have no list {name!r}", did_you_mean(name, lists) or "watchlist shows those that you have")


def _is_word(name: str) -> bool:
    return (
        len(name) <= NAME
        and name.isascii()
        and name.replace("_", "").replace("-", "").isalnum()
        and not name.isdecimal()
    )
