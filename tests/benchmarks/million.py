"""How the engine is filled, asked and measured: the one place here that knows how it holds its alerts."""

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from types import FunctionType, ModuleType

import numpy as np
from numpy.typing import NDArray

from alertd.conditions.judge import memories
from alertd.conditions.parse import parse
from alertd.conditions.shape import shape
from alertd.config.loading import loading
from alertd.market.market import Absorbed, Market
from alertd.model.alert import ALERT, AlertBlock, RuleRow
from alertd.model.alert import State as Life
from alertd.model.event import EventKind
from alertd.model.reading import Poll
from alertd.rows import Commit
from alertd.rules.amend import Change, amend
from alertd.rules.bank import Shape
from alertd.rules.book import RuleColumns
from alertd.rules.directory import hash_of, key_in
from alertd.rules.manner import Manner
from alertd.rules.outcome import Outcome
from alertd.rules.rule import Rule
from alertd.rules.saved import Saved, take_up
from alertd.rules.state import State
from alertd.rules.step import step
from alertd.storage.sqlite import SqliteStore
from tests.benchmarks.crowd import CREATED, SENTENCES, Crowd, rules
from tests.benchmarks.daemon import feeds, start
from tests.benchmarks.snapshot import NAMES

Ints = NDArray[np.int64]

ALERTS = 1_000_000
CHUNK = 50_000
"""Alerts that are put into a store in one transaction."""

SAMPLE = 500
"""Alerts that are also put in one by one, as rules, to see that both ways come to the same."""

_TREES = [shape(parse(sentence.format(1))) for sentence in SENTENCES]
_CONSTANTS = np.array([len(constants) for _, constants in _TREES])
_MEMORIES = np.array([memories(tree) for tree, _ in _TREES])


class TimedMarket(Market):
    """A market that knows how long it took to absorb what it got since it was last asked, in seconds of the clock."""

    def __init__(self, clock: Callable[[], float] = process_time) -> None:
        super().__init__()
        self._clock = clock
        self._spent = 0.0

    def absorb(self, poll: Poll | None, now: float) -> Absorbed:
        began = self._clock()
        absorbed = super().absorb(poll, now)
        self._spent += self._clock() - began
        return absorbed

    def spent(self) -> float:
        spent, self._spent = self._spent, 0.0
        return spent


# ── filling ──────────────────────────────────────────────────────────────────────────────────────────────────────


def saved(of: Crowd) -> Saved:
    """The crowd as a store has it before the first reading: alert n has the id n + 1, its rule the number n."""
    numbers = np.arange(len(of))
    (one,) = rules(of.part(numbers[:1]))
    rows = np.zeros(len(of), ALERT)
    rows["id"], rows["rule"], rows["coin"], rows["added"] = numbers + 1, numbers, of.coin, CREATED
    rows["mark"] = rows["opened"] = np.nan
    rows["state"] = Life.NEW
    widths = _MEMORIES[of.kind]
    words = ["\0".join((*of.name(number), of.sentence(number), "", "")).encode() for number in range(len(of))]
    return Saved(
        coins=NAMES,
        shapes=[Shape(tree) for tree, _ in _TREES],
        manners=[Manner.of(one)],
        rules=RuleColumns(
            number=numbers,
            words=words,
            hashes=np.array([hash_of(key_in(own)) for own in words]),
            shape=of.kind,
            manner=np.zeros(len(of), np.int64),
            expires=np.full(len(of), np.inf),
        ),
        constants=of.constant[_CONSTANTS[of.kind] == 1].tobytes(),
        alerts=[
            AlertBlock(rows[widths == width], np.full((int((widths == width).sum()), width), np.nan))
            for width in np.unique(widths).tolist()
        ],
        last_alert=len(of),
    )


def filled(of: Crowd, market: Market | None = None) -> State:
    """A state with all of these alerts, on an empty market."""
    _check(of)
    state = State(feeds(), market)
    take_up(state, saved(of), CREATED)
    assert len(state) == len(of)
    return state


def fill(path: Path, of: Crowd) -> None:
    """Make a store with all of these alerts."""
    with asyncio.Runner() as runner:
        store = runner.run(SqliteStore.open(path, now=CREATED))
        for commit in _commits(of):
            runner.run(store.commit(commit))
        runner.run(store.close())


