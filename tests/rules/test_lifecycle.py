"""The life of an alert, as DESIGN.md §5 tells it: inactive → pending → firing → inactive."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.conditions.judge import NO, UNKNOWN, YES
from alertd.rules.lifecycle import FIRE, FIRING, IGNORE, PENDING, TELL, Standing, Terms, Verdicts, advance, due
from tests.rules.play import Play

OVER = {"when": "price > 100"}
CROSS = {"when": "price crosses above 100"}

LIVES = [
    ("at once", OVER, "0:99 60:101 120:102 180:100", ["60 fired 1", "180 resolved 1"]),
    ("again and again", OVER, "0:99 60:101 120:99 180:101", ["60 fired 1", "120 resolved 1", "180 fired 2"]),
    ("for: YES has to last", OVER | {"for": "2m"}, "0:99 60:101 120:102 180:103", ["180 fired 1"]),
    ("for: to the second, without a reading", OVER | {"for": "90s"}, "0:99 60:101 400:102", ["150 fired 1"]),
    ("for: NO starts it anew", OVER | {"for": "2m"}, "0:99 60:101 120:99 130:101 240:102 300:102", ["250 fired 1"]),
    ("for: a reading at its end decides", OVER | {"for": "1m"}, "0:99 60:101 120:99 200:-", []),
    (
        "keep_firing_for: NO has to last",
        OVER | {"keep_firing_for": "2m"},
        "0:99 60:101 120:99 180:101 240:99 500:-",
        ["60 fired 1", "360 resolved 1"],
    ),
    (
        "until: alone ends it",
        OVER | {"until": "price < 90"},
        "0:99 60:101 120:95 180:102 240:89 300:101",
        ["60 fired 1", "240 resolved 1", "300 fired 2"],
    ),
    (
        "until: nothing opens while it is YES, but then",
        OVER | {"until": "tm_grade > 50"},
        "0:99,tm_grade=60 60:101 120:102 180:tm_grade=40 240:103",
        ["180 fired 1"],
    ),
    (
        "cooldown: still YES when it ends",
        OVER | {"cooldown": "5m"},
        "0:99 60:101 120:99 180:101 600:102",
        ["60 fired 1", "120 resolved 1", "360 fired 2"],
    ),
    (
        "cooldown: no longer YES",
        OVER | {"cooldown": "5m"},
        "0:99 60:101 120:99 180:101 300:99 600:101",
        ["60 fired 1", "120 resolved 1", "600 fired 2"],
    ),
    (
        "cooldown counts from the opening",
        OVER | {"cooldown": "5m"},
        "0:99 60:101 350:99 361:101",
        ["60 fired 1", "350 resolved 1", "361 fired 2"],
    ),
    (
        "cooldown and for: the later",
        OVER | {"cooldown": "5m", "for": "2m"},
        "0:99 60:101 190:99 300:101 900:102",
        ["180 fired 1", "190 resolved 1", "480 fired 2"],
    ),
    (
        "cooldown: a momentary is dropped",
        CROSS | {"cooldown": "5m"},
        "0:99 60:101 120:99 180:101 600:102",
        ["60 fired 1", "60 resolved 1", "180 dropped cooldown"],
    ),
    (
        "remind: each time",
        OVER | {"remind": "10m"},
        "0:99 60:101 1300:99 3000:-",
        ["60 fired 1", "660 reminded 1 #1", "1260 reminded 1 #2", "1300 resolved 1"],
    ),
    ("once", OVER | {"fire": "once"}, "0:99 60:101 120:99 180:101", ["60 fired 1", "120 resolved 1"]),
    (
        "twice",
        OVER | {"fire": "2 times"},
        "0:99 1:101 2:99 3:101 4:99 5:101",
        ["1 fired 1", "2 resolved 1", "3 fired 2", "4 resolved 2"],
    ),
    (
        "expires: the episode ends unsent, and that was it",
        OVER | {"expires": "2026-01-01T00:10Z"},
        "0:99 60:101 900:99 960:101",
        ["60 fired 1", "600 resolved 1 expired"],
    ),
    (
        "a momentary ends with its tick",
        CROSS,
        "0:99 60:101 120:102 180:103",
        ["60 fired 1", "60 resolved 1"],
    ),
    (
        "a momentary that is true again at its very next look is another episode",
        {"when": "signal flips"},
        "0:signal=bullish 60:signal=bearish 120:signal=bullish 180:signal=bullish",
        ["60 fired 1", "60 resolved 1", "120 fired 2", "120 resolved 2"],
    ),
    (
        "a momentary that is kept",
        CROSS | {"keep_firing_for": "5m"},
        "0:99 60:101 120:99 180:101 400:99 500:101",
        ["60 fired 1", "180 dropped firing", "480 resolved 1", "500 fired 2"],
    ),
    (
        "a momentary with until",
        CROSS | {"until": "price < 90"},
        "0:99 60:101 120:99 180:101 240:89",
        ["60 fired 1", "180 dropped firing", "240 resolved 1"],
    ),
]


@pytest.mark.parametrize(("rule", "script", "expected"), [case[1:] for case in LIVES], ids=[case[0] for case in LIVES])
def test_lives(rule: dict[str, object], script: str, expected: list[str]) -> None:
    assert Play(rule).run(script) == expected


def test_rearm_is_an_until_below_the_level() -> None:
    log = Play(OVER | {"rearm": "10%"}).run("0:99 60:101 120:95 180:101 240:90 300:101")
    assert log == ["60 fired 1", "240 resolved 1", "300 fired 2"]


FIRST_LOOKS = [
    ("tell", OVER, "0:101 60:102", ["0 already_true"]),
    ("ignore", OVER | {"already_true": "ignore"}, "0:101 60:102", []),
    ("fire", OVER | {"already_true": "fire"}, "0:101 60:102", ["0 fired 1"]),
    ("fire, whatever for says", OVER | {"already_true": "fire", "for": "1h"}, "0:101 60:102", ["0 fired 1"]),
    ("tell, whatever for says", OVER | {"for": "1h"}, "0:101 60:102", ["0 already_true"]),
    ("nothing is spent", OVER | {"fire": "once"}, "0:101 60:99 120:101", ["0 already_true", "120 fired 1"]),
    ("no cooldown starts", OVER | {"cooldown": "1h"}, "0:101 60:99 120:101", ["0 already_true", "120 fired 1"]),
    ("it ends without an event", OVER, "0:101 60:99", ["0 already_true"]),
    ("nor has it reminders", OVER | {"remind": "1m"}, "0:101 600:102", ["0 already_true"]),
    (
        "only until ends it",
        OVER | {"until": "price < 90"},
        "0:101 60:99 120:101 180:89 240:101",
        ["0 already_true", "240 fired 1"],
    ),
    (
        "the first known verdict is the first look",
        OVER | {"symbols": ["ETH"]},
        "0:5 60:ETH=101",
        ["60 already_true ETH"],
    ),
    ("NO is one too", OVER, "0:99 60:101", ["60 fired 1"]),
    ("momentary ones have none", CROSS, "0:99 60:101", ["60 fired 1"]),
    (
        "a first look while until is YES waits for its end",
        OVER | {"until": "tm_grade > 50"},
        "0:tm_grade=60 60:101 120:tm_grade=40",
        ["120 fired 1"],
    ),
]


@pytest.mark.parametrize(
    ("rule", "script", "expected"), [case[1:] for case in FIRST_LOOKS], ids=[case[0] for case in FIRST_LOOKS]
)
def test_first_look(rule: dict[str, object], script: str, expected: list[str]) -> None:
    assert Play(rule).run(script) == expected


UNKNOWN_TIMES = [
    (
        "pending: what `for` leads to waits for the next known verdict",
        OVER | {"for": "2m"},
        "0:99 100:101 350:- 400:102",
        ["400 fired 1"],
    ),
    (
        "pending: known NO by then",
        OVER | {"for": "2m"},
        "0:99 100:101 350:- 400:99",
        [],
    ),
    ("firing: nothing ends", OVER, "0:99 60:101 350:- 400:102 460:99", ["60 fired 1", "460 resolved 1"]),
    (
        "keep_firing_for: the timer runs on",
        OVER | {"keep_firing_for": "2m"},
        "0:99 60:101 100:99 350:- 400:98",
        ["60 fired 1", "400 resolved 1"],
    ),
    (
        "keep_firing_for: known YES by then",
        OVER | {"keep_firing_for": "2m"},
        "0:99 60:101 100:99 350:- 400:102 450:103",
        ["60 fired 1"],
    ),
    (
        "remind: one for all that passed",
        OVER | {"remind": "1m"},
        "0:99 60:101 350:- 400:102 430:103",
        ["60 fired 1", "120 reminded 1 #1", "400 reminded 1 #5", "420 reminded 1 #6"],
    ),
]


@pytest.mark.parametrize(
    ("rule", "script", "expected"), [case[1:] for case in UNKNOWN_TIMES], ids=[case[0] for case in UNKNOWN_TIMES]
)
def test_unknown_makes_no_transition(rule: dict[str, object], script: str, expected: list[str]) -> None:
    """The price goes stale after 100 s without a reading."""
    assert Play(rule | {"no_data": "ignore"}, stale_after=100.0).run(script) == expected


# ── n at once ────────────────────────────────────────────────────────────────────────────────────────────────────

NAN = float("nan")
Alert = tuple[float, ...]
"""The columns of `Standing`, of `Terms`, and (when, until, active)."""

STANDING = (np.int8, np.float64, np.float64, np.int32, np.uint16, np.uint16)
TERMS = (np.float64, np.float64, np.float64, np.float64, np.uint16, np.int8)


@st.composite
def alerts(draw: st.DrawFn) -> tuple[Alert, Alert, Alert]:
    """One alert's standing, as the lifecycle itself may leave it, with its terms and verdicts."""
    state, spent = draw(st.integers(0, 4)), draw(st.integers(0, 3))
    moments = st.integers(-1000, 0).map(float)
    spent += state == FIRING and not spent
    mark = draw(moments) if state == PENDING else draw(st.one_of(moments, st.just(NAN))) if state >= FIRING else NAN
    opened = draw(moments) if spent else NAN
    standing = (state, mark, opened, spent, spent, draw(st.integers(0, 2)) if state == FIRING else 0)
    seconds = [draw(st.sampled_from([0.0, 60.0, 500.0])) for _ in range(3)]
    terms = (*seconds, draw(st.sampled_from([np.inf, 60.0])), draw(st.sampled_from([1, 3, 1000])))
    verdicts = (draw(st.sampled_from([NO, UNKNOWN, YES])), draw(st.sampled_from([NO, UNKNOWN, YES])))
    already = draw(st.sampled_from([TELL, FIRE, IGNORE]))
    return standing, (*terms, already), (*verdicts, draw(st.booleans()))


