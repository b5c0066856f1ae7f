"""The fields that a condition may name: one row each, with the unit that the type check goes by.

A state (a signal, a momentum) is a float in every column; its labels are here and nowhere else. Sources normalise a
platform's word with `state_of`, messages turn a float back with `label_of`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

MARKET = "market"
"""The coin that fields of the whole market belong to."""


class Unit(StrEnum):
    """What a value is; values of different units are not compared."""

    MONEY = "money"
    NUMBER = "number"
    PERCENT = "percent"
    GRADE = "grade"
    RANK = "rank"
    STATE = "state"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field. `labels` names the states of a STATE field, `aliases` other words for them, both lower case with `_`.

    `sources` are the kinds of source that can give it, `definition` is what exactly they give, `example` a condition
    with it. `of_market` is true where there is one value for the whole market, which is then that of the coin `market`.
    `per_bar` is true where there is one value per closed bar: its name has the bar's length behind it (`volume(1h)`).
    """

    name: str
    unit: Unit
    doc: str
    sources: tuple[str, ...]
    labels: Mapping[str, float] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    of_market: bool = False
    per_bar: bool = False
    definition: str = ""
    example: str = ""


_TREND = {"bullish": 1.0, "bearish": -1.0}
_TREND_ALIASES = {"buy": "bullish", "long": "bullish", "bull": "bullish"} | dict.fromkeys(
    ("sell", "short", "bear"), "bearish"
)
_STRENGTH = {"strong_buy": 2.0, "buy": 1.0, "neutral": 0.0, "sell": -1.0, "strong_sell": -2.0}
_MOMENTUM = {"surging": 3.0, "gaining": 2.0, "steady": 1.0, "none": 0.0, "losing": -1.0, "crashing": -2.0}
_MOMENTUM_ALIASES = {
    "momentum_surging": "surging",
    "gaining_momentum": "gaining",
    "holding_steady": "steady",
    "no_momentum": "none",
    "losing_momentum": "losing",
    "momentum_crashing": "crashing",
}
_PRICES = ("binance", "coingecko", "tokenmetrics")
_GECKO = ("coingecko",)
_TM = ("tokenmetrics",)
_BARS = ("binance",)


def _grade(name: str, doc: str, definition: str, example: str, *, of_market: bool = False) -> FieldSpec:
    """A grade from 0 to 100 that Token Metrics gives."""
    return FieldSpec(name, Unit.GRADE, doc, _TM, of_market=of_market, definition=definition, example=example)


