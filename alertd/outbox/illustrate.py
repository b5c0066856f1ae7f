"""The chart that belongs to a message. Text goes first, always: a channel that takes a chart with the message has it
drawn as soon as the message is claimed, and waits for it for a moment where nobody else wants to send; the others get
it later, when nobody else does."""

import asyncio
import logging
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeAlias

from alertd.errors import DeliveryDelayed, DeliveryError
from alertd.model.notification import Delivery, Picture, Queued
from alertd.outbox.carrier import Carrier, Draw
from alertd.outbox.pacing import WHOLE, Cells
from alertd.ports import Channel, Clock, Pictures, ended_by
from alertd.wire.secret import redact

log = logging.getLogger(__name__)

Chart: TypeAlias = Callable[[Picture], Awaitable[bytes | None]]
"""A PNG, None where there is none."""

PATIENCE = 0.5
"""Seconds that a mail waits for its chart where no other mail waits."""

LATEST = 60.0
"""Seconds after its message was sent from which a chart is of no use any more."""

MOST = 32
"""Charts that may wait for their turn; there is none for the messages after them."""

_AGAIN = 0.25  # how often it is looked whether a chart may go, seconds


class Charts(NamedTuple):
    """Where charts come from. `speed` is how many seconds of the clock a real one has. `overtaken` says of a message
    that it is another one by now, because somebody has pressed a button of it: a chart would bring the old one back."""

    draw: Chart
    speed: float = 1.0
    overtaken: Callable[[Delivery], bool] = lambda _: False


class _Waiting(NamedTuple):
    charts: Charts
    delivery: Delivery
    picture: Picture
    ref: str
    cells: Cells
    until: float


class _Begun(NamedTuple):
    picture: Picture
    drawing: asyncio.Task[bytes | None]
    until: float


