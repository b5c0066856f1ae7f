"""Whatever is told, tried, settled and lost in whatever order: the outbox keeps its rules, on disk and in memory."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alertd.model.notification import Lane, Message
from alertd.ports import Store
from alertd.rows import Attempt, Commit, Fate, Settled
from alertd.storage.maintenance import check
from alertd.storage.memory import MemoryStore
from alertd.storage.sqlite import SqliteStore
from tests.fakes import START
from tests.storage.rows import message

T = TypeVar("T")

CHANNELS = ("chat", "mail")
WAYS = ("chat:a", "chat:b", "chat:c", "mail:m")


@dataclass(slots=True)
class Row:
    """What the model knows of a delivery. `part` is 0 for one of `destinations`, 1 for what stands by."""

    row: int
    channel: str
    address: str
    lane: int
    part: int
    due: float
    created: float
    state: str = "waits"
    turn: int = 0
    uncertain: bool = False
    alone: bool = False
    joined: int = 0

    @property
    def place(self) -> tuple[str, str]:
        return self.channel, self.address


@dataclass(slots=True)
class Model:
    """The rules of the outbox without an index: `heads` are rows by address, all others are looked up one by one."""

    rows: dict[int, Row] = field(default_factory=dict)
    heads: dict[tuple[str, str], Row] = field(default_factory=dict)
    moved: dict[tuple[str, str], str] = field(default_factory=dict)
    dead: set[tuple[str, str]] = field(default_factory=set)
    merged: set[int] = field(default_factory=set)

    def put(self, one: Message) -> None:
        for place, way in enumerate((*one.destinations, *one.standby)):
            part = int(place >= len(one.destinations))
            target = (way.channel, self.moved.get((way.channel, way.address), way.address))
            number = one.number * 64 + place
            state, due = ("stands", one.created + one.patience) if part else ("waits", one.created)
            self.rows[number] = Row(number, *target, int(one.lane), part, due, one.created, state)
            before = [row for row in self.rows.values() if row.row // 64 == one.number and row.row < number]
            if target in [row.place for row in before]:
                self.rows[number].state = "spared"
            elif target in self.dead:
                self.rows[number].state = "buried"
        self.help(one.number)
        self.line_up({self.rows[row].place for row in self.rows if row // 64 == one.number})

    def line(self, place: tuple[str, str]) -> list[Row]:
        return sorted(
            (row for row in self.rows.values() if row.place == place and row.state in ("waits", "sending")),
            key=lambda row: (row.lane, row.row),
        )

    def line_up(self, places: set[tuple[str, str]], turn: int = 0) -> None:
        for place in places:
            line, head = self.line(place), self.heads.get(place)
            if head in line and (head.state == "sending" or head is line[0]):
                continue
            before = head.turn if head in line else turn
            self.heads.pop(place, None)
            if line:
                self.heads[place] = line[0]
                line[0].turn = before

    def members(self, head: Row) -> list[Row]:
        found = [row for row in self.rows.values() if row.state == "joined" and row.joined == head.row]
        return sorted(found, key=lambda row: row.row)

    def stale(self, place: tuple[str, str], now: float) -> list[int]:
        found = (row for row in self.rows.values() if row.place == place and row.created + 3600 <= now)
        free = (row for row in found if row.state == "waits" and not (row.uncertain or row.alone or self.members(row)))
        return sorted(row.row for row in free if row.lane != Lane.ASIDE)

    def leave(self, head: Row, *, uncertain: bool = False) -> None:
        """A digest is dissolved."""
        for row in self.members(head):
            row.state, row.uncertain = "waits", head.uncertain or uncertain

    def spare(self, row: Row) -> None:
        if row.state == "joined":
            self.leave(self.rows[row.joined])
        self.leave(row, uncertain=row.state == "sending")
        self.end(row, "spared")
        self.line_up({row.place})

    def end(self, row: Row, state: str) -> None:
        row.state = state
        if self.heads.get(row.place) is row:
            del self.heads[row.place]
            self.line_up({row.place}, row.turn + 1)

    def help(self, number: int) -> None:
        """What the end of one of its deliveries means for the others of a message."""
        rows = [row for row in self.rows.values() if row.row // 64 == number]
        sent = {row.part for row in rows if row.state == "sent"}
        for row in rows:
            in_flight = row.state == "joined" and self.rows[row.joined].state == "sending"
            idle = row.state in ("waits", "stands", "joined") and not in_flight
            if sent and idle and any(other.part for other in rows) and (row.part or 1 in sent):
                self.spare(row)
        if not sent and all(row.state not in ("waits", "joined", "sending") for row in rows if not row.part):
            self.release([row for row in rows if row.state == "stands"])

    def release(self, rows: list[Row]) -> None:
        for row in rows:
            row.state, row.due = "waits", 0.0
        self.line_up({row.place for row in rows})

    def merge(self, old: tuple[str, str], new: tuple[str, str]) -> None:
        """Of two addresses of one message that have become one, the first is used, or the one that has it already."""
        for row in sorted(self.rows.values(), key=lambda row: -row.row):
            if row.place == new and row.state in ("waits", "stands"):
                twins = [
                    one
                    for one in self.rows.values()
                    if one.row // 64 == row.row // 64 and one is not row and one.place in (old, new)
                ]
                first = any(one.state in ("waits", "stands") and one.row < row.row for one in twins)
                if first or any(one.state in ("sent", "sending", "joined") for one in twins):
                    self.leave(row)
                    row.state = "spared"
                    if self.heads.get(new) is row:
                        del self.heads[new]
                    self.merged.add(row.row // 64)

    def abandon(self) -> None:
        """What no daemon works on any more, and a standby has told since."""
        for row in self.rows.values():
            others = [one for one in self.rows.values() if one.row // 64 == row.row // 64]
            sent = {one.part for one in others if one.state == "sent"}
            if row.state == "sending" and sent and any(one.part for one in others) and (row.part or 1 in sent):
                self.spare(row)

    def wake(self, now: float) -> None:
        self.release([row for row in self.rows.values() if row.state == "stands" and row.due <= now])

    def ready(self, channel: str, now: float) -> list[int]:
        """Heads that may go, and those whose end nobody knows."""
        found = (row for row in self.heads.values() if row.channel == channel)
        may = (row for row in found if row.state == "sending" or row.due <= now)
        return [row.row for row in sorted(may, key=lambda row: (row.lane, row.turn, -row.row))]


class Outbox(RuleBasedStateMachine):
    """Both stores do what the model does; the one on disk may be closed and opened between any two calls."""

    @initialize()
    def start(self) -> None:
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name, "alertd.db")
        self.runner = asyncio.Runner()
        self.disk: Store = self.run(SqliteStore.open(self.path, now=START))
        self.memory: Store = MemoryStore()
        self.model = Model()
        self.now, self.number = START, 0

    def run(self, call: Coroutine[object, object, T]) -> T:
        return self.runner.run(call)

    def stores(self) -> Iterator[Store]:
        yield self.disk
        yield self.memory

    @rule(
        written=st.lists(st.sampled_from(WAYS), min_size=1, max_size=4, unique=True),
        lane=st.sampled_from([Lane.CRITICAL, Lane.NORMAL, Lane.NORMAL]),
        standby=st.lists(st.sampled_from(WAYS), max_size=1),
    )
    def tell(self, written: list[str], lane: Lane, standby: list[str]) -> None:
        self.number += 1
        one = message(self.number, *written, lane=lane, standby=standby, created=self.now)
        for store in self.stores():
            self.run(store.commit(Commit(now=self.now, messages=[one])))
        self.model.put(one)

    @rule(seconds=st.sampled_from([1.0, 30.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(channel=st.sampled_from(CHANNELS), extra=st.integers(64, 640))
    def begin(self, channel: str, extra: int) -> None:
        """Try all that is due, and something that is not, maybe."""
        rows = {*self.model.ready(channel, self.now), extra}
        may = {row for row in rows if row in self.model.ready(channel, self.now)}
        other = self.model.rows.get(extra)
        if other and other.channel != channel:
            return
        for store in self.stores():
            assert self.run(store.turn(channel, attempts=[Attempt(row, ()) for row in rows], now=self.now)) == may
        for number in may:
            row = self.model.rows[number]
            row.uncertain |= row.state == "sending"
            row.state = "sending"

    @rule(channel=st.sampled_from(CHANNELS))
    def gather(self, channel: str) -> None:
        """When it is stale a digest is begun, or begun again as it was."""
        for number in self.model.ready(channel, self.now)[:1]:
            head = self.model.rows[number]
            self.now = max(self.now, head.created + 3600.0)
            also = [row.row for row in self.model.members(head)]
            if not also:
                stale = self.model.stale(head.place, self.now)
                for store in self.stores():
                    found = self.run(store.stale(*head.place, self.now, limit=99))
                    assert [queued.row for queued in found] == stale
                also = [row for row in stale if row != number] if number in stale else []
            attempts = [Attempt(number, (), tuple(also))]
            for store in self.stores():
                assert self.run(store.turn(channel, attempts=attempts, now=self.now)) == {number}
            head.uncertain |= head.state == "sending"
            head.state = "sending"
            for row in also:
                self.model.rows[row].state, self.model.rows[row].joined = "joined", number

    @rule(
        channel=st.sampled_from(CHANNELS),
        fate=st.sampled_from([Fate.SENT, Fate.BURIED, Fate.EXPIRED]),
        dead=st.booleans(),
    )
    def finish(self, channel: str, fate: Fate, dead: bool) -> None:
        """The end of whatever is the first to go."""
        for number in self.model.ready(channel, self.now)[:1]:
            dies = dead and fate is Fate.BURIED
            self.settle(Settled(row=number, fate=fate, at=self.now, reason="word", dead=dies))
            row = self.model.rows[number]
            ended = [row]
            if fate is Fate.SENT:
                for one in self.model.members(row):
                    one.state = "sent"
                    ended.append(one)
            self.model.leave(row)
            self.model.end(row, fate.value)
            if dies:
                self.model.dead.add(row.place)
                rows = self.model.rows.values()
                at_place = (one for one in rows if one.place == row.place)
                ended += [one for one in at_place if one.state in ("waits", "stands", "joined")]
                for one in ended[1:]:
                    one.state = "buried"
                self.model.heads.pop(row.place, None)
            for told in dict.fromkeys(one.row // 64 for one in ended):
                self.model.help(told)

    @rule(
        channel=st.sampled_from(CHANNELS),
        seconds=st.sampled_from([1.0, 45.0]),
        aside=st.booleans(),
        alone=st.booleans(),
        uncertain=st.booleans(),
    )
    def delay(self, *, channel: str, seconds: float, aside: bool, alone: bool, uncertain: bool) -> None:
        for number in self.model.ready(channel, self.now)[:1]:
            due = self.now + seconds
            fate = Fate.DELAYED
            self.settle(
                Settled(row=number, fate=fate, at=self.now, due=due, aside=aside, alone=alone, uncertain=uncertain)
            )
            row = self.model.rows[number]
            members = self.model.members(row)
            row.state, row.due, row.uncertain = "waits", due, row.uncertain or uncertain
            if aside or alone:
                self.model.leave(row)
            row.alone |= alone and not aside
            if not aside:
                self.model.line_up({row.place})
            if aside:
                row.lane = Lane.ASIDE
                del self.model.heads[row.place]
                self.model.line_up({row.place}, row.turn + 1)
            for told in dict.fromkeys(one.row // 64 for one in (row, *members)):
                self.model.help(told)

    @rule(to=st.sampled_from("abc"))
    def move(self, to: str) -> None:
        for number in self.model.ready("chat", self.now)[:1]:
            row = self.model.rows[number]
            if row.address == to:
                continue
            self.settle(Settled(row=number, fate=Fate.DELAYED, at=self.now, due=self.now, moved=to))
            members = self.model.members(row)
            row.state, row.due = "waits", self.now
            for one in self.model.line(row.place):
                self.model.leave(one)
            old, new = row.place, ("chat", to)
            self.model.dead -= {old, new}
            self.model.moved = {way: to if name == old[1] else name for way, name in self.model.moved.items()}
            self.model.moved.pop(new, None)
            self.model.moved[old] = to
            self.model.heads.pop(old, None)
            for one in self.model.rows.values():
                if one.place == old and one.state in ("waits", "stands"):
                    one.address = to
            self.model.merge(old, new)
            self.model.line_up({new})
            for told in dict.fromkeys([*[one.row // 64 for one in (row, *members)], *sorted(self.model.merged)]):
                self.model.help(told)
            self.model.merged.clear()

    def settle(self, *settled: Settled) -> None:
        for store in self.stores():
            self.run(store.turn("chat", settled=settled, now=self.now))

    @rule()
    def reopen(self) -> None:
        """The daemon dies and starts again."""
        self.run(self.disk.close())
        self.disk = self.run(SqliteStore.open(self.path, now=self.now))

    @invariant()
    @precondition(lambda self: hasattr(self, "model"))
    def stores_show_what_the_model_has(self) -> None:
        self.model.wake(self.now)
        self.model.abandon()
        for store in self.stores():
            for channel in CHANNELS:
                found = self.run(store.due(channel, self.now, limit=99))
                assert [queued.row for queued in found] == self.model.ready(channel, self.now)
                for queued in found:
                    members = self.model.members(self.model.rows[queued.row])
                    assert [one.row for one in queued.members] == [row.row for row in members]
                states = [self.model.rows[queued.row].state == "sending" for queued in found]
                assert all(queued.uncertain for queued, is_sending in zip(found, states, strict=True) if is_sending)
            waiting = sum(row.state in ("waits", "joined", "sending") for row in self.model.rows.values())
            assert sum(depth.waiting for depth in self.run(store.depths())) == waiting

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.run(self.disk.close())
            assert check(self.path) == []
            self.run(self.memory.close())
            self.runner.close()
            self.folder.cleanup()


Outbox.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestOutbox = Outbox.TestCase
