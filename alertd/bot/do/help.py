"""Help, out of the catalogue: only what whoever asks may use."""

from alertd.bot.asking import Reply
from alertd.bot.catalogue import COMMANDS, LEAST, NAMES, Entry
from alertd.bot.office import Job, Office, no
from alertd.errors import did_you_mean
from alertd.model.notification import Notification
from alertd.model.people import Person

_FIRST = ("alert BTC > 70k", "alerts", "help")
"""What somebody who comes may want to tap."""


async def help_(job: Job) -> Reply:
    """Everything at a glance, or one command with examples to tap."""
    words = job.command.words
    if not words:
        return await job.done(_all(job))
    name = NAMES.get(words[0].lower().lstrip("/"))
    if name is None or not _may(job.person, COMMANDS[name]):
        mine = [entry.name for entry in COMMANDS.values() if _may(job.person, entry)]
        return no(f"There is no command {words[0]!r}", did_you_mean(words[0], mine) or "help shows them all")
    return await job.done(_one(job, COMMANDS[name]))


def greeting(office: Office, person: Person, title: str = "alertd is listening", *lines: str) -> Reply:
    """What somebody is told who comes."""
    may = [text for text in _FIRST if _may(person, COMMANDS[text.partition(" ")[0]])]
    buttons = tuple(office.offers.button(person.number, text) for text in may)
    return Reply(said=Notification(title, lines=(*lines, "help shows what you can say here"), buttons=buttons))


def _all(job: Job) -> Reply:
    mine = [entry for entry in COMMANDS.values() if _may(job.person, entry)]
    width = max(len(entry.name) for entry in mine)
    said = Notification(
        "What you can say here",
        lines=("help COMMAND tells more of one, with examples.",),
        buttons=tuple(job.offer(f"help {name}") for name in ("alert", "settings") if _has(mine, name)),
    )
    return Reply(said=said, code="\n".join(f"{entry.name:<{width}}  {entry.summary}" for entry in mine))


def _one(job: Job, entry: Entry) -> Reply:
    also = (f"Also: {', '.join(entry.also)}",) if entry.also else ()
    buttons = tuple(job.offer(example) for example in entry.examples)
    return Reply(said=Notification(entry.summary, lines=also, buttons=buttons), code=entry.usage)


def _has(entries: list[Entry], name: str) -> bool:
    return any(entry.name == name for entry in entries)


def _may(person: Person, entry: Entry) -> bool:
    least = LEAST[entry.right]
    return least is None or person.role.at_least(least)
