"""Everybody that alertd knows by chat: in memory as they are, in the store sealed.

Whoever changes something makes the rows for it (`put`, `link`, …), which are true here at once, and has them committed
with what else it leads to.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

import msgspec

from alertd.model.people import (
    Account,
    AccountRow,
    Code,
    CodeRow,
    CodeUse,
    Crowd,
    Identity,
    Person,
    PersonRow,
    Reached,
    Role,
    Unreached,
    alias_of,
)
from alertd.wire.vault import Vault

CODE_LASTS = 600.0
"""Seconds for which a one-time code is good."""

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody takes for others."""
_LENGTH = 10

_encode = msgspec.msgpack.Encoder(enc_hook=dict).encode  # a mapping that is no dict, as if it were
_person = msgspec.msgpack.Decoder(Person).decode
_account = msgspec.msgpack.Decoder(Account).decode
_code = msgspec.msgpack.Decoder(Code).decode


class People:
    """Raises ConfigError where the store's people were sealed with another key."""

    def __init__(self, vault: Vault, crowd: Crowd) -> None:
        self._vault = vault
        self._people: dict[int, Person] = {}
        self._accounts: dict[int, Account] = {}
        self._by_identity: dict[Identity, Account] = {}
        self._by_person: dict[int, dict[int, Account]] = {}
        self._by_address: dict[tuple[str, str], Account] = {}
        self._codes: dict[bytes, Code] = {}
        self._admins: set[int] = set()
        self._unreached = {each.account: each for each in crowd.unreached}
        self._last_person = crowd.last_person
        self._last_account = crowd.last_account
        for row in crowd.people:
            if row.body is not None:
                person = _person(vault.open(row.body, f"person {row.number}"))
                self._have(person)
        for each in crowd.accounts:
            if each.body is not None:
                self._know(_account(vault.open(each.body, f"account {each.number}")))
        for code in crowd.codes:
            if code.body is not None:
                self._codes[code.hash] = _code(vault.open(code.body, "code"))

    def __len__(self) -> int:
        return len(self._people)

    def __iter__(self) -> Iterator[Person]:
        return iter(list(self._people.values()))

    # ── who it is ────────────────────────────────────────────────────────────────────────────────────────────────

    def get(self, number: int) -> Person | None:
        return self._people.get(number)

    def find(self, identity: Identity) -> Person | None:
        """The person with that account; None for strangers, and for groups."""
        account = self._by_identity.get(identity)
        return self._people.get(account.person) if account and account.confirmed else None

    def account(self, number: int) -> Account | None:
        return self._accounts.get(number)

    def account_of(self, identity: Identity) -> Account | None:
        """A person's account, or a group."""
        return self._by_identity.get(identity)

    def alias_at(self, channel: str, address: str) -> str | None:
        """What the outbox calls an address of a channel, None where it is nobody's."""
        account = self._by_address.get((channel, address))
        return alias_of(account.number) if account else None

    def accounts(self, person: int) -> Sequence[Account]:
        """All ways to a person, in the order in which they came; not what they have yet to confirm."""
        return tuple(each for each in self._every_account(person) if each.confirmed)

    def channels(self, person: int) -> frozenset[str]:
        """What they come by, or are told by."""
        return frozenset(each.identity.channel for each in self.accounts(person))

    def claims(self, person: int) -> Sequence[Account]:
        """What they have yet to confirm."""
        return tuple(each for each in self._every_account(person) if not each.confirmed)

    def unreached(self, account: Account) -> Unreached | None:
        """Since when nothing reaches it, and why; None where something may."""
        return self._unreached.get(account.number)

    def unreached_at(self, identity: Identity) -> Sequence[Account]:
        """What nothing reaches of an identity: of a group with all of its topics."""
        lost = (account for number in self._unreached if (account := self._accounts.get(number)))
        return tuple(
            each
            for each in lost
            if each.identity == identity or (not each.person and _chat(each.identity) == _chat(identity))
        )

    def _every_account(self, person: int) -> Sequence[Account]:
        return tuple(self._by_person.get(person, {}).values()) if person else ()

    def owners(self) -> int:
        """How many there are."""
        return sum(person.role is Role.OWNER for person in self._people.values())

    def admins(self, channel: str) -> frozenset[str]:
        """The users of a channel who are one, or an owner."""
        identities = [account.identity for number in self._admins for account in self.accounts(number)]
        return frozenset(identity.user for identity in identities if identity.channel == channel)

    def codes(self, person: int, now: float) -> Sequence[Code]:
        """Those that somebody has asked for, that nobody has used, and that are still good."""
        return tuple(code for code in self._codes.values() if code.person == person and code.expires > now)

    def code_for(self, claim: Account, now: float) -> str:
        """What is mailed to an account that is yet to be confirmed, "" where that is over."""
        return next((code.text for code in self.codes(claim.person, now) if code.identity == claim.identity), "")

    def pseudonym(self, identity: Identity) -> str:
        """What the audit log calls somebody: `@7`, or a hash for a stranger."""
        person = self.find(identity)
        return person.owner if person else f"?{self._vault.mark(*identity).hex()[:12]}"

    # ── changes, as rows for a commit ────────────────────────────────────────────────────────────────────────────

    def enrol(self, role: Role, now: float) -> tuple[Person, PersonRow]:
        """Somebody new."""
        self._last_person += 1
        person = Person(number=self._last_person, role=role, since=now)
        return person, self.put(person)

    def put(self, person: Person) -> PersonRow:
        """In the place of who had the number."""
        self._have(person)
        return PersonRow(person.number, self._vault.seal(_encode(person), f"person {person.number}"))

    def link(
        self, person: int, identity: Identity, address: str, name: str = "", *, confirmed: bool = True
    ) -> AccountRow:
        """A way to a person (0: a group); in the place of the account that has that identity."""
        known = self._by_identity.get(identity)
        # A number is never another person's: what waits under its alias is not for them.
        keeps = known is not None and known.person == person
        if known is not None and not keeps:
            self._forget(known)
        if not keeps:
            self._last_account += 1
        number = known.number if known and keeps else self._last_account
        return self.change(
            Account(
                number=number, person=person, identity=identity, address=address, name=name[:100], confirmed=confirmed
            )
        )

    def change(self, account: Account) -> AccountRow:
        """An account as it is from now on: it has moved, or is not used any more."""
        before = self._accounts.get(account.number)
        if before is not None:
            self._forget(before)
        self._know(account)
        body = self._vault.seal(_encode(account), f"account {account.number}")
        return AccountRow(account.number, account.person, self._vault.mark(*account.identity), body)

    def lost(self, account: Account, reason: str, now: float) -> None:
        """Its platform takes nothing for it any more: here alone, for the outbox settles that by itself."""
        self._unreached[account.number] = Unreached(account.number, reason, now)

    def reached(self, account: Account) -> Reached:
        """It is there, again or still: what is for it is sent."""
        self._unreached.pop(account.number, None)
        return Reached(account.identity.channel, account.number)

    def unlink(self, account: Account) -> AccountRow:
        self._forget(account)
        return AccountRow(account.number, account.person, self._vault.mark(*account.identity), None)

    def erase(self, person: Person) -> PersonRow:
        """Everything that tells who it was; what stays on record says `@7`."""
        for account in self._every_account(person.number):
            self._forget(account)
        self._by_person.pop(person.number, None)
        self._people.pop(person.number, None)
        self._admins.discard(person.number)
        self.revoke(person.number, *CodeUse)
        return PersonRow(person.number, None)

    def code(self, code: Code) -> tuple[str, CodeRow]:
        """A one-time code as its holder types it, and its row."""
        text = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        mark = _hashed(text)
        began = code.expires - CODE_LASTS
        self._codes = {each: known for each, known in self._codes.items() if known.expires > began}
        if code.use is CodeUse.CONFIRM:
            code = replace(code, text=text)
        self._codes[mark] = code
        return text, CodeRow(mark, code.person, code.expires, self._vault.seal(_encode(code), "code"))

    def shown(self, text: str, now: float) -> Code | None:
        """What the code of that text is for; None where there is none, or it is over."""
        code = self._codes.get(_hashed(text))
        return code if code and code.expires > now else None

    def use(self, text: str) -> CodeRow:
        """The code that was shown is good for nothing any more."""
        mark = _hashed(text)
        code = self._codes.pop(mark)
        return CodeRow(mark, code.person, code.expires, None)

    def revoke(self, person: int, *uses: CodeUse) -> list[CodeRow]:
        """Codes that somebody has asked for are good for nothing any more."""
        gone = [(mark, code) for mark, code in self._codes.items() if code.person == person and code.use in uses]
        for mark, _ in gone:
            del self._codes[mark]
        return [CodeRow(mark, person, code.expires, None) for mark, code in gone]

    # ── sealed for others ────────────────────────────────────────────────────────────────────────────────────────

    def seal(self, content: bytes, about: str) -> bytes:
        return self._vault.seal(content, about)

    def open(self, sealed: bytes, about: str) -> bytes:
        return self._vault.open(sealed, about)

    def _have(self, person: Person) -> None:
        self._people[person.number] = person
        (self._admins.add if person.role.at_least(Role.ADMIN) else self._admins.discard)(person.number)

    def _know(self, account: Account) -> None:
        self._accounts[account.number] = account
        self._by_identity[account.identity] = account
        self._by_person.setdefault(account.person, {})[account.number] = account
        self._by_address[account.identity.channel, account.address] = account

    def _forget(self, account: Account) -> None:
        self._accounts.pop(account.number, None)
        self._by_identity.pop(account.identity, None)
        self._by_person.get(account.person, {}).pop(account.number, None)
        self._by_address.pop((account.identity.channel, account.address), None)


def _chat(group: Identity) -> Identity:
    """A group without its topic."""
    return group._replace(user=group.user.partition("/")[0])


def _hashed(text: str) -> bytes:
    """A code may be typed small, in groups, and with blanks around it."""
    return sha256("".join(text.split()).replace("-", "").upper().encode()).digest()