class Illustrator:
    """The charts of one channel; they come from `charts`, None where messages have none.

    `draw` makes of a message what is sent of it; `carrier` has what is counted against the platform; `wanted` has the
    cells of each message that waits, None where one may wait for any of them.
    """

    def __init__(
        self,
        channel: Channel,
        clock: Clock,
        *,
        draw: Draw,
        carrier: Callable[[], Carrier],
        wanted: Callable[[], Sequence[Cells] | None],
    ) -> None:
        self.charts: Charts | None = None
        self._channel = channel
        self._clock = clock
        self._carrier = carrier
        self._wanted = wanted
        self._draw = draw
        self._begun: dict[str, _Begun] = {}  # by message
        self._waiting: deque[_Waiting] = deque()
        self._adorned = ""  # the message that is being given its chart just now, by its ref
        self._handed_over = asyncio.Event()
        self._stir = asyncio.Event()

    def claimed(self, queued: Queued, now: float) -> None:
        """A message will go as soon as it may: the chart that goes with it is begun."""
        if self.charts is None or self._channel.pictures is not Pictures.BEFORE or queued.message in self._begun:
            return
        for message in [message for message, begun in self._begun.items() if begun.until <= now]:
            self._begun.pop(message).drawing.cancel()
        if len(self._begun) >= MOST:
            return
        try:
            picture = self._draw(queued, now).notification.picture
        except Exception:  # the attempt says so
            return
        if picture is not None:
            until = now + LATEST * self.charts.speed
            drawing = asyncio.get_running_loop().create_task(self._drawn(self.charts, picture, until))
            self._begun[queued.message] = _Begun(picture, drawing, until)

    async def with_chart(self, delivery: Delivery) -> Delivery:
        """The delivery with its chart, where the channel takes it so and it is there; one that takes another's place
        waits for the chart that is on its way to that one."""
        if delivery.replaces:
            self._overtaken(delivery.origin)
            while self._adorned == delivery.origin:
                await self._handed_over.wait()
        begun = self._begun.pop(delivery.message, None)
        picture = delivery.notification.picture
        if self.charts is None or picture is None or self._channel.pictures is not Pictures.BEFORE:
            return delivery
        # A mail that is alone waits for a moment, as it cannot be changed later; one that holds others up never does.
        until = self._clock.now() + (PATIENCE * self.charts.speed if self._wanted() == [] else 0.0)
        if begun is not None and begun.picture == picture:
            return delivery._replace(png=await self._in_time(begun.drawing, until) or b"")
        if begun is not None:
            begun.drawing.cancel()
        return delivery._replace(png=await self._drawn(self.charts, picture, until) or b"")

    async def _in_time(self, drawing: asyncio.Task[bytes | None], until: float) -> bytes | None:
        """What is drawn by then."""
        if await ended_by(self._clock, drawing, until):
            return drawing.result()
        drawing.cancel()
        return None

    def sent(self, delivery: Delivery, ref: str, cells: Cells) -> None:
        """A message has arrived, and is durably so: its chart may follow."""
        picture = delivery.notification.picture
        if self.charts is None or picture is None or self._channel.pictures is not Pictures.AFTER:
            return
        if len(self._waiting) < MOST:
            until = self._clock.now() + LATEST * self.charts.speed
            self._waiting.append(_Waiting(self.charts, delivery, picture, ref, cells, until))
            self._stir.set()

    async def run(self) -> None:
        """Bring charts to where their messages are, until cancelled."""
        try:
            while True:
                await self._look()
        finally:
            for begun in self._begun.values():
                begun.drawing.cancel()

    async def _look(self) -> None:
        self._stir.clear()
        now = self._clock.now()
        self._waiting = deque(one for one in self._waiting if one.until > now)
        one = next((one for one in self._waiting if self._may_go(one.cells, now)), None)
        if one is not None:
            await self._bring(one)
            self._waiting = deque(other for other in self._waiting if other is not one)
        elif self._waiting:
            await self._clock.sleep(_AGAIN * self._waiting[0].charts.speed)
        else:
            await self._clock.wait(self._stir, None)

    def _overtaken(self, ref: str) -> None:
        """Another message takes its place: its chart would bring the old one back."""
        self._waiting = deque(one for one in self._waiting if one.ref != ref)

    def _may_go(self, cells: Cells, now: float) -> bool:
        """Whether no message waits for the same, and the platform has room for a burst of them even after it."""
        wanted = self._wanted()
        if wanted is None or now < self._carrier().pace.rest_until:
            return False
        taken = {id(cell) for theirs in wanted for cell in theirs}
        return all(id(cell) not in taken and cell.is_full(now) for cell in cells)

    async def _bring(self, one: _Waiting) -> None:
        """Draw it, wait until it may go, and hand it over; what goes wrong costs nobody anything but the chart."""
        png = await self._drawn(one.charts, one.picture, one.until)
        if not png:
            return
        while not self._may_go(one.cells, now := self._clock.now()):
            if now >= one.until:
                return
            await self._clock.sleep(_AGAIN * one.charts.speed)
        if one.charts.overtaken(one.delivery) or not any(other is one for other in self._waiting):
            return
        for cell in one.cells:
            cell.take(now)
        await self._hand_over(one, png)

    async def _hand_over(self, one: _Waiting, png: bytes) -> None:
        delivery = one.delivery
        self._adorned = one.ref
        self._handed_over.clear()
        try:
            await self._channel.illustrate(delivery, one.ref, png)
        except DeliveryError as error:
            log.info("%s takes no chart with %s: %s", delivery.channel, delivery.message, redact(str(error)))
            if isinstance(error, DeliveryDelayed) and error.retry_after and (error.bucket or error.whole_channel):
                # Messages are counted with it.
                bucket = WHOLE if error.whole_channel else error.bucket
                self._carrier().rest(bucket, self._clock.now() + error.retry_after)
        except Exception:  # a chart is worth no message
            log.error("a bug in the chart of %s\n%s", delivery.message, redact(traceback.format_exc()))
        finally:
            self._adorned = ""
            self._handed_over.set()

    async def _drawn(self, charts: Charts, picture: Picture, until: float) -> bytes | None:
        """The chart, empty where there is none; None where it was not there by then."""
        drawing = asyncio.ensure_future(charts.draw(picture))
        try:
            await asyncio.sleep(0)  # what was drawn before is there at once
            if not await ended_by(self._clock, drawing, until):
                return None
            return drawing.result() or b""
        except Exception:
            log.error("a bug in a chart of %s\n%s", picture.symbol, redact(traceback.format_exc()))
            return b""
        finally:
            drawing.cancel()
