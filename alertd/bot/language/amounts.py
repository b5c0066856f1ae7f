"""Numbers, percents and durations as people write them, in one spelling: plain decimals, `5%`, `4h`.

`70k`, `$70k`, `70kUSD`, `70,000`, `70'000`, `70 000` and `70_000` are one number; `70.000` could be two, and is asked
about. `5m` is minutes or millions: its place decides, elsewhere.
"""

import re
from collections.abc import Sequence
from decimal import Context, Decimal
from unicodedata import digit

from alertd.bot.language.mistake import Mistake, instead

_PLAIN = r"\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d{1,3}(?!\w))?|\.\d+"
_GROUPS = "|".join(rf"[1-9]\d{{0,2}}(?:{mark}\d{{3}})+(?!\d)(?:\.\d+)?" for mark in (",", "['’]", "[ \u00a0\u202f]"))
_DOTS = r"[1-9]\d{0,2}(?:\.\d{3}){2,}(?!\d)"
_TURNED = r"[1-9]\d{0,2}(?:\.\d{3})+,\d+(?![\d.,])"
_NUMBER = re.compile(rf"(?:us)?\$?\s?(?P<digits>{_TURNED}|{_DOTS}|{_GROUPS}|{_PLAIN})", re.IGNORECASE | re.ASCII)
_ARGUMENT = re.compile(rf"\$?(?P<digits>{_PLAIN})", re.ASCII)
_COMPOUND = re.compile(r"(?:\d+(?:\.\d+)?[smhdw]){2,}(?!\w)", re.IGNORECASE | re.ASCII)
_AT = re.compile(r"\b(?:at|from|after|around)\s+$", re.IGNORECASE)
_FOREIGN = re.compile(r"(?:us)?\$?\s?\.?[0-9]*((?![0-9])\d+)", re.IGNORECASE)
"""Digits of other scripts, which read as numbers and are easily mistaken."""
_UNIT = re.compile(r"[A-Za-z]*\$?(?!\w)")
_PERCENT = re.compile(r"\s*%")
_TWO_WAYS = re.compile(r"[1-9]\d{0,2}\.\d\d0")
_POINTS = re.compile(_DOTS)
_COMMAS = re.compile(r"(?:,\d+)+(?![\d.])")
_ONE_WAY = re.compile(r"0,\d+|\d+,\d|\d+,\d\d(?=\s?[%kmbt])", re.IGNORECASE | re.ASCII)
"""Commas that can only be points: no thousands, nor those of somebody who missed a digit."""
_CURRENCIES = ("dollars", "dollar", "bucks", "usdt", "usdc", "usd", "$")

SCALES = {
    **dict.fromkeys(("k", "thousand", "grand"), 3),
    **dict.fromkeys(("mio", "mn", "mil", "mm", "million", "millions"), 6),
    **dict.fromkeys(("b", "bn", "bil", "billion", "billions"), 9),
    **dict.fromkeys(("t", "tn", "trillion", "trillions"), 12),
}
UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), "w"),
}
PERCENTS = ("%", "pct", "percent", "percents", "perc", "procent", "prozent")
CENTS = ("cent", "cents", "ct", "cts", "¢")
_SINGLE = {"second": "1s", "minute": "1m", "hour": "1h", "day": "1d", "week": "1w"}
_HALVES = {"hour": "30m", "day": "12h", "minute": "30s"}
_ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety hundred"
NUMBERS = {word: number for number, word in enumerate(_ONES.split(), 1)} | {
    word: number for number, word in zip(range(20, 101, 10), _TENS.split(), strict=True)
}
"""Numbers that are written as words, where a unit follows."""

MOST_WORDS = 4
_DIGITS = 40
_CONTEXT = Context(prec=2 * _DIGITS)

Spelled = tuple[str, str]
"""A kind (see `pieces.Kind`) and a spelling."""


