"""Draw: a message of the outbox as what a channel sends, at the moment at which it does."""

from dataclasses import dataclass, replace

from alertd.dispatch.digest import compose
from alertd.dispatch.policy import Follow, Policy
from alertd.dispatch.seal import token
from alertd.model.event import EventKind
from alertd.model.notification import Content, Delivery, Link, Notification, Queued

_FOLLOWS = (EventKind.RESOLVED, EventKind.REMINDED)
_OPEN = (EventKind.FIRED, EventKind.REMINDED)


@dataclass(slots=True)
class Drawing:
    """`policy` is the one in force, `seal` signs the links that acknowledge."""

    policy: Policy
    seal: bytes

    def __call__(self, queued: Queued, now: float) -> Delivery:
        """The delivery as it is sent at `now`."""
        content = queued.content
        notification = content.text or compose(content, now, self.policy)
        origin, replaces = self._follows(queued)
        return Delivery(
            message=queued.message,
            receiver=queued.receiver,
            channel=queued.channel,
            address=queued.address,
            notification=self._acknowledgeable(notification, content, queued.receiver),
            created=queued.created,
            loudness=queued.loudness,
            origin=origin,
            replaces=replaces,
        )

    def _follows(self, queued: Queued) -> tuple[str, bool]:
        """The message that it follows, and whether it takes that one's place."""
        receiver = self.policy.receivers.get(queued.receiver)
        if not queued.origin or receiver is None or receiver.follow is Follow.NEW:
            return "", False
        entries = (*queued.content.holding, *queued.content.past)
        ends = entries[0].event.kind is EventKind.RESOLVED if entries else False
        return queued.origin, ends and receiver.follow is Follow.EDIT

    def _acknowledgeable(self, notification: Notification, content: Content, receiver: str) -> Notification:
        """With a link to say that somebody has seen it, where it tells of one open episode."""
        if not self.policy.public_url or len(content.holding) != 1 or content.past:
            return notification
        number, event, _ = content.holding[0]
        if event.kind not in _OPEN:
            return notification
        link = Link("Acknowledge", f"{self.policy.public_url}/ack/{token(self.seal, number, receiver)}")
        return replace(notification, links=(link, *notification.links))
