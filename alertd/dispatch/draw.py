"""Draw: a message of the outbox as what a channel sends, at the moment at which it does."""

from dataclasses import dataclass, field, replace

from alertd.conditions.fields import MARKET
from alertd.dispatch.digest import compose
from alertd.dispatch.policy import Follow, Policy
from alertd.dispatch.seal import token
from alertd.model.event import Entry, EventKind
from alertd.model.notification import Button, Content, Delivery, Link, Notification, Picture, Queued
from alertd.model.people import is_persons
from alertd.model.press import Action, Press

_FOLLOWS = (EventKind.RESOLVED, EventKind.REMINDED)
_OPEN = (EventKind.FIRED, EventKind.REMINDED)
_PRICED = (EventKind.FIRED, EventKind.REMINDED, EventKind.RESOLVED, EventKind.ALREADY_TRUE)

DAY = 86_400.0
"""The span of a chart."""

_NEAR = 4.0
"""A level that is further than this factor from the price belongs to something else."""


@dataclass(slots=True)
class Drawing:
    """`policy` is the one in force, `seal` signs the links that acknowledge. `listening` are the channels whose bot
    hears of buttons; `charts` says whether messages have pictures."""

    policy: Policy
    seal: bytes
    listening: frozenset[str] = field(default=frozenset())
    charts: bool = False

    def __call__(self, queued: Queued, now: float) -> Delivery:
        """The delivery as it is sent at `now`."""
        content = queued.content
        notification = content.text or compose(content, now, self._policy_for(queued.receiver))
        origin, replaces = self._follows(queued)
        if content.text is None and len(content.holding) == 1 and not content.past:
            notification = self._rich(notification, content.holding[0], queued.channel)
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

    def _policy_for(self, receiver: str) -> Policy:
        """The one in force, with the receiver's own zone where they have one."""
        found = self.policy.receivers.get(receiver)
        return replace(self.policy, zone=found.zone) if found and found.zone else self.policy

    def _rich(self, notification: Notification, entry: Entry, channel: str) -> Notification:
        """With what belongs to a message about one event: buttons and a chart."""
        buttons = buttons_of(entry) if channel in self.listening else ()
        picture = picture_of(entry) if self.charts else None
        return replace(notification, buttons=buttons, picture=picture) if buttons or picture else notification

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


def buttons_of(entry: Entry) -> tuple[Button, ...]:
    """What somebody may want to do about an event; rules of files are not changed by chat."""
    number, event, _ = entry

    def button(label: str, action: Action, argument: str = "") -> Button:
        return Button(label, Press(action, entry=number, argument=argument).data)

    ended = event.kind is EventKind.RESOLVED
    found = [] if ended else [button("Snooze 1 h", Action.SNOOZE, "1h")]
    if is_persons(event.owner):
        found.append(button("Re-arm", Action.REARM))
        if "level" in event.values:
            found += [button("−1 %", Action.NUDGE, "-1"), button("+1 %", Action.NUDGE, "+1")]
        found.append(button("Delete", Action.DELETE))
    found.append(button("Why", Action.WHY))
    return (*found, button("Chart", Action.CHART)) if event.symbol != MARKET else tuple(found)


def picture_of(entry: Entry) -> Picture | None:
    """The chart that shows an event, None where it is not about a price."""
    event = entry.event
    price, level = event.values.get("price"), event.values.get("level")
    if event.kind not in _PRICED or not isinstance(price, float):
        return None
    near = isinstance(level, float) and price > 0 and 1 / _NEAR <= level / price <= _NEAR
    return Picture(event.symbol, event.at, DAY, level if near and isinstance(level, float) else None)
