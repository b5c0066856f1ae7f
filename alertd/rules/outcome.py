"""What a step or an amendment changed, in columns: a crash of the market changes a hundred thousand alerts at once."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Self

import numpy as np

from alertd.conditions.explain import spoken
from alertd.market.columns import Floats, Ints, Numbers
from alertd.market.market import Series
from alertd.model.alert import AlertBlock, AlertKey, RuleRow
from alertd.model.event import Drop, Event, EventKind, Notice, Value
from alertd.rules.book import Book


@dataclass(frozen=True, slots=True, eq=False)
class Happened:
    """Events of one kind of many alerts, a row each; `rule` and `coin` are numbers. They become objects when somebody
    asks for them one by one; what the numbers stand for is the same until then."""

    kind: EventKind
    time: float
    late: bool
    reason: str
    book: Book
    coins: Sequence[str]
    series: Sequence[Series]
    alert: Ints
    rule: Numbers
    coin: Numbers
    episode: Numbers
    ordinal: Ints
    opened: Floats
    at: Floats
    first: Numbers
    """The series of the alert's first field."""
    seen: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.alert)

    def __iter__(self) -> Iterator[Event]:
        columns = zip(
            self.alert.tolist(),
            map(self.book.name, self.rule.tolist()),
            (self.coins[number] for number in self.coin.tolist()),
            self.episode.tolist(),
            self.ordinal.tolist(),
            self.opened.tolist(),
            self.at.tolist(),
            (self.series[number].source for number in self.first.tolist()),
            self._values(),
            strict=True,
        )
        for alert, (owner, rule), coin, episode, ordinal, opened, at, source, values in columns:
            yield Event(
                time=self.time,
                kind=self.kind,
                alert=alert,
                rule=rule,
                owner=owner,
                symbol=coin,
                episode=episode,
                ordinal=ordinal,
                at=at,
                source=source,
                opened=opened,
                values=values,
                reason=self.reason,
                late=self.late,
            )

    def _values(self) -> list[dict[str, Value]]:
        seen: list[dict[str, Value]] = [{} for _ in self.alert]
        for name, column in self.seen.items():
            for values, value in zip(seen, column.tolist(), strict=True):
                if isfinite(value):
                    values[name] = spoken(name, value)
        return seen


class Events:
    """All events of an outcome, in order."""

    def __init__(self) -> None:
        self._parts: list[Happened | Sequence[Event]] = []

    def add(self, part: Happened | Sequence[Event]) -> None:
        if len(part):
            self._parts.append(part)

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[Event]:
        for part in self._parts:
            yield from part

    def __iadd__(self, other: Self) -> Self:
        self._parts += other._parts
        return self

    def ids(self, kind: EventKind) -> Ints:
        """The ids of the alerts that had an event of this kind, in order."""
        found = [np.empty(0, np.int64)]
        for part in self._parts:
            if not isinstance(part, Happened):
                found.append(np.array([event.alert for event in part if event.kind is kind], np.int64))
            elif part.kind is kind:
                found.append(part.alert)
        return np.concatenate(found)

    def alerts(self) -> set[int]:
        """The ids of the alerts that something happened to."""
        return {
            number
            for part in self._parts
            for number in (part.alert.tolist() if isinstance(part, Happened) else [event.alert for event in part])
        }


@dataclass(slots=True)
class Outcome:
    """What was changed, for the store and for dispatch.

    `alerts` are those to store, later blocks in the place of earlier ones; `gone` are ids of removed ones, `former` the
    last episode of their keys. `rules` are those to store by number, None for one that was removed. `wake_at` is when
    time alone will change something, infinity for never; `refused` counts the readings that were not taken, by reason.
    """

    events: Events = field(default_factory=Events)
    drops: list[Drop] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    alerts: list[AlertBlock] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    former: dict[AlertKey, int] = field(default_factory=dict)
    rules: dict[int, RuleRow | None] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    wake_at: float = float("inf")

    def add(self, part: "Outcome") -> None:
        """What came next."""
        self.events += part.events
        self.drops += part.drops
        self.notices += part.notices
        self.alerts += part.alerts
        self.gone += part.gone
        self.former |= part.former
        self.rules |= part.rules
        self.refused.update(part.refused)
