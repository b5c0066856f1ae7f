"""Draw: a message of the outbox as what a channel sends, at the moment at which it does."""

import re
from dataclasses import dataclass, field, replace
from math import isclose

from alertd.conditions.fields import MARKET
from alertd.dispatch.digest import compose
from alertd.dispatch.escalate import is_awaited
from alertd.dispatch.memory import Memory
from alertd.dispatch.policy import Follow, Policy
from alertd.dispatch.seal import About, signature, token
from alertd.model.event import Entry, Event, EventKind
from alertd.model.notification import Button, Content, Delivery, Link, Notification, Picture, Queued
from alertd.model.people import is_persons
from alertd.model.press import Action, Press

_FOLLOWS = (EventKind.RESOLVED, EventKind.REMINDED)
_OPEN = (EventKind.FIRED, EventKind.REMINDED)
_PRICED = (EventKind.FIRED, EventKind.REMINDED, EventKind.RESOLVED, EventKind.ALREADY_TRUE)

DAY = 86_400.0
"""The span of a chart."""

ACKNOWLEDGE = "Acknowledge"
"""What the link and the button are called."""

_LEVEL = re.compile(
    r"(?:[<>]=?|above|below|crosses|reaches|up|down|moves|of) \d[\d.]*[kKMB]?%?"
    r"(?=$|[,)]| (?:and|or|in|confirmed)\b)|^\d[\d.]*[kKMB]?(?= [<>])",
    re.ASCII,
)
"""A number with which something is compared as it is, in a condition in its one spelling."""

_NEAR = 4.0
"""A level that is further than this factor from the price belongs to something else."""


@dataclass(slots=True)
class Drawing:
    """`policy` is the one in force, `seal` signs the links that acknowledge. `listening` are the channels whose bot
    hears of buttons; `charts` says whether messages have pictures; `memory` is what dispatch keeps."""

    policy: Policy
    seal: bytes
    listening: frozenset[str] = field(default=frozenset())
    charts: bool = False
    memory: Memory = field(default_factory=Memory)

    def __call__(self, queued: Queued, now: float) -> Delivery:
        """The delivery as it is sent at `now`."""
        content = queued.content
        notification = content.text or compose(content, now, self._policy_for(queued.receiver))
        origin, replaces = self._follows(queued)
        return Delivery(
            message=queued.message,
            receiver=queued.receiver,
            channel=queued.channel,
            address=queued.address,
            notification=notification if content.text else self._rich(notification, queued),
            created=queued.created,
            loudness=queued.loudness,
            origin=origin,
            replaces=replaces,
        )

    def _policy_for(self, receiver: str) -> Policy:
        """The one in force, with the receiver's own zone where they have one."""
        found = self.policy.receivers.get(receiver)
        return replace(self.policy, zone=found.zone) if found and found.zone else self.policy

    def _rich(self, notification: Notification, queued: Queued) -> Notification:
        """With its link and its buttons, and a chart where it is about one event."""
        content, alone = queued.content, alone_in(queued.content)
        # A digest of several messages has no row of its own.
        about = None if queued.members else acknowledged_by(content, queued.row)
        links = link_to(self.policy.public_url, self.seal, about, queued.receiver) if about else ()
        buttons: tuple[Button, ...] = ()
        if queued.channel in self.listening:
            buttons = (*(self._button(queued, about) if about else ()), *(buttons_of(alone) if alone else ()))
        picture = picture_of(alone) if alone and self.charts else None
        if not (links or buttons or picture):
            return notification
        return replace(notification, links=links + notification.links, buttons=buttons, picture=picture)

    def _button(self, queued: Queued, about: About) -> tuple[Button, ...]:
        """The one that acknowledges, where others are to be told of any of it."""
        if not any(is_awaited(self.memory, entry, queued.receiver) for entry in open_in(queued.content)):
            return ()
        press = Press(Action.ACK, entry=about.event, row=about.row, argument=signature(self.seal, about))
        return (Button(ACKNOWLEDGE, press.data),)

    def _follows(self, queued: Queued) -> tuple[str, bool]:
        """The message that it follows, and whether it takes that one's place."""
        receiver = self.policy.receivers.get(queued.receiver)
        if not queued.origin or receiver is None or receiver.follow is Follow.NEW:
            return "", False
        entries = (*queued.content.holding, *queued.content.past)
        ends = entries[0].event.kind is EventKind.RESOLVED if entries else False
        return queued.origin, ends and receiver.follow is Follow.EDIT


def alone_in(content: Content) -> Entry | None:
    """The one event that a message tells, None where it tells several."""
    return content.holding[0] if len(content.holding) == 1 and not content.past else None


def open_in(content: Content) -> tuple[Entry, ...]:
    """What of it somebody may acknowledge, as it was when the message was made."""
    return tuple([entry for entry in content.holding if entry.event.kind in _OPEN])


def acknowledged_by(content: Content, row: int) -> About | None:
    """What the link and the button of a message name, that has this row in the outbox; None where there is nothing to
    acknowledge."""
    if not open_in(content):
        return None
    alone = alone_in(content)
    return About(alone.number) if alone else About(0, row)


def link_to(public_url: str, seal: bytes, about: About, receiver: str) -> tuple[Link, ...]:
    """The one that acknowledges; none where nobody reaches alertd's pages."""
    return (Link(ACKNOWLEDGE, f"{public_url}/ack/{token(seal, about, receiver)}"),) if public_url else ()


def buttons_of(entry: Entry) -> tuple[Button, ...]:
    """What somebody may want to do about an event; rules of files are not changed by chat."""
    number, event, words = entry

    def button(label: str, action: Action, argument: str = "") -> Button:
        return Button(label, Press(action, entry=number, argument=argument).data)

    ended = event.kind is EventKind.RESOLVED
    found = [] if ended else [button("Snooze 1 h", Action.SNOOZE, "1h")]
    if is_persons(event.owner):
        found.append(button("Re-arm", Action.REARM))
        if "level" in event.values and len(_LEVEL.findall(words.when)) == 1:
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
    if level is None:
        level = _came_from(event)
    near = isinstance(level, float) and price > 0 and 1 / _NEAR <= level / price <= _NEAR
    return Picture(event.symbol, event.at, DAY, level if near and isinstance(level, float) else None)


def _came_from(event: Event) -> float | None:
    """Where a move of the price began; another value may have moved."""
    price, change, base = (event.values.get(name) for name in ("price", "change", "base"))
    if not (isinstance(price, float) and isinstance(change, float) and isinstance(base, float)):
        return None
    return base if isclose(base * (1 + change / 100), price, rel_tol=1e-3) else None
