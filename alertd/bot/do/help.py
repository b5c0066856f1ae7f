"""Help, out of the catalogue: only what whoever asks may use."""

from collections.abc import Sequence

from alertd.bot.asking import Reply
from alertd.bot.catalogue import COMMANDS, NAMES, OPTIONS, TOPIC, TOPICS, Entry, Option, may
from alertd.bot.office import Job, Office, no
from alertd.errors import did_you_mean
from alertd.model.notification import Notification
from alertd.model.people import Person

_FIRST = ("alert BTC > 70k", "alerts", "help")
"""What somebody who comes may want to tap."""
_ASKED = ("help alert", "help options", "help settings")
"""Of what there is most to tell."""
_BEHIND = "[OPTIONS]"
"""What the usage of a command says that takes options."""


async def help_(job: Job) -> Reply:
    """Everything at a glance, or one command with examples to tap."""
    words = job.command.words
    if not words:
        return await job.done(_all(job))
    word = words[0].lower().lstrip("/")
    name = NAMES.get(word)
    if name is None and word in TOPICS and may(job.person, COMMANDS["alert"].right):
        return await job.done(_topic(job, TOPICS[word]))
    if name is None or not may(job.person, COMMANDS[name].right):
        mine = [entry.name for entry in _mine(job)]
        return no(f"There is no command {words[0]!r}", did_you_mean(words[0], mine) or "help shows them all")
    return await job.done(_one(job, COMMANDS[name]))


def greeting(office: Office, person: Person, title: str = "alertd is listening", *lines: str) -> Reply:
    """What somebody is told who comes."""
    first = [text for text in _FIRST if may(person, COMMANDS[text.partition(" ")[0]].right)]
    buttons = tuple(office.offers.button(person.number, text) for text in first)
    return Reply(said=Notification(title, lines=(*lines, "help shows what you can say here"), buttons=buttons))


def _all(job: Job) -> Reply:
    mine = _mine(job)
    width = max(len(entry.name) for entry in mine)
    said = Notification(
        "What you can say here",
        lines=("help COMMAND tells more of one, with examples; help options what an alert takes besides.",),
        buttons=tuple(job.offer(text) for text in _ASKED if may(job.person, COMMANDS["alert"].right)),
    )
    return Reply(said=said, code="\n".join(f"{entry.name:<{width}}  {entry.summary}" for entry in mine))


def _one(job: Job, entry: Entry) -> Reply:
    also = (f"Also: {', '.join(entry.also)}",) if entry.also else ()
    buttons = tuple(job.offer(example) for example in entry.examples)
    behind = f"\n\n{_table(OPTIONS)}" if _BEHIND in entry.usage else ""
    return Reply(said=Notification(entry.summary, lines=also, buttons=buttons), code=entry.usage + behind)


def _topic(job: Job, name: str) -> Reply:
    """All options, or those of one name with an example to tap."""
    asked = [option for option in OPTIONS if name in (TOPIC, option.name)]
    example = f"alert BTC > 70k {asked[0].sample}"
    lines = (f"They stand behind it, one or more: {example}",) if name == TOPIC else ()
    buttons = () if name == TOPIC else (job.offer(example),)
    return Reply(said=Notification("What an alert takes besides", lines=lines, buttons=buttons), code=_table(asked))


def _table(options: Sequence[Option]) -> str:
    width = max(len(option.sample) for option in options)
    return "\n".join(f"{option.sample:<{width}}  {option.says}" for option in options)


def _mine(job: Job) -> list[Entry]:
    return [entry for entry in COMMANDS.values() if may(job.person, entry.right)]
