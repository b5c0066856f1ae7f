"""The rules, by number: what the lifecycle asks of them in columns, the author's words as bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from alertd.market.columns import Columns, Fill, Floats, Ints, Numbers
from alertd.model.alert import RuleRow
from alertd.model.event import EventKind
from alertd.rules.directory import Directory, key_in
from alertd.rules.lifecycle import TERMS, Terms
from alertd.rules.manner import Manner, Manners
from alertd.rules.rule import Rule

NEVER = 0xFFFFFFFF
"""Of a rule that does not expire."""


def key_of(owner: str, name: str) -> bytes:
    """What a rule is looked up by."""
    return f"{owner}\0{name}".encode()


def words_of(rule: Rule) -> bytes:
    """All that is text of a rule, see `RuleRow`."""
    return "\0".join((rule.owner, rule.name, rule.when_text, rule.until_text, rule.say, rule.note)).encode()


def _expiry(rule: Rule) -> int:
    return NEVER if rule.expires is None else int(min(np.ceil(rule.expires), NEVER - 1))


class Book(Columns):
    """The rules. `manner` and `shape` are numbers; `place` is the row of the rule's alert in its bank where it has just
    one, else -1; `expires` is in epoch seconds, NEVER for never.

    The number of a rule that was removed is given again only after `recycle`: what was said of it may still be told.
    """

    FILL: ClassVar[Fill] = {
        "manner": (np.int32, -1),
        "shape": (np.int32, -1),
        "place": (np.int32, -1),
        "expires": (np.uint32, NEVER),
    }
    manner: Numbers
    shape: Numbers
    place: Numbers
    expires: Numbers

    def __init__(self) -> None:
        super().__init__()
        self.manners = Manners()
        self.words: list[bytes | None] = []
        """See `RuleRow`; None where there is no rule."""
        self.directory = Directory(self.words)
        self.coins: dict[int, Numbers] = {}
        """The coins of rules that count over all of them, in the rules' order."""
        self.names: dict[int, tuple[str, str]] = {}
        """Of rules that were removed since `recycle`."""
        self.count = 0
        self.next_expiry: float = np.inf
        """No rule expires before."""
        self._free: list[int] = []

    def numbers(self, owner: str | None = None) -> Iterator[int]:
        """Of all rules, or of those of an owner."""
        prefix = b"" if owner is None else f"{owner}\0".encode()
        return (number for number, words in enumerate(self.words) if words is not None and words.startswith(prefix))

    def find(self, owner: str, name: str) -> int | None:
        return self.directory.find(key_of(owner, name))

    def name(self, number: int) -> tuple[str, str]:
        """(owner, name), of a rule that was just removed as well."""
        words = self.words[number]
        if words is None:
            return self.names[number]
        owner, name = key_in(words).decode().split("\0")
        return owner, name

    def put(self, rule: Rule, shape: int, number: int | None = None) -> int:
        """Write a rule in, over that of a number if one is given."""
        words = words_of(rule)
        key = key_in(words)
        if number is None:
            number, former = self._new(), None
        else:
            former = key_in(self.words[number] or b"")
        if former is not None and former != key:
            self.directory.remove(former)
        self.words[number] = words
        if former != key:
            self.directory.add(key, number)
        self.manner[number] = self.manners.number(Manner.of(rule))
        self.shape[number] = shape
        self.expires[number] = _expiry(rule)
        if rule.expires is not None:
            self.next_expiry = min(self.next_expiry, rule.expires)
        return number

    def same(self, rule: Rule, number: int) -> bool:
        """True if this is what stands there, as far as it stands here."""
        return (
            self.words[number] == words_of(rule)
            and self.manner_of(number) == Manner.of(rule)
            and self.expires[number] == _expiry(rule)
        )

    def _new(self) -> int:
        self.count += 1
        if self._free:
            return self._free.pop()
        number = int(self.extend(1)[0])
        self.words.append(None)
        return number

    def remove(self, number: int) -> None:
        self.names[number] = self.name(number)
        self.directory.remove(key_of(*self.names[number]))
        self.words[number] = None
        self.expires[number], self.place[number] = NEVER, -1
        self.coins.pop(number, None)
        self.count -= 1

    def recycle(self) -> None:
        """What was said of removed rules is told: their numbers may be given again."""
        self._free += self.names
        self.names.clear()

    def expired(self, now: float) -> list[int]:
        """The rules that have expired by now."""
        if now < self.next_expiry:
            return []
        ends = self.expires[: self.size]
        over: list[int] = (ends <= now).nonzero()[0].tolist()
        left = ends[(ends > now) & (ends != NEVER)]
        self.next_expiry = float(left.min()) if len(left) else np.inf
        return over

    def terms(self, numbers: Numbers | Ints) -> Terms:
        """What the rules of these numbers ask of the lifecycle."""
        table, which = self.manners, self.manner[numbers]
        columns = [getattr(table, name) for name in TERMS]
        if len(which) > 1 and (which == which[0]).all():
            # Most of the time they ask for the same: one value will do for all.
            return Terms(*(np.broadcast_to(column[which[0]], len(which)) for column in columns))
        return Terms(*(column[which] for column in columns))

    def manner_of(self, number: int) -> Manner:
        return self.manners.all[int(self.manner[number])]

    def told(self, number: int) -> "Telling":
        """What dispatch asks of a rule."""
        owner, name, when, until, say, note = (self.words[number] or b"").decode().split("\0")
        manner = self.manner_of(number)
        return Telling(
            name=name,
            owner=owner,
            labels=dict(manner.labels),
            notify=manner.notify,
            tell=manner.tell,
            draft=manner.draft,
            say=say,
            note=note,
            when_text=when,
            until_text=until,
            cooldown=manner.cooldown,
            cooldown_most=manner.cooldown_most,
        )

    def row(self, number: int, constants: Floats) -> RuleRow:
        """The rule of a number as the store keeps it."""
        expires = int(self.expires[number])
        coins = self.coins.get(number)
        return RuleRow(
            number,
            self.words[number] or b"",
            int(self.shape[number]),
            int(self.manner[number]),
            np.inf if expires == NEVER else float(expires),
            constants.astype("<f8").tobytes(),
            b"" if coins is None else coins.astype("<i4").tobytes(),
        )

    def load(self, rows: "RuleColumns") -> None:
        """All rules of the store, into an empty book."""
        top = int(rows.number.max(initial=-1)) + 1
        self.extend(top)
        self.words += [None] * top
        for number, words in zip(rows.number.tolist(), rows.words, strict=True):
            self.words[number] = words
        self.shape[rows.number], self.manner[rows.number] = rows.shape, rows.manner
        self.expires[rows.number] = np.where(np.isfinite(rows.expires), np.ceil(rows.expires), NEVER)
        self.next_expiry = float(rows.expires.min(initial=np.inf))
        self.count = len(rows.words)
        is_free = np.ones(top, np.bool_)
        is_free[rows.number] = False
        self._free = is_free.nonzero()[0].tolist()
        self.directory.fill(rows.number, rows.hashes)

    def nbytes(self) -> int:
        return super().nbytes() + self.directory.nbytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is told of a rule, to whom: see `Rule`."""

    name: str
    owner: str
    labels: dict[str, str]
    notify: tuple[str, ...]
    tell: frozenset[EventKind]
    draft: bool
    say: str
    note: str
    when_text: str
    until_text: str
    cooldown: float
    cooldown_most: float | None


@dataclass(frozen=True, slots=True, eq=False)
class RuleColumns:
    """Rules out of the store, in columns of one length. `manner` are numbers of the book's manners, `hashes` those that
    the directory has for their keys."""

    number: Ints
    words: list[bytes]
    hashes: Ints
    shape: Ints
    manner: Ints
    expires: Floats

    @classmethod
    def none(cls) -> Self:
        nothing = np.empty(0, np.int64)
        return cls(nothing, [], nothing, nothing, nothing, np.empty(0))
