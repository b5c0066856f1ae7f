"""What dispatch remembers from tick to tick. The store's rows are enough to make it anew."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf, isfinite
from typing import NamedTuple, Self

from alertd.dispatch.inhibit import Inhibitors
from alertd.dispatch.memory import Memory, Recent
from alertd.dispatch.policy import DAY, Policy
from alertd.model.event import Event, EventKind
from alertd.model.kept import Kept, Noticed, Storm
from alertd.model.notification import Held

STORM = "storm"
"""The reason of what waits until the storm is over."""


class Waiting(NamedTuple):
    """Whom a batch of held rows belongs to: what one receiver is told together, when the reason is gone."""

    receiver: str
    reason: str
    group: str = ""


@dataclass(slots=True)
class Batch:
    """Held rows that are released together at `until`, epoch seconds (infinity: when something happens)."""

    until: float
    rows: list[Held] = field(default_factory=list)


class Fired(NamedTuple):
    """A coin that fired for a receiver, with its change in percent points where that is known."""

    time: float
    symbol: str
    change: float | None

    @classmethod
    def of(cls, event: Event, time: float) -> Self:
        change = event.values.get("change")
        return cls(time, event.symbol, change if isinstance(change, float) and isfinite(change) else None)


class Spoke(NamedTuple):
    """A message that told a receiver of one rule alone, and of nothing critical."""

    receiver: str
    owner: str
    rule: str
    time: float

    @property
    def key(self) -> str:
        return rule_key(self.receiver, self.owner, self.rule)


def rule_key(receiver: str, owner: str, rule: str) -> str:
    """By which messages that tell a receiver of a rule are counted."""
    return "\0".join((receiver, owner, rule))


@dataclass(slots=True, kw_only=True)
class DispatchState:
    """`last_event` and `last_message` are the numbers used last. `policy` is the one of the last tick. `recent` are the
    times of each receiver's messages in the last day, `by_rule` those of what told a receiver of one rule; `coins` are
    (time, coin, change) of what fired for a receiver. They are not kept by themselves, but found again in the record
    after a restart, as the inhibitors are in the rules.
    """

    last_event: int = 0
    last_message: int = 0
    policy: Policy | None = None
    batches: dict[Waiting, Batch] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    inhibitors: Inhibitors | None = None
    recent: Recent = field(default_factory=Recent)
    by_rule: Recent = field(default_factory=Recent)
    coins: dict[str, list[Fired]] = field(default_factory=dict)
    sweep_at: float = -inf
    _earliest: float = inf
    """No batch is due before."""
    _begun: dict[tuple[str, int, int], Waiting] = field(default_factory=dict)
    """Where the beginning of an episode waits, by receiver, alert and episode."""
    _tidy_at: float = -inf

    @classmethod
    def restore(
        cls,
        *,
        last_event: int = 0,
        last_message: int = 0,
        held: Sequence[Held] = (),
        kept: Sequence[Kept] = (),
        recent: Sequence[tuple[str, float]] = (),
        spoke: Sequence[Spoke] = (),
        fired: Sequence[tuple[str, Fired]] = (),
        now: float = -inf,
    ) -> "DispatchState":
        """From what the store has: `recent` are (receiver, created) of its messages of the last day, `spoke` and
        `fired` (for that receiver) are of as long as the policy looks back. What has been over for long by `now` is
        forgotten."""
        state = cls(last_event=last_event, last_message=last_message, memory=Memory(kept))
        state.tidy(now)
        for notice in state.memory.all(Noticed):
            if notice.at > now:  # the system's clock was ahead
                state.memory.keep(replace(notice, at=now))
        for row in held:
            state.hold(row)
        for storm in state.memory.all(Storm):  # it may have gone on since the rows were written
            state.hold_until(Waiting(storm.receiver, STORM), storm.until)
        for receiver, created in sorted(recent, key=lambda pair: pair[1]):
            state.recent.add(receiver, created)
        for message in spoke:
            state.by_rule.add(message.key, message.time)
        for receiver, coin in fired:
            state.coins.setdefault(receiver, []).append(coin)
        return state

    def hold(self, row: Held) -> None:
        waiting = Waiting(row.receiver, row.reason, row.group)
        batch = self.batches.get(waiting)
        if batch is None:
            batch = self.batches[waiting] = Batch(row.until)
        batch.until = min(batch.until, row.until)  # whoever has to wait longer is held again then
        self._earliest = min(self._earliest, batch.until)
        batch.rows.append(row)
        event = row.entry.event
        if event.kind is EventKind.FIRED:
            self._begun[row.receiver, event.alert, event.episode] = waiting

    def begun(self, receiver: str, event: Event) -> Waiting | None:
        """Where the beginning of an event's episode waits for this receiver, None where it does not wait."""
        return self._begun.get((receiver, event.alert, event.episode))

    def tidy(self, now: float) -> None:
        """Once a day, forget what has been over for long."""
        if now >= self._tidy_at:
            self._tidy_at = now + DAY
            self.memory.tidy(now)

    def hold_until(self, waiting: Waiting, until: float) -> None:
        """Another end for a batch, if there is one."""
        if batch := self.batches.get(waiting):
            batch.until = until
            self._earliest = min(self._earliest, until)

    def reconsider(self, reason: str, now: float, *, group: str | None = None) -> None:
        """Whatever is held for this reason is looked at again in this tick: `silence:3`, or any `silence`."""
        for waiting, batch in self.batches.items():
            if reason in (waiting.reason, waiting.reason.partition(":")[0]) and group in (None, waiting.group):
                batch.until = now
                self._earliest = now

    def release(self, now: float) -> list[tuple[Waiting, Batch]]:
        """Takes out what has waited long enough, in the order in which it was held."""
        if self._earliest > now:
            return []
        due = [(waiting, batch) for waiting, batch in self.batches.items() if batch.until <= now]
        for waiting, batch in due:
            del self.batches[waiting]
            batch.rows.sort(key=lambda row: row.entry.number)
            for row in batch.rows:
                self._begun.pop((row.receiver, row.entry.event.alert, row.entry.event.episode), None)
        self._earliest = min((batch.until for batch in self.batches.values()), default=inf)
        return sorted(due, key=lambda pair: (pair[1].rows[0].entry.number, pair[0]))

    def due(self, now: float) -> int:
        """How many rows have waited long enough."""
        if self._earliest > now:
            return 0
        return sum(len(batch.rows) for batch in self.batches.values() if batch.until <= now)

    def held(self) -> Counter[str]:
        """How many rows are held back, by the first word of the reason."""
        count: Counter[str] = Counter()
        # A copy: whoever counts may do so while another thread plans.
        for waiting, batch in list(self.batches.items()):
            count[waiting.reason.partition(":")[0]] += len(batch.rows)
        return count

    def wake_at(self) -> float | None:
        """When time alone will change something, None for never."""
        first = min(self._earliest, self.memory.next_due())
        return first if first < inf else None
