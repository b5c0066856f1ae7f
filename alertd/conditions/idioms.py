"""What traders say and the language does not, and how it says that."""

import re

from alertd.conditions.fields import FIELDS
from alertd.conditions.tree import Span

_REACHES = r"(?:(?:is|hits|makes|sets|reaches)\s+)?"
_ONE = r"(?:(?:an?|its|the)\s+)?"
_ALL_TIME = _REACHES + r"(?:at\s+)?" + _ONE + r"(?:new\s+)?all[\s-]time[\s-]"

_NUMBER = r"(\d[\d_]*(?:\.\d+)?(?-i:[kKMB]?))(?![\w%])"
_AMOUNT = r"(\d[\d_]*(?:\.\d+)?(?:\s*%|(?-i:[kKMB]?)(?!\w)))"
_TIME = r"((?:\d+[smhdw])+)\b"
_TO = r"\s*(?:\.\.+|-|–|to)\s*"
_RSI = r"(rsi\([^()]*\))\s+(?:(?:is|becomes|goes|turns|gets)\s+)?"
_RISES = r"(?:goes\s+up|increases|rises|gains|climbs|jumps|pumps|surges)"
_FALLS = r"(?:goes\s+down|decreases|falls|drops|loses|sinks|dumps)"
_BY = r"(?:by|at\s+least|more\s+than|over)\s+"
_STATES = sorted({word for spec in FIELDS.values() for word in (*spec.labels, *spec.aliases)} - {"none"}, reverse=True)
_STATE = rf"({'|'.join(_STATES).replace('_', '[_ ]')})\b"
_NOWHERE = "no source gives it: `alertd conditions` lists the fields"

_IDIOMS = tuple(
    (re.compile(rf"(?<!\w)({pattern})\s*", re.IGNORECASE), hint)
    for pattern, hint in (
        (rf"(?:holds|stays)\s+(?:above\s+)?{_NUMBER}", r"say > \2 here, and how long with for: in the rule"),
        (rf"(?:holds|stays)\s+(?:below|under)\s+{_NUMBER}", r"say < \2 here, and how long with for: in the rule"),
        (r"and\s+(?:it\s+)?holds\s+(?:for\s+)?(\w+)", r"write a comma: price crosses above 70k, holds \2"),
        (r"holds\s+for\s+(\w+)", r"write holds \2"),
        (r"cross(?:es)?\s+(?:under|beneath)\b", "write crosses below"),
        (r"cross(?:es)?\s+over\b", "write crosses above"),
        (r"(?:falls?|drops?|goes|moves|sinks?)\s+(?:below|under)\b", "write crosses below"),
        (r"(?:rises?|goes|moves|climbs?|jumps?)\s+(?:above|over)\b", "write crosses above"),
        (r"closes\s+(above|below)\b", r"write close(4h) crosses \2"),
        (rf"{_RISES}\s+(?:{_BY})?{_AMOUNT}", r"write up \2"),
        (rf"{_FALLS}\s+(?:{_BY})?{_AMOUNT}", r"write down \2"),
        (rf"(up|down|moves)\s+{_BY}{_AMOUNT}", r"write \2 \3"),
        (rf"doubles\s+(?:in|within)\s+{_TIME}", r"write up 100% in \2"),
        (rf"halves\s+(?:in|within)\s+{_TIME}", r"write down 50% in \2"),
        (r"doubles\b", "write up 100% in 1d"),
        (r"halves\b", "write down 50% in 1d"),
        (rf"(?:over|during|inside)\s+(?:(?:the\s+)?last\s+)?{_TIME}", r"write in \2"),
        (rf"(?:is\s+)?(?:in|between|from)\s+{_NUMBER}{_TO}{_NUMBER}", r"write between \2 and \3"),
        (r"(?:is\s+(?:above|over)|(?:is\s+)?(?:greater|higher|larger|more)\s+than)\b", "write >"),
        (r"(?:is\s+(?:below|under)|(?:is\s+)?(?:smaller|lower|less)\s+than)\b", "write <"),
        (rf"(?:is\s+at|is|at)\s+{_NUMBER}", r"write reaches \2"),
        (rf"(?:flips|turns|goes|becomes|gets|switches)\s+(?:to\s+)?{_STATE}", r"write flips to \2"),
        (rf"{_RSI}oversold\b", r"write \2 < 30"),
        (rf"{_RSI}overbought\b", r"write \2 > 70"),
        (rf'["“”]{_AMOUNT}["“”]', r"write \2"),
        (r"open\s+interest\b", _NOWHERE),
        (r"funding(?:\s+rates?)?\b", _NOWHERE),
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
    "funding": _NOWHERE,
    "open_interest": _NOWHERE,
}
"""Words in the place of a field, and what is written for them."""

FUNCTIONS_MEANT = {
    **dict.fromkeys(("avg", "mean"), "average"),
    **dict.fromkeys(("max", "maximum", "highest"), "high"),
    **dict.fromkeys(("min", "minimum", "lowest"), "low"),
    **dict.fromkeys(("std", "stdev", "volatility"), "stddev"),
    **dict.fromkeys(("ma", "moving_average"), "sma"),
    **dict.fromkeys(("bb", "bbands"), "bollinger"),
    **dict.fromkeys(("roc", "pct", "percent"), "change"),
}
"""Words in the place of a function, and the function that is meant."""


def idiom_at(text: str, place: int) -> tuple[Span, str] | None:
    """The idiom that goes over, or up to, the place at which the parser gave up: where it stands, and what to write."""
    for pattern, hint in _IDIOMS:
        for found in pattern.finditer(text):
            if found.start() <= place <= found.end():
                return found.span(1), found.expand(hint)
    return None
