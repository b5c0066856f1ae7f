"""Named hours against a look at each minute: weekdays, dates, months, midnight and changes of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from math import inf
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.dispatch.hours import EVERY_DATE, EVERY_MONTH, Hours, Span
from alertd.rules.rule import Active

MADRID = ZoneInfo("Europe/Madrid")
ALWAYS = frozenset(range(7))
WEEKDAYS = frozenset(range(5))

CHANGES = {
    "Europe/Madrid": ["2026-03-29", "2026-10-25"],
    "America/New_York": ["2026-03-08", "2026-11-01"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],  # by half an hour
    "Asia/Beirut": ["2026-03-29", "2026-10-25"],  # at midnight
    "America/Havana": ["2026-03-08", "2026-11-01"],  # at midnight, back from one o'clock
    "Pacific/Kiritimati": ["2026-01-01"],
    "Pacific/Pago_Pago": ["2026-01-01"],
    "UTC": ["2024-02-28", "2026-12-31"],
}
"""Zone → days about which its clocks are changed, or something else ends."""


def at(text: str) -> float:
    """A time in Madrid, or one that says its own offset."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=MADRID)).timestamp()


def span(
    text: str,
    days: frozenset[int] = ALWAYS,
    dates: tuple[tuple[int, int], ...] = EVERY_DATE,
    months: frozenset[int] = EVERY_MONTH,
) -> Span:
    start, end = (time.fromisoformat(part) for part in text.split("-"))
    return Span(Active(days, start, end, MADRID), dates, months)


NIGHT = span("22:00-07:00")

COVERS = [
    ("begins", NIGHT, "2026-01-05T22:00", True),
    ("ends", NIGHT, "2026-01-06T07:00", False),
    ("a night of Friday ends on Saturday", span("22:00-07:00", WEEKDAYS), "2026-01-10T06:59", True),
    ("a night of Sunday is none of Monday", span("22:00-07:00", WEEKDAYS), "2026-01-05T06:59", False),
    ("the first", span("00:00-00:00", dates=((1, 1),)), "2026-02-01T12:00", True),
    ("the second is not the first", span("00:00-00:00", dates=((1, 1),)), "2026-02-02T00:00", False),
    (
        "the night of the last runs into the next month",
        span("22:00-07:00", dates=((-1, -1),)),
        "2026-03-01T03:00",
        True,
    ),
    ("the last day of a leap February", span("00:00-00:00", dates=((-1, -1),)), "2024-02-29T12:00", True),
    ("the last week", span("00:00-00:00", dates=((-7, -1),)), "2026-02-22T00:00", True),
    ("a date that February lacks", span("00:00-00:00", dates=((29, 31),)), "2026-02-28T12:00", False),
    ("from the second to the last but one", span("00:00-00:00", dates=((2, -2),)), "2026-02-28T00:00", False),
    ("a month", span("00:00-00:00", months=frozenset({8})), "2026-08-31T23:59", True),
    ("another month", span("00:00-00:00", months=frozenset({8})), "2026-09-01T00:00", False),
]


@pytest.mark.parametrize(("of", "when", "expected"), [case[1:] for case in COVERS], ids=[case[0] for case in COVERS])
def test_covers(of: Span, when: str, expected: bool) -> None:
    assert Hours((of,)).covers(at(when)) is expected


ENDS = [
    ("a night", [NIGHT], "2026-01-05T23:00", "2026-01-06T07:00"),
    ("a night that is an hour shorter", [NIGHT], "2026-03-28T23:00", "2026-03-29T07:00"),
    ("at the jump, where its end is jumped over", [span("22:00-02:30")], "2026-03-28T23:00", "2026-03-29T03:00"),
    (
        "first where the clocks show its end twice",
        [span("22:00-02:30")],
        "2026-10-24T23:00",
        "2026-10-25T02:30+02:00",
    ),
    (
        "and again, where they are put back into it",
        [span("22:00-02:30")],
        "2026-10-25T02:10+01:00",
        "2026-10-25T02:30+01:00",
    ),
    ("two that meet", [NIGHT, span("07:00-09:00")], "2026-01-05T23:00", "2026-01-06T09:00"),
    (
        "a weekend, of two spans",
        [span("00:00-00:00", frozenset({5, 6})), span("18:00-00:00", frozenset({4}))],
        "2026-01-09T18:00",
        "2026-01-12T00:00",
    ),
    ("a whole month", [span("00:00-00:00", months=frozenset({8}))], "2026-08-01T00:00", "2026-09-01T00:00"),
]


