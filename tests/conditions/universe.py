"""A small desk's coins, sources and receivers, for the tests of sentences and rules."""

from alertd.conditions.fields import FIELDS
from alertd.model.universe import Universe

DESK = Universe(
    coins={"BTC": "BTC", "BITCOIN": "BTC", "ETH": "ETH", "ETHEREUM": "ETH", "SOL": "SOL", "1INCH": "1INCH"},
    sources={
        "binance": frozenset({"price", "volume_24h"}),
        "coingecko": frozenset({"price", "volume_24h", "market_cap", "market_cap_rank"}),
        "tm": frozenset({"signal", "tm_grade", "grade_signal", "momentum"}),
    },
    intervals={("binance", "price"): 5.0, ("coingecko", "price"): 300.0, ("coingecko", "market_cap"): 300.0},
    watchlists={"majors": ("BTC", "ETH")},
    receivers=frozenset({"me", "desk"}),
    zone="Europe/Madrid",
)

KINDS = ("binance", "coingecko", "tokenmetrics", "fear_greed")

EVERYTHING = Universe(
    coins={"BTC": "BTC", "ETH": "ETH", "SOL": "SOL", "1INCH": "1INCH"},
    sources={kind: frozenset(spec.name for spec in FIELDS.values() if kind in spec.sources) for kind in KINDS},
    series={"ETHBTC": "number", "basket": "money"},
)
"""Every field from every kind of source that has it, and two series."""
