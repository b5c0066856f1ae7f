"""Words to the operator: told once an hour for each key, and never over the channel that they are about."""

from alertd.dispatch.policy import Policy, Receiver
from alertd.dispatch.render import fold, stamp
from alertd.model.event import Notice
from alertd.model.notification import Destination, Notification, Tone

QUIET = 3_600.0
"""Seconds for which a notice of the same key is not told again."""

_DELIVERY = "delivery"


def delivery_key(channel: str, receiver: str = "") -> str:
    """The key of a notice about a channel that does not deliver, or does not to one receiver."""
    return ":".join(part for part in (_DELIVERY, channel, receiver) if part)


def recovery_key(channel: str) -> str:
    """The key of a notice that a channel delivers again: not the trouble's own, which has just been told."""
    return f"{_DELIVERY}:{channel}::recovered"  # no receiver has an empty name


def news(told: dict[str, float], notice: Notice, now: float) -> bool:
    """True if this notice's key was not told in the last hour; it counts as told from here on."""
    for key in [key for key, at in told.items() if at + QUIET <= now]:
        del told[key]
    if notice.key in told:
        return False
    told[notice.key] = now
    return True


def reachable(receiver: Receiver, notice: Notice) -> tuple[tuple[Destination, ...], tuple[Destination, ...]]:
    """Where a receiver can be told, and what stands by: over any channel but the one that the notice is about; where
    that leaves none of its own, in the ways for what does not arrive."""
    kind, _, rest = notice.key.partition(":")
    about = rest.partition(":")[0] if kind == _DELIVERY else None
    otherwise = receiver.otherwise.destinations if receiver.otherwise else ()
    ways, standby = (tuple(way for way in some if way.channel != about) for some in (receiver.destinations, otherwise))
    return (ways, standby) if ways else (standby, ())


def draw(notice: Notice, policy: Policy) -> Notification:
    first, *rest = [fold(line) for line in notice.text.splitlines() if line.strip()] or [notice.key]
    return Notification(
        title=f"alertd: {first}", lines=tuple(rest), footer=stamp(notice.time, policy.zone), tone=Tone.NOTE
    )
