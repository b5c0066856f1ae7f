"""What may pass from an answer into the market: one sieve for all sources, on columns.

Reasons of refusal, the labels of the metric: `no_number` (null, NaN), `infinite`, `out_of_range` (zero and negative
prices among them), `future`, `no_time`, `wrong_type`, `twice`, `absent` (asked for and not in the answer),
`unknown_label`.
"""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from alertd.conditions.fields import FIELDS, Unit
from alertd.errors import SourceMalformed
from alertd.model.reading import Bars, Floats, Readings

FUTURE = 60.0
"""Seconds that a source's clock may be ahead of ours (DESIGN §5)."""

_POSITIVE = (math.ulp(0.0), math.inf)
_TRADED = (0.0, math.inf)
_BOUNDS = {
    "price": _POSITIVE,
    "volume_24h": _TRADED,
    "volume": _TRADED,
    "base_volume": _TRADED,
    "market_cap": _POSITIVE,  # CoinGecko writes 0 where the supply is unknown
    "market_cap_rank": (1.0, math.inf),
    "all_time_high": _POSITIVE,
    "all_time_low": _POSITIVE,
    "drawdown": (0.0, 100.0),
    "resistance": _POSITIVE,
    "support": _POSITIVE,
    **{name: (0.0, 100.0) for name, spec in FIELDS.items() if spec.unit is Unit.GRADE},
}
_ANY = (-math.inf, math.inf)
_LAST_MS = 253402300800e3
"""The end of the year 9999, epoch milliseconds."""

Row = TypeVar("Row")
Whole = TypeVar("Whole")


def decode(decoder: msgspec.json.Decoder[Whole], body: bytes, source: str) -> Whole:
    """The answer as its type says, or SourceMalformed: reason `json`, `shape` or `nesting`."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise SourceMalformed(f"{source}: not the answer that was promised: {error}", reason="shape") from None
    except ValueError as error:
        # DecodeError, and UnicodeDecodeError within a string.
        raise SourceMalformed(f"{source}: not JSON: {error}", reason="json") from None
    except RecursionError:
        raise SourceMalformed(f"{source}: nested too deeply", reason="nesting") from None


def decode_rows(
    whole: msgspec.json.Decoder[list[Row]],
    single: msgspec.json.Decoder[Row],
    body: bytes,
    *,
    source: str,
    refused: Counter[str],
) -> list[Row]:
    """The rows of an array; those of a wrong type are left out and counted, and cost the others nothing."""
    try:
        return whole.decode(body)
    except (ValueError, RecursionError):
        pass
    rows = []
    for raw in decode(_RAW_ROWS, body, source):
        try:
            rows.append(single.decode(raw))
        except ValueError:
            refused["wrong_type"] += 1
    if not rows and refused["wrong_type"]:
        raise SourceMalformed(f"{source}: no row is what was promised", reason="shape")
    return rows


_RAW_ROWS = msgspec.json.Decoder(list[msgspec.Raw])


def count_absent(missing: int, refused: Counter[str]) -> None:
    """Count the coins that an answer leaves out; `missing` still has those whose row could not be read."""
    if (absent := missing - refused["wrong_type"]) > 0:
        refused["absent"] += absent


def sift(
    source: str,
    field: str,
    rows: tuple[Sequence[str], Sequence[float | None] | Floats, Floats],
    *,
    received: float,
    refused: Counter[str],
) -> tuple[Readings, ...]:
    """One field's rows (coins, values, times) without what is not to be believed, counted in `refused` by reason.

    () where nothing is left.
    """
    coins, raw, at = rows
    values = np.asarray(raw, dtype=np.float64)
    low, high = _BOUNDS.get(field.partition("(")[0], _ANY)
    finite = np.isfinite(values)
    good = finite & (values >= low) & (values <= high) & (at <= received + FUTURE)
    if len(set(coins)) < len(coins):
        good &= _first(coins, refused)
    if not good.all():
        _count(values, at, (low, high), received + FUTURE, refused)
        coins = [coin for coin, kept in zip(coins, good.tolist(), strict=True) if kept]
        values, at = values[good], at[good]
    return (Readings(source, field, tuple(coins), values, at),) if coins else ()


def _count(values: Floats, at: Floats, bounds: tuple[float, float], latest: float, refused: Counter[str]) -> None:
    finite = np.isfinite(values)
    in_range = (values >= bounds[0]) & (values <= bounds[1])
    for reason, bad in (
        ("no_number", np.isnan(values)),
        ("infinite", np.isinf(values)),
        ("out_of_range", finite & ~in_range),
        ("no_time", finite & in_range & np.isnan(at)),
        ("future", finite & in_range & (at > latest)),
    ):
        if count := int(bad.sum()):
            refused[reason] += count


def _first(coins: Sequence[str], refused: Counter[str]) -> NDArray[np.bool_]:
    """True where a coin stands for the first time."""
    seen: set[str] = set()
    first = np.ones(len(coins), dtype=bool)
    for index, coin in enumerate(coins):
        if coin in seen:
            first[index] = False
            refused["twice"] += 1
        seen.add(coin)
    return first


def moment(value: object) -> float:
    """A time as APIs write it → epoch seconds: ISO 8601 (a date alone is its midnight; UTC unless it says
    otherwise), epoch seconds or milliseconds, as numbers or text. NaN where it is none."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            try:
                found = datetime.fromisoformat(str(value))
            except ValueError:
                return math.nan
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    # The bound is of years that a datetime has; it keeps out NaN, and whole numbers of 400 digits, which are no float.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LAST_MS:
        return math.nan
    # Milliseconds pass 1e11 in 1973; seconds do not until the year 5138.
    return value / 1000.0 if value > 1e11 else float(value)


def moments(texts: Sequence[str | None], missing: float) -> Floats:
    """Times of a column, NaN where one is not a time, `missing` where there is none.

    Thousands at once, all written like "2024-04-07T16:49:31.736Z", take a third of the time that one by one takes.
    """
    try:
        joined = "".join(cast("Sequence[str]", texts))  # a None among them is what the TypeError is for
        if len(joined) == 24 * len(texts) and joined[23::24] == "Z" * len(texts):
            parts = np.frombuffer(joined.encode("ascii"), [("moment", "S23"), ("zone", "S1")])
            return parts["moment"].astype("datetime64[ms]").astype(np.float64) / 1000.0
    except (TypeError, ValueError):  # UnicodeEncodeError among them
        pass
    return np.array([missing if text is None else moment(text) for text in texts])


def bars_of_points(source: str, field: str, coin: str, interval: float, points: tuple[Floats, Floats]) -> Bars:
    """Bars (start, end] of (times, values), oldest first; a bar without points does not exist."""
    times, values = points
    order = np.argsort(times, kind="stable")
    ends = np.ceil(times[order] / interval) * interval
    values = values[order]
    end, starts = np.unique(ends, return_index=True)
    lasts = np.append(starts[1:], len(values)) - 1
    if not len(end):
        return Bars(source, field, coin, interval, end, values, values, values, values)
    return Bars(
        source,
        field,
        coin,
        interval,
        end,
        open=values[starts],
        high=np.maximum.reduceat(values, starts),
        low=np.minimum.reduceat(values, starts),
        close=values[lasts],
    )