_TABLE = (
    FieldSpec(
        "price",
        Unit.MONEY,
        "the last price",
        _PRICES,
        definition="binance: the last trade; coingecko, tokenmetrics: their own mean over exchanges",
        example="price > 70k",
    ),
    FieldSpec(
        "volume",
        Unit.MONEY,
        "what was traded in the last closed bar, in money",
        _BARS,
        per_bar=True,
        definition="the quote volume of the klines of that interval, one value per bar, from the bar's end on",
        example="volume(1h) > 3 * average(volume(1h), 7d)",
    ),
    FieldSpec(
        "base_volume",
        Unit.NUMBER,
        "what was traded in the last closed bar, in coins",
        _BARS,
        per_bar=True,
        definition="the base volume of the klines of that interval, one value per bar, from the bar's end on",
        example="base_volume(15m) > 500",
    ),
    FieldSpec(
        "volume_24h",
        Unit.MONEY,
        "what was traded in the last 24 hours",
        ("binance", "coingecko"),
        definition="binance: quote volume of its own pair; coingecko: total_volume over exchanges",
        example="volume_24h > 5M",
    ),
    FieldSpec(
        "market_cap",
        Unit.MONEY,
        "price times coins in circulation",
        _GECKO,
        definition="market_cap",
        example="market_cap crosses above 1B",
    ),
    FieldSpec(
        "market_cap_rank",
        Unit.RANK,
        "1 for the largest market cap",
        _GECKO,
        definition="market_cap_rank",
        example="market_cap_rank <= 10",
    ),
    FieldSpec(
        "all_time_high",
        Unit.MONEY,
        "the highest price ever",
        _GECKO,
        definition="ath",
        example="price breaks all_time_high",
    ),
    FieldSpec(
        "all_time_low",
        Unit.MONEY,
        "the lowest price ever",
        _GECKO,
        definition="atl",
        example="price < 1.1 * all_time_low",
    ),
    FieldSpec(
        "drawdown",
        Unit.PERCENT,
        "percent below the all-time high",
        _GECKO,
        definition="ath_change_percentage without its sign",
        example="drawdown > 50%",
    ),
    FieldSpec(
        "signal",
        Unit.STATE,
        "Token Metrics' daily trend: its last signal",
        _TM,
        _TREND,
        _TREND_ALIASES,
        definition="TOKEN_TREND of /trading-signals: the last TRADING_SIGNAL that was not 0",
        example="signal flips to bullish",
    ),
    FieldSpec(
        "hourly_signal",
        Unit.STATE,
        "Token Metrics' signal of the hour",
        _TM,
        _TREND | {"neutral": 0.0},
        _TREND_ALIASES | {"none": "neutral", "hold": "neutral"},
        definition="the last row of /hourly-trading-signals",
        example="hourly_signal is bearish",
    ),
    _grade("tm_grade", "Token Metrics' overall grade, 0 to 100", "TM_GRADE of /tm-grade", "tm_grade > 80"),
    _grade(
        "trader_grade",
        "Token Metrics' short-term grade, 0 to 100",
        "TM_TRADER_GRADE of /trader-grades",
        "trader_grade up 10 in 1d",
    ),
    _grade(
        "investor_grade",
        "Token Metrics' long-term grade, 0 to 100",
        "TM_INVESTOR_GRADE of /investor-grades",
        "investor_grade >= 70",
    ),
    _grade(
        "fundamental_grade",
        "Token Metrics' grade of the project, 0 to 100",
        "FUNDAMENTAL_GRADE of /investor-grades",
        "fundamental_grade > 60",
    ),
    _grade(
        "technology_grade",
        "Token Metrics' grade of the technology, 0 to 100",
        "TECHNOLOGY_GRADE of /investor-grades",
        "technology_grade > 60",
    ),
    _grade(
        "valuation_grade",
        "Token Metrics' grade of the valuation, 0 to 100",
        "VALUATION_GRADE of /investor-grades",
        "valuation_grade > 50 and price < all_time_high / 2",
    ),
    FieldSpec(
        "grade_signal",
        Unit.STATE,
        "what Token Metrics' grade advises",
        _TM,
        _STRENGTH,
        {"hold": "neutral"},
        definition="the signal of /tm-grade",
        example="grade_signal is strong buy",
    ),
    FieldSpec(
        "momentum",
        Unit.STATE,
        "where Token Metrics' grade is heading",
        _TM,
        _MOMENTUM,
        _MOMENTUM_ALIASES,
        definition="the momentum of /tm-grade",
        example="momentum flips to surging",
    ),
    FieldSpec(
        "resistance",
        Unit.MONEY,
        "Token Metrics' nearest level above the price",
        _TM,
        definition="the lowest level of /resistance-support above Token Metrics' own price at the poll",
        example="price breaks resistance",
    ),
    FieldSpec(
        "support",
        Unit.MONEY,
        "Token Metrics' nearest level below the price",
        _TM,
        definition="the highest level of /resistance-support below Token Metrics' own price at the poll",
        example="price within 1% of support",
    ),
    _grade(
        "market_sentiment",
        "the mood of news and posts together, 0 to 100",
        "MARKET_SENTIMENT_GRADE of /sentiments",
        "market_sentiment < 30",
        of_market=True,
    ),
    _grade(
        "news_sentiment",
        "the mood of the news, 0 to 100",
        "NEWS_SENTIMENT_GRADE of /sentiments",
        "news_sentiment crosses above 60",
        of_market=True,
    ),
    _grade(
        "reddit_sentiment",
        "the mood on Reddit, 0 to 100",
        "REDDIT_SENTIMENT_GRADE of /sentiments",
        "reddit_sentiment > 80",
        of_market=True,
    ),
    _grade(
        "twitter_sentiment",
        "the mood on Twitter, 0 to 100",
        "TWITTER_SENTIMENT_GRADE of /sentiments",
        "twitter_sentiment down 20 in 1d",
        of_market=True,
    ),
    FieldSpec(
        "fear_greed",
        Unit.GRADE,
        "the market's mood, 0 (fear) to 100 (greed)",
        ("fear_greed",),
        of_market=True,
        definition="the index of alternative.me, once a day",
        example="market.fear_greed < 20",
    ),
)

FIELDS: Mapping[str, FieldSpec] = MappingProxyType({spec.name: spec for spec in _TABLE})


def spec_of(name: str) -> FieldSpec | None:
    """The row of a field, also of one with its bar behind it (`volume(1h)`); None for a series of a rule file."""
    return FIELDS.get(name) or FIELDS.get(name.partition("(")[0])


def state_of(name: str, label: str) -> float | None:
    """The float of a state of a field, by its label or an alias in any spelling (`Strong Buy`); None if unknown."""
    spec = FIELDS[name]
    word = "_".join(label.replace("_", " ").lower().split())
    return spec.labels.get(spec.aliases.get(word, word))


def label_of(name: str, value: float) -> str:
    """The label of a state; the bare number where the field has no such state."""
    return next((label for label, state in FIELDS[name].labels.items() if state == value), f"{value:g}")
