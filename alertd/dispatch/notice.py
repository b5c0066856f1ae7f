"""Words to the operator: told once an hour for each key, and never over the channel that they are about."""

from collections.abc import Iterable
from typing import NamedTuple

from alertd.dispatch.memory import Memory
from alertd.dispatch.policy import Policy, Receiver
from alertd.dispatch.render import fold, stamp
from alertd.model.event import Notice
from alertd.model.kept import Noticed
from alertd.model.notification import Destination, Notification, Tone

QUIET = 3_600.0
"""Seconds for which a notice of the same key is not told again."""

_START = "start"


def delivery_key(channel: str, receiver: str = "") -> str:
    """The key of a notice about a channel that does not deliver, or does not to one receiver."""
    return ":".join(part for part in ("delivery", channel, receiver) if part)


def recovery_key(key: str) -> str:
    """The key of a notice that the trouble of this key is over: not its own, which may just have been told."""
    return f"{key}::recovered"  # no receiver has an empty name


def start_key(what: str, at: float) -> str:
    """The key of a notice about the start at this time: the next start has one of its own."""
    return f"{_START}:{at:.0f}:{what}"


def told(noticed: Iterable[Noticed]) -> dict[str, float]:
    """Key → when a notice of it was told for the last time: what a new run takes up."""
    return {each.key: each.at for each in noticed}


class _About(NamedTuple):
    """What a notice's key is about: a channel, one receiver on it, its dead address; "" where it is about none."""

    channel: str = ""
    receiver: str = ""
    address: str = ""

    @classmethod
    def of(cls, key: str) -> "_About":
        named, _, address = key.partition(":dead:")
        match named.partition("::")[0].split(":", 2):  # no receiver has an empty name
            case ["delivery", *about]:  # a person's group is `@7/group:12`
                return cls(*about)._replace(address=address)
            case _:
                return cls()


def is_news(memory: Memory, notice: Notice, now: float) -> bool:
    """True if this notice's key was not told in the last hour."""
    known = memory.get(Noticed, notice.key)
    return known is None or known.at + QUIET <= now


def note(memory: Memory, notice: Notice, now: float) -> None:
    """It is told. What is about one receiver or one start has no end that would be told: it is forgotten when its hour
    is over."""
    for each in memory.all(Noticed):
        if each.at + QUIET <= now and (each.key.startswith(f"{_START}:") or _About.of(each.key).receiver):
            memory.forget(each)
    memory.keep(Noticed(key=notice.key, at=now))


def reachable(receiver: Receiver, notice: Notice) -> tuple[tuple[Destination, ...], tuple[Destination, ...]]:
    """Where a receiver can be told, and what stands by: over any channel but the one that the notice is about; where
    that leaves none of its own, in the ways for what does not arrive. Of trouble with one receiver a channel itself
    can tell others, who have no other way."""
    about = _About.of(notice.key)
    otherwise = receiver.otherwise.destinations if receiver.otherwise else ()
    ways, standby = (
        tuple(way for way in some if way.channel != about.channel) for some in (receiver.destinations, otherwise)
    )
    if ways or standby:
        return (ways, standby) if ways else (standby, ())
    if not about.receiver or (about.receiver == receiver.name and not about.address):
        return (), ()
    return tuple(way for way in (*receiver.destinations, *otherwise) if way.address != about.address), ()


def draw(notice: Notice, policy: Policy) -> Notification:
    first, *rest = [fold(line) for line in notice.text.splitlines() if line.strip()] or [notice.key]
    return Notification(
        title=f"alertd: {first}", lines=tuple(rest), footer=stamp(notice.time, policy.zone), tone=Tone.NOTE
    )
