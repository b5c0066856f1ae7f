"""What the rules cost in billed calls per month, told before the bill does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from alertd.ports import Source

MONTH = 30 * 86400.0


class Window(NamedTuple):
    """History that is asked for when the daemon starts: bars of `interval` seconds of one coin over `span` seconds."""

    field: str
    coin: str
    interval: float
    span: float


@dataclass(frozen=True, slots=True)
class Spending:
    """Calls per month that a source's polls take, and those that filling the windows takes once; `quota` is None
    where the plan has no end."""

    source: str
    polls: int
    backfill: int
    quota: int | None

    @property
    def total(self) -> int:
        return self.polls + self.backfill

    @property
    def over(self) -> bool:
        return self.quota is not None and self.total > self.quota

    def __str__(self) -> str:
        backfill = f" and {self.backfill:,} to fill the history" if self.backfill else ""
        quota = "" if self.quota is None else f", of {self.quota:,} a month"
        verdict = ": over the quota; ask less often (every:) or watch fewer coins" if self.over else ""
        return f"{self.source}: {self.polls:,} calls a month{backfill}{quota}{verdict}"


def budget(
    source: Source, wanted: Mapping[str, frozenset[str]], windows: Iterable[Window], quota: int | None
) -> Spending:
    """What `source` spends in 30 days on `wanted` (field → coins), and on `windows` with one start in that time."""
    polls = sum(call.cost * MONTH / call.every for call in source.calls(wanted))
    backfill = sum(
        source.history_cost(window.field, interval=window.interval, span=window.span)
        for window in windows
        if source.has(window.field, window.coin)
    )
    return Spending(source.name, round(polls), backfill, quota)
