"""One attempt: a message is drawn and handed to the platform, and what that answers is judged."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from alertd.dispatch.notice import delivery_key, recovery_key
from alertd.errors import DeliveryDelayed, DeliveryError, DeliveryMoved, DeliveryRefused
from alertd.model.notification import Delivery, Queued
from alertd.model.people import is_persons
from alertd.model.units import say_duration
from alertd.outbox.health import Health
from alertd.outbox.late import may_repeat
from alertd.outbox.pacing import WHOLE, Cells, Pace
from alertd.outbox.retry import Retry
from alertd.outbox.setbacks import Setbacks
from alertd.ports import Channel, Clock
from alertd.rows import Attempt, Fate, Settled
from alertd.wire.secret import redact

log = logging.getLogger(__name__)

Draw: TypeAlias = Callable[[Queued, float], Delivery]
"""What is sent of a queued message at that time."""

Tell: TypeAlias = Callable[[str, str, str], None]
"""(key, text, receiver) of a notice; the receiver is "" where only the operator is told."""

_SHORT = 1.0
"""A rest that is not worth writing down, seconds."""

_MOVES = 3
"""How often a message may go another way at once: two that point at each other must not be asked in a loop."""

_MANY = 4096
"""Servers of which it is remembered whether they work."""


@dataclass(slots=True)
class Call:
    """A message, and what it is counted against. `drawn` is what is sent of it, None before; `said` what the platform
    did, "" where it has taken it."""

    queued: Queued
    buckets: tuple[str, ...]
    cells: Cells
    drawn: Delivery | None = None
    said: str = ""

    @property
    def title(self) -> str:
        """The drawn message's, or what it is called where it has none."""
        return (self.drawn.notification.title if self.drawn else "") or self.queued.message

    def attempt(self) -> Attempt:
        return Attempt(self.queued.row, self.buckets, tuple([one.row for one in self.queued.members]))


