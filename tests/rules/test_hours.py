"""The hours in which episodes may open, across midnight, weekends and changes of the clocks."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alertd.rules.hours import is_open, next_check, next_open
from alertd.rules.rule import Active, Checks, Moment
from tests.rules.play import Play

MADRID = ZoneInfo("Europe/Madrid")
WEEKDAYS = frozenset(range(5))
ALWAYS = frozenset(range(7))


def at(text: str) -> float:
    """A time in Madrid, or one that says its own offset."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=MADRID)).timestamp()


def hours(text: str, days: frozenset[int] = ALWAYS) -> Active:
    start, end = (time.fromisoformat(part) for part in text.split("-"))
    return Active(days, start, end, MADRID)


OPEN = [
    ("at the start", hours("08:00-22:00"), "2026-01-05T08:00", True),
    ("not at the end", hours("08:00-22:00"), "2026-01-05T22:00", False),
    ("on a Saturday", hours("08:00-22:00", WEEKDAYS), "2026-01-03T12:00", False),
    ("past midnight: the night after", hours("22:00-06:00", WEEKDAYS), "2026-01-03T05:59", True),
    ("past midnight: the night before", hours("22:00-06:00", WEEKDAYS), "2026-01-05T05:59", False),
    ("all day", hours("00:00-00:00", WEEKDAYS), "2026-01-05T00:00", True),
    ("all day, another day", hours("00:00-00:00", WEEKDAYS), "2026-01-04T23:59", False),
    ("in summer time", hours("08:00-22:00"), "2026-07-01T06:00+00:00", True),
    ("in winter time", hours("08:00-22:00"), "2026-01-05T06:30+00:00", False),
]


@pytest.mark.parametrize(("active", "when", "expected"), [case[1:] for case in OPEN], ids=[case[0] for case in OPEN])
def test_is_open(active: Active, when: str, expected: bool) -> None:
    assert is_open(active, at(when)) is expected


NEXT = [
    ("tomorrow", hours("08:00-22:00"), "2026-01-05T22:00", "2026-01-06T08:00"),
    ("today", hours("08:00-22:00"), "2026-01-05T07:00", "2026-01-05T08:00"),
    ("over a weekend", hours("08:00-22:00", WEEKDAYS), "2026-01-02T22:00", "2026-01-05T08:00"),
    ("over a night that is an hour shorter", hours("08:00-22:00"), "2026-03-28T22:00", "2026-03-29T08:00"),
    ("over one that is an hour longer", hours("08:00-22:00"), "2026-10-24T22:00", "2026-10-25T08:00"),
    ("twice where the clocks go back", hours("02:30-05:00"), "2026-10-25T02:10+01:00", "2026-10-25T02:30+01:00"),
    ("once a week", hours("08:00-22:00", frozenset({0})), "2026-01-05T08:00", "2026-01-12T08:00"),
]


@pytest.mark.parametrize(("active", "when", "expected"), [case[1:] for case in NEXT], ids=[case[0] for case in NEXT])
def test_next_open(active: Active, when: str, expected: str) -> None:
    assert next_open(active, at(when)) == at(expected)


def test_no_day_is_never() -> None:
    assert next_open(hours("08:00-22:00", frozenset()), at("2026-01-05T08:00")) == float("inf")


@given(
    st.frozensets(st.integers(0, 6), min_size=1),
    st.times(),
    st.times(),
    st.integers(int(at("2026-01-01T00:00")), int(at("2027-12-31T00:00"))),
)
@example(ALWAYS, time(2, 30), time(5), int(at("2026-03-29T01:00")))
def test_it_is_open_when_it_opens_and_the_next_time_is_ahead(
    days: frozenset[int], start: time, end: time, now: int
) -> None:
    active = Active(days, start, end, MADRID)
    opens = next_open(active, now)
    assert opens > now
    assert is_open(active, opens)
    assert opens - now <= 8 * 86400 + 3600


def checks(*written: str) -> Checks:
    """Moments such as `16:00` on every day, or `4 16:00` on Fridays."""
    moments = []
    for words in written:
        days, _, clock = words.rpartition(" ")
        moments.append(Moment(frozenset(map(int, days)) if days else ALWAYS, time.fromisoformat(clock)))
    return Checks(tuple(moments), MADRID)


