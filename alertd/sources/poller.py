"""One source, polled: each of its calls in its own rhythm, one request at a time, for as long as it is wanted."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from math import floor, inf

from alertd.errors import SourceError, SourceRefused, SourceUnavailable
from alertd.model.reading import Poll
from alertd.ports import Call, Clock, Source
from alertd.sources.allowance import Allowance

JITTER = 0.1
"""Share of an interval by which a poll may come sooner or later, so that daemons and sources do not fall into step."""

_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = (60.0, 900.0)
"""Bounds of the longest pause, seconds; within them it is the call's own interval."""
_REFUSED_PAUSE = 300.0
_BLIPS = 3
"""So many failures in a row of one call are told; fewer are the weather of the net. A refusal is told at once."""

_REMEMBERED = 86400.0
"""Seconds for which it is known when a coin was asked for that is not wanted any more."""

OnPoll = Callable[[Poll], Awaitable[None]]
OnState = Callable[[str, bool, str, str], None]
OnFailure = Callable[[str, SourceError], None]


class Poller:
    """Polls what `want` last said, until cancelled.

    Each Poll is awaited in `on_poll` before the next request. `on_state(source, ok, reason, text)` is called when the
    source gets into trouble of a new reason, and when it is well again; `on_failure(source, error)` at every failed
    request. `random` draws from [0, 1). `allowance` is what may be asked out of turn; where it is None nothing is
    counted.
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
        allowance: Allowance | None = None,
    ) -> None:
        self._source = source
        self._clock = clock
        self._random = random
        self._on_poll = on_poll
        self._on_state = on_state
        self._on_failure = on_failure
        self._allowance = allowance
        self._calls: dict[str, Call] = {}
        self._due: dict[str, float] = {}
        self._turns: dict[str, float] = {}
        """Of the calls that are due out of turn: when it is their turn."""
        self._heard: dict[tuple[str, str], float] = {}
        self._failures: dict[str, int] = {}
        self._trouble: dict[str, str] = {}
        self._told: set[str] = set()
        self._changed = asyncio.Event()

    def want(self, wanted: Mapping[str, frozenset[str]], *, out_of_turn: bool = False) -> None:
        """From now on poll this (field → coins). What was polled before keeps its schedule; what is new comes now, or
        an interval after it was last asked for. Where that is `out_of_turn`, it comes as soon as the allowance has
        room for it, and with the others at the latest."""
        calls = {call.name: call for call in self._source.calls(wanted)}
        now = self._clock.now()
        before = {
            pair: self._turns.get(name, self._due[name]) for name, call in self._calls.items() for pair in call.pairs
        }
        due: dict[str, float] = {}
        turns: dict[str, float] = {}
        for name, call in calls.items():
            new = [pair for pair in call.pairs if pair not in before]
            # What goes by another name now goes on when its coins were due: renaming puts nothing off.
            turn = min((before[pair] for pair in call.pairs if pair in before), default=now + call.every)
            turn = self._turns.get(name, self._due.get(name, turn))
            due[name] = self._due.get(name, turn)
            if new:
                heard = min(self._heard.get(pair, -inf) for pair in new)
                due[name] = min(due[name], max(now, self._next(call, heard)) if heard > -inf else now)
            if due[name] < turn and (out_of_turn or not new):
                turns[name] = turn
        self._calls, self._due, self._turns = calls, due, turns
        self._heard = {pair: at for pair, at in self._heard.items() if now - at < _REMEMBERED}
        self._failures = {name: count for name, count in self._failures.items() if name in calls}
        self._note({name: reason for name, reason in self._trouble.items() if name in calls}, "")
        self._changed.set()

    def heard(self, call: Call, at: float) -> None:
        """It was asked at that time by somebody else, and answered."""
        self._heard |= dict.fromkeys(call.pairs, at)

    async def run(self) -> None:
        while True:
            self._changed.clear()
            name = min(self._due, key=self._due.__getitem__, default=None)
            until = None if name is None else self._due[name]
            if name is None or until is None or until > self._clock.now():
                await self._clock.wait(self._changed, until)
                continue
            if self._may(self._calls[name]):
                await self._ask(self._calls[name])

    def _may(self, call: Call) -> bool:
        """True where it is its turn, or there is room for it; else it has to wait for either."""
        now, turn = self._clock.now(), self._turns.pop(call.name, -inf)
        if self._allowance is None:
            return True
        if turn <= now:
            self._allowance.spend(now, call.cost)
            return True
        if not self._allowance.ask(now, call.cost):
            return True
        self._turns[call.name] = turn
        self._due[call.name] = min(turn, now + self._allowance.wait(now, call.cost))
        return False

    async def _ask(self, call: Call) -> None:
        poll: Poll | None = None
        since = self._clock.now()
        # From now on: what comes to be wanted during the request is out of turn like any other time.
        due = self._due[call.name] = self._next(call, since)
        try:
            poll = await self._source.poll(call, since)
            self.heard(call, since)
            self._failures.pop(call.name, None)
            self._note({name: reason for name, reason in self._trouble.items() if name != call.name}, "")
        except SourceError as error:
            self._on_failure(self._source.name, error)
            due = self._failed(call, error)
        # A reload during the request may have dropped the call, or put more into it than was asked.
        current = self._calls.get(call.name)
        if current is not None and current.pairs <= call.pairs:
            self._due[call.name] = due
            self._turns.pop(call.name, None)
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
