"""What dispatch remembers from tick to tick. The store's rows are enough to make it anew."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from alertd.dispatch.policy import DAY
from alertd.model.notification import Held

GROUP = "group"
CAP = "cap"


class Waiting(NamedTuple):
    """Whom a batch of held rows belongs to: `reason` is GROUP (it waits for more of `group`) or CAP (for the window
    of the receiver, whatever the group)."""

    receiver: str
    reason: str
    group: str = ""


@dataclass(slots=True)
class Batch:
    """Held rows that are released together at `until`, epoch seconds."""

    until: float
    rows: list[Held] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class DispatchState:
    """`word` is the store's own; message ids are `<word>-<number>`. `last_message` and `last_held` are the numbers
    used last. `recent` are the times of each receiver's messages in the last day, oldest first. `told` says when a
    notice of a key was last told: it is not kept over a restart, after which a notice may be told once more.
    """

    word: str
    last_message: int = 0
    last_held: int = 0
    batches: dict[Waiting, Batch] = field(default_factory=dict)
    recent: dict[str, deque[float]] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)

    @classmethod
    def restore(
        cls,
        *,
        word: str,
        last_message: int = 0,
        last_held: int = 0,
        held: Sequence[Held] = (),
        recent: Sequence[tuple[str, float]] = (),
    ) -> "DispatchState":
        """From what the store has: `recent` are (receiver, created) of its messages of the last day."""
        state = cls(word=word, last_message=last_message, last_held=last_held)
        for row in sorted(held, key=lambda row: row.row):
            state.hold(row)
        for receiver, created in sorted(recent, key=lambda pair: pair[1]):
            state.recent.setdefault(receiver, deque()).append(created)
        return state

    def hold(self, row: Held) -> None:
        waiting = Waiting(row.receiver, row.reason, row.group if row.reason == GROUP else "")
        self.batches.setdefault(waiting, Batch(row.until)).rows.append(row)

    def release(self, now: float) -> list[tuple[Waiting, Batch]]:
        """Takes out what has waited long enough, in the order in which it was held."""
        due = [(waiting, batch) for waiting, batch in self.batches.items() if batch.until <= now]
        for waiting, _ in due:
            del self.batches[waiting]
        return sorted(due, key=lambda pair: pair[1].rows[0].row)

    def due(self, now: float) -> int:
        """How many rows have waited long enough."""
        return sum(len(batch.rows) for batch in self.batches.values() if batch.until <= now)

    def sent(self, receiver: str, now: float) -> None:
        times = self.recent.setdefault(receiver, deque())
        while times and times[0] + DAY <= now:
            times.popleft()
        times.append(now)

    def wake_at(self) -> float | None:
        return min((batch.until for batch in self.batches.values()), default=None)
