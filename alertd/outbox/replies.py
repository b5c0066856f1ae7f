"""Whose turn it is among what is no message of the outbox: replies. They are counted with the messages, which go first.

One line per courier: in the order in which they came, and everybody's first one before anybody's second. A reply goes
where no message is held up by it; in a long queue of messages every fourth slot of a bucket is for replies.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import NamedTuple, TypeAlias

from alertd.errors import DeliveryError
from alertd.outbox.carrier import Carrier
from alertd.outbox.pacing import Cell, Cells, Pace
from alertd.ports import Channel, Clock

log = logging.getLogger(__name__)

MOST = 1_000
"""Replies that may wait in one line; whoever comes then gets none."""

SHARE = 3
"""Messages after which a bucket that they still want has a slot for a reply."""

LONGEST = 60.0
"""Who would have to wait for longer than this for a platform's rest gives up: nobody looks at the screen any more."""

_QUIET = 60.0  # that often it is said that replies are left out, seconds

_Line: TypeAlias = deque[asyncio.Future[None]]


class NoTurn(DeliveryError):
    """Too many replies wait, or the platform wants nothing for long: this one is left out. It has been logged."""


class Turns:
    """The line of one channel.

    `carrier` has what is counted against the platform; `wanted` has the cells of each message that is not begun, None
    where one may want any of them.
    """

    def __init__(
        self, channel: Channel, clock: Clock, *, carrier: Carrier, wanted: Callable[[], Sequence[Cells] | None]
    ) -> None:
        self._channel = channel
        self._clock = clock
        self._carrier = carrier
        self._wanted = wanted
        self._lines: OrderedDict[str, _Line] = OrderedDict()  # by address; the first is the next
        self._cells: dict[str, Cells] = {}
        self._waiting = 0
        self._booked: list[tuple[float, int, asyncio.Future[None], Cells]] = []  # have a slot to come
        self._number = count()
        self._shut = False
        self._stir = asyncio.Event()
        self._rests: dict[str, float] = {}  # what replies were told, by bucket
        self._quiet_until = -inf

    async def turn_for(self, address: str) -> None:
        """Returns when a reply may go to an address: it counts as a message. Raises NoTurn."""
        if self._waiting >= MOST:
            raise self._left_out(f"{MOST} are waiting")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(address, deque()).append(turn)
        self._waiting += 1
        self._stir.set()
        try:
            await turn
        finally:
            self._waiting -= 1

    def rest(self, address: str, until: float) -> None:
        """A platform wants nothing for an address until then. It does not say whether that is about the address alone:
        where another one has to wait as well, everything does that is counted with both."""
        now = self._clock.now()
        names = [bucket.name for bucket in self._channel.buckets(address)]
        self._rests = {name: rest for name, rest in self._rests.items() if rest > now}
        others = self._rests.keys() - names[-1:]
        for name in names if others else names[-1:]:
            self._carrier.rest(name, until)
        self._rests |= dict.fromkeys(names[-1:], until)
        self._stir.set()

    def shut(self) -> None:
        """Nobody goes until `open`: messages are chosen."""
        self._shut = True

    def open(self) -> None:
        """At once, and not in its own time: the courier may be back before that."""
        self._shut = False
        if self._lines:
            self._grant()
            self._stir.set()

    def used(self) -> set[int]:
        """The ids of the cells that somebody asks."""
        waiting = {id(cell) for cells in self._cells.values() for cell in cells}
        return waiting | {id(cell) for *_, cells in self._booked for cell in cells}

    async def run(self) -> None:
        """Let one after the other go, until cancelled."""
        while True:
            self._stir.clear()
            again = self._grant()
            await asyncio.sleep(0)  # whoever may go, goes
            await self._clock.wait(self._stir, again if again < inf else None)

    def _grant(self) -> float:
        """Everybody who may go now goes. Returns when the next one can, infinity where only an event can tell."""
        now, pace = self._clock.now(), self._carrier.pace
        again = self._honour(now, pace)
        if self._shut or not self._lines:
            return again
        round_ = _Round(now, pace, self._soonest(now), set())
        for address in list(self._lines):
            if (cells := self._cells.get(address)) is None:
                cells = self._cells[address] = pace.cells(self._channel.buckets(address))
            if not round_.closed.isdisjoint(map(id, cells)):
                continue
            line = self._lines[address]
            while line and line[0].done():  # whoever waited has gone
                line.popleft()
            if line:
                again = min(again, self._serve(address, cells, round_))
            if not line:
                del self._lines[address], self._cells[address]
        return again

    def _serve(self, address: str, cells: Cells, round_: _Round) -> float:
        """The first of a line goes, has its slot booked, or waits. Returns when there is more to do."""
        now, line = round_.now, self._lines[address]
        rest = round_.pace.rest_of(cells)
        if rest > now + LONGEST:
            self._give_up(line)
            return inf
        if rest > now:
            return rest
        held = [cell for cell in cells if round_.holds_up(cell)]
        if hungry := {id(cell) for cell in held if cell.passed < SHARE}:
            round_.closed.update(hungry)
            return inf
        late = [cell for cell in cells if cell.ready_at(now) > now]
        if any(cell not in held for cell in late):
            round_.closed.update(map(id, late))
            return min([cell.ready_at(now) for cell in late])
        at = max([cell.ready_at(now) for cell in late], default=now)
        turn = line.popleft()
        self._lines.move_to_end(address)
        for cell in cells:
            cell.take(now)
            cell.passed = 0
            cell.booked = at
        if at > now:  # or a message would have it by then
            heappush(self._booked, (at, next(self._number), turn, cells))
            return at
        turn.set_result(None)
        return now

    def _honour(self, now: float, pace: Pace) -> float:
        """Whoever has a slot by now goes. Returns when the next one has it."""
        while self._booked and self._booked[0][0] <= now:
            _, number, turn, cells = heappop(self._booked)
            rest = pace.rest_of(cells)
            if rest > now + LONGEST:
                self._give_up([turn])
            elif rest > now:
                heappush(self._booked, (rest, number, turn, cells))
            elif not turn.done():
                turn.set_result(None)
        return self._booked[0][0] if self._booked else inf

    def _soonest(self, now: float) -> dict[int, float] | None:
        """When the first message goes that wants a cell; None where nobody knows."""
        wanted = self._wanted()
        if wanted is None:
            return None
        soonest: dict[int, float] = {}
        for cells in wanted:
            ready = max([now, *[cell.ready_at(now) for cell in cells]])
            for cell in cells:
                soonest[id(cell)] = min(soonest.get(id(cell), inf), ready)
        return soonest

    def _give_up(self, line: MutableSequence[asyncio.Future[None]]) -> None:
        error = self._left_out("the platform wants nothing for long")
        for turn in line:
            if not turn.done():
                turn.set_exception(error)
        line.clear()

    def _left_out(self, why: str) -> NoTurn:
        now = self._clock.now()
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET
            log.warning("replies on %s are left out: %s", self._channel.name, why)
        return NoTurn(why, reason="no_turn")


class _Round(NamedTuple):
    """One look at everybody who waits. `closed` are the ids of cells that let nobody through any more."""

    now: float
    pace: Pace
    soonest: Mapping[int, float] | None
    closed: set[int]

    def holds_up(self, cell: Cell) -> bool:
        """Whether a message would have to wait for what is taken out of the cell."""
        if not cell.limit.interval:
            return False
        return self.soonest is None or cell.ready_then(self.now) > self.soonest.get(id(cell), inf)
