"""People as receivers: who is told, where and when, as each has set it; beside those of the configuration."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import TypeVar
from zoneinfo import ZoneInfo

from alertd.bot.people import People
from alertd.config import times
from alertd.dispatch.policy import Otherwise, Receiver
from alertd.model.notification import Destination
from alertd.model.people import TERMINAL, Account, Person, Role, alias_of, owner_of, person_of
from alertd.rules import keys
from alertd.rules.wrong import Wrong

GROUP = "group:"
"""What the way of a rule begins with that tells a group: `group:12`, by the number of its account."""

CONFIRM = "confirm:"
"""The same of a mailbox that is yet to be confirmed: it is told the code for that."""

_PATIENCE = 900.0
"""Seconds after which what stands by is used for a way that is slow; for one that refuses it is used at once."""

_NUMBER = attrgetter("number")

T = TypeVar("T")


def group_number(way: str) -> int | None:
    """The account of a group's way, None for another way."""
    return _number_in(way, GROUP)


def _number_in(way: str, prefix: str) -> int | None:
    number = way.removeprefix(prefix)
    return int(number) if number != way and number.isdecimal() and number.isascii() else None


class Receivers(Mapping[str, Receiver]):
    """The configuration's by their names; a person by `@7`, one of their ways by `@7/telegram` or `@7/group:12`, and a
    receiver of the configuration that an admin named by `@7/desk`. Looked up when they are asked for: people change
    while a policy is in force.

    A way that is gone, or that nothing reaches any more, leads to those that its person uses, or to the first that is
    left: an alert is never lost by it. Those stand by for a way that was named, too. What belongs to a person (quiet
    hours, digest, cap) holds for them alone: groups have none of it. Whoever cannot be told at all is not there, and
    neither is who was banned."""

    def __init__(
        self,
        own: Mapping[str, Receiver],
        people: People,
        zone: str,
        operator: Sequence[str] = (),
        *,
        channels: Collection[str],
    ) -> None:
        """`zone` is that of people who have none of their own; `operator` are told in the place of who comes by the
        terminal, and has no other way. `channels` are those that something can be sent by."""
        self._own = own
        self._people = people
        self._zone = zone
        self._channels = frozenset(channels) - {TERMINAL}
        self._operator = tuple(dict.fromkeys(way for name in operator for way in own[name].destinations))
        self._known: dict[str, tuple[object, Receiver]] = {}

    def __getitem__(self, name: str) -> Receiver:
        owner, _, way = name.partition("/")
        number = person_of(owner)
        if number is None:
            return self._own[name]
        person = self._people.get(number)
        if person is None or person.role is Role.BANNED:
            self._known.pop(name, None)
            raise KeyError(name)
        named = self._named(person, way) if way else ()
        accounts = tuple(each for each in named if not self._people.unreached(each))
        # A way of one's own goes before a receiver that happens to have its name; that one takes an admin.
        if not named and way in self._own and person.role.at_least(Role.ADMIN):
            return self._own[way]
        # A code is for the mailbox that it confirms, and for no other way.
        if way.startswith(CONFIRM):
            accounts = named
        elif not accounts:
            accounts = self._used(person) or named
            if not accounts and self._operator and self._comes_by_terminal(person):
                return Receiver(name, self._operator)
        if not accounts:
            self._known.pop(name, None)
            raise KeyError(name)
        standby = () if not way or way.startswith(CONFIRM) else self._used(person)
        made_of = person, accounts, standby
        known = self._known.get(name)
        if known is None or known[0] != made_of:
            known = self._known[name] = made_of, self._receiver(name, *made_of)
        return known[1]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from (owner_of(person.number) for person in self._people)

    def __len__(self) -> int:
        return len(self._own) + len(self._people)

    def _named(self, person: Person, way: str) -> tuple[Account, ...]:
        if way.startswith(GROUP):
            group = self._numbered(group_number(way))
            return (group,) if group and not group.person else ()
        if way.startswith(CONFIRM):
            claim = self._numbered(_number_in(way, CONFIRM))
            return (claim,) if claim and claim.person == person.number and not claim.confirmed else ()
        return tuple(each for each in self._reachable(person) if each.identity.channel == way)

    def _used(self, person: Person) -> tuple[Account, ...]:
        every = self._reachable(person)
        # Where nothing reaches any of them it is tried all the same, so that it is on record what became of it.
        there = tuple(each for each in every if not self._people.unreached(each)) or every
        return tuple(each for each in there if each.used) or there[:1]  # the one that they came by

    def _reachable(self, person: Person) -> tuple[Account, ...]:
        mine = self._people.accounts(person.number)
        return tuple(sorted((each for each in mine if each.identity.channel in self._channels), key=_NUMBER))

    def _comes_by_terminal(self, person: Person) -> bool:
        return TERMINAL in self._people.channels(person.number)

    def _numbered(self, number: int | None) -> Account | None:
        found = None if number is None else self._people.account(number)
        return found if found and found.identity.channel in self._channels else None

    def _receiver(
        self, name: str, person: Person, accounts: tuple[Account, ...], standby: tuple[Account, ...]
    ) -> Receiver:
        ways = tuple(map(_destination, accounts))
        others = tuple(_destination(each) for each in standby if each not in accounts)
        otherwise = Otherwise(others, _PATIENCE) if others else None
        if not any(each.person for each in accounts):
            return Receiver(name, ways, otherwise=otherwise)
        # What was right when it was set may be so no more, with another time zone database: then nothing holds back.
        zone = _meant(lambda: keys.zone(person.zone)) if person.zone else None
        local = zone or ZoneInfo(self._zone)
        return Receiver(
            name,
            ways,
            cap=_meant(lambda: times.cap(person.cap)) if person.cap else None,
            quiet=_meant(lambda: times.quiet(person.quiet, {}, local)) if person.quiet else None,
            digest=_meant(lambda: times.digest(person.digest, local)) if person.digest else None,
            otherwise=otherwise,
            zone=local if person.zone else None,
        )


def _destination(account: Account) -> Destination:
    return Destination(account.identity.channel, alias_of(account.number))


def _meant(reader: Callable[[], T]) -> T | None:
    try:
        return reader()
    except Wrong:
        return None
