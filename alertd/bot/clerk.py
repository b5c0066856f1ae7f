"""The clerk: whatever is said on any platform comes here, and a reply goes back.

    asked ─► who is it ─► not too much? ─► understood? ─► may they? ─► done, in one transaction ─► reply

Deny by default: a stranger gets nothing but the way in, every command and every button names its right, and it is
whoever speaks or presses who has to have it, wherever that is.
"""

import asyncio
import logging
import traceback
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from weakref import WeakValueDictionary

from alertd.bot.asking import LONGEST, Asked, Choice, Reply
from alertd.bot.catalogue import COMMANDS, LEAST, PRESSES, Right, an, may
from alertd.bot.do import PRESS, RUN
from alertd.bot.do.door import enter
from alertd.bot.language.command import Command, Slip
from alertd.bot.language.complete import completions
from alertd.bot.language.parse import is_import, understand
from alertd.bot.office import Job, Office, Overtaken, no
from alertd.bot.quota import Quota, Word
from alertd.bot.slips import explained
from alertd.dispatch.policy import Cap
from alertd.errors import Problem
from alertd.model.notification import Delivery
from alertd.model.people import TERMINAL, Deed, Identity, Person, Role, is_persons
from alertd.model.press import Action, Press, read
from alertd.model.units import say_duration
from alertd.wire.secret import redact

log = logging.getLogger(__name__)

STRANGERS = Cap(5, 300.0)
"""What somebody may say whom nobody has let in."""
DENIALS, KNOCKS = Cap(120, 60.0), Cap(20, 1200.0)
"""Lines of the audit log about the denials of one person, and of all strangers: whoever knocks without end has one in a
minute, which says how many more there were."""


_REPLACED = 512
"""Messages of which it is remembered that somebody has pressed a button: a chart comes within a minute."""


