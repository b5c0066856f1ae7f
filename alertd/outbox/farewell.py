"""What is told of a message of which it is known what became of it."""

import logging
from collections.abc import Callable
from typing import TypeAlias

from alertd.dispatch.notice import delivery_key
from alertd.model.notification import Delivery, Queued
from alertd.model.people import is_persons
from alertd.model.units import say_duration
from alertd.outbox.carrier import Call, Tell
from alertd.outbox.pacing import Cells
from alertd.rows import Fate, Settled

log = logging.getLogger(__name__)

OnSettled: TypeAlias = Callable[[str, Fate, str], None]
"""(channel, fate, reason), once the store has it."""


class Reports:
    """Whoever has to hear of it, once the store has it. `sent` is told of what arrived."""

    def __init__(
        self, channel: str, tell: Tell, on_settled: OnSettled, sent: Callable[[Delivery, str, Cells], None]
    ) -> None:
        self._channel = channel
        self._tell = tell
        self._on_settled = on_settled
        self._sent = sent

    def __call__(self, call: Call, settled: Settled) -> None:
        queued, fate, reason = call.queued, settled.fate, settled.reason
        if log.isEnabledFor(logging.INFO):
            extra = {"delivery": queued.message, "receiver": queued.receiver, "reason": reason}
            log.info("%s over %s: %s", fate, self._channel, _called(call), extra=extra)
        self._on_settled(self._channel, fate, reason)
        if fate is Fate.SENT and call.drawn:
            self._sent(call.drawn, settled.ref, call.cells)
        if fate not in (Fate.BURIED, Fate.EXPIRED):
            return
        receiver, about = "", queued.receiver
        if settled.dead:  # told whatever else was told of this receiver: nothing else will be
            receiver, about = queued.receiver, f"{queued.receiver}:dead:{queued.address}"
        text = given_up(queued, settled, _called(call), said=call.said)
        self._tell(delivery_key(self._channel, about), text, receiver)


def _called(call: Call) -> str:
    """A message's title; its id where it is to a person: what they are told is nobody else's business."""
    return call.queued.message if is_persons(call.queued.receiver) else call.title


def given_up(queued: Queued, settled: Settled, what: str, *, said: str = "") -> str:
    """To the operator, or to whoever does not get it over another channel; `what` is what the message is called,
    `said` what the platform did."""
    channel, receiver = queued.channel, queued.receiver
    why = said or settled.reason
    if settled.dead:
        trouble = f"{channel} cannot reach {receiver} any more ({why})."
        how = "again, see `settings` by chat" if is_persons(receiver) else "again by hand"
        return f"{trouble}\nNothing is sent there until it is tried {how}: {what}"
    if settled.fate is Fate.EXPIRED:
        tried = say_duration(settled.at - max(queued.created, queued.began))
        return f"{channel} could not bring a message to {receiver} in {tried}.\nIt is given up: {what}"
    if settled.reason == "uncertain":
        return f"{channel} did not say whether it has a message to {receiver}.\nIt is not sent again: {what}"
    return f"{channel} did not take a message to {receiver} ({why}).\nIt is not tried again: {what}"
