"""What people ask of the running daemon: silences, acknowledgements, the outbox."""

from collections.abc import Callable, Sequence

from alertd.control import Acknowledging, Answer, Arguments, Commands, Rows, silencing, taken
from alertd.errors import ControlError, did_you_mean
from alertd.model.episode import meant
from alertd.model.event import Entry, Event
from alertd.model.kept import Acknowledged, Escalation, Mute, Silence
from alertd.model.order import Acknowledge, ExpireSilence, Unmute
from alertd.model.units import say_duration
from alertd.pipeline import Pipeline
from alertd.ports import Clock, Store
from alertd.rules.standing import Open, Rulebook
from alertd.rules.state import State
from alertd.web.acknowledge import AckPages, Shown, shown


class Orders:
    """Each command takes its arguments (see `control`) and answers when it is committed."""

    def __init__(self, pipeline: Pipeline, store: Store, clock: Clock, wake: Callable[[], None]) -> None:
        """`wake` has the couriers look at the outbox."""
        self._wake = wake
        self._pipeline = pipeline
        self._store = store
        self._clock = clock

    def commands(self) -> Commands:
        return {
            "silence-add": self._add_silence,
            "silence-expire": self._expire_silence,
            "ack": self._acknowledge,
            "unmute": self._unmute,
            "outbox-retry": self._retry,
            "outbox-bury": self._bury,
        }

    def pages(self) -> AckPages:
        """What the pages that a message links to may ask."""
        return AckPages(self._store.seal, self._show, self._take)

    # ── silences and mutes ───────────────────────────────────────────────────────────────────────────────────────

    async def _add_silence(self, arguments: Arguments) -> Answer:
        order = silencing(arguments, now=self._clock.now(), hours=self._pipeline.policy.hours)
        (made,) = await self._pipeline.obey(order)
        return {"number": next(each.number for each in made if isinstance(each, Silence))}

    async def _expire_silence(self, arguments: Arguments) -> Answer:
        order, now = taken(arguments, ExpireSilence), self._clock.now()
        found = [each for each in self._pipeline.remembered(Silence) if each.number == order.number]
        if not found:
            raise ControlError(f"there is no silence {order.number}: `alertd silence list` shows them")
        if found[0].end <= now:
            return {"text": f"silence {order.number} was over {say_duration(now - found[0].end)} ago"}
        (ended,) = await self._pipeline.obey(order)
        if not ended:
            return {"text": f"silence {order.number} is over already"}
        return {"text": f"silence {order.number} is over; what it held and still holds is told"}

    async def _unmute(self, arguments: Arguments) -> Answer:
        order = taken(arguments, Unmute)
        muted = [each for each in self._pipeline.remembered(Mute) if each.until > self._clock.now()]
        if not any((each.owner, each.rule) == (order.owner, order.rule) for each in muted):
            hint = did_you_mean(order.rule, {each.rule for each in muted})
            raise ControlError(f"{order.rule} is not muted{': ' + hint if hint else ''}")
        (ended,) = await self._pipeline.obey(order)
        by = ", ".join(each.receiver for each in ended if isinstance(each, Mute))
        return {"text": f"{order.rule} is heard again{' by ' + by if by else ''}"}

    # ── acknowledgements ─────────────────────────────────────────────────────────────────────────────────────────

    async def _acknowledge(self, arguments: Arguments) -> Answer:
        order = taken(arguments, Acknowledging)
        escalations = self._pipeline.remembered(Escalation)
        found = await self._pipeline.ask(lambda state: _find(state, order.episode, escalations))
        done = [self._acknowledged(each.alert, each.episode) for each in found]
        if all(done):
            return {"text": f"{_name(found[-1])} is {done[-1]} already"}
        unseen = [each for each, by in zip(found, done, strict=True) if not by]
        answers = await self._pipeline.obey(*(Acknowledge(each.alert, each.episode, order.by) for each in unseen))
        by = next(each.by for each in answers[-1] if isinstance(each, Acknowledged))  # somebody may have been faster
        return {"text": f"{', '.join(map(_name, unseen))} {'is' if len(unseen) == 1 else 'are'} acknowledged by {by}"}

    async def _show(self, number: int) -> Shown | None:
        entry = await self._entry(number)
        if entry is None:
            return None
        event = entry.event
        done = self._acknowledged(event.alert, event.episode)
        if not done:
            waits = any(each.entry.number == number for each in self._pipeline.remembered(Escalation))
            done = "" if await self._pipeline.ask(lambda state: _may_be_seen(state, event, waits)) else "over"
        return shown(entry, self._pipeline.policy.zone, done=done)

    async def _take(self, event: int, by: str) -> str:
        entry = await self._entry(event)
        if entry is None:
            return "it was long ago"
        await self._pipeline.obey(Acknowledge(entry.event.alert, entry.event.episode, by))
        return "it is acknowledged: nobody is reminded of it any more"

    async def _entry(self, number: int) -> Entry | None:
        return next(iter(await self._store.entries([number])), None)

    def _acknowledged(self, alert: int, episode: int) -> str:
        known = self._pipeline.remembered(Acknowledged)
        found = next((each for each in known if (each.alert, each.episode) == (alert, episode)), None)
        if found is None:
            return ""
        return f"acknowledged by {found.by} {say_duration(self._clock.now() - found.at)} ago"

    # ── the outbox ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _retry(self, arguments: Arguments) -> Answer:
        count = await self._store.retry(taken(arguments, Rows).rows, self._clock.now())
        self._wake()
        return {"count": count}

    async def _bury(self, arguments: Arguments) -> Answer:
        count = await self._store.bury(taken(arguments, Rows).rows, self._clock.now())
        self._wake()
        return {"count": count}


def _name(one: Open) -> str:
    return f"{one.rule}/{one.symbol}/{one.episode}"


def _may_be_seen(state: State, event: Event, waits: bool) -> bool:
    """Whether an episode may still be acknowledged; `waits` if others are still to be told of it."""
    rules = Rulebook(state)
    found = rules.standing((event.owner, event.rule)).get(event.alert)
    return rules.lasts(event) or (waits and found is not None and found.momentary)


def _find(state: State, text: str, escalations: Sequence[Escalation]) -> list[Open]:
    """The episode that a person means: an open one, or one without a length, of which there may be several that others
    are still to be told of. Raises ControlError."""
    rules = Rulebook(state)
    wanted = [each for each in meant(text) if rules.get((each.owner, each.rule)) is not None]
    if not wanted:
        names = [state.book.name(number)[1] for number in state.book.numbers("")]
        hint = did_you_mean(text.partition("/")[0], names)
        raise ControlError(f"there is no rule of {text!r}{': ' + hint if hint else ''}")
    of = wanted[0]
    told = [
        Open(one.alert, one.owner, one.rule, one.symbol, one.episode)
        for one in (each.entry.event for each in escalations)
        if (one.owner, one.rule) == (of.owner, of.rule) and _may_be_seen(state, one, True)
    ]
    mine = [
        each
        for each in sorted({*rules.to_be_seen((of.owner, of.rule)), *told})
        if of.coin in ("", each.symbol) and of.episode in (0, each.episode)
    ]
    coins = list(dict.fromkeys(each.symbol for each in mine))
    if not coins:
        raise ControlError(f"no episode of {text} is open")
    if len(coins) > 1:
        text = f"{len(coins)} coins of {of.rule} are meant ({', '.join(coins[:5])}{', …' if len(coins) > 5 else ''})"
        raise ControlError(f"{text}: write {of.rule}/{coins[0]}")
    return mine
