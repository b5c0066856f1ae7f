"""One tick's dispatch, stage by stage: route, dedup, group, limit, render. No clock and no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from alertd.dispatch.dedup import Decision, decide, wanted
from alertd.dispatch.digest import compose
from alertd.dispatch.group import Entry, Group, entries_of, group_key
from alertd.dispatch.limit import full_until
from alertd.dispatch.notice import draw, news, reachable
from alertd.dispatch.policy import Cap, Policy, Receiver
from alertd.dispatch.render import render
from alertd.dispatch.route import labels, legs
from alertd.dispatch.state import CAP, GROUP, DispatchState, Waiting
from alertd.model.event import Event, Item, Notice
from alertd.model.notification import Destination, Held, Message, Notification
from alertd.model.units import say_duration
from alertd.rules.rule import Told


class Rules(Protocol):
    """The rules, by (owner, name)."""

    def get(self, key: tuple[str, str], /) -> Told | None: ...


@dataclass(slots=True)
class Planned:
    """What a tick's dispatch comes to: the rows for its transaction.

    `held` are new rows; `released` names rows that are held no longer; `not_sent` are (event, receiver, reason), the
    receiver "" where nobody was to be told. `wake_at` is when the next held row falls due, epoch seconds, None if
    nothing is held.
    """

    messages: list[Message] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    released: list[int] = field(default_factory=list)
    not_sent: list[tuple[Event, str, str]] = field(default_factory=list)
    wake_at: float | None = None


def plan(
    state: DispatchState,
    events: Sequence[Event],
    notices: Sequence[Notice],
    *,
    rules: Rules,
    policy: Policy,
    now: float,
) -> Planned:
    """Changes `state` in place and returns what changed. What has waited long enough goes first, then the new."""
    tick = _Tick(state, policy, now)
    groups = tick.release()
    tick.route(events, rules, groups)
    for group in groups.values():
        tick.pass_on(group)
    for notice in notices:
        tick.tell_operator(notice)
    tick.planned.wake_at = state.wake_at()
    return tick.planned


@dataclass(slots=True)
class _Tick:
    """What the stages of one tick share."""

    state: DispatchState
    policy: Policy
    now: float
    planned: Planned = field(default_factory=Planned)

    def release(self) -> dict[tuple[str, str], Group]:
        """Sends the digests whose window is open again; returns the groups that have waited long enough.

        Such a digest is always sent: nothing but notices went out to its receiver since its time was set.
        """
        self._loosen()
        groups: dict[tuple[str, str], Group] = {}
        for waiting, batch in self.state.release(self.now):
            self.planned.released += [row.row for row in batch.rows]
            receiver = self.policy.receivers.get(waiting.receiver)
            if receiver is None:
                gone = Decision.RECEIVER_GONE.value
                self.planned.not_sent += [(row.event, waiting.receiver, gone) for row in batch.rows]
            elif waiting.reason == CAP:
                self._send_entries(receiver, entries_of(batch.rows), note=_held_by(receiver.cap))
            else:
                key = (waiting.receiver, waiting.group)
                groups[key] = Group(waiting.receiver, waiting.group, entries=entries_of(batch.rows))
        return groups

    def _loosen(self) -> None:
        """A cap that a reload has widened or taken away holds nothing back any longer than it would by now."""
        for waiting, batch in self.state.batches.items():
            receiver = self.policy.receivers.get(waiting.receiver)
            if waiting.reason == CAP and receiver:
                recent = self.state.recent.get(waiting.receiver, ())
                batch.until = min(batch.until, full_until(recent, receiver.cap, self.now) or self.now)

    def route(self, events: Sequence[Event], rules: Rules, groups: dict[tuple[str, str], Group]) -> None:
        """Puts every event into the groups of its receivers, or notes why it is not sent."""
        told: set[Item] = set()
        for event in events:
            rule = rules.get((event.owner, event.rule))
            decision = wanted(event, rule)
            if rule is None or decision is not Decision.FIRST:
                self.planned.not_sent.append((event, "", decision.value))
            else:
                self._route_one(event, rule, groups, told)

    def _route_one(self, event: Event, rule: Told, groups: dict[tuple[str, str], Group], told: set[Item]) -> None:
        seen = labels(event, rule)
        ways = tuple(legs(self.policy.route, rule, seen))
        if not ways:
            self.planned.not_sent.append((event, "", Decision.NO_ROUTE.value))
            return
        notification = render(event, rule, self.policy)
        for leg in ways:
            item = Item(event.alert, event.episode, event.kind, event.ordinal, leg.receiver)
            decision = decide(item, told, self.policy.receivers)
            if decision is not Decision.FIRST:
                self.planned.not_sent.append((event, leg.receiver, decision.value))
                continue
            told.add(item)
            key = group_key(event, leg, seen)
            group = groups.setdefault((leg.receiver, key), Group(leg.receiver, key, leg.group_wait))
            group.entries.append(Entry(item, event, notification))

    def pass_on(self, group: Group) -> None:
        """Lets a group wait for more, hold for its receiver's cap, or go."""
        receiver = self.policy.receivers[group.receiver]
        waiting = self.state.batches.get(Waiting(group.receiver, GROUP, group.key))
        if waiting or group.wait > 0:
            self._hold(group, GROUP, waiting.until if waiting else self.now + group.wait)
            return
        # What is held for the cap goes first: until then, everything new joins it.
        capped = self.state.batches.get(Waiting(group.receiver, CAP))
        recent = self.state.recent.get(group.receiver, ())
        until = capped.until if capped else full_until(recent, receiver.cap, self.now)
        if until is None:
            self._send_entries(receiver, group.entries)
        else:
            self._hold(group, CAP, until)

    def tell_operator(self, notice: Notice) -> None:
        """A notice is never held, but counts against its receivers' caps."""
        if not news(self.state.told, notice, self.now):
            return
        for name in self.policy.operator:
            receiver = self.policy.receivers.get(name)
            destinations = reachable(receiver, notice) if receiver else ()
            if destinations:
                self._send(name, destinations, (), draw(notice, self.policy))

    def _hold(self, group: Group, reason: str, until: float) -> None:
        for item, event, notification in group.entries:
            self.state.last_held += 1
            row = Held(
                row=self.state.last_held,
                receiver=group.receiver,
                reason=reason,
                until=until,
                group=group.key,
                item=item,
                event=event,
                notification=notification,
            )
            self.state.hold(row)
            self.planned.held.append(row)

    def _send_entries(self, receiver: Receiver, entries: Sequence[Entry], note: str = "") -> None:
        notification = compose(entries, self.now, self.policy.zone, note)
        self._send(receiver.name, receiver.destinations, tuple(entry.item for entry in entries), notification)

    def _send(
        self, receiver: str, destinations: tuple[Destination, ...], items: tuple[Item, ...], notification: Notification
    ) -> None:
        self.state.last_message += 1
        self.state.sent(receiver, self.now)
        self.planned.messages.append(
            Message(
                id=f"{self.state.word}-{self.state.last_message}",
                receiver=receiver,
                destinations=tuple(dict.fromkeys(destinations)),  # an address that is named twice is told once
                items=items,
                notification=notification,
                created=self.now,
                expires=self.now + self.policy.expires,
            )
        )


def _held_by(cap: Cap | None) -> str:
    return (
        f"held back by the cap of {cap.count} messages in {say_duration(cap.seconds)}" if cap else "held back by a cap"
    )
