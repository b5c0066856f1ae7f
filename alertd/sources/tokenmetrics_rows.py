"""Token Metrics' answers: pages into rows, rows into readings. Nothing here asks anything."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec import Raw, Struct
from msgspec.json import Decoder

from alertd.conditions.fields import FIELDS, Unit, state_of
from alertd.errors import SourceMalformed
from alertd.model.reading import Bars, Readings
from alertd.sources.values import FUTURE, count_absent, decode, moment, sift
from alertd.wire.secret import redact

_COLUMNS = {
    "price": ("price", "current_price"),
    "signal": ("trading-signals", "token_trend"),
    "trader_grade": ("trading-signals", "tm_trader_grade"),
    "investor_grade": ("trading-signals", "tm_investor_grade"),
    "hourly_signal": ("hourly-trading-signals", "signal"),
    "tm_grade": ("tm-grade", "tm_grade"),
    "fundamental_grade": ("tm-grade", "fundamental_grade"),
    "grade_signal": ("tm-grade", "tm_grade_signal"),
    "momentum": ("tm-grade", "momentum"),
    "technology_grade": ("investor-grades", "technology_grade"),
    "valuation_grade": ("investor-grades", "valuation_grade"),
    "resistance": ("resistance-support", "resistance"),
    "support": ("resistance-support", "support"),
    "market_sentiment": ("sentiments", "market_sentiment_grade"),
    "news_sentiment": ("sentiments", "news_sentiment_grade"),
    "reddit_sentiment": ("sentiments", "reddit_sentiment_grade"),
    "twitter_sentiment": ("sentiments", "twitter_sentiment_grade"),
}
ENDPOINTS = {field: endpoint for field, (endpoint, _) in _COLUMNS.items()}
"""The endpoint that gives a field."""

OF_MARKET = 0
"""The `token_id` of rows that are the whole market's."""

Row = Mapping[str, object]
"""Keys are lower case; `token_id` is an int."""


class _Envelope(Struct, gc=False):
    success: bool = True
    message: str | None = None
    error: str | None = None
    length: int | None = None
    data: Raw = Raw(b"null")


_ENVELOPE = Decoder(_Envelope, strict=False)
_DATA = Decoder(list[Raw])
_ROW = Decoder(dict[str, object])


class Page(NamedTuple):
    """`length` is what the answer says of its rows, 0 if nothing; `broken` rows could not be read."""

    rows: tuple[Row, ...]
    received: float
    length: int = 0
    broken: int = 0


def decode_page(body: bytes, received: float, *, source: str, of_market: bool = False) -> Page:
    """One answer; rows `of_market` name no token. `success: false` is an error, whatever the status was."""
    envelope = decode(_ENVELOPE, body, source)
    if not envelope.success:
        said = redact(envelope.message or envelope.error or "no reason given")[:200]
        raise SourceMalformed(f"{source}: success is false: {said}", reason="not_success")
    rows = []
    data = decode(_DATA, bytes(envelope.data), source)
    for raw in data:
        try:
            row = {key.lower(): value for key, value in _ROW.decode(raw).items()}
            token = OF_MARKET if of_market else row.get("token_id")
            row["token_id"] = msgspec.convert(token, int, strict=False)
        except ValueError:
            continue
        rows.append(row)
    if data and not rows:
        raise SourceMalformed(f"{source}: no row is what was promised", reason="shape")
    return Page(tuple(rows), received, envelope.length or 0, len(data) - len(rows))


def readings_of(
    page: Page, *, source: str, coins: Mapping[int, str], fields: tuple[str, ...], refused: Counter[str]
) -> tuple[Readings, ...]:
    """The newest row of each coin (`coins`: those asked for, by id) → columns."""
    if page.broken:
        refused["wrong_type"] += page.broken
    seen = {_token(row) for row in page.rows} & coins.keys()
    count_absent(len(coins) - len(seen), refused)
    by_coin: dict[str, list[tuple[float, Row]]] = {}
    for row in page.rows:
        coin = coins.get(_token(row))
        at = _time(row, page.received)
        if coin is None:
            continue
        if not at <= page.received + FUTURE:
            refused["no_time" if math.isnan(at) else "future"] += 1
            continue
        by_coin.setdefault(coin, []).append((at, row))
    for rows in by_coin.values():
        rows.sort(key=lambda pair: pair[0], reverse=True)
    readings: tuple[Readings, ...] = ()
    for field in fields:
        found = [(coin, _value(field, rows, refused), rows[0][0]) for coin, rows in by_coin.items()]
        kept = [(coin, value, at) for coin, value, at in found if value is not None]
        column = ([coin for coin, _, _ in kept], [value for _, value, _ in kept], np.array([at for _, _, at in kept]))
        readings += sift(source, field, column, received=page.received, refused=refused)
    return readings


