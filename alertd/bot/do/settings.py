"""What somebody has set for themselves: zone, quiet hours, digest, cap, and which ways are used."""

from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo, available_timezones

from alertd.bot.asking import Reply
from alertd.bot.do.link import called
from alertd.bot.office import Job, no, say
from alertd.config import times
from alertd.errors import did_you_mean
from alertd.model.notification import Notification
from alertd.model.order import Loosen
from alertd.model.people import Person
from alertd.rules.keys import Wrong

_OFF = ("off", "none", "default")
_LONGEST = 100
"""Characters of one setting."""


def _quiet(words: str, zone: ZoneInfo) -> None:
    times.quiet(words, {}, zone)


def _digest(words: str, zone: ZoneInfo) -> None:
    times.digest(words, zone)


def _cap(words: str, _zone: ZoneInfo) -> None:
    times.cap(words)


_CHECKS: dict[str, Callable[[str, ZoneInfo], None]] = {"quiet": _quiet, "digest": _digest, "cap": _cap}
"""What may stand in a setting: raises Wrong for what cannot be meant."""

_SETS: dict[str, Callable[[Person, str], Person]] = {
    "zone": lambda person, words: replace(person, zone=words),
    "quiet": lambda person, words: replace(person, quiet=words),
    "digest": lambda person, words: replace(person, digest=words),
    "cap": lambda person, words: replace(person, cap=words),
}

_NAMES = {"zone": "Zone", "quiet": "Quiet hours", "digest": "Digest", "cap": "Cap"}


async def settings(job: Job) -> Reply:
    """All of them, or one that is set."""
    words = job.command.words
    if not words:
        return await job.done(_all(job))
    name, value = words[0].lower(), " ".join(words[1:]).strip()
    if name == "channels":
        return await _channels(job, words[1:])
    if name not in _NAMES:
        return no(f"There is no setting {words[0]!r}", did_you_mean(name, [*_NAMES, "channels"]) or "settings")
    if not value or len(value) > _LONGEST:
        return no(f"Say what {name} is to be", "settings shows how it is now")
    if name == "zone":
        return await _zone(job, value)
    value = "" if value.lower() in _OFF else value
    try:
        if value:
            _CHECKS[name](value, _local(job))
    except Wrong as wrong:
        return no(wrong.message, *((wrong.hint,) if wrong.hint else ()))
    return await _set(job, name, value)


async def _set(job: Job, name: str, value: str) -> Reply:
    """It holds from now on, for what is held already, too."""
    now = _now(job)
    job.rows.append(job.office.people.put(_SETS[name](now, value)))
    job.orders.append(Loosen(now.owner))
    job.did("settings", name)
    said = f"{_NAMES[name]}: {value}" if value else f"{_NAMES[name]}: {'the daemon’s' if name == 'zone' else 'off'}"
    return await job.done(say(said, private=True))


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
    hint = did_you_mean(word, names) or did_you_mean(word, {name.rpartition("/")[2] for name in names})
    meant = hint.removeprefix("did you mean '").removesuffix("'?")
    return sorted(name for name in names if meant and meant in (name, name.rpartition("/")[2]))[:3]


async def _channels(job: Job, words: tuple[str, ...]) -> Reply:
    """Those named are told, the others are not."""
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
        if is_used is not account.used:
            job.rows.append(people.change(replace(account, used=is_used)))
    job.did("settings", "channels")
    return await job.done(say(f"Channels: {', '.join(dict.fromkeys(used))}", private=True))


def _all(job: Job) -> Reply:
    person, accounts = _now(job), job.office.people.accounts(job.person.number)
    codes = job.office.people.codes(person.number, job.now)
    channels = [f"{each.identity.channel}{'' if each.used else ' (not used)'}" for each in accounts]
    # Not by the account: of a mailbox that is somebody else's there is none, and this is not where it shows.
    channels += [f"{code.identity.channel} (to be confirmed)" for code in codes if code.identity]
    facts = (
        (_NAMES["zone"], person.zone or f"{job.office.universe().zone} (the daemon’s)"),
        (_NAMES["quiet"], person.quiet or "off"),
        (_NAMES["digest"], person.digest or "off"),
        (_NAMES["cap"], person.cap or "off"),
        ("Channels", ", ".join(dict.fromkeys(channels))),
        ("You are", f"{person.owner}, {person.role}"),
    )
    return Reply(said=Notification("Your settings", facts=facts), private=True)


def _now(job: Job) -> Person:
    """As they are by now: an admin may have changed them since they asked. Raises Overtaken."""
    return job.asker()


def _local(job: Job) -> ZoneInfo:
    return ZoneInfo(job.person.zone or job.office.universe().zone)