CHECKS = [
    ("today", checks("16:00"), "2026-01-05T12:00", "2026-01-05T16:00"),
    ("not now again", checks("16:00"), "2026-01-05T16:00", "2026-01-06T16:00"),
    ("on Friday", checks("4 16:00"), "2026-01-05T12:00", "2026-01-09T16:00"),
    ("the Friday after", checks("4 16:00"), "2026-01-09T16:00", "2026-01-16T16:00"),
    ("the first of several", checks("4 16:00", "01234 09:30"), "2026-01-09T09:00", "2026-01-09T09:30"),
    ("the other of several", checks("4 16:00", "01234 09:30"), "2026-01-09T09:30", "2026-01-09T16:00"),
    ("at midnight", checks("00:00"), "2026-01-05T12:00", "2026-01-06T00:00"),
    ("over a night that is an hour shorter", checks("09:30"), "2026-03-28T09:30", "2026-03-29T09:30"),
    ("that the clocks jump over: as they jump", checks("02:30"), "2026-03-28T12:00", "2026-03-29T01:00+00:00"),
    ("and a day later again", checks("02:30"), "2026-03-29T01:00+00:00", "2026-03-30T02:30"),
    ("that comes twice: the first time", checks("02:30"), "2026-10-24T12:00", "2026-10-25T02:30+02:00"),
    ("and not the second", checks("02:30"), "2026-10-25T02:30+02:00", "2026-10-26T02:30"),
    ("between the two", checks("02:30"), "2026-10-25T02:10+01:00", "2026-10-26T02:30"),
]


@pytest.mark.parametrize(
    ("written", "after", "expected"), [case[1:] for case in CHECKS], ids=[case[0] for case in CHECKS]
)
def test_next_check(written: Checks, after: str, expected: str) -> None:
    assert next_check(written, at(after)) == at(expected)


def test_no_day_is_no_check() -> None:
    assert next_check(Checks((Moment(frozenset(), time(9)),), MADRID), at("2026-01-05T08:00")) == float("inf")


def test_a_day_that_a_zone_leaves_out() -> None:
    """Samoa went from Thursday to Saturday: its Friday's check is at the jump."""
    apia = ZoneInfo("Pacific/Apia")
    friday = Checks((Moment(frozenset({4}), time(16)),), apia)
    thursday = datetime(2011, 12, 29, 20, tzinfo=apia).timestamp()
    assert next_check(friday, thursday) == datetime(2011, 12, 31, tzinfo=apia).timestamp()


@given(
    st.frozensets(st.integers(0, 6), min_size=1),
    st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
    st.integers(int(at("2026-01-01T00:00")), int(at("2027-12-31T00:00"))),
    st.sampled_from(("Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")),
)
def test_every_day_has_one_check(days: frozenset[int], clock: time, after: int, zone: str) -> None:
    daily = Checks((Moment(days, clock),), ZoneInfo(zone))
    first = next_check(daily, after)
    second = next_check(daily, first)
    assert after < first < second
    for moment in (first, second):
        local = datetime.fromtimestamp(moment, daily.zone)
        assert local.weekday() in days
        # Where the clocks jump over it, they show less than it before and more than it after.
        assert local.time() == clock or local.time() > clock > datetime.fromtimestamp(moment - 1, daily.zone).time()
    ahead = datetime.fromtimestamp(second, daily.zone).date() - datetime.fromtimestamp(first, daily.zone).date()
    assert 1 <= ahead.days <= 7


RULES = [
    (
        "what is YES when the hours begin fires then",
        {"when": "price > 100"},
        "0:99 1h:101 10h:102",
        ["28800 fired 1"],
    ),
    (
        "a momentary is dropped, with the reason",
        {"when": "price crosses above 100"},
        "0:99 1h:101 9h:99 10h:101",
        ["3600 dropped inactive", "36000 fired 1"],
    ),
    (
        "episodes end and remind at any hour",
        {"when": "price > 100", "remind": "8h"},
        "0:99 9h:101 20h:101 25h:101 26h:99",
        ["32400 fired 1", "61200 reminded 1 #1", "90000 reminded 1 #2", "93600 resolved 1"],
    ),
]


@pytest.mark.parametrize(("rule", "script", "expected"), [case[1:] for case in RULES], ids=[case[0] for case in RULES])
def test_rules_with_hours(rule: dict[str, object], script: str, expected: list[str]) -> None:
    assert Play(rule | {"active": {"hours": "08:00-20:00"}}).run(script) == expected
