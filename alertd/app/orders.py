"""What people ask of the running daemon: silences, acknowledgements, the outbox."""

from collections.abc import Callable, Sequence

from alertd.control import Acknowledging, Answer, Arguments, Commands, Rows, silencing, taken
from alertd.dispatch.draw import open_in
from alertd.dispatch.seal import About
from alertd.dispatch.unseen import named, of_events, of_word, open_of, seen
from alertd.errors import ControlError, did_you_mean
from alertd.model.event import Entry
from alertd.model.kept import Acknowledged, Escalation, Mute, Silence
from alertd.model.order import Acknowledge, ExpireSilence, Unmute
from alertd.model.people import full_name
from alertd.model.units import say_duration
from alertd.pipeline import Pipeline
from alertd.ports import Clock, Store
from alertd.rules.standing import Open
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
        name = full_name(order.owner, order.rule)
        if not any((each.owner, each.rule) == (order.owner, order.rule) for each in muted):
            hint = did_you_mean(name, {full_name(each.owner, each.rule) for each in muted})
            raise ControlError(f"{name} is not muted{': ' + hint if hint else ''}")
        (ended,) = await self._pipeline.obey(order)
        by = ", ".join(each.receiver for each in ended if isinstance(each, Mute))
        return {"text": f"{name} is heard again{' by ' + by if by else ''}"}

    # ── acknowledgements ─────────────────────────────────────────────────────────────────────────────────────────

    async def _acknowledge(self, arguments: Arguments) -> Answer:
        order = taken(arguments, Acknowledging)
        escalations = self._pipeline.remembered(Escalation)
        found = await self._pipeline.ask(lambda state: of_word(state, order.episode, escalations))
        done = self._seen(found)
        if len(done) == len(found):
            return {"text": f"{_name(found[-1])} is {self._by(done[found[-1]])} already"}
        unseen = [each for each in found if each not in done]
        by = await self._see(unseen, order.by)
        return {"text": f"{named(list(map(_name, unseen)))} {_are(unseen)} acknowledged by {by}"}

    async def _show(self, about: About) -> Shown | None:
        told = await self._told(about)
        if not told:
            return None
        still, done = await self._still(told), ""
        if not still:
            by = self._seen([open_of(entry.event) for entry in told])
            done = self._by(list(by.values())[-1]) if by else "over"
        return shown(told, self._pipeline.policy, self._clock.now(), done=done)

    async def _take(self, about: About, by: str) -> str:
        still = await self._still(await self._told(about))
        if not still:
            return "it was long ago"
        await self._see(still, by)
        it = "it" if len(still) == 1 else "them"
        return f"{'it is' if len(still) == 1 else 'they are'} acknowledged: nobody is reminded of {it} any more"

    async def _told(self, about: About) -> Sequence[Entry]:
        """What a message with a link tells, as far as it is on record."""
        if not about.row:
            return await self._store.entries([about.event])
        found = await self._store.delivery(about.row)
        return open_in(found.content) if found else ()

    async def _still(self, told: Sequence[Entry]) -> list[Open]:
        """What of it may be acknowledged, and has not been."""
        events, escalations = [entry.event for entry in told], self._pipeline.remembered(Escalation)
        found = await self._pipeline.ask(lambda state: of_events(state, events, escalations))
        done = self._seen(found)
        return [each for each in found if each not in done]

    async def _see(self, episodes: Sequence[Open], by: str) -> str:
        """Returns who was the first to say so of the last one: somebody may have been faster."""
        answers = await self._pipeline.obey(*(Acknowledge(each.alert, each.episode, by) for each in episodes))
        return next(each.by for each in answers[-1] if isinstance(each, Acknowledged))

    def _seen(self, episodes: Sequence[Open]) -> dict[Open, Acknowledged]:
        return seen(episodes, self._pipeline.remembered(Acknowledged))

    def _by(self, one: Acknowledged) -> str:
        return f"acknowledged by {one.by} {say_duration(self._clock.now() - one.at)} ago"

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
    return f"{full_name(one.owner, one.rule)}/{one.symbol}/{one.episode}"


def _are(some: Sequence[object]) -> str:
    return "is" if len(some) == 1 else "are"