class Carrier:
    """Everything about one channel but the store. `asked` are the rests of buckets that the platform has asked for and
    that are not written down yet: `stir` is set then, and whoever writes takes them."""

    def __init__(
        self,
        channel: Channel,
        clock: Clock,
        *,
        draw: Draw,
        with_chart: Callable[[Delivery], Awaitable[Delivery]],
        random: Callable[[], float],
        tell: Tell,
        retry: Retry | None,
    ) -> None:
        self.pace = Pace()
        self.asked: dict[str, float] = {}
        self.stir = asyncio.Event()
        self._channel = channel
        self._clock = clock
        self._draw = draw
        self._with_chart = with_chart
        self._random = random
        self._tell = tell
        self._retry = retry or Retry()
        self._healths = {WHOLE: Health()}  # by bucket
        self._setbacks = Setbacks()
        self._told: Mapping[str, float] = {}

    def know(self, told: Mapping[str, float]) -> None:
        """What the operator was told before this process began, see `Health.of`."""
        self._told, self._healths = told, {WHOLE: Health.of(delivery_key(self._channel.name), told)}

    @property
    def probing(self) -> bool:
        """True while nobody knows whether the channel takes messages: one at a time finds out."""
        return self._healths[WHOLE].rests > 0

    def troubles(self, now: float) -> dict[str, str]:
        """What is down just now, for how long and why: "" for the channel, else that server of it."""
        return {health.about: trouble for health in self._healths.values() if (trouble := health.trouble(now))}

    def hopeless(self, queued: Queued, now: float) -> Settled | None:
        """What becomes of a message that must not be tried any more."""
        if now >= max(max(queued.created, queued.began) + self._retry.given_up, queued.expires):
            return Settled(row=queued.row, fate=Fate.EXPIRED, at=now, reason="expired")
        if queued.uncertain and not queued.wanted and not self._may_resend(queued, now):
            return _in_doubt(queued, now)
        if queued.content.text is None and not (queued.content.holding or queued.content.past):
            return Settled(row=queued.row, fate=Fate.BURIED, at=now, reason="forgotten")
        return None

    def put_off(self, call: Call, now: float) -> Settled | None:
        """Back into the store with a message whose bucket rests for long, so that others are claimed; else None."""
        rest = self.pace.rest_of(call.cells)
        return _later(call.queued, now, rest, reason="rest") if rest > now + _SHORT else None

    def rest(self, bucket: str, until: float) -> None:
        """A platform asks that a bucket takes nothing before."""
        self.pace.rest(bucket, until)
        self.asked[bucket] = until
        self.stir.set()

    async def bring(self, call: Call) -> Settled:
        """One attempt. Whatever comes of it is settled: a bug buries that message alone."""
        queued, now = call.queued, self._clock.now()
        rest = self.pace.rest_of(call.cells)
        if rest > now:  # it was asked for while the attempt was written down
            return _later(queued, now, rest, reason="rest")
        try:
            drawn = self._draw(queued, now)
            if queued.uncertain and now >= queued.created + self._channel.remembers:
                drawn = drawn._replace(notification=may_repeat(drawn.notification))
            call.drawn = drawn
            ref = await self._channel.send(await self._with_chart(drawn), now)
        except DeliveryError as error:
            return self._judge(call, error, now)
        except Exception:
            # Not log.exception: the traceback is redacted here, whatever the log does with it.
            text = redact(traceback.format_exc())
            log.error("a bug in sending %s over %s\n%s", queued.message, queued.channel, text)
            return _refused(queued, "bug", self._clock.now())
        now = self._clock.now()
        self._setbacks.took(queued.row)
        self._worked(queued, now)
        return Settled(row=queued.row, fate=Fate.SENT, at=now, ref=ref)

    def _worked(self, queued: Queued, now: float) -> None:
        """The channel does, and what has taken this message: the channel knows by now which of its ways it went."""
        ways = self._channel.buckets(queued.address) if len(self._healths) > 1 else ()
        for name in (WHOLE, *[bucket.name for bucket in ways]):
            if (health := self._healths.get(name)) and health.worked(now) and not self._told_of(health.about):
                self._tell_of(queued, health, "takes messages again.", well=True)

    def _told_of(self, about: str) -> bool:
        """True while the operator knows of trouble with something else that is called the same: another of its URLs."""
        return any(health.told for health in self._healths.values() if health.about == about)

    def _judge(self, call: Call, error: DeliveryError, started: float) -> Settled:
        queued, now = call.queued, self._clock.now()
        call.said = _said(queued, error)
        if isinstance(error, DeliveryDelayed):
            log.warning("%s does not take %s yet: %s", queued.channel, queued.message, call.said)
            settled = self._delay(call, error, started, now)
            doubt = settled.uncertain or (queued.uncertain and not queued.wanted)
            return _in_doubt(queued, now) if doubt and not self._may_resend(queued, settled.due) else settled
        log.warning("%s refused %s: %s", queued.channel, queued.message, call.said)
        if not isinstance(error, DeliveryRefused):
            return _refused(queued, error.reason, now)
        if error.dead:
            return Settled(row=queued.row, fate=Fate.BURIED, at=now, reason=error.reason, dead=True)
        if error.whole_channel or error.bucket:
            return self._refuse_all(queued, error, started, now)
        return _refused(queued, error.reason, now)

    def _delay(self, call: Call, error: DeliveryDelayed, started: float, now: float) -> Settled:
        queued, age = call.queued, now - call.queued.created
        due = self._retry.at(queued.attempts, error.retry_after, now, self._random, age=age)
        if isinstance(error, DeliveryMoved):
            log.warning("%s: %s is %s now: change its receiver's address", queued.channel, queued.address, error.to)
            due = now if queued.attempts < _MOVES else due
            return replace(_later(queued, now, due, reason=error.reason), moved=error.to)
        uncertain = error.uncertain
        if error.bucket and not error.whole_channel:
            # The platform is well, and says what it wants.
            self.rest(error.bucket, due)
            return _later(queued, now, due, reason=error.reason, uncertain=uncertain)
        scope = call.buckets[-1] if error.about and call.buckets else WHOLE
        health = self._failing(queued, scope, error)
        if health.failed(started, now):
            trouble = f"takes no messages ({error.reason}).\nThey wait, and are tried again and again."
            self._tell_of(queued, health, trouble)
        aside = False
        if error.whole_channel:
            due = self._hold_back(scope, error, now, age)
        else:
            aside = self._setbacks.failed(queued.row)
            if health.down:  # the next probe is another message: this one may be the only one that fails
                due = max(due, self._hold_back(scope, error, now, age) + self._retry.first)
        return replace(_later(queued, now, due, reason=error.reason, uncertain=uncertain), aside=aside)

    def _hold_back(self, scope: str, error: DeliveryDelayed, now: float, age: float) -> float:
        """The whole channel rests, or the bucket of one server: for as long as it asks, else longer every time."""
        asked = error.retry_after if error.whole_channel else None
        health = self._healths[scope]
        until = self._retry.at(health.rests, asked, now, self._random, age=age)
        if not error.whole_channel:
            until = min(until, now + self._retry.probe)
        if self.pace.rest_at(scope) <= now:  # sends that were in flight together fail together: once
            health.rests += 1
        self.pace.rest(scope, until)
        if asked:
            self.asked[scope] = self.pace.rest_at(scope)
        return until

    def _refuse_all(self, queued: Queued, error: DeliveryRefused, started: float, now: float) -> Settled:
        """A credential or a server refuses everything: what needs it waits, the operator is told once, and it is tried
        now and then. What has another way, as the channel knows by now, goes there at once."""
        due = now + self._retry.refused
        health = self._failing(queued, error.bucket, error)
        if error.whole_channel:
            self.rest(WHOLE, due)
            health.rests += 1
        elif error.bucket not in [bucket.name for bucket in self._channel.buckets(queued.address)]:
            due = now if queued.attempts < _MOVES else self._retry.at(queued.attempts, None, now, self._random)
        if health.failed(started, now, for_good=True):
            # As `channels.answers.Reason` has it.
            what = "alertd's credential" if error.reason == "unauthorized" else "every message"
            again = f"What needs it waits, and is tried again every {say_duration(self._retry.refused)}."
            self._tell_of(queued, health, f"refuses {what} ({error.reason}).\n{again}")
        return _later(queued, now, due, reason=error.reason)

    def _failing(self, queued: Queued, scope: str, error: DeliveryError) -> Health:
        """Of the channel, or of what is counted against a bucket of its own."""
        if scope not in self._healths and len(self._healths) > _MANY:
            del self._healths[next(name for name in self._healths if name != WHOLE)]
        health = self._healths.setdefault(scope, Health.of(self._key(error.about), self._told, error.about))
        if not _private(queued, health):
            health.why = _said(queued, error)
        return health

    def _key(self, about: str) -> str:
        return delivery_key(self._channel.name, f":down:{about}" if about else "")

    def _tell_of(self, queued: Queued, health: Health, what: str, *, well: bool = False) -> None:
        """To the operator."""
        name, about = queued.channel, health.about
        if _private(queued, health):
            return
        key = self._key(about)
        self._tell(recovery_key(key) if well else key, f"{name} ({about}) {what}" if about else f"{name} {what}", "")

    def _may_resend(self, queued: Queued, at: float) -> bool:
        """True if what may have arrived may be sent at that time: its first attempt was not before it was made."""
        return self._channel.resends or at < queued.created + self._channel.remembers


def _private(queued: Queued, health: Health) -> bool:
    """Whether it is a person's own server: what becomes of it is nobody else's business."""
    return bool(health.about) and is_persons(queued.receiver)


def _said(queued: Queued, error: DeliveryError) -> str:
    """What a platform said, for the operator: of a person's message the reason alone, for words may hold an address."""
    return error.reason if is_persons(queued.receiver) else redact(str(error))


def _later(queued: Queued, now: float, due: float, *, reason: str, uncertain: bool = False) -> Settled:
    return Settled(row=queued.row, fate=Fate.DELAYED, at=now, due=due, reason=reason, uncertain=uncertain)


def _refused(queued: Queued, reason: str, now: float) -> Settled:
    """A message alone is given up. A digest is not: one in it may be all that is wrong."""
    if queued.members:
        return replace(_later(queued, now, now, reason=reason), alone=True)
    return Settled(row=queued.row, fate=Fate.BURIED, at=now, reason=reason)


def _in_doubt(queued: Queued, now: float) -> Settled:
    """It may have arrived, and does not go twice."""
    return Settled(row=queued.row, fate=Fate.BURIED, at=now, reason="uncertain", uncertain=True)
