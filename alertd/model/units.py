"""Numbers and durations as people write them: `70k`, `1.5M`, `90s`, `4h`. One place for both directions."""

import re

MULTIPLIERS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}

_NUMBER = re.compile(r"(\d+(?:_\d+)*(?:\.\d+)?(?:[eE][+-]?\d+)?)([kKmMbB]?)")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")


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
    """Seconds → `90s`, `15m`, `1h30m`, `4h`, `7d`: at most two parts, nothing under a second."""
    left = round(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2]) or "0s"


def say_number(value: float) -> str:
    """A price or a level as people read it: `70,000`, `1,234.5`, `0.000012345`; six significant digits at the most
    below a thousand, cents above."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        text = f"{value:,.2f}"
    elif abs(value) >= 1e-4:
        digits = max(0, 5 - int(f"{value:e}".split("e")[1]))
        text = f"{value:.{digits}f}"
    else:
        text = f"{value:.{max(0, 5 - int(f'{value:e}'.split('e')[1]))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
