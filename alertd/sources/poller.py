"""One source, polled: each of its calls in its own rhythm, one request at a time, for as long as it is wanted."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from math import floor

from alertd.errors import SourceError, SourceRefused, SourceUnavailable
from alertd.model.reading import Poll
from alertd.ports import Call, Clock, Source

JITTER = 0.1
"""Share of an interval by which a poll may come sooner or later, so that daemons and sources do not fall into step."""

_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = (60.0, 900.0)
"""Bounds of the longest pause, seconds; within them it is the call's own interval."""
_REFUSED_PAUSE = 300.0
_BLIPS = 3
"""So many failures in a row of one call are told; fewer are the weather of the net. A refusal is told at once."""

OnPoll = Callable[[Poll], Awaitable[None]]
OnState = Callable[[str, bool, str, str], None]
OnFailure = Callable[[str, SourceError], None]


class Poller:
    """Polls what `want` last said, until cancelled.

    Each Poll is awaited in `on_poll` before the next request. `on_state(source, ok, reason, text)` is called when the
    source gets into trouble of a new reason, and when it is well again; `on_failure(source, error)` at every failed
    request. `random` draws from [0, 1).
    """

    def __init__(
        self,
        source: Source,
        clock: Clock,
        random: Callable[[], float],
        *,
        on_poll: OnPoll,
        on_state: OnState,
        on_failure: OnFailure,
    ) -> None:
        self._source = source
        self._clock = clock
        self._random = random
        self._on_poll = on_poll
        self._on_state = on_state
        self._on_failure = on_failure
        self._calls: dict[str, Call] = {}
        self._due: dict[str, float] = {}
        self._pairs: set[tuple[str, str]] = set()
        self._failures: dict[str, int] = {}
        self._trouble: dict[str, str] = {}
        self._told: set[str] = set()
        self._changed = asyncio.Event()

    def want(self, wanted: Mapping[str, frozenset[str]]) -> None:
        """From now on poll this (field → coins). What was polled before keeps its schedule; what is new comes now."""
        calls = {call.name: call for call in self._source.calls(wanted)}
        now = self._clock.now()
        self._due = {
            name: self._due[name] if name in self._due and self._covers(call) else now for name, call in calls.items()
        }
        self._calls = calls
        self._pairs = {pair for call in calls.values() for pair in _pairs(call)}
        self._failures = {name: count for name, count in self._failures.items() if name in calls}
        self._note({name: reason for name, reason in self._trouble.items() if name in calls}, "")
        self._changed.set()

    async def run(self) -> None:
        while True:
            self._changed.clear()
            name = min(self._due, key=self._due.__getitem__, default=None)
            until = None if name is None else self._due[name]
            if name is None or until is None or until > self._clock.now():
                await self._clock.wait(self._changed, until)
                continue
            await self._ask(self._calls[name])

    def _covers(self, call: Call) -> bool:
        return self._pairs.issuperset(_pairs(call))

    async def _ask(self, call: Call) -> None:
        poll: Poll | None = None
        since = self._clock.now()
        try:
            poll = await self._source.poll(call, since)
            due = self._next(call, since)
            self._failures.pop(call.name, None)
            self._note({name: reason for name, reason in self._trouble.items() if name != call.name}, "")
        except SourceError as error:
            self._on_failure(self._source.name, error)
            due = self._failed(call, error)
        # A reload during the request may have dropped the call, or put more into it than was asked.
        current = self._calls.get(call.name)
        if current is not None and _pairs(current) <= _pairs(call):
            self._due[call.name] = due
        if poll is not None:
            await self._on_poll(poll)

    def _next(self, call: Call, since: float) -> float:
        """When a call is due that was last asked at that time."""
        if call.offset is None:
            return since + call.every * (1.0 + JITTER * (2.0 * self._random() - 1.0))
        # By the clock: never sooner than `offset` says, and later by as much again at the most.
        turns = floor((since - call.offset) / call.every) + 1
        return turns * call.every + call.offset * (1.0 + self._random())

    def _failed(self, call: Call, error: SourceError) -> float:
        """Note the failure; returns when to try again."""
        now = self._clock.now()
        count = self._failures[call.name] = self._failures.get(call.name, 0) + 1
        if call.name in self._calls and (isinstance(error, SourceRefused) or count >= _BLIPS):
            self._note({**self._trouble, call.name: error.reason}, str(error))
        if isinstance(error, SourceUnavailable):
            low, high = _LONGEST_PAUSE
            longest = min(max(call.every, low), high)
            # Full jitter: anything from nothing up to the doubled pause, so that many do not come back at once.
            pause = self._random() * min(longest, _FIRST_PAUSE * 2.0 ** min(count, 20))
            return now + max(pause, error.retry_after or 0.0)
        if isinstance(error, SourceRefused):
            return now + max(call.every, _REFUSED_PAUSE)
        return self._next(call, now)

    def _note(self, trouble: dict[str, str], text: str) -> None:
        """Take the calls that are in trouble, by reason, and tell if that is news."""
        was_well, self._trouble = not self._trouble, trouble
        for reason in sorted(set(trouble.values()) - self._told):
            self._told.add(reason)
            self._on_state(self._source.name, False, reason, text)
        if not was_well and not trouble:
            self._told.clear()
            self._on_state(self._source.name, True, "", f"{self._source.name} answers again")


def _pairs(call: Call) -> set[tuple[str, str]]:
    return {(field, coin) for field in call.fields for coin in call.coins}