class Clerk:
    """See `asking.Answering`. One thing after the other for each person, everybody beside one another."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._quota: Quota[int] = Quota(office.terms.commands)
        self._strangers: Quota[Identity] = Quota(STRANGERS)
        self._denials: Quota[str] = Quota(DENIALS)
        self._knocks: Quota[str] = Quota(KNOCKS)
        self._untold: Counter[str] = Counter()  # denials that have no line, by whom; "" for strangers
        self._offers = office.offers
        self._replaced: deque[int] = deque(maxlen=_REPLACED)
        self._locks: WeakValueDictionary[Identity | int, asyncio.Lock] = WeakValueDictionary()

    def complete(self, what: str, typed: str, identity: Identity) -> Sequence[Choice]:
        if _unwanted(self._office.people.find(identity)):
            return ()
        return completions(what, typed, self._office.universe())

    async def answer(self, asked: Asked) -> Reply | None:
        office = self._office
        person = office.people.find(asked.identity)
        word, wait = self._asks_too_much(asked.identity, person)
        if asked.returned:
            if word is Word.GO:
                await self._reached(asked)
            return None
        if word is not Word.GO:
            if _unwanted(person) and asked.group:
                return None
            return no(f"That is a lot: try again in {say_duration(max(wait, 1.0))}") if word is Word.WAIT else None
        async with self._turn(asked.identity):
            try:
                return await self._served(asked)
            except Overtaken as overtaken:
                return overtaken.reply
            except Exception:
                log.error("a bug in answering %s\n%s", asked.identity.channel, redact(traceback.format_exc()))
                return no("Something went wrong here, and nothing was changed", "It is in alertd's log.")

    @asynccontextmanager
    async def _turn(self, identity: Identity) -> AsyncIterator[None]:
        """One thing after the other by one account, which may be nobody's until its first word is done; and by one
        person, who may speak on two platforms at once. Always in this order, so that no two wait for each other."""
        async with self._lock(identity):
            person = self._office.people.find(identity)
            async with self._lock(person.number) if person else nullcontext():
                yield

    def _lock(self, key: Identity | int) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())

    def _asks_too_much(self, identity: Identity, person: Person | None) -> tuple[Word, float]:
        now = self._office.clock.now()
        if identity.channel == TERMINAL:
            return Word.GO, 0.0
        if person is None or _unwanted(person):
            return self._strangers.ask(identity, now), self._strangers.wait(identity, now)
        return self._quota.ask(person.number, now), self._quota.wait(person.number, now)

    async def _served(self, asked: Asked) -> Reply | None:
        office = self._office
        if (before := await office.reply_to(asked)) is not None:
            return before
        person = office.people.find(asked.identity)
        press = read(asked.button) if asked.button else None
        if asked.button and press is None:
            return no("That button is none of mine")
        wanted = self._meant(asked, press, person)
        right = self._right(wanted, press)
        if person is None or _unwanted(person):
            met = await enter(office, asked, person, wanted if isinstance(wanted, Command) else None, self._audited)
            if not isinstance(met, Person):
                return met
            person = met
        await self._reached(asked)
        if not may(person, right):
            await self._audited(Deed(office.clock.now(), person.owner, _named(wanted), denied=f"is {person.role}"))
            return no(f"You may not do that: it takes {an(LEAST[right])}, you are {an(person.role)}")
        if isinstance(wanted, Slip):
            return explained(wanted, self._offers, person)
        job = Job(office=office, asked=asked, person=person, command=wanted)
        if press is None or press.action is Action.RUN:
            return await RUN[wanted.name](job)
        reply = await PRESS[press.action](job, press)
        if reply.replaces and press.entry:
            self._replaced.append(press.entry)
        return reply

    async def _reached(self, asked: Asked) -> None:
        """Alerts go again where somebody speaks, whatever was refused there before."""
        people = self._office.people
        if rows := [people.reached(account) for account in people.unreached_at(asked.place)]:
            await self._office.pipeline.serve(people=rows)

    def overtaken(self, delivery: Delivery) -> bool:
        """Whether somebody has pressed a button of this message, which has changed it."""
        pressed = (read(button.data) for button in delivery.notification.buttons)
        return any(press is not None and press.entry in self._replaced for press in pressed)

    def _meant(self, asked: Asked, press: Press | None, person: Person | None) -> Command | Slip:
        """What is to be done; a RUN stands for the command that was offered."""
        text = asked.text
        if asked.uploads:
            return Command(name="import")
        if press is not None:
            if press.action is not Action.RUN:
                return Command(name=str(press.action))
            text = self._offers.taken(person.number, press.argument) if person else ""
            if not text:
                hint = "say it yourself, then press the new one"
                return Slip(Problem("that button is somebody else's, or from long ago", hint=hint))
        longest = asked.longest if is_import(text) else LONGEST
        if len(text) > longest:
            return Slip(Problem(f"that is too long: {longest} characters are read at the most"))
        lists = person.watchlists if person else {}
        return understand(text, self._office.universe(), lists=lists)

    def _right(self, wanted: Command | Slip, press: Press | None) -> Right:
        if press is not None and press.action is not Action.RUN:
            return PRESSES[press.action]
        name = _named(wanted)
        return COMMANDS[name].right if name in COMMANDS else Right.LOOK

    async def _audited(self, deed: Deed) -> None:
        """A denial, unless there are too many of them: then the next line says how many. Strangers share theirs."""
        who = deed.who if is_persons(deed.who) else ""
        if (self._denials if who else self._knocks).ask(who, deed.at) is not Word.GO:
            self._untold[who] += 1
            return
        if more := self._untold.pop(who, 0):
            deed = deed._replace(denied=f"{deed.denied}, and {more} more")
        await self._office.pipeline.serve(people=[deed])


def _unwanted(person: Person | None) -> bool:
    return person is None or person.role is Role.BANNED


def _named(wanted: Command | Slip) -> str:
    """The command that is meant, "" where there is none."""
    return wanted.name if isinstance(wanted, Command) else wanted.command
