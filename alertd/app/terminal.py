"""The operator at a terminal: commands by the control socket, to the same clerk as those of the platforms.

Whoever may open the socket is the operator, and an owner, whom nobody can ban: by which login they come only they say.
There they have no account that a message could go to, so that their alerts go to the accounts that they have linked,
else to the configuration's `operator`.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from alertd.bot.asking import LONGEST_FILE, Asked, Reply, plain
from alertd.bot.clerk import Clerk
from alertd.bot.language.command import Command, Slip
from alertd.bot.language.parse import understand
from alertd.bot.office import Office
from alertd.bot.people import CODE_LASTS
from alertd.control import Answer, Arguments, Commands, Nothing, taken
from alertd.model.people import TERMINAL, Code, CodeUse, Deed, Identity, Person, Role
from alertd.model.press import read

_NAME = 100
_ADDS = ("alert", "edit", "resume")
"""What leads to messages."""
_QUOTES = ("price", "signal", "chart")
"""What tells a price, or is drawn of it."""
_LOOKS = (*_QUOTES, "rules")
"""What has nothing to show where nothing is watched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """The arguments of `chat`: a line or the data of a button, and the login of who it is."""

    by: str
    text: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inviting:
    """The arguments of `chat-code`: on which channel the operator comes, and their login."""

    channel: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is answered, and how the line was understood: `command` is None where it was not, `offers` are then
    commands that would be. `says` are those that buttons stand for and the reply does not name: examples, answers to
    what was asked back. `buttons` are (label, data), `file` is (name, content)."""

    ok: bool
    reply: str
    command: str | None = None
    symbols: tuple[str, ...] = ()
    condition: str = ""
    offers: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    buttons: tuple[tuple[str, str], ...] = ()
    picture: bytes = b""
    file: tuple[str, bytes] | None = None


class Terminal:
    """`remark` is said with what would watch or send, "" for nothing."""

    def __init__(self, clerk: Clerk, office: Office, remark: str = "") -> None:
        self._clerk = clerk
        self._office = office
        self._remark = remark

    def commands(self) -> Commands:
        """What the control socket offers of it."""

        async def ask(arguments: Arguments) -> Answer:
            return {"said": msgspec.to_builtins(await self.ask(taken(arguments, Saying)))}

        async def code(arguments: Arguments) -> Answer:
            return await self.code(taken(arguments, Inviting))

        async def people(arguments: Arguments) -> Answer:
            taken(arguments, Nothing)
            return self.people()

        return {"chat": ask, "chat-code": code, "chat-people": people}

    async def ask(self, saying: Saying) -> Said:
        """What the clerk answers to a line or a button."""
        identity = Identity(TERMINAL, "", saying.by[:_NAME])
        person = self._office.people.find(identity) or await self._enrol(identity)
        wanted = None if saying.button else understand(saying.text, self._office.universe(), lists=person.watchlists)
        asked = Asked(
            key=secrets.token_hex(12),
            identity=identity,
            chat=identity.user,
            direct=identity.user,
            name=identity.user,
            text=saying.text,
            button=saying.button,
            longest=LONGEST_FILE,
        )
        reply = await self._clerk.answer(asked)
        if reply is None:
            return _meant(wanted, Said(ok=False, reply="That is a lot: try again in a minute"))
        lines = [plain(reply)]
        if isinstance(wanted, Command):
            lines += self._remarks(wanted, person, done=reply.ok)
        # Where nothing is watched there is nothing to look at: then it is whether the line is right.
        done = reply.ok or (bool(self._remark) and isinstance(wanted, Command) and wanted.name in _LOOKS)
        return _meant(
            wanted,
            Said(
                ok=done,
                reply="\n".join(lines),
                says=() if isinstance(wanted, Slip) else self._says(reply, person, done=done),
                buttons=reply.said.buttons,
                picture=reply.picture,
                file=reply.file,
            ),
        )

    def _says(self, reply: Reply, person: Person, *, done: bool) -> tuple[str, ...]:
        """What is not done is asked back, and any button an answer to it; else those are told that say what they do."""
        found = []
        for label, data in reply.said.buttons:
            press = read(data)
            command = self._office.offers.taken(person.number, press.argument) if press else ""
            if command and (not done or command.startswith(label.rstrip("…"))):
                found.append(command)
        shown = plain(reply)
        return tuple(command for command in found if command not in shown)

    async def code(self, inviting: Inviting) -> Answer:
        """A one-time code by which the operator comes on another channel: as the owner whom they are already, or as the
        first one; "" where they are there already."""
        people, now = self._office.people, self._office.clock.now()
        owner = people.find(Identity(TERMINAL, "", inviting.by[:_NAME])) or self._first_owner()
        if owner and inviting.channel in people.channels(owner.number):
            return {"code": "", "who": owner.owner}
        use = Code(use=CodeUse.ENROL, role=Role.OWNER, expires=now + CODE_LASTS)
        if owner is not None:
            use = Code(use=CodeUse.LINK, person=owner.number, expires=now + CODE_LASTS)
        text, row = people.code(use)
        deed = Deed(now, owner.owner if owner else TERMINAL, "code", inviting.channel)
        await self._office.pipeline.serve(people=[row, deed])
        return {"code": text, "who": owner.owner if owner else ""}

    def people(self) -> Answer:
        """Who there is, without their addresses, and which channels listen."""
        people = self._office.people
        return {
            "people": [
                {
                    "who": person.owner,
                    "role": str(person.role),
                    "channels": sorted(people.channels(person.number)),
                }
                for person in people
            ],
            "listening": list(self._office.terms.channels),
        }

    async def _enrol(self, identity: Identity) -> Person:
        office, now = self._office, self._office.clock.now()
        person, row = office.people.enrol(Role.OWNER, now)
        linked = office.people.link(person.number, identity, identity.user, identity.user)
        account = office.people.account_of(identity)
        if account is not None:
            linked = office.people.change(replace(account, used=False))
        await office.pipeline.serve(people=[row, linked, Deed(now, person.owner, "enrol", TERMINAL)])
        return person

    def _first_owner(self) -> Person | None:
        owners = [person for person in self._office.people if person.role is Role.OWNER]
        return min(owners, key=lambda person: person.number, default=None)

    def _remarks(self, wanted: Command, person: Person, *, done: bool) -> list[str]:
        """What the reply does not know: that nothing is watched here, or whom it goes to instead."""
        if self._remark:
            said = [self._remark] if wanted.name in (*_ADDS, *_QUOTES, "status") else []
            via = wanted.options.get("via") if done else ""
            return [*said, f"Behind a daemon, {via} is told once it is linked: link"] if via else said
        linked = self._office.people.channels(person.number) != {TERMINAL}
        if wanted.name not in _ADDS or "via" in wanted.options or linked:
            return []
        operator = ", ".join(self._office.pipeline.policy.operator)
        if not operator:
            return ["Nobody would be told: `alertd connect` links an account of yours."]
        return [f"You have no account linked: {operator} is told. `alertd connect` links one."]


def _meant(wanted: Command | Slip | None, said: Said) -> Said:
    """With how the line was understood; a button has none."""
    if wanted is None:
        return said
    if isinstance(wanted, Slip):
        offers = (*wanted.offers, *(command for _, command in wanted.choices))
        helps = tuple(each for each in offers if each.partition(" ")[0] == "help")
        meant = tuple(each for each in offers if each not in helps)
        return replace(said, ok=False, command=wanted.command or None, offers=meant, says=helps)
    return replace(
        said,
        command=wanted.name,
        symbols=wanted.symbols,
        condition=wanted.condition,
        options=dict(wanted.options),
    )
