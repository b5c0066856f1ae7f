"""Who may ask alertd something: people, the accounts by which platforms know them, and what they leave on record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

USERS_WEBHOOKS = "webhooks"
"""The channel that is there where people may be told by webhooks of their own."""

TERMINAL = "terminal"
"""The channel of those who come by the control socket: nothing can be sent there."""


class Role(StrEnum):
    """What somebody may do; the later ones may do all that the earlier ones may."""

    BANNED = "banned"
    VIEWER = "viewer"
    USER = "user"
    ADMIN = "admin"
    OWNER = "owner"

    def at_least(self, other: "Role") -> bool:
        return _RANKS[self] >= _RANKS[other]


_RANKS = {role: rank for rank, role in enumerate(Role)}


class Identity(NamedTuple):
    """By what a platform knows somebody, for ever: never a name that can be changed.

    `channel` is the name of the configured channel, `workspace` a Slack team, "" where the platform has none. Of a
    mailbox the `user` is its address, of a user's webhook its URL, of a group the chat, with its topic.
    """

    channel: str
    workspace: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One way to a person, or to a group: `number` is its own in this store, and all that the outbox knows of it.

    `person` is 0 for a group. `address` is where the channel sends what is for it, `name` what the platform called them
    when they came. `used` is false where a person wants nothing there, `confirmed` where nobody has shown yet that it
    is theirs: such a mailbox gets the code for that, and nothing else.
    """

    number: int
    person: int
    identity: Identity
    address: str
    name: str = ""
    used: bool = True
    confirmed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with alerts and settings, by a number that is never given again.

    `quiet` (hours), `digest` (cron expression) and `cap` are as they are written in the configuration, "" for none;
    `zone` is "" where it is the daemon's. `watchlists` are coins by name.
    """

    number: int
    role: Role
    since: float
    zone: str = ""
    quiet: str = ""
    digest: str = ""
    cap: str = ""
    watchlists: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def owner(self) -> str:
        """Whose rules are theirs."""
        return owner_of(self.number)


class CodeUse(StrEnum):
    """What a one-time code is for."""

    ENROL = "enrol"
    """Whoever shows it becomes a person with the code's role."""
    LINK = "link"
    """Whoever shows it is the code's person, too."""
    CONFIRM = "confirm"
    """The code's person has read it in the mailbox that it was sent to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A one-time code, of which the store has the hash, and this sealed. `identity` is what a CONFIRM confirms, and
    `text` the code itself, which is put into the mail when that is sent."""

    use: CodeUse
    expires: float
    role: Role = Role.USER
    person: int = 0
    identity: Identity | None = None
    text: str = ""


class AlertStage(StrEnum):
    LIVE = "live"
    PAUSED = "paused"


class ChatAlert(NamedTuple):
    """A person's alert: `entry` is a rule's entry as in a rule file, as JSON. Its rule is called by its number, which
    is never given again to the same person."""

    person: int
    number: int
    stage: AlertStage
    made: float
    entry: str


class Deed(NamedTuple):
    """A line of the audit log. `who` and `about` are pseudonyms (`@7`; a hash for strangers) or names of things, never
    what a platform calls somebody. `denied` is why it was not done, "" where it was."""

    at: float
    who: str
    did: str
    about: str = ""
    denied: str = ""


# ── rows of a commit ─────────────────────────────────────────────────────────────────────────────────────────────


class PersonRow(NamedTuple):
    """`body` is the person, sealed; None erases them with their accounts, codes and alerts."""

    number: int
    body: bytes | None


class AccountRow(NamedTuple):
    """`key` is what it is found by, a keyed hash of its identity; `body` the account, sealed, None to forget it."""

    number: int
    person: int
    key: bytes
    body: bytes | None


class CodeRow(NamedTuple):
    """`body` is the code, sealed, None once it is used up."""

    hash: bytes
    person: int
    expires: float
    body: bytes | None


class AlertRow(NamedTuple):
    """`alert` is None for one that was deleted."""

    person: int
    number: int
    alert: ChatAlert | None


class Heard(NamedTuple):
    """What was said by `key` on a channel was done, in this very transaction; `reply` is the answer, sealed."""

    channel: str
    key: str
    at: float
    reply: bytes


class Reached(NamedTuple):
    """Somebody spoke at an account (its number): what is for its alias is sent there again, whatever was refused."""

    channel: str
    account: int


PeopleRow: TypeAlias = PersonRow | AccountRow | CodeRow | AlertRow | Deed | Heard | Reached


class Unreached(NamedTuple):
    """An account (its number) that takes nothing any more, why (a short fixed word), and since when."""

    account: int
    reason: str
    since: float


class Crowd(NamedTuple):
    """All people as the store has them, sealed. `last_person` and `last_account` are the highest numbers ever given."""

    people: tuple[PersonRow, ...] = ()
    accounts: tuple[AccountRow, ...] = ()
    codes: tuple[CodeRow, ...] = ()
    last_person: int = 0
    last_account: int = 0
    unreached: tuple[Unreached, ...] = ()


_OWNER, _ALIAS = "@", "~"


def called(owner: str, rule: str, reader: str = "") -> str:
    """A rule as people read it: a person's own by its number, `#3`, and `@7.3` where another `reader` is named."""
    if not is_persons(owner):
        return rule
    return f"#{rule}" if reader in ("", owner) else full_name(owner, rule)


def full_name(owner: str, rule: str) -> str:
    """A rule as whoever runs alertd reads and writes it: `btc-breakout`, `@7.3`."""
    return f"{owner}.{rule}" if is_persons(owner) else rule


def owner_of(person: int) -> str:
    """The owner that their rules have, and the name of the receiver that they are."""
    return f"{_OWNER}{person}"


def person_of(owner: str) -> int | None:
    """The way back; None for a rule of a file, or a receiver of the configuration."""
    number = owner.removeprefix(_OWNER)
    return int(number) if owner != number and number.isdecimal() and number.isascii() else None


def is_persons(receiver: str) -> bool:
    """Whether a receiver's name is that of a person, or of a way of theirs."""
    return receiver.startswith(_OWNER)


def alias_of(account: int) -> str:
    """What the outbox has in place of an account's address."""
    return f"{_ALIAS}{account}"


def account_of(address: str) -> int | None:
    """The way back; None for an address as a person wrote it in the configuration."""
    number = address.removeprefix(_ALIAS)
    return int(number) if address != number and number.isdecimal() and number.isascii() else None
