"""What is told of a message of which it is known what became of it."""

import logging
from collections.abc import Callable
from typing import TypeAlias

from alertd.dispatch.notice import delivery_key
from alertd.model.notification import Delivery
from alertd.model.people import is_persons
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
        text = given_up(self._channel, queued.receiver, settled, _called(call))
        self._tell(delivery_key(self._channel, about), text, receiver)


def _called(call: Call) -> str:
    """A message's title; its id where it is to a person: what they are told is nobody else's business."""
    return call.queued.message if is_persons(call.queued.receiver) else call.title


def given_up(channel: str, receiver: str, settled: Settled, what: str) -> str:
    """To the operator, or to whoever does not get it over another channel; `what` is what the message is called."""
    if settled.dead:
        trouble = f"{channel} cannot reach {receiver} any more ({settled.reason})."
        return f"{trouble}\nNothing is sent there until it is tried again by hand: {what}"
    if settled.fate is Fate.EXPIRED:
        return f"{channel} could not bring a message to {receiver} for a week.\nIt is given up: {what}"
    if settled.reason == "uncertain":
        return f"{channel} did not say whether it has a message to {receiver}.\nIt is not sent again: {what}"
    return f"{channel} did not take a message to {receiver} ({settled.reason}).\nIt is not tried again: {what}"
