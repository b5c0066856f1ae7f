"""When digests come: cron expressions and times of the day, across changes of the clocks."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.dispatch.schedule import Schedule

MADRID = ZoneInfo("Europe/Madrid")


def at(text: str) -> float:
    """A time in Madrid, or one that says its own offset."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=MADRID)).timestamp()


NEXT = [
    ("today", "0 8 * * *", "2026-01-05T07:59:30", "2026-01-05T08:00"),
    ("not now", "0 8 * * *", "2026-01-05T08:00", "2026-01-06T08:00"),
    ("a time of the day", "08:00", "2026-01-05T07:00", "2026-01-05T08:00"),
    ("one on weekdays", "mon-fri 08:00", "2026-01-09T08:00", "2026-01-12T08:00"),
    ("one on Sundays", "sun 08:00", "2026-01-05T08:00", "2026-01-11T08:00"),
    ("on some days over a weekend", "fri-mon 08:00", "2026-01-05T08:00", "2026-01-09T08:00"),
    ("the first of the month", "30 9 1 * *", "2026-01-05T08:00", "2026-02-01T09:30"),
    ("the last of the month", "30 9 L * *", "2026-02-05T08:00", "2026-02-28T09:30"),
    ("by date or by weekday", "0 8 13 * 5", "2026-01-05T08:00", "2026-01-09T08:00"),
    ("in a leap year", "0 8 29 2 *", "2026-01-05T08:00", "2028-02-29T08:00"),
    ("every four hours", "0 */4 * * *", "2026-01-05T09:00", "2026-01-05T12:00"),
    ("in names, in any case", "0 8 * Feb MON", "2026-01-05T09:00", "2026-02-02T08:00"),
    ("at the jump, where it does not exist", "30 2 * * *", "2026-03-29T01:00", "2026-03-29T03:00"),
    ("once, where several do not", "*/15 2 * * *", "2026-03-29T03:00", "2026-03-30T02:00"),
    ("the first, where it exists twice", "30 2 * * *", "2026-10-25T01:00", "2026-10-25T02:30+02:00"),
    ("not the second", "30 2 * * *", "2026-10-25T02:30+02:00", "2026-10-26T02:30"),
    ("not the second, seen from between", "*/30 2,3 * * *", "2026-10-25T02:10+01:00", "2026-10-25T03:00"),
]


@pytest.mark.parametrize(
    ("expression", "after", "expected"), [case[1:] for case in NEXT], ids=[case[0] for case in NEXT]
)
def test_next(expression: str, after: str, expected: str) -> None:
    assert Schedule(expression, MADRID).next(at(after)) == at(expected)


MISTAKES = [
    ("words", "daily", "expected a time such as 08:00 or mon-fri 08:00, or a cron expression"),
    ("nothing", "", "expected a time"),
    ("four fields", "0 8 * *", "wrong number of fields in '0 8"),
    ("seconds", "0 0 8 * * *", "wrong number of fields"),
    ("a minute", "60 8 * * *", "bad minute"),
    ("a weekday", "0 8 * * mon-foo", "bad day-of-week"),
    ("a time", "25:00", "bad time"),
    ("a day of a time", "moo 08:00", "bad time"),
    ("a figure without an end", "0 8 * * " + "9" * 5000, "too long"),
    ("a date that no month has", "0 8 31 2 *", "bad day-of-month"),
    ("a first that is a fifth Monday", "0 8 */31 * 1#5", "never comes"),
    ("a weekday that no month has", "0 8 * 2 1#5,30", "bad day-of-week"),
    ("every minute", "* * * * *", "comes more often than every 5 minutes"),
    ("every four minutes", "*/4 8 * * *", "comes more often than every 5 minutes"),
    ("soon after the hour", "2,58 * * * *", "comes more often than every 5 minutes"),
]


@pytest.mark.parametrize(
    ("expression", "expected"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES]
)
def test_mistakes(expression: str, expected: str) -> None:
    with pytest.raises(ValueError, match=re.escape(expected)):
        Schedule(expression, MADRID)


@pytest.mark.parametrize("expression", ["*/5 * * * *", "2,57 8 * * *", "0 8 * 2 1#5"])
def test_often_enough(expression: str) -> None:
    assert Schedule(expression, MADRID).next(at("2026-01-05T08:00")) > at("2026-01-05T08:00")


def test_in_its_own_words() -> None:
    assert str(Schedule("mon-fri 08:00", MADRID)) == "mon-fri 08:00 (Europe/Madrid)"


@given(
    st.sampled_from(["Europe/Madrid", "Australia/Lord_Howe", "America/Havana", "Asia/Kolkata"]),
    st.lists(st.integers(0, 11), min_size=1, max_size=3, unique=True),
    st.lists(st.integers(0, 23), min_size=1, max_size=4, unique=True),
    st.integers(int(at("2026-01-01T00:00")), int(at("2026-12-31T00:00"))),
)
def test_every_day_has_each_of_its_times_once(name: str, fives: list[int], hours: list[int], now: int) -> None:
    """It comes in order, and as often on each day as its times are; less often where several are jumped over."""
    zone = ZoneInfo(name)
    schedule = Schedule(f"{','.join(str(5 * five) for five in fives)} {','.join(map(str, hours))} * * *", zone)
    day = datetime.fromtimestamp(now, zone).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    moment, over = midnight.timestamp() - 1, (midnight + timedelta(days=1)).timestamp()
    came: list[float] = []
    while (moment := schedule.next(moment)) < over:
        came.append(moment)
    wanted = {5 * five + 60 * hour for five in fives for hour in hours}
    shown = [datetime.fromtimestamp(each, zone) for each in came]
    clocks = [60 * each.hour + each.minute for each in shown]
    assert came == sorted(set(came))
    assert len(set(clocks)) == len(clocks)
    assert len(wanted - set(clocks)) == 0 or len({each.utcoffset() for each in (midnight, *shown)}) == 2
    assert len(set(clocks) - wanted) <= 1
