"""Rules and timelines as a person would write them down."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import inf

from tests.fakes import START
from tests.opinion.life import Terms
from tests.opinion.readings import Poll, Source
from tests.opinion.timeline import Happening
from tests.opinion.values import duration


def keys(terms: Terms) -> dict[str, object]:
    """A rule as its author would have written it."""
    written: dict[str, object] = {"name": terms.name, "symbols": list(terms.coins), "when": str(terms.when)}
    if terms.until:
        written["until"] = str(terms.until)
    for key, seconds in (("for", terms.for_), ("cooldown", terms.cooldown), ("keep_firing_for", terms.keep_firing_for)):
        if seconds:
            written[key] = duration(seconds)
    if terms.remind < inf:
        written["remind"] = duration(terms.remind)
    if terms.fire < inf:
        written["fire"] = "once" if terms.fire == 1 else f"{terms.fire:g} times"
    if terms.expires < inf:
        written["expires"] = f"{datetime.fromtimestamp(terms.expires, UTC):%Y-%m-%dT%H:%M:%SZ}"
    if terms.no_data is None:
        written["no_data"] = "ignore"
    elif terms.no_data:
        written["no_data"] = f"tell after {duration(terms.no_data)}"
    return written | {"already_true": terms.already_true}


def told(sources: Sequence[Source], happenings: Sequence[Happening]) -> str:
    """A timeline, a line for each source and for each thing that happens."""
    lines = [
        f"{one.name}.{one.field} of {'/'.join(sorted(one.coins))}, stale after {one.stale_after:g}" for one in sources
    ]
    return "\n".join([*lines, *(_told(happening) for happening in happenings)])


def _told(happening: Happening) -> str:
    said = "restart" if happening.restart else _polled(happening.poll) if happening.poll else "-"
    if happening.rules is not None:
        said = "\n  ".join(["rules", *(str(keys(terms)) for terms in happening.rules)])
    return f"{happening.time - START:g}: {said}"


def _polled(poll: Poll) -> str:
    said = [f"{one.coin}.{one.field}={one.value:g}@{one.at - START:g}" for one in poll.readings]
    return " ".join([poll.source, *said, *(f"{coin}.{field}=same" for field, coin in poll.confirmed)])
