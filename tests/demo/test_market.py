"""The market to play: the same from the same seed, a crash about noon, signals that follow from prices seen so far."""

import numpy as np
import pytest

from alertd.demo.market import DAY, HOUR, OPENING, Market, market_day, recorded, trend
from alertd.model.reading import Bars
from alertd.sources.coins import CoinTable
from tests.fakes import START


@pytest.fixture(scope="module")
def market() -> Market:
    return market_day(7, START)


def bars_of(closes: list[float]) -> Bars:
    column = np.array(closes, dtype=float)
    end = np.array([START + 60.0 * minute for minute in range(1, len(closes) + 1)])
    return Bars("candles", "price", "BTC", 60.0, end, *[column] * 4)


def test_forty_coins_that_the_table_knows_each_two_days_of_whole_bars(market: Market) -> None:
    ids = CoinTable.shipped().ids("coingecko")
    assert len(market.bars) == 40
    assert {"BTC", "ETH"} <= market.bars.keys() <= ids.keys()
    for bars in market.bars.values():
        assert (bars.end[0], bars.end[-1], len(bars.end)) == (START - DAY + 60, START + DAY, 2880)
        assert (bars.open[1:] == bars.close[:-1]).all()
        assert ((bars.low > 0) & (bars.low <= np.minimum(bars.open, bars.close))).all()
        assert (bars.high >= np.maximum(bars.open, bars.close)).all()


def test_a_seed_gives_one_day(market: Market) -> None:
    again, other = market_day(7, START), market_day(8, START)
    assert all((again.bars[coin].close == market.bars[coin].close).all() for coin in OPENING)
    assert (other.bars["BTC"].close != market.bars["BTC"].close).any()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("coin", ["BTC", "ETH", "BONK"])
def test_the_crash_about_noon_and_the_recovery(seed: int, coin: str) -> None:
    bars = market_day(seed, START).bars[coin]
    hours = (bars.end - START) / HOUR
    before = bars.close[(hours > 11) & (hours <= 11.7)].mean()
    bottom = bars.low[(hours > 11.7) & (hours < 13)].min()
    after = bars.close[(hours > 17) & (hours < 18)].mean()
    assert bottom < 0.86 * before
    assert 11.8 < hours[np.argmin(bars.low)] < 12.9
    assert bottom + 0.4 * (before - bottom) < after < before
    calm = bars.close[(hours > 1) & (hours < 11)]
    assert calm.min() > 0.9 * before


def test_the_signal_turns_with_the_crash_and_turns_back(market: Market) -> None:
    for coin in ("BTC", "ETH"):
        signals = [market.signal(coin, START + hour * HOUR) for hour in (11.5, 13, 20)]
        assert signals == [1, -1, 1]
    assert market.mood(START + 12.5 * HOUR) < 25 < market.mood(START + 11 * HOUR)


def test_nothing_of_later_is_told(market: Market) -> None:
    now = START + 12.25 * HOUR
    past = Market({coin: market.until(coin, now) for coin in market.bars})
    for coin in market.bars:
        assert past.quote(coin, now) == market.quote(coin, now)
        assert past.signal(coin, now) == market.signal(coin, now)
        assert past.grade(coin, now) == market.grade(coin, now)
        assert past.bars[coin].end[-1] == now
    assert past.mood(now) == market.mood(now)


def test_before_the_first_bar_there_is_nothing(market: Market) -> None:
    assert market.quote("BTC", START - DAY) is None
    assert market.grade("BTC", START - DAY) is None
    assert market.signal("BTC", START - DAY) == 0
    assert market.mood(START - DAY) == 50


@pytest.mark.parametrize(
    ("closes", "signals"),
    [
        pytest.param([1.0] * 3, [0, 0, 0], id="too few"),
        pytest.param([1, 1, 1, 1, 2, 2], [0, 0, 0, 0, 1, 1], id="up"),
        pytest.param([2, 2, 2, 2, 1, 1], [0, 0, 0, 0, -1, -1], id="down"),
        pytest.param([1, 1, 1, 2, 2, 2, 2, 2, 1], [0, 0, 0, 1, 1, 1, 1, 1, -1], id="the last clear one holds"),
    ],
)
def test_trend(closes: list[float], signals: list[int]) -> None:
    assert trend(bars_of(closes), fast=2, slow=4).tolist() == signals


def test_a_quote_is_of_the_last_24_hours() -> None:
    market = Market({"BTC": bars_of([float(minute) for minute in range(1, 3001)])})
    quote = market.quote("BTC", START + 3000 * 60 + 30)
    assert quote is not None
    assert (quote.price, quote.at) == (3000, START + 3000 * 60)
    assert (quote.open, quote.high, quote.low) == (1561, 3000, 1561)


def test_recorded_bars_get_the_names_of_the_table() -> None:
    bars = {symbol: bars_of([1.0, 2.0]) for symbol in ("BTCUSD", "ETHUSDT", "bitcoin-cash", "ODDUSD")}
    market = recorded(bars, CoinTable.shipped())
    assert list(market.bars) == ["BTC", "ETH", "BCH", "ODDUSD"]
    assert market.bars["BCH"].coin == "BCH"