def _commits(of: Crowd) -> Iterator[Commit]:
    whole = saved(of)
    yield Commit(
        CREATED,
        coins=dict(enumerate(whole.coins)),
        shapes=dict(enumerate(whole.shapes)),
        manners=dict(enumerate(whole.manners)),
    )
    own = _CONSTANTS[of.kind].tolist()
    for first in range(0, len(of), CHUNK):
        numbers = range(first, min(first + CHUNK, len(of)))
        rows = [
            RuleRow(
                number,
                whole.rules.words[number],
                int(of.kind[number]),
                0,
                np.inf,
                of.constant[number : number + own[number]].tobytes(),
                b"",
            )
            for number in numbers
        ]
        parts = [(block, (block.rows["rule"] >= first) & (block.rows["rule"] < numbers.stop)) for block in whole.alerts]
        yield Commit(
            CREATED,
            rules={row.number: row for row in rows},
            alerts=[AlertBlock(block.rows[part], block.memory[part]) for block, part in parts],
        )


def _check(of: Crowd) -> None:
    """Some of these alerts, put in as the rules that they are, must come to the same."""
    some = of.part(np.linspace(0, len(of) - 1, min(SAMPLE, len(of))).astype(np.int64))
    as_rules, as_columns = State(feeds()), State(feeds())
    amend(as_rules, Change(put=rules(some)), CREATED)
    take_up(as_columns, saved(some), CREATED)
    assert _spelled(as_rules) == _spelled(as_columns)


def _spelled(state: State) -> set[str]:
    """All that is known of each alert, without numbers that stand for something else."""
    found = set()
    for bank in state.banks.values():
        for row in range(bank.size):
            rule = int(bank.rule[row])
            bound = [state.market.series[number] for number in bank.series[:, row]]
            timers = bank.due[row], bank.silent[row], bank.calm[row]
            own = bank.id[row], bank.added[row], bank.parameters[:, row], bank.memory[:, row], timers
            words = state.book.told(rule), state.book.expires[rule], state.book.manner_of(rule)
            found.add(
                repr((bank.shape, words, state.coins[bank.coin[row]], bound, own, bank.standing(np.array([row]))))
            )
    return found


class Start:
    """What a daemon does with a store until all alerts in it are in force."""

    def __init__(self, path: Path, now: float) -> None:
        self._path, self._now = path, now

    def __call__(self) -> State:
        return asyncio.run(self._start())

    async def _start(self) -> State:
        store = await SqliteStore.open(self._path, now=self._now)
        with loading():
            restored = await start(store, self._now)
        await store.close()
        return restored.state


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────


def tick(state: State, poll: Poll) -> Outcome:
    """One tick: absorbed, judged, moved on; nothing is sent or stored."""
    return step(state, poll, poll.received)


def fired(outcome: Outcome) -> Ints:
    return np.sort(outcome.events.ids(EventKind.FIRED)) - 1


def resolved(outcome: Outcome) -> Ints:
    return np.sort(outcome.events.ids(EventKind.RESOLVED)) - 1


def firing(state: State) -> Ints:
    """Numbers of the alerts whose condition lasts."""
    found = [bank.id[: bank.size][bank.state[: bank.size] >= Life.FIRING] - 1 for bank in state.banks.values()]
    return np.sort(np.concatenate(found))


def put(state: State, rule: Rule, now: float) -> Outcome:
    return amend(state, Change(put=(rule,)), now)


def drop(state: State, rule: Rule, now: float) -> Outcome:
    return amend(state, Change(drop=((rule.owner, rule.name),)), now)


def footprint(state: State) -> int:
    """Bytes of all that the state holds for its alerts: columns, indexes, objects, and the pointers to names and words,
    but neither those themselves nor the market."""
    seen: set[int] = {id(state.market), id(state.feeds)}
    reached: list[object] = [state]
    size = 0
    while reached:
        one = reached.pop()
        if id(one) in seen or isinstance(one, str | bytes | type | ModuleType | FunctionType):
            continue
        seen.add(id(one))
        # An array that owns its data has it in its size; a view is not it.
        size += sys.getsizeof(one)
        reached += gc.get_referents(one) if not isinstance(one, np.ndarray) else [one.base]
    return size


def words(state: State) -> int:
    """Bytes of names and words, as the objects that they are."""
    return sum(map(sys.getsizeof, state.book.words))
