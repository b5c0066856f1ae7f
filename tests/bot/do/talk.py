"""What tests of commands share: strangers at the door, and what the store has of people."""

from dataclasses import replace

from alertd.bot.asking import Asked, Reply
from alertd.bot.do import entries
from alertd.bot.do.door import enter
from alertd.bot.language.command import Command
from alertd.model.people import AlertStage, Crowd, Deed, Person, Role
from alertd.rules.amend import Change
from tests.bot.do import commands
from tests.bot.room import Room


def command(name: str, *words: str, symbols: tuple[str, ...] = (), **options: str) -> Command:
    """Of those whose words are not about an alert."""
    return commands.command(name, *symbols, words=words, **options)


async def knocks(stand: Room, asked: Asked, wanted: Command | None = None) -> Reply | Person | None:
    """What somebody whom nobody has let in, or who was banned, is told at the door."""

    async def audit(deed: Deed) -> None:
        await stand.pipeline.serve(people=[deed])

    return await enter(stand.office, asked, stand.office.people.find(asked.identity), wanted, audit)


async def invited(stand: Room, by: str, *words: str) -> str:
    """The text of an invite."""
    reply = await stand.does(command("invite", *words), by=by)
    assert reply.ok, reply.said.title
    return reply.code.removeprefix("start ")


async def comes(stand: Room, name: str, role: Role, *, by: str = "ola") -> Person:
    """Somebody who was invited."""
    word = () if role is Role.USER else (str(role),)
    code = await invited(stand, by, *word)
    await knocks(stand, stand.asked(by=name), command("start", code))
    found = stand.office.people.find(stand.identity(name))
    assert found is not None
    stand.numbers[name] = found.number
    return found


async def crowd(stand: Room) -> Crowd:
    """As the store has it."""
    return (await stand.store.load(stand.clock.now())).crowd


async def log(stand: Room) -> list[tuple[str, str, str, str]]:
    """The audit log, oldest first."""
    return [(deed.who, deed.did, deed.about, deed.denied) for deed in reversed(await stand.store.deeds(limit=1000))]


def alone(asked: Asked) -> Asked:
    """Said in a group, on a platform that does not tell the private chat."""
    return replace(asked, group=True, chat="-100777", direct="")


async def watches(stand: Room, name: str, number: int = 1, when: str = "price > 70k", **keys: str | list[str]) -> None:
    """An alert of somebody on BTC, as the command makes it."""
    person = stand.person(name)
    written: entries.Written = {"name": str(number), "symbols": ["BTC"], "when": when, "fire": "every time", **keys}
    rule, problems = entries.rule_from(written, person.owner, stand.universe, stand.clock.now())
    assert rule is not None, problems
    row = entries.kept(person.number, number, written, stage=AlertStage.LIVE, made=stand.clock.now())
    await stand.pipeline.serve(change=Change(put=[rule]), people=[row])


def live(stand: Room) -> set[tuple[str, str]]:
    """The rules of people that the engine has."""
    book = stand.pipeline.state.book
    return {book.name(number) for number in book.numbers() if book.name(number)[0]}