def plain(text: str, power: int = 0) -> str:
    """A number without suffix, exponent or idle zeros, ten to the `power` times as large. Raises ValueError for one
    that is longer than any price."""
    value = _CONTEXT.scaleb(Decimal(text.replace("_", "")), power)
    if len(value.as_tuple().digits) > _DIGITS or (value and abs(value.adjusted()) >= _DIGITS):
        raise ValueError("a number of that length")
    said = f"{value:f}"
    return said.rstrip("0").rstrip(".") if "." in said else said


def millions(minutes: str) -> str:
    """`1.5m` as a number."""
    return plain(minutes[:-1], 6)


def gain(times: str) -> str:
    """`10x` is up `900%`. Raises ValueError as `plain` does."""
    return f"{plain(f'{_CONTEXT.subtract(Decimal(times), Decimal(1)):f}', 2)}%"


def read(text: str, at: int, *, called: bool) -> tuple[str, str, int]:
    """Kind, spelling and end of the number that begins at `at`; `called` within the parentheses of a function, where
    commas part arguments. Raises Mistake, by the columns of `text`, for one that cannot be told."""
    foreign = _FOREIGN.match(text, at)
    if foreign:
        span = foreign.span(1)
        latin = "".join(str(digit(char)) for char in foreign[1])
        raise Mistake(span, f"{foreign[1]!r} is not written in the digits 0 to 9", fixes=instead(span, latin))
    compound = _COMPOUND.match(text, at)
    if compound:
        return "time", compound.group().lower(), compound.end()
    match = (_ARGUMENT if called else _NUMBER).match(text, at) or _NUMBER.match(text, at)
    if match is None:
        raise Mistake((at, at + 1), f"{text[at]!r} does not belong here")
    digits, end = match["digits"], match.end()
    _check(digits, text, (match.start("digits"), end), called=called)
    digits = re.sub(r"[,'’\s]", "", digits)
    try:
        percent = _PERCENT.match(text, end)
        if percent:
            return "percent", f"{plain(digits)}%", percent.end()
        unit = _UNIT.match(text, end)
        if unit is None:
            raise Mistake((at, end + 1), f"{text[at : end + 1]!r} is no number")
        kind, spelled = _with_unit(digits, unit.group(), (at, unit.end()), text)
    except ValueError:
        raise Mistake((at, end), "this number is longer than any price") from None
    return kind, spelled, unit.end()


def _check(digits: str, text: str, span: tuple[int, int], *, called: bool) -> None:
    """Raises Mistake for points and commas that could be either."""
    if re.fullmatch(_TURNED, digits):
        turned = digits.replace(".", "").replace(",", ".")
        message = f"{digits} has points and a comma where others have commas and a point"
        certain = len(digits.partition(",")[2]) != 3
        raise Mistake(span, message, f"write {turned}", fixes=instead(span, turned), certain=certain)
    if _POINTS.fullmatch(digits):
        whole = digits.replace(".", "")
        raise Mistake(
            span,
            f"{digits} has points between its thousands",
            f"write {whole}",
            fixes=instead(span, whole),
            certain=True,
        )
    if _TWO_WAYS.fullmatch(digits):
        one, other = plain(digits), digits.replace(".", "")
        fixes = instead(span, other, one)
        raise Mistake(span, f"{digits} could be {other} or {one}", f"write {other} or {one}", fixes=fixes)
    commas = _COMMAS.match(text, span[1])
    if commas and not called and digits.isdigit():
        raise _comma(text, (span[0], commas.end()))


def _comma(text: str, span: tuple[int, int]) -> Mistake:
    """That a comma is no point, and parts thousands alone."""
    said = text[slice(*span)]
    whole = said.replace(",", "")
    if said.count(",") > 1:
        return Mistake(
            span, f"{said!r} has commas where no thousands end", f"write {whole}", fixes=instead(span, whole)
        )
    point = said.replace(",", ".")
    fixes = instead(span, point, *([whole] if len(said.partition(",")[2]) > 2 else []))
    one_way = _ONE_WAY.match(text, span[0])
    certain = one_way is not None and one_way.end() == span[1]
    message = f"{said!r} has a comma where a point belongs"
    return Mistake(span, message, f"write {point}", fixes=fixes, certain=certain)