Many = list[tuple[Alert, Alert, Alert]]
many_alerts = st.lists(alerts(), min_size=1, max_size=8)


class Run:
    """One tick at time 0 over some alerts."""

    def __init__(self, many: Many, *, until: bool, momentary: bool) -> None:
        standing, terms, verdicts = ([row[k] for row in many] for k in range(3))
        self.standing = Standing(*(np.array(c, k) for c, k in zip(zip(*standing, strict=True), STANDING, strict=True)))
        asked = Terms(*(np.array(c, k) for c, k in zip(zip(*terms, strict=True), TERMS, strict=True)))
        when, ends, active = zip(*verdicts, strict=True)
        said = Verdicts(
            np.array(when, np.int8), np.array(ends, np.int8) if until else None, np.array(active, np.bool_), momentary
        )
        self.moved = advance(self.standing, asked, said, 0.0)
        self.due = due(self.standing, asked, np.full(len(many), -np.inf), 0.0, fades=momentary and not until)

    def table(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        moved = self.moved
        columns = [getattr(self.standing, field.name) for field in fields(Standing)]
        columns += [moved.already, moved.fired, moved.resolved, moved.reminded, *moved.dropped.values(), self.due]
        return np.array(columns, np.float64)


@given(many_alerts, st.booleans(), st.booleans())
def test_many_at_once_are_as_each_alone(many: Many, until: bool, momentary: bool) -> None:
    alone = [Run([one], until=until, momentary=momentary).table() for one in many]
    np.testing.assert_array_equal(Run(many, until=until, momentary=momentary).table(), np.concatenate(alone, axis=1))


@given(many_alerts, st.booleans(), st.booleans())
def test_one_event_at_most_and_no_timer_in_the_past(many: Many, until: bool, momentary: bool) -> None:
    run = Run(many, until=until, momentary=momentary)
    moved = run.moved
    count = sum(flags.astype(int) for flags in (moved.already, moved.fired, moved.resolved, moved.reminded))
    assert np.all(count <= 1)
    assert (run.standing.episode - [row[0][3] for row in many] == moved.fired).all()
    assert (run.due > 0.0).all()
