"""Two opinions on what rules mean: the engine's, and the one written from the definitions alone.

`OPINION_EXAMPLES=20000` makes a long run of it, other examples each time.
"""

import os

from hypothesis import HealthCheck, given, note, settings

from tests.fakes import START
from tests.opinion.conditions import BASIC, FURTHER
from tests.opinion.engine import Engine, keys
from tests.opinion.happenings import Case, cases
from tests.opinion.opinion import Opinion
from tests.opinion.readings import Poll
from tests.opinion.timeline import Happening, in_order, lead

LONG = os.environ.get("OPINION_EXAMPLES")


@settings(
    max_examples=int(LONG or 400),
    derandomize=not LONG,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(cases(BASIC + FURTHER))
def test_both_say_the_same(case: Case) -> None:
    """The second opinion does not know of restarts: that nothing comes of them is part of it."""
    note(told(case))
    assert in_order(lead(Engine(case.sources), case.happenings)) == in_order(
        lead(Opinion(case.sources), case.happenings)
    )


def told(case: Case) -> str:
    """A case as one would tell it."""
    lines = [
        f"{one.name}.{one.field} of {'/'.join(sorted(one.coins))}, stale after {one.stale_after:g}"
        for one in case.sources
    ]
    return "\n".join([*lines, *(_told(happening) for happening in case.happenings)])


def _told(happening: Happening) -> str:
    said = "restart" if happening.restart else _polled(happening.poll) if happening.poll else "-"
    if happening.rules is not None:
        said = "\n  ".join(["rules", *(str(keys(terms)) for terms in happening.rules)])
    return f"{happening.time - START:g}: {said}"


def _polled(poll: Poll) -> str:
    said = [f"{one.coin}.{one.field}={one.value:g}@{one.at - START:g}" for one in poll.readings]
    return " ".join([poll.source, *said, *(f"{coin}.{field}=same" for field, coin in poll.confirmed)])
