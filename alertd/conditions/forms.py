"""The forms of a condition: one row each, from which `alertd conditions` and the page of the language are made.

In a form `A` and `B` are expressions, `F` a field, `C` and `D` conditions, `N` a number, `W` a duration.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """One form. `words` are those that it is found by, `example` a condition of it, `momentary` true for what is YES on
    the tick of one reading alone."""

    form: str
    words: tuple[str, ...]
    meaning: str
    example: str
    momentary: bool = False


FORMS = (
    Form(
        "A > B",
        (">", ">=", "<", "<=", "=", "==", "!="),
        "a comparison: `>` `>=` `<` `<=` `=` `!=`; equal is within 1e-12, relative",
        "price <= 0.5 * high(30d)",
    ),
    Form(
        "A + B",
        ("+", "-", "*", "/"),
        "arithmetic on either side of anything: `+` `-` `*` `/` and parentheses; unknown where it divides by zero",
        "price - ETH.price > 20 * stddev(20, 1h)",
    ),
    Form(
        "COIN.F",
        (".", "coin", "source", "market"),
        "the field of another coin, of one source (`binance.price`) or of the whole market (`market.fear_greed`); a"
        ' name that does not look like one is quoted: `"1INCH".price`',
        "BTC.price / ETH.price > 20",
    ),
    Form(
        "A crosses above B",
        ("crosses", "above", "below"),
        "A > B now, and A ≤ B at the reading before of the series that it names, each side evaluated then;"
        " `crosses below` the other way, `crosses` either",
        "price crosses above 70k",
        momentary=True,
    ),
    Form(
        "A breaks B",
        ("breaks",),
        "`crosses` by another name; below a `support`, a `low`, above a `resistance`, a `high`, an `all_time_high`; of"
        " anything else say `breaks above` or `breaks below`",
        "price breaks resistance(30d)",
        momentary=True,
    ),
    Form(
        "A reaches B",
        ("reaches",),
        "A crosses B or touches it, from either side",
        "price reaches 70k",
        momentary=True,
    ),
    Form(
        "A crosses every N",
        ("every",),
        "for some multiple of N: A is above it now and was not at the reading before, or below it now and was not",
        "price crosses every 1000",
        momentary=True,
    ),
    Form(
        "A crosses above B, holds W",
        ("holds",),
        "from W after the crossing on, for as long as A has not come back over the level, which is B as it was at the"
        " crossing; on the level is back",
        "price breaks above high(24h), holds 15m",
    ),
    Form(
        "F up 5% in W",
        ("up", "down", "moves", "in"),
        "F is 5 % above the lowest of the window, or more; `down` from the highest, `moves` for either way; judged over"
        " what the window holds so far. `up 500 in 15m` in units; grades and percentages move by points",
        "price up 5% in 1h",
    ),
    Form(
        "F up 5% since A",
        ("since", "last", "alert"),
        "the same from another base: a level (`since 65k`), the first reading of the running bar (`since open(1d)`), or"
        " the value at which this alert last fired (`since last alert`; before that, its first)",
        "price moves 2% since last alert",
    ),
    Form(
        "A within 1% of B",
        ("within",),
        "abs(A − B) ≤ 1 % of abs(B), or ≤ N units; `not within` for further",
        "price within 1% of high(30d)",
    ),
    Form(
        "A between B and C",
        ("between",),
        "B ≤ A ≤ C; `not between` for outside",
        "price between 60k and 70k",
    ),
    Form(
        "A enters B to C",
        ("enters", "leaves"),
        "between them now, and not at the reading before, each end evaluated then; `leaves` the other way;"
        " `enters within 1% of B` too",
        "price enters 60k to 70k",
        momentary=True,
    ),
    Form(
        "F is S",
        ("is",),
        "a state is this one; `is not` for any other",
        "signal is bullish",
    ),
    Form(
        "F flips to S",
        ("flips", "from", "to"),
        "a known state follows another one, whatever was missing in between; `flips from A to B` for these two, `flips`"
        " alone for any change",
        "signal flips to bullish",
        momentary=True,
    ),
    Form(
        "recently(C, W)",
        ("recently",),
        "YES if C was YES at a tick in (t − W, t]; else UNKNOWN if C is UNKNOWN now, else NO",
        "recently(price crosses above 70k, 4h) and signal is bullish",
    ),
    Form(
        "N of (C, D, …)",
        ("of",),
        "YES if at least N of them are; NO if too few could be, the UNKNOWN ones among them; else UNKNOWN",
        "2 of (price > 70k, signal is bullish, rsi(14, 1h) < 30)",
    ),
    Form(
        "C confirmed by N sources",
        ("confirmed", "by", "sources"),
        "C is YES by at least N of the sources that give its fields, each on its own readings: against one bad tick",
        "price > 70k confirmed by 2 sources",
    ),
    Form(
        "count(where C)",
        ("where",),
        "over all coins of the rule, each judged on its own series; UNKNOWN where C is UNKNOWN on all of them. Only"
        " what lasts goes in: no crossing, no `recently`, no `holds`, no `since last alert`",
        "count(where price down 5% in 1h) > 10",
    ),
    Form(
        "C and D",
        ("and", "or", "not"),
        "both; `or` for either, `not` for the opposite, parentheses. UNKNOWN stays UNKNOWN behind a `not`, and beside"
        " one NO (in an `and`) or one YES (in an `or`) it does not matter",
        "price > 70k and not (signal is bearish or tm_grade < 40)",
    ),
    Form(
        "NAME",
        ("series",),
        "a series of the rule files, used like a field of the market: in comparisons, windows, indicators",
        "ETHBTC crosses above sma(ETHBTC, 20, 1d)",
    ),
)
