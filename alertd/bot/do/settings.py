"""What somebody has set for themselves: zone, quiet hours, digest, cap, and which ways are used."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from alertd.bot.asking import Reply
from alertd.bot.do import reach
from alertd.bot.do.link import called
from alertd.bot.office import Job, no, say
from alertd.config import times
from alertd.errors import did_you_mean, nearest
from alertd.model.notification import Notification
from alertd.model.order import Loosen
from alertd.model.people import Person
from alertd.rules.wrong import Wrong

_OFF = ("off", "none", "default")
_LONGEST = 100
"""Characters of one setting."""


class _Setting(NamedTuple):
    """`check` raises Wrong for words that cannot be meant."""

    label: str
    put: Callable[[Person, str], Person]
    check: Callable[[str, ZoneInfo], object] = lambda _words, _zone: None


_SETTINGS = {
    "zone": _Setting("Zone", lambda person, words: replace(person, zone=words)),
    "quiet": _Setting(
        "Quiet hours",
        lambda person, words: replace(person, quiet=words),
        lambda words, zone: times.quiet(words, {}, zone),
    ),
    "digest": _Setting("Digest", lambda person, words: replace(person, digest=words), times.digest),
    "cap": _Setting("Cap", lambda person, words: replace(person, cap=words), lambda words, _: times.cap(words)),
}


async def settings(job: Job) -> Reply:
    """All of them, or one that is set."""
    words = job.command.words
    if not words:
        return await job.done(_all(job))
    name, value = words[0].lower(), " ".join(words[1:]).strip()
    if name == "channels":
        return await _channels(job, words[1:])
    if name not in _SETTINGS:
        return no(f"There is no setting {words[0]!r}", did_you_mean(name, [*_SETTINGS, "channels"]) or "settings")
    if not value or len(value) > _LONGEST:
        return no(f"Say what {name} is to be", "settings shows how it is now")
    if name == "zone":
        return await _zone(job, value)
    value = "" if value.lower() in _OFF else value
    try:
        if value:
            _SETTINGS[name].check(value, ZoneInfo(job.person.zone or job.office.universe().zone))
    except Wrong as wrong:
        return no(wrong.message, *((wrong.hint,) if wrong.hint else ()))
    return await _set(job, name, value)


async def _set(job: Job, name: str, value: str) -> Reply:
    """It holds from now on, for what is held already, too."""
    setting, person = _SETTINGS[name], job.asker()
    job.rows.append(job.office.people.put(setting.put(person, value)))
    job.orders.append(Loosen(person.owner))
    job.did("settings", name)
    off = "the daemon’s" if name == "zone" else "off"
    return await job.done(say(f"{setting.label}: {value or off}", private=True))


async def _zone(job: Job, value: str) -> Reply:
    if value.lower() in _OFF:
        return await _set(job, "zone", "")
    names = available_timezones()
    if value in names:
        return await _set(job, "zone", value)
    near = _near(value, names)
    buttons = tuple(job.offer(f"settings zone {name}") for name in near)
    lines = () if near else ("Write one such as Europe/Madrid or UTC.",)
    said = Notification(f"There is no time zone {value!r}", lines=lines, buttons=buttons)
    return Reply(said=said, ok=False, private=True)


def _near(value: str, names: set[str]) -> list[str]:
    """Zones that may be meant: of that name in other letters, of that city, or of a name much like it."""
    word = "_".join(value.lower().split())
    same = sorted(name for name in names if word in (name.lower(), name.lower().rpartition("/")[2]))
    if same:
        return same[:3]
    meant = nearest(word, names) or nearest(word, {name.rpartition("/")[2] for name in names})
    return sorted(name for name in names if meant in (name, name.rpartition("/")[2]))[:3]


async def _channels(job: Job, words: tuple[str, ...]) -> Reply:
    """Those named are told, the others are not. What nothing has reached is tried again where it is named."""
    people = job.office.people
    wanted = [word for each in words for word in each.lower().replace(",", " ").split() if word != "and"]
    mine = people.accounts(job.person.number)
    every = list(dict.fromkeys(account.identity.channel for account in mine))
    unknown = [word for word in wanted if word != "all" and not any(called(job, account, word) for account in mine)]
    if not wanted or unknown:
        title = f"Nothing of yours is called {unknown[0]!r}" if unknown else "Say which channels are to be told"
        return no(title, f"You have {', '.join(every)}; link adds another")
    used = []
    for account in mine:
        is_used = "all" in wanted or any(called(job, account, word) for word in wanted)
        used += [account.identity.channel] if is_used else []
        if is_used and people.unreached(account):
            job.rows.append(people.reached(account))
        if is_used is not account.used:
            job.rows.append(people.change(replace(account, used=is_used)))
    job.did("settings", "channels")
    return await job.done(say(f"Channels: {', '.join(dict.fromkeys(used))}", private=True))


def _all(job: Job) -> Reply:
    person, accounts = job.asker(), job.office.people.accounts(job.person.number)
    codes = job.office.people.codes(person.number, job.now)
    channels = [f"{each.identity.channel}{'' if each.used else ' (not used)'}" for each in accounts]
    # Not by the account: of a mailbox that is somebody else's there is none, and this is not where it shows.
    channels += [f"{code.identity.channel} (to be confirmed)" for code in codes if code.identity]
    facts = (
        (_SETTINGS["zone"].label, person.zone or f"{job.office.universe().zone} (the daemon’s)"),
        (_SETTINGS["quiet"].label, person.quiet or "off"),
        (_SETTINGS["digest"].label, person.digest or "off"),
        (_SETTINGS["cap"].label, person.cap or "off"),
        ("Channels", ", ".join(dict.fromkeys(channels))),
        ("You are", f"{person.owner}, {person.role}"),
    )
    return Reply(
        said=Notification("Your settings", lines=tuple(reach.unreached(job, accounts)), facts=facts), private=True
    )