def _with_unit(digits: str, unit: str, span: tuple[int, int], text: str) -> Spelled:
    name = unit.lower()
    money = next((currency for currency in _CURRENCIES if name.endswith(currency)), "")
    name = name.removesuffix(money)
    if name == "m":
        return ("number", plain(digits, 6)) if money or unit == "M" else ("minutes", f"{plain(digits)}m")
    if not name or name in SCALES:
        return "number", plain(digits, SCALES.get(name, 0))
    if not money and name in UNITS:
        return "time", f"{plain(digits)}{UNITS[name]}"
    if not money and name in PERCENTS:
        return "percent", f"{plain(digits)}%"
    if not money and name == "x":
        return "times", plain(digits)
    if not money and name in CENTS:
        return "number", plain(digits, -2)
    said = text[slice(*span)]
    if not money and name in ("am", "pm"):
        hint = f"leave it out: an alert watches all the time. until {said} ends it"
        before = _AT.search(text, 0, span[0])
        span = (before.start() if before else span[0], span[1])
        raise Mistake(span, "a time of day cannot be said here", hint, fixes=instead(span, "", f"until {said}"))
    hint = "numbers end in k, m, b or t (70k, 1.5m), durations in s, m, h, d or w (15m, 4h)"
    ends = {"kk": ("k", "M"), "mm": ("M",), "bb": ("b",), "c": (" cents",)}.get(name[:2], ("",))
    fixes = instead(span, *(f"{said[: -len(unit)]}{each}" for each in ends))
    if not money and name.startswith(("mo", "y")):
        days = "365d" if name[0] == "y" else f"{plain(str(30 * Decimal(digits.replace('_', ''))))}d"
        hint, fixes = f"months and years have no one length: write {days}", instead(span, days)
    raise Mistake(span, f"{said!r} is neither a number nor a duration", hint, fixes=fixes)


def spoken(words: Sequence[Spelled]) -> tuple[int, str, str] | None:
    """How many of these (kind, text) make one amount, its kind and its spelling; None where they do not."""
    texts = [text if kind in ("word", "sign") else "" for kind, text in words] + [""] * MOST_WORDS
    kind, text = words[0]
    first, second, third, fourth = texts[:4]
    if first in ("half", "quarter"):
        unit = fourth if (second, third) == ("of", "an") else third if second in ("a", "an") else ""
        whole = _HALVES.get(unit) if first == "half" else {"hour": "15m"}.get(unit)
        return (4 if second == "of" else 3, "time", whole) if whole else None
    if first in ("a", "an", "one", "last", "past", "next", "per") and second in _SINGLE:
        return 2, "time", _SINGLE[second]
    if first in NUMBERS and (second in PERCENTS or (len(second) > 1 and (second in SCALES or second in UNITS))):
        kind, text = "number", str(NUMBERS[first])
    elif first in ("a", "an") and len(second) > 1 and second in SCALES:
        kind, text = "number", "1"
    if kind != "number":
        # Money is said behind a number that has its unit already.
        return (2, kind, text) if kind == "minutes" and second in _CURRENCIES else None
    return _measured(text, second, third)


def _measured(number: str, unit: str, behind: str) -> tuple[int, str, str] | None:
    """A number with the words behind it."""
    if unit in PERCENTS or (unit, behind) == ("per", "cent"):
        return 2 + (unit == "per"), "percent", f"{number}%"
    if unit == "-" and len(behind) > 2 and behind in UNITS:
        return 3, "time", f"{number}{UNITS[behind]}"
    if unit in SCALES:
        return 2 + (behind in _CURRENCIES), "number", plain(number, SCALES[unit])
    if unit in CENTS:
        return 2, "number", plain(number, -2)
    if unit == "m":
        return 2, "minutes", f"{number}m"
    if unit in UNITS:
        return 2, "time", f"{number}{UNITS[unit]}"
    return (2, "number", number) if unit in _CURRENCIES else None
