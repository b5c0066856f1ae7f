"""The partner of the ticks: the answer of `/coins/markets` with 5,000 coins, 4 MB, and its typed decoder."""

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COINS = 5_000
NAMES = tuple(f"C{number}" for number in range(COINS))
IDS = {f"coin-number-{number}": name for number, name in enumerate(NAMES)}


class Market(msgspec.Struct, gc=False):
    """The six fields that a daemon reads of a coin."""

    id: str
    current_price: float | None = None
    total_volume: float | None = None
    market_cap: float | None = None
    market_cap_rank: float | None = None
    last_updated: str | None = None


DECODER = msgspec.json.Decoder(list[Market])


def body(prices: Floats, at: float) -> bytes:
    """An answer with these prices, a coin each, updated in the seconds before `at` (epoch seconds)."""
    return msgspec.json.encode([_row(number, price, at) for number, price in enumerate(prices.tolist())])


def _row(number: int, price: float, at: float) -> dict[str, object]:
    """As CoinGecko writes it (coingecko-api-oas, `/coins/markets`)."""
    updated = np.datetime64(int(at * 1000) - number % 20_000, "ms")
    changes = {
        f"{name}_{kind}24h": price * 0.01
        for name in ("price_change", "market_cap_change")
        for kind in ("", "percentage_")
    }
    return {
        "id": f"coin-number-{number}",
        "symbol": f"c{number}",
        "name": f"Coin number {number}",
        "image": f"https://assets.coingecko.com/coins/images/{number}/large/coin-number-{number}.png?1696501400",
        "current_price": price,
        "market_cap": round(price * 19_675_987),
        "market_cap_rank": number + 1,
        "fully_diluted_valuation": round(price * 21_000_000),
        "total_volume": round(price * 287_151),
        "high_24h": price * 1.01,
        "low_24h": price * 0.97,
        **changes,
        "circulating_supply": 19_675_987,
        "total_supply": 21_000_000,
        "max_supply": 21_000_000,
        "ath": price * 1.05,
        "ath_change_percentage": -4.77063,
        "ath_date": "2024-03-14T07:10:36.635Z",
        "atl": price * 0.001,
        "atl_change_percentage": 103455.83335,
        "atl_date": "2013-07-06T00:00:00.000Z",
        "roi": None,
        "last_updated": f"{updated}Z",
    }
