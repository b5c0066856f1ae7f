"""What traders say and the language does not, and how it says that."""

import re

from alertd.conditions.tree import Span

_REACHES = r"(?:(?:is|hits|makes|sets|reaches)\s+)?"
_ONE = r"(?:(?:an?|its|the)\s+)?"
_ALL_TIME = _REACHES + r"(?:at\s+)?" + _ONE + r"(?:new\s+)?all[\s-]time[\s-]"

_IDIOMS = tuple(
    (re.compile(rf"\b({pattern})\s*", re.IGNORECASE), hint)
    for pattern, hint in (
        (r"and\s+(?:it\s+)?holds\s+(?:for\s+)?(\w+)", r"write a comma: price crosses above 70k, holds \2"),
        (r"holds\s+for\s+(\w+)", r"write holds \2"),
        (r"cross(?:es)?\s+(?:under|beneath)\b", "write crosses below"),
        (r"cross(?:es)?\s+over\b", "write crosses above"),
        (r"(?:falls?|drops?|goes|moves|sinks?)\s+(?:below|under)\b", "write crosses below"),
        (r"(?:rises?|goes|moves|climbs?|jumps?)\s+(?:above|over)\b", "write crosses above"),
        (r"closes\s+(above|below)\b", r"write close(4h) crosses \2"),
        (r"(\d[\d_]*(?:\.\d+)?)\s*x\b", r"write \2 *"),
        (_ALL_TIME + r"highs?\b", "write price >= all_time_high"),
        (_ALL_TIME + r"lows?\b", "write price <= all_time_low"),
        # In capitals it is a coin too.
        (r"at\s+ath\b|(?-i:ath)\b", "write price >= all_time_high"),
        (_REACHES + _ONE + r"new\s+highs?\b", "write price > high(24h)"),
        (_REACHES + _ONE + r"new\s+lows?\b", "write price < low(24h)"),
        (r"volume\s+(?:spik(?:es?|ing)|surges?)\b", "write volume(1h) > 3 * average(volume(1h), 7d)"),
        (r"golden\s+cross\b", "write sma(50, 1d) crosses above sma(200, 1d)"),
        (r"death\s+cross\b", "write sma(50, 1d) crosses below sma(200, 1d)"),
    )
)

FIELDS_MEANT = {
    "ath": "write all_time_high",
    "atl": "write all_time_low",
    "yesterday": "write since open(1d)",
    "today": "write since open(1d)",
    "midnight": "write since open(1d)",
}
"""Words in the place of a field, and what is written for them."""


def idiom_at(text: str, place: int) -> tuple[Span, str] | None:
    """The idiom that goes over, or up to, the place at which the parser gave up: where it stands, and what to write."""
    for pattern, hint in _IDIOMS:
        for found in pattern.finditer(text):
            if found.start() <= place <= found.end():
                return found.span(1), found.expand(hint)
    return None
