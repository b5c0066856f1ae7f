"""A world played by a script: what happens when, and who is told of it when.

    0s fired BTC; 10s resolved BTC ETH/other; 1h silence symbol=BTC 2h; 3h

Each step is a time from the start and what happens then; steps of one time are one tick. A coin is that of the rule
`r` where it names none (`ETH/other`), and may have moved (`BTC:-7.5`). A time alone lets it pass.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import inf

from alertd.dispatch.desk import Planned
from alertd.dispatch.group import GROUP
from alertd.dispatch.limit import CAP
from alertd.dispatch.matcher import parse
from alertd.dispatch.plan import plan
from alertd.dispatch.policy import Policy
from alertd.dispatch.state import STORM, DispatchState, Fired, Spoke
from alertd.model.event import Entry, Event, EventKind, Notice
from alertd.model.kept import Kept, KeptKey
from alertd.model.notification import Held, ItemFate, ItemRow, Lane, Message, Telling
from alertd.model.order import Acknowledge, AddSilence, ExpireSilence, Order, Postpone, Snooze, Unmute
from alertd.model.units import say_duration
from alertd.rules.rule import Rule
from tests.dispatch.samples import BOTH, Alerts, event, rule
from tests.fakes import START

_UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_SIGNS = {
    EventKind.FIRED: "",
    EventKind.RESOLVED: "-",
    EventKind.REMINDED: "~",
    EventKind.ALREADY_TRUE: "=",
    EventKind.NO_DATA: "?",
}


def seconds(text: str) -> float:
    """`90s`, `1h30m` → seconds."""
    total, number = 0.0, ""
    for char in text:
        if char in _UNITS:
            total, number = total + float(number) * _UNITS[char], ""
        else:
            number += char
    assert not number, text
    return total


@dataclass
class Tables:
    """What a store would have, with what it would refuse."""

    entries: dict[int, Entry] = field(default_factory=dict)
    items: dict[tuple[int, str], ItemRow] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    tellings: list[Telling] = field(default_factory=list)
    kept: dict[KeptKey, Kept] = field(default_factory=dict)
    first_held: dict[tuple[int, str], str] = field(default_factory=dict)
    _happened: set[tuple[int, int, EventKind, int]] = field(default_factory=set)

    def commit(self, planned: Planned) -> None:
        for entry in planned.entries:
            assert entry.number == len(self.entries) + 1
            step = entry.event
            once = step.alert, step.episode, step.kind, step.ordinal
            assert once not in self._happened, once
            self._happened.add(once)
            self.entries[entry.number] = entry
        for message in planned.messages:
            assert message.number == len(self.messages) + 1
            assert message.holding or message.past or message.text
            assert {*message.holding, *message.past} <= self.entries.keys()
            assert message.destinations
            self.messages[message.number] = message
        for row in planned.items:
            before = self.items.get((row.event, row.receiver))
            assert before is None or before.fate is ItemFate.HELD, (before, row)
            assert row.fate is not ItemFate.HELD or row.until > -inf
            if row.fate is ItemFate.TOLD:
                message = self.messages[row.message]
                assert message.receiver == row.receiver
                assert row.event in (*message.holding, *message.past)
            self.items[row.event, row.receiver] = row
            if row.fate is ItemFate.HELD:
                self.first_held.setdefault((row.event, row.receiver), row.reason)
        for one in planned.tellings:
            if one.message:
                message = self.messages[one.message]
                assert message.receiver == one.receiver
                assert one.event in (*message.holding, *message.past)
        self.tellings += planned.tellings
        for key, kept in planned.kept.items():
            self.kept.pop(key, None)
            if kept is not None:
                self.kept[key] = kept

    def held(self) -> list[Held]:
        rows = sorted((key, row) for key, row in self.items.items() if row.fate is ItemFate.HELD)
        return [Held(self.entries[key[0]], key[1], row.reason, row.until, row.group) for key, row in rows]

    def restored(self, now: float) -> DispatchState:
        return DispatchState.restore(
            last_event=len(self.entries),
            last_message=len(self.messages),
            held=self.held(),
            kept=list(self.kept.values()),
            recent=[
                (one.receiver, one.created)
                for one in self.messages.values()
                if one.created > now - 86_400 and one.lane is not Lane.CRITICAL
            ],
            spoke=list(self._spoke()),
            fired=list(self._fired()),
            now=now,
        )

    def _spoke(self) -> Iterator[Spoke]:
        for message in self.messages.values():
            rows = [self.items.get((number, message.receiver)) for number in (*message.holding, *message.past)]
            events = [self.entries[row.event].event for row in rows if row and row.message == message.number]
            if events and len({one.rule for one in events}) == 1 and message.lane is not Lane.CRITICAL:
                yield Spoke(message.receiver, events[0].owner, events[0].rule, message.created)

    def _fired(self) -> Iterator[tuple[str, Fired]]:
        for (number, name), row in self.items.items():
            event = self.entries[number].event
            passed = self.first_held.get((number, name), STORM if row.fate is ItemFate.TOLD else "")
            if event.kind is EventKind.FIRED and passed in (STORM, GROUP, CAP):
                yield name, Fired.of(event, event.time)


class World:
    """`policies` are in force one after the other: `reload` goes on to the next. With `restarts` the state is made
    anew from the tables before each tick; `every` so many seconds there is a tick, too."""

    def __init__(
        self,
        policies: Sequence[Policy],
        rules: Iterable[Rule] = (),
        *,
        momentary: Iterable[str] = (),
        restarts: bool = False,
        every: float = 0.0,
        start: float = START,
    ) -> None:
        rules = list(rules) or [rule("r", tell=BOTH)]
        self.alerts = Alerts(rules, frozenset(momentary))
        self._owners = {one.name: one.owner for one in rules}
        self.tables = Tables()
        self.state = DispatchState()
        self.start = self.now = start
        self.wake: float | None = None
        self._policies = list(policies)
        self._restarts = restarts
        self.every = every
        self._numbers: dict[tuple[str, str], int] = {}
        self._episodes: dict[int, tuple[int, float, int]] = {}
        self._outages: Counter[int] = Counter()

    def run(self, script: str) -> None:
        steps = [step.split() for step in script.split(";") if step.split()]
        for when, together in groupby(steps, key=lambda step: seconds(step[0])):
            self.advance(self.start + when)
            self._step([step[1:] for step in together if step[1:]])

    def advance(self, until: float) -> None:
        """Everything that falls due on the way runs at its own time."""
        while True:
            regular = self.start + self.every * ((self.now - self.start) // self.every + 1) if self.every else inf
            due = min(self.wake if self.wake is not None else inf, regular)
            if due >= until:
                break
            self.tick(due)
        self.now = until

    def tick(self, now: float, events: Sequence[Event] = (), notices: Sequence[Notice] = (), *orders: Order) -> Planned:
        self.now = now
        for one in events:
            self.alerts.follow(one)
        if self._restarts:
            self.state = self.tables.restored(now)
        policy = self._policies[0]
        planned = plan(self.state, events, notices, orders, rules=self.alerts, policy=policy, now=now)
        self.tables.commit(planned)
        self.wake = planned.wake_at
        assert self.wake is None or self.wake > now, "it would plan for ever"
        rows = sum(self.state.held().values())
        assert rows == len(self.tables.held()), "memory and tables differ"
        assert len(planned.answers) == len(orders)
        assert not rows or self.wake is not None or all(row.until == inf for row in self.tables.held())
        return planned

    # ── what is played ───────────────────────────────────────────────────────────────────────────────────────────────

    def _step(self, steps: Sequence[list[str]]) -> None:
        events: list[Event] = []
        orders: list[Order] = []
        notices: list[Notice] = []
        for verb, *words in steps:
            if verb in list(EventKind):
                events += [self._event(EventKind(verb), word) for word in words]
            elif verb == "remove":
                events += self._removed(words[0])
            elif verb == "reload":
                del self._policies[0]
            elif verb == "notice":
                notices.append(Notice(self.now, words[0], "it is broken", *words[1:]))
            else:
                orders.append(self._order(verb, words))
        self.tick(self.now, events, notices, *orders)

    def _event(self, kind: EventKind, word: str, reason: str = "") -> Event:
        coin, _, name = word.partition("/")
        coin, _, change = coin.partition(":")
        alert = self._numbers.setdefault((name or "r", coin), len(self._numbers) + 1)
        episode, opened, reminders = self._episodes.get(alert, (0, self.now, 0))
        if kind is EventKind.FIRED:
            episode, opened, reminders = episode + 1, self.now, 0
        reminders += kind is EventKind.REMINDED
        self._outages[alert] += kind is EventKind.NO_DATA
        ordinals = {EventKind.REMINDED: reminders, EventKind.NO_DATA: self._outages[alert]}
        self._episodes[alert] = episode, opened, reminders
        values = {"price": 1.0, "change": float(change)} if change else {"price": 1.0}
        return event(
            kind,
            rule=name or "r",
            owner=self._owners.get(name or "r", ""),
            symbol=coin,
            alert=alert,
            episode=0 if kind in (EventKind.ALREADY_TRUE, EventKind.NO_DATA) else episode,
            ordinal=ordinals.get(kind, 1),
            values=values,
            time=self.now,
            at=self.now,
            opened=opened,
            reason=reason,
        )

    def _removed(self, name: str) -> list[Event]:
        events = [
            self._event(EventKind.RESOLVED, f"{one.symbol}/{name}", "removed")
            for one in self.alerts.open_episodes()
            if one.rule == name
        ]
        del self.alerts.rules["", name]
        return events

    def _order(self, verb: str, words: Sequence[str]) -> Order:
        match verb, *words:
            case "silence", text, lasts, *more:
                options = dict(word.split("=") for word in more)
                start = self.now + seconds(options.get("from", "0s"))
                matchers = tuple(parse(each) for each in text.split(","))
                return AddSilence(
                    matchers=matchers,
                    start=start,
                    end=start + seconds(lasts),
                    author="ann",
                    comment="known",
                    during=options.get("during", ""),
                )
            case "expire", number:
                return ExpireSilence(int(number))
            case "ack", word:
                coin, _, name = word.partition("/")
                alert = self._numbers[name or "r", coin]
                return Acknowledge(alert, self._episodes[alert][0], "ann")
            case "unmute", name:
                return Unmute("", name)
            case "postpone", word, lasts:
                coin, _, name = word.partition("/")
                alert = self._numbers[name or "r", coin]
                last = max(number for number, one in self.tables.entries.items() if one.event.alert == alert)
                return Postpone(self.tables.entries[last], self.now + seconds(lasts))
            case "snooze", name, lasts:
                return Snooze("@7", name.replace("*", ""), self.now + seconds(lasts))
        raise ValueError(verb)

    # ── what came of it ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def told(self) -> list[str]:
        """`10s desk BTC -ETH (SOL -SOL)` for each message: what it holds, and what came and went."""
        return [self._say(message) for message in self.tables.messages.values()]

    def _say(self, message: Message) -> str:
        parts = [say_duration(message.created - self.start), message.receiver]
        if message.text:
            parts.append(f"“{message.text.title}”")
        parts += [self._sign(number) for number in message.holding]
        if message.past:
            parts.append(f"({' '.join(self._sign(number) for number in message.past)})")
        return " ".join(parts)

    def _sign(self, number: int) -> str:
        one = self.tables.entries[number].event
        return _SIGNS[one.kind] + one.symbol

    @property
    def tellings(self) -> list[str]:
        """`BTC boss escalated` for each, in the order in which they came; `-` behind it where nobody was told."""
        return [
            f"{self._sign(one.event)} {one.receiver} {one.reason}{'' if one.message else ' -'}"
            for one in self.tables.tellings
        ]

    def fates(self, fate: ItemFate) -> list[str]:
        """`BTC desk silence:1` for each row of this fate."""
        rows = [row for row in self.tables.items.values() if row.fate is fate]
        return [
            " ".join(part for part in (self._sign(row.event), row.receiver, row.reason) if part)
            for row in sorted(rows, key=lambda row: (row.event, row.receiver))
        ]


def play(
    script: str,
    *policies: Policy,
    rules: Iterable[Rule] = (),
    momentary: Iterable[str] = (),
    start: float = START,
) -> World:
    """The world after the script. It is played twice more, with more ticks than are needed, and with a restart before
    each: the same is told at the same times."""
    chosen = list(rules)

    def played(run: Callable[[World], None], *, restarts: bool = False, every: float = 0.0) -> World:
        world = World(policies, chosen, momentary=momentary, start=start, restarts=restarts, every=every)
        run(world)
        return world

    once = played(lambda world: world.run(script))
    often = played(lambda world: world.run(script), every=50.0)
    assert often.told == once.told
    assert often.fates(ItemFate.DROPPED) == once.fates(ItemFate.DROPPED)
    assert often.tellings == once.tellings
    anew = played(lambda world: world.run(script), restarts=True)
    assert anew.told == once.told
    assert anew.fates(ItemFate.HELD) == once.fates(ItemFate.HELD)
    assert anew.tellings == once.tellings
    return once
