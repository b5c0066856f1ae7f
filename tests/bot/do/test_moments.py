"""`until friday`, as the person's clock shows it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from alertd.bot.do.moments import end, iso, moment, until
from alertd.rules.keys import expires

MADRID = ZoneInfo("Europe/Madrid")
THURSDAY = datetime(2026, 1, 1, 12, 0, tzinfo=MADRID).timestamp()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("friday", "the end of Fri 2026-01-02"),
        ("Fri", "the end of Fri 2026-01-02"),
        ("thursday", "the end of Thu 2026-01-01"),
        ("wednesday", "the end of Wed 2026-01-07"),
        ("today", "the end of Thu 2026-01-01"),
        ("tonight", "the end of Thu 2026-01-01"),
        ("tomorrow", "the end of Fri 2026-01-02"),
        ("2027-01-31", "the end of Sun 2027-01-31"),
        ("01-31", "the end of Sat 2026-01-31"),
        ("12-31", "the end of Thu 2026-12-31"),
        ("end of month", "the end of Sat 2026-01-31"),
        ("02-29", "the end of Tue 2028-02-29"),
        ("01-31 18:00", "Sat 2026-01-31 18:00 CET"),
        ("2027-01-31 18:00", "Sun 2027-01-31 18:00 CET"),
        ("2027-07-31T18:00", "Sat 2027-07-31 18:00 CEST"),
        ("18:00", "Thu 2026-01-01 18:00 CET"),
        ("9:30", "Fri 2026-01-02 09:30 CET"),
        ("12:00", "Fri 2026-01-02 12:00 CET"),
        ("friday 18:00", "Fri 2026-01-02 18:00 CET"),
        ("tomorrow at 08:15", "Fri 2026-01-02 08:15 CET"),
        ("today 08:15", "Thu 2026-01-01 08:15 CET"),
    ],
)
def test_until(words: str, said: str) -> None:
    at = until(words, THURSDAY, MADRID)
    assert at is not None
    assert end(at, MADRID) == said
    assert expires(iso(at, MADRID), ZoneInfo("Asia/Tokyo")) == at, "what is kept is the same moment anywhere"


@pytest.mark.parametrize(
    "words", ["price < 68000", "fr", "someday", "25:00", "12:60", "2027-02-30", "friday at noon", "", "18:00:00"]
)
def test_what_is_no_moment(words: str) -> None:
    assert until(words, THURSDAY, MADRID) is None


@pytest.mark.parametrize(
    ("today", "last"),
    [((2026, 1, 31), 31), ((2026, 2, 1), 28), ((2028, 2, 29), 29), ((2026, 4, 30), 30), ((2026, 12, 31), 31)],
    ids=["its last day", "february", "a leap year", "a short one", "a year's last day"],
)
def test_a_month_ends_with_its_last_day(today: tuple[int, int, int], last: int) -> None:
    at = until("end of month", datetime(*today, 12, 0, tzinfo=MADRID).timestamp(), MADRID)
    assert at is not None
    assert end(at, MADRID).endswith(f"{today[0]}-{today[1]:02}-{last:02}")


def test_a_day_ends_where_the_clock_is_changed() -> None:
    """2026-03-29 has 23 hours in Madrid."""
    morning = datetime(2026, 3, 29, 0, 0, tzinfo=MADRID).timestamp()
    at = until("today", morning, MADRID)
    assert at == morning + 23 * 3600
    assert moment(morning, MADRID) == "Sun 2026-03-29 00:00 CET"
