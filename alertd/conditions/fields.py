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

    `sources` are the kinds of source that can give it. `of_market` is true where there is one value for the whole
    market, which is then the value of the coin `market`.
    """

    name: str
    unit: Unit
    doc: str
    sources: tuple[str, ...]
    labels: Mapping[str, float] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    of_market: bool = False


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

_TABLE = (
    FieldSpec("price", Unit.MONEY, "the last price", _PRICES),
    FieldSpec("volume_24h", Unit.MONEY, "what was traded in the last 24 hours", ("binance", "coingecko")),
    FieldSpec("market_cap", Unit.MONEY, "price times coins in circulation", _GECKO),
    FieldSpec("market_cap_rank", Unit.RANK, "1 for the largest market cap", _GECKO),
    FieldSpec("signal", Unit.STATE, "Token Metrics' daily trend: its last signal", _TM, _TREND, _TREND_ALIASES),
    FieldSpec(
        "hourly_signal",
        Unit.STATE,
        "Token Metrics' signal of the hour",
        _TM,
        _TREND | {"neutral": 0.0},
        _TREND_ALIASES | {"none": "neutral", "hold": "neutral"},
    ),
    FieldSpec("tm_grade", Unit.GRADE, "Token Metrics' overall grade, 0 to 100", _TM),
    FieldSpec("trader_grade", Unit.GRADE, "Token Metrics' short-term grade, 0 to 100", _TM),
    FieldSpec("investor_grade", Unit.GRADE, "Token Metrics' long-term grade, 0 to 100", _TM),
    FieldSpec("fundamental_grade", Unit.GRADE, "Token Metrics' grade of the project, 0 to 100", _TM),
    FieldSpec("grade_signal", Unit.STATE, "what Token Metrics' grade advises", _TM, _STRENGTH, {"hold": "neutral"}),
    FieldSpec("momentum", Unit.STATE, "where Token Metrics' grade is heading", _TM, _MOMENTUM, _MOMENTUM_ALIASES),
    FieldSpec("fear_greed", Unit.GRADE, "the market's mood, 0 (fear) to 100 (greed)", ("fear_greed",), of_market=True),
)

FIELDS: Mapping[str, FieldSpec] = MappingProxyType({spec.name: spec for spec in _TABLE})


def state_of(name: str, label: str) -> float | None:
    """The float of a state of a field, by its label or an alias in any spelling (`Strong Buy`); None if unknown."""
    spec = FIELDS[name]
    word = "_".join(label.replace("_", " ").lower().split())
    return spec.labels.get(spec.aliases.get(word, word))


def label_of(name: str, value: float) -> str:
    """The label of a state; the bare number where the field has no such state."""
    return next((label for label, state in FIELDS[name].labels.items() if state == value), f"{value:g}")
