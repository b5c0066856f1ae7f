"""`until friday`: the end of a day, or a time of it, as the person's clock shows it. Pure."""

import re
from datetime import date, datetime, time, timedelta, tzinfo

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"(?:(.+?)\s+)?(?:at\s+)?(\d{1,2}):(\d{2})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_OF_YEAR = re.compile(r"\d\d-\d\d", re.ASCII)


def until(words: str, now: float, zone: tzinfo) -> float | None:
    """`friday`, `tomorrow`, `2027-01-31`, `01-31`, `end of month`, `18:00`, `friday 18:00`: None for what is no
    moment. The coming friday is meant, today where that is one; a day means its end, in epoch seconds."""
    here = datetime.fromtimestamp(now, zone)
    text = " ".join(words.lower().replace("t", " ", int(bool(_DATE.match(words)))).split())
    found = _CLOCK.fullmatch(text)
    named = (found[1] or "") if found else text
    try:
        clock = time(int(found[2]), int(found[3])) if found else None
        day = _day(named, here.date())
    except ValueError:
        return None
    if day is None or not text:
        return None
    if clock is None:
        return datetime.combine(day + timedelta(days=1), time(0), zone).timestamp()
    at = datetime.combine(day, clock, zone)
    if at <= here and not named:
        at = datetime.combine(day + timedelta(days=1), clock, zone)
    return at.timestamp()


def moment(at: float, zone: tzinfo) -> str:
    """`Fri 2026-01-02 18:00 CET`."""
    return f"{datetime.fromtimestamp(at, zone):%a %Y-%m-%d %H:%M %Z}"


def end(at: float, zone: tzinfo) -> str:
    """`the end of Fri 2026-01-02` for its midnight, else the moment."""
    here = datetime.fromtimestamp(at, zone)
    return moment(at, zone) if here.time() != time(0) else f"the end of {here - timedelta(days=1):%a %Y-%m-%d}"


def iso(at: float, zone: tzinfo) -> str:
    """The same as a rule's `expires` is written, with its own offset."""
    return datetime.fromtimestamp(at, zone).isoformat(timespec="minutes")


def _date(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


def _day(words: str, today: date) -> date | None:
    if words in ("", "today", "tonight"):
        return today
    if words == "tomorrow":
        return today + timedelta(days=1)
    if words == "end of month":
        return (today.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    if _DATE.fullmatch(words):
        return date.fromisoformat(words)
    if _OF_YEAR.fullmatch(words):
        # The 29th of February is there once in eight years at the least.
        years = (f"{today.year + ahead:04}-{words}" for ahead in range(9))
        return next((day for day in map(_date, years) if day is not None and day >= today), None)
    place = next((place for place, name in enumerate(_DAYS) if len(words) >= 3 and name.startswith(words)), None)
    return None if place is None else today + timedelta(days=(place - today.weekday()) % 7)
