"""One attempt: a message is drawn and handed to the platform, and what that answers is judged."""

import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from alertd.dispatch.notice import delivery_key, recovery_key
from alertd.errors import DeliveryDelayed, DeliveryError, DeliveryMoved, DeliveryRefused
from alertd.model.notification import Delivery, Queued
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
"""How often an address may move at once: two that point at each other must not be asked in a loop."""


@dataclass(slots=True)
class Call:
    """A message, and what it is counted against. `drawn` is what is sent of it, None before."""

    queued: Queued
    buckets: tuple[str, ...]
    cells: Cells
    drawn: Delivery | None = None

    @property
    def title(self) -> str:
        """The drawn message's, or what it is called where it has none."""
        return (self.drawn.notification.title if self.drawn else "") or self.queued.message

    def attempt(self) -> Attempt:
        return Attempt(self.queued.row, self.buckets, tuple([one.row for one in self.queued.members]))


class Carrier:
    """Everything about one channel but the store. `asked` are the rests of buckets that the platform has asked for and
    that are not written down yet: whoever writes takes them."""

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
        self._channel = channel
        self._clock = clock
        self._draw = draw
        self._with_chart = with_chart
        self._random = random
        self._tell = tell
        self._retry = retry or Retry()
        self._health = Health()
        self._setbacks = Setbacks()
        self._rests = 0  # for how often in a row the whole channel was held back

    @property
    def probing(self) -> bool:
        """True while nobody knows whether the channel takes messages: one at a time finds out."""
        return self._rests > 0

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
        self._rests = 0
        self._setbacks.took(queued.row)
        if self._health.worked(now):
            self._tell(recovery_key(queued.channel), f"{queued.channel} takes messages again.", "")
        return Settled(row=queued.row, fate=Fate.SENT, at=now, ref=ref)

    def _judge(self, call: Call, error: DeliveryError, started: float) -> Settled:
        queued, now = call.queued, self._clock.now()
        if isinstance(error, DeliveryDelayed):
            log.warning("%s does not take %s yet: %s", queued.channel, queued.message, redact(str(error)))
            settled = self._delay(queued, error, started, now)
            doubt = settled.uncertain or (queued.uncertain and not queued.wanted)
            return _in_doubt(queued, now) if doubt and not self._may_resend(queued, settled.due) else settled
        log.warning("%s refused %s: %s", queued.channel, queued.message, redact(str(error)))
        if not isinstance(error, DeliveryRefused):
            return _refused(queued, error.reason, now)
        if error.whole_channel:
            return self._refuse_all(queued, error, started, now)
        if error.dead:
            return Settled(row=queued.row, fate=Fate.BURIED, at=now, reason=error.reason, dead=True)
        return _refused(queued, error.reason, now)

    def _delay(self, queued: Queued, error: DeliveryDelayed, started: float, now: float) -> Settled:
        age = now - queued.created
        due = self._retry.at(queued.attempts, error.retry_after, now, self._random, age=age)
        if isinstance(error, DeliveryMoved):
            due = now if queued.attempts < _MOVES else due
            return replace(_later(queued, now, due, reason=error.reason), moved=error.to)
        uncertain = error.uncertain
        if error.bucket and not error.whole_channel:
            # The platform is well, and says what it wants.
            self.rest(error.bucket, due)
            return _later(queued, now, due, reason=error.reason, uncertain=uncertain)
        if self._health.failed(started, now):
            trouble = f"takes no messages ({error.reason}).\nThey wait, and are tried again and again."
            self._tell(delivery_key(queued.channel), f"{queued.channel} {trouble}", "")
        aside = False
        if error.whole_channel:
            due = self._hold_back(error, now, age)
        else:
            aside = self._setbacks.failed(queued.row)
            if self._health.down:  # the next probe is another message: this one may be the only one that fails
                due = max(due, self._hold_back(error, now, age) + self._retry.first)
        return replace(_later(queued, now, due, reason=error.reason, uncertain=uncertain), aside=aside)

    def _hold_back(self, error: DeliveryDelayed, now: float, age: float) -> float:
        """The whole channel rests: for as long as the platform asks, else longer every time."""
        asked = error.retry_after if error.whole_channel else None
        until = self._retry.at(self._rests, asked, now, self._random, age=age)
        if not error.whole_channel:
            until = min(until, now + self._retry.probe)
        if self.pace.rest_until <= now:  # sends that were in flight together fail together: once
            self._rests += 1
        self.pace.rest(WHOLE, until)
        if asked:
            self.asked[WHOLE] = self.pace.rest_until
        return until

    def _refuse_all(self, queued: Queued, error: DeliveryRefused, started: float, now: float) -> Settled:
        """The credential is refused: everything waits, the operator is told once, and it is tried now and then."""
        due = now + self._retry.refused
        self.rest(WHOLE, due)
        self._rests += 1
        if self._health.failed(started, now, for_good=True):
            self._tell(
                delivery_key(queued.channel),
                f"{queued.channel} refuses alertd's credential ({error.reason}).\n"
                f"Its messages wait. They are tried again every {say_duration(self._retry.refused)}.",
                "",
            )
        return _later(queued, now, due, reason=error.reason)

    def _may_resend(self, queued: Queued, at: float) -> bool:
        """True if what may have arrived may be sent at that time: its first attempt was not before it was made."""
        return self._channel.resends or at < queued.created + self._channel.remembers


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
