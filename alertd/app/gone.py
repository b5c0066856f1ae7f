"""What is said of channels and addresses that nothing reaches any more."""

from collections.abc import Sequence

from alertd.dispatch.render import fold
from alertd.model.reasons import say_reason
from alertd.rows import DeadWay

_SHOWN = 10


def strayed(count: int) -> str:
    """A notice of what waited for channels that are gone, "" where nothing did."""
    waited = "delivery waited" if count == 1 else "deliveries waited"
    return f"{count} {waited} for channels that the configuration has no more: buried" if count else ""


def unreachable(dead: Sequence[DeadWay]) -> str:
    """A notice that names the addresses that died last, "" where none did."""
    if not dead:
        return ""
    lines = [f"{one.channel} {fold(one.address)}: {say_reason(one.reason)}" for one in reversed(dead)]
    if len(lines) > _SHOWN:
        lines[_SHOWN:] = [f"and {len(lines) - _SHOWN} more"]
    count = "an address takes" if len(dead) == 1 else f"{len(dead)} addresses take"
    end = "Nothing is sent there until it is tried again by hand: `alertd outbox retry --all-buried`"
    return "\n".join([f"{count} nothing any more", *lines, end])
