"""Numbers and durations as people write them: `70k`, `1.5M`, `90s`, `4h`. One place for both directions."""

import re
from itertools import pairwise
from math import isfinite

MULTIPLIERS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}

_NUMBER = re.compile(r"(\d+(?:_\d+)*(?:\.\d+)?(?:[eE][+-]?\d+)?)([kKmMbB]?)", re.ASCII)
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+", re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])", re.ASCII)


def number(text: str) -> float:
    """`70k` → 70000.0; k, M and B in any case. Raises ValueError."""
    found = _NUMBER.fullmatch(text.strip())
    if not found:
        raise ValueError("expected a number such as 70000, 70k or 1.5M")
    return float(found[1].replace("_", "")) * MULTIPLIERS[found[2].lower()]


def duration(text: str) -> float:
    """`90s`, `15m`, `1h30m`, `4h`, `7d`, `1w` → seconds; `0` is none at all. Raises ValueError."""
    text = text.strip()
    if text == "0":
        return 0.0
    if not _DURATION.fullmatch(text):
        raise ValueError("expected a duration such as 30s, 15m, 4h or 7d")
    return sum(float(value) * SECONDS[unit] for value, unit in _PART.findall(text))


def say_duration(seconds: float) -> str:
    """Seconds → `45s`, `1m30s`, `15m`, `4h`, `2d5h`, `14d`: at most two neighbouring parts, nothing under a second."""
    left = round(seconds)
    for (unit, size), (smaller, part) in pairwise((("d", 86400), ("h", 3600), ("m", 60), ("s", 1))):
        if left >= size:
            count, rest = divmod(left, size)
            return f"{count}{unit}" + (f"{rest // part}{smaller}" if rest >= part else "")
    return f"{left}s"


def say_number(value: float) -> str:
    """A price or a level as people read it: `70,000`, `1,234.5`, `0.00001234`; six significant digits at the most
    below a thousand, cents above, `?` for what is no number."""
    if not isfinite(value):
        return "?"
    if abs(value) >= 1000:
        text = f"{value:,.2f}"
    elif "e" in (text := f"{value:.6g}"):
        text = f"{value:.{5 - int(text.partition('e')[2])}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
