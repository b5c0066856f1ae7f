"""When something ends, as people say it: a day, a date, a time of the clock. What they are is the executor's."""

import re
from datetime import date, time
from difflib import get_close_matches

from alertd.bot.language.mistake import Mistake, instead
from alertd.conditions.tree import Span

UNTIL = frozenset(("until", "till", "til"))
BY = frozenset(("by", "before"))
"""The same, where a moment follows."""

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
    r"|today|tonight|tomorrow|end\s+of\s+month|\d{4}-\d\d-\d\d|\d\d-\d\d(?!-)"
)
_MOMENT = re.compile(rf"(?:(?:{_DAY})(?:[ t](?:at )?\d\d?:\d\d)?|(?:at )?\d\d?:\d\d)(?!\w)", re.IGNORECASE)
_MONTHS = (
    ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun"),
    ("july", "jul"), ("august", "aug"), ("september", "sept", "sep"), ("october", "oct"), ("november", "nov"),
    ("december", "dec"),
)  # fmt: skip
_MONTH = "|".join(name for names in _MONTHS for name in names)
_TALK = re.compile(
    rf"""(?:(?P<day>{_DAY})\s+)?(?:at\s+)?(?P<hour>\d\d?)(?:[:.](?P<minute>\d\d))?\s?(?P<half>[ap])\.?m\b\.?
    |(?:next|this|coming)\s+(?P<named>{_DAY})\b
    |(?P<eod>(?:the\s+)?end\s+of\s+(?:the\s+|this\s+)?day\b|eod\b|midnight\b)
    |(?P<eow>(?:the\s+)?end\s+of\s+(?:the\s+|this\s+)?week\b|eow\b)
    |(?:(?P<sun>{_DAY})\s+)?(?:at\s+)?(?P<noon>noon\b)
    |(?P<part>{_DAY})\s+(?:at\s+|in\s+the\s+)?(?P<time>midnight|morning|afternoon|evening|night)\b
    |(?P<eom>the\s+end\s+of\s+(?:the\s+|this\s+)?month\b|end\s+of\s+(?:the|this)\s+month\b|eom\b)
    |(?P<eoy>(?:the\s+)?end\s+of\s+(?:the\s+|this\s+)?year\b|eoy\b)
    |(?P<iso>\d{{4}}-\d\d-\d\dt\d\d:\d\d)
    |(?:(?:the\s+)?(?P<nth>\d\d?)(?:st|nd|rd|th)?\.?\s+(?:of\s+)?(?P<month>{_MONTH})
        |(?P<month2>{_MONTH})\s+(?P<nth2>\d\d?)(?:st|nd|rd|th)?)(?:,?\s+(?P<of>20\d\d))?\b(?!:)
    |(?P<date>(?P<dotted>(?P<one>\d\d?)[./](?P<two>\d\d?)(?:[./](?P<year>\d{{2,4}}))?(?!\w)\.?)
        |yesterday\b|next\s+(?P<next>week|month|year)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_CLOCK = r"(\d\d?)(?:[:.](\d\d))?\s?(?:([ap])\.?m\.?)?"
_HOURS = re.compile(rf"(?:from\s+)?{_CLOCK}\s?(?:-|–|to|until|till)\s?{_CLOCK}", re.IGNORECASE | re.ASCII)
_SPOKEN = re.compile(r"(?<!\w)(?:until|till?|(?P<by>by|before))\s+", re.IGNORECASE)
_TIMES = {"midnight": "", "night": "", "morning": " 09:00", "afternoon": " 15:00", "evening": " 18:00"}
"""Parts of a day, and the time of it that is offered."""
_BEFORE = {"week": "sunday", "month": "end of month", "year": "12-31"}
"""The last day before the next one begins."""
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
    parts = words.replace("t", " ").split() if words[0].isdigit() else re.findall(r"\d\S*", words)
    if not all(_is_date(part) if "-" in part else _is_time(part) for part in parts):
        raise Mistake(found.span(), f"there is no {words}", HINT, fixes=instead(found.span(), "tomorrow"))
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
    """Raises Mistake for `until 6pm`, `until next friday`, with the end that is meant: certain but where a day could
    be another one."""
    for until in _SPOKEN.finditer(text, start):
        found = _TALK.match(text, until.end())
        if found is not None:
            meant = _dates(found) if found["dotted"] else [each for each in [_meant(found)] if each]
            if until["by"] and found["dotted"] and ("." in found["dotted"] or not meant):
                # `up by 3.5` is no day of May.
                continue
            span: Span = found.span()
            hint = f"write until {' or until '.join(meant)}" if meant else HINT
            # `until 17.5` may be a level.
            level = re.fullmatch(r"\d+\.\d+", found.group())
            certain = len(meant) == 1 and not (found["named"] or found["next"] or found["time"] or level)
            # `by 12-31` is no end (`up by 10-15%`).
            whole = (until.start(), span[1])
            fixes = instead(whole, *(f"until {each}" for each in meant or ("tomorrow",)))
            fixes = fixes if meant else (*fixes, *instead(whole, ""))
            raise Mistake(span, f"when is {found.group()!r}?", hint, fixes=fixes, certain=certain)


def _dates(found: re.Match[str]) -> list[str]:
    """`31.12` is a day and a month, `12/31` a month and a day: those of both that the calendar has."""
    one, two, year = int(found["one"]), int(found["two"]), found["year"] or ""
    year = {2: f"20{year}-", 4: f"{year}-"}.get(len(year), "")
    tried = [f"{year}{month:02}-{day:02}" for day, month in ((one, two), (two, one))]
    return [each for each in dict.fromkeys(tried) if _is_date(each)]


def _is_date(text: str) -> bool:
    """A day without its year is one of a leap year at the most."""
    try:
        date.fromisoformat(f"2000-{text}" if len(text) == len("01-31") else text)
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    try:
        time.fromisoformat(text.zfill(5))
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
    if found["noon"]:
        return f"{found['sun'].lower()} 12:00" if found["sun"] else "12:00"
    if found["time"]:
        return found["part"].lower() + _TIMES[found["time"].lower()]
    if found["eom"] or found["eoy"] or found["next"]:
        return _BEFORE[(found["next"] or ("month" if found["eom"] else "year")).lower()]
    if month := found["month"] or found["month2"]:
        place = next(place for place, names in enumerate(_MONTHS, 1) if month.lower() in names)
        day = f"{place:02}-{int(found['nth'] or found['nth2']):02}"
        day = f"{found['of']}-{day}" if found["of"] else day
        return day if _is_date(day) else ""
    return "today" if found["eod"] else "sunday" if found["eow"] else ""
