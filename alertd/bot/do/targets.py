"""Which alerts are meant: by number, by coin, all; one's own, or those of others for admins."""

import re
from typing import NamedTuple

from alertd.bot.do import entries
from alertd.bot.do.refusal import Refusal, refused
from alertd.bot.office import Job, no
from alertd.model.people import ChatAlert, Person, Role, called, owner_of

_OTHERS = re.compile(r"@(\d{1,9})\.(\d{1,9})", re.ASCII)
_OWN = re.compile(r"#?(\d{1,9})", re.ASCII)


class Target(NamedTuple):
    person: Person
    alert: ChatAlert

    @property
    def key(self) -> tuple[str, str]:
        """The (owner, name) of its rule."""
        return self.person.owner, str(self.alert.number)

    def called(self, job: Job) -> str:
        """What whoever asks and the audit log call it: `#3`, `@7.3` that of somebody else."""
        return called(*self.key, job.person.owner)

    def word(self, job: Job) -> str:
        """How it is typed in a command: `3`, `@7.3`."""
        return self.called(job).removeprefix("#")


class Missing(Refusal):
    """There is no such alert any more, or never was; they might have touched it. `key` is its rule's (owner, name)."""

    def __init__(self, key: tuple[str, str], reader: str) -> None:
        super().__init__(no(f"There is no alert {called(*key, reader)}", "alerts shows yours with their numbers."))
        self.key = key


def is_number(word: str) -> bool:
    return bool(_OWN.fullmatch(word) or _OTHERS.fullmatch(word))


async def one(job: Job) -> Target:
    """The alert of the command's first word. Raises Refusal where there is none, or they may not touch it."""
    if not job.command.words:
        raise refused("Which alert?", "alerts shows yours with their numbers.")
    return await by_word(job, job.command.words[0])


async def by_word(job: Job, word: str) -> Target:
    if other := _OTHERS.fullmatch(word):
        return await by_number(job, int(other[1]), int(other[2]))
    if own := _OWN.fullmatch(word):
        return await by_number(job, job.person.number, int(own[1]))
    raise refused(f"{word!r} is no number of an alert", "alerts shows yours with their numbers.")


async def by_number(job: Job, person: int, number: int) -> Target:
    """An alert by its owner's number and its own."""
    check_own(job, owner_of(person), str(number))
    owner = job.office.people.get(person)
    alerts = await job.office.store.chat_alerts(person) if owner else ()
    found = next((each for each in alerts if each.number == number), None)
    if owner is None or found is None:
        raise Missing((owner_of(person), str(number)), job.person.owner)
    job.seen.append(found)
    return Target(owner, found)


def check_own(job: Job, owner: str, number: str) -> None:
    """Raises Refusal for whoever is neither that alert's owner nor an admin."""
    if owner != job.person.owner and not job.person.role.at_least(Role.ADMIN):
        about = called(owner, number, job.person.owner)
        raise Refusal(no("That alert is somebody else's"), denied="touches another's alert", about=about)


async def several(job: Job) -> list[Target]:
    """Those of all numbers of the command, of its coins, or all of theirs. Raises Refusal where there are none."""
    command = job.command
    if "all" in command.words or command.symbols:
        alerts = await job.office.store.chat_alerts(job.person.number)
        job.seen += alerts
        mine = [Target(job.person, each) for each in alerts]
        if command.symbols:
            wanted = set(command.symbols)
            mine = [each for each in mine if wanted.issuperset(entries.coins(entries.read(each.alert)))]
        if not mine:
            about = f" on {', '.join(command.symbols)} alone" if command.symbols else ""
            raise refused(f"You have no alerts{about}")
        return mine
    if not command.words:
        await one(job)
    return [await by_word(job, word) for word in dict.fromkeys(command.words)]
