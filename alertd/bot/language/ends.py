"""When something ends, as people say it: a day, a date, a time of the clock. What they are is the executor's."""

import re
from datetime import date, time
from difflib import get_close_matches

from alertd.bot.language.mistake import Mistake, instead
from alertd.conditions.tree import Span

UNTIL = frozenset(("until", "till", "til"))

_DAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "today",
    "tonight",
    "tomorrow",
)
_DAY = (
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
    r"|today|tonight|tomorrow|\d{4}-\d\d-\d\d|\d\d-\d\d(?!-)"
)
_MOMENT = re.compile(rf"(?:(?:{_DAY})(?:[ t](?:at )?\d\d?:\d\d)?|(?:at )?\d\d?:\d\d)(?!\w)", re.IGNORECASE)
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
_TALK = re.compile(
    rf"""(?:(?P<day>{_DAY})\s+)?(?:at\s+)?(?P<hour>\d\d?)(?:[:.](?P<minute>\d\d))?\s?(?P<half>[ap])\.?m\b\.?
    |(?:next|this|coming)\s+(?P<named>{_DAY})\b
    |(?P<eod>(?:the\s+)?end\s+of\s+(?:the\s+|this\s+)?day\b|eod\b|midnight\b)
    |(?P<eow>(?:the\s+)?end\s+of\s+(?:the\s+|this\s+)?week\b|eow\b)
    |(?P<noon>noon\b)
    |(?P<iso>\d{{4}}-\d\d-\d\dt\d\d:\d\d)
    |(?P<date>\d\d?(?:st|nd|rd|th)?\.?\s+(?:of\s+)?{_MONTH}\b|{_MONTH}\s+\d\d?(?:st|nd|rd|th)?\b
        |(?P<dotted>(?P<one>\d\d?)[./](?P<two>\d\d?)(?:[./](?P<year>\d{{2,4}}))?(?!\w))|yesterday\b|next\s+(?:week|month|year)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_CLOCK = r"(\d\d?)(?:[:.](\d\d))?\s?(?:([ap])\.?m\.?)?"
_HOURS = re.compile(rf"(?:from\s+)?{_CLOCK}\s?(?:-|–|to|until|till)\s?{_CLOCK}", re.IGNORECASE | re.ASCII)
_SPOKEN = re.compile(r"(?<!\w)(?:until|till?)\s+", re.IGNORECASE)
HINT = "write until friday, until 18:00 or until 2027-01-31"


def near_day(word: str) -> str:
    """The day that a word is a slip of, "" for none."""
    near = get_close_matches(word, _DAYS, n=1, cutoff=0.75) if len(word) > 3 else []
    return near[0] if near else ""


def moment(text: str, at: int) -> tuple[str, int] | None:
    """The end that stands at a place, in its one spelling, and where it ends; None where there is none.

    Raises Mistake for a date or a time that is not in the calendar."""
    found = _MOMENT.match(text, at)
    if found is None:
        return None
    words = " ".join(found.group().lower().removeprefix("at ").replace(" at ", " ").split())
    try:
        for part in words.replace("t", " ").split() if words[0].isdigit() else words.split()[1:]:
            # A day without its year is one of a leap year at the most.
            whole = f"2000-{part}" if len(part) == len("01-31") else part
            _ = date.fromisoformat(whole) if "-" in part else time.fromisoformat(part.zfill(5))
    except ValueError:
        span = found.span()
        raise Mistake(span, f"there is no {words}", HINT, fixes=instead(span, "tomorrow")) from None
    return words, found.end()


def hours(words: str) -> str:
    """`23:00-07:00` for `23-7` and `11pm to 7am`; "" for what has that spelling, or another meaning."""
    found = _HOURS.fullmatch(words.strip())
    if found is None or ("m" not in words.lower() and words.count(":") == 2):
        return ""
    clocks = []
    for hour, minute, half in (found.group(1, 2, 3), found.group(4, 5, 6)):
        at, past = int(hour), int(minute or 0)
        if at > (12 if half else 24) or past > 59 or (half and not at):
            return ""
        at = at % 12 + 12 * (half.lower() == "p") if half else at % 24
        clocks.append(f"{at:02}:{past:02}")
    return "-".join(clocks)


def check_spoken(text: str, start: int = 0) -> None:
    """Raises Mistake for `until 6pm`, `until next friday`, with the end that is meant."""
    for until in _SPOKEN.finditer(text, start):
        found = _TALK.match(text, until.end())
        if found is not None:
            meant = _dates(found) if found["dotted"] else [each for each in [_meant(found)] if each]
            span: Span = found.span()
            hint = f"write until {' or until '.join(meant)}" if meant else HINT
            raise Mistake(span, f"when is {found.group()!r}?", hint, fixes=instead(span, *meant))


def _dates(found: re.Match[str]) -> list[str]:
    """`31.12` is a day and a month, `12/31` a month and a day: those of both that the calendar has."""
    one, two, year = int(found["one"]), int(found["two"]), found["year"] or ""
    year = {2: f"20{year}-", 4: f"{year}-"}.get(len(year), "")
    tried = [f"{year}{month:02}-{day:02}" for day, month in ((one, two), (two, one))]
    return [each for each in dict.fromkeys(tried) if _is_date(each if year else f"2000-{each}")]


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _meant(found: re.Match[str]) -> str:
    """ "" where it has to be said another way."""
    if found["hour"]:
        hour, minute = int(found["hour"]) % 12 + 12 * (found["half"].lower() == "p"), int(found["minute"] or 0)
        day = f"{found['day'].lower()} " if found["day"] else ""
        return f"{day}{hour:02}:{minute:02}" if 0 < int(found["hour"]) <= 12 and minute < 60 else ""
    if found["iso"]:
        return found["iso"].lower().replace("t", " ")
    if found["named"]:
        return found["named"].lower()
    return "today" if found["eod"] else "sunday" if found["eow"] else "12:00" if found["noon"] else ""