@pytest.mark.parametrize(("spans", "now", "expected"), [case[1:] for case in ENDS], ids=[case[0] for case in ENDS])
def test_ends(spans: list[Span], now: str, expected: str) -> None:
    assert Hours(tuple(spans)).ends(at(now)) == at(expected)


BEGINS = [
    ("this evening", [NIGHT], "2026-01-05T12:00", "2026-01-05T22:00"),
    ("at the jump", [span("02:30-05:00")], "2026-03-29T01:00", "2026-03-29T03:00"),
    ("the second time", [span("02:30-05:00")], "2026-10-25T02:10+01:00", "2026-10-25T02:30+01:00"),
    ("next year", [span("08:00-09:00", months=frozenset({1}))], "2026-02-01T00:00", "2027-01-01T08:00"),
    (
        "in a leap year",
        [span("08:00-09:00", dates=((29, 29),), months=frozenset({2}))],
        "2096-03-01T00:00",
        "2104-02-29T08:00",
    ),
    ("the sooner of two", [span("18:00-19:00"), span("08:00-09:00")], "2026-01-05T00:00", "2026-01-05T08:00"),
]


@pytest.mark.parametrize(("spans", "now", "expected"), [case[1:] for case in BEGINS], ids=[case[0] for case in BEGINS])
def test_begins(spans: list[Span], now: str, expected: str) -> None:
    assert Hours(tuple(spans)).begins(at(now)) == at(expected)


def test_now_is_when_they_begin_or_end_already() -> None:
    assert Hours((NIGHT,)).begins(at("2026-01-05T23:00")) == at("2026-01-05T23:00")
    assert Hours((NIGHT,)).ends(at("2026-01-05T12:00")) == at("2026-01-05T12:00")


@pytest.mark.parametrize("of", [span("00:00-00:00"), span("08:00-08:00")])
def test_always_never_ends(of: Span) -> None:
    assert Hours((of,)).ends(at("2026-01-05T23:00")) == inf


def test_what_never_comes_never_begins() -> None:
    assert Hours((span("08:00-09:00", dates=((30, 30),), months=frozenset({2})),)).begins(0.0) == inf
    assert Hours(()).begins(0.0) == inf


def test_in_their_own_words() -> None:
    spans = (span("22:00-00:00", WEEKDAYS), span("08:00-09:30", dates=((1, 5), (-1, -1)), months=frozenset({1, 12})))
    assert str(Hours(spans)) == (
        "mon-fri 22:00-24:00 (Europe/Madrid); jan, dec on the 1 to 5, -1 08:00-09:30 (Europe/Madrid)"
    )


CLOCKS = st.one_of(
    st.times().map(lambda each: each.replace(second=0, microsecond=0, fold=0)),
    st.sampled_from([time(0), time(0, 30), time(1), time(1, 30), time(2), time(2, 15), time(2, 30), time(3), time(23)]),
)
DATES = st.sampled_from([EVERY_DATE, ((1, 1),), ((-1, -1),), ((28, 31),), ((1, 5), (-3, -2)), ((25, -1),)])


@st.composite
def situations(draw: st.DrawFn) -> tuple[Hours, float]:
    """Hours, and a minute near a change of the clocks of their zone."""
    name, days = draw(st.sampled_from(sorted(CHANGES.items())))
    zone = ZoneInfo(name)
    weekdays = st.one_of(st.just(ALWAYS), st.frozensets(st.integers(0, 6), min_size=1))
    spans = st.builds(Span, st.builds(Active, weekdays, CLOCKS, CLOCKS, st.just(zone)), DATES)
    day = date.fromisoformat(draw(st.sampled_from(days)))
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=draw(st.integers(-2880, 1440)))
    return Hours(tuple(draw(st.lists(spans, min_size=1, max_size=2)))), midnight.timestamp()


@given(situations())
def test_they_begin_and_end_where_a_look_at_each_minute_says(situation: tuple[Hours, float]) -> None:
    hours, now = situation
    covered = hours.covers(now)
    other = hours.ends(now) if covered else hours.begins(now)
    assert other > now
    minutes = [now + 60.0 * ahead for ahead in range(1, 1500)]
    seen = next((minute for minute in minutes if hours.covers(minute) is not covered), None)
    assert other == seen if seen is not None else other > minutes[-1]
