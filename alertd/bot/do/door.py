"""The door: strangers, one-time codes, and who was banned."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from alertd.bot.asking import Asked, Reply
from alertd.bot.catalogue import GIVES, an
from alertd.bot.do.help import greeting
from alertd.bot.language.command import Command
from alertd.bot.office import Job, Office, no, say
from alertd.bot.people import People
from alertd.bot.quota import Word
from alertd.model.people import Code, CodeUse, Deed, PeopleRow, Person, Role, owner_of

Audit = Callable[[Deed], Awaitable[None]]

CODED = ("start", "link")
"""The commands that a code may stand behind."""

UNKNOWN = no("I do not know you", "Ask an admin of this alertd for an invite, then say: start CODE")
BANNED = no("You are banned here")
ALONE = no("Say that to me in a private chat", "What is for you alone has to reach you there.")
WRONG = no("That code is none, or it is over", "A code is good for ten minutes, and once. Ask for a new one.")
TIRED = no("Too many codes: try again in ten minutes")


async def enter(
    office: Office, asked: Asked, person: Person | None, wanted: Command | None, audit: Audit
) -> Reply | Person | None:
    """Somebody whom nobody has let in, or who was banned: what they are told, None for nothing at all. The person that
    they are from now on where the allow list lets them in: what they said is done."""
    now = office.clock.now()
    if person is not None:
        await audit(Deed(now, person.owner, _what(wanted), denied="is banned"))
        told = asked.group or office.limits.bans.ask(person.number, now) is not Word.GO
        return None if told else BANNED
    text = _code_in(wanted)
    if text:
        if office.limits.tries.ask(asked.identity, now) is not Word.GO:
            return None if asked.group else TIRED
        code = office.people.shown(text, now)
        if code is not None and code.use is not CodeUse.CONFIRM and _holds(code, office.people):
            return await _admitted(office, asked, code, text) if _address(asked) else ALONE
    elif asked.identity in office.terms.allowed:
        return await _allowed(office, asked) if _address(asked) else ALONE
    await audit(Deed(now, office.people.pseudonym(asked.identity), _what(wanted), denied="is unknown"))
    if asked.group:
        return None
    return WRONG if text else UNKNOWN


async def start(job: Job) -> Reply:
    """What somebody who is known says when they come: with a code or without."""
    if job.command.words:
        return await shown(job, job.command.words[0])
    return await job.done(greeting(job.office, job.person))


async def shown(job: Job, text: str) -> Reply:
    """Somebody who is known shows a code."""
    office, person = job.office, job.person
    if office.limits.tries.ask(job.asked.identity, job.now) is not Word.GO:
        return TIRED
    code = office.people.shown(text, job.now)
    if code is not None and not _holds(code, office.people):
        code = None
    match code:
        case Code(use=CodeUse.ENROL, role=role) if role.at_least(person.role) and role is not person.role:
            return await _raised(job, text, role)
        case Code(use=CodeUse.ENROL):
            return no(f"You are in already, as {an(person.role)}", "The code is still good, for somebody else.")
        case Code(use=CodeUse.LINK, person=number) if number == person.number:
            return no("That is your own code", "Say it to me on the other platform: what you say there is yours, too.")
        case Code(use=CodeUse.LINK):
            return no(
                f"You are {person.owner} here already",
                f"An admin can erase {person.owner} with its alerts; then say that to me again here.",
            )
        case Code(use=CodeUse.CONFIRM, person=number) if number == person.number:
            return await _confirmed(job, code, text)
        case _:
            job.rows.append(Deed(job.now, person.owner, "show a code", denied="is none"))
            return await job.done(WRONG)


async def _admitted(office: Office, asked: Asked, code: Code, text: str) -> Reply:
    """A stranger with a code: somebody new, or a further account of the code's person."""
    people, now = office.people, office.clock.now()
    known = people.get(code.person) if code.use is CodeUse.LINK else None
    if code.use is CodeUse.LINK and known is None:
        return WRONG
    rows: list[PeopleRow] = [people.use(text)]
    person = known
    if person is None:
        person, row = people.enrol(code.role, now)
        rows.append(row)
    job = Job(office=office, asked=asked, person=person, command=Command(name="start"), rows=rows)
    job.rows.append(people.link(person.number, asked.identity, _address(asked), asked.name))
    if known is None:
        job.did("enrol", owner_of(code.person) if code.person else "the operator")
        return await job.done(greeting(office, person, f"Welcome: you are {person.owner} here, {an(person.role)}"))
    job.did("link", asked.identity.channel)
    said = f"You are {person.owner} here, too"
    return await job.done(greeting(office, person, said, "Your alerts come here as well from now on."))


async def _allowed(office: Office, asked: Asked) -> Person:
    """Somebody whom the configuration lets in."""
    people, now = office.people, office.clock.now()
    person, row = people.enrol(Role.USER, now)
    linked = people.link(person.number, asked.identity, _address(asked), asked.name)
    await office.pipeline.serve(people=[row, linked, Deed(now, person.owner, "enrol", "the allow list")])
    return person


async def _raised(job: Job, text: str, role: Role) -> Reply:
    """A code with a higher role than one's own."""
    people = job.office.people
    person = job.asker()
    job.rows += [people.use(text), people.put(replace(person, role=role))]
    job.did("role", f"{person.owner} {role}")
    return await job.done(say(f"You are {an(role)} here now", private=True))


def _holds(code: Code, people: People) -> bool:
    """Whether whoever made an invite is still there, and may still give its role; the operator always may."""
    if code.use is not CodeUse.ENROL or not code.person:
        return True
    maker = people.get(code.person)
    return maker is not None and code.role in GIVES.get(maker.role, ())


async def _confirmed(job: Job, code: Code, text: str) -> Reply:
    """What was mailed has been read: the mailbox is theirs."""
    people = job.office.people
    claim = people.account_of(code.identity) if code.identity else None
    if claim is None or claim.person != job.person.number:
        return WRONG
    job.rows += [people.use(text), people.change(replace(claim, confirmed=True))]
    job.did("link", claim.identity.channel)
    return await job.done(say(f"{claim.identity.channel} is linked: your alerts come there, too", private=True))


def _what(wanted: Command | None) -> str:
    return wanted.name if wanted else "speak"


def _code_in(wanted: Command | None) -> str:
    return wanted.words[0] if wanted and wanted.name in CODED and wanted.words else ""


def _address(asked: Asked) -> str:
    """Where somebody is reached alone, "" where that is not known."""
    return asked.direct or ("" if asked.group else asked.chat)