def next_levels(levels: Page, prices: Page) -> Page:
    """Rows of `resistance` and `support` by token, as of now: of its newest levels those next to the price that it has
    by the rows of `/price`, None where there is none on that side."""
    costs = {_token(row): _number(row.get("current_price"), Counter()) for row in prices.rows}
    rows: dict[int, Row] = {}
    for row in sorted(levels.rows, key=lambda row: _time(row, levels.received)):
        cost = costs.get(_token(row))
        if cost is not None:
            known = _levels(row)
            above = min((level for level in known if level > cost), default=None)
            below = max((level for level in known if level < cost), default=None)
            rows[_token(row)] = {"token_id": _token(row), "resistance": above, "support": below}
    return Page(tuple(rows.values()), prices.received, broken=max(levels.broken, prices.broken))


def _levels(row: Row) -> list[float]:
    """`[{"level": 68000, "date": "2025-01-05"}, …]` → the levels; what is none is left out."""
    written = row.get("historical_resistance_support_levels")
    found = [
        _number({str(key).lower(): value for key, value in each.items()}.get("level"), Counter())
        for each in (written if isinstance(written, list) else ())
        if isinstance(each, dict)
    ]
    return [level for level in found if level is not None]


def bars_of_rows(rows: Iterable[Row], *, source: str, coin: str, span: tuple[float, float]) -> Bars:
    """Hourly candles, dated by their start, that end in `span` (start, end]; each once, oldest first."""
    refused: Counter[str] = Counter()
    candles = {}
    for row in rows:
        end = _time(row, math.nan) + 3600.0
        prices = [_number(row.get(name), refused) for name in ("open", "high", "low", "close")]
        whole = all(price is not None and 0 < price < math.inf for price in prices)
        if whole and span[0] < end <= span[1]:
            candles[end] = [price or 0.0 for price in prices]
    ends = sorted(candles)
    columns = np.array([candles[end] for end in ends], dtype=np.float64).reshape(-1, 4).T
    return Bars(source, "price", coin, 3600.0, np.array(ends), *columns)


def _token(row: Row) -> int:
    number = row["token_id"]
    return number if isinstance(number, int) else 0


def _time(row: Row, received: float) -> float:
    """Rows without a time of their own are as of now."""
    written = next((row[name] for name in ("date", "timestamp", "datetime") if row.get(name) is not None), received)
    return moment(written)


def _value(field: str, rows: Sequence[tuple[float, Row]], refused: Counter[str]) -> float | None:
    """The field by the newest row, None where it has none to use."""
    column = _COLUMNS[field][1]
    if field == "signal":
        # 0 says that there was no signal that day: the trend is the last one that there was.
        columns = (row.get(name) for _, row in rows for name in (column, "trading_signal"))
        written = next((value for value in columns if value not in (None, 0, 0.0, "0")), None)
    else:
        written = rows[0][1].get(column)
    if written is None:
        refused["no_number"] += 1
        return None
    return _state(field, written, refused) if FIELDS[field].unit is Unit.STATE else _number(written, refused)


def _state(field: str, written: object, refused: Counter[str]) -> float | None:
    state = state_of(field, written) if isinstance(written, str) else None
    if state is None:
        state = _number(written, Counter())
    if state not in FIELDS[field].labels.values():
        refused["unknown_label"] += 1
        return None
    return state


def _number(written: object, refused: Counter[str]) -> float | None:
    """A number, or text that is one."""
    try:
        if not isinstance(written, bool):
            return msgspec.convert(written, float, strict=False)
    except ValueError:
        pass
    refused["wrong_type"] += 1
    return None
