"""Two opinions on what rules mean: the engine's, and the one written from the definitions alone.

`OPINION_EXAMPLES=20000` makes a long run of it, with other examples each time, and makes what it finds small.
"""

import os

from hypothesis import HealthCheck, Phase, given, settings

from tests.opinion.conditions import BASIC, FURTHER
from tests.opinion.engine import Engine
from tests.opinion.happenings import Case, cases
from tests.opinion.opinion import Opinion
from tests.opinion.timeline import in_order, lead

LONG = os.environ.get("OPINION_EXAMPLES")


@settings(
    max_examples=int(LONG or 400),
    derandomize=not LONG,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if LONG else [])],
    report_multiple_bugs=False,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(cases(BASIC + FURTHER))
def test_both_say_the_same(case: Case) -> None:
    """The second opinion does not know of restarts: that nothing comes of them is part of it."""
    engine = in_order(lead(Engine(case.sources), case.happenings))
    assert engine == in_order(lead(Opinion(case.sources), case.happenings))
