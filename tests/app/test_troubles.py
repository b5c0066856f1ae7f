"""What is told of the daemon itself, at which figures; and that it is told once, and once that it is over."""

from dataclasses import dataclass
from datetime import UTC
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.app.troubles import Bulletin, Disk, Figures, Jump, Moment, Signs, jump, over, say_bytes, troubles
from alertd.config.settings import Limits
from alertd.dispatch.memory import Memory
from alertd.dispatch.notice import QUIET, is_news, note, reachable, recovery_key
from alertd.dispatch.notice import told as taken_up
from alertd.dispatch.policy import Receiver
from alertd.model.event import Notice
from alertd.model.kept import Noticed
from alertd.model.notification import Destination
from alertd.rows import Depth
from tests.fakes import START

LIMITS = Limits(outbox_age=600.0, disk_free=200e6)
NONE = Limits(outbox_age=None, disk_free=None)
WELL = Signs()


def disk(free: float, total: float = 5e9) -> Disk:
    return Disk("/srv", free, total)


def late(age: float, waiting: int = 3) -> Depth:
    return Depth("slack", waiting, START - age)


@dataclass(frozen=True)
class Case:
    figures: Figures
    told: dict[str, str]
    limits: Limits = LIMITS


CASES = {
    "all is well": Case(Figures(WELL, [late(600)], disk(201e6), lag=10.0), {}),
    "a tick of a minute": Case(Figures(Signs(tick=60.0)), {}),
    "a longer one": Case(Figures(Signs(tick=61.0)), {"tick": "a tick does not end, nothing is judged meanwhile"}),
    "the store is why": Case(
        Figures(Signs(tick=61.0, store="locked")),
        {"tick": "a tick does not end, nothing is judged meanwhile: the store does not take it (locked)"},
    ),
    "a deaf loop": Case(
        Figures(WELL, lag=12.0),
        {"lag": "the daemon stood still for 12s: this machine is too busy, or something blocks"},
    ),
    "a full disk": Case(
        Figures(WELL, disk=disk(150e6)), {"disk": "the disk is nearly full: 150 MB of 5 GB are free in /srv"}
    ),
    "2 % of a large one": Case(
        Figures(WELL, disk=disk(19e9, 1e12)), {"disk": "the disk is nearly full: 19 GB of 1,000 GB are free in /srv"}
    ),
    "more than 2 % of it": Case(Figures(WELL, disk=disk(21e9, 1e12)), {}),
    "nobody wants to hear of the disk": Case(Figures(WELL, disk=disk(0)), {}, NONE),
    "an old message": Case(
        Figures(WELL, [late(601), Depth("email", 1, START - 5)]),
        {"delivery:slack::old": "messages over slack are late: the oldest of 3 has waited for 10m1s"},
    ),
    "nothing waits": Case(Figures(WELL, [Depth("slack", 0, 0.0)]), {}),
    "nobody wants to hear of its age": Case(Figures(WELL, [late(9000)]), {}, NONE),
    "a source fails": Case(
        Figures(Signs(failing={("binance", "http_503"): "binance: it answered 503"}, silent={"binance": 90.0})),
        {"source:binance:http_503": "binance: it answered 503"},
    ),
    "a key is refused": Case(
        Figures(Signs(failing={("cg", "http_401"): "cg: it answered 401: bad key"})),
        {"source:cg:http_401": "cg: key refused"},
    ),
    "a source is silent": Case(
        Figures(Signs(silent={"binance": 90.0})),
        {"source:binance:stale": "binance is stale: nothing has come from it for 1m30s"},
    ),
    "the heartbeat": Case(
        Figures(Signs(heartbeat="no answer within 15 s")),
        {"heartbeat": "the heartbeat does not get through: no answer within 15 s"},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_wrong(case: Case) -> None:
    found = [trouble for trouble in troubles(case.figures, case.limits, START) if not trouble.implied]
    assert {trouble.key: trouble.text.splitlines()[0] for trouble in found} == case.told
    seen = Figures(Signs(heard={"binance", "cg"}, heartbeat=""), [], disk(5e9))
    assert all(over(trouble.key, seen) for trouble in found)


def test_a_late_channel_is_told_over_another() -> None:
    (trouble,) = troubles(Figures(WELL, [late(700)]), LIMITS, START)
    receiver = Receiver("ops", (Destination("slack", "#ops"), Destination("email", "ops@desk.example")), None)
    for key in (trouble.key, recovery_key(trouble.key)):
        ways, standby = reachable(receiver, Notice(START, key, trouble.text))
        assert [way.channel for way in ways] == ["email"]
        assert standby == ()


# ── the clock ────────────────────────────────────────────────────────────────────────────────────────────────────

JUMPS: dict[str, tuple[tuple[float, float, float], Jump | None]] = {
    "time passes": ((5.0, 5.0, 5.0), None),
    "the loop was deaf": ((300.0, 300.0, 300.0), None),
    "a small correction": ((35.0, 5.0, 5.0), None),
    "set forward": (
        (3605.0, 5.0, 5.0),
        Jump(
            "clock:forward",
            "the system's clock was set forward by 1h: from 2026-01-01 00:00:05 UTC to 2026-01-01 01:00:05 UTC",
            3600.0,
        ),
    ),
    "set back": (
        (-3595.0, 5.0, 5.0),
        Jump(
            "clock:back",
            "the system's clock was set back by 1h: from 2026-01-01 00:00:05 UTC to 2025-12-31 23:00:05 UTC",
            -3600.0,
        ),
    ),
    "asleep": (
        (7205.0, 7205.0, 5.0),
        Jump(
            "clock:slept",
            "the machine slept for 2h: nothing was watched from 2026-01-01 00:00:00 UTC to 2026-01-01 02:00:05 UTC",
            7200.0,
        ),
    ),
    "asleep, and set": (
        (3605.0, 7205.0, 5.0),
        Jump(
            "clock:back",
            "the system's clock was set back by 1h: from 2026-01-01 02:00:05 UTC to 2026-01-01 01:00:05 UTC",
            3600.0,
        ),
    ),
}


@pytest.mark.parametrize(("passed", "told"), JUMPS.values(), ids=JUMPS.keys())
def test_a_clock_that_jumps(passed: tuple[float, float, float], told: Jump | None) -> None:
    wall, boot, awake = passed
    assert jump(Moment(START, 500.0, 400.0), Moment(START + wall, 500.0 + boot, 400.0 + awake), UTC) == told


# ── once, and once more ──────────────────────────────────────────────────────────────────────────────────────────

FULL, ROOM = Figures(WELL, disk=disk(0)), Figures(WELL, disk=disk(5e9))


def keys_of(told: Bulletin, figures: Figures, now: float) -> list[str]:
    return [key for key, _ in told.news(figures, LIMITS, now)]


def test_each_is_told_once_and_once_that_it_is_over() -> None:
    told, of_disk, of_slack = Bulletin({}), "disk", "delivery:slack::old"
    assert keys_of(told, FULL, START) == [of_disk]
    assert keys_of(told, FULL._replace(depths=[late(700)]), START + 5) == [of_slack]
    assert keys_of(told, FULL._replace(depths=[late(700)]), START + 10) == []
    assert keys_of(told, ROOM._replace(depths=[late(700)]), START + 15) == [recovery_key(of_disk)]
    assert keys_of(told, ROOM._replace(depths=[]), START + 20) == [recovery_key(of_slack)]
    assert keys_of(told, ROOM._replace(depths=[]), START + 25) == []


def test_what_comes_back_within_the_hour_is_told_when_dispatch_takes_it() -> None:
    told = Bulletin({})
    for at, figures in ((0, FULL), (5, ROOM)):
        keys_of(told, figures, START + at)
    found = [at for at in range(10, 9_000, 5) if keys_of(told, FULL, START + at)]
    assert found == [3_665]


def source(failing: tuple[str, ...], silent: float = 0.0) -> Figures:
    said = {("binance", reason): f"binance: {reason}" for reason in failing}
    return Figures(Signs(failing=said, silent={"binance": silent} if silent else {}, heard={"binance"}))


LIVES: dict[str, tuple[list[Figures], list[str]]] = {
    "it fails, and so it is silent": (
        [source(("timeout",)), source(("timeout",), 30), source(())],
        ["source:binance:timeout", "source:binance:timeout::recovered"],
    ),
    "it is silent, then its requests fail": (
        [source((), 30), source(("timeout",), 60), source(())],
        [
            "source:binance:stale",
            "source:binance:timeout",
            "source:binance:stale::recovered",
            "source:binance:timeout::recovered",
        ],
    ),
    "it fails, then refuses the key": (
        [source(("timeout",)), source(("timeout", "http_401")), source(())],
        [
            "source:binance:timeout",
            "source:binance:http_401",
            "source:binance:timeout::recovered",
            "source:binance:http_401::recovered",
        ],
    ),
}


@pytest.mark.parametrize(("looks", "keys"), LIVES.values(), ids=LIVES.keys())
def test_of_a_source_each_new_reason_is_told_and_its_recovery(looks: list[Figures], keys: list[str]) -> None:
    """Dispatch tells recoveries that say the same as one."""
    told = Bulletin({})
    found = [word for at, look in enumerate(looks) for word in told.news(look, LIMITS, START + 5 * at)]
    assert [key for key, _ in found] == keys
    assert {text for key, text in found if key.endswith("recovered")} == {"binance answers again"}


@given(st.lists(st.tuples(st.floats(1.0, 2_000.0), st.booleans(), st.booleans()), max_size=200))
def test_dispatch_drops_nothing_of_it(script: list[tuple[float, bool, bool]]) -> None:
    """Else the operator would be left with the wrong one of the two words: over restarts, too."""
    told, memory, now = Bulletin({}), Memory(), START
    keys: list[str] = []
    for pause, wrong, restarts in script:
        now += pause
        if restarts:
            told = Bulletin(taken_up(memory.all(Noticed)))
        for key, text in told.news(FULL if wrong else ROOM, LIMITS, now):
            notice = Notice(now, key, text)
            assert is_news(memory, notice, now)
            note(memory, notice, now)
            keys.append(key)
    assert all(one != other for one, other in pairwise(keys))
    assert keys[:1] in ([], ["disk"])
    assert QUIET == 3600


@pytest.mark.parametrize(
    ("count", "said"),
    [(150e6, "150 MB"), (1.5e9, "1.5 GB"), (512_345, "0.512 MB"), (2e12, "2,000 GB"), (0, "0 MB")],
)
def test_bytes_are_said(count: float, said: str) -> None:
    assert say_bytes(count) == said
